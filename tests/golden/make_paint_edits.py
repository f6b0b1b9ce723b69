"""What edits of a drawing come to, by the trainer's own model (assets/little-world/training/mmdit.py), the
shipped weights in float32: the reference of core/engine/paint_edits and of Mmdit's concepts.

usage: make_paint_edits.py     (writes paint_edits.safetensors and paint_taken.safetensors beside this script)
  Noise and guidance are those of reference_paint_0.safetensors; 6 steps; PROMPT, without a negative prompt.
  <name> [3,S,S] F32             the final picture of each drawing below
  frozen, patched (paint_taken)  maps and activations of OTHER's drawing, put into PROMPT's
  concepts_<step> [L,W,N] F32    ConceptAttention of PROMPT's words, each encoded alone (steps counted from 0)
The trainer's Attn.forward is replaced by one with the edits in it; "plain" checks it against the trainer's.
Last run: torch 2.13.0, transformers 4.57.6, safetensors 0.8.0.
"""

import os

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from built_in import HERE, PATCHES, clip, config, mmdit, model, reference_noise, times, tok, words

PROMPT = "Un chat rouge poursuit une souris grise"
OTHER = "Un chien bleu poursuit une souris verte"  # as many words of as many tokens
LONGER = "Un grand chat rouge poursuit une petite souris grise"  # two words more, of 2 and 4 tokens
STEPS = 6
CONCEPT_STEPS = (1, 4)


def states(prompt, hidden=()):
    ids = tok(prompt).input_ids
    mask = torch.ones(1, len(ids), dtype=torch.long)
    mask[0, list(hidden)] = 0
    return clip.text_model(input_ids=torch.tensor([ids]), attention_mask=mask).last_hidden_state


def concept_states(prompt):
    ids = tok(prompt).input_ids
    out = []
    for word in words(prompt):
        alone = [ids[0]] + [ids[t] for t in word] + [ids[-1]]
        out.append(clip.text_model(input_ids=torch.tensor([alone])).last_hidden_state[0, 1:-1].mean(0))
    return torch.stack(out)[None]


# ---------------------------------------------------------------- the trainer's model, with edits in it
edit = {}  # of the half that is being asked
kept_layers = []  # attention of each layer of the last pass
concept_layers = []
kept_states = []  # what enters each block in the last pass, [1, N + T, D]


def attend(q, k, v):
    return torch.softmax(q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5, -1) @ v


