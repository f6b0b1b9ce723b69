#!/usr/bin/env python3
"""Writes image/: odd but sound pictures and malformed ones, image/expected.json (for each its path and the whole message
without the folder in front of the file's name; empty: sound) and image/pixels.safetensors: what Pillow makes of the sound
ones, `path` U8 [h,w,3].

    python make_images.py            (Pillow 12, numpy, safetensors)

Messages are written here by hand, not taken from the program. tests/core/formats/image_test.cpp opens every file.
"""
import io
import json
import os
import struct
import zlib

import numpy as np
import PIL
from PIL import Image, ImageOps
from safetensors.numpy import save_file

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "image")
EXPECTED = []
PIXELS = {}
KNOWN = "a PNG, JPEG or WebP picture"


def put(name, data):
    with open(os.path.join(HERE, name), "wb") as out:
        out.write(data)


def bad(name, data, message):
    put(name, data)
    EXPECTED.append({"path": name, "message": f"{name}: {message}"})


def sound(name, data, pixels=None):
    put(name, data)
    EXPECTED.append({"path": name, "message": ""})
    if pixels is None:
        with Image.open(io.BytesIO(data)) as image:
            pixels = np.array(ImageOps.exif_transpose(image).convert("RGB"))
    PIXELS[name] = np.ascontiguousarray(pixels)


