#!/usr/bin/env python3
"""Measures what the lessons of assets/lessons say and ask, on the built-in model, by the command line alone.

    measure.py REGARD > measured.json      path of the program; needs numpy, Pillow, torch (the segmenter of drawings)

One line an entry: lesson, language, id (of a guess or question; "done N" of card N; "text N"; or a claim made in words), what
was measured, and the bound that the lesson lays down. "solved" is measured in the state that the card's last hint shows.
Fails where a lesson asks what the model does not give: a guess whose first place is a near tie, a check that holds before
anything is done or does not hold when it is solved, a number that the run does not have.
"""
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
REGARD = os.path.abspath(sys.argv[1])
WORK = pathlib.Path(tempfile.mkdtemp())
CACHE = pathlib.Path(os.environ["MEASURE_CACHE"]) if "MEASURE_CACHE" in os.environ else WORK  # to go on from where one stopped
CONFIG = json.loads((ROOT / "assets/little-world/transformer/config.json").read_text())
SIDE = CONFIG["sample_size"] // CONFIG["patch_size"]  # patches
PATCHES = SIDE * SIDE
wrong = []


def regard(*args):
    done = subprocess.run([REGARD, *map(str, args)], capture_output=True, text=True)
    assert done.returncode == 0, (args, done.returncode, done.stderr)
    return done.stdout


def kept(make):
    def wrapped(*key):
        path = CACHE / (make.__name__ + hashlib.md5(repr(key).encode()).hexdigest() + ".npy")
        if not path.exists():
            np.save(path, np.array(make(*key), dtype=object), allow_pickle=True)
        return np.load(path, allow_pickle=True).item()

    return wrapped


# ---------------------------------------------------------------- runs


@kept
def text_run(prompt, options, lens, scores):
    """names of the tokens, [layers][heads][T][T]"""
    out = {}
    for layer in range(1, 5):
        for head in range(1, 5):
            more = ["--lens", lens] + (["--scores"] if scores else [])
            got = json.loads(regard("attend", "--prompt", prompt, "--layer", layer, "--head", head, *options, *more))
            rows = next(v for k, v in got.items() if isinstance(v, list) and k != "tokens")
            out[layer, head] = np.array(rows, dtype=float)
    return dict(names=[t["text"] for t in got["tokens"]], maps=out)


@kept
def image_run(image):
    regard("look", "--image", image, "--layer", "all", "--head", "all", "--out", WORK / "look.npy")
    return dict(maps=np.load(WORK / "look.npy"))


@kept
def paint_run(prompt, seed, options):
    """names of the text's tokens, [steps][blocks][heads][S][S] (patches first), and the picture"""
    folder = WORK / "record"
    shutil.rmtree(folder, ignore_errors=True)
    regard("paint", "--prompt", prompt, "--seed", seed, "--out", WORK / "p.png", "--record", folder, *options)
    names = [t.get("text") for t in json.loads((folder / "tokens.json").read_text())][PATCHES:]
    steps = sorted(p for p in folder.glob("step-*.npy") if "negative" not in p.name)
    maps = np.stack([np.load(p) for p in steps]).astype(np.float32)
    return dict(names=names, maps=maps, picture=np.asarray(Image.open(WORK / "p.png").convert("RGB")))


@kept
def picture_of(prompt, seed, options):
    regard("paint", "--prompt", prompt, "--seed", seed, "--out", WORK / "p.png", *options)
    return dict(picture=np.asarray(Image.open(WORK / "p.png").convert("RGB")))


@kept
def strip_of(prompt, seed, word, weighting):
    regard("paint", "--prompt", prompt, "--seed", seed, "--weighting", weighting, "--strip", word, "--out", WORK / "strip.json")
    return json.loads((WORK / "strip.json").read_text())


@kept
def ledger_of(prompt, seed):
    return json.loads(regard("ledger", "--paint", prompt, "--seed", seed))


