"""Makes what interventions come to in text and vision towers, with transformers (eager attention, float32) and hooks.

usage: make_interventions.py      (reads tiny_clip and vision/dinov2_registers beside itself, writes
                                   interventions.safetensors)
Two tiny random models of unequal sizes, NAME text (3 layers, 2 heads, causal) and vision (registers, patches). Of each:
  NAME.input, NAME.other     ids [T], or pixels [C,H,W]: the run, and the one that is taken from (text: one token more)
  NAME.key, NAME.query       of the frozen run: which key and query of the other stands for each; -1: none
  NAME.CASE.attention, .hidden, .last   for each CASE below
  off      head (1, 0) passes on zero
  mean     head (0, 1) passes on its mean over the rows
  both     those two, and head (1, 1) zero
  block    layer 1 passed over
  masked   key 2 hidden from everyone
  edge     query 5 does not read key 1 anywhere, query 4 not key 3 in (0, 1)
  frozen   attention of the other run put in place, rows scaled to the sum they had
  patched  the other run's residual stream at position 3 behind layer 1, and at 1 before the first layer
"plain": nothing is changed. The attention of transformers is replaced by one with these in it; the residual stream is
changed by forward hooks. Versions of the last run are in the file's __metadata__.
"""

import os

import torch
import transformers
from safetensors.torch import save_file
from transformers import CLIPTextModelWithProjection, Dinov2WithRegistersModel
from transformers.models.clip import modeling_clip
from transformers.models.dinov2_with_registers import modeling_dinov2_with_registers as modeling_dino

HERE = os.path.dirname(os.path.abspath(__file__))
VERSIONS = {"torch": torch.__version__, "transformers": transformers.__version__, "made_by": "make_interventions.py"}
torch.set_grad_enabled(False)
torch.set_num_threads(1)

change = {}  # of the run that is under way
layer_now = 0
OUT = {}


def attend(module, query, key, value, mask, scaling=None, **_):
    """As transformers' eager attention, with `change` in it."""
    global layer_now
    layer, layer_now = layer_now, layer_now + 1
    scaling = query.shape[-1] ** -0.5 if scaling is None else scaling
    scores = query @ key.transpose(-1, -2) * scaling
    if mask is not None:
        scores = scores + mask
    for k in change.get("masked", []):
        scores[..., k] = -torch.inf
    for q, k, at_layer, head in change.get("edges", []):
        if at_layer in (None, layer):
            scores[:, slice(None) if head is None else slice(head, head + 1), q, k] = -torch.inf
    attention = torch.softmax(scores, -1)
    if "frozen" in change:
        source, keys, queries = change["frozen"]
        for q, there in enumerate(queries):
            if there < 0:
                continue
            row, before = attention[0, :, q].clone(), attention[0, :, q].sum(-1, keepdim=True)
            for k, other in enumerate(keys):
                if other >= 0:
                    row[:, k] = source[layer][:, there, other]
            attention[0, :, q] = row / row.sum(-1, keepdim=True) * before
    out = attention @ value  # [1,H,T,E]
    for at_layer, head in change.get("mean", []):
        if at_layer == layer:
            out[:, head] = out[:, head].mean(-2, keepdim=True)
    for at_layer, head in change.get("off", []):
        if at_layer == layer:
            out[:, head] = 0
    return out.transpose(1, 2).contiguous(), attention


modeling_clip.eager_attention_forward = attend
modeling_dino.eager_attention_forward = attend


def run(model, layers, given, **changes):
    """attention [L,H,T,T], hidden [L+1,T,D], last [T,D] under `changes`."""
    global layer_now
    change.clear()
    change.update(changes)
    layer_now = 0
    hidden = []
    hooks = []

    def settle(after, x):
        for place, position, values in change.get("patched", []):
            if place == after:
                x[0, position] = values
        hidden.append(x[0].clone())

    def before(_, args, kwargs):
        x = args[0] if args else kwargs["hidden_states"]
        settle(0, x)

    def after(index):
        def hook(_, args, kwargs, output):
            x = output[0] if isinstance(output, tuple) else output
            if index in change.get("blocks", []):
                x.copy_(args[0] if args else kwargs["hidden_states"])
            settle(index + 1, x)

        return hook

    hooks.append(layers[0].register_forward_pre_hook(before, with_kwargs=True))
    hooks += [layer.register_forward_hook(after(i), with_kwargs=True) for i, layer in enumerate(layers)]
    o = model(**given, output_attentions=True)
    for hook in hooks:
        hook.remove()
    return torch.stack([a[0] for a in o.attentions]), torch.stack(hidden), o.last_hidden_state[0]


def make(name, model, layers, given, other, keys, queries):
    plain = run(model, layers, given)
    theirs = run(model, layers, other)
    cases = {
        "plain": {},
        "off": {"off": [(1, 0)]},
        "mean": {"mean": [(0, 1)]},
        "both": {"off": [(1, 0), (1, 1)], "mean": [(0, 1)]},
        "block": {"blocks": [1]},
        "masked": {"masked": [2]},
        "edge": {"edges": [(5, 1, None, None), (4, 3, 0, 1)]},
        "frozen": {"frozen": (theirs[0], keys, queries)},
        "patched": {"patched": [(1, 3, theirs[1][1, 3]), (0, 1, theirs[1][0, 1])]},
    }
    for case, changes in cases.items():
        attention, hidden, last = run(model, layers, given, **changes)
        if case != "plain":
            assert (hidden[-1] - plain[1][-1]).abs().max() > 1e-3, (name, case)
        OUT.update({f"{name}.{case}.attention": attention, f"{name}.{case}.hidden": hidden, f"{name}.{case}.last": last})
    OUT[f"{name}.key"] = torch.tensor(keys, dtype=torch.int32)
    OUT[f"{name}.query"] = torch.tensor(queries, dtype=torch.int32)


text = CLIPTextModelWithProjection.from_pretrained(HERE + "/tiny_clip", attn_implementation="eager").eval()
dino = Dinov2WithRegistersModel.from_pretrained(HERE + "/vision/dinov2_registers", attn_implementation="eager").eval()
ids, other_ids = [1, 17, 36, 30, 2, 9, 21, 5], [1, 17, 11, 36, 30, 2, 9, 3, 5]
given = {"input_ids": torch.tensor([ids])}
# Tokens 2..5 stand one further back in the other; the sixth has no counterpart there.
make("text", text.text_model, text.text_model.encoder.layers, given, {"input_ids": torch.tensor([other_ids])},
     [0, 1, 3, 4, 5, 6, -1, 8], [0, 1, 3, 4, 5, 6, -1, 8])
OUT["text.input"], OUT["text.other"] = (torch.tensor(x, dtype=torch.int32) for x in (ids, other_ids))

p = dino.config.patch_size
g = torch.Generator().manual_seed(11)
pixels, other = (torch.randn(1, dino.config.num_channels, 2 * p, 3 * p, generator=g) for _ in range(2))
tokens = 1 + dino.config.num_register_tokens + 6
some = [i if i % 4 != 3 else -1 for i in range(tokens)]
make("vision", dino, dino.encoder.layer, {"pixel_values": pixels}, {"pixel_values": other}, some,
     [i if i != 2 else -1 for i in range(tokens)])
OUT["vision.input"], OUT["vision.other"] = pixels[0], other[0]

save_file({k: v.contiguous() for k, v in OUT.items()}, HERE + "/interventions.safetensors", metadata=VERSIONS)
print({k: tuple(v.shape) for k, v in OUT.items() if "plain" in k}, sum(v.numel() for v in OUT.values()) * 4)
