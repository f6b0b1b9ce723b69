"""Makes tiny random vision transformers of every family with transformers (eager attention) and what they compute.

usage: make_vision.py            (writes the folders vision/NAME and vision.safetensors beside itself)
Sizes are unequal everywhere (layers, heads, widths, sides), so that no mix-up of two goes unseen. Copies of the same
weights under OpenCLIP's, timm's and the authors' own names are renamed here.

vision.safetensors, per run NAME.i (NAME is a folder): pixels [C,H,W], attention [L,H,T,T], hidden [L+1,T,D], last
[T,D], pooled [D], CLIP: embed [P]. clip.0 and clip_vision.0 also text [P], legrad [L,N] (per layer: ReLU of the gradient
of the cosine with text, row CLS, mean of heads, patches) and chefer [N]; the built-in CLIP the same for two images of
reference_vision.safetensors (world.text_i, world.legrad_i, world.chefer_i).
Versions of the last run are in the file's __metadata__.
"""

import json
import math
import os
import shutil

import numpy as np
import torch
import transformers
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import (
    CLIPConfig, CLIPModel, CLIPTextConfig, CLIPVisionConfig, CLIPVisionModelWithProjection, DeiTConfig, DeiTModel,
    Dinov2Config, Dinov2ForImageClassification, Dinov2Model, Dinov2WithRegistersConfig, Dinov2WithRegistersModel,
    ViTConfig, ViTForImageClassification, ViTModel,
)  # fmt: skip

HERE = os.path.dirname(os.path.abspath(__file__))
BUILT_IN = os.path.join(HERE, "../../assets/little-world/clip")
OUT = {}


@torch.no_grad()
def randomise(model, seed):
    """Values large enough that attention is far from uniform and that no bias or gain is trivial."""
    g = torch.Generator().manual_seed(seed)
    for name, p in model.named_parameters():
        spread = 0.2 if p.dim() < 2 or 1 in p.shape[:1] else 1.2 / math.sqrt(p[0].numel())
        gain = p.dim() == 1 and ("norm" in name or "layrnorm" in name or "lambda" in name) and "bias" not in name
        p.copy_(torch.randn(p.shape, generator=g) * spread + (1 if gain else 0))
    return model.eval()


def folder(name):
    path = os.path.join(HERE, "vision", name)
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    return path


def build(kind, config, seed):
    config._attn_implementation = "eager"
    return randomise(kind(config), seed)


def picture(width, height, channels=3):
    g = torch.Generator().manual_seed(width * 1000 + height)
    return torch.randn(1, channels, height, width, generator=g)


@torch.no_grad()
def run(name, i, tower, pixels, projection=None, **more):
    o = tower(pixels, output_attentions=True, output_hidden_states=True, **more)
    out = {
        "pixels": pixels[0],
        "attention": torch.stack([a[0] for a in o.attentions]),
        "hidden": torch.stack([h[0] for h in o.hidden_states]),
        "last": o.last_hidden_state[0],
        "pooled": o.last_hidden_state[0, 0] if o.pooler_output is None else o.pooler_output[0],
    }
    if projection is not None:
        out["embed"] = projection(o.pooler_output)[0]
    OUT.update({f"{name}.{i}.{k}": v for k, v in out.items()})


def legrad(clip, pixels, text):
    """LeGrad, arXiv 2404.03214: [L,N]. Layer by layer ReLU(d cos(layer's CLS, text) / d attention), mean of heads."""
    tower = clip.vision_model
    o = tower(pixels, output_attentions=True, output_hidden_states=True)
    rows = []
    for attention, hidden in zip(o.attentions, o.hidden_states[1:]):
        embed = clip.visual_projection(tower.post_layernorm(hidden[:, 0]))[0]
        score = torch.nn.functional.cosine_similarity(embed, text, dim=0)
        (grad,) = torch.autograd.grad(score, attention, retain_graph=True)
        assert grad[0, :, 1:].abs().max() == 0  # only row CLS matters to the layer's own CLS
        rows.append(grad[0, :, 0].clamp(min=0).mean(dim=0)[1:])
    return torch.stack(rows).detach()


def chefer(clip, pixels, text):
    """Chefer et al. 2021, arXiv 2103.15679: [N]. R = R + mean_h ReLU(dA * A) R over all layers, row CLS."""
    tower = clip.vision_model
    o = tower(pixels, output_attentions=True)
    score = torch.nn.functional.cosine_similarity(clip.visual_projection(o.pooler_output)[0], text, dim=0)
    r = torch.eye(o.attentions[0].shape[-1])
    for a, g in zip(o.attentions, torch.autograd.grad(score, list(o.attentions))):
        r = r + (g[0] * a[0]).clamp(min=0).mean(dim=0) @ r
    return r[0, 1:].detach()


