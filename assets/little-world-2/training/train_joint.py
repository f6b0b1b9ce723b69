"""Little World, one teacher-model: CLIP (text + ViT) and an MMDiT that draws, trained together.

Every step draws: pixel space, x0 prediction, v-space loss; the words reach the image only through joint attention (pooled text is zero), and
the text tower learns from the picture. Every CLIP_EVERY-th step also matches captions and images (InfoNCE, with each caption's twin, the same
words bound otherwise, in the batch) and asks the ViT's patches what they show (kind and colour, two linear heads that are not shipped).
Captions are batched by token count: no padding token ever enters joint attention. Heads 0 and 1 of blocks 1.. are coached with the object
masks; the others are left free. Half of the scenes have weighted words: ln(weight) is added to the scores of the word's key, in the text tower, in the
picture's attention, or (mostly) in both, and the picture shows it (world.py).
Matrices inside the blocks are trained with Muon, the rest with AdamW; bfloat16 matrix products, float32 weights; blocks are compiled (needs g++).
usage: train_joint.py DATA OUT MINUTES   (resumes from OUT/joint.pt; else goes on from a copy of the shipped folder as OUT, with SEEN=pictures seen; else starts from OUT/clip)
"""

import gc, sys, os, re, time, math, pickle, json
import numpy as np, torch, torch.nn as nn
import torch.nn.functional as F
from transformers import CLIPModel, CLIPTokenizerFast
from safetensors.torch import load_file, save_file
from PIL import Image
import contextlib
import mmdit, world
from mmdit import MMDiT

DATA, OUT, MINUTES = sys.argv[1], sys.argv[2], float(sys.argv[3])
E = os.environ.get
torch.set_num_threads(int(E("T", 2)))
D, L, H, B = int(E("D", 192)), int(E("L", 6)), int(E("H", 3)), int(E("B", 32))
SIZE, PATCH = world.SIZE, 8
G = SIZE // PATCH
LR, LR_END, SUP, SHIFT, FGW = float(E("LR", 1e-3)), float(E("LR_END", 0.05)), float(E("SUP", 0.05)), 3.0, 3.0
EVERY, PAIRS, KEEP = int(E("CLIP_EVERY", 4)), int(E("PAIRS", 48)), int(E("KEEP", 48))
images = np.load(DATA + ".npy", mmap_mode="r")
masks = np.load(DATA + "_masks.npy", mmap_mode="r")
captions, metas = pickle.load(open(DATA + ".pkl", "rb"))
gc.freeze()  # millions of small objects that stay: collecting among them takes a fifth of the time
tok = CLIPTokenizerFast.from_pretrained(OUT + "/clip")
clip = CLIPModel.from_pretrained(OUT + "/clip", torch_dtype=torch.float32)
EOS = tok.eos_token_id
TD, PD = clip.config.text_config.hidden_size, clip.config.projection_dim
uniq = list(dict.fromkeys(captions))
enc = tok(uniq, return_offsets_mapping=True)
u_ids, u_off, u_of = enc.input_ids, enc.offset_mapping, {c: i for i, c in enumerate(uniq)}
key = np.array([u_of[c] for c in captions])
length = np.array([len(u_ids[k]) for k in key])
lens, cnt = np.unique(length, return_counts=True)
ok = cnt > 8 * B
lens, cnt = lens[ok], cnt[ok]
by_len = {l: (w := np.where(length == l)[0])[w < len(captions) - 2000] for l in lens}
probs = cnt / cnt.sum()
MORE = int(E("MORE", 0))  # scenes with a noun of weight 0 so many times more often
if MORE:
    gone = np.array([any(w == 0 and r == "noun" for b, e, w in m[4] for r, _, x, _ in m[3] if x == b) for m in metas])
    by_len = {l: np.concatenate([w, *[w[gone[w]]] * MORE]) for l, w in by_len.items()}
MEAN = torch.tensor(clip_mean := [0.48145466, 0.4578275, 0.40821073]).view(1, 3, 1, 1)
STD = torch.tensor([0.26862954, 0.26130258, 0.27577711]).view(1, 3, 1, 1)
KIND = {k: i + 1 for i, k in enumerate(world.KINDS)}
COL = {c: i + 1 for i, c in enumerate(world.COLOURS)}
GLASS = len(KIND) + 1
NULL = torch.tensor([[tok.bos_token_id, EOS]])


