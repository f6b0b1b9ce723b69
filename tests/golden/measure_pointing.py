"""Which gradient map of the built-in CLIP points at the named one of two objects? Prints figures, writes nothing.

usage: measure_pointing.py       (scenes_200.* beside itself, made by make_scenes.py; needs torch, transformers, pillow)

"points": the largest pixel of the map, brought to 48x48 bilinearly, lies on the named object. "prefers": the mean over
the named object is above the mean over the other one.
Last run (torch 2.13.0, transformers 4.57.6), 200 scenes, French and English captions:
  LeGrad, all layers  points 0.725, prefers 0.973;  Chefer  0.905, 0.990;  CLS row of the last layer  0.450, 0.495;
  share of the picture the named object covers: 0.065.
"""

import json
import os

import numpy as np
import torch
from PIL import Image
from transformers import CLIPImageProcessor, CLIPModel, CLIPTokenizerFast

HERE = os.path.dirname(os.path.abspath(__file__))
BUILT_IN = os.path.join(HERE, "../../assets/little-world/clip")
COLUMNS = 20


def scenes():
    pictures = np.array(Image.open(os.path.join(HERE, "scenes_200.png")).convert("RGB"))
    objects = np.array(Image.open(os.path.join(HERE, "scenes_200_objects.png")))
    with open(os.path.join(HERE, "scenes_200.json")) as f:
        for i, scene in enumerate(json.load(f)):
            side = pictures.shape[1] // COLUMNS
            y, x = (side * n for n in divmod(i, COLUMNS))
            cut = slice(y, y + side), slice(x, x + side)
            yield scene, pictures[cut], objects[cut]


def maps(clip, pixels, text):
    """Name to [1 + N] or [N] numbers; make_vision.py's legrad and chefer, and the plain attention of CLS."""
    tower = clip.vision_model
    o = tower(pixels, output_attentions=True, output_hidden_states=True)
    cosine = torch.nn.functional.cosine_similarity
    legrad = 0
    for attention, hidden in zip(o.attentions, o.hidden_states[1:]):
        score = cosine(clip.visual_projection(tower.post_layernorm(hidden[:, 0]))[0], text, dim=0)
        (grad,) = torch.autograd.grad(score, attention, retain_graph=True)
        legrad = legrad + grad[0, :, 0].clamp(min=0).mean(dim=0)
    r = torch.eye(o.attentions[0].shape[-1])
    score = cosine(clip.visual_projection(o.pooler_output)[0], text, dim=0)
    for a, g in zip(o.attentions, torch.autograd.grad(score, list(o.attentions))):
        r = r + (g[0] * a[0]).clamp(min=0).mean(dim=0) @ r
    return {"LeGrad": legrad, "Chefer": r[0], "CLS, last layer": o.attentions[-1][0, :, 0].mean(dim=0)}


def main():
    torch.set_num_threads(1)
    clip = CLIPModel.from_pretrained(BUILT_IN, attn_implementation="eager", dtype=torch.float32).eval()
    tokenizer = CLIPTokenizerFast.from_pretrained(BUILT_IN)
    processor = CLIPImageProcessor.from_pretrained(BUILT_IN)
    across = clip.config.vision_config.image_size // clip.config.vision_config.patch_size
    points, prefers, covered = {}, {}, []
    for scene, picture, objects in scenes():
        pixels = processor(Image.fromarray(picture), return_tensors="pt").pixel_values
        named, other = objects == scene["object"], objects == 3 - scene["object"]
        covered.append(named.mean())
        for lang, caption in scene["caption"].items():
            text = clip.get_text_features(input_ids=torch.tensor([tokenizer(caption).input_ids]))[0].detach()
            for name, values in maps(clip, pixels, text).items():
                grid = values.detach()[1:].reshape(1, 1, across, across)
                large = torch.nn.functional.interpolate(grid, size=objects.shape, mode="bilinear")[0, 0].numpy()
                points.setdefault((name, lang), []).append(named.flat[large.argmax()])
                prefers.setdefault((name, lang), []).append(large[named].mean() > large[other].mean())
    for key in points:
        print(f"{key[0]:16s} {key[1]}  points {np.mean(points[key]):.3f}  prefers {np.mean(prefers[key]):.3f}")
    print(f"covered {np.mean(covered):.3f}, scenes {len(covered)}")


main()
