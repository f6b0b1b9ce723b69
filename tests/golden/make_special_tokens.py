#!/usr/bin/env python3
"""Writes special_tokens.json: what transformers' CLIPTokenizerFast makes of special tokens that stand beside tokenizer.json.

    python make_special_tokens.py [--clip ../../assets/little-world/clip] [--out special_tokens.json]

Each case is a folder: Little World's tokenizer.json (or, "slow", its vocab.json and merges.txt) and the side files given.
"side" holds tokenizer_config.json, special_tokens_map.json and added_tokens.json; one that is null is not written. Asked
of each: the padding id, and the ids of some texts without BOS and EOS. A case that transformers refuses is left out.
Cases by hand come first, then 60 at random from a fixed seed.
"""
import argparse
import json
import os
import platform
import random
import shutil
import tempfile

import tokenizers
import transformers
from transformers import CLIPTokenizerFast

HERE = os.path.dirname(os.path.abspath(__file__))
TEXTS = ["cat ! !! !!!", "un chat! <PAD> <pad>x", "a<mask>b <Mask> _chat_", "chat rouge <|endoftext|>!<|STARTOFTEXT|>",
         "<new>  <new><new2> (new)  zz", "É! <É> CHAT chatrouge"]
CONTENTS = ["!", "!!", "<PAD>", "<pad>", "<mask>", "chat", "<new>", "<new2>", "<É>", "rouge</w>", "_chat_", "zz", "<|endoftext|>"]
ROLES = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"]


def token(content, special=None, **flags):
    out = {"content": content, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False, **flags}
    return out if special is None else {**out, "special": special}


ENDS = {"743": token("<|startoftext|>", special=True, normalized=True), "744": token("<|endoftext|>", special=True, normalized=True)}


def by_hand():
    older = lambda config=None, map=None, added=None, slow=False: (slow, config, map, added)
    newer = lambda decoder, **config: (False, {"added_tokens_decoder": {**ENDS, **decoder}, **config}, None, None)
    yield "nothing beside", older()
    yield "nothing beside, slow", older(slow=True)
    for slow in (False, True):
        end = ", slow" if slow else ""
        yield "pad in config" + end, older({"pad_token": "!"}, slow=slow)
        yield "pad in map" + end, older(map={"pad_token": "!"}, slow=slow)
        yield "pad as object in map" + end, older(map={"pad_token": token("!")}, slow=slow)
        yield "map over config" + end, older({"pad_token": "!"}, {"pad_token": "<|endoftext|>"}, slow=slow)
        yield "pad that is new" + end, older({"pad_token": "<PAD>"}, slow=slow)
        yield "pad is none" + end, older({"pad_token": None}, slow=slow)
        yield "unknown that is new" + end, older({"unk_token": "<new>"}, slow=slow)
        yield "additional in config" + end, older({"additional_special_tokens": ["<new>", "chat"]}, slow=slow)
        yield "additional in both" + end, older({"additional_special_tokens": ["<new>"]},
                                                {"additional_special_tokens": ["<mask>", token("<new2>", lstrip=True)]}, slow=slow)
        yield "older added tokens" + end, older(added={"<new>": 745, "<new2>": 746}, slow=slow)
        yield "older added tokens with a role" + end, older({"mask_token": "<new2>"}, None, {"<new>": 745, "<new2>": 746}, slow=slow)
        yield "mask, sep, cls" + end, older({"mask_token": "<mask>", "sep_token": "chat", "cls_token": "<É>"}, slow=slow)
        yield "normalised in map" + end, older(map={"mask_token": token("<Mask>", normalized=True)}, slow=slow)
        yield "stripping in map" + end, older(map={"mask_token": token("<new>", lstrip=True, rstrip=True)}, slow=slow)
        yield "single word in map" + end, older(map={"mask_token": token("chat", single_word=True)}, slow=slow)
        yield "twice, flags first" + end, older(map={"additional_special_tokens": [token("<mask>", rstrip=True), "<mask>"]}, slow=slow)
        yield "twice, flags last" + end, older({"additional_special_tokens": ["<mask>"]},
                                               {"additional_special_tokens": [token("<mask>", rstrip=True)]}, slow=slow)
        yield "extra" + end, older({"extra_special_tokens": {"image_token": "<new>"}}, slow=slow)
    yield "decoder", newer({"745": token("<new>", special=False), "746": token("<new2>", special=True)})
    yield "decoder hides the map", (False, {"added_tokens_decoder": ENDS}, {"pad_token": "!"}, {"<new>": 745})
    yield "decoder of an entry", newer({"0": token("!", special=True)}, pad_token="!")
    yield "decoder gives a role its flags", newer({"745": token("<new>", special=False, rstrip=True)}, mask_token="<new>")
    yield "decoder normalised", newer({"745": token("<É>", special=False, normalized=True)})
    yield "decoder changes the end", newer({"744": token("<|endoftext|>", special=True, normalized=False)})
    yield "config's pad_token_id is not read", (False, {"pad_token_id": 5}, None, None)


