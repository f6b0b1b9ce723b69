"""Little World: procedurally drawn scenes with bilingual captions and exact object masks.

A scene is a background plus one or two objects in a relation. Every object has a kind, a colour and a box;
the caption names some of the colours (the unnamed ones are random), in French or English. A word may have a weight,
as in (cat:1.5): a noun's is how large its object is drawn, a colour's how vivid; 0 leaves the object out, or the colour open.
`sample(rng)` -> Scene(image uint8 [S,S,3], caption str, lang, objects [(kind, colour, mask bool [S,S])], relation).
"""

from __future__ import annotations
import dataclasses, functools, math
import numpy as np
from PIL import Image, ImageDraw

SIZE = 96
SS = 2  # supersampling

COLOURS = {  # name: rgb, english, french (masc, fem)
    "red": ((214, 40, 40), "red", ("rouge", "rouge")),
    "blue": ((38, 84, 210), "blue", ("bleu", "bleue")),
    "green": ((40, 160, 70), "green", ("vert", "verte")),
    "yellow": ((245, 205, 40), "yellow", ("jaune", "jaune")),
    "grey": ((135, 138, 145), "grey", ("gris", "grise")),
    "black": ((35, 33, 40), "black", ("noir", "noire")),
    "white": ((246, 246, 243), "white", ("blanc", "blanche")),
    "orange": ((242, 130, 30), "orange", ("orange", "orange")),
    "pink": ((246, 130, 185), "pink", ("rose", "rose")),
    "purple": ((130, 60, 180), "purple", ("violet", "violette")),
}
KINDS = {  # kind: english noun, french noun, french gender, class
    "cat": ("cat", "chat", "m", "animal"),
    "mouse": ("mouse", "souris", "f", "animal"),
    "dog": ("dog", "chien", "m", "animal"),
    "horse": ("horse", "cheval", "m", "animal"),
    "bird": ("bird", "oiseau", "m", "animal"),
    "fish": ("fish", "poisson", "m", "animal"),
    "astronaut": ("astronaut", "astronaute", "m", "person"),
    "robot": ("robot", "robot", "m", "person"),
    "ball": ("ball", "ballon", "m", "thing"),
    "house": ("house", "maison", "f", "thing"),
    "tree": ("tree", "arbre", "m", "thing"),
    "star": ("star", "étoile", "f", "thing"),
    "car": ("car", "voiture", "f", "thing"),
    "flower": ("flower", "fleur", "f", "thing"),
}


class Pen:
    """Draws in a unit square mapped to a box; keeps a colour image and a coverage mask."""

    def __init__(self, size_px, box, flip):
        self.n = size_px
        self.box, self.flip = box, flip
        self.rgb = Image.new("RGB", (size_px, size_px))
        self.mask = Image.new("L", (size_px, size_px), 0)
        self.d, self.m = ImageDraw.Draw(self.rgb), ImageDraw.Draw(self.mask)

    def _pt(self, x, y):
        if self.flip:
            x = 1 - x
        x0, y0, w, h = self.box
        return (x0 + x * w, y0 + y * h)

    def poly(self, pts, c):
        p = [self._pt(*q) for q in pts]
        self.d.polygon(p, fill=c)
        self.m.polygon(p, fill=255)

    def ell(self, cx, cy, rx, ry, c):
        (x0, y0), (x1, y1) = self._pt(cx - rx, cy - ry), self._pt(cx + rx, cy + ry)
        b = [min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)]
        self.d.ellipse(b, fill=c)
        self.m.ellipse(b, fill=255)

    def rect(self, x0, y0, x1, y1, c):
        self.poly([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], c)

    def line(self, pts, w, c):
        p = [self._pt(*q) for q in pts]
        px = max(1, int(round(w * self.box[2])))
        self.d.line(p, fill=c, width=px, joint="curve")
        self.m.line(p, fill=255, width=px, joint="curve")
        for q in (p[0], p[-1]):
            b = [q[0] - px / 2, q[1] - px / 2, q[0] + px / 2, q[1] + px / 2]
            self.d.ellipse(b, fill=c)
            self.m.ellipse(b, fill=255)


