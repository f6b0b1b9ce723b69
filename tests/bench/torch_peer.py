"""Times the same forward passes as `regard bench` with torch eager, every attention map kept, on one thread.

usage: torch_peer.py CLIP_FOLDER [--tokens N]     prints JSON in the form of `regard bench --json`: rows of
                                                  {name, tokens, min_ms, median_ms}; CPU time of the thread
Called by `./dev bench` right after the program's own figures, so that both see the same machine.
Needs torch and transformers (last run: torch 2.13.0, transformers 4.57.6).
"""

import argparse
import json
import os
import statistics
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.pop("OPENBLAS_CORETYPE", None)

import torch
import transformers
from transformers import CLIPModel, CLIPTextConfig, CLIPTextModel

transformers.logging.set_verbosity_error()


@torch.inference_mode()
def row(name, model, ids, seconds):
    ids = torch.tensor([ids])
    times, start = [], time.thread_time()
    while len(times) < 5 or time.thread_time() - start < seconds:
        before = time.thread_time()
        out = model(input_ids=ids, output_attentions=True, output_hidden_states=True)
        times.append(1e3 * (time.thread_time() - before))
    assert out.attentions[0].shape[-1] == ids.shape[1]
    return {"name": name, "tokens": ids.shape[1], "min_ms": min(times), "median_ms": statistics.median(times)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("clip_folder")
    parser.add_argument("--tokens", type=int, default=12, help="length of the built-in model's prompt")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(1)

    built_in = CLIPModel.from_pretrained(args.clip_folder, attn_implementation="eager", dtype=torch.float32).eval()
    vocab = built_in.config.text_config.vocab_size
    ids = [vocab - 2] + [(37 * i) % (vocab - 3) for i in range(1, args.tokens - 1)] + [vocab - 1]
    rows = [row("built-in model", built_in.text_model, ids, 1.0)]

    config = CLIPTextConfig(vocab_size=1000, hidden_size=768, intermediate_size=3072, num_hidden_layers=12,
                            num_attention_heads=12, max_position_embeddings=77, eos_token_id=999)  # fmt: skip
    config._attn_implementation = "eager"
    large = CLIPTextModel(config).eval().text_model
    for tokens in 12, 77:
        ids = [(37 * i + 1) % 999 for i in range(tokens - 1)] + [999]
        rows.append(row("random CLIP ViT-L/14 text tower", large, ids, 3.0))
    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    json.dump({"peer": "torch eager, output_attentions, 1 thread", **versions, "rows": rows}, sys.stdout, indent=2)
    print()


main()