def at_random(count):
    random.seed(13)
    flags = lambda: {f: random.random() < 0.3 for f in ("lstrip", "rstrip", "single_word", "normalized")}
    for number in range(count):
        config, map, added, decoder = {}, {}, None, dict(ENDS)
        names = random.sample(CONTENTS, len(CONTENTS))
        new = [n for n in names if n in ("<PAD>", "<pad>", "<mask>", "<new>", "<new2>", "<É>")]
        for role in random.sample(ROLES[2:], random.randint(0, 3)):
            config[role] = random.choice(names)
        for role in random.sample(ROLES[2:], random.randint(0, 3)):
            map[role] = random.choice([names[0], token(random.choice(names), **flags())])
        if random.random() < 0.5:
            config["additional_special_tokens"] = random.sample(names, 2)
        if random.random() < 0.3:
            map["additional_special_tokens"] = [token(random.choice(names), **flags()), random.choice(names)]
        first = 745
        if random.random() < 0.4:
            for content in new[:random.randint(1, 3)]:
                decoder[str(first)] = token(content, special=random.random() < 0.5, **flags())
                first += 1
            config["added_tokens_decoder"] = decoder
        elif random.random() < 0.4:
            added = {content: first + i for i, content in enumerate(new[:2])}
        yield f"random {number}", (random.random() < 0.4, config or None, map or None, added)


def run(clip, name, slow, config, map, added):
    side = {"tokenizer_config.json": config, "special_tokens_map.json": map, "added_tokens.json": added}
    with tempfile.TemporaryDirectory() as folder:
        for file in ["vocab.json", "merges.txt"] if slow else ["tokenizer.json"]:
            shutil.copy(os.path.join(clip, file), folder)
        for file, content in side.items():
            if content is not None:
                with open(os.path.join(folder, file), "w", encoding="utf-8") as out:
                    json.dump(content, out)
        try:
            tokenizer = CLIPTokenizerFast.from_pretrained(folder)
        except Exception as error:  # its errors are of many kinds
            print(name, "is refused:", error)
            return None
        ids = lambda text: tokenizer(text, add_special_tokens=False).input_ids
        items = [{"text": text, "ids": ids(text)} for text in TEXTS]
        pad = tokenizer.pad_token_id
        padded = None
        if pad is not None:
            padded = tokenizer("un chat", padding="max_length", max_length=8).input_ids
        return {"name": name, "slow": slow, "side": side, "pad": pad, "padded": padded, "items": items}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--clip", default=os.path.join(HERE, "../../assets/little-world/clip"))
    parser.add_argument("--out", default=os.path.join(HERE, "special_tokens.json"))
    parser.add_argument("--random", type=int, default=60)
    args = parser.parse_args()
    transformers.logging.set_verbosity_error()
    cases = [run(args.clip, name, *case) for source in (by_hand(), at_random(args.random)) for name, case in source]
    cases = [case for case in cases if case is not None]
    versions = {"python": platform.python_version(), "transformers": transformers.__version__, "tokenizers": tokenizers.__version__}
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    with open(args.out, "w", encoding="utf-8") as out:
        out.write('{"script":"make_special_tokens.py","versions":%s,"cases":[\n%s\n]}\n' % (json.dumps(versions), lines))
    print(len(cases), "cases")


if __name__ == "__main__":
    main()