def shade(c, k):
    return tuple(int(max(0, min(255, v * k if k <= 1 else v + (255 - v) * (k - 1)))) for v in c)


def dark(c):
    return (20, 20, 25) if sum(c) > 150 else (225, 225, 230)


def draw(kind, pen, c):
    """Every figure faces right in the unit square, feet at y = 1."""
    lo, hi, eye = shade(c, 0.72), shade(c, 1.35), dark(c)
    if kind == "cat":
        pen.line([(0.16, 0.66), (0.04, 0.50), (0.07, 0.30)], 0.07, lo)
        for x in (0.24, 0.36, 0.60, 0.70):
            pen.rect(x - 0.045, 0.74, x + 0.045, 1.0, lo)
        pen.ell(0.45, 0.66, 0.30, 0.19, c)
        pen.poly([(0.60, 0.30), (0.62, 0.06), (0.74, 0.22)], c)
        pen.poly([(0.78, 0.22), (0.92, 0.06), (0.94, 0.30)], c)
        pen.ell(0.77, 0.38, 0.19, 0.18, c)
        pen.ell(0.72, 0.36, 0.035, 0.05, eye)
        pen.ell(0.86, 0.36, 0.035, 0.05, eye)
        pen.ell(0.80, 0.46, 0.03, 0.02, (240, 130, 140))
    elif kind == "mouse":
        pen.line([(0.20, 0.82), (0.05, 0.86), (0.02, 0.66)], 0.04, (225, 150, 150))
        pen.ell(0.45, 0.78, 0.32, 0.20, c)
        pen.ell(0.74, 0.74, 0.18, 0.15, c)
        pen.poly([(0.84, 0.66), (0.99, 0.80), (0.84, 0.86)], c)
        pen.ell(0.62, 0.52, 0.14, 0.15, c)
        pen.ell(0.62, 0.53, 0.085, 0.095, (240, 170, 175))
        pen.ell(0.82, 0.70, 0.03, 0.035, eye)
        pen.ell(0.975, 0.80, 0.025, 0.025, (235, 110, 120))
        pen.rect(0.30, 0.94, 0.38, 1.0, lo)
        pen.rect(0.58, 0.94, 0.66, 1.0, lo)
    elif kind == "dog":
        pen.line([(0.15, 0.55), (0.03, 0.36)], 0.08, c)
        for x in (0.22, 0.34, 0.58, 0.68):
            pen.rect(x - 0.05, 0.66, x + 0.05, 1.0, lo)
        pen.rect(0.14, 0.46, 0.72, 0.74, c)
        pen.rect(0.58, 0.18, 0.84, 0.56, c)
        pen.rect(0.80, 0.32, 0.99, 0.48, hi)
        pen.ell(0.96, 0.35, 0.04, 0.04, (20, 20, 25))
        pen.poly([(0.56, 0.16), (0.68, 0.16), (0.62, 0.50), (0.54, 0.46)], lo)
        pen.ell(0.77, 0.28, 0.035, 0.04, eye)
    elif kind == "horse":
        pen.line([(0.12, 0.44), (0.03, 0.60), (0.05, 0.78)], 0.07, lo)
        for x in (0.18, 0.28, 0.58, 0.67):
            pen.rect(x - 0.035, 0.58, x + 0.035, 1.0, lo)
        pen.ell(0.42, 0.50, 0.31, 0.16, c)
        pen.poly([(0.56, 0.50), (0.70, 0.10), (0.84, 0.14), (0.74, 0.56)], c)
        pen.poly([(0.70, 0.06), (0.99, 0.26), (0.95, 0.36), (0.72, 0.28)], c)
        pen.line([(0.70, 0.08), (0.60, 0.30), (0.56, 0.42)], 0.07, lo)
        pen.poly([(0.71, 0.10), (0.73, 0.0), (0.78, 0.08)], c)
        pen.ell(0.79, 0.16, 0.025, 0.03, eye)
    elif kind == "bird":
        pen.poly([(0.22, 0.58), (0.0, 0.46), (0.02, 0.70)], lo)
        pen.ell(0.46, 0.58, 0.28, 0.22, c)
        pen.ell(0.72, 0.40, 0.16, 0.16, c)
        pen.poly([(0.84, 0.36), (1.0, 0.43), (0.84, 0.48)], (245, 170, 40))
        pen.ell(0.42, 0.56, 0.16, 0.11, lo)
        pen.ell(0.75, 0.37, 0.03, 0.035, eye)
        pen.line([(0.44, 0.78), (0.44, 0.97)], 0.035, (230, 150, 40))
        pen.line([(0.54, 0.78), (0.54, 0.97)], 0.035, (230, 150, 40))
    elif kind == "fish":
        pen.poly([(0.22, 0.55), (0.0, 0.34), (0.02, 0.78)], lo)
        pen.ell(0.54, 0.56, 0.36, 0.22, c)
        pen.poly([(0.44, 0.38), (0.60, 0.20), (0.66, 0.38)], lo)
        pen.ell(0.76, 0.50, 0.045, 0.05, (250, 250, 250))
        pen.ell(0.77, 0.50, 0.025, 0.03, (15, 15, 20))
        pen.line([(0.62, 0.44), (0.60, 0.56), (0.62, 0.68)], 0.03, lo)
    elif kind == "astronaut":
        pen.rect(0.24, 0.40, 0.36, 0.74, lo)
        pen.rect(0.34, 0.66, 0.48, 1.0, c)
        pen.rect(0.54, 0.66, 0.68, 1.0, c)
        pen.rect(0.32, 0.40, 0.70, 0.74, c)
        pen.line([(0.36, 0.46), (0.18, 0.64)], 0.12, c)
        pen.line([(0.68, 0.46), (0.84, 0.60)], 0.12, c)
        pen.ell(0.51, 0.24, 0.24, 0.24, c)
        pen.ell(0.56, 0.25, 0.16, 0.14, (40, 60, 90))
        pen.ell(0.61, 0.20, 0.05, 0.04, (150, 190, 230))
        pen.rect(0.44, 0.50, 0.60, 0.58, (225, 60, 60) if c != COLOURS["red"][0] else (60, 90, 225))
    elif kind == "robot":
        pen.rect(0.36, 0.70, 0.46, 1.0, lo)
        pen.rect(0.56, 0.70, 0.66, 1.0, lo)
        pen.rect(0.28, 0.38, 0.74, 0.74, c)
        pen.rect(0.16, 0.40, 0.26, 0.68, lo)
        pen.rect(0.76, 0.40, 0.86, 0.68, lo)
        pen.rect(0.32, 0.10, 0.70, 0.36, c)
        pen.line([(0.51, 0.10), (0.51, 0.0)], 0.03, lo)
        pen.ell(0.51, 0.02, 0.04, 0.04, (240, 60, 60))
        pen.rect(0.38, 0.18, 0.47, 0.27, (120, 235, 240))
        pen.rect(0.55, 0.18, 0.64, 0.27, (120, 235, 240))
        pen.rect(0.38, 0.48, 0.64, 0.54, lo)
    elif kind == "ball":
        pen.ell(0.5, 0.62, 0.37, 0.37, c)
        pen.poly([(0.16, 0.56), (0.84, 0.56), (0.86, 0.68), (0.14, 0.68)], hi if sum(c) < 600 else lo)
        pen.ell(0.38, 0.44, 0.07, 0.07, shade(c, 1.6))
    elif kind == "house":
        pen.rect(0.12, 0.46, 0.88, 1.0, c)
        pen.poly([(0.02, 0.48), (0.5, 0.06), (0.98, 0.48)], (120, 62, 48))
        pen.rect(0.42, 0.66, 0.60, 1.0, (86, 52, 40))
        pen.rect(0.20, 0.58, 0.34, 0.72, (190, 225, 245))
        pen.rect(0.68, 0.58, 0.82, 0.72, (190, 225, 245))
    elif kind == "tree":
        pen.rect(0.43, 0.62, 0.57, 1.0, (110, 72, 42))
        pen.ell(0.5, 0.26, 0.26, 0.24, c)
        pen.ell(0.30, 0.48, 0.24, 0.22, c)
        pen.ell(0.70, 0.48, 0.24, 0.22, c)
        pen.ell(0.42, 0.24, 0.06, 0.05, hi)
        pen.ell(0.30, 0.44, 0.05, 0.04, hi)
    elif kind == "star":
        pts = []
        for i in range(10):
            r = 0.48 if i % 2 == 0 else 0.20
            a = -math.pi / 2 + i * math.pi / 5
            pts.append((0.5 + r * math.cos(a), 0.54 + r * math.sin(a)))
        pen.poly(pts, c)
    elif kind == "car":
        pen.poly(
            [
                (0.02, 0.60),
                (0.20, 0.56),
                (0.30, 0.34),
                (0.68, 0.34),
                (0.80, 0.56),
                (0.98, 0.62),
                (0.98, 0.86),
                (0.02, 0.86),
            ],
            c,
        )
        pen.poly([(0.33, 0.40), (0.48, 0.40), (0.48, 0.56), (0.27, 0.56)], (190, 225, 245))
        pen.poly([(0.53, 0.40), (0.65, 0.40), (0.74, 0.56), (0.53, 0.56)], (190, 225, 245))
        pen.ell(0.24, 0.86, 0.12, 0.13, (30, 30, 34))
        pen.ell(0.76, 0.86, 0.12, 0.13, (30, 30, 34))
        pen.ell(0.24, 0.86, 0.05, 0.05, (180, 180, 185))
        pen.ell(0.76, 0.86, 0.05, 0.05, (180, 180, 185))
        pen.ell(0.95, 0.68, 0.035, 0.035, (255, 240, 150))
    elif kind == "flower":
        pen.line([(0.5, 0.50), (0.5, 1.0)], 0.06, (50, 130, 60))
        pen.ell(0.64, 0.78, 0.12, 0.06, (50, 130, 60))
        for i in range(6):
            a = i * math.pi / 3
            pen.ell(0.5 + 0.20 * math.cos(a), 0.32 + 0.20 * math.sin(a), 0.145, 0.145, c)
        pen.ell(0.5, 0.32, 0.11, 0.11, (250, 215, 70) if c != COLOURS["yellow"][0] else (150, 90, 30))
    else:
        raise ValueError(kind)


