"""What weights do to the context of a drawing, and what norm1_context leaves of it, by the trainer's own model
(assets/little-world/training/mmdit.py), the shipped weights in float32: the reference of
core/engine/context_changes.

usage: make_context_changes.py     (writes context_changes.safetensors beside this script)
  Noise and guidance are those of reference_paint_0.safetensors; STEPS steps of WEIGHTS on PROMPT's words, without a
  negative prompt; looked at is step STEP, counted from 0: with weights as it was drawn, and from the same x without.
  Of each scheme, of every token (cosine, length with weights / length without):
  <scheme>.encoder [T,2]   what the text encoder gives
  <scheme>.embedded [T,2]  behind context_embedder
  <scheme>.before [L,T,2]  what enters each block
  <scheme>.after [L,T,2]   behind its norm1_context
  <scheme>.words [L,2,2]   of the first weighted word, its tokens end to end: before, then after
attention.picture weighs what image queries read, attention.both what words read of each other, too.
Last run: torch 2.13.0, transformers 4.57.6, safetensors 0.8.0.
"""

import os

import torch
from safetensors.torch import save_file
from transformers.models.clip import modeling_clip

import built_in
from built_in import HERE, clip, model, reference_noise, tok

PROMPT = "Un petit chat rouge poursuit une souris grise"
WEIGHTS = {"petit": 1.5, "rouge": 0.5, "souris": 1.8}
STEPS, STEP = 4, 2

noise, guidance = reference_noise()
ids = tok(PROMPT).input_ids
words = built_in.words(PROMPT)
w = torch.ones(len(ids))
for word, tokens in zip(PROMPT.split(), words):
    w[tokens] = WEIGHTS.get(word, 1.0)
WORD = words[PROMPT.split().index("petit")]

key_bias = None  # [T] of what words read of each other
TRANSFORMERS = modeling_clip.eager_attention_forward


def biased(module, query, key, value, attention_mask, *args, **kwargs):
    if key_bias is not None:
        attention_mask = attention_mask + key_bias if attention_mask is not None else key_bias.expand(1, 1, 1, -1)
    return TRANSFORMERS(module, query, key, value, attention_mask, *args, **kwargs)


modeling_clip.eager_attention_forward = biased


def encode(tokens):
    return clip.text_model(input_ids=torch.tensor([tokens])).last_hidden_state


def states_of(scheme):
    global key_bias
    z = encode(ids)
    if scheme == "scale":
        return z * w[None, :, None]
    if scheme == "a1111":  # one factor for the whole chunk, padding included
        length = clip.config.text_config.max_position_embeddings
        padded = encode(ids + [clip.config.text_config.pad_token_id] * (length - len(ids)))
        weighed = padded * torch.cat([w, torch.ones(length - len(ids))])[None, :, None]
        return (weighed * (padded.mean() / weighed.mean()))[:, : len(ids)]
    if scheme == "comfyui":
        empty = tok("").input_ids
        length = clip.config.text_config.max_position_embeddings
        e = encode(empty + [clip.config.text_config.pad_token_id] * (length - len(empty)))[:, : len(ids)]
        return e + w[None, :, None] * (z - e)
    if scheme == "attention.both":
        key_bias = w.log()
        z = encode(ids)
        key_bias = None
    return z


seen = {}


def keep(place):
    def hook(module, inputs, output):
        seen[place] = (inputs[0][0], (output[0] if isinstance(output, tuple) else output)[0])

    return hook


model.context_embedder.register_forward_hook(keep("embedder"))
for i, block in enumerate(model.transformer_blocks):
    block.norm1_context.register_forward_hook(keep(i))


def predict(x, t, states, weighed):
    return model(x, (t * 1000).repeat(1), states, words=w.log()[None] if weighed else None)


def compare(a, b):
    """a without weights, b with; [n, D] -> [n, 2]"""
    a, b = a.double(), b.double()
    lengths = a.norm(dim=-1), b.norm(dim=-1)
    return torch.stack([(a * b).sum(-1) / (lengths[0] * lengths[1]), lengths[1] / lengths[0]], -1)


times = built_in.times(STEPS)
null = encode(tok("").input_ids)
plain = encode(ids)
out = {}
for scheme in ("scale", "a1111", "comfyui", "attention.picture", "attention.both"):
    states, inside = states_of(scheme), scheme.startswith("attention")
    x = noise
    for step in range(STEP):
        a, b = times[step], times[step + 1]
        xc, xu = predict(x, a, states, inside), predict(x, a, null, False)
        x0 = xu + guidance * (xc - xu)
        x = x0 + (b / a) * (x - x0)
    predict(x, times[STEP], plain, False)
    without = dict(seen)
    predict(x, times[STEP], states, inside)
    layers = range(len(model.transformer_blocks))
    out[f"{scheme}.encoder"] = compare(without["embedder"][0], seen["embedder"][0])
    out[f"{scheme}.embedded"] = compare(without["embedder"][1], seen["embedder"][1])
    for j, place in enumerate(("before", "after")):
        out[f"{scheme}.{place}"] = torch.stack([compare(without[i][j], seen[i][j]) for i in layers])
    of_word = lambda found, i, j: found[i][j][WORD].reshape(1, -1)
    out[f"{scheme}.words"] = torch.stack(
        [torch.cat([compare(of_word(without, i, j), of_word(seen, i, j)) for j in (0, 1)]) for i in layers]
    )

meta = {
    "made_by": "make_context_changes.py",
    "prompt": " ".join(f"({word}:{WEIGHTS[word]})" if word in WEIGHTS else word for word in PROMPT.split()),
    "word": str(PROMPT.split().index("petit")),
    "guidance": repr(guidance),
    "steps": str(STEPS),
    "step": str(STEP),
}
save_file(
    {k: v.float().contiguous() for k, v in out.items()},
    os.path.join(HERE, "context_changes.safetensors"),
    metadata=meta,
)
torch.set_printoptions(precision=4, sci_mode=False, linewidth=160)
print(meta, [len(word) for word in words])
for name, v in out.items():
    if name.endswith(("encoder", "embedded")):
        print(name, v.T)
    elif name.endswith("words"):
        print(name, v.reshape(len(v), 4))