def targets(i):  # token index -> mask channel, for the words to coach
    off, out = u_off[key[i]], []
    for role, obj, b, e in metas[i][3]:
        for t, (x, y) in enumerate(off):
            if y > x and x < e and y > b:
                out.append((t, obj))
    return out


FAST = "avx512_bf16" in open("/proc/cpuinfo").read()  # else bfloat16 is emulated, and slow
MUTE = -1e4


def states(ids, words=None):  # words: [B, T] added to every score of a key: ln(weight)
    m = clip.text_model
    mask = torch.full((ids.shape[1],) * 2, MUTE).triu(1)[None, None]
    if words is not None:
        mask = (mask + words[:, None, None, :]).clamp(min=2 * MUTE)
    h = m.encoder(inputs_embeds=m.embeddings(input_ids=ids), causal_attention_mask=mask.expand(len(ids), 1, -1, -1))
    return m.final_layer_norm(h.last_hidden_state)


def bias_of(idx):  # ln(weight) of each token of these captions, None when all weigh 1
    out = torch.zeros(len(idx), int(length[idx[0]]))
    for r, i in enumerate(idx):
        for b, e, w in metas[i][4]:
            for t, (x, y) in enumerate(u_off[key[i]]):
                if y > x and x < e and y > b:
                    out[r, t] = math.log(w) if w > 0 else MUTE
    return out


def new():
    m = MMDiT(size=SIZE, patch=PATCH, d=D, layers=L, heads=H, text_dim=TD, pooled=PD)
    for p in m.time_text_embed.text_embedder.parameters():
        nn.init.zeros_(p)
        p.requires_grad_(False)
    return m


torch.manual_seed(0)
dit = new()
heads = nn.Linear(clip.config.vision_config.hidden_size, GLASS + 1 + len(COL) + 1)
asked = nn.ModuleDict(  # in training only: what a patch of the drawing will show, and how much a word weighs
    dict(patch=nn.Linear(D, GLASS + 1 + len(COL) + 1), word=nn.Linear(TD, 1), end=nn.Linear(TD, 4))
)
ASK, TAP, HIGH = float(E("ASK", 0.05)), int(E("TAP", 2)), float(E("HIGH", 0.2))
for p in clip.parameters():
    p.requires_grad_(True)


class Muon(torch.optim.Optimizer):
    """Momentum made orthogonal by Newton-Schulz, update scaled to AdamW's size (Jordan 2024; Liu et al. 2025, arXiv:2502.16982). Matrices of one shape go together."""

    def __init__(s, params, lr, momentum=0.95, weight_decay=0.01):
        super().__init__(params, dict(lr=lr, momentum=momentum, weight_decay=weight_decay))

    @torch.no_grad()
    def step(s):
        for g in s.param_groups:
            shapes = {}
            for p in g["params"]:
                if p.grad is None:
                    continue
                m = s.state[p].setdefault("m", torch.zeros_like(p))
                m.lerp_(p.grad, 1 - g["momentum"])
                shapes.setdefault(p.shape, []).append((p, p.grad.lerp(m, g["momentum"])))
            for (r, c), ps in shapes.items():
                x = torch.stack([u for _, u in ps])
                x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
                x = x if r <= c else x.mT
                x = x.bfloat16() if FAST else x
                for _ in range(5):
                    a = x @ x.mT
                    x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
                x = (x if r <= c else x.mT).float() * (0.2 * max(r, c) ** 0.5)
                for (p, _), u in zip(ps, x):
                    p.mul_(1 - g["lr"] * g["weight_decay"]).add_(u, alpha=-g["lr"])


INNER = lambda n, p: (
    p.ndim == 2 and ("transformer_blocks" in n or "encoder.layers" in n) and "norm1" not in n and E("MUON", "1") == "1"
)
groups, muons, named = (
    [],
    [],
    dict(
        dit=nn.ModuleDict(dict(dit=dit, asked=asked)),
        text=nn.ModuleList([clip.text_model, clip.text_projection]),
        vision=nn.ModuleList([clip.vision_model, clip.visual_projection, heads]),
    ),
)
for n, m in named.items():
    scale = dict(dit=1, text=0.4, vision=0.8)[n]
    for wd, f in ((0.01, lambda p: p.ndim > 1), (0, lambda p: p.ndim <= 1)):
        groups.append(
            dict(
                params=[p for k, p in m.named_parameters() if p.requires_grad and f(p) and not INNER(k, p)],
                weight_decay=wd,
                scale=scale,
            )
        )
    muons.append(dict(params=[p for k, p in m.named_parameters() if p.requires_grad and INNER(k, p)], scale=scale))
