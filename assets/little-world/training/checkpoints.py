"""Packs checkpoints of one training as folders the program opens, matrices in 8 bits (F8_E4M3), the rest in 16; then counts, for every
head of each of them, how much the patches of a reflection read what stands before the mirror, over its share of the picture.

usage: checkpoints.py SHIPPED DEST N SCENES TRAINED   (TRAINED/at_2000.safetensors and so on, of train_joint.py with NOTHING=1; N pictures are the whole)
Writes DEST/little-world-5-percent and so on, and prints the counts as JSON, of the weights as packed. The text encoder was not trained with them: it is SHIPPED's, by a link.
"""

import json, os, sys
import numpy as np, torch, torch.nn.functional as F
from safetensors.torch import load_file, save_file
import judge, world

SHIPPED, DEST, WHOLE, SCENES, TRAINED = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
TABLE = "pos_embed.pos_embed"  # sines and cosines, the same in all of them
NAME = "transformer/diffusion_pytorch_model.safetensors"
CARD = """# Little World, {0} %: a checkpoint, to be looked at

The diffusion transformer of a training from nothing after {1:,} of {2:,} pictures (`../../little-world/training/train_joint.py`, NOTHING=1). Of
{2:,} pictures only, with a mirror far more often than in Little World's own training: it draws worse than the model the program opens with,
and its heads are not that model's. Its text encoder is that model's, finished before, and did not change. Matrices in 8 bits (E4M3).
"""


def pack(percent):
    seen = WHOLE * percent // 100
    shipped = load_file(f"{SHIPPED}/{NAME}")
    state = load_file(f"{TRAINED}/at_{seen}.safetensors")
    state.setdefault(TABLE, shipped[TABLE])
    assert {k: v.shape for k, v in state.items()} == {k: v.shape for k, v in shipped.items()}
    to = f"{DEST}/little-world-{percent}-percent"
    os.makedirs(to + "/transformer", exist_ok=True)
    os.makedirs(to + "/scheduler", exist_ok=True)
    small = lambda k, v: v.to(torch.float8_e4m3fn) if v.ndim > 1 and k != TABLE else v.half()
    save_file({k: small(k, v.float()).contiguous() for k, v in state.items()}, f"{to}/{NAME}", metadata={"format": "pt"})
    for same in ("model_index.json", "transformer/config.json", "scheduler/scheduler_config.json"):
        open(f"{to}/{same}", "w").write(open(f"{SHIPPED}/{same}").read())
    open(to + "/README.md", "w").write(CARD.format(percent, seen, WHOLE))
    if not os.path.islink(to + "/clip"):
        os.symlink(os.path.relpath(SHIPPED + "/clip", to), to + "/clip")
    return seen, to


def scenes():  # held out: the judge's random numbers
    rng = np.random.default_rng(99)
    while True:
        scene = world.sample(rng)
        if scene.relation == "mirror":
            yield scene


@torch.no_grad()
def count(folder):  # [blocks][heads], mean over the scenes, and how many had both in sight
    model = judge.Model(folder)
    torch.manual_seed(0)
    found = []
    for _, scene in zip(range(SCENES), scenes()):
        context, picture, kept = model.words(scene.caption), judge.picture_of(scene), []
        for t in (0.8, 0.6, 0.4):
            noised = (1 - t) * picture + t * torch.randn_like(picture)
            model.run(noised, torch.tensor([t * 1000]), context, keep=kept)
        patches = model.grid**2
        maps = torch.stack([k[0, :, :patches, :patches] for k in kept]).unflatten(0, (3, model.layers)).mean(0)
        thing, reflection = (
            F.adaptive_avg_pool2d(torch.from_numpy(o.mask).float()[None, None], model.grid).flatten() > 0.35
            for o in scene.objects
        )
        if thing.any() and reflection.any():
            rows = maps[:, :, reflection]
            rows = rows / rows.sum(-1, keepdim=True)
            found.append((rows[..., thing].sum(-1).mean(-1) / thing.float().mean()).numpy())
    return np.mean(found, 0).astype(float), len(found)


told = []
for percent in (5, 20, 50, 100):
    if not os.path.exists(f"{TRAINED}/at_{WHOLE * percent // 100}.safetensors"):
        print(f"{percent} %: not there yet", file=sys.stderr)
        continue
    seen, folder = pack(percent)
    over_chance, n = count(folder)
    told.append(dict(percent=percent, pictures=seen, scenes=n, mirror_over_chance=over_chance.round(2).tolist()))
    print(json.dumps(told[-1]), flush=True)
