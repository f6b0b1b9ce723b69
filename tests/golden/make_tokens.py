#!/usr/bin/env python3
"""Writes tokens_little_world.json: what transformers' CLIPTokenizerFast makes of about 180 awkward texts.

    python make_tokens.py [--clip ../../assets/little-world/clip] [--reference text.npz] [--out tokens_little_world.json]

An item is {"text", "ids", "spans"?}: ids without BOS and EOS; spans are byte offsets [start, end) into the UTF-8 text.
Hugging Face gives character offsets, converted here. It forgets the combining mark of a character that NFC composed
(e + U+0301: the offset covers the e alone), where Regard covers both. Such texts have no "spans", only ids; a test of
spans by hand stands for them in tests/core/text/tokenizer_test.cpp.
"""
import argparse
import json
import os
import platform
import unicodedata

import tokenizers
import transformers
from transformers import CLIPTokenizerFast

HERE = os.path.dirname(os.path.abspath(__file__))

# The prompts of shared/model/reference/text.npz.
REFERENCE = [
    "Un chat rouge poursuit une souris grise", "a red cat chases a grey mouse", "un astronaute à cheval",
    "an astronaut riding a horse", "un chat bleu devant un miroir", "a dog in front of a mirror",
    "une étoile jaune au-dessus d'un arbre vert la nuit", "a green robot to the left of a yellow ball",
    "un poisson orange en dessous d'une maison bleue", "a purple bird riding a green car", "UN CHIEN   noir",
    "zèbre volant 2023!", "", "a", "un chien noir poursuit un chat blanc dans la neige",
    "a robot riding a horse on the beach", "l'oiseau d'Éloïse", "chat chat chat", "a pink horse at night",
    "un robot à droite d'une fleur",
]

ACCENTS = [
    "café", "cafe\u0301", "CAFÉ", "CAFE\u0301", "naïve", "nai\u0308ve", "Noël", "œuf", "ŒUF", "ça", "c\u0327a", "Ça va?",
    "À bientôt", "A\u0300 biento\u0302t", "garçon", "Ångström", "\u212bngstro\u0308m", "A\u030angstrom", "tiếng Việt",
    "tie\u0302\u0301ng Vie\u0323\u0302t", "ệ", "e\u0323\u0302", "e\u0302\u0323", "ǭ", "o\u0304\u0328", "o\u0328\u0304",
    "ñandú", "n\u0303", "Škoda", "ŽIVOT", "łódź", "straße", "STRASSE", "ẞ", "ǅ", "ﬁn", "ﬂeur", "ﬃ", "ĳ", "ŉ",
]
CASE = [
    "İstanbul", "İİ", "ıI", "I\u0307", "i\u0307", "ΣΊΣΥΦΟΣ", "ὈΔΥΣΣΕΎΣ", "ΑΣ", "ДОМ", "Ёлка", "Ⅷ", "Ⓐ", "ſ", "K", "Ω",
    "It'S", "DON'T", "WE'LL", "Ǆ", "Ა", "𐐀", "ꭰ", "Ⴀ",
]
CONTRACTIONS = [
    "it's", "don't", "you're", "we've", "I'm", "they'll", "he'd", "'s", "''s", "'", "''", "' s", "o'reilly", "'re're",
    "l'été", "aujourd'hui", "'tis", "rock'n'roll", "'l", "'lll", "'v", "’s", "it’s", "'ſ", "a's's", "!'s", "'\u0301s",
]
DIGITS = ["2023", "3.14", "1e10", "٣٤", "½", "²", "x²", "Ⅳ", "1st", "90's", "१२३", "①", "0x1F", "1,000", "𝟘𝟙"]
SPACES = [
    " ", "   ", "\t", "\n", " a ", "a  b", "a\tb", "a\nb", "a\r\nb", "a\u00a0b", "a\u3000b", "\u00a0a\u00a0", "a\u2003\u2009b",
    "a\u200bb", "a\u2060b", "a\ufeffb", "\ufeffa", "a\u180eb", "a\u0085b", "a\u2028b", "a\u000bb", "a\u000cb", "a\u001cb",
    "a\u001fb", "a \u0301b", "  chat   rouge  ",
]
SYMBOLS = [
    "!!!", "...", "a_b", "C++ & C#", "https://example.com/a?b=c", "(chat:1.2)", "((chat))", "[chat]", "\\(", "a-b", "--", "—",
    "« chat »", "“chat”", "…", "€5", "©", "™", "→", "☃", "♥", "\u0000", "a\u0000b", "\u0007", "\u001b[0m", "\u007f", "\ufffd",
    "\ue000", "\uffff", "\U000f0000",
]
EMOJI = [
    "😀", "👩\u200d👩\u200d👧", "👍🏽", "🇫🇷", "❤️", "❤", "1️⃣", "🏳️\u200d🌈", "chat😀rouge", "😀😀", "🐈 un chat", "👨\u200d👩\u200d👧\u200d👦",
]
SCRIPTS = [
    "日本語", "猫が好き", "ひらがな カタカナ", "ｶﾞ", "か\u3099", "中文，字符", "한국어", "\u1112\u1161\u11ab", "각", "\u1100\u1161\u11a8", "가\u11a8",
    "שלום", "שָׁלוֹם", "\ufb2a", "مرحبا", "مُحَمَّد", "الله", "\u202eabc\u202c", "हिन्दी", "\u0958", "\u0915\u093c", "ไทย", "ภาษาไทย", "ำ", "தமிழ்",
    "\u0bc6\u0bbe", "မြန်မာ", "ខ្មែរ", "ᠮᠣᠩᠭᠣᠯ", "ქართული", "Հայերեն", "𠜎𠜱", "𝔘𝔫𝔦", "𒀀",
]
MARKS = [
    "\u0301", "\u0301a", "a\u0301\u0302\u0303", "a\u0344", "\u0344", "a\u0338", ">\u0338", "=\u0338", "a\u0345\u0301",
    "q\u0307\u0323", "q\u0323\u0307", "a\u034f\u0301", "\u0f73", "\u0f71\u0f72", "\U0001d15e", "Z\u0351\u036b\u0343a\u0300l\u0309g\u0321o\u0322",
]
SPECIAL = [
    "<|endoftext|>", "<|startoftext|>", "a<|endoftext|>b", "<|endoftext|><|endoftext|>", "<|ENDOFTEXT|>", "<|EndOfText|> chat",
    " <|endoftext|> ", "<|endoftext|", "<|endoftext|>\u0338", "<|endoftext |>", "<<|endoftext|>>", "<|startoftext|>chat<|endoftext|>",
    "\u00a0<|endoftext|>\u3000", "'<|endoftext|>s", "<|endof\u0130text|>",
]
LONG = ["a" * 100, "chatrouge" * 12, "supercalifragilisticexpialidocious", "!" * 70, "un" * 64, "é" * 50, "😀" * 20, "0123456789" * 5]
GROUPS = dict(reference=REFERENCE, accents=ACCENTS, case=CASE, contractions=CONTRACTIONS, digits=DIGITS, spaces=SPACES,
              symbols=SYMBOLS, emoji=EMOJI, scripts=SCRIPTS, marks=MARKS, special=SPECIAL, long=LONG)