def meanings(kind):
    """What words mean, in both languages: {"chat": "cat"}; kind: things or colours"""
    groups = json.loads((ROOT / "assets/little-world/words.json").read_text())["groups"]
    return {w: m for g in groups if g["kind"] == kind for w, m in zip(g["words"], g.get("means", g["words"]))}


def mirror_drawn(prompt, picture):
    """Patches of the reflection and of what it reflects, as core/engine/truth.cpp finds them; two empty lists: no mirror."""
    said = prompt.split()
    things, colours = meanings("things"), meanings("colours")
    kind = next((things[w] for w in said if w in things), None)
    colour = next((colours[w] for w in said if w in colours), None)
    kinds, painted = seen_drawn(picture)
    left, right, glass = [], [], [0, 0]
    for i, each in enumerate(kinds):
        on_right = i % SIDE >= (SIDE + 1) // 2
        glass[on_right] += each == "mirror"
        if each == kind and colour in (None, painted[i]):
            (right if on_right else left).append(i)
    if max(glass) < 7 or min(len(left), len(right)) < 2:
        return [], []
    return (left, right) if glass[0] > glass[1] else (right, left)


def kinds_drawn(picture):
    return seen_drawn(picture)[0]


def seen_drawn(picture):
    """English noun of each patch and its colour, or None, as the segmenter reads them."""
    import torch

    sys.path.insert(0, str(ROOT / "assets/little-world/training"))
    sys.dont_write_bytecode = True
    import judge  # the network as it was taught

    net = judge.load_segmenter()
    x = torch.from_numpy(picture.astype(np.float32) / 127.5 - 1).permute(2, 0, 1)[None]
    with torch.no_grad():
        kinds, colours = (part.argmax(1).reshape(-1).tolist() for part in net(x))
    return [([None, *judge.KIND, "mirror"])[k] for k in kinds], [([None, *judge.COL])[k] for k in colours]


