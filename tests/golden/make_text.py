"""Makes the reference outputs of the CLIP text encoder with transformers (eager attention, float32).

usage: make_text.py            (writes beside itself; needs torch, transformers, safetensors)
Versions it last ran on are written into each file's __metadata__.

text_little_world.safetensors  the built-in model; per prompt i: ids_i I32 [T], attention_i [L,H,T,T],
                               hidden_i [L+1,T,D] (before the final norm), last_i [T,D] (after it), embed_i [P];
                               and prompt 0 again with a key bias: bias [T], biased_attention, biased_last
factor.safetensors             NAME.ids, NAME.factor [T], NAME.factored_attention, NAME.factored_last: attention multiplied
                               after softmax, not renormalised (prompt-to-prompt), little_world and the tiny models
tiny_clip/                     random CLIPModel of unequal sizes: 3 layers, 2 heads, width 14, gelu
tiny_open_clip/                the same weights under OpenCLIP's names
tiny_clip_text/                random CLIPTextModel in several shards: 2 layers, 3 heads, quick_gelu, eos_token_id 2
tiny.safetensors               expected outputs, NAME.ids, NAME.attention, NAME.hidden, NAME.last, NAME.pooled,
                               NAME.embed (not for tiny_clip_text), NAME.bias, NAME.biased_attention, NAME.biased_last;
                               reduce.* from tiny_clip.attention
"""

import json
import math
import os
import shutil

import numpy as np
import torch
import transformers
from safetensors.torch import save_file
from transformers import (
    CLIPConfig,
    CLIPModel,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTokenizerFast,
    CLIPVisionConfig,
)
from transformers.models.clip import modeling_clip

HERE = os.path.dirname(os.path.abspath(__file__))
BUILT_IN = os.path.join(HERE, "../../assets/little-world/clip")
VERSIONS = {"torch": torch.__version__, "transformers": transformers.__version__, "made_by": "make_text.py"}
PROMPTS = [  # the public set of assets/little-world/training/reference.py
    "Un chat rouge poursuit une souris grise",
    "a red cat chases a grey mouse",
    "un astronaute à cheval",
    "an astronaut riding a horse",
    "un chat bleu devant un miroir",
    "a dog in front of a mirror",
    "une étoile jaune au-dessus d'un arbre vert la nuit",
    "a green robot to the left of a yellow ball",
    "un poisson orange en dessous d'une maison bleue",
    "a purple bird riding a green car",
    "UN CHIEN   noir",
    "zèbre volant 2023!",
    "",
    "a",
    "un chien noir poursuit un chat blanc dans la neige",
    "a robot riding a horse on the beach",
    "l'oiseau d'Éloïse",
    "chat chat chat",
    "a pink horse at night",
    "un robot à droite d'une fleur",
]


class KeyBias:
    """While active, eager attention adds `bias` [S] to every row of scores, in every layer and head."""

    def __init__(self, bias):
        self.bias = bias

    def __enter__(self):
        self.plain = modeling_clip.eager_attention_forward

        def biased(module, query, key, value, mask, scaling, **kw):
            extra = self.bias.view(1, 1, 1, -1)
            return self.plain(module, query, key, value, extra if mask is None else mask + extra, scaling, **kw)

        modeling_clip.eager_attention_forward = biased

    def __exit__(self, *_):
        modeling_clip.eager_attention_forward = self.plain


class KeyFactor:
    """While active, eager attention multiplies every row by `factor` [S] after softmax, in every layer and head."""

    def __init__(self, factor):
        self.factor = factor

    def __enter__(self):
        self.plain = modeling_clip.eager_attention_forward

        def factored(module, query, key, value, mask, scaling, **kw):
            _, weights = self.plain(module, query, key, value, mask, scaling, **kw)
            weights = weights * self.factor.view(1, 1, 1, -1)
            return torch.matmul(weights, value).transpose(1, 2).contiguous(), weights

        modeling_clip.eager_attention_forward = factored

    def __exit__(self, *_):
        modeling_clip.eager_attention_forward = self.plain


@torch.no_grad()
def outputs(text_model, ids, projection=None):
    o = text_model(input_ids=torch.tensor([ids]), output_attentions=True, output_hidden_states=True)
    out = {
        "ids": torch.tensor(ids, dtype=torch.int32),
        "attention": torch.stack([a[0] for a in o.attentions]),
        "hidden": torch.stack([h[0] for h in o.hidden_states]),
        "last": o.last_hidden_state[0],
        "pooled": o.pooler_output[0],
    }
    if projection is not None:
        out["embed"] = projection(o.pooler_output)[0]
    return out


