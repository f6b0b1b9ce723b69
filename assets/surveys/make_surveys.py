"""Makes the inputs of `regard heads --inputs builtin` and of the window's "Over many inputs": captions and scenes
of Little World, drawn by the trainer's own generator from seeds that the trainer does not use.

usage: make_surveys.py            (needs numpy, pillow)

captions.txt         500 captions, a line each, the first 250 French, the others English; of every relation, as often
                     as the trainer draws them; no caption twice
scenes.png           200 scenes, 20 a row, each as large as world.py draws it, every relation as often as the trainer draws it
scenes_objects.png   the same places: 0 ground, 1 the first object, 2 the second object, or the first one's reflection
scenes.json          a scene each: {caption, lang, relation, objects [{noun, colour}]}; in a scene of relation "mirror"
                     the second object is a reflection of the first
bindings.json        of the 500 captions those with two things of different colours: {caption, twin, lang}; the twin has the
                     two colours exchanged
bindings.png         their scenes, 20 a row, as large, in the same order
Last run: numpy 2.4.6, pillow 13.0.0.
"""

import dataclasses
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


def specs(lang, seed):
    """The scenes of the captions, not drawn yet."""
    rng, seen = np.random.default_rng(seed), {}
    while len(seen) < EACH:
        scene = world.sample(rng, lang=lang, spec_only=True)
        seen.setdefault(scene.caption, scene)
    return list(seen.values())


def bindings(of, seed):
    """Of these scenes those with two colours that can be exchanged, drawn."""
    rng, told, pictures = np.random.default_rng(seed), [], []
    for scene in of:
        things = scene.objects
        if scene.relation in ("alone", "mirror") or not all(o.named for o in things) or things[0].colour == things[1].colour:
            continue
        swapped = [dataclasses.replace(o, colour=other.colour) for o, other in zip(things, things[::-1])]
        told.append(
            {
                "caption": scene.caption,
                "twin": world.caption(swapped, scene.relation, scene.place, scene.lang),
                "lang": scene.lang,
            }
        )
        order = things[::-1] if scene.relation == "ride" else things
        pictures.append(world.render(order, scene.place, rng, masks=False))
    sheet = np.zeros((-(-len(told) // COLUMNS) * SIZE, COLUMNS * SIZE, 3), np.uint8)
    for i, picture in enumerate(pictures):
        y, x = i // COLUMNS * SIZE, i % COLUMNS * SIZE
        sheet[y : y + SIZE, x : x + SIZE] = picture
    return sheet, told


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


def write_list(name, told):
    with open(os.path.join(HERE, name), "w", encoding="utf-8") as out:
        out.write("[\n" + ",\n".join(json.dumps(each, ensure_ascii=False) for each in told) + "\n]\n")


def main():
    of = specs("fr", 16_001) + specs("en", 16_002)
    with open(os.path.join(HERE, "captions.txt"), "w", encoding="utf-8") as out:
        out.write("\n".join(scene.caption for scene in of) + "\n")
    sheet, told = bindings(of, 16_004)
    Image.fromarray(sheet).save(os.path.join(HERE, "bindings.png"), optimize=True)
    write_list("bindings.json", told)
    sheet, labels, told = scenes(16_003)
    Image.fromarray(sheet).save(os.path.join(HERE, "scenes.png"), optimize=True)
    Image.fromarray(labels).save(os.path.join(HERE, "scenes_objects.png"), optimize=True)
    write_list("scenes.json", told)
    print("captions.txt", "bindings.json", "bindings.png", "scenes.png", "scenes_objects.png", "scenes.json", np.__version__, Image.__version__)


main()