@dataclasses.dataclass
class Obj:
    kind: str
    colour: str
    cx: float  # centre x, 0..1
    base: float  # feet y, 0..1
    size: float  # 0..1 of canvas
    flip: bool = False
    named: bool = True  # colour in caption?
    reflection: bool = False
    mask: np.ndarray | None = None
    noun_weight: float = 1.0
    colour_weight: float = 1.0
    drawn: str | None = None  # the colour it is drawn in, when its word weighs 0


@dataclasses.dataclass
class Scene:
    image: np.ndarray
    caption: str
    lang: str
    relation: str
    place: str
    objects: list
    mirror: tuple | None = None  # glass: x0, x1, y0, y1 in 0..1


PLACES = {  # place: english, french, sky top, sky bottom, ground, horizon
    "plain": ("", "", None, None, None, None),
    "grass": ("in the grass", "dans l'herbe", (150, 205, 245), (215, 238, 250), (120, 185, 90), 0.72),
    "snow": ("in the snow", "dans la neige", (165, 190, 215), (215, 226, 236), (244, 248, 252), 0.70),
    "night": ("at night", "la nuit", (12, 16, 48), (38, 42, 92), (34, 40, 52), 0.76),
    "beach": ("on the beach", "sur la plage", (90, 175, 230), (60, 140, 200), (238, 214, 150), 0.68),
    "moon": ("on the moon", "sur la lune", (6, 6, 14), (16, 16, 30), (172, 172, 180), 0.66),
}