groups.append(dict(params=[clip.logit_scale], weight_decay=0, scale=1.0))
adam = torch.optim.AdamW(groups, lr=LR, betas=(0.9, 0.98), fused=True)
opts = [adam]
if muons[0]["params"]:
    opts.append(Muon(muons, lr=LR))
ALL = [p for g in groups + muons for p in g["params"]]
skip = "pos_embed.pos_embed"
seen = 0
full = lambda: {
    **{"dit." + k: v for k, v in dit.state_dict().items()},
    **{"clip." + k: v for k, v in clip.state_dict().items()},
}
if os.path.exists(OUT + "/joint.pt"):
    s = torch.load(OUT + "/joint.pt")
    s["dit"][skip] = s["ema"]["dit." + skip] = dit.state_dict()[skip]
    dit.load_state_dict(s["dit"])
    clip.load_state_dict(s["clip"])
    heads.load_state_dict(s["heads"])
    asked.load_state_dict(s["asked"], strict=False)
    if "end.weight" in s["asked"]:
        [o.load_state_dict(d) for o, d in zip(opts, s.get("opts", []))]
    seen = s["seen"]
    ema = {k: v.float() if v.is_floating_point() else v for k, v in s["ema"].items()}
    if E("EMA_NEW"):
        ema = {k: v.clone() for k, v in full().items()}
    print("resumed at", seen)
else:
    for f in ("transformer", "dit"):  # a copy of the shipped folder as OUT: goes on from it, optimizers anew
        f = f"{OUT}/{f}/diffusion_pytorch_model.safetensors"
        if os.path.exists(f):
            old = {k: v.float() for k, v in load_file(f).items()}
            p, q = old["pos_embed.proj.weight"], old["proj_out.weight"]
            if p.shape[2] != PATCH:  # from patches of 4: each pixel becomes 2 x 2
                old["pos_embed.proj.weight"] = p.repeat_interleave(2, 2).repeat_interleave(2, 3) / 4
                grow = lambda a: a.view(4, 4, 3, -1).repeat_interleave(2, 0).repeat_interleave(2, 1).reshape(192, -1)
                old["proj_out.weight"], old["proj_out.bias"] = grow(q), grow(old["proj_out.bias"]).flatten()
            dit.load_state_dict({**old, skip: dit.state_dict()[skip]})
            seen = int(E("SEEN", 0))
            print("goes on from", f, "at", seen)
            break
    if os.path.exists(OUT + "/heads.pt"):
        heads.load_state_dict(torch.load(OUT + "/heads.pt"))
    ema = {k: v.clone() for k, v in full().items()}
torch._dynamo.config.recompile_limit = 64
bf16 = lambda: torch.autocast("cpu", torch.bfloat16) if FAST else contextlib.nullcontext()
for b in [*dit.transformer_blocks, *clip.text_model.encoder.layers, *clip.vision_model.encoder.layers]:
    b.compile(dynamic=True)
print(
    "params",
    {n: round(sum(p.numel() for p in m.parameters()) / 1e6, 2) for n, m in named.items()},
    "size",
    SIZE,
    "captions",
    len(uniq),
    flush=True,
)


def shown(idx):  # kind and colour of each patch of these scenes, 0 where there is none
    n = len(idx)
    mk = masks[idx].reshape(n, 3, 144) > 127
    k = np.zeros((n, 144), np.int64)
    c = np.zeros((n, 144), np.int64)
    for j, i in enumerate(idx):
        k[j][mk[j, 2]] = GLASS
        none = {b for b, _, w in metas[i][4] if w == 0}
        free = {o for role, o, b, _ in metas[i][3] if role == "colour" and b in none}  # its colour was left open
        for o, (kind, col, _) in enumerate(metas[i][2][:2]):
            if metas[i][0] == "mirror" and o:
                continue
            k[j][mk[j, o]] = KIND[kind]
            c[j][mk[j, o]] = -100 if o in free else COL[col]
    return torch.from_numpy(k), torch.from_numpy(c)


def says(y, k, c):  # cross entropy of kind and colour, objects five times as heavy as background
    y = y.float()
    w = 1 + 4 * (k > 0).float()
    ce = lambda a, b: (F.cross_entropy(a, b, reduction="none") * w).sum() / w.sum()
    return ce(y[:, : GLASS + 1], k) + ce(y[:, GLASS + 1 :], c)