@torch.no_grad()
def biased_outputs(text_model, ids, weights):
    """weights: {position: weight}; 0 hides the key."""
    bias = torch.zeros(len(ids))
    for position, weight in weights.items():
        bias[position] = math.log(weight) if weight > 0 else -math.inf
    with KeyBias(bias):
        o = text_model(input_ids=torch.tensor([ids]), output_attentions=True)
    return {
        "bias": bias,
        "biased_attention": torch.stack([a[0] for a in o.attentions]),
        "biased_last": o.last_hidden_state[0],
    }


@torch.no_grad()
def factored_outputs(name, text_model, ids, factors):
    """factors: {position: factor}, of any sign."""
    factor = torch.ones(len(ids))
    for position, c in factors.items():
        factor[position] = c
    with KeyFactor(factor):
        o = text_model(input_ids=torch.tensor([ids]), output_attentions=True)
    return {
        f"{name}.ids": torch.tensor(ids, dtype=torch.int32),
        f"{name}.factor": factor,
        f"{name}.factored_attention": torch.stack([a[0] for a in o.attentions]),
        f"{name}.factored_last": o.last_hidden_state[0],
    }


def save(tensors, name, **more):
    tensors = {k: v.contiguous().clone() for k, v in tensors.items()}
    save_file(tensors, os.path.join(HERE, name), metadata=VERSIONS | more)


def little_world():
    clip = CLIPModel.from_pretrained(BUILT_IN, attn_implementation="eager", dtype=torch.float32).eval()
    tokenizer = CLIPTokenizerFast.from_pretrained(BUILT_IN)
    tensors = {}
    for i, prompt in enumerate(PROMPTS):
        out = outputs(clip.text_model, tokenizer(prompt).input_ids, clip.text_projection)
        del out["pooled"]  # a row of `last`
        tensors |= {f"{k}_{i}": v for k, v in out.items()}
    tensors |= biased_outputs(clip.text_model, tokenizer(PROMPTS[0]).input_ids, {2: 1.35, 3: 0.2, 6: 0})
    save(tensors, "text_little_world.safetensors", **{f"prompt_{i}": p for i, p in enumerate(PROMPTS)})


@torch.no_grad()
def randomise(model, seed):
    """Values large enough that attention is far from uniform and that no bias or gain is trivial."""
    g = torch.Generator().manual_seed(seed)
    for name, p in model.named_parameters():
        spread = 0.2 if p.dim() < 2 else 1.2 / math.sqrt(p.shape[-1])
        p.copy_(torch.randn(p.shape, generator=g) * spread + (1 if "norm" in name and name.endswith("weight") else 0))


def folder(name):
    path = os.path.join(HERE, name)
    shutil.rmtree(path, ignore_errors=True)
    return path


def tiny_clip():
    text = CLIPTextConfig(
        vocab_size=37, hidden_size=14, intermediate_size=22, num_hidden_layers=3, num_attention_heads=2,
        max_position_embeddings=13, hidden_act="gelu", projection_dim=9, layer_norm_eps=2e-5,
        bos_token_id=1, eos_token_id=5, pad_token_id=0,
    )  # fmt: skip
    vision = CLIPVisionConfig(hidden_size=8, intermediate_size=6, num_hidden_layers=1, num_attention_heads=2,
                              image_size=8, patch_size=4, projection_dim=9)  # fmt: skip
    config = CLIPConfig(text_config=text.to_dict(), vision_config=vision.to_dict(), projection_dim=9)
    config._attn_implementation = "eager"
    model = CLIPModel(config).eval()
    randomise(model, 3)
    model.save_pretrained(folder("tiny_clip"))
    ids = [1, 17, 36, 30, 2, 9, 9, 21, 5, 0, 5]  # largest id at 2, eos (5) first at 8
    tensors = outputs(model.text_model, ids, model.text_projection)
    tensors |= biased_outputs(model.text_model, ids, {1: 2.5, 4: 0.1, 7: 0})
    result = {f"tiny_clip.{k}": v for k, v in tensors.items()}

    model.text_model.eos_token_id = 2  # OpenCLIP reads the sentence at the largest id
    open_clip(model)
    tensors = outputs(model.text_model, ids, model.text_projection)
    return result | {f"tiny_open_clip.{k}": v for k, v in tensors.items()}


