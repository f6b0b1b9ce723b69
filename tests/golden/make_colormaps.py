#!/usr/bin/env python3
"""Writes app/views/colormap_tables.inc. Needs matplotlib and numpy; the file names the versions it came from.

viridis, cividis and magma are matplotlib's (CC0), gray and PuOr are its tables too (PuOr: ColorBrewer, Apache-2.0).
The paper maps are made here: the map reversed, its first quarter mixed with white in Oklab, so that it starts at the
white of the panel and its lightness only falls. Oklab: Bjorn Ottosson, 2020.
"""
import pathlib
import sys

import matplotlib
import numpy as np

SOURCES = ["viridis", "cividis", "magma", "gray", "PuOr"]
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


def main():
    maps = {name: matplotlib.colormaps[name](np.arange(256))[:, :3] for name in SOURCES}
    for name in SOURCES[:4]:
        maps["paper " + name] = paper(maps[name])
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
