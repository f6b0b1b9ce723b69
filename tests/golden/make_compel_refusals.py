#!/usr/bin/env python3
"""Which of many random texts Compel itself refuses: tests/golden/compel_refusals.json.

Run with compel 2.5.1, transformers 4.57, torch 2.13:
    python make_compel_refusals.py            # the sample that is kept: 2,000 texts
    python make_compel_refusals.py 20000 FILE # as many as wanted; the test reads FILE from REGARD_COMPEL_REFUSALS

A text is refused when parsing it, or making its conditioning, raises anything: with the built-in tokenizer and an encoder of
one small layer, since no number decides it. Texts are made of
what Compel's grammar cares about: half of them lists with .and(), .blend() and something behind, half anything.
"""
import json
import random
import sys
from pathlib import Path

import torch
from compel import Compel
from compel.prompt_parser import PromptParser
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

HERE = Path(__file__).resolve().parent
MODEL = HERE.parents[1] / "assets" / "little-world" / "clip"
PARTS = ["(", ")", '"', ",", ".", "=", " ", " ", "\n", "\t", "\v", "1.2", "-3", "0.5", "1e3", "é", "\u00a0", "a", "b",
         "cat", "+", "-", "++", "--", ".swap(", ".attend(", ".blend(", ".and(", "useLora(", "withLora(x)", '\\"', "\\(",
         "\\)", ")1.3", '"1.3', ":1.2)", "(a)", '"b c"', "(a b)0.5", '""', '""-', "()", "[a:1.2]", "a.swap(b)", "cat++",
         ", shape_freedom=", "0.5)", ", s_start=0.1)"]
ITEMS = ['"a"', '"a b+"', "a", "(b c)", "(b)0.5", '"(a)1.2 b"', '"x, y"', '"cat.swap(dog)"', '""', "()", "withLora(x)", "a+",
         '"a.swap(b.swap(c))"', '"a.swap(b, shape_freedom=0.5)"', '"a.swap(b, shape_freedom=no)"', '"a\vb"', '"(\'\')-"']
OPERATORS = [".blend", ".blend", ".blend", ".and", ".and", ".add", ".plus", " .blend", ".blend "]
OPTIONS = ["", "1", "1, 1", "1,0.5", "0.5, 0.5", "1,1,1", "1, no_normalize", "1,1,no_normalize", "no_normalize", "x, 1", "-1, 2",
           "1e3, 1", "0, 0", "nan, 1", "a=1, 2", "1 1"]
TAILS = ["", "", "", "", " ", "\n", ",", ".", "++", " c", " withLora(x)", ".blend()", " (a).and()", '("c","d").blend(1,1)', "\v",
         ")", " useLora(y, 0.5) useLora(z)"]
HEADS = ["", "", "", "", "", " ", "withLora(x) ", "c ", "useLora(x,1)"]


def random_list(rng):
    items = ", ".join(rng.choice(ITEMS) for _ in range(rng.choice([1, 2, 2, 2, 3])))
    return (rng.choice(HEADS) + "(" + items + ")" + rng.choice(OPERATORS) + "(" + rng.choice(OPTIONS) + ")"
            + rng.choice(TAILS))


def random_text(rng):
    if rng.random() < 0.5:
        return random_list(rng)
    return "".join(rng.choice(PARTS) for _ in range(rng.randrange(1, 12)))


def refusal(compel, parser, text):
    """The exception's name, or nothing."""
    try:
        compel.build_conditioning_tensor_for_conjunction(parser.parse_conjunction(text), return_tokenization=True)
    except Exception as error:  # whatever it is: the person gets no picture
        return type(error).__name__
    return None


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    out = Path(sys.argv[2]) if len(sys.argv) > 2 else HERE / "compel_refusals.json"
    torch.set_num_threads(1)
    config = CLIPTextConfig(vocab_size=745, hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1,
                            max_position_embeddings=32, bos_token_id=743, eos_token_id=744, pad_token_id=744)
    compel = Compel(tokenizer=CLIPTokenizer.from_pretrained(MODEL), text_encoder=CLIPTextModel(config).eval())
    parser = PromptParser()
    rng = random.Random(251)
    texts = []
    seen = set()
    with torch.no_grad():
        while len(texts) < count:
            text = random_text(rng)
            if text in seen:
                continue
            seen.add(text)
            texts.append([text, refusal(compel, parser, text)])
    refused = sum(1 for _, name in texts if name)
    lines = ",\n".join(json.dumps(line, ensure_ascii=False) for line in texts)
    out.write_text("[\n" + lines + "\n]\n", encoding="utf-8")
    print(f"{count} texts, {refused} refused: {out}")


if __name__ == "__main__":
    main()
