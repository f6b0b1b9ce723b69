"""The built-in model for the scripts of this folder that make references of drawings: the trainer's own
(assets/little-world/training/mmdit.py), the shipped weights in float32, every size as its configs have it."""

import json
import os
import sys

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from transformers import CLIPModel, CLIPTokenizerFast

HERE = os.path.dirname(os.path.abspath(__file__))
MODEL = os.path.join(HERE, "../../assets/little-world")
sys.path.insert(0, os.path.join(MODEL, "training"))
import mmdit  # noqa: E402

torch.set_num_threads(2)
torch.set_grad_enabled(False)

clip = CLIPModel.from_pretrained(MODEL + "/clip", attn_implementation="eager", torch_dtype=torch.float32).eval()
tok = CLIPTokenizerFast.from_pretrained(MODEL + "/clip")
config = json.load(open(MODEL + "/transformer/config.json"))
PATCHES = (config["sample_size"] // config["patch_size"]) ** 2
SHIFT = json.load(open(MODEL + "/scheduler/scheduler_config.json"))["shift"]
model = mmdit.MMDiT(
    size=config["sample_size"],
    patch=config["patch_size"],
    d=config["caption_projection_dim"],
    layers=config["num_layers"],
    heads=config["num_attention_heads"],
    text_dim=config["joint_attention_dim"],
    pooled=config["pooled_projection_dim"],
)
weights = load_file(MODEL + "/transformer/diffusion_pytorch_model.safetensors")
model.load_state_dict({k: v.float() for k, v in weights.items()})
model.eval()


def words(prompt):
    """Token positions of each word of a prompt, BOS counted."""
    out = [[]]
    for i, t in enumerate(tok.convert_ids_to_tokens(tok(prompt).input_ids)[1:-1]):
        out[-1].append(i + 1)
        if t.endswith("</w>"):
            out.append([])
    return out[:-1]


def times(steps):
    """[steps + 1], from 1 to 0."""
    s = torch.linspace(1, 0, steps + 1)
    return SHIFT * s / (1 + (SHIFT - 1) * s)


def reference_noise():
    """Noise [1,C,H,W] and guidance of reference_paint_0.safetensors."""
    with safe_open(os.path.join(HERE, "reference_paint_0.safetensors"), "pt") as f:
        return f.get_tensor("x")[0][None], float(f.metadata()["guidance"])
