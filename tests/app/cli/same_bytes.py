#!/usr/bin/env python3
"""Runs the same commands with two builds of Regard and compares every byte: files, standard output and error,
exit status. Usage: same_bytes.py OLD_BINARY NEW_BINARY [WORD...]

With WORDs, only the commands whose line holds one of them. 40 commands that work, then as many that are refused.
A difference is listed with its command; the exit status is 1 when there is one. Both builds read the assets of
this tree, so that one binary kept from before a change is all that is needed."""

import os
import shlex
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
GOLDEN = ROOT / "tests" / "golden"
SCENE = ROOT / "assets" / "images" / "scenes" / "scene-2.png"

# Each line runs in an empty folder of its own. @noise is a file of 3 x 48 x 48 numbers, @scene a picture,
# @long a prompt of several chunks.
WORKING = """
attend --prompt 'un chat rouge'
attend --prompt 'Un chat (rouge:1.35) poursuit' --layer 2 --head 3 --out a.json
attend --prompt 'Un chat (rouge:1.35) poursuit' --layer all --head all --out a.npy
attend --prompt 'Un chat (rouge:1.35) poursuit' --layer all --head max --out a.csv
attend --prompt 'Un chat (rouge:1.35) poursuit' --layer 1 --head 1 --scores --out a.json
attend --prompt 'un (chat:0.5)' --layer rollout --out a.svg --lang fr
attend --prompt 'a (red:1.3) cat' --layer 1 --head 4 --out a.png --lang en
attend --prompt 'a (red:1.3) cat' --layer 3 --head max --scores --out a.svg --lang en
attend --prompt 'a (red:1.3) cat' --weighting prompt-to-prompt --out a.csv
attend --prompt 'a (red)++ cat' --syntax compel --weighting none
attend --prompt 'a ((red)) [cat]' --syntax a1111-old --head all --layer 2 --out a.npy
attend --prompt @long --chunk 2 --layer mean --head mean --out a.json
attend --prompt '(chat:-1) (b:1.2.3' --out a.json
look --image scene-1
look --image scene-1 --patch 3,5 --layer 4 --head 2 --out l.png --lang en
look --image scene-1 --patch '3, 5' --layer mean --head max --out l.svg --lang fr
look --image scene-2 --layer rollout --incoming --patch 2,2 --out l.csv
look --image scene-3 --token cls --layer all --head all --out l.npy
look --image scene-3 --token cls --incoming --layer 2 --head all --scores --out l.json
look --image @scene --size 6 --layer all --out l.json
look --image scene-4 --model @dinov2_registers --token reg2 --layer 1 --head 1 --out l.svg
match --image scene-1 'un chat rouge' 'une souris grise'
match --image scene-1 'un chat rouge' 'une souris grise' --map m.npy --caption 2
match --image scene-1 'un chat rouge' --map m.svg --method legrad --lang fr
match --image scene-2 'un chat rouge' --map m.png --size 8 --lang en
weigh --prompt 'a (red:1.3) cat' --weighting a1111 --out w.npy
weigh --prompt 'a (red:1.3) cat' --weighting comfy++ --syntax comfyui --normalisation length+mean --out w.npy
weigh --prompt 'a (red)1.4 cat' --weighting compel --syntax compel --out w.npy
weigh --prompt @long --weighting down_weight --normalisation mean --out w.npy
paint --prompt 'un chat rouge' --steps 2 --seed 7 --out p.png
paint --prompt 'un (chat:1.3) rouge' --steps 2 --noise @noise --guidance 1 --out p.png --scale 2
paint --prompt 'un (chat:1.3) rouge' --steps 2 --place both --maps maps --out p.png --lang fr
paint --prompt 'un (chat:1.3) rouge' --negative '(chien:1.2' --steps 2 --record record --out p.png
paint --prompt 'un chat rouge' --weighting scale --normalisation mean --steps 2 --film p.webp --film-of noise --out p.png
paint --prompt 'un chat rouge' --steps 3 --film film --film-ms 50 --scale 2 --out p.png
paint --prompt 'un chat rouge' --steps 3 --cut rouge --mute :end --during 2-3 --maps maps --out p.png --lang en
paint --prompt 'un chat rouge' --steps 2 --swap chat,rouge --head-off 2,1 --block-off 4 --record record --out p.png
paint --prompt 'un chat rouge' --steps 2 --keep-maps 'un chien bleu' --maps maps --out p.png --lang en
paint --prompt 'un chat rouge' --steps 2 --keep-words '' --place encoder --out p.png
paint --prompt 'un chat rouge' --steps 4 --picture @scene --from-step 3 --record record --out p.png
"""