def open_clip(model):
    """The text tower as OpenCLIP would save it (eps 1e-5 is OpenCLIP's default, so it is written down)."""
    path = folder("tiny_open_clip")
    os.makedirs(path)
    w = model.state_dict()
    out = {
        "token_embedding.weight": w["text_model.embeddings.token_embedding.weight"],
        "positional_embedding": w["text_model.embeddings.position_embedding.weight"],
        "ln_final.weight": w["text_model.final_layer_norm.weight"],
        "ln_final.bias": w["text_model.final_layer_norm.bias"],
        "text_projection": w["text_projection.weight"].T,
        "logit_scale": w["logit_scale"],
    }
    for i in range(model.config.text_config.num_hidden_layers):
        a, b = f"text_model.encoder.layers.{i}", f"transformer.resblocks.{i}"
        for kind in "weight", "bias":
            out[f"{b}.attn.in_proj_{kind}"] = torch.cat([w[f"{a}.self_attn.{x}_proj.{kind}"] for x in "qkv"])
            for theirs, ours in {
                "self_attn.out_proj": "attn.out_proj", "layer_norm1": "ln_1", "layer_norm2": "ln_2",
                "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj",
            }.items():  # fmt: skip
                out[f"{b}.{ours}.{kind}"] = w[f"{a}.{theirs}.{kind}"]
    out = {k: v.contiguous().clone() for k, v in out.items()}
    save_file(out, os.path.join(path, "open_clip_model.safetensors"), metadata={"format": "pt"})
    text = {"context_length": 13, "vocab_size": 37, "width": 14, "heads": 2, "layers": 3, "mlp_ratio": 22 / 14,
            "norm_kwargs": {"eps": 2e-5}}  # fmt: skip
    with open(os.path.join(path, "open_clip_config.json"), "w") as f:
        json.dump({"model_cfg": {"embed_dim": 9, "vision_cfg": {}, "text_cfg": text}, "preprocess_cfg": {}}, f, indent=2)
        f.write("\n")


def tiny_clip_text():
    config = CLIPTextConfig(
        vocab_size=31, hidden_size=15, intermediate_size=26, num_hidden_layers=2, num_attention_heads=3,
        max_position_embeddings=9, hidden_act="quick_gelu", bos_token_id=29, eos_token_id=2, pad_token_id=1,
    )  # fmt: skip
    config._attn_implementation = "eager"
    model = CLIPTextModel(config).eval()
    randomise(model, 5)
    model.save_pretrained(folder("tiny_clip_text"), max_shard_size="8KB")
    ids = [29, 2, 4, 11, 30, 30, 7]  # eos 2 stands at 1; the largest id, first at 4, counts
    tensors = outputs(model.text_model, ids)
    tensors |= biased_outputs(model.text_model, ids, {2: 3.0, 3: 0})
    return {f"tiny_clip_text.{k}": v for k, v in tensors.items()}


def reductions(attention):
    """What core/analysis/map_query.h makes of an attention [L,H,T,T], in numpy and double precision."""
    a = attention.double().numpy()
    rolled = np.eye(a.shape[-1])
    for layer in a.mean(axis=1):
        rolled = (layer / 2 + np.eye(a.shape[-1]) / 2) @ rolled
    inner = a[2, 1, 1:-1, 1:-1]
    out = {
        "mean_heads": a[1].mean(axis=0),
        "max_heads": a[1].max(axis=0),
        "mean_all": a.mean(axis=(0, 1)),
        "mean_layers_max_heads": a.max(axis=1).mean(axis=0),
        "rollout": rolled,
        "word_to_word": np.array([(inner.sum() - np.trace(inner)) / len(inner)]),
    }
    return {f"reduce.{k}": torch.from_numpy(v).float() for k, v in out.items()}


def factors():
    """From the files that the functions above wrote."""

    def eager(kind, path):
        return kind.from_pretrained(path, attn_implementation="eager", dtype=torch.float32).eval()

    world = eager(CLIPModel, BUILT_IN).text_model
    ids = CLIPTokenizerFast.from_pretrained(BUILT_IN)(PROMPTS[0]).input_ids
    tensors = factored_outputs("little_world", world, ids, {2: 1.35, 3: 0.2, 5: -1.5, 6: 0})
    tiny = eager(CLIPModel, os.path.join(HERE, "tiny_clip")).text_model
    tensors |= factored_outputs("tiny_clip", tiny, [1, 17, 36, 30, 2, 9, 9, 21, 5, 0, 5], {1: 2.5, 4: -1, 7: 0})
    text = eager(CLIPTextModel, os.path.join(HERE, "tiny_clip_text")).text_model
    tensors |= factored_outputs("tiny_clip_text", text, [29, 2, 4, 11, 30, 30, 7], {2: 3.0, 3: -0.5})
    save(tensors, "factor.safetensors")


torch.set_num_threads(1)
little_world()
tiny = tiny_clip() | tiny_clip_text()
save(tiny | reductions(tiny["tiny_clip.attention"]), "tiny.safetensors")
factors()