def background(place, rng, n):
    img = np.zeros((n, n, 3), np.float32)
    if place == "plain":
        base = np.array(
            [[250, 240, 225], [228, 240, 250], [235, 248, 230], [248, 232, 240], [240, 240, 240]][rng.integers(5)],
            np.float32,
        )
        img[:] = base + rng.uniform(-8, 5)
        return img
    _, _, top, bottom, ground, hor = PLACES[place]
    hor += rng.uniform(-0.03, 0.03)
    y = np.linspace(0, 1, n)[:, None, None]
    t = np.clip(y / hor, 0, 1)
    img[:] = np.array(top) * (1 - t) + np.array(bottom) * t
    g = y[:, 0, 0] >= hor
    img[g] = np.array(ground, np.float32) * (1 - 0.12 * ((y[g] - hor) / (1 - hor)))
    if place in ("night", "moon"):
        for _ in range(rng.integers(8, 16)):
            sx, sy = rng.uniform(0, 1), rng.uniform(0, hor - 0.05)
            r = rng.uniform(0.004, 0.010)
            x0, y0 = int(sx * n), int(sy * n)
            k = max(1, int(r * n))
            img[max(0, y0 - k) : y0 + k, max(0, x0 - k) : x0 + k] = (250, 248, 220)
    if place == "moon":
        for _ in range(4):
            cx, cy, rr = rng.uniform(0.05, 0.95), rng.uniform(hor + 0.08, 0.97), rng.uniform(0.03, 0.07)
            yy, xx = np.mgrid[0:n, 0:n] / n
            img[((xx - cx) / rr) ** 2 + ((yy - cy) / (rr * 0.4)) ** 2 < 1] = (140, 140, 150)
    return img


