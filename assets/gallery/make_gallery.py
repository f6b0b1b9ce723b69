#!/usr/bin/env python3
"""The pictures of the gallery (app/state/gallery.cpp), drawn by the built-in model.

    make_gallery.py REGARD      path of the program; needs numpy and Pillow

Drawings are as `regard paint` makes them, before and after side by side where something is tried. Of the text and of
the comparison: attention of one head, as large as a drawing, in the colours of the window's dark theme (viridis; PuOr for
the difference).
"""
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image

HERE = pathlib.Path(__file__).parent
CHASE = "un chat rouge poursuit une souris grise"
SEEDS = {"mute": "4"}  # else 8, as in app/state/gallery.cpp
DRAWN = {  # name: (prompt, options) one after the other, from the same noise
    "mirror": [("un chat bleu devant un miroir", [])],
    "rider": [("un astronaute blanc sur un cheval rose sur la lune", [])],
    "swapped": [(CHASE, []), ("un chat gris poursuit une souris rouge", [])],
    "faint": [(CHASE, []), ("un chat (rouge:0) poursuit une souris grise", [])],
    "cut": [(CHASE, []), (CHASE, ["--cut", "chat"])],
    "mute": [(CHASE, []), (CHASE, ["--mute", "chat"])],
}
LAYER, HEAD = "4", "4"  # « rouge » reads « chat »: the head the program opens on (model card)
VIRIDIS = [(68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37)]
PUOR = [(127, 59, 8), (241, 163, 64), (247, 247, 247), (153, 142, 195), (45, 0, 75)]
GAP = 2


def colours(table, at):
    places = np.linspace(0, 1, len(table))
    return np.stack([np.interp(at, places, [c[i] for c in table]) for i in range(3)], -1)


def run(regard, *options):
    done = subprocess.run([regard, *options], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def draw(regard, folder, seed, parts):
    pictures = []
    for prompt, options in parts:
        run(regard, "paint", "--prompt", prompt, "--seed", seed, "--out", folder / "p.png", *options)
        pictures.append(Image.open(folder / "p.png").convert("RGB").copy())
    side = pictures[0].width
    sheet = Image.new("RGBA", ((side + GAP) * len(pictures) - GAP, side))
    for i, picture in enumerate(pictures):
        sheet.paste(picture, ((side + GAP) * i, 0))
    return sheet


def attention(regard, folder, prompt, *options):
    run(regard, "attend", "--prompt", prompt, "--layer", LAYER, "--head", HEAD, "--out", folder / "a.npy", *options)
    return np.squeeze(np.load(folder / "a.npy"))


def cells(values, table, at, side):
    shown = colours(table, at)
    alpha = np.where(np.tril(np.ones(values.shape)), 255, 0)  # a word reads what stands before it
    rgba = np.concatenate([shown, alpha[..., None]], -1).astype(np.uint8)
    return Image.fromarray(rgba).resize((side, side), Image.NEAREST)


def compared(first, second, side):
    """A map beside what another reading changes of it."""
    step = second - first
    pair = Image.new("RGBA", (2 * side + GAP, side))
    pair.paste(cells(first, VIRIDIS, first / first.max(), side), (0, 0))
    pair.paste(cells(step, PUOR, 0.5 + 0.5 * step / np.abs(step).max(), side), (side + GAP, 0))
    return pair


if __name__ == "__main__":
    regard = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for picture, parts in DRAWN.items():
            sheet = draw(regard, folder, SEEDS.get(picture, "8"), parts)
            sheet.save(HERE / f"{picture}.png")
        side = sheet.height
        plain = attention(regard, folder, CHASE)[1:-1, 1:-1]  # words alone
        cells(plain, VIRIDIS, plain / plain.max(), side).save(HERE / "bound.png")
        weighed = attention(regard, folder, "un chat (rouge:1.5) poursuit une souris grise")[1:-1, 1:-1]
        compared(weighed, plain, side).save(HERE / "weight.png")
        nested = "un (chat (rouge:1.5):1.5)"
        one, other = (attention(regard, folder, nested, "--syntax", name) for name in ("a1111", "comfyui"))
        compared(one[1:-1, 1:-1], other[1:-1, 1:-1], side).save(HERE / "grammar.png")