def edited(s, x, context, want, *_):  # the last: weights of words, which are not used here
    layer = s.layer
    B, N, D = x.shape
    sp = lambda y: y.view(B, -1, s.h, D // s.h).transpose(1, 2)
    join = lambda o: o.transpose(1, 2).reshape(B, -1, D)
    q = torch.cat([s.norm_q(sp(s.to_q(x))), s.norm_added_q(sp(s.add_q_proj(context)))], 2)
    k = torch.cat([s.norm_k(sp(s.to_k(x))), s.norm_added_k(sp(s.add_k_proj(context)))], 2)
    v = torch.cat([sp(s.to_v(x)), sp(s.add_v_proj(context))], 2)
    scores = (q @ k.transpose(-1, -2)) * (D // s.h) ** -0.5
    for t in edit.get("cut", []):
        scores[:, :, :N, N + t] = -torch.inf
    a = torch.softmax(scores, -1)
    if "kept" in edit:
        source, key = edit["kept"]
        rows = a[:, :, :N].clone()
        there = [i for i, j in enumerate(key) if j >= 0]
        rows[..., there] = source[layer][:, :, :N][..., [key[i] for i in there]]
        a[:, :, :N] = rows / rows.sum(-1, keepdim=True)
    if "frozen" in edit:
        a = edit["frozen"][layer].clone()
    for one, two in edit.get("swaps", []):
        first, second = [N + t for t in one], [N + t for t in two]
        sums = [a[:, :, :N][..., keys].sum(-1, keepdim=True) for keys in (first, second)]
        shares = [a[:, :, :N][..., keys] / total for keys, total in zip((first, second), sums)]
        a[:, :, :N, first] = shares[0] * sums[1]
        a[:, :, :N, second] = shares[1] * sums[0]
    kept_layers.append(a)
    o = a @ v
    for block, head in edit.get("heads_off", []):
        if block == layer:
            o[:, head] = 0
    s.of_image = join(o)[:, :N]
    s.image_kv = k[:, :, :N], v[:, :, :N]
    o = join(o)
    return s.to_out[0](o[:, :N]), None if s.to_add_out is None else s.to_add_out(o[:, N:]), a


def block_forward(b, x, context, t, want, *more):
    joint = torch.cat([x, context], 1)
    for after, position, states in edit.get("patches", []):
        if after == b.attn.layer:
            joint[:, position] = states[after][:, position]
    x, context = joint[:, :PATCHES], joint[:, PATCHES:]
    kept_states.append(joint)
    was, text_was = x, context
    x, context, a = TRAINERS_BLOCK(b, x, context, t, want, *more)
    if edit.get("concepts") is not None:
        con = edit["concepts"]
        normed, m = b.norm1_context(con, t)
        s = b.attn
        sp = lambda y: y.view(1, -1, s.h, y.shape[-1] // s.h).transpose(1, 2)
        k, v = s.image_kv
        o = attend(
            s.norm_added_q(sp(s.add_q_proj(normed))),
            torch.cat([s.norm_added_k(sp(s.add_k_proj(normed))), k], 2),
            torch.cat([sp(s.add_v_proj(normed)), v], 2),
        )
        o = o.transpose(1, 2).reshape(1, con.shape[1], -1)
        unit = o / o.norm(dim=-1, keepdim=True)
        concept_layers.append(torch.softmax(unit @ s.of_image.transpose(-1, -2), 1)[0])
        if not b.last:
            con = con + m[2] * s.to_add_out(o)
            y = F.layer_norm(con, (b.d,), eps=1e-6)
            edit["concepts"] = con + m[5] * b.ff_context(y * (1 + m[4]) + m[3])
    if b.attn.layer in edit.get("blocks_off", []):
        return was, text_was, a
    return x, context, a


TRAINERS_BLOCK = mmdit.Block.forward


def predict(x, t, context, change, concepts=None):
    edit.clear()
    edit.update(change)
    kept_layers.clear()
    concept_layers.clear()
    kept_states.clear()
    if concepts is not None:
        edit["concepts"] = model.context_embedder(concepts)
    return model(x, t, context)


def draw(change=lambda step: {}, context=None, prompt=PROMPT, first=0, picture=None, maps=None, concepts=None, entered=None):
    """change: step -> edits; context: step -> states; maps, concepts, entered: filled a step each."""
    ts = times(STEPS)
    x = noise
    if picture is not None:
        x = (1 - ts[first]) * picture + ts[first] * noise
    null, plain = states(""), states(prompt)
    for step in range(first, STEPS):
        a, b = ts[step], ts[step + 1]
        t = (a * 1000).repeat(1)
        e = change(step)
        look = concept_states(prompt) if concepts is not None else None
        xc = predict(x, t, context(step) if context else plain, e, look)
        if maps is not None:
            maps[step] = [m.clone() for m in kept_layers]
        if entered is not None:
            entered[step] = list(kept_states)
        if concepts is not None:
            concepts[step] = torch.stack(concept_layers)
        xu = predict(x, t, null, {k: v for k, v in e.items() if k.endswith("_off")})
        x0 = xu + guidance * (xc - xu)
        x = x0 + (b / a) * (x - x0) if b > 0 else x0
    return x


noise, guidance = reference_noise()

out = {}
trainers = draw()  # before anything is replaced
for i, b in enumerate(model.transformer_blocks):
    b.attn.layer = i
mmdit.Attn.forward = edited
mmdit.Block.forward = block_forward
out["plain"] = draw()
assert (out["plain"] - trainers).abs().max() < 1e-4, (out["plain"] - trainers).abs().max()

W = words(PROMPT)  # Un chat rouge poursuit une souris grise
CHAT, ROUGE, SOURIS, GRISE = W[1], W[2], W[5], W[6]
assert [len(w) for w in words(OTHER)] == [len(w) for w in W]
END = [len(tok(PROMPT).input_ids) - 1]
assert len(END) == 1
early = lambda step: step < STEPS // 2

out["cut"] = draw(lambda step: {"cut": SOURIS})
out["cut_end"] = draw(lambda step: {"cut": END})
out["muted"] = draw(lambda step: {"cut": SOURIS}, lambda step: states(PROMPT, SOURIS))
# grey muted in the first half, cat in steps 2 and 3: none, one or both at a time
grey, cat = lambda step: early(step), lambda step: step in (2, 3)
both = lambda step: (GRISE if grey(step) else []) + (CHAT if cat(step) else [])
out["muted_spans"] = draw(lambda step: {"cut": both(step)}, lambda step: states(PROMPT, both(step)))
out["swapped"] = draw(lambda step: {"swaps": [(ROUGE, GRISE)]})
GRAND, PETITE = words(LONGER)[1], words(LONGER)[6]
assert (len(GRAND), len(PETITE)) == (2, 4)
unequal = [(GRAND, PETITE), ([0], words(LONGER)[2])]  # and the start with the cat
out["swapped_unequal"] = draw(lambda step: {"swaps": unequal}, prompt=LONGER)
out["heads_off"] = draw(lambda step: {"heads_off": [(2, 0), (4, 1)]})
out["block_off"] = draw(lambda step: {"blocks_off": [3]})
out["last_block_off"] = draw(lambda step: {"blocks_off": [config["num_layers"] - 1]})

maps, entered = {}, {}
out["other"] = draw(prompt=OTHER, maps=maps, entered=entered)
T = len(tok(PROMPT).input_ids)
same = list(range(PATCHES + T))
only_words = [-1] * PATCHES + same[PATCHES:]
out["kept_image"] = draw(lambda step: {"kept": (maps[step], same)} if early(step) else {})
out["kept_words"] = draw(lambda step: {"kept": (maps[step], only_words)} if early(step) else {})
longer = {}
draw(prompt=PROMPT, maps=longer)
positions = {w: i for i, w in enumerate(PROMPT.split())}
key = [-1] * PATCHES + [PATCHES]
for word, tokens in zip(LONGER.split(), words(LONGER)):
    at = positions.get(word)
    key += [PATCHES + W[at][i] if at is not None else -1 for i in range(len(tokens))]
key.append(PATCHES + END[0])
out["kept_refine"] = draw(lambda step: {"kept": (longer[step], key)} if early(step) else {}, prompt=LONGER)
out["from_picture"] = draw(prompt=OTHER, first=2, picture=out["plain"])

# Taken from OTHER's drawing: all reading of the first half; in steps 1 to 3 the cat's activation behind two
# blocks and that of patch 77 behind four.
middle = lambda step: 1 <= step <= 3
taken = {"frozen": draw(lambda step: {"frozen": maps[step]} if early(step) else {})}
patches = lambda step: [(2, PATCHES + t, entered[step]) for t in CHAT] + [(4, 77, entered[step])]
taken["patched"] = draw(lambda step: {"patches": patches(step)} if middle(step) else {})

found = {}
with_concepts = draw(concepts=found)
assert torch.equal(with_concepts, out["plain"])
tensors = {k: v[0].contiguous() for k, v in out.items()}
for step in CONCEPT_STEPS:
    tensors[f"concepts_{step}"] = found[step].contiguous()
meta = {
    "made_by": "make_paint_edits.py",
    "prompt": PROMPT,
    "other": OTHER,
    "longer": LONGER,
    "guidance": repr(guidance),
    "steps": str(STEPS),
}
save_file(tensors, os.path.join(HERE, "paint_edits.safetensors"), metadata=meta)
taken = {k: v[0].contiguous() for k, v in taken.items()}
save_file(taken, os.path.join(HERE, "paint_taken.safetensors"), metadata=meta)
tensors |= taken
for name, v in tensors.items():
    moved = (v - tensors["plain"]).abs().max().item() if v.dim() == 3 and v.shape[0] == 3 else v.max().item()
    print(f"{name:16} {tuple(v.shape)} {moved:.4f}")
print([len(w) for w in W], [len(w) for w in words(LONGER)])