def check_reference(path, tokenizer):
    import numpy

    arrays = numpy.load(path)
    assert [str(p) for p in arrays["prompts"]] == REFERENCE, "the prompts of text.npz have changed"
    for i, text in enumerate(REFERENCE):
        assert tokenizer(text).input_ids == arrays[f"ids_{i}"].tolist(), text


def composes(text):
    """True when NFC joins characters, so that Hugging Face's offsets forget some of them."""
    return len(unicodedata.normalize("NFC", text)) != len(text) or unicodedata.normalize("NFC", text) != text


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--clip", default=os.path.join(HERE, "../../assets/little-world/clip"))
    parser.add_argument("--reference", help="text.npz, to check that its ids are these")
    parser.add_argument("--out", default=os.path.join(HERE, "tokens_little_world.json"))
    args = parser.parse_args()
    tokenizer = CLIPTokenizerFast.from_pretrained(args.clip)
    if args.reference:
        check_reference(args.reference, tokenizer)
    backend = tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    items = []
    for group, texts in GROUPS.items():
        for text in texts:
            encoding = backend.encode(text, add_special_tokens=False)
            item = {"group": group, "text": text, "ids": encoding.ids}
            if not composes(text):
                ends = [0]
                for c in text:
                    ends.append(ends[-1] + len(c.encode("utf-8")))
                item["spans"] = [[ends[a], ends[b]] for a, b in encoding.offsets]
            items.append(item)
    versions = {"python": platform.python_version(), "transformers": transformers.__version__,
                "tokenizers": tokenizers.__version__, "unicodedata": unicodedata.unidata_version}
    lines = ",\n".join(json.dumps(item, ensure_ascii=True, separators=(",", ":")) for item in items)
    with open(args.out, "w", encoding="utf-8") as out:
        out.write('{"script":"make_tokens.py","versions":%s,"items":[\n%s\n]}\n' % (json.dumps(versions), lines))
    print(len(items), "texts,", sum("spans" in i for i in items), "with spans")


if __name__ == "__main__":
    main()
