"""Makes what the judge of the built-in diffusion transformer reads (judge_test.cpp), and its figures by the trainer's own judge,
assets/little-world/training/judge.py, which is run as it is.

usage: make_judge.py cases DIR MAPS DRAWN CUT MIRRORS WEIGHTS
           held-out scenes to judge on, with judge.py's own random numbers (mirrors: with others; weights: so many in each language):
           scenes.json, pictures.png, objects.png
       make_judge.py seg WORK
           trains the network that reads drawings on 24,000 pictures (judge.py seg; a quarter of an hour on one core) and writes
           ../../assets/little-world/segmenter.safetensors
       make_judge.py golden
           what it reads in three pictures of cases/, and what it would under a side of 24: segmenter_golden.safetensors
       make_judge.py figures DIR [ours|torch]
           the Python judge's figures on the scenes of DIR, as JSON. "ours", as without: with the noise Regard draws from its seeds
           (core/diffusion/noise.h), so that both judges see the same drawings; "torch": with torch's own
committed: make_judge.py cases cases 60 12 6 2 1; seg; golden; figures cases > expected.json
Needs torch, transformers, safetensors, numpy, pillow. Last run: torch 2.13.0, transformers 4.57.6, numpy 2.4.6, pillow 13.0.0;
the network read 0.990 of the kinds and 0.987 of the colours of held-out patches rightly.

scenes.json   {kinds, colours, taught_weights (whether this world gives its words weights), parts {maps, drawn, cut, mirrors, weights:
              [{caption, language, relation, seed, objects [{kind, colour, named}], words [{role, object, start, end}],
              weighed? (the object whose words are weighed)}]}}; start and end are bytes of UTF-8. In a mirror scene the second object
              is the reflection of the first.
pictures.png  the rendered scenes, 20 a row, each as large as world.py draws it, in the order of the file; objects.png  the same places, bits: 1 the first object,
              2 the second, 4 the mirror's glass
"""

import contextlib
import json
import os
import subprocess
import sys

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

HERE = os.path.dirname(os.path.abspath(__file__))
BUILT_IN = os.path.join(HERE, "../../assets/little-world")
SEGMENTER = os.path.join(BUILT_IN, "segmenter.safetensors")
TRAINER = os.path.join(BUILT_IN, "training")
sys.dont_write_bytecode = True
sys.path.insert(0, TRAINER)
import judge  # noqa: E402
import world  # noqa: E402

PARTS = ("maps", "drawn", "cut", "mirrors", "weights")
SIDE, COLUMNS = world.SIZE, 20
TIMES = 3  # of a teacher-forced scene