@functools.lru_cache(maxsize=20000)
def sprite(kind, rgb, px, flip):
    """RGB image and coverage mask of one figure, px by px."""
    pen = Pen(px, (0, 0, px, px), flip)
    draw(kind, pen, rgb)
    return pen.rgb, pen.mask


def vivid(colour, w):
    """A colour as strongly as its word weighs: 1 as it is, below 1 towards grey (faster than the weight), above 1 purer."""
    c = np.array(COLOURS[colour][0], float)
    grey = np.full(3, 150.0) if colour in ("grey", "black", "white") else np.full(3, c @ (0.3, 0.59, 0.11))
    g = w**1.5 if w < 1 else 1 + 0.8 * (w - 1)
    return tuple(int(v) for v in (grey + (c - grey) * g).clip(0, 255).round())


def scale_of(w):
    """How much larger an object is drawn when its noun weighs w."""
    return w**0.5


GLASS = (205, 228, 238)


def render(objs, place, rng, mirror=None, size=SIZE, masks=True):
    n = size * SS
    img = background(place, rng, n)
    if mirror is not None:  # glass panel on one side, from the mirror axis to the edge
        x0, x1, y0, y1 = mirror
        frame = int(0.02 * n)
        a, b, c, d = int(x0 * n), int(x1 * n), int(y0 * n), int(y1 * n)
        img[max(0, c - frame) : d + frame, max(0, a - frame) : b + frame] = (150, 105, 50)
        img[c:d, a:b] = GLASS
    canvas = Image.fromarray(img.clip(0, 255).astype(np.uint8))
    for o in objs:
        if o.noun_weight == 0:
            o.mask = np.zeros((size, size), bool)
            continue
        s = int(round(o.size * scale_of(o.noun_weight) * n))
        rgb, m = sprite(o.kind, vivid(o.drawn or o.colour, o.colour_weight or 1.0), s, bool(o.flip))
        at = (int(round(o.cx * n - s / 2)), int(round(o.base * n - s)))
        full = Image.new("L", (n, n), 0)
        full.paste(m, at)
        if o.reflection and mirror is not None:
            box = [int(mirror[0] * n), int(mirror[2] * n), int(mirror[1] * n), int(mirror[3] * n)]
            clipped = Image.new("L", (n, n), 0)
            clipped.paste(full.crop(box), box[:2])
            full = clipped
            rgb = Image.blend(rgb, Image.new("RGB", rgb.size, GLASS), 0.18)
        layer = Image.new("RGB", (n, n))
        layer.paste(rgb, at)
        canvas.paste(layer, (0, 0), full)
        if masks:
            o.mask = np.asarray(full.resize((size, size), Image.BOX)) > 110
    if masks:
        for i, o in enumerate(objs):  # later objects hide earlier ones
            for later in objs[i + 1 :]:
                o.mask = o.mask & ~later.mask
    return np.asarray(canvas.resize((size, size), Image.BOX))


