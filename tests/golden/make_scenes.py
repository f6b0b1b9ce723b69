"""Draws the example scenes and the scenes of the pointing test with the trainer's own generator, assets/little-world/training/world.py.

usage: make_scenes.py            (needs numpy, pillow; fixed seeds, which the trainer does not use)

assets/images/scenes/scene-N.png      RGB, as large as world.py draws; scene-N-object-M.png: 8-bit mask, 255 where that object is seen
assets/images/scenes/scenes.json      [{file, caption {fr, en}, relation, objects [{noun, colour, reflection_of?, mask}]}]; the mirror's
                                      glass is an object of its own, without a colour
tests/golden/scenes_200.png           200 held-out scenes with two different objects, 20 a row, each as large
tests/golden/scenes_200_objects.png   the same places: 0 background, 1 first object, 2 second object
tests/golden/scenes_200.json          per scene: which object the caption names (1 or 2), caption {fr, en}, relation
Last run: numpy 2.4.6, pillow 13.0.0; glyph-free drawing, but another pillow may move an edge by one level.
"""

import json
import os
import sys

import numpy as np
import PIL
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
ASSETS = os.path.join(HERE, "../../assets")
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(ASSETS, "little-world/training"))
import world  # noqa: E402

SIZE = world.SIZE
EXAMPLES = [  # relation, kinds, colours, place
    ("chase", ["cat", "mouse"], ["red", "grey"], "plain"),
    ("mirror", ["cat"], ["blue"], "plain"),
    ("ride", ["astronaut", "horse"], ["white", "pink"], "moon"),
    ("above", ["star", "tree"], ["yellow", "green"], "night"),
    ("left", ["robot", "ball"], ["green", "orange"], "beach"),
    ("and", ["dog", "bird"], ["black", "purple"], "snow"),
]
COLUMNS, COUNT = 20, 200
LEAST_SEEN_PX = 60 * SIZE**2 // 48**2  # of each object of the pointing test


def both_languages(text_of):
    return {lang: text_of(lang) for lang in ("fr", "en")}


# The examples are shown in every language of the interface; captions are in those of the model.
SPANISH = {
    "cat": "gato", "mouse": "ratón", "mirror": "espejo", "astronaut": "astronauta", "horse": "caballo", "star": "estrella",
    "tree": "árbol", "robot": "robot", "ball": "pelota", "dog": "perro", "bird": "pájaro",
}
SPANISH_COLOURS = {  # of a masculine noun, of a feminine one
    "red": ("rojo", "roja"), "grey": ("gris", "gris"), "blue": ("azul", "azul"), "white": ("blanco", "blanca"),
    "pink": ("rosa", "rosa"), "yellow": ("amarillo", "amarilla"), "green": ("verde", "verde"), "orange": ("naranja", "naranja"),
    "black": ("negro", "negra"), "purple": ("morado", "morada"),
}


def in_spanish_too(named):
    noun = named["noun"]["en"]
    named["noun"]["es"] = SPANISH[noun]
    if "colour" in named:
        named["colour"]["es"] = SPANISH_COLOURS[named["colour"]["en"]][noun in ("star", "ball")]
    return named


def words(o):
    en, fr, gender, _ = world.KINDS[o.kind]
    _, colour, (masculine, feminine) = world.COLOURS[o.colour]
    return {
        "noun": {"fr": fr, "en": en},
        "colour": {"fr": masculine if gender == "m" else feminine, "en": colour},
    }


def save(path, pixels):
    Image.fromarray(pixels).save(path, optimize=True)


def glass_mask(scene):
    """As make_data.py marks it, less what stands in it or before it."""
    x0, x1, y0, y1 = (int(round(v * SIZE)) for v in scene.mirror)
    mask = np.zeros((SIZE, SIZE), bool)
    mask[y0:y1, x0:x1] = True
    for o in scene.objects:
        mask &= ~o.mask
    return mask


def make_example(n, example, folder):
    relation, kinds, colours, place = example
    rng = np.random.default_rng(610_000 + n)
    scene = world.sample(rng, relation=relation, kinds=kinds, colours=colours, place=place, named=True, lang="fr")
    named = f"scene-{n}.png"
    save(os.path.join(folder, named), scene.image)
    objects, masks = [], []
    for o in scene.objects:
        objects.append(in_spanish_too(words(o)) | ({"reflection_of": 1} if o.reflection else {}))
        masks.append(o.mask)
    if scene.mirror:
        objects.append(in_spanish_too({"noun": {"fr": "miroir", "en": "mirror"}}))
        masks.append(glass_mask(scene))
    for m, mask in enumerate(masks, 1):
        objects[m - 1]["mask"] = f"scene-{n}-object-{m}.png"
        save(os.path.join(folder, objects[m - 1]["mask"]), mask.astype(np.uint8) * 255)
    caption = both_languages(lambda lang: world.caption(scene.objects, relation, place, lang))
    return {"file": named, "caption": caption, "relation": relation, "objects": objects}


def two_objects(rng):
    while True:
        relation = str(rng.choice(["left", "right", "above", "below", "chase", "and", "ride"]))
        scene = world.sample(rng, relation=relation, named=True)
        a, b = scene.objects
        if a.kind != b.kind and min(a.mask.sum(), b.mask.sum()) >= LEAST_SEEN_PX:
            return scene


def make_pointing():
    rng = np.random.default_rng(20_261_125)
    rows = COUNT // COLUMNS
    atlas = np.zeros((rows * SIZE, COLUMNS * SIZE, 3), np.uint8)
    seen = np.zeros(atlas.shape[:2], np.uint8)
    listed = []
    for i in range(COUNT):
        scene = two_objects(rng)
        at = np.s_[i // COLUMNS * SIZE : (i // COLUMNS + 1) * SIZE, i % COLUMNS * SIZE : (i % COLUMNS + 1) * SIZE]
        atlas[at] = scene.image
        for m, o in enumerate(scene.objects, 1):
            seen[at][o.mask] = m
        target = int(rng.integers(2))
        caption = both_languages(lambda lang: world.noun(scene.objects[target], lang))
        listed.append({"object": target + 1, "caption": caption, "relation": scene.relation})
    save(os.path.join(HERE, "scenes_200.png"), atlas)
    save(os.path.join(HERE, "scenes_200_objects.png"), seen)
    write_json(os.path.join(HERE, "scenes_200.json"), listed, one_line_each=True)


def write_json(path, listed, one_line_each=False):
    with open(path, "w", encoding="utf-8") as file:
        if one_line_each:
            lines = [json.dumps(entry, ensure_ascii=False) for entry in listed]
            file.write("[\n" + ",\n".join(lines) + "\n]\n")
        else:
            file.write(json.dumps(listed, ensure_ascii=False, indent=1) + "\n")


def main():
    folder = os.path.join(ASSETS, "images/scenes")
    os.makedirs(folder, exist_ok=True)
    scenes = [make_example(n, example, folder) for n, example in enumerate(EXAMPLES, 1)]
    write_json(os.path.join(folder, "scenes.json"), scenes)
    make_pointing()
    print("\n".join(s["caption"]["fr"] + " / " + s["caption"]["en"] for s in scenes), PIL.__version__, np.__version__)


if __name__ == "__main__":
    main()
