#!/usr/bin/env python3
"""The verdict of the library `safetensors` on 36 made files and 2,000 mutations of them: what it opens, we open; what it
refuses, we refuse. A sample of them is kept in safetensors_verdicts.json for tests/core/formats/safetensors_test.cpp.

    python make_safetensors_verdicts.py                  writes the sample
    python make_safetensors_verdicts.py --check REGARD   runs `REGARD inspect` on all 2,036, prints the differences

Where we refuse what the library opens, `stricter` says why: the format forbids it, or it is beyond our limits.
"""
import base64
import json
import os
import random
import struct
import subprocess
import sys
import tempfile

import safetensors

HERE = os.path.dirname(os.path.abspath(__file__))
MUTATIONS, KEPT = 2000, 264


def of(header, data=b"", length=None):
    header = header if isinstance(header, bytes) else header.encode()
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def entry(dtype="F32", shape=(2, 2), at=(0, 16), **more):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(at), **more}


def header(**tensors):
    return json.dumps(tensors, separators=(",", ":"))


def made():
    one = header(a=entry())
    two = header(a=entry(), b=entry("F16", (3,), (16, 22)))
    z16, z22 = bytes(range(16)), bytes(range(22))
    yield "one", of(one, z16)
    yield "two", of(two, z22)
    yield "two, listed the other way round", of(header(b=entry("F16", (3,), (16, 22)), a=entry()), z22)
    yield "empty", of("{}")
    yield "spaces", of("{}      ")
    yield "white space before and behind", of("\t\n{}\r \n")
    yield "metadata", of(header(__metadata__={"format": "pt"}, a=entry()), z16)
    yield "metadata null", of(header(__metadata__=None, a=entry()), z16)
    yield "metadata empty", of(header(__metadata__={}, a=entry()), z16)
    yield "metadata number", of(header(__metadata__={"n": 1}, a=entry()), z16)
    yield "metadata list", of(header(__metadata__=[], a=entry()), z16)
    yield "scalar", of(header(a=entry("F32", (), (0, 4))), bytes(4))
    yield "zero side", of(header(a=entry("F32", (2, 0), (0, 0))))
    yield "zero side before another", of(header(z=entry("F32", (0,), (0, 0)), a=entry()), z16)
    yield "extra key", of(header(a=entry(more=[{"x": 1}])), z16)
    yield "every 8-bit type", of(header(**{d: entry(d, (1,), (i, i + 1)) for i, d in enumerate(
        ["BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3"])}), bytes(5))
    yield "wide types", of(header(d=entry("F64", (1,), (0, 8)), i=entry("I64", (1,), (8, 16)), u=entry("U64", (1,), (16, 24))),
                           bytes(24))
    yield "NUL behind the JSON", of(one.encode() + b"\0\0\0", z16)
    yield "text behind the JSON", of(one + " x", z16)
    yield "two values", of(one + "{}", z16)
    yield "hole", of(header(a=entry(at=(4, 20))), bytes(20))
    yield "overlap", of(header(a=entry(), b=entry("F32", (2,), (12, 20))), bytes(20))
    yield "alias", of(header(a=entry(), b=entry()), z16)
    yield "end before begin", of(header(a=entry(), b=entry("F32", (0,), (16, 8))), z16)
    yield "short data", of(one, z16[:14])
    yield "long data", of(one, z16 + b"x")
    yield "shape overflows", of(header(a=entry("F32", (2, 2**63 - 1))), z16)
    yield "negative side", of(header(a=entry("F32", (-2, 2))), z16)
    yield "fraction", of(header(a=entry("F32", (2.5, 2))), z16)
    yield "no such type", of(header(a=entry("F33")), z16)
    yield "no type", of('{"a":{"shape":[2,2],"data_offsets":[0,16]}}', z16)
    yield "not UTF-8", of(b'{"\xff":' + json.dumps(entry()).encode() + b"}", z16)
    yield "array", of("[]")
    yield "header beyond the file", of("{}", length=60)
    yield "seven bytes", b"\x02\0\0\0\0\0\0"
    yield "nothing", b""