# ---------------------------------------------------------------- captions


def noun(o, lang):
    en, fr, g, _ = KINDS[o.kind]
    if lang == "en":
        words = ([COLOURS[o.colour][1]] if o.named else []) + [en]
        art = "an" if words[0][0] in "aeiou" else "a"
        return " ".join([art] + words)
    art = "un" if g == "m" else "une"
    col = COLOURS[o.colour][2][0 if g == "m" else 1]
    return f"{art} {fr} {col}" if o.named else f"{art} {fr}"


def elide(prep, np_):  # "à côté de" + "un chat" -> "à côté d'un chat"
    return prep[:-2] + "d'" + np_ if prep.endswith(" de") and np_[0] in "aeiouhéà" else f"{prep} {np_}"


REL = {  # relation: english, french connective
    "left": ("to the left of", "à gauche de"),
    "right": ("to the right of", "à droite de"),
    "above": ("above", "au-dessus de"),
    "below": ("below", "en dessous de"),
    "chase": ("chases", "poursuit"),
    "and": ("and", "et"),
}


def caption(objs, relation, place, lang):
    a = noun(objs[0], lang)
    if relation == "alone":
        text = a
    elif relation == "ride":
        b = noun(objs[1], lang)
        if lang == "fr":
            text = f"{a} à cheval" if (objs[1].kind == "horse" and not objs[1].named) else f"{a} sur {b}"
        else:
            text = f"{a} riding {b}"
    elif relation == "mirror":
        text = f"{a} in front of a mirror" if lang == "en" else f"{a} devant un miroir"
    elif relation == "chase":
        text = f"{a} {REL['chase'][0 if lang == 'en' else 1]} {noun(objs[1], lang)}"
    else:
        en, fr = REL[relation]
        b = noun(objs[1], lang)
        text = f"{a} {en} {b}" if lang == "en" else elide(f"{a} {fr}", b)
    tail = PLACES[place][0 if lang == "en" else 1]
    return f"{text} {tail}".strip()


def word_spans(scene):
    """[(role, object index, start, end)] of the caption's nouns, colours and mirror word; character offsets."""
    out, at, text = [], 0, scene.caption
    named = scene.objects[:1] if scene.relation == "mirror" else scene.objects
    for i, o in enumerate(named):
        en, fr, g, _ = KINDS[o.kind]
        word = en if scene.lang == "en" else fr
        col = COLOURS[o.colour][1] if scene.lang == "en" else COLOURS[o.colour][2][0 if g == "m" else 1]
        if scene.lang == "en" and o.named:
            b = text.index(col, at)
            out.append(("colour", i, b, b + len(col)))
            at = b + len(col)
        b = text.index(word, at)
        out.append(("noun", i, b, b + len(word)))
        at = b + len(word)
        if scene.lang == "fr" and o.named:
            b = text.index(col, at)
            out.append(("colour", i, b, b + len(col)))
            at = b + len(col)
    if scene.relation == "mirror":
        w = "mirror" if scene.lang == "en" else "miroir"
        b = text.index(w, at)
        out.append(("mirror", 2, b, b + len(w)))
    return out


ANIMALS = [k for k, v in KINDS.items() if v[3] == "animal"]
PERSONS = [k for k, v in KINDS.items() if v[3] == "person"]
ALL = list(KINDS)
RELATIONS = ["alone", "left", "right", "above", "below", "chase", "and", "ride", "mirror"]
REL_P = np.array([0.20, 0.10, 0.10, 0.08, 0.08, 0.16, 0.06, 0.12, 0.10])