def scene_object(image, noun):
    scenes = json.loads((ROOT / "assets/images/scenes/scenes.json").read_text())
    folder = ROOT / "assets/images/scenes"
    scene = next(s for s in scenes if s["file"] == image + ".png")
    for index, each in enumerate(scene["objects"]):
        if each["noun"]["en"] == noun:
            mask = np.asarray(Image.open(folder / f"{image}-object-{index + 1}.png").convert("L")) > 0
            share = mask.reshape(SIDE, len(mask) // SIDE, SIDE, len(mask) // SIDE).mean((1, 3)).reshape(-1)
            return [1 + i for i in range(PATCHES) if share[i] >= 0.3]
    raise AssertionError((image, noun))


# ---------------------------------------------------------------- a lesson's state and what it asks


def merged(state, part):
    out = dict(state)
    for key, value in part.items():
        out[key] = merged(out.get(key, {}), value) if isinstance(value, dict) else value
    return out


def word_option(name):
    assert "#" not in name, name
    return {"start": ":start", "end": ":end"}.get(name, name)


def edit_options(edits):
    out = []
    for edit in edits or []:
        if edit["kind"] in ("cut", "mute"):
            out += ["--" + edit["kind"], word_option(edit["word"])]
        else:
            assert edit["kind"] == "head-off", edit
            out += ["--head-off", ",".join(map(str, edit["map"]))]
    return tuple(out)


def token(names, place):
    name, _, which = place.partition("#")
    return [i for i, n in enumerate(names) if n == name][int(which or 1) - 1]


class Run:
    """One of the three runs of a state: whole map of some heads, and where places are in it."""

    def __init__(self, state, value):
        self.of = value.get("of", "text")
        layer, head = value.get("layer"), value.get("head")
        if self.of == "text":
            options = ("--syntax", state.get("syntax", "a1111"), "--weighting", state.get("weighting", "attention"))
            got = text_run(state["prompt"], options + edit_options(state.get("edits")), value.get("lens", "attention"), bool(value.get("scores")))
            self.names = got["names"]
            self.map = got["maps"][layer, head]
        elif self.of == "image":
            self.image = state["picture"]["image"]
            self.regions = state["picture"]
            self.map = image_run(self.image)["maps"][layer - 1, head - 1]
        else:
            paint = state["paint"]
            self.zero = [e["word"] for e in paint.get("edits") or [] if e["kind"] == "cut" and "#" in e["word"]]
            edits = [e for e in paint.get("edits") or [] if e.get("word") not in self.zero]
            model = ("--model", state["paint_model"]) if state.get("paint_model") else ()
            got = paint_run(state["prompt"], paint["seed"], edit_options(edits) + model)
            self.names, self.picture, self.prompt = got["names"], got["picture"], state["prompt"]
            maps = got["maps"]
            if "span" in value:
                maps = maps[value["span"][0] - 1 : value["span"][1]]
            maps = maps.mean(0)  # [blocks][heads][S][S]
            self.map = maps.mean((0, 1)) if layer is None else maps[layer - 1, head - 1]
            for word in self.zero:  # the command line cuts the first word of a name only; a cut column is 0
                self.map = self.map.copy()
                self.map[:, PATCHES + token(self.names, word)] = 0

    def at(self, place):
        if not isinstance(place, str):
            column, row = place
            return [(1 if self.of == "image" else 0) + (row - 1) * SIDE + column - 1]
        if place == "patches":
            return list(range(1, 1 + PATCHES) if self.of == "image" else range(PATCHES))
        if place in ("region a", "region b"):
            return self.regions[place.replace(" ", "_")]
        if place == "cls":
            return [0]
        if place.startswith("object "):
            if self.of == "image":
                return scene_object(self.image, place[7:])
            if place in ("object reflection", "object mirrored"):
                return mirror_drawn(self.prompt, self.picture)[place == "object mirrored"]
            return [i for i, k in enumerate(kinds_drawn(self.picture)) if k == place[7:]]
        base = PATCHES if self.of == "painting" else 0
        if place in ("bos", "eos"):
            return [base + (0 if place == "bos" else len(self.names) - 1)]
        if place == "words":
            return list(range(base + 1, base + len(self.names) - 1))
        return [base + token(self.names, place)]

    def name(self, i):
        if self.of == "image":
            return "cls" if i == 0 else f"{(i - 1) % SIDE + 1},{(i - 1) // SIDE + 1}"
        if self.of == "painting" and i < PATCHES:
            return f"{i % SIDE + 1},{i // SIDE + 1}"
        return self.names[i - (PATCHES if self.of == "painting" else 0)]


def number(state, value):
    if isinstance(value, (int, float)):
        return value
    if "weight" in value:
        parts = json.loads(regard("parse", "--syntax", state.get("syntax", "a1111"), state["prompt"]))
        return next(p["weight"] for p in parts if value["weight"] in p["text"].split())
    if "changed" in value:
        edits = state.get("edits") or []
        if not edits:
            return 0.0
        assert len(edits) == 1 and edits[0]["kind"] == "head-off"
        entries = next(v for v in json.loads(regard("ledger", "--prompt", state["prompt"])).values() if isinstance(v, list))
        return next(e["effect"] for e in entries if e["removal"] == "off" and [e["layer"], e["head"]] == edits[0]["map"])
    run = Run(state, value)
    query, key = run.at(value["query"]), run.at(value["key"])
    return float(run.map[np.ix_(query, key)].sum(1).mean()) if query and key else float("nan")


def ranking(state, guess):
    """Names and values of the open side, largest first."""
    value = guess["answer"]
    run = Run(state, value)
    if "key" in value:
        row, asked = run.map[:, run.at(value["key"])].sum(1), run.at(value["key"])
    else:
        row, asked = run.map[run.at(value["query"])].mean(0), run.at(value["query"])
    if guess["click"] == "patch":
        among = run.at("patches")
    else:
        among = [i for i in run.at("words")] if run.of != "image" else []
    if guess.get("others", True) and len(asked) == 1:
        among = [i for i in among if i != asked[0]]
    order = sorted(among, key=lambda i: -row[i])
    return [(run.name(i), float(row[i])) for i in order]


def holds(state, check, seen):
    """Whether a check holds; `seen` gets every number it looked at, with its bounds."""
    if "all" in check or "any" in check:
        results = [holds(state, c, seen) for c in check.get("all") or check["any"]]
        return all(results) if "all" in check else any(results)
    if "not" in check:
        return not holds(state, check["not"], seen)
    if "value" in check:
        got = number(state, check["value"])
        seen.append(dict(value=round(got, 4), **{k: check[k] for k in ("at_least", "at_most") if k in check}))
        return check.get("at_least", -1e9) <= got <= check.get("at_most", 1e9)
    if "greater" in check:
        a, b = (number(state, v) for v in check["greater"])
        seen.append(dict(value=round(a, 4), greater_than=round(b, 4)))
        return a > b
    if "prompt_has" in check:
        return check["prompt_has"] in state["prompt"]
    if "prompt_lacks" in check:
        return check["prompt_lacks"] not in state["prompt"]
    painting = state["view"]["workspace"] == "painting"
    if "trial" in check:
        return any(e["kind"] == check["trial"] for e in (state["paint"] if painting else state).get("edits") or [])
    if "workspace" in check:
        return state["view"]["workspace"] == check["workspace"]
    if "selected" in check:
        place = state["picture"] if state["view"]["workspace"] == "image" else state
        return all(place.get(k) == v for k, v in check["selected"].items())
    raise AssertionError(check)


# Questions about what is seen after the learner has changed something: measured where their hint leads.
ASKED_AFTER_A_CHANGE = {("weights", "q5"), ("two-languages", "q2"), ("patches", "q1")}

INLINE = re.compile(r"\{\{(.*?)\}\}")


def inline(state, text):
    """(as written, value) of every number in a text."""
    for written in INLINE.findall(text):
        place, *rest = [p.strip() for p in written.split("|")]
        if place.startswith("weight "):
            yield written, number(state, {"weight": place[7:]})
            continue
        value = {}
        for kind in ("image", "painting"):
            if place.startswith(kind + ":"):
                value["of"], place = kind, place[len(kind) + 1 :].strip()
        query, key = [json.loads(p) if p.startswith("[") else p for p in (s.strip() for s in place.split("->"))]
        value.update(query=query, key=key)
        for part in filter(None, (p.strip() for p in rest[0].split(","))):
            name, _, said = part.partition(" ")
            value[name] = int(said) if said.isdigit() else said
        yield written, number(state, value)


# ---------------------------------------------------------------- lessons


def cards(text):
    body = text.split("---\n", 2)[2]
    for card in re.split(r"(?m)^# ", body)[1:]:
        blocks = [(kind, content if kind in ("formula", "note") else json.loads(content)) for kind, content in re.findall(r"```(\w+)\n(.*?)\n```", card, re.S)]
        yield blocks, re.sub(r"```\w+\n.*?\n```", "", card, flags=re.S)


def fail(where, why):
    wrong.append(f"{where}: {why}")


def measure(path):
    lesson, language = path.name.split(".")[:2]
    state = {}
    for index, (blocks, text) in enumerate(cards(path.read_text()), 1):
        for kind, content in blocks:
            if kind == "state":
                state = merged(state, content)
        shows = [c["show"] for k, c in blocks if k == "hint" and "show" in c]
        head = dict(lesson=lesson, language=language)
        strings = [text] + [json.dumps(c, ensure_ascii=False) for k, c in blocks if k in ("guess", "question", "hint")]
        for string in strings:
            for written, got in inline(state, string):
                if not np.isfinite(got):
                    fail(path.name, f"card {index}: {written}: no number")
                yield dict(head, id=f"text {index}", what=written, value=round(got, 4))
        for at, (kind, content) in enumerate(blocks):
            where = f"{path.name}: {content.get('id', 'done ' + str(index)) if kind != 'note' and kind != 'formula' and isinstance(content, dict) else ''}"
            following = blocks[at + 1][1].get("show") if at + 1 < len(blocks) and blocks[at + 1][0] == "hint" else None
            if kind == "guess":
                order = ranking(state, content)
                top = content.get("top", 1)
                if len(order) <= top:
                    fail(where, f"{len(order)} to choose from, top {top}")
                elif order[top - 1][1] < 1.05 * order[top][1]:
                    fail(where, f"a near tie: {order[: top + 2]}")
                yield dict(head, id=content["id"], what="guess", top=[[n, round(v, 4)] for n, v in order[:top]], next=[order[top][0], round(order[top][1], 4)] if len(order) > top else None)
            elif kind == "question" and "number" in content:
                at_hand = state
                if (lesson, content["id"]) in ASKED_AFTER_A_CHANGE:
                    at_hand = merged(state, following)  # asked after something was changed
                got = number(at_hand, content["number"])
                yield dict(head, id=content["id"], what="number", value=round(got, 4), within=content["within"])
            elif kind == "done" or kind == "question" and "check" in content:
                check = content if kind == "done" else content["check"]
                before, after = [], []
                if holds(state, check, before):
                    fail(where, f"holds before anything is done: {before}")
                solved = state
                for show in [following] if kind == "question" and following else shows[-1:]:
                    solved = merged(solved, show)
                if not holds(solved, check, after):
                    fail(where, f"does not hold where the last hint leads: {after}")
                yield dict(head, id=content.get("id", f"done {index}"), what="check", before=before, solved=after)


# ---------------------------------------------------------------- what lessons say in words


def claim(lesson, language, name, value, at_least=None, at_most=None):
    if (at_least is not None and value < at_least) or (at_most is not None and value > at_most):
        fail(f"{lesson}.{language}: {name}", f"{value}, expected {at_least} to {at_most}")
    bounds = {k: v for k, v in (("at_least", at_least), ("at_most", at_most)) if v is not None}
    return dict(lesson=lesson, language=language, id="claim", what=name, value=round(float(value), 4), **bounds)


def mirrors(picture):
    """How many of the two halves show glass in most of their upper part."""
    kinds = kinds_drawn(picture)
    halves = [[kinds[r * SIDE + c] for r in range(4, 7) for c in half] for half in (range(1, 5), range(7, 11))]
    return sum(half.count("mirror") > len(half) / 2 for half in halves)


MIRROR_A, MIRROR_B = [92, 93, 104, 105, 106, 108, 117, 118, 119, 129, 130, 131], [88, 89, 97, 99, 100, 101, 110, 111, 112, 113, 122, 123, 124]


def claims():
    sentence = dict(fr=("un chat rouge poursuit une souris grise", "poursuit", "chat"), en=("a red cat chases a grey mouse", "chases", "cat"))
    heads = [(1, 1), (2, 2), (4, 2)]
    exchanged = dict(fr=["un chien noir et une souris rouge", "un oiseau bleu et une souris rouge"], en=["a black dog and a red mouse", "a blue bird and a red mouse"])
    nouns = dict(fr="un chat bleu devant un miroir", en="a blue cat in front of a mirror")
    captions = dict(fr=("un chat rouge poursuit une souris grise", "un chat gris poursuit une souris rouge", "une souris grise poursuit un chat rouge"), en=("a red cat chases a grey mouse", "a grey cat chases a red mouse", "a grey mouse chases a red cat"))
    rides = dict(fr=("un astronaute à cheval", "un cheval et un astronaute", "cheval", "astronaute"), en=("an astronaut riding a horse", "a horse and an astronaut", "horse", "astronaut"))
    weighed = dict(fr="un chat (rouge:1.4) poursuit une souris grise", en="a (red:1.4) cat chases a grey mouse")
    taught = dict(fr=("un chat {} à gauche d'un arbre vert", "chat", "rouge"), en=("a {} cat to the left of a green tree", "cat", "red"))
    for language in ("en", "fr"):
        prompt, verb, noun = sentence[language]
        state = dict(prompt=prompt)
        reads_noun = {(layer, head): number(state, dict(query=verb, key=noun, layer=layer, head=head)) for layer in range(1, 5) for head in range(1, 5)}
        for layer, head in heads:
            yield claim("heads", language, f"done 5: layer {layer} head {head}", reads_noun[layer, head], at_least=0.5)
        yield claim("heads", language, "done 5: any head but these and layer 1 head 3", max(v for k, v in reads_noun.items() if k not in [*heads, (1, 3)]), at_most=0.5)
        query, key, head = ("rouge", "souris", 3) if language == "fr" else ("mouse", "red", 4)
        for other in exchanged[language]:
            yield claim("what-is-attention", language, f"note 6: {other}", number(dict(prompt=other), dict(query=query, key=key, layer=1, head=head)), at_least=0.5)
        alone = dict(fr="une souris rouge", en="a red mouse")[language]
        yield claim("what-is-attention", language, f"note 6: {alone}", number(dict(prompt=alone), dict(query=query, key=key, layer=1, head=head)), at_most=0.25)
        begun, asks = dict(fr=("une souris poursuit", "poursuit"), en=("a mouse chases", "chases"))[language]
        shares, lengths = ([number(dict(prompt=begun), dict(query=asks, key=k, layer=1, head=4, lens=lens)) for k in ("bos", asks)] for lens in ("attention", "value"))
        yield claim("by-hand", language, "card 4: length of v, the start token's over the verb's", (lengths[0] / shares[0]) / (lengths[1] / shares[1]), at_least=1.2)
        entries = next(v for v in json.loads(regard("ledger", "--prompt", prompt)).values() if isinstance(v, list))
        off = {(e["layer"], e["head"]): e["effect"] for e in entries if e["removal"] == "off"}
        yield claim("heads", language, "card 4: effect of layer 3 head 4, off", off[3, 4], at_most=0.02)
        languages = dict(fr="un chien bleu et un oiseau jaune", en="a blue dog and a yellow bird")
        pair = next(v for v in json.loads(regard("ledger", "--prompt", languages[language])).values() if isinstance(v, list))
        first = {e["head"]: e["effect"] for e in pair if e["removal"] == "off" and e["layer"] == 1}
        most, near, least = dict(fr=(3, 4, 1), en=(4, 3, 1))[language]
        yield claim("two-languages", language, f"q4: effect of layer 1 head {most}, off, less the next largest", first[most] - max(v for h, v in first.items() if h != most), at_least=0.01)
        yield claim("two-languages", language, f"q4: effect of layer 1 head {near} over that of head {most}", first[near] / first[most], at_least=0.75)
        yield claim("two-languages", language, f"q4: effect of layer 1 head {least} over that of head {most}", first[least] / first[most], at_most=0.35)
        yield claim("heads", language, "card 4 note: layer 2 head 1 less than layer 1 head 4", off[1, 4] - off[2, 1], at_least=0.01)
        pixels = lambda scheme: picture_of(weighed[language], 5, ("--weighting", scheme))["picture"].astype(float)
        moved = {scheme: np.sqrt(((pixels(scheme) - pixels("none")) ** 2).mean()) for scheme in ("attention", "a1111", "scale", "comfyui")}
        for scheme in ("attention", "comfyui"):
            yield claim("weights", language, f"card 3: what {scheme} moves the picture by, over A1111 and scale", moved[scheme] / max(moved["a1111"], moved["scale"]), at_least=3)
        scene, thing, colour = taught[language]
        scene, blank = scene.format(colour), scene.format(f"({colour}:0)")
        areas = [f["area"] for f in strip_of(scene, 89, thing, "attention")["frames"]]
        yield claim("weights", language, "card 4: patches of the cat at weight 0", areas[0], at_most=0)
        yield claim("weights", language, "card 4: least gain in patches from one weight to the next", min(np.diff(areas)), at_least=1)
        vivid = [f["vividness"] for f in strip_of(scene, 89, colour, "attention")["frames"][1:]]
        yield claim("weights", language, "card 4: least gain in vividness from one weight of the colour to the next, from 0.5", min(np.diff(vivid)), at_least=0.01)
        cat = [c for k, c in zip(*seen_drawn(picture_of(blank, 89, ())["picture"])) if k == "cat"]
        yield claim("weights", language, "card 4: patches of the cat, its colour at 0", len(cat), at_least=4)
        yield claim("weights", language, "card 4: those of them that are red", cat.count("red"), at_most=0)
        still = [f["change"] for f in strip_of(scene, 89, thing, "a1111")["frames"] if f["weight"] > 1]
        yield claim("weights", language, "note 4: largest change from 1 to 2 with A1111", max(still), at_most=0.02)
        for layer, head in ((3, 1), (3, 2), (3, 3), (4, 2), (4, 3), (5, 1)):
            got = number(dict(picture=dict(image="scene-1")), dict(of="image", query="cls", key="object mouse", layer=layer, head=head))
            yield claim("patches", language, f"done 5: layer {layer} head {head}", got, at_least=0.5)
        cosines = [t["cosine"] for t in json.loads(regard("match", "--image", "scene-1", *captions[language]))["texts"]]
        yield claim("patches", language, "q3: roles exchanged, less the right caption", cosines[2] - cosines[0], at_least=0.0, at_most=0.05)
        yield claim("patches", language, "q3: right caption, less colours exchanged", cosines[0] - cosines[1], at_least=0.1)
        yield claim("patches", language, "q3: colours exchanged, its cosine", cosines[1], at_least=0.3)
        ride, turned, horse, rider = rides[language]
        read = lambda prompt, word, **more: number(dict(prompt=prompt, paint=dict(seed=11)), dict(of="painting", query="patches", key=word, **more))
        gaps = [read(prompt, horse) - read(prompt, rider) for prompt in (ride, turned)]
        yield claim("drawing", language, "q1: horse read more than astronaut, by", gaps[0], at_least=0.02)
        yield claim("drawing", language, "q1: this gap with the words exchanged, over the gap", gaps[1] / gaps[0], at_most=0.25)
        reads = [read(ride, "words", span=s) for s in ([1, 4], [21, 24])]
        yield claim("drawing", language, "q2: share of words, steps 1-4 less steps 21-24", reads[0] - reads[1], at_least=0.005)
        glasses = lambda seeds, *off: [mirrors(picture_of(nouns[language], s, off)["picture"]) for s in seeds]
        without, control = glasses(range(1, 21), "--head-off", "2,3"), glasses(range(1, 10), "--head-off", "3,2")
        nine, twenty = dict(fr=(4, 8), en=(5, 9))[language]
        reflect = lambda layer, head: number(dict(prompt=nouns[language], paint=dict(seed=20)), dict(of="painting", query="object reflection", key="object mirrored", layer=layer, head=head))
        whole = [number(dict(picture=dict(image="scene-2", region_a=MIRROR_A, region_b=MIRROR_B)), dict(of="image", query=q, key="region b", layer=4, head=1)) for q in ("region a", "patches")]
        yield claim("mirror", language, "card 1: reflection reads the cat, over any patch", whole[0] / whole[1], at_least=1.8, at_most=2.3)
        yield claim("mirror", language, "q3: mirrors of seed 20 without the head", without[19], at_least=2)
        yield claim("mirror", language, "note 4: of seeds 1 to 9, two mirrors without the head", without[:9].count(2), at_least=nine, at_most=nine)
        yield claim("mirror", language, "note 4: of seeds 1 to 20, two mirrors without the head", without.count(2), at_least=twenty, at_most=twenty)
        yield claim("mirror", language, "card 4: of seeds 1 to 20, one mirror with it", glasses(range(1, 21)).count(1), at_least=20)
        yield claim("mirror", language, "note 4: of seeds 1 to 9, two mirrors without block 3 head 2", control.count(2), at_most=0)
        yield claim("mirror", language, "note 4: what block 3 head 2 reads of the real cat, less block 2 head 3", reflect(3, 2) - reflect(2, 3), at_least=0.005)
        states = {p: ("--model", f"little-world-{p}-percent") for p in (50, 100)}
        framed = lambda p: Run(dict(prompt=nouns[language], paint=dict(seed=5), paint_model=f"little-world-{p}-percent"), dict(of="painting", layer=3, head=2)).map[116, :PATCHES]
        on_left = lambda row: sum(x for i, x in enumerate(row) if i % SIDE < SIDE // 2) / row.sum()
        yield claim("learning-the-mirror", language, "card 2: of what the patch reads of the picture, the left half", on_left(framed(20)), at_least=0.48, at_most=0.505)
        yield claim("learning-the-mirror", language, "card 3: of seeds 1 to 9, two mirrors at 50 %", [mirrors(picture_of(nouns[language], s, states[50])["picture"]) for s in range(1, 10)].count(2), at_least=8, at_most=8)
        yield claim("learning-the-mirror", language, "card 4: of seeds 1 to 9, one mirror at 100 %", [mirrors(picture_of(nouns[language], s, states[100])["picture"]) for s in range(1, 10)].count(1), at_least=9)
        off_there = dict(fr=2, en=4)[language]
        yield claim("learning-the-mirror", language, "q4: of seeds 1 to 9, two mirrors without the head", [mirrors(picture_of(nouns[language], s, (*states[100], "--head-off", "3,2"))["picture"]) for s in range(1, 10)].count(2), at_least=off_there, at_most=off_there)
        drawn = lambda seed, *more: kinds_drawn(picture_of(prompt, seed, more)["picture"])
        yield claim("misleading", language, "card 2: patches of the cat, its word cut", drawn(3, "--cut", noun).count("cat"), at_least=4)
        yield claim("misleading", language, "card 4: patches of the cat, its word muted", drawn(3, "--mute", noun).count("cat"), at_most=0)
        muted = drawn(3, "--mute", noun)
        halves = [sum(k == "mouse" for i, k in enumerate(muted) if (i % SIDE < SIDE // 2) == left) for left in (True, False)]
        yield claim("misleading", language, "card 4: patches of a mouse, the word of the cat muted: the half that has fewer", min(halves), at_least=2)
        ledger = ledger_of(prompt, 3)["rank_correlation"]
        yield claim("misleading", language, "card 5: rank correlation of words that were cut", ledger["cut"], at_least=0.7)
        yield claim("misleading", language, "card 5: rank correlation of heads", ledger["off"], at_least=-0.4, at_most=0.4)
        yield claim("misleading", language, "note 6: patches of the cat, the verb cut", drawn(3, "--cut", verb).count("cat"), at_most=0)
        yield claim("misleading", language, "note 6: patches of the cat, the verb cut, seed 17", drawn(17, "--cut", verb).count("cat"), at_least=4)
        article = dict(fr="un chat rouge poursuit (une:0) souris grise", en="a red cat chases (a:0) grey mouse")[language]  # of weight 0 where patches read: cut
        kept_cat = kinds_drawn(picture_of(article, 3, ("--place", "picture"))["picture"]).count("cat")
        yield claim("misleading", language, "q6: patches of the cat, the second article cut", kept_cat, at_least=4)


def main():
    files = sorted((ROOT / "assets/lessons").glob("*.*.md"))
    entries = [e for path in files for e in measure(path)] + list(claims())
    print("[\n" + ",\n".join(json.dumps(e, ensure_ascii=False) for e in entries) + "\n]")
    shutil.rmtree(WORK, ignore_errors=True)
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