def mutated(rng, sources):
    """One to three edits of a sound or broken file: bytes, numbers, pieces, the length."""
    name, data = rng.choice(sources[:17] if rng.random() < 0.8 else sources)  # mostly sound ones
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 1, 2, 3])):
        kind = rng.randrange(8)
        at = rng.randrange(len(data) + 1)
        if kind == 0 and data:  # another byte
            data[at % len(data)] = rng.choice(b'\0 {}[]",:0123456789\xff') if rng.random() < 0.7 else rng.randrange(256)
        elif kind == 1:  # one more
            data.insert(at, rng.choice(b'\0 {}[]",:01289\xc3'))
        elif kind == 2 and data:  # one less
            del data[at % len(data)]
        elif kind == 3:  # cut
            del data[at:]
        elif kind == 4:  # longer
            data += bytes(rng.randint(1, 9))
        elif kind == 5 and len(data) >= 8:  # the length
            n = struct.unpack("<Q", data[:8])[0]
            data[:8] = struct.pack("<Q", max(0, min(n + rng.choice([-9, -1, 1, 2, 8, 1 << 20, 1 << 40]), 2**64 - 1)))
        elif kind == 6:  # another number
            digits = [i for i, c in enumerate(data[8:], 8) if chr(c).isdigit()]
            if digits:
                i = rng.choice(digits)
                data[i:i + 1] = rng.choice([b"0", b"1", b"4", b"16", b"1e3", b"-1", b"18446744073709551615", b"00", b"1.0"])
        else:  # a piece twice
            piece = data[at:at + rng.randint(1, 30)]
            data[at:at] = piece
        if rng.random() < 0.5 and len(data) >= 8:  # so that more than the length is wrong
            end = data.rfind(b"}", 8)
            if end > 0:
                data[:8] = struct.pack("<Q", end - 7)
    return name + ", mutated", bytes(data)


def opened(data):
    try:
        safetensors.deserialize(data)
        return True
    except Exception:
        return False


def stricter(data):
    """Why we may refuse what the library opens."""
    def pairs(items):
        if len({k for k, _ in items}) != len(items):
            raise KeyError
        return dict(items)
    length = struct.unpack("<Q", data[:8])[0]
    try:
        tree = json.loads(data[8:8 + length], object_pairs_hook=pairs)
    except KeyError:
        return "a key twice"
    except Exception:
        return ""
    if any(len(t.get("shape", [])) > 8 for k, t in tree.items() if k != "__metadata__"):
        return "more than 8 dimensions"
    return ""


def cases():
    out = list(made())
    assert len(out) == 36, len(out)
    rng, sources = random.Random(13), list(out)
    out += [mutated(rng, sources) for _ in range(MUTATIONS)]
    return out


def check(program):
    differ, accepted, strict = 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "a.safetensors")
        for name, data in cases():
            with open(path, "wb") as f:
                f.write(data)
            theirs = opened(data)
            run = subprocess.run([program, "inspect", path], capture_output=True, text=True)
            ours = run.returncode == 0
            accepted += theirs
            why = stricter(data) if theirs and not ours else ""
            strict += bool(why)
            if ours != theirs and not why or run.returncode not in (0, 1) or (not ours and run.stderr.count("\n") != 1):
                differ += 1
                print(name, data, "library:", theirs, "ours:", ours, run.returncode, run.stderr.strip(), sep="\n  ")
    print(f"{len(cases())} files, {accepted} opened by safetensors {safetensors.__version__}, {strict} of them refused by us "
          f"for a reason, {differ} differences")
    return differ


def write():
    everything = cases()
    # Of the mutations those that are opened first: they are few, and say the most.
    mutations = sorted(everything[36:], key=lambda c: (not opened(c[1]), len(c[1])))
    half = KEPT // 2
    kept = everything[:36] + mutations[:half] + mutations[half::len(mutations[half:]) // half][:half]
    out = []
    for name, data in kept:
        verdict = opened(data)
        item = {"name": name, "bytes": base64.b64encode(data).decode(), "opened": verdict}
        if verdict and stricter(data):
            item["stricter"] = stricter(data)
        out.append(item)
    with open(os.path.join(HERE, "safetensors_verdicts.json"), "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(item) for item in out) + "\n]\n")
    print(len(out), "kept,", sum(item["opened"] for item in out), "opened")


if __name__ == "__main__":
    sys.exit(check(sys.argv[2]) if sys.argv[1:2] == ["--check"] else write())