def contrast_ok(colour, place):
    dark_places = {
        "night": {"black", "blue", "purple", "grey"},
        "moon": {"black", "grey"},
        "snow": {"white"},
        "grass": {"green"},
        "beach": {"yellow"},
        "plain": {"white"},
    }
    return colour not in dark_places[place]


def draw_weight(rng):
    return 0.0 if rng.random() < 0.17 else float(np.exp(rng.uniform(np.log(0.4), np.log(2.2))))


def put_weights(rng, objs, relation):
    """One or two words of the caption get a weight; an object's reflection shares its words."""
    words = [
        (i, r) for i, o in enumerate(objs) if not o.reflection for r in ("noun", "colour") if r == "noun" or o.named
    ]
    k = 1 if rng.random() < 0.5 else 2
    for j in rng.permutation(len(words))[:k]:
        i, role = words[j]
        w = draw_weight(rng)
        if role == "noun" and w == 0 and relation == "ride" and i == 1:
            w = 0.5  # a rider needs something to sit on
        w = min(w, {"alone": 2.2, "mirror": 1.6, "ride": 1.5}.get(relation, 1.9)) if role == "noun" else w
        same = [objs[i]] + ([objs[1]] if relation == "mirror" else [])
        drawn = (
            str(rng.choice([c for c in COLOURS if c not in ("white", "black")]))
            if role == "colour" and w == 0
            else None
        )
        for o in same:
            setattr(o, role + "_weight", w)
            o.drawn = drawn or o.drawn
    if relation == "mirror" and objs[0].noun_weight not in (0.0, 1.0):  # keep clear of the glass
        o = objs[0]
        axis = (objs[0].cx + objs[1].cx) / 2
        d = max(abs(o.cx - axis), 0.5 * o.size * scale_of(o.noun_weight) + 0.03)
        side = np.sign(o.cx - axis)
        objs[0].cx, objs[1].cx = axis + side * d, axis - side * d
    if relation == "ride" and objs[1].noun_weight not in (0.0, 1.0):  # the rider stays on the saddle
        m = objs[1]
        f = scale_of(m.noun_weight)
        top = (m.base - objs[0].base + 0.05) / m.size
        objs[0].base = m.base - m.size * f * top + 0.05
        objs[0].cx = m.cx + (objs[0].cx - m.cx) * f