# What is refused is part of the contract, too: one line, and 1 for a wrong value, 2 for wrong usage.
REFUSED = """
attend --prompt x --layer 0
attend --prompt x --layer ' 5'
attend --prompt x --layer +1
attend --prompt x --layer 1e0
attend --prompt x --layer ''
attend --prompt x --layer Mean
attend --prompt x --layer 99
attend --prompt x --head rollout
attend --prompt x --head all --out x.png
attend --prompt x --layer rollout --head 2
attend --prompt x --layer rollout --scores
attend --prompt x --threads 257
attend --prompt x --threads 0x2
attend --prompt x --threads ''
attend --prompt x --chunk 2
attend --prompt x --chunk -1
attend --prompt x --syntax A1111
attend --prompt x --weighting x --syntax y
attend --prompt x --lang de
attend --prompt x --out map.gif --layer 0
attend --prompt x --out map --weighting z
attend --prompt x --lang de --threads 0 --chunk 0
attend --prompt x --model /nowhere
attend --prompt x --layer 1 --layer 2
attend --nonsense
attend --layer 0
look --image scene-1 --patch 3
look --image scene-1 --patch 0,1
look --image scene-1 --patch 99,1
look --image scene-1 --token reg9
look --image scene-1 --token cls --patch 1,1
look --image scene-1 --size 1000
look --image scene-1 --size '' --lang x
look --image none.png --patch 1,x
match --image scene-1 a b --caption 3
match --image scene-1 a --method x --map m.gif
match --image scene-1 a --method x
match --image scene-1
weigh --prompt x --out w.txt
weigh --prompt x --out w.npy --normalisation x
paint --prompt x --out p.jpg --steps 0
paint --prompt x --out p.png --steps 1001
paint --prompt x --out p.png --seed -1
paint --prompt x --out p.png --seed 18446744073709551616
paint --prompt x --out p.png --guidance nan
paint --prompt x --out p.png --guidance ' 1'
paint --prompt x --out p.png --guidance 1001 --place nowhere
paint --prompt x --out p.png --place Picture
paint --prompt x --out p.png --scale 65
paint --prompt x --out p.png --film f.gif
paint --prompt x --out p.png --film f.webp --film-of y
paint --prompt x --out p.png --film f.webp --film-ms 9
paint --prompt x --out p.png --film-ms 9
paint --prompt x --out p.png --seed 1 --noise n.npy
paint --prompt x --out p.png --noise n.npy
paint --prompt x --out p.png --steps 4 --during 1-2
paint --prompt x --out p.png --steps 4 --cut y
paint --prompt x --out p.png --steps 4 --cut x --during 3-9
paint --prompt x --out p.png --steps 4 --block-off 7
paint --prompt x --out p.png --steps 4 --head-off 1;9
paint --prompt x --out p.png --steps 4 --mute :start
paint --prompt x --out p.png --steps 4 --swap x
paint --prompt x --out p.png --steps 4 --picture @scene --from-step 5
paint --prompt x --out p.png --steps 4 --from-step 2
parse --steps 0 x
parse --steps 9 --syntax compel x
parse --structure x
parse --syntax z x
tokenize --chunk 0 x
tokenize --syntax z x
tokenize
--theme pink
--lang de
--theme pink parse x
nothing.json
"""


def noise_file(folder):
    """Float32 [3, 48, 48] as .npy: a ramp, the same on every machine."""
    values = [((i * 7919) % 2003) / 500.0 - 2.0 for i in range(3 * 48 * 48)]
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 48, 48), }"
    header += " " * (-(10 + len(header) + 1) % 64) + "\n"
    path = Path(folder) / "noise.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode("latin-1") +
                     struct.pack(f"<{len(values)}f", *values))
    return path


def words_of(line, inputs):
    names = {"@noise": str(noise_file(inputs)), "@scene": str(SCENE), "@long": "un chat (rouge:1.2) " * 40,
             "@dinov2_registers": str(GOLDEN / "vision" / "dinov2_registers")}
    return [names.get(word, word) for word in shlex.split(line)]


def run(binary, words):
    """{what: bytes} of all that one run leaves behind; a folder's files under their relative names."""
    with tempfile.TemporaryDirectory(prefix="regard-same-") as folder:
        environment = {"PATH": os.environ.get("PATH", ""), "LANG": "en_US.UTF-8", "HOME": folder,
                       "REGARD_ASSETS": str(ROOT / "assets")}
        done = subprocess.run([binary, *words], cwd=folder, env=environment, capture_output=True, timeout=600)
        out = {"exit status": str(done.returncode).encode(), "stdout": done.stdout, "stderr": done.stderr}
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file():
                out[str(path.relative_to(folder))] = path.read_bytes()
        return out


def difference(old, new):
    if old is None or new is None:
        return "only the new build writes it" if old is None else "only the old build writes it"
    at = next((i for i, (a, b) in enumerate(zip(old, new)) if a != b), min(len(old), len(new)))
    near = slice(max(0, at - 20), at + 40)
    return f"{len(old)} and {len(new)} bytes, from byte {at}: {old[near]!r} / {new[near]!r}"


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    old_binary, new_binary = (str(Path(name).resolve()) for name in sys.argv[1:3])
    wanted = sys.argv[3:]
    lines = [(line, refused) for text, refused in ((WORKING, False), (REFUSED, True))
             for line in text.strip().splitlines() if not wanted or any(word in line for word in wanted)]
    differing = files = 0
    with tempfile.TemporaryDirectory(prefix="regard-inputs-") as inputs:
        for line, refused in lines:
            words = words_of(line, inputs)
            old, new = run(old_binary, words), run(new_binary, words)
            if (old["exit status"] != b"0") != refused:
                sys.exit(f"the list is wrong: {line}: the old build ends with {old['exit status'].decode()}: "
                         f"{old['stderr'].decode(errors='replace')}")
            names = [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
            files += len(old)
            if names:
                differing += 1
                print(f"DIFFERS  regard {line}")
                for name in names:
                    print(f"         {name}: {difference(old.get(name), new.get(name))}")
    print(f"{len(lines)} commands, {files} things compared, {differing} commands differ")
    sys.exit(differing != 0)


main()
