"""Renders N scene pairs (a scene and its attribute-swapped twin) to OUT.npz parts, on all cores."""

import sys, os, pickle, multiprocessing as mp
import numpy as np
import world


def twin(s, rng):
    """The same words, bound otherwise: colours swapped, or the relation reversed."""
    kinds, cols = [o.kind for o in s.objects], [o.colour for o in s.objects]
    if s.relation in ("alone", "mirror"):
        pal = [c for c in world.COLOURS if world.contrast_ok(c, s.place) and c != cols[0]]
        return dict(relation=s.relation, place=s.place, kinds=kinds[:1], colours=[pal[rng.integers(len(pal))]])
    flipped = {"left": "right", "right": "left", "above": "below", "below": "above"}
    if s.relation in flipped and rng.random() < 0.4:
        return dict(relation=flipped[s.relation], place=s.place, kinds=kinds, colours=cols)
    if s.relation in ("chase", "ride") and rng.random() < 0.3 and s.relation == "chase":
        return dict(relation=s.relation, place=s.place, kinds=kinds[::-1], colours=cols[::-1])
    if cols[0] != cols[1]:
        return dict(relation=s.relation, place=s.place, kinds=kinds, colours=cols[::-1])
    return dict(relation=s.relation, place=s.place, kinds=kinds[::-1] if s.relation != "ride" else kinds, colours=cols)


G = 12  # mask grid


def grid_masks(s):
    """Coverage 0..255 on a G x G grid: object 0 (with its reflection), object 1, glass."""
    out = np.zeros((3, G, G), np.uint8)
    pool = lambda m: (m.reshape(G, world.SIZE // G, G, world.SIZE // G).mean((1, 3)) * 255).astype(np.uint8)
    if s.relation == "mirror":
        out[0] = pool(s.objects[0].mask | s.objects[1].mask)
        g = np.zeros((world.SIZE, world.SIZE), bool)
        x0, x1, y0, y1 = [int(round(v * world.SIZE)) for v in s.mirror]
        g[y0:y1, x0:x1] = True
        out[2] = pool(g)
    else:
        for i, o in enumerate(s.objects):
            out[i] = pool(o.mask)
    return out


def work(args):
    seed, n = args
    rng = np.random.default_rng(seed)
    imgs, caps, meta, grids = [], [], [], []
    for _ in range(n):
        named = True if rng.random() < 0.6 else None
        w = rng.random() < 0.6  # most of the pairs have weights, and none of them is matched by CLIP
        a = world.sample(rng, named=named, weights=w)
        b = world.sample(rng, lang=a.lang, named=True if named else None, weights=w, **twin(a, rng))
        for s in (a, b):
            imgs.append(s.image)
            caps.append(s.caption)
            spans = world.word_spans(s)
            of = lambda role, i: getattr(s.objects[i], role + "_weight") if role in ("noun", "colour") else 1.0
            heavy = [(b, e, of(role, i)) for role, i, b, e in spans if of(role, i) != 1.0]
            meta.append((s.relation, s.lang, [(o.kind, o.colour, o.named) for o in s.objects], spans, heavy))
            grids.append(grid_masks(s))
    return np.stack(imgs), caps, meta, np.stack(grids)


if __name__ == "__main__":
    out, n, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    chunk = 1000
    jobs = [(seed * 100003 + i, chunk) for i in range(n // chunk)]
    images = np.lib.format.open_memmap(
        out + ".npy", mode="w+", dtype=np.uint8, shape=(2 * n, world.SIZE, world.SIZE, 3)
    )
    masks = np.lib.format.open_memmap(out + "_masks.npy", mode="w+", dtype=np.uint8, shape=(2 * n, 3, G, G))
    captions, metas = [], []
    with mp.Pool(int(os.environ.get("J", 2))) as pool:
        for i, (im, c, m, g) in enumerate(pool.imap(work, jobs)):
            images[i * 2 * chunk : (i + 1) * 2 * chunk] = im
            masks[i * 2 * chunk : (i + 1) * 2 * chunk] = g
            captions += c
            metas += m
    images.flush()
    masks.flush()
    pickle.dump((captions, metas), open(out + ".pkl", "wb"))
    print(len(captions), len(set(captions)))