def sample(
    rng,
    relation=None,
    lang=None,
    place=None,
    kinds=None,
    colours=None,
    named=None,
    size=SIZE,
    spec_only=False,
    weights=False,
):
    relation = relation or RELATIONS[rng.choice(len(RELATIONS), p=REL_P)]
    lang = lang or ("fr" if rng.random() < 0.5 else "en")
    place = place or (list(PLACES)[rng.integers(len(PLACES))] if rng.random() < 0.6 else "plain")
    pal = [c for c in COLOURS if contrast_ok(c, place)]
    two = relation not in ("alone", "mirror")
    if kinds is None:
        if relation == "chase":
            kinds = list(rng.choice(ANIMALS + PERSONS, 2, replace=rng.random() < 0.1))
        elif relation == "ride":
            kinds = [
                rng.choice(PERSONS + ["cat", "dog", "mouse", "bird"]),
                rng.choice(["horse", "horse", "horse", "dog", "fish", "car"]),
            ]
            if kinds[0] == kinds[1]:
                kinds[0] = "astronaut"
        else:
            kinds = list(rng.choice(ALL, 2 if two else 1, replace=False))
    if colours is None:
        colours = list(rng.choice(pal, len(kinds), replace=relation != "ride" and rng.random() < 0.15))
    flip = bool(rng.random() < (0.15 if relation == "ride" else 0.5))
    ground = 0.93 if place == "plain" else rng.uniform(0.86, 0.95)
    objs, mirror = [], None
    j = lambda s=0.02: rng.uniform(-s, s)
    if relation == "alone":
        objs = [Obj(kinds[0], colours[0], 0.5 + j(0.2), ground + j(0.03), rng.uniform(0.42, 0.62), flip)]
    elif relation in ("left", "right", "and", "chase"):
        s1, s2 = rng.uniform(0.34, 0.44), rng.uniform(0.34, 0.44)
        if relation == "chase":
            if kinds[1] == "mouse":
                s2 *= 0.82
            if kinds[0] == "mouse":
                s1 *= 0.82
            facing_right = not flip
            xa, xb = (0.26, 0.74) if facing_right else (0.74, 0.26)
            objs = [
                Obj(kinds[0], colours[0], xa + j(), ground, s1, not facing_right),
                Obj(kinds[1], colours[1], xb + j(), ground, s2, not facing_right),
            ]
        else:
            first_left = relation == "left" or (relation == "and" and rng.random() < 0.5)
            xa, xb = (0.26, 0.74) if first_left else (0.74, 0.26)
            objs = [
                Obj(kinds[0], colours[0], xa + j(), ground + j(), s1, bool(rng.random() < 0.5)),
                Obj(kinds[1], colours[1], xb + j(), ground + j(), s2, bool(rng.random() < 0.5)),
            ]
    elif relation in ("above", "below"):
        s1, s2 = rng.uniform(0.34, 0.42), rng.uniform(0.34, 0.42)
        x = 0.5 + j(0.16)
        up, down = (0.47 + j(), 0.95 + j(0.015))
        y1, y2 = (up, down) if relation == "above" else (down, up)
        objs = [
            Obj(kinds[0], colours[0], x + j(), y1, s1, flip),
            Obj(kinds[1], colours[1], x + j(), y2, s2, bool(rng.random() < 0.5)),
        ]
    elif relation == "ride":
        x = 0.5 + j(0.08)
        mount = Obj(kinds[1], colours[1], x, ground, rng.uniform(0.54, 0.60), flip)
        dx = -0.06 if not flip else 0.06
        top = {"horse": 0.40, "dog": 0.46, "fish": 0.38, "car": 0.36}[kinds[1]]
        rider = Obj(
            kinds[0],
            colours[0],
            x + dx * mount.size,
            ground - mount.size * (1 - top) + 0.05,
            rng.uniform(0.34, 0.40),
            flip,
        )
        objs = [rider, mount]
    elif relation == "mirror":
        s = rng.uniform(0.36, 0.42)
        axis = 0.5 + j(0.02)
        right = bool(rng.random() < 0.5)
        face = bool(rng.random() < 0.7)  # facing the mirror
        ox = axis - 0.25 if right else axis + 0.25
        real = Obj(kinds[0], colours[0], ox, ground, s, flip=(not right) if face else right)
        refl = Obj(kinds[0], colours[0], 2 * axis - ox, ground, s, flip=not real.flip, reflection=True)
        mirror = (axis, 0.985, 0.28, 0.965) if right else (0.015, axis, 0.28, 0.965)
        objs = [real, refl]
    p_named = 0.75
    for o in objs:
        o.named = bool(rng.random() < p_named) if named is None else named
    if relation == "ride" and kinds[1] == "horse" and named is None and rng.random() < 0.4:
        objs[1].named = False
    if weights:
        put_weights(rng, objs, relation)
    text = caption(objs, relation, place, lang)
    if spec_only:
        return Scene(None, text, lang, relation, place, objs)
    order = objs if relation != "ride" else [objs[1], objs[0]]
    if relation == "mirror":
        order = [objs[1], objs[0]]
    img = render(order, place, rng, mirror, size)
    return Scene(img, text, lang, relation, place, objs, mirror)


if __name__ == "__main__":
    import sys, time

    rng = np.random.default_rng(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    t = time.time()
    tiles, caps = [], []
    for i in range(40):
        s = sample(rng)
        tiles.append(np.kron(s.image, np.ones((3, 3, 1), np.uint8)))
        caps.append(f"{i:2d} {s.relation:6s} {s.caption}")
    print(f"{(time.time() - t) / 40 * 1e3:.1f} ms a scene")
    rows = [np.concatenate(tiles[r * 8 : (r + 1) * 8], 1) for r in range(5)]
    Image.fromarray(np.concatenate(rows, 0)).save(sys.argv[2])
    print("\n".join(caps))