def scene(width=21, height=14):
    """Smooth colours, hard edges and a little noise; no two sides or quarters alike."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    rgb = np.stack([255 * x / width, 255 * y / height, 128 + 100 * np.sin(x / 3 + y / 5)], -1)
    rgb[height // 3 : height // 2, width // 4 : width // 2] = (250, 20, 30)
    rgb[: height // 4, -width // 4 :] = (0, 0, 90)
    rgb += np.random.default_rng(3).normal(0, 6, rgb.shape)
    return np.clip(rgb, 0, 255).astype(np.uint8)


def alpha(rgb):
    a = np.linspace(0, 255, rgb[..., 0].size).reshape(rgb.shape[:2]).astype(np.uint8)
    return np.concatenate([rgb, a[..., None]], -1)


def encoded(rgb, kind, mode=None, **options):
    image = rgb if isinstance(rgb, Image.Image) else Image.fromarray(rgb)
    out = io.BytesIO()
    (image.convert(mode) if mode else image).save(out, kind, **options)
    return out.getvalue()


def exif(orientation):
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags


# --- PNG --------------------------------------------------------------------------------------------------------------

MAGIC = b"\x89PNG\r\n\x1a\n"
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed(samples, depth):
    """Rows of samples, each with filter 0 in front."""
    out = b""
    for row in samples.reshape(samples.shape[0], -1):
        if depth == 16:
            bits = row.astype(">u2").tobytes()
        else:
            bits = np.packbits(np.unpackbits(row.astype(np.uint8)[:, None], axis=1)[:, 8 - depth :].ravel()).tobytes()
        out += b"\0" + bits
    return out


def png(samples, depth, colour, extra=b"", interlaced=False):
    height, width = samples.shape[:2]
    data = b""
    for x, y, dx, dy in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        part = samples[y::dy, x::dx]
        data += packed(part, depth) if part.size else b""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    return MAGIC + chunk(b"IHDR", head) + extra + chunk(b"IDAT", zlib.compress(data, 9)) + chunk(b"IEND", b"")


def pngs():
    rgb = scene()
    grey = rgb[..., :1]
    rng = np.random.default_rng(5)
    for depth in (1, 2, 4, 8):
        sound(f"grey{depth}.png", png(grey >> (8 - depth), depth, 0))
        indices = rng.integers(0, min(2**depth, 40), grey.shape)
        palette = chunk(b"PLTE", rng.integers(0, 256, 3 * min(2**depth, 40)).astype(np.uint8).tobytes())
        sound(f"palette{depth}.png", png(indices, depth, 3, palette))
        sound(f"palette{depth}_clear.png", png(indices, depth, 3, palette + chunk(b"tRNS", b"\0\x80")))
    deep = rng.integers(0, 65536, rgb.shape)
    sound("rgb8.png", png(rgb, 8, 2))
    sound("rgb16.png", png(deep, 16, 2))
    sound("rgb8_clear.png", png(rgb, 8, 2, chunk(b"tRNS", struct.pack(">HHH", *rgb[3, 4]))))
    sound("rgba8.png", png(alpha(rgb), 8, 6))
    sound("rgba16.png", png(np.concatenate([deep, deep[..., :1]], -1), 16, 6))
    sound("grey8_alpha.png", png(alpha(rgb)[..., 2:], 8, 4))
    sound("grey16_alpha.png", png(deep[..., :2], 16, 4))
    # Pillow clips what is above 255; ours is the high byte.
    sound("grey16.png", png(deep[..., :1], 16, 0), np.repeat(deep[..., :1] >> 8, 3, -1).astype(np.uint8))
    sound("interlaced.png", png(rgb, 8, 2, interlaced=True))
    sound("interlaced_1x1.png", png(rgb[:1, :1], 8, 2, interlaced=True))
    sound("interlaced_grey1.png", png(grey >> 7, 1, 0, interlaced=True))
    sound("1x9.png", png(rgb[:9, :1], 8, 2))
    sound("gamma.png", png(rgb, 8, 2, chunk(b"gAMA", struct.pack(">I", 100000))))
    sound("turned.png", encoded(rgb, "PNG", exif=exif(6)))
    sound("no_png_by_name.jpg", png(rgb, 8, 2))

    good = png(rgb, 8, 2)
    magic = "byte 0: expected the mark of a PNG, got"
    bad("short_mark.png", good[:6], f"{magic} '\\x89PNG\\x0D\\x0A'")
    bad("mark_only.png", MAGIC, "byte 8: expected a sound PNG, got 'the file ends too early'")
    bad("cut_header.png", good[:20], "byte 16: expected a sound PNG, got 'the file ends too early'")
    bad("cut_data.png", good[:300], "byte 41: expected a sound PNG, got 'the file ends too early'")
    bad("cut_end.png", good[:-12], f"byte {len(good) - 12}: expected a sound PNG, got 'the file ends too early'")
    flipped = bytearray(good)
    flipped[60] ^= 0x10
    bad("flipped.png", bytes(flipped), f"byte {len(good) - 16}: expected a sound PNG, got 'IDAT: incorrect data check'")
    flipped = bytearray(good)
    flipped[-13] ^= 0x10
    bad("crc.png", bytes(flipped), f"byte {len(good) - 12}: expected a sound PNG, got 'IDAT: CRC error'")

    def head(width, height, depth=8, colour=2):
        return MAGIC + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)) + good[33:]

    invalid = "expected a sound PNG, got 'Invalid IHDR data'"
    bad("no_width.png", head(0, 5), f"byte 33: {invalid}")
    bad("wide.png", head(16385, 1), f"byte 33: {invalid}")
    bad("huge.png", head(0x7FFFFFFF, 0x7FFFFFFF), f"byte 33: {invalid}")
    bad("depth3.png", head(9, 9, 3), f"byte 33: {invalid}")
    bad("large.png", head(16384, 16384), "size: expected at most 268435456 bytes of pixels, got 1073741824")
    least = 3 * 8000 * 8000 // 1040
    bad("hollow.png", head(8000, 8000), f"data: expected at least {least} bytes for 8000x8000 pixels, got {len(good)}")
    no_palette = png(grey & 1, 1, 3)
    bad("no_palette.png", no_palette, "byte 41: expected a sound PNG, got 'IDAT: Missing PLTE before IDAT'")


# --- JPEG -------------------------------------------------------------------------------------------------------------


def at_marker(data, marker):
    """Where the segment's payload begins."""
    at = 2
    while data[at + 1] not in marker:
        at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    return at + 4


def patched(data, at, new):
    return data[:at] + new + data[at + len(new) :]


SOF = (0xC0, 0xC1, 0xC2)


