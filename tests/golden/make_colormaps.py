#!/usr/bin/env python3
"""Writes app/views/colormap_tables.inc. Needs matplotlib and numpy; the file names the versions it came from.

viridis, cividis and magma are matplotlib's (CC0), gray and PuOr are its tables too (PuOr: ColorBrewer, Apache-2.0).
The paper maps are made here: the map reversed, its first quarter mixed with white in Oklab, so that it starts at the
white of the panel and its lightness only falls. PuOr is made twice, one for each ground: both halves begin at the
ground's own colour in place 128, where 0 falls, and run to PuOr's ends on white, to its light middle on dark ground.
Oklab: Bjorn Ottosson, 2020.
"""
import pathlib
import sys

import matplotlib
import numpy as np

SOURCES = ["viridis", "cividis", "magma", "gray", "PuOr"]
DARK_PANEL = np.array([0x1A, 0x1D, 0x22]) / 255  # app/views/theme_colors.cpp
OUT = pathlib.Path(__file__).parents[2] / "app/views/colormap_tables.inc"

TO_LMS = np.array([[0.4122214708, 0.5363325363, 0.0514459929],
                   [0.2119034982, 0.6806995451, 0.1073969566],
                   [0.0883024619, 0.2817188376, 0.6299787005]])
TO_LAB = np.array([[0.2104542553, 0.7936177850, -0.0040720468],
                   [1.9779984951, -2.4285922050, 0.4505937099],
                   [0.0259040371, 0.7827717662, -0.8086757660]])


def oklab(rgb):
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.cbrt(linear @ TO_LMS.T) @ TO_LAB.T


def srgb(lab):
    linear = ((lab @ np.linalg.inv(TO_LAB).T) ** 3) @ np.linalg.inv(TO_LMS).T
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def paper(table):
    u = np.linspace(0, 1, 256)[:, None]
    share = np.minimum(1.0, u / 0.25)  # how much of the map; the rest is white
    return srgb(share * oklab(table[::-1]) + (1 - share) * oklab(np.ones(3)))


def centred(at, ground):
    """`at`: from a strength in [0, 1] and a side, -1 or 1, to a colour; the first third is mixed with `ground`."""
    table = []
    for i in range(256):
        strength = abs(i - 128) / 128
        share = min(1.0, 3 * strength)
        table.append(srgb(share * oklab(at(strength, np.sign(i - 128))) + (1 - share) * oklab(ground)))
    return np.array(table)


def main():
    maps = {name: matplotlib.colormaps[name](np.arange(256))[:, :3] for name in SOURCES[:4]}
    puor = lambda place: np.array(matplotlib.colormaps["PuOr"](float(place))[:3])
    begin = {-1: 0.48, 0: 0.0, 1: 0.42}  # the purples are darker than the oranges
    maps["PuOr on dark"] = centred(lambda s, side: puor(0.5 + side * (begin[side] + (0.16 - begin[side]) * s)), DARK_PANEL)
    for name in SOURCES[:4]:
        maps["paper " + name] = paper(maps[name])
    maps["PuOr on paper"] = centred(lambda s, side: puor(0.5 + side * 0.5 * s), np.ones(3))
    lines = [f"// Made by tests/golden/make_colormaps.py with matplotlib {matplotlib.__version__}, numpy {np.__version__}.",
             "// R, G, B; 256 colours a map, in the order of enum Colormap. Do not edit.",
             f"constexpr std::array<Table, {len(maps)}> kTables = {{{{"]
    for name, table in maps.items():
        values = np.round(table * 255).astype(int).flatten().tolist()
        lines.append(f"    // {name}")
        lines.append("    {")
        for i in range(0, len(values), 24):
            lines.append("        " + ", ".join(map(str, values[i:i + 24])) + ",")
        lines.append("    },")
    lines.append("}};")
    OUT.write_text("\n".join(lines) + "\n")
    print(f"{OUT}: {len(maps)} maps", file=sys.stderr)


if __name__ == "__main__":
    main()
