"""The finding of the model card about binding, counted a second time: what removing each head of Little World's towers
costs in binding accuracy, over the scenes of assets/surveys/bindings, by transformers instead of Regard.

usage: measure_binding.py [text|picture]      (needs torch, transformers, pillow; some minutes on one core)

A case is right when the picture is closer (cosine) to its caption than to the caption with the colours exchanged. A head
is removed as `regard heads --ablate` does it: what it passes on is zero, or in every row its mean over the rows. Prints for
each removal, layer and head (from 1), language by language: lost, won and mean loss of the margin.
Last run: torch 2.13.0, transformers 4.57.6.
"""

import json
import os
import sys

import numpy as np
import torch
from PIL import Image
from transformers import CLIPImageProcessor, CLIPModel, CLIPTokenizerFast

HERE = os.path.dirname(os.path.abspath(__file__))
ASSETS = os.path.join(HERE, "../../assets")
COLUMNS = 20


def removed(layer, head, width, mean):
    """Switches a head off where its output enters the layer's output projection."""

    def hook(_, inputs):
        x = inputs[0].clone()
        part = x[..., head * width : (head + 1) * width]
        x[..., head * width : (head + 1) * width] = part.mean(-2, keepdim=True) if mean else 0.0
        return (x,)

    return layer.self_attn.out_proj.register_forward_pre_hook(hook)


@torch.no_grad()
def main():
    torch.set_num_threads(1)
    tower = sys.argv[1] if len(sys.argv) > 1 else "text"
    folder = os.path.join(ASSETS, "little-world/clip")
    tokenizer = CLIPTokenizerFast.from_pretrained(folder)
    clip = CLIPModel.from_pretrained(folder, attn_implementation="eager").eval()
    with open(os.path.join(ASSETS, "surveys/bindings.json"), encoding="utf-8") as lines:
        cases = json.load(lines)
    sheet = np.asarray(Image.open(os.path.join(ASSETS, "surveys/bindings.png")).convert("RGB"))
    side = sheet.shape[1] // COLUMNS
    tiles = [
        sheet[i // COLUMNS * side :, i % COLUMNS * side :][:side, :side].transpose(2, 0, 1) for i in range(len(cases))
    ]
    processor = CLIPImageProcessor.from_pretrained(folder)  # scenes may be larger than what the tower reads
    pixels = processor([Image.fromarray(t.transpose(1, 2, 0)) for t in tiles], return_tensors="pt").pixel_values
    lengths = {}
    texts = [t for c in cases for t in (c["caption"], c["twin"])]
    for i, text in enumerate(texts):
        ids = tokenizer(text).input_ids
        lengths.setdefault(len(ids), []).append((i, ids))

    def of_texts():
        out = [None] * len(texts)
        for group in lengths.values():
            batch = clip.text_projection(
                clip.text_model(input_ids=torch.tensor([ids for _, ids in group])).pooler_output
            )
            for (i, _), v in zip(group, torch.nn.functional.normalize(batch, dim=-1)):
                out[i] = v
        return torch.stack(out).view(len(cases), 2, -1)

    def of_pictures():
        parts = [clip.visual_projection(clip.vision_model(pixel_values=p).pooler_output) for p in pixels.split(50)]
        return torch.nn.functional.normalize(torch.cat(parts), dim=-1)

    def margins(t, p):
        return ((t[:, 0] - t[:, 1]) * p).sum(-1).double().numpy()

    t, p = of_texts(), of_pictures()
    whole = margins(t, p)
    languages = np.array([c["lang"] for c in cases])
    groups = [(name, languages == name) for name in ("fr", "en")] + [("all", np.ones(len(cases), bool))]
    for name, of in groups:
        print(f"whole {name}: {(whole[of] > 0).sum()} of {of.sum()} right, mean margin {whole[of].mean():.4f}")
    model = clip.text_model if tower == "text" else clip.vision_model
    config = clip.config.text_config if tower == "text" else clip.config.vision_config
    width = config.hidden_size // config.num_attention_heads
    for mean in (False, True):
        for layer in range(config.num_hidden_layers):
            for head in range(config.num_attention_heads):
                hook = removed(model.encoder.layers[layer], head, width, mean)
                without = margins(of_texts(), p) if tower == "text" else margins(t, of_pictures())
                hook.remove()
                told = []
                for name, of in groups:
                    a, b = whole[of] > 0, without[of] > 0
                    told.append(
                        f"{name} lost {(a & ~b).sum():3d} won {(b & ~a).sum():2d} margin {(whole - without)[of].mean():+.4f}"
                    )
                print("mean" if mean else "zero", f"layer {layer + 1} head {head + 1}:", "; ".join(told), flush=True)


main()