def jpegs():
    rgb = scene(37, 26)
    for name, how in {
        "444": {"subsampling": 0}, "422": {"subsampling": 1}, "420": {"subsampling": 2}, "worst": {"quality": 1},
        "progressive": {"progressive": True}, "restarts": {"restart_marker_blocks": 2}, "rgb": {"keep_rgb": True},
        "optimised": {"optimize": True, "quality": 97},
    }.items():  # fmt: skip
        sound(f"{name}.jpg", encoded(rgb, "JPEG", **how))
    sound("grey.jpg", encoded(rgb[..., 1], "JPEG"))
    sound("grey_progressive.jpg", encoded(rgb[..., 1], "JPEG", progressive=True))
    inks = encoded(Image.fromarray(alpha(255 - rgb), "CMYK"), "JPEG")
    sound("cmyk.jpg", inks)
    adobe = at_marker(inks, (0xEE,))
    sound("ycck.jpg", patched(inks, adobe + 11, b"\x02"))
    sound("1x1.jpg", encoded(rgb[:1, :1], "JPEG"))
    sound("17x1.jpg", encoded(rgb[:1, :17], "JPEG"))
    small = scene(19, 12)
    for turn in range(0, 10):
        sound(f"turned{turn}.jpg", encoded(small, "JPEG", exif=exif(turn)))
    good = encoded(rgb, "JPEG", quality=80)
    sound("after_end.jpg", good + b"more that nobody asked for")
    thumb = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x04\0\0\0\x01\0\0\0\x08\0\0\0\0"
    sound("turned_long.jpg", encoded(small, "JPEG", exif=thumb))
    nonsense = b"Exif\0\0II*\0\xff\xff\xff\x7f"
    sound("exif_beyond.jpg", good[:2] + b"\xff\xe1" + struct.pack(">H", 2 + len(nonsense)) + nonsense + good[2:],
          np.array(Image.open(io.BytesIO(good)).convert("RGB")))  # fmt: skip

    early = "expected a sound JPEG, got 'Premature end of JPEG file'"
    frame = at_marker(good, SOF)
    scan = at_marker(good, (0xDA,))
    bad("start_only.jpg", good[:2], early)
    bad("cut_header.jpg", good[: frame + 3], early)
    bad("cut_scan.jpg", good[: scan + 10], early)
    bad("cut_data.jpg", good[: len(good) - 200], early)
    bad("cut_end.jpg", good[:-2], early)
    layered = encoded(rgb, "JPEG", progressive=True)
    bad("cut_progressive.jpg", layered[: len(layered) - 150], early)
    bad("text.jpg", good[:2] + b"text", early)
    bad("no_picture.jpg", good[:2] + b"\xff\xd9", "expected a sound JPEG, got 'JPEG datastream contains no image'")

    def size(width, height):
        return patched(good, frame + 1, struct.pack(">HH", height, width))

    bad("wide.jpg", size(16385, 8), "size: expected sides of at most 16384 pixels, got 16385x8")
    bad("huge.jpg", size(65535, 65535), "expected a sound JPEG, got 'Maximum supported image dimension is 65500 pixels'")
    bad("large.jpg", size(16384, 16384), "size: expected at most 268435456 bytes of pixels, got 805306368")
    least = 1000 * 1000 // 32
    bad("hollow.jpg", size(8000, 8000), f"data: expected at least {least} bytes for 8000x8000 pixels, got {len(good)}")
    bad("no_width.jpg", size(0, 8), "expected a sound JPEG, got 'Empty JPEG image (DNL not supported)'")
    bad("deep.jpg", patched(good, frame, b"\x0c"), "expected a sound JPEG, got 'Unsupported JPEG data precision 12'")
    bad("five_parts.jpg", patched(good, frame + 5, b"\x05"), "expected a sound JPEG, got 'Bogus marker length'")
    noise = bytearray(good)
    noise[scan + 30 : scan + 120] = b"\xff\0" * 45  # no code is all ones
    bad("noise.jpg", bytes(noise), "expected a sound JPEG, got 'Corrupt JPEG data: bad Huffman code'")
    # The first scan of a tiny picture over and over: each may take as long as the whole picture.
    tiny = encoded(rgb[:8, :8, 0], "JPEG", progressive=True)
    first = tiny.index(b"\xff\xda")
    scan = tiny[first : tiny.index(b"\xff", first + 2)]
    bad("scans.jpg", tiny[:first] + scan * 600 + tiny[first:], "expected a sound JPEG, got 'too many scans'")


# --- WebP -------------------------------------------------------------------------------------------------------------


def riff(data):
    return b"RIFF" + struct.pack("<I", len(data) + 4) + b"WEBP" + data