def image_vec(idx):
    x = (F.avg_pool2d(torch.from_numpy(images[idx]).permute(0, 3, 1, 2).float(), 2) / 255 - MEAN) / STD
    v = clip.vision_model
    h = v.embeddings(x)
    n = len(idx)
    p = torch.rand(n, 144).argsort(1)[:, :KEEP]
    h = torch.cat([h[:, :1], h[:, 1:].gather(1, p[..., None].expand(-1, -1, h.shape[2]))], 1)
    h = v.encoder(inputs_embeds=v.pre_layrnorm(h)).last_hidden_state
    k, c = [a.gather(1, p).flatten() for a in shown(idx)]
    return (
        F.normalize(clip.visual_projection(v.post_layernorm(h[:, 0])), dim=-1),
        says(heads(h[:, 1:]).flatten(0, 1), k, c),
    )


plain = np.array([p for p in range(len(captions) // 2 - 1000) if not metas[2 * p][4] and not metas[2 * p + 1][4]])


def match(rng):
    p = rng.choice(plain, PAIRS, replace=False)
    idx = np.sort(np.concatenate([2 * p, 2 * p + 1]))
    i = torch.arange(len(idx))
    kk = torch.from_numpy(key[idx])
    im, dense = image_vec(idx)
    t = max(length[idx])
    ids = torch.full((len(idx), int(t)), EOS)
    for r, j in enumerate(idx):
        ids[r, : length[j]] = torch.tensor(u_ids[key[j]])
    tx = F.normalize(clip.text_projection(clip.text_model(input_ids=ids).pooler_output), dim=-1)
    im, tx = im.float(), tx.float()
    z = clip.logit_scale.exp().clamp(max=100) * im @ tx.T
    same = kk[:, None] == kk[None]
    tg = same.float() / same.sum(1, keepdim=True)
    nce = (-(tg * z.log_softmax(1)).sum(1).mean() - (tg * z.T.log_softmax(1)).sum(1).mean()) / 2
    hard = ~same[i, i ^ 1]
    two = (F.softplus(z[i, i ^ 1] - z[i, i])[hard].mean() + F.softplus(z[i ^ 1, i] - z[i, i])[hard].mean()) / 2
    return nce + two + dense, nce.item(), dense.item(), (z[i, i] > z[i, i ^ 1])[hard].float().mean().item()


def weigh(p):  # "un chat (rouge:1.5)" -> text, [(start, end, weight)]
    out, spans = "", []
    for part in re.split(r"(\([^:()]+:[0-9.]+\))", p):
        if part[:1] == "(":
            word, v = part[1:-1].split(":")
            spans.append((len(out), len(out) + len(word), float(v)))
            part = word
        out += part
    return out, spans


@torch.no_grad()
def sample(m, prompts, steps=24, cfg=2.5, seed=0):
    outs = []
    s = torch.linspace(1, 0, steps + 1)
    ts = SHIFT * s / (1 + (SHIFT - 1) * s)
    for k, p in enumerate(prompts):
        x = torch.randn(1, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(seed + k))
        text, heavy = weigh(p)
        e = tok(text, return_offsets_mapping=True)
        w = torch.zeros(1, len(e.input_ids))
        for b, z, v in heavy:
            for i, (x0, y0) in enumerate(e.offset_mapping):
                if y0 > x0 and x0 < z and y0 > b:
                    w[0, i] = math.log(v) if v > 0 else MUTE
        c = states(torch.tensor([e.input_ids]), w)
        u = states(NULL)
        for a, b in zip(ts[:-1], ts[1:]):
            t = (a * 1000).repeat(1)
            xc, xu = m(x, t, c, words=w), m(x, t, u)
            x0 = xu + cfg * (xc - xu)
            x = x0 + (b / a) * (x - x0) if b > 0 else x0
        outs.append(((x[0].permute(1, 2, 0) + 1) * 127.5).clamp(0, 255).byte().numpy())
    return outs


PROMPTS = [
    "Un chat rouge poursuit une souris grise",
    "un astronaute à cheval",
    "un chat bleu devant un miroir",
    "a green robot to the left of a yellow ball",
    "un astronaute blanc sur la lune",
    "a pink horse at night",
    "un poisson orange au-dessus d'une maison bleue",
    "a dog in front of a mirror",
    "a purple bird riding a green car",
    "un chien noir poursuit un chat blanc dans la neige",
    "une étoile jaune au-dessus d'un arbre vert la nuit",
    "a robot riding a horse on the beach",
    "un (chat:0.5) rouge poursuit une souris grise",
    "un (chat:1.9) rouge poursuit une souris grise",
    "un chat (rouge:0.4) poursuit une souris grise",
    "un chat (rouge:2.2) poursuit une souris grise",
]


def save():
    torch.save(
        dict(
            dit=dit.state_dict(),
            clip=clip.state_dict(),
            heads=heads.state_dict(),
            asked=asked.state_dict(),
            opts=[o.state_dict() for o in opts],
            ema=ema,
            seen=seen,
        ),
        OUT + "/joint.tmp",
    )
    os.replace(OUT + "/joint.tmp", OUT + "/joint.pt")
    raw = {k: v.clone() for k, v in clip.state_dict().items()}
    clip.load_state_dict({k[5:]: v for k, v in ema.items() if k.startswith("clip.")})
    m = new()
    m.load_state_dict({k[4:]: v for k, v in ema.items() if k.startswith("dit.")})
    m.eval()
    os.makedirs(OUT + "/dit", exist_ok=True)
    torch.save(heads.state_dict(), OUT + "/heads.pt")
    clip.save_pretrained(OUT + "/clip")
    save_file(
        {k: v.contiguous() for k, v in m.state_dict().items()},
        OUT + "/dit/diffusion_pytorch_model.safetensors",
        metadata={"format": "pt"},
    )
    json.dump({"_class_name": "SD3Transformer2DModel", **m.cfg}, open(OUT + "/dit/config.json", "w"), indent=1)
    tiles = sample(m, PROMPTS)
    row = lambda r: np.concatenate([np.kron(t, np.ones((2, 2, 1), np.uint8)) for t in r], 1)
    Image.fromarray(np.concatenate([row(tiles[i : i + 4]) for i in (0, 4, 8, 12)], 0)).save(
        OUT + f"/sheet_{seen // 1000:05d}k_{SIZE}.png"
    )
    clip.load_state_dict(raw)


@torch.no_grad()
def held():  # drawing loss on 256 pictures of the held-out end, noise and times fixed
    r = np.random.default_rng(7)
    g = torch.Generator().manual_seed(7)
    tot = []
    ids = r.choice(np.arange(len(captions) - 2000, len(captions)), 256, replace=False)
    for l in np.unique(length[ids]):
        i = np.sort(ids[length[ids] == l])
        x0 = torch.from_numpy(images[i]).permute(0, 3, 1, 2).float() / 127.5 - 1
        mk = torch.from_numpy(masks[i]).float() / 255
        t = torch.sigmoid(torch.randn(len(i), generator=g))
        t = SHIFT * t / (1 + (SHIFT - 1) * t)
        tt = t.view(-1, 1, 1, 1)
        with bf16():
            o = dit(
                (1 - tt) * x0 + tt * torch.randn(x0.shape, generator=g),
                t * 1000,
                states(torch.tensor([u_ids[key[j]] for j in i]), bias_of(i)),
                words=bias_of(i),
            ).float()
        e = F.avg_pool2d((((o - x0) / tt.clamp(min=0.05)) ** 2).mean(1, keepdim=True), PATCH)
        w = mk[:, :2].sum(1, keepdim=True).clamp(0, 1)
        tot += [((e * w).sum((1, 2, 3)) / w.sum((1, 2, 3)).clamp(min=1), e.mean((1, 2, 3)))]
    return [round(torch.cat(z).mean().item(), 4) for z in zip(*tot)]


rng = np.random.default_rng(seen + 1)
torch.manual_seed(seen + 1)
t0 = last = tick = time.time()
step = 0
first = seen
acc = {}


def note(**k):
    for n, v in k.items():
        acc[n] = v if n not in acc else 0.97 * acc[n] + 0.03 * v


while True:
    f = (time.time() - t0) / 60 / MINUTES
    if f > 1:
        break
    lr = LR * min(1, (step + 1) / 40) * (LR_END + (1 - LR_END) * 0.5 * (1 + math.cos(math.pi * f)))
    for g in (g for o in opts for g in o.param_groups):
        g["lr"] = lr * g["scale"]
    idx = np.sort(rng.choice(by_len[lens[rng.choice(len(lens), p=probs)]], B, replace=False))
    drop = rng.random() < 0.1
    x0 = torch.from_numpy(images[idx]).permute(0, 3, 1, 2).float() / 127.5 - 1
    mk = torch.from_numpy(masks[idx]).float() / 255
    t = torch.sigmoid(torch.randn(B) + 2.0 * (torch.rand(B) < HIGH))  # sizes are settled where noise is most
    t = SHIFT * t / (1 + (SHIFT - 1) * t)
    tt = t.view(-1, 1, 1, 1)
    eps = torch.randn_like(x0)
    keep = [] if (SUP > 0 and not drop) else None
    tap = [] if not drop else None
    with bf16():
        w = torch.zeros(B, 2) if drop else bias_of(idx)
        r = rng.random()  # weights act in both places, or in one
        in_text, in_picture = (w if r < 0.85 else None), (w if r < 0.7 or r > 0.85 else torch.zeros_like(w))
        ctx = states(NULL).expand(B, -1, -1) if drop else states(torch.tensor([u_ids[key[i]] for i in idx]), in_text)
        out = dit((1 - tt) * x0 + tt * eps, t * 1000, ctx, keep=keep, want="words", words=in_picture, tap=None if drop else (TAP, tap)).float()
    e2 = ((out - x0) / tt.clamp(min=0.05)) ** 2
    fg = 1 + FGW * (mk[:, :2].sum(1, keepdim=True) + 0.3 * mk[:, 2:]).clamp(0, 1)
    loss = (F.avg_pool2d(e2.mean(1, keepdim=True), PATCH) * fg / fg.mean()).mean()
    note(draw=loss.item())
    if keep:
        A = torch.stack(keep[1:]).float().mean(0)
        heavy = w.tolist()
        full_mask = mk.flatten(2).sum(2).tolist()
        bi, ti, ch = zip(
            *[(j, a, o) for j, i in enumerate(idx) for a, o in targets(i) if heavy[j][a] > -1 and full_mask[j][o] > 0.5]
        )
        wv = A[list(bi), :, list(ti)]
        inside = (wv * mk.flatten(2)[list(bi), list(ch)]).sum(1) / (wv.sum(1) + 1e-6)
        ls = ((1 - inside) ** 2).mean()
        loss = loss + SUP * ls
        note(coach=ls.item())
    if tap:
        k, c = shown(idx)
        ask = says(asked["patch"](tap[0]).flatten(0, 1), k.flatten(), c.flatten())
        loss = loss + ASK * ask
        note(ask=ask.item())
        if in_text is not None:
            say = torch.zeros_like(w, dtype=torch.bool)
            for j, i in enumerate(idx):
                for a, _ in targets(i):
                    say[j, a] = True
            heavy = w.clamp(min=-2)
            word = ((asked["word"](ctx)[..., 0] - heavy) ** 2)[say].mean()
            goal = torch.full((B, 4), -9.0)  # the last token, which a picture always sees: noun and colour of both objects
            for j, i in enumerate(idx):
                for role, o, b, e in metas[i][3]:
                    if role != "mirror":
                        of = [v for x, y, v in metas[i][4] if (x, y) == (b, e)]
                        v = of[0] if of else 1.0
                        goal[j, 2 * o + (role == "colour")] = max(-2.0, math.log(v)) if v > 0 else -2.0
            end = ((asked["end"](ctx[:, -1]).float() - goal) ** 2)[goal > -9].mean()
            note(end=end.item())
            word = word + end
            loss = loss + ASK * word
            note(word=word.item())
    loss.backward()
    if step % EVERY == 0:
        with bf16():
            m, nce, dense, twin = match(rng)
        (0.2 * m).backward()
        note(nce=nce, dense=dense, twin=twin)
    nn.utils.clip_grad_norm_(ALL, 1.0)
    [o.step() for o in opts]
    [o.zero_grad(set_to_none=True) for o in opts]
    step += 1
    seen += B
    if step % 4 == 0:
        k = min(float(E('EMA', 0.998)), (1 + seen / B) / (20 + seen / B)) ** 4
        with torch.no_grad():
            for n, v in full().items():
                if v.is_floating_point():
                    ema[n].lerp_(v, 1 - k)
    if step % 20 == 0:
        print(
            f"{f * MINUTES:6.1f} min seen {seen} "
            + " ".join(f"{n} {v:.3f}" for n, v in acc.items())
            + f" {20 * B / (time.time() - tick):.1f} img/s",
            flush=True,
        )
        tick = time.time()
    if step % 1000 == 0:
        print("held-out (objects, all)", held(), flush=True)
    if time.time() - last > 1200:
        save()
        last = time.time()
print("held-out (objects, all)", held())
save()
print("done", seen)
