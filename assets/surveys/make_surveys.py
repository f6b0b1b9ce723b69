"""Makes the inputs of `regard heads --inputs builtin` and of the window's "Over many inputs": captions and scenes
of Little World, drawn by the trainer's own generator from seeds that the trainer does not use.

usage: make_surveys.py            (needs numpy, pillow)

captions.txt         500 captions, a line each, the first 250 French, the others English; of every relation, as often
                     as the trainer draws them; no caption twice
scenes.png           200 scenes, 20 a row, each 48x48, every relation as often as the trainer draws it
scenes_objects.png   the same places: 0 ground, 1 the first object, 2 the second object, or the first one's reflection
scenes.json          a scene each: {caption, lang, relation, objects [{noun, colour}]}; in a scene of relation "mirror"
                     the second object is a reflection of the first
Last run: numpy 2.4.6, pillow 13.0.0.
"""

import json
import os
import sys

import numpy as np
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(HERE, "../little-world/training"))
import world  # noqa: E402

EACH, SCENES, COLUMNS, SIZE = 250, 200, 20, world.SIZE


def captions(lang, seed):
    rng, seen = np.random.default_rng(seed), []
    while len(seen) < EACH:
        text = world.sample(rng, lang=lang, spec_only=True).caption
        if text not in seen:
            seen.append(text)
    return seen


def words(thing):
    en, fr, gender, _ = world.KINDS[thing.kind]
    _, colour, (masculine, feminine) = world.COLOURS[thing.colour]
    return {"noun": {"fr": fr, "en": en}, "colour": {"fr": masculine if gender == "m" else feminine, "en": colour}}


def scenes(seed):
    rng = np.random.default_rng(seed)
    rows = SCENES // COLUMNS
    sheet = np.zeros((rows * SIZE, COLUMNS * SIZE, 3), np.uint8)
    labels = np.zeros((rows * SIZE, COLUMNS * SIZE), np.uint8)
    told = []
    for i in range(SCENES):
        scene = world.sample(rng)
        y, x = i // COLUMNS * SIZE, i % COLUMNS * SIZE
        sheet[y : y + SIZE, x : x + SIZE] = scene.image
        for label, thing in enumerate(scene.objects[:2], 1):
            labels[y : y + SIZE, x : x + SIZE][thing.mask] = label
        told.append(
            {
                "caption": scene.caption,
                "lang": scene.lang,
                "relation": scene.relation,
                "objects": [words(thing) for thing in scene.objects[:2]],
            }
        )
    return sheet, labels, told


def main():
    with open(os.path.join(HERE, "captions.txt"), "w", encoding="utf-8") as out:
        out.write("\n".join(captions("fr", 16_001) + captions("en", 16_002)) + "\n")
    sheet, labels, told = scenes(16_003)
    Image.fromarray(sheet).save(os.path.join(HERE, "scenes.png"), optimize=True)
    Image.fromarray(labels).save(os.path.join(HERE, "scenes_objects.png"), optimize=True)
    with open(os.path.join(HERE, "scenes.json"), "w", encoding="utf-8") as out:
        out.write("[\n" + ",\n".join(json.dumps(each, ensure_ascii=False) for each in told) + "\n]\n")
    print("captions.txt", "scenes.png", "scenes_objects.png", "scenes.json", np.__version__, Image.__version__)


main()