def save_tensors(path, name, tensors):
    save_file({k: v.detach().contiguous().clone() for k, v in tensors.items()}, os.path.join(path, name), metadata={"format": "pt"})


def save_json(path, name, value):
    with open(os.path.join(path, name), "w") as f:
        json.dump(value, f, indent=2)
        f.write("\n")


def fused(w, at, parts, kind):
    return torch.cat([w[f"{at}.{x}.{kind}"] for x in parts])


def clip():
    vision = CLIPVisionConfig(hidden_size=12, intermediate_size=20, num_hidden_layers=2, num_attention_heads=3,
                              image_size=23, patch_size=5, projection_dim=9)  # fmt: skip
    text = CLIPTextConfig(vocab_size=11, hidden_size=6, intermediate_size=8, num_hidden_layers=1,
                          num_attention_heads=2, max_position_embeddings=5, bos_token_id=1, eos_token_id=2,
                          pad_token_id=0)  # fmt: skip
    config = CLIPConfig(text_config=text.to_dict(), vision_config=vision.to_dict(), projection_dim=7)
    model = build(CLIPModel, config, 21)
    model.save_pretrained(folder("clip"))
    tower, projection = model.vision_model, model.visual_projection
    run("clip", 0, tower, picture(23, 23), projection)
    run("clip", 1, tower, picture(37, 15), projection, interpolate_pos_encoding=True)
    words = torch.randn(7, generator=torch.Generator().manual_seed(5))
    OUT["clip.0.text"] = words
    OUT["clip.0.legrad"] = legrad(model, picture(23, 23), words)
    OUT["clip.0.chefer"] = chefer(model, picture(23, 23), words)
    open_clip(model)
    timm_clip(model)


def open_clip(model):
    w = model.state_dict()
    out = {
        "visual.class_embedding": w["vision_model.embeddings.class_embedding"],
        "visual.positional_embedding": w["vision_model.embeddings.position_embedding.weight"],
        "visual.conv1.weight": w["vision_model.embeddings.patch_embedding.weight"],
        "visual.proj": w["visual_projection.weight"].T,
        "logit_scale": w["logit_scale"].reshape(1),
    }
    for kind in "weight", "bias":
        out[f"visual.ln_pre.{kind}"] = w[f"vision_model.pre_layrnorm.{kind}"]
        out[f"visual.ln_post.{kind}"] = w[f"vision_model.post_layernorm.{kind}"]
        for i in range(2):
            a, b = f"vision_model.encoder.layers.{i}", f"visual.transformer.resblocks.{i}"
            out[f"{b}.attn.in_proj_{kind}"] = fused(w, f"{a}.self_attn", ("q_proj", "k_proj", "v_proj"), kind)
            for theirs, ours in {
                "self_attn.out_proj": "attn.out_proj", "layer_norm1": "ln_1", "layer_norm2": "ln_2",
                "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj",
            }.items():  # fmt: skip
                out[f"{b}.{ours}.{kind}"] = w[f"{a}.{theirs}.{kind}"]
    path = folder("open_clip")
    save_tensors(path, "open_clip_model.safetensors", out)
    vision = {"image_size": 23, "patch_size": 5, "width": 12, "layers": 2, "head_width": 4, "mlp_ratio": 20 / 12 + 1e-9}
    model_cfg = {"embed_dim": 7, "quick_gelu": True, "vision_cfg": vision, "text_cfg": {}}
    save_json(path, "open_clip_config.json", {"model_cfg": model_cfg, "preprocess_cfg": {}})


HF_TO_TIMM = {
    "attention.output.dense": "attn.proj", "norm1": "norm1", "norm2": "norm2", "layernorm_before": "norm1",
    "layernorm_after": "norm2", "intermediate.dense": "mlp.fc1", "output.dense": "mlp.fc2", "mlp.fc1": "mlp.fc1",
    "mlp.fc2": "mlp.fc2", "mlp.weights_in": "mlp.w12", "mlp.weights_out": "mlp.w3",
    "self_attn.out_proj": "attn.proj", "layer_norm1": "norm1", "layer_norm2": "norm2",
}  # fmt: skip