def webps():
    rgb = scene(37, 26)
    sound("lossy.webp", encoded(rgb, "WEBP", quality=70))
    sound("lossless.webp", encoded(rgb, "WEBP", lossless=True))
    sound("lossy_alpha.webp", encoded(alpha(rgb), "WEBP", quality=70))
    sound("lossless_alpha.webp", encoded(alpha(rgb), "WEBP", lossless=True, exact=True))
    sound("1x1.webp", encoded(rgb[:1, :1], "WEBP", lossless=True))
    sound("turned.webp", encoded(rgb, "WEBP", lossless=True, exif=exif(8)))
    sound("turned_lossy.webp", encoded(rgb, "WEBP", exif=exif(5)))
    later = [Image.fromarray(255 - rgb), Image.fromarray(rgb[::-1].copy())]
    moving = encoded(rgb, "WEBP", save_all=True, append_images=later, lossless=True, duration=50)
    sound("moving.webp", moving)
    sound("moving_lossy.webp", encoded(rgb, "WEBP", save_all=True, append_images=later, duration=50))
    good = encoded(rgb, "WEBP", quality=70)
    plain = encoded(rgb, "WEBP", lossless=True)
    early = "expected a sound WebP, got 'the file ends too early'"
    bad("mark_only.webp", good[:12], early)
    bad("cut_header.webp", good[:22], early)
    bad("cut_data.webp", good[: len(good) - 100], early)
    bad("cut_lossless.webp", plain[: len(plain) - 300], early)
    bad("cut_moving.webp", moving[:200], "expected a sound WebP, got 'a first picture that is damaged or cut'")
    bad("no_chunk.webp", riff(b"ABCD" + struct.pack("<I", 4) + b"abcd"), "expected a sound WebP, got 'damaged data'")
    canvas = b"VP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + b"\xff\xff\xff" + b"\x0f\0\0"
    bad("wide.webp", riff(canvas + moving[30:]), "size: expected sides of at most 16384 pixels, got 16777216x16")
    bits = (16383 - 1) | (16383 - 1) << 14
    huge = b"VP8L" + struct.pack("<I", 20) + b"\x2f" + struct.pack("<I", bits) + bytes(15)
    bad("large.webp", riff(huge), f"size: expected at most 268435456 bytes of pixels, got {3 * 16383 * 16383}")
    broken = bytearray(plain)
    broken[26:80] = b"\x5a" * 54
    bad("noise.webp", bytes(broken), "expected a sound WebP, got 'damaged data'")


# --- Others -----------------------------------------------------------------------------------------------------------


def others():
    rgb = scene()

    def other(name, data, what):
        bad(name, data, f"expected {KNOWN}, got {what}")

    other("empty.png", b"", "an empty file: its download or its saving did not finish; get it again")
    other("moving.gif", encoded(rgb, "GIF"), "a GIF picture")
    other("picture.bmp", encoded(rgb, "BMP"), "a BMP picture")
    other("picture.tiff", encoded(rgb, "TIFF"), "a TIFF picture")
    other("big_endian.tiff", b"MM\0*\0\0\0\x08", "a TIFF picture")
    other("page.pdf", b"%PDF-1.7\n1 0 obj\n", "a PDF")
    other("text.png", "A cat, un été, 猫.\n".encode() * 40, "text")
    other("bm.txt", b"BMW is a make of car", "text")
    other("drawing.svg", b"<?xml version='1.0'?>\n<svg width='2' height='2'/>", "an SVG drawing")
    other("archive.zip", b"PK\x03\x04" + bytes(26), "a ZIP archive: unpack it first")
    other("archive.gz", b"\x1f\x8b\x08" + bytes(7), "a gzip archive: unpack it first")
    other("program", b"\x7fELF\x02\x01\x01" + bytes(9), "a program")
    other("sound.wav", b"RIFF\x24\0\0\0WAVEfmt ", "a RIFF file that is no WebP")
    other("riff_only.webp", b"RIFF\x24\0\0\0", "a RIFF file that is no WebP")
    other("picture.avif", b"\0\0\0\x20ftypavif" + bytes(20), "an AVIF picture")
    other("picture.heic", b"\0\0\0\x20ftypheic" + bytes(20), "a HEIC picture")
    other("film.mp4", b"\0\0\0\x20ftypisom" + bytes(20), "a film")
    other("picture.jxl", b"\xff\x0a\xfa\x1f\x41\x91", "a JPEG XL picture")
    other("picture.jp2", b"\0\0\0\x0cjP  \r\n\x87\n", "a JPEG 2000 picture")
    other("picture.psd", b"8BPS\0\x01" + bytes(10), "a Photoshop picture")
    other("picture.ico", b"\0\0\x01\0\x01\0" + bytes(16), "an icon")
    other("bytes.jpg", bytes(range(128, 160)), "'\\x80\\x81\\x82\\x83\\x84\\x85\\x86\\x87'")
    other("zeros.png", bytes(40), "nothing but zero bytes: its download or its saving did not finish; get it again")


def main():
    assert int(PIL.__version__.split(".")[0]) < 13, PIL.__version__
    os.makedirs(HERE, exist_ok=True)
    for name in os.listdir(HERE):
        os.remove(os.path.join(HERE, name))
    pngs()
    jpegs()
    webps()
    others()
    with open(os.path.join(HERE, "expected.json"), "w") as out:
        json.dump(EXPECTED, out, indent=1)
        out.write("\n")
    save_file(PIXELS, os.path.join(HERE, "pixels.safetensors"), metadata={"pillow": PIL.__version__})


if __name__ == "__main__":
    main()
