#!/usr/bin/env python3
"""What compel gives an image model for prompts with .and(), .blend() and .swap(): compel.safetensors.

usage: make_compel.py      (writes beside itself; needs compel 2.5.1, torch, transformers, safetensors)
The encoder is the built-in model's, its last hidden state after the final norm; default settings otherwise (weights
below 1 by masks, one chunk a part). Versions are in __metadata__, with the prompts: prompt_i. Tensors: conditioning_i F32
[n, D / 4], every fourth column.
"""
import json
from importlib.metadata import version
from pathlib import Path

import torch
from compel import Compel
from safetensors.torch import save_file
from transformers import CLIPTextModel, CLIPTokenizer

HERE = Path(__file__).resolve().parent
MODEL = HERE.parents[1] / "assets" / "little-world" / "clip"
PROMPTS = [
    "un chat rouge",
    "un (chat)1.4 rouge-- ici",
    '("un chat rouge", "un chien bleu devant une maison").blend(1, 1)',
    '("un chat rouge", "un chien bleu devant une maison").blend(0.7, 0.3)',
    '("un chat rouge", "un chien++ bleu devant une maison").blend(1, -0.5)',
    '("un chat-- rouge", "un chien").blend(1, 0.5, no_normalize)',
    '("un chat", "un chien", "une souris grise").blend(1, 2, 1)',
    '("un chat", "").blend(2, 1)',
    '("un chat rouge", "un chien bleu").and()',
    '("un chat rouge", "un chien bleu").and(1, 0.5)',
    '("un chat (rouge)1.5", "un chien bleu-", "la nuit").and(0.8, 1, 1.3)',
    '("un chat", ()).and()',
    '("un chat").and(0.5)',
    '(un chat, un chien).and(1, 2)',
    "un chat.swap(chien) rouge",
    "un (chat.swap(chien) rouge)0.5 ici",
    '("un chat.swap(chien)", "la nuit-").and(1, 0.6)',
    'withLora(x, 0.5) ("un chat", "un chien").blend(1, 1)',
    '("un chat", "un chien").and(1, 2) et la suite',
    '("' + " ".join(["chat"] * 40) + '", "un chien").blend(1, 1)',
    '("' + " ".join(["chat"] * 40) + '", "un chien").and(1, 2)',
]


def main():
    torch.set_num_threads(1)
    compel = Compel(tokenizer=CLIPTokenizer.from_pretrained(MODEL),
                    text_encoder=CLIPTextModel.from_pretrained(MODEL, dtype=torch.float32).eval())
    tensors, metadata = {}, {"made_by": "make_compel.py"}
    for package in ("compel", "torch", "transformers"):
        metadata[package] = version(package)
    for i, prompt in enumerate(PROMPTS):
        tensors[f"conditioning_{i}"] = compel(prompt)[0][:, ::4].contiguous()
        metadata[f"prompt_{i}"] = prompt
        print(json.dumps(prompt, ensure_ascii=False)[:90], list(tensors[f"conditioning_{i}"].shape))
    save_file(tensors, HERE / "compel.safetensors", metadata)


if __name__ == "__main__":
    main()