def uniform_words(seed, blocks):
    """Philox 4x32-10, as core/diffusion/noise.cpp: [blocks, 4] words."""
    low = np.uint64(0xFFFFFFFF)
    c = [np.arange(blocks, dtype=np.uint64), *(np.zeros(blocks, np.uint64) for _ in range(3))]
    key = [seed & 0xFFFFFFFF, seed >> 32]
    for _ in range(10):
        a, b = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        c = [(b >> np.uint64(32)) ^ c[1] ^ np.uint64(key[0]), b & low, (a >> np.uint64(32)) ^ c[3] ^ np.uint64(key[1]), a & low]
        key = [(key[0] + 0x9E3779B9) & 0xFFFFFFFF, (key[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return np.stack(c, 1)


def gaussian_noise(seed, count):
    """core/diffusion/noise.cpp's, but for the last bit of some: numpy's logarithm, sine and cosine."""
    u = (uniform_words(seed, -(-count // 4)).reshape(-1, 2).astype(np.float64) + 0.5) * 2.0**-32
    r, angle = np.sqrt(-2 * np.log(u[:, 0])), 2 * np.pi * u[:, 1]
    return np.stack([r * np.cos(angle), r * np.sin(angle)], 1).reshape(-1)[:count].astype(np.float32)


# ---------------------------------------------------------------- scenes


def scene_json(s, seed, weighed=None):
    at = lambda i: len(s.caption[:i].encode())
    return dict(
        caption=s.caption,
        language=s.lang,
        relation=s.relation,
        seed=seed,
        objects=[dict(kind=str(o.kind), colour=str(o.colour), named=o.named) for o in s.objects],
        words=[dict(role=r, object=o, start=at(b), end=at(e)) for r, o, b, e in world.word_spans(s)],
        **({} if weighed is None else dict(weighed=weighed)),
    )


def objects_of(s):
    bits = np.zeros((SIDE, SIDE), np.uint8)
    for i, o in enumerate(s.objects):
        bits |= o.mask.astype(np.uint8) << i
    if s.mirror is not None:
        x0, x1, y0, y1 = [int(round(v * SIDE)) for v in s.mirror]
        bits[y0:y1, x0:x1] |= 4
    return bits


def held_out(maps, drawn, cut, mirrors, weights):
    """(part, scene, seed, weighed object or None): all but the mirrors in judge.py's order, with its seeds."""
    rng = np.random.default_rng(99)
    for i in range(maps):
        yield "maps", world.sample(rng), 1 << 20 | TIMES * i, None
    rng = np.random.default_rng(4242)
    for i in range(drawn):
        yield "drawn", world.sample(rng, named=True if i % 2 else None), 1000 + i, None
    rng = np.random.default_rng(777)
    for i in range(cut):
        yield "cut", world.sample(rng, named=True), int(rng.integers(1 << 30)), None
    rng = np.random.default_rng(31337)
    for i in range(mirrors):
        yield "mirrors", world.sample(rng, relation="mirror", named=True), 5000 + i, None
    for scene, who, seed in judge.series_scenes(weights):
        yield "weights", scene, seed, who


def sheet(tiles):
    rows = -(-len(tiles) // COLUMNS)
    out = np.zeros((rows * SIDE, COLUMNS * SIDE, *tiles[0].shape[2:]), np.uint8)
    for i, tile in enumerate(tiles):
        y, x = (SIDE * n for n in divmod(i, COLUMNS))
        out[y : y + SIDE, x : x + SIDE] = tile
    return Image.fromarray(out)


def cases(folder, *counts):
    os.makedirs(folder, exist_ok=True)
    parts, pictures, objects = {k: [] for k in PARTS}, [], []
    for part, s, seed, weighed in held_out(*map(int, counts)):
        parts[part].append(scene_json(s, seed, weighed))
        pictures.append(s.image)
        objects.append(objects_of(s))
    with open(os.path.join(folder, "scenes.json"), "w") as f:
        lists = ",\n".join(
            f'"{k}": [\n' + ",\n".join(json.dumps(s, ensure_ascii=False) for s in v) + "\n]" for k, v in parts.items()
        )
        f.write(f'{{"kinds": {json.dumps(list(world.KINDS))},\n"colours": {json.dumps(list(world.COLOURS))},\n"taught_weights": {json.dumps(judge.WEIGHED)},\n"parts": {{\n{lists}\n}}}}\n')
    sheet(pictures).save(os.path.join(folder, "pictures.png"), optimize=True)
    sheet(objects).save(os.path.join(folder, "objects.png"), optimize=True)


# ---------------------------------------------------------------- the trainer's judge


def work_folder(work):
    os.makedirs(work, exist_ok=True)
    for name, target in (("clip", "clip"), ("dit", "transformer"), ("scheduler", "scheduler")):
        if not os.path.exists(os.path.join(work, name)):
            os.symlink(os.path.abspath(os.path.join(BUILT_IN, target)), os.path.join(work, name))


def seg(work, steps="1800"):
    work_folder(work)
    data = os.path.join(work, "scenes")
    if not os.path.exists(data + ".pkl"):
        subprocess.run([sys.executable, os.path.join(TRAINER, "make_data.py"), data, "12000", "31"], check=True)
    if not os.path.exists(os.path.join(work, "judge.pt")):
        subprocess.run([sys.executable, os.path.join(TRAINER, "judge.py"), "seg", work, steps, data], check=True)
    state = torch.load(os.path.join(work, "judge.pt"))
    labels = dict(kinds=json.dumps(list(world.KINDS)), colours=json.dumps(list(world.COLOURS)), side=str(judge.Seg().side))
    save_file({k: v.half().contiguous() for k, v in state.items()}, SEGMENTER, labels)


def golden():
    picture = np.asarray(Image.open(os.path.join(HERE, "cases/pictures.png")).convert("RGB"))[:SIDE, : 3 * SIDE]
    x = torch.from_numpy(picture.reshape(SIDE, 3, SIDE, 3).transpose(1, 3, 0, 2).copy()).float() / 127.5 - 1
    rows = lambda y: y.flatten(2).transpose(1, 2).contiguous()  # [picture][patch][class]
    net, read = judge.load_segmenter(), {}
    for side, name in ((net.side, ""), (24, "_24")):
        net.side = side
        with torch.no_grad():
            kinds, colours = net(x)
        read |= {"kinds" + name: rows(kinds), "colours" + name: rows(colours)}
    save_file(read, os.path.join(HERE, "segmenter_golden.safetensors"))


class OurNoise:
    """torch.randn and torch.randn_like give Regard's noise: of the generator's seed, and of the teacher-forced scenes' in turn."""

    def __enter__(self):
        self.kept = torch.randn, torch.randn_like
        calls = iter(range(1 << 20))
        ours = lambda seed, shape: torch.from_numpy(gaussian_noise(seed, int(np.prod(shape)))).view(shape)
        plain = torch.randn
        torch.randn = lambda *shape, generator=None, **more: (
            ours(generator.initial_seed(), shape) if generator else plain(*shape, **more)
        )
        torch.randn_like = lambda x: ours((1 << 20) + next(calls), x.shape)

    def __exit__(self, *_):
        torch.randn, torch.randn_like = self.kept


def rounded(v):
    if isinstance(v, dict):
        return {k: rounded(x) for k, x in v.items()}
    return [rounded(x) for x in v] if isinstance(v, list) else round(v, 3)


def figures(folder, noise="ours"):
    import tempfile

    with open(os.path.join(folder, "scenes.json")) as f:
        parts = json.load(f)["parts"]
    with tempfile.TemporaryDirectory() as work, OurNoise() if noise == "ours" else contextlib.nullcontext():
        work_folder(work)
        result = dict(maps=judge.maps(work, len(parts["maps"])), drawn=judge.gen(work, len(parts["drawn"])))
        model = judge.Model(work)
        result["cut"] = judge.cut(work, cut_count(model, parts["cut"]))
        result["drawn"]["maps"] = drawn_maps(model, parts, "drawn")
        if parts["mirrors"]:
            result["mirrors"] = drawn_maps(model, parts, "mirrors")
        if parts["weights"]:
            result["weights"] = judge.weights(work, len(parts["weights"]) // 2)
    print(json.dumps(rounded(result)))


def twelve(mask):
    return torch.from_numpy(np.kron(mask, np.ones((SIDE // 12, SIDE // 12)))) > 0


def drawn_regions(reading, sc):
    """What each word of the caption names in a drawing, pixel by pixel; and its reflection and object, 12 x 12. As drawing.h says."""
    kind, colour = (y.argmax(1)[0].numpy() for y in reading)
    objects = sc.objects[:1] if sc.relation == "mirror" else sc.objects
    of = [kind == judge.KIND[o.kind] for o in objects]
    right = [k & (colour == judge.COL[o.colour]) if o.named else k for k, o in zip(of, objects)]
    twins = len(objects) == 2 and objects[0].kind == objects[1].kind
    apart = twins and all(o.named for o in objects) and objects[0].colour != objects[1].colour
    region, mirror = {}, None
    for i in range(len(objects)):
        mask = right[i] if apart else np.zeros_like(of[i]) if twins else of[i]
        if mask.sum() >= 3:
            region[("noun", i)] = region[("colour", i)] = twelve(mask)
    if sc.relation == "mirror":
        glass, half = kind == judge.GLASS, np.arange(12) < 6
        halves = lambda m: (m[:, :6].sum(), m[:, 6:].sum())
        if max(halves(glass)) > 6 and min(halves(right[0])) >= 2:
            side = half if halves(glass)[0] > halves(glass)[1] else ~half
            region[("mirror", 2)] = twelve(glass | right[0] & side)
            mirror = right[0] & side, right[0] & ~side
    return region, mirror


@torch.no_grad()
def drawn_maps(m, parts, part):
    """Maps of drawings, mean over all steps, against what was drawn: not judge.py's, but counted as its maps() counts."""
    n = judge.load_segmenter()
    blocks, grid, patches = m.layers, m.grid, m.grid**2
    pointing, overlaps, of_all, of_other, drawn = {}, {}, [], [], []
    counts = [len(parts[k]) if k == part else 0 for k in PARTS]
    counts[-1] //= 2
    for _, sc, seed, _ in held_out(*counts):
        _, spans = m.spans(sc)
        keep = [[] for _ in range(blocks)]
        taken = iter(range(1 << 20))
        cycle = type("Cycle", (), {"append": lambda _, a: keep[next(taken) % blocks].append(a[0, :, :patches])})()
        x = m.draw(m.words(sc.caption), seed, keep=cycle)
        A = torch.stack([torch.stack(k).mean(0) for k in keep])  # [blocks][heads][patches][patches + words]
        region, mirror = drawn_regions(n(x), sc)
        drawn.append(judge.read(n, x, sc)["whole"][0])
        enlarge = lambda v: torch.nn.functional.interpolate(v.view(1, 1, grid, grid), size=(SIDE, SIDE), mode="bilinear")[0, 0]
        for role, obj, tokens in spans:
            if (role, obj) not in region:
                continue
            where = region[(role, obj)]
            w = A[..., [patches + t for t in tokens]].mean(-1)
            for name, v in ((role, w[1:].mean((0, 1))), (role + "_free_heads", w[1:, 2:].mean((0, 1)))):
                pointing.setdefault(name, []).append(float(where.flatten()[int(enlarge(v).argmax())]))
            h = enlarge(w[1:].mean((0, 1)))
            h = (h - h.min()) / (h.max() - h.min() + 1e-9)
            overlaps.setdefault(role, []).append([float(((h > t) & where).sum() / ((h > t) | where).sum()) for t in (0.3, 0.4, 0.5, 0.6)])
        if mirror:
            R, O = (torch.from_numpy(v.flatten()) for v in mirror)
            q = A[..., R, :patches]
            of_all.append(((q[..., O].sum(-1) / q.sum(-1)).mean(-1) / (O.sum() / patches)).numpy())
            of_other.append(((q[..., O].sum(-1) / q[..., ~R].sum(-1)).mean(-1) / (O.sum() / (~R).sum())).numpy())
    table = lambda t: np.mean(t, 0).round(3).tolist() if t else []
    return dict(
        pointing={k: [round(float(np.mean(v)), 3), len(v)] for k, v in pointing.items()},
        miou_best={k: round(float(np.mean(v, 0).max()), 3) for k, v in overlaps.items()},
        mirror_mass_over_chance_by_block_head=table(of_all),
        mirror_mass_of_others_over_chance_by_block_head=table(of_other),
        mirror_scenes=len(of_all),
        whole=[round(float(np.mean(drawn)), 3), len(drawn)],
    )


def cut_count(m, scenes):
    """judge.py goes on until N drawings were right; a file has its end: how many of its scenes are drawn rightly."""
    n = judge.load_segmenter()
    rng = np.random.default_rng(777)
    right = 0
    with torch.no_grad():
        for scene in scenes:
            sc = world.sample(rng, named=True)
            assert sc.caption == scene["caption"] and int(rng.integers(1 << 30)) == scene["seed"]
            r = judge.read(n, m.draw(m.words(sc.caption), scene["seed"]), sc)
            right += r["object"][0] and r["binding"][0]
    return right


if __name__ == "__main__":
    dict(cases=cases, seg=seg, golden=golden, figures=figures)[sys.argv[1]](*sys.argv[2:])
