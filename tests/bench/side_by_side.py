"""`regard bench` and torch, one after the other on the same machine, in one table.

usage: side_by_side.py REGARD CLIP_FOLDER
Times are CPU milliseconds of one thread, of a picture wall time on two; "torch" is transformers' eager attention with every map kept. Where torch or
transformers is missing its column stays empty, and a line says what to install.
"""

import json
import pathlib
import subprocess
import sys


def run(command):
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True).stdout)


def torch_report(folder, *options):
    peer = pathlib.Path(__file__).with_name("torch_peer.py")
    try:
        return run([sys.executable, str(peer), folder, *options])
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or ["it failed"])[-1]
        print(f"no torch figures ({last}); they need: pip install torch==2.13.0 transformers==4.57.6", file=sys.stderr)
        return {}


def torch_rows(folder, tokens):
    return {(row["name"], row["tokens"]): row for row in torch_report(folder, "--tokens", str(tokens)).get("rows", [])}


def print_pictures(rows, folder):
    """Wall time on two threads, unlike the rows above."""
    report = torch_report(folder, "--picture", str(pathlib.Path(folder).parent)) if rows else {}
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
    ours = run([regard, "bench", "--json"])
    built_in = next(row for row in ours["rows"] if row["name"] == "built-in model")
    peer = torch_rows(folder, built_in["tokens"])
    print(f"{'one forward pass, all maps kept':<34}{'tokens':>7}{'limit ms':>10}{'regard ms':>11}{'of peak':>9}{'torch ms':>10}{'ratio':>7}")
    for row in ours["rows"]:
        other = peer.get((row["name"], row["tokens"]))
        torch_ms = f"{other['min_ms']:.2f}" if other else ""
        ratio = f"{other['min_ms'] / row['min_ms']:.1f}x" if other else ""
        print(f"{row['name']:<34}{row['tokens']:>7}{row['limit_ms']:>10.3f}{row['min_ms']:>11.3f}{row['share_of_fma']:>9.0%}{torch_ms:>10}{ratio:>7}")
    print_pictures(ours["pictures"], folder)


main()
