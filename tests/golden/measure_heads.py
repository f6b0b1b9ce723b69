"""The finding of the model card, counted a second time: which heads of Little World's text tower tie a colour to its
noun, and which read the token before, over the 500 captions of assets/surveys, by transformers instead of Regard.

usage: measure_heads.py       (needs torch, transformers; a minute on one core)

Prints, for each language and head: mean, sd and n of own-adjective (own partner less the other pair's), how often it is
above 0 (chance: 0.5), the two shares, what the first pair reads of its own partner, the same of previous, and what an even reader would give to the token before.
Last run: torch 2.13.0, transformers 4.57.6.
"""

import os

import numpy as np
import torch
from transformers import CLIPModel, CLIPTokenizerFast

HERE = os.path.dirname(os.path.abspath(__file__))
ASSETS = os.path.join(HERE, "../../assets")
KINDS = {
    "fr": "chat souris chien cheval oiseau poisson astronaute robot ballon maison arbre étoile voiture fleur".split(),
    "en": "cat mouse dog horse bird fish astronaut robot ball house tree star car flower".split(),
}
COLOURS = {
    "fr": "rouge bleu bleue vert verte jaune gris grise noir noire blanc blanche orange rose violet violette".split(),
    "en": "red blue green yellow grey black white orange pink purple".split(),
}


def words_of(text):
    """[(word, start, end)] by spaces and apostrophes."""
    out, start = [], 0
    for i, c in enumerate(text + " "):
        if c in " '’":
            if i > start:
                out.append((text[start:i], start, i))
            start = i + 1
    return out


def pairs_of(words, lang):
    """[(later word, earlier word)] of a noun and the colour beside it."""
    out, i = [], 0
    while i + 1 < len(words):
        a, b = words[i][0], words[i + 1][0]
        if (a in KINDS[lang] and b in COLOURS[lang]) or (a in COLOURS[lang] and b in KINDS[lang]):
            out.append((words[i + 1], words[i]))
            i += 1
        i += 1
    return out


def tokens_of(word, offsets):
    return [t for t, (a, b) in enumerate(offsets) if b > a and a < word[2] and b > word[1]]


def main():
    folder = os.path.join(ASSETS, "little-world/clip")
    tokenizer = CLIPTokenizerFast.from_pretrained(folder)
    model = CLIPModel.from_pretrained(folder, attn_implementation="eager").text_model.eval()
    with open(os.path.join(ASSETS, "surveys/captions.txt"), encoding="utf-8") as lines:
        captions = lines.read().split("\n")[:500]
    for lang, texts in (("fr", captions[:250]), ("en", captions[250:])):
        difference, own, other, first, previous, even = [], [], [], [], [], []
        for text in texts:
            encoded = tokenizer(text, return_offsets_mapping=True, return_tensors="pt")
            offsets = encoded.pop("offset_mapping")[0].tolist()
            with torch.no_grad():
                maps = model(**encoded, output_attentions=True).attentions
            a = torch.stack([m[0] for m in maps]).double().numpy()  # [L][H][T][T]
            last = a.shape[2] - 1
            inner = list(range(2, last))
            if inner:
                previous.append(np.mean([a[:, :, q, q - 1] for q in inner], 0))
                even.append(np.mean([1 / (q + 1) for q in inner]))
            pairs = pairs_of(words_of(text), lang)
            if pairs:
                later, earlier = pairs[0]
                first.append(a[:, :, tokens_of(later, offsets)[-1], tokens_of(earlier, offsets)].sum(-1))
            one, two = [], []
            for i, (later, earlier) in enumerate(pairs):
                reader = tokens_of(later, offsets)[-1]
                for _, partner in pairs[:i]:
                    one.append(a[:, :, reader, tokens_of(earlier, offsets)].sum(-1))
                    two.append(a[:, :, reader, tokens_of(partner, offsets)].sum(-1))
            if one:
                own.append(np.mean(one, 0))
                other.append(np.mean(two, 0))
                difference.append(own[-1] - other[-1])
        d, p = np.array(difference), np.array(previous)
        print(f"{lang}: own-adjective n {len(d)}; first pairs {len(first)}; previous n {len(p)}, evenly {np.mean(even):.3f}")
        for layer in range(d.shape[1]):
            for head in range(d.shape[2]):
                x, y = d[:, layer, head], p[:, layer, head]
                print(
                    f"  L{layer + 1} H{head + 1}: own-adjective {x.mean():+.4f} sd {x.std(ddof=1):.4f} above 0 "
                    f"{(x > 0).mean():.3f} ({np.mean(own, 0)[layer, head]:.4f} against {np.mean(other, 0)[layer, head]:.4f})"
                    f"   first pair {np.mean(first, 0)[layer, head]:.4f}   previous {y.mean():.4f} sd {y.std(ddof=1):.4f}"
                )


main()
