"""`regard bench` and its peers on the same machine: torch, onnxruntime and plain Eigen, one after the other and round after round.

usage: side_by_side.py REGARD CLIP_FOLDER [ROUNDS]     CLIP_FOLDER: assets/little-world/clip; ROUNDS: 3 (9 for the record in RESULTS.md)
A round runs each program once, so that what else the machine does meets all alike. A cell is the median over the rounds of the least
CPU milliseconds of one thread, and what the rounds differed by; of a picture it is wall time on two threads. Every program keeps every
attention map: torch is transformers' eager attention, onnx_peer.py a graph that gives them all, eigen_peer.cpp plain products, compiled for
this very machine. The built-in model's weights are its own in torch, else random: no value makes a product slower. ggml is not here: none
of its packages gives attention.
Where a program is missing its column stays empty, and a line says what to install.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
NEEDS = {
    "torch": "pip install torch==2.13.0 transformers==4.57.6",
    "onnxruntime": "pip install onnx onnxruntime",
    "Eigen": "a C++ compiler and libeigen3-dev",
}


def run(command):
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True).stdout)


def shapes(folder, tokens):
    """NAME TOKENS LAYERS HEADS WIDTH MLP of each row, as onnx_peer.py and eigen_peer.cpp take them."""
    c = json.loads((pathlib.Path(folder) / "config.json").read_text())["text_config"]
    built_in = [c["num_hidden_layers"], c["num_attention_heads"], c["hidden_size"], c["intermediate_size"]]
    rows = [["built-in model", tokens, *built_in]]
    rows += [["random CLIP ViT-L/14 text tower", n, 12, 12, 768, 3072] for n in (12, 77)]
    return [str(word) for row in rows for word in row]


def compiled_eigen(folder):
    """The path of eigen_peer, compiled for this machine; None when it cannot be."""
    program = pathlib.Path(folder) / "eigen_peer"
    command = [os.environ.get("CXX", "g++"), "-std=c++17", "-O3", "-march=native", "-DNDEBUG", "-I/usr/include/eigen3"]
    done = subprocess.run([*command, str(HERE / "eigen_peer.cpp"), "-o", str(program)], capture_output=True, check=False)
    return program if done.returncode == 0 else None


def programs(regard, folder, tokens, scratch):
    """Name -> the command that times one round."""
    out = {
        "regard": [regard, "bench", "--passes", "--json"],
        "torch": [sys.executable, str(HERE / "torch_peer.py"), folder, "--tokens", str(tokens), "--seconds", "2"],
        "onnxruntime": [sys.executable, str(HERE / "onnx_peer.py"), "2", *shapes(folder, tokens)],
    }
    eigen = compiled_eigen(scratch)
    return {**out, "Eigen": [str(eigen), "2", *shapes(folder, tokens)] if eigen else None}


def time_rounds(commands, rounds):
    """(name of a row, tokens) -> program -> the least time of each round; and regard's own rows."""
    times, ours, missing = {}, {}, set()
    for _ in range(rounds):
        for name, command in commands.items():
            try:
                report = run(command) if command and name not in missing else {"rows": []}
            except subprocess.CalledProcessError as error:
                last = (error.stderr.strip().splitlines() or ["it failed"])[-1]
                print(f"no figures of {name} ({last}); they need: {NEEDS.get(name, 'the program')}", file=sys.stderr)
                missing.add(name)
                continue
            for row in report["rows"]:
                times.setdefault((row["name"], row["tokens"]), {}).setdefault(name, []).append(row["min_ms"])
                if name == "regard":
                    ours[row["name"], row["tokens"]] = row
    return times, ours


def cell(values):
    return f"{statistics.median(values):.2f} ({min(values):.2f}-{max(values):.2f})" if values else ""


def print_passes(times, ours):
    names = ["regard", *NEEDS]
    print(f"{'one forward pass, all maps kept':<32}{'tokens':>7}{'limit ms':>9}" + "".join(f"{n:>24}" for n in names))
    for key, row in ours.items():
        got = times[key]
        print(f"{key[0]:<32}{key[1]:>7}{row['limit_ms']:>9.2f}" + "".join(f"{cell(got.get(n)):>24}" for n in names))
        against = {n: statistics.median(got[n]) / statistics.median(got["regard"]) for n in NEEDS if got.get(n)}
        print(f"{'':<48}{'times as long as regard:':>24}" + "".join(f"{f'{against[n]:.1f}x' if n in against else '':>24}" for n in NEEDS))


def print_pictures(rows, folder):
    """Wall time on two threads, unlike the rows above."""
    try:
        report = run([sys.executable, str(HERE / "torch_peer.py"), folder, "--picture", str(pathlib.Path(folder).parent)]) if rows else {}
    except subprocess.CalledProcessError:
        report = {}
    peer = {row["name"]: row for row in report.get("pictures", [])}
    for row in rows:
        print(f"\n{row['name']}: wall time on {row['threads']} threads")
        print(f"{'':<12}{'min ms':>10}{'median ms':>11}{'kept MB':>9}{'resident MB':>15}")
        for name, one in ("regard", row), ("torch eager", peer.get(row["name"])):
            if one:
                numbers = f"{one['min_wall_ms']:>10.0f}{one['median_wall_ms']:>11.0f}{one['kept_mb']:>9.0f}{one['resident_mb']:>15.0f}"
                print(f"{name:<12}{numbers}")
        print("regard keeps queries, keys, values and scores beside the attention; torch keeps the attention alone.")


def main():
    regard, folder = sys.argv[1:3]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    whole = run([regard, "bench", "--json"])
    tokens = next(row["tokens"] for row in whole["rows"] if row["name"] == "built-in model")
    with tempfile.TemporaryDirectory() as scratch:
        times, ours = time_rounds(programs(regard, folder, tokens, scratch), rounds)
    print_passes(times, ours)
    print_pictures(whole["pictures"], folder)


main()