def timm_blocks(w, at, layers, qkv=("attention.attention.query", "attention.attention.key", "attention.attention.value")):
    """The blocks under the names that timm, DINO and DINOv2's authors share."""
    out = {}
    for i in range(layers):
        a, b = f"{at}.{i}", f"blocks.{i}"
        for kind in "weight", "bias":
            if f"{a}.{qkv[0]}.{kind}" in w:
                out[f"{b}.attn.qkv.{kind}"] = fused(w, a, qkv, kind)
            for theirs, ours in HF_TO_TIMM.items():
                if f"{a}.{theirs}.{kind}" in w:
                    out[f"{b}.{ours}.{kind}"] = w[f"{a}.{theirs}.{kind}"]
        for n in 1, 2:
            if f"{a}.layer_scale{n}.lambda1" in w:
                out[f"{b}.ls{n}.gamma"] = w[f"{a}.layer_scale{n}.lambda1"]
    return out


def timm_ends(w):
    return {
        "cls_token": w["embeddings.cls_token"],
        "pos_embed": w["embeddings.position_embeddings"],
        "patch_embed.proj.weight": w["embeddings.patch_embeddings.projection.weight"],
        "patch_embed.proj.bias": w["embeddings.patch_embeddings.projection.bias"],
        "norm.weight": w["layernorm.weight"],
        "norm.bias": w["layernorm.bias"],
    }


def timm_config(name, heads, size):
    return {"architecture": name, "num_classes": 0, "model_args": {"num_heads": heads},
            "pretrained_cfg": {"input_size": [3, *size]}}  # fmt: skip


