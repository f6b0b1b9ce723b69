"""Makes references of the lenses that go back through a tower, and of cosine and principal components.

usage: make_attn_lrp.py       (writes attn_lrp.safetensors beside itself; needs torch, transformers and lxt 2.1,
                               the authors' package of AttnLRP: pip install --no-deps lxt)

AttnLRP (Achtibat et al. 2024, arXiv 2402.05602) is lxt.efficient's: its rules put into transformers' CLIP by
monkey-patching, as the package does for the models it knows (LayerNorm, activations, attention). The number explained
is <v, t/|t|> / |v| with |v| detached (the identity rule of norms), v the projected vector of the tower, t the target;
without a target t = v. Relevance is of what enters the first block: hidden state times its gradient, summed.

NAME is world (the built-in CLIP) or tiny (random, tiny_clip and vision/clip). Per text i: NAME.ids_i, NAME.toward_i [P],
NAME.text_lrp_i [T] towards it, NAME.text_own_i [T] without a target, NAME.text_chefer_i [T], NAME.text_legrad_i [L,T]
(true gradients of the cosine with toward_i). Per picture i of the built-in model: world.vision_lrp_i [T] towards
world.text_i of vision.safetensors, world.vision_own_i; tiny.vision_lrp_0, tiny.vision_own_0 of clip.0 there.
Of picture 0 behind block 2 of the built-in model, by numpy: world.cosine [T,T], world.pca [3,N], world.pca_shares [3].
"""

import os
from contextlib import contextmanager

import numpy as np
import torch
import transformers
from lxt.efficient import patches
from lxt.efficient.rules import stop_gradient
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import CLIPModel
from transformers.activations import ACT2FN
from transformers.models.clip import modeling_clip

HERE = os.path.dirname(os.path.abspath(__file__))
BUILT_IN = os.path.join(HERE, "../../assets/little-world/clip")
TEXTS = [  # read, and what it is compared with
    ("Un chat rouge poursuit une souris grise", "un chat bleu devant un miroir"),
    ("a green robot to the left of a yellow ball", "a yellow ball"),
    ("zèbre volant 2023!", "a dog in front of a mirror"),
]
OUT = {}


@contextmanager
def attn_lrp():
    """transformers' CLIP with the rules of lxt.efficient."""
    activations = [type(ACT2FN[name]) for name in ("quick_gelu", "gelu")]
    saved = [torch.nn.LayerNorm.forward, modeling_clip.eager_attention_forward] + [a.forward for a in activations]
    patches.patch_method(patches.layer_norm_forward, torch.nn.LayerNorm)
    modeling_clip.eager_attention_forward = patches.wrap_attention_forward(saved[1])
    for activation in activations:
        patches.patch_method(patches.non_linear_forward, activation, keep_original=True)
    try:
        yield
    finally:
        torch.nn.LayerNorm.forward, modeling_clip.eager_attention_forward = saved[:2]
        for activation, forward in zip(activations, saved[2:]):
            activation.forward = forward


def text_tower(model, ids):
    o = model.text_model(torch.tensor([ids]), output_attentions=True, output_hidden_states=True)
    return o, model.text_projection(o.pooler_output)[0]


def vision_tower(model, pixels):
    o = model.vision_model(pixels[None], output_attentions=True, output_hidden_states=True)
    return o, model.visual_projection(o.pooler_output)[0]


def relevance(run, target=None):
    with attn_lrp():
        o, v = run()
        t = (v if target is None else target).detach()
        score = (v @ (t / t.norm())) / stop_gradient(v.norm())
        (grad,) = torch.autograd.grad(score, o.hidden_states[0])
    return (grad * o.hidden_states[0])[0].sum(-1).detach()


def text_maps(model, ids, target, row):
    """Chefer [T] and LeGrad [L,T] of the row of the sentence vector, by true gradients of the cosine."""
    o, v = text_tower(model, ids)
    score = torch.nn.functional.cosine_similarity(v, target, dim=0)
    r = torch.eye(len(ids))
    for a, g in zip(o.attentions, torch.autograd.grad(score, list(o.attentions), retain_graph=True)):
        r = r + (g[0] * a[0]).clamp(min=0).mean(dim=0) @ r
    rows = []
    for attention, hidden in zip(o.attentions, o.hidden_states[1:]):
        v = model.text_projection(model.text_model.final_layer_norm(hidden[:, row]))[0]
        (grad,) = torch.autograd.grad(
            torch.nn.functional.cosine_similarity(v, target, dim=0), attention, retain_graph=True
        )
        line = grad[0, :, row].clamp(min=0).mean(dim=0)
        line[row + 1:] = 0  # the mask forbids
        rows.append(line)
    return r[row].detach(), torch.stack(rows).detach()


