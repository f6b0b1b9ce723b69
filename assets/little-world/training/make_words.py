#!/usr/bin/env python3
"""The words that Little World was taught, from the world that wrote its captions: words.json beside the model.

    make_words.py [FILE]     default: ../words.json

Any model folder may have such a file; the program underlines what is not in it and completes what is. A word is a
run of letters, in lower case, as the tokenizer divides a caption ("l'herbe" is l and herbe).
"""
import json
import pathlib
import re
import sys

import world

LANGUAGES = ("fr", "en")
KINDS = ("things", "colours", "places", "relations", "small")


def words_in(text):
    return re.findall(r"[^\W\d_]+", text.lower())


def things_and_colours():
    """language, group, word, and what it means: the name in world.py"""
    for kind, (english, french, _, _) in world.KINDS.items():
        yield "en", "things", english, kind
        yield "fr", "things", french, kind
    for colour, (_, english, french) in world.COLOURS.items():
        yield "en", "colours", english, colour
        for form in french:
            yield "fr", "colours", form, colour
    yield "en", "things", "mirror", "mirror"
    yield "fr", "things", "miroir", "mirror"


def phrases():
    """What a caption is joined with; its nouns and colours are listed before."""
    for english, french, *_ in world.PLACES.values():
        yield "en", "places", english
        yield "fr", "places", french
    for english, french in world.REL.values():
        yield "en", "relations", english
        yield "fr", "relations", french
    yield "en", "relations", "riding"
    yield "en", "relations", "in front of a mirror"
    yield "fr", "relations", "devant un miroir"
    yield "fr", "relations", "sur"
    yield "fr", "relations", "à cheval"
    yield "en", "small", "a an"
    yield "fr", "small", "un une d"


SMALL = {"a", "an", "un", "une", "d", "l", "la", "le", "les", "de", "du", "of", "the", "to", "in", "on", "at", "à", "dans", "sur", "au", "en"}


def groups():
    lists = {(language, kind): [] for language in LANGUAGES for kind in KINDS}
    means = {}
    seen = {language: set() for language in LANGUAGES}
    for language, kind, text, meaning in [*things_and_colours(), *((*phrase, None) for phrase in phrases())]:
        for word in words_in(text):
            if word in seen[language]:
                continue
            seen[language].add(word)
            group = language, "small" if word in SMALL else kind
            lists[group].append(word)
            if meaning:
                means.setdefault(group, []).append(meaning)
    out = []
    for group, words in lists.items():
        if not words:
            continue
        out.append({"language": group[0], "kind": group[1], "words": words})
        if len(means.get(group, [])) == len(words):
            out[-1]["means"] = means[group]
    return out


def check_captions(known, count=4000):
    """Every word of so many captions of the world is in the list."""
    import numpy as np

    rng = np.random.default_rng(0)
    for _ in range(count):
        scene = world.sample(rng)
        missing = set(words_in(scene.caption)) - known
        assert not missing, (scene.caption, missing)


if __name__ == "__main__":
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "words.json"
    found = groups()
    known = {word for group in found for word in group["words"]}
    check_captions(known)
    lines = ",\n".join("  " + json.dumps(group, ensure_ascii=False) for group in found)
    out.write_text('{\n "regard_words": 1,\n "groups": [\n' + lines + "\n ]\n}\n", encoding="utf-8")
    print(f"{out}: {len(known)} words")