@torch.no_grad()
def timm_clip(model):
    """CLIP's tower as timm has it: a norm before the blocks, the last norm over all tokens, no projection."""
    w = model.vision_model.state_dict()
    out = timm_blocks(w, "encoder.layers", 2, ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"))
    out |= {
        "cls_token": w["embeddings.class_embedding"].reshape(1, 1, -1),
        "pos_embed": w["embeddings.position_embedding.weight"][None],
        "patch_embed.proj.weight": w["embeddings.patch_embedding.weight"],
    }
    for kind in "weight", "bias":
        out[f"norm_pre.{kind}"] = w[f"pre_layrnorm.{kind}"]
        out[f"norm.{kind}"] = w[f"post_layernorm.{kind}"]
    path = folder("timm_clip")
    save_tensors(path, "model.safetensors", out)
    save_json(path, "config.json", timm_config("vit_tiny_patch5_clip_quickgelu_23", 3, (23, 23)))
    run("timm_clip", 0, model.vision_model, picture(23, 23))
    OUT["timm_clip.0.last"] = model.vision_model.post_layernorm(OUT["timm_clip.0.last"])


def clip_vision():
    config = CLIPVisionConfig(hidden_size=10, intermediate_size=14, num_hidden_layers=3, num_attention_heads=2,
                              image_size=16, patch_size=4, projection_dim=6, hidden_act="gelu",
                              layer_norm_eps=3e-5)  # fmt: skip
    model = build(CLIPVisionModelWithProjection, config, 22)
    model.save_pretrained(folder("clip_vision"), max_shard_size="6KB")
    run("clip_vision", 0, model.vision_model, picture(16, 16), model.visual_projection)
    words = torch.randn(6, generator=torch.Generator().manual_seed(6))
    OUT["clip_vision.0.text"] = words
    OUT["clip_vision.0.legrad"] = legrad(model, picture(16, 16), words)
    OUT["clip_vision.0.chefer"] = chefer(model, picture(16, 16), words)


def vit():
    config = ViTConfig(hidden_size=12, intermediate_size=18, num_hidden_layers=3, num_attention_heads=2,
                       image_size=16, patch_size=4, layer_norm_eps=1e-6)  # fmt: skip
    model = build(ViTModel, config, 23)
    model.save_pretrained(folder("vit"))
    run("vit", 0, model, picture(16, 16))
    run("vit", 1, model, picture(29, 12), interpolate_pos_encoding=True)
    timm = folder("timm_vit")
    w = model.state_dict()
    save_tensors(timm, "model.safetensors", timm_ends(w) | timm_blocks(w, "encoder.layer", 3))
    save_json(timm, "config.json", timm_config("vit_tiny_patch4_16", 2, (16, 16)))

    config = ViTConfig(hidden_size=9, intermediate_size=14, num_hidden_layers=2, num_attention_heads=3,
                       image_size=[12, 20], patch_size=[4, 4], num_channels=2, qkv_bias=False, num_labels=5)  # fmt: skip
    model = build(ViTForImageClassification, config, 24)
    model.save_pretrained(folder("vit_wide"))
    run("vit_wide", 0, model.vit, picture(20, 12, 2))


def deit():
    config = DeiTConfig(hidden_size=8, intermediate_size=18, num_hidden_layers=3, num_attention_heads=2,
                        image_size=12, patch_size=4, layer_norm_eps=1e-6)  # fmt: skip
    model = build(DeiTModel, config, 25)
    model.save_pretrained(folder("deit"))
    run("deit", 0, model, picture(12, 12))
    run("deit", 1, model, picture(12, 20), interpolate_pos_encoding=True)
    timm = folder("timm_deit")
    w = model.state_dict()
    out = timm_ends(w) | timm_blocks(w, "encoder.layer", 3) | {"dist_token": w["embeddings.distillation_token"]}
    save_tensors(timm, "model.safetensors", out)
    save_json(timm, "config.json", timm_config("deit_tiny_distilled_patch4_12", 2, (12, 12)))


def dinov2():
    config = Dinov2Config(hidden_size=10, num_hidden_layers=3, num_attention_heads=2, mlp_ratio=2, image_size=28,
                          patch_size=7, num_labels=3)  # fmt: skip
    model = build(Dinov2ForImageClassification, config, 26)
    model.save_pretrained(folder("dinov2"))
    for i, size in enumerate([(28, 28), (37, 14), (35, 49)]):
        run("dinov2", i, model.dinov2, picture(*size))

    config = Dinov2Config(hidden_size=10, num_hidden_layers=2, num_attention_heads=5, mlp_ratio=3, image_size=12,
                          patch_size=4, use_swiglu_ffn=True, qkv_bias=False)  # fmt: skip
    model = build(Dinov2Model, config, 27)
    model.save_pretrained(folder("dinov2_swiglu"))
    run("dinov2_swiglu", 0, model, picture(20, 12))


@torch.no_grad()
def registers():
    config = Dinov2WithRegistersConfig(hidden_size=12, num_hidden_layers=3, num_attention_heads=2, mlp_ratio=2,
                                       image_size=16, patch_size=4, num_register_tokens=3, use_swiglu_ffn=True)  # fmt: skip
    model = build(Dinov2WithRegistersModel, config, 28)
    model.save_pretrained(folder("dinov2_registers"))
    for i, size in enumerate([(16, 16), (12, 8), (20, 30)]):
        run("dinov2_registers", i, model, picture(*size))
    w = model.state_dict()
    blocks = timm_blocks(w, "encoder.layer", 3)
    # The authors' names: CLS has a position, registers have none; no configuration but model_args.
    own = folder("own_registers")
    out = timm_ends(w) | blocks | {"register_tokens": w["embeddings.register_tokens"], "mask_token": w["embeddings.mask_token"]}
    save_tensors(own, "model.safetensors", out)
    save_json(own, "config.json", {"model_args": {"num_heads": 2}})
    # timm's: CLS carries its position already, the gated MLP is called fc1 and fc2.
    timm = folder("timm_registers")
    out = timm_ends(w) | {"reg_token": w["embeddings.register_tokens"]}
    out["cls_token"] = out["cls_token"] + out["pos_embed"][:, :1]
    out["pos_embed"] = out["pos_embed"][:, 1:]
    out |= {k.replace("w12", "fc1").replace("w3", "fc2"): v for k, v in blocks.items()}
    save_tensors(timm, "model.safetensors", out)
    save_json(timm, "config.json", timm_config("vit_tiny_patch4_reg3_dinov2", 2, (16, 16)))


def little_world():
    model = CLIPModel.from_pretrained(BUILT_IN, attn_implementation="eager", dtype=torch.float32).eval()
    tokenizer = transformers.CLIPTokenizerFast.from_pretrained(BUILT_IN)
    with safe_open(os.path.join(HERE, "reference_vision.safetensors"), "pt") as f:
        captions = [f.metadata()[f"caption_{i}"] for i in range(2)]
        pictures = [f.get_tensor(f"pixels_{i}")[None] for i in range(2)]
    for i in range(2):
        ids = torch.tensor([tokenizer(captions[i]).input_ids])
        text = model.get_text_features(input_ids=ids)[0].detach()
        OUT[f"world.text_{i}"] = text
        OUT[f"world.legrad_{i}"] = legrad(model, pictures[i], text)
        OUT[f"world.chefer_{i}"] = chefer(model, pictures[i], text)


torch.set_num_threads(1)
clip()
clip_vision()
vit()
deit()
dinov2()
registers()
little_world()
versions = {"torch": torch.__version__, "transformers": transformers.__version__, "numpy": np.__version__}
save_file({k: v.detach().contiguous().clone() for k, v in OUT.items()}, os.path.join(HERE, "vision.safetensors"),
          metadata=versions | {"made_by": "make_vision.py"})  # fmt: skip