def texts(name, model, pairs):
    for i, (ids, other) in enumerate(pairs):
        toward = text_tower(model, other)[1].detach()
        row = model.text_model(torch.tensor([ids])).pooler_output  # the end token is the last one here
        last = model.text_model(torch.tensor([ids])).last_hidden_state
        row = int((last[0] - row[0]).abs().sum(-1).argmin())
        OUT[f"{name}.ids_{i}"] = torch.tensor(ids, dtype=torch.int32)
        OUT[f"{name}.toward_{i}"] = toward
        OUT[f"{name}.text_lrp_{i}"] = relevance(lambda ids=ids: text_tower(model, ids), toward)
        OUT[f"{name}.text_own_{i}"] = relevance(lambda ids=ids: text_tower(model, ids))
        OUT[f"{name}.text_chefer_{i}"], OUT[f"{name}.text_legrad_{i}"] = text_maps(model, ids, toward, row)


def open_clip(folder):
    return CLIPModel.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()


def features(hidden):
    """Cosine of all positions; the first three components of the patches, by numpy's SVD."""
    x = hidden.astype(np.float64)
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    OUT["world.cosine"] = torch.from_numpy((unit @ unit.T).astype(np.float32))
    patches_ = x[1:] - x[1:].mean(axis=0)
    u, s, _ = np.linalg.svd(patches_, full_matrices=False)
    coordinates = (u * s).T[:3]
    for c in coordinates:  # the coordinate of largest magnitude is positive
        c *= np.sign(c[np.abs(c).argmax()])
    OUT["world.pca"] = torch.from_numpy(coordinates.astype(np.float32))
    OUT["world.pca_shares"] = torch.from_numpy((s**2 / (s**2).sum())[:3].astype(np.float32))


torch.set_num_threads(1)
world = open_clip(BUILT_IN)
tokenizer = transformers.CLIPTokenizerFast.from_pretrained(BUILT_IN)
texts("world", world, [tuple(tokenizer(t).input_ids for t in pair) for pair in TEXTS])
tiny = open_clip(os.path.join(HERE, "tiny_clip"))
with safe_open(os.path.join(HERE, "tiny.safetensors"), "pt") as f:
    ids = f.get_tensor("tiny_clip.ids").tolist()
texts("tiny", tiny, [(ids, ids[:2] + ids[-1:])])
with safe_open(os.path.join(HERE, "reference_vision.safetensors"), "pt") as f:
    pictures = [f.get_tensor(f"pixels_{i}") for i in range(2)]
with safe_open(os.path.join(HERE, "vision.safetensors"), "pt") as f:
    targets = [f.get_tensor(f"world.text_{i}") for i in range(2)]
    tiny_picture, tiny_target = f.get_tensor("clip.0.pixels"), f.get_tensor("clip.0.text")
for i in range(2):
    OUT[f"world.vision_lrp_{i}"] = relevance(lambda i=i: vision_tower(world, pictures[i]), targets[i])
    OUT[f"world.vision_own_{i}"] = relevance(lambda i=i: vision_tower(world, pictures[i]))
tiny_vision = open_clip(os.path.join(HERE, "vision/clip"))
OUT["tiny.vision_lrp_0"] = relevance(lambda: vision_tower(tiny_vision, tiny_picture), tiny_target)
OUT["tiny.vision_own_0"] = relevance(lambda: vision_tower(tiny_vision, tiny_picture))
with torch.no_grad():
    features(vision_tower(world, pictures[0])[0].hidden_states[2][0].numpy())
versions = {"torch": torch.__version__, "transformers": transformers.__version__, "lxt": "2.1", "numpy": np.__version__}
save_file({k: v.detach().contiguous().clone() for k, v in OUT.items()}, os.path.join(HERE, "attn_lrp.safetensors"),
          metadata=versions | {"made_by": "make_attn_lrp.py"})  # fmt: skip
