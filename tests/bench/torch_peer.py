"""Times the same forward passes as `regard bench` with torch eager, every attention map kept, on one thread.

usage: torch_peer.py CLIP_FOLDER [--tokens N]     prints JSON in the form of `regard bench --json`: rows of
                                                  {name, tokens, min_ms, median_ms}; CPU time of the thread
With --picture FOLDER (the pipeline) it times that alone instead: "pictures", wall time on two threads, the trainer's own
transformer (assets/little-world/training/mmdit.py) with every block's attention kept in both halves of every step, and
what that added to resident memory while held.
With --vision it times the layers of vision transformers that `regard bench` times for goal (vi) alone instead.
Called by `./dev bench` right after the program's own figures, so that both see the same machine.
Needs torch and transformers (last run: torch 2.13.0, transformers 4.57.6).
"""

import argparse
import json
import os
import pathlib
import resource
import statistics
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "2" if "--picture" in sys.argv else "1")
os.environ.pop("OPENBLAS_CORETYPE", None)

import torch
import transformers
from transformers import CLIPModel, CLIPTextConfig, CLIPTextModel

transformers.logging.set_verbosity_error()


@torch.inference_mode()
def row(name, model, ids, seconds):
    ids = torch.tensor([ids])
    times, start = [], time.thread_time()
    while len(times) < 9 or time.thread_time() - start < seconds:
        before = time.thread_time()
        out = model(input_ids=ids, output_attentions=True, output_hidden_states=True)
        times.append(1e3 * (time.thread_time() - before))
    assert out.attentions[0].shape[-1] == ids.shape[1]
    return {"name": name, "tokens": ids.shape[1], "min_ms": min(times), "median_ms": statistics.median(times)}


def open_pipeline(folder):
    """The text encoder's states of a prompt, and the trainer's transformer."""
    sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "assets/little-world/training"))
    from mmdit import MMDiT
    from safetensors.torch import load_file

    clip = CLIPModel.from_pretrained(folder / "clip", attn_implementation="eager", dtype=torch.float32).eval()
    tokenizer = transformers.CLIPTokenizerFast.from_pretrained(folder / "clip")
    c = json.loads((folder / "transformer/config.json").read_text())
    model = MMDiT(size=c["sample_size"], patch=c["patch_size"], d=c["caption_projection_dim"], layers=c["num_layers"],
                  heads=c["num_attention_heads"], text_dim=c["joint_attention_dim"],
                  pooled=c["pooled_projection_dim"])  # fmt: skip
    weights = load_file(folder / "transformer/diffusion_pytorch_model.safetensors")
    model.load_state_dict({k: v.float() for k, v in weights.items()})

    def words(prompt):
        ids = torch.tensor([tokenizer(prompt).input_ids])
        return clip.text_model(input_ids=ids, output_attentions=True).last_hidden_state

    shift = json.loads((folder / "scheduler/scheduler_config.json").read_text())["shift"]
    return words, model.eval(), shift


def draw(words, model, shift, prompt, steps, guidance=2.5):
    """reference.py's loop, keeping every map. Returns what it kept: [half of a step][block] of [1, H, S, S]."""
    with_prompt, without = words(prompt), words("")
    s = torch.linspace(1, 0, steps + 1)
    times = shift * s / (1 + (shift - 1) * s)
    x, kept = torch.randn(1, 3, model.cfg["sample_size"], model.cfg["sample_size"]), []
    for a, b in zip(times[:-1], times[1:]):
        halves = []
        for states in with_prompt, without:
            kept.append([])
            halves.append(model(x, (a * 1000).repeat(1), states, keep=kept[-1]))
        x0 = halves[1] + guidance * (halves[0] - halves[1])
        x = x0 + (b / a) * (x - x0) if b > 0 else x0
    return kept


@torch.inference_mode()
def picture_row(folder, steps=24, times=5):
    words, model, shift = open_pipeline(folder)
    # One pass that keeps nothing loads what torch loads at first use, so that it is not counted as memory of the maps.
    model(torch.zeros(1, 3, model.cfg["sample_size"], model.cfg["sample_size"]), torch.ones(1), words(""))
    rss = lambda: int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    before, elapsed, resident = rss(), [], 0
    for i in range(times):
        start = time.perf_counter()
        kept = draw(words, model, shift, "Un chat rouge poursuit une souris grise", steps)
        elapsed.append(1e3 * (time.perf_counter() - start))
        resident = resident or rss() - before
    assert len(kept) == 2 * steps and all(len(half) == model.cfg["num_layers"] for half in kept)
    numbers = sum(a.numel() for half in kept for a in half)
    return {"name": "a guided picture, 24 steps, all maps kept", "steps": steps, "threads": torch.get_num_threads(),
            "min_wall_ms": min(elapsed), "median_wall_ms": statistics.median(elapsed), "kept_mb": 4e-6 * numbers,
            "resident_mb": 1e-6 * resident}  # fmt: skip


def vision_row(name, config, seconds):
    config._attn_implementation = "eager"
    model = transformers.AutoModel.from_config(config).eval()
    pixels, times = torch.full((1, 3, config.image_size, config.image_size), 0.3), []
    start = time.thread_time()
    with torch.inference_mode():
        while len(times) < 3 or time.thread_time() - start < seconds:
            before = time.thread_time()
            out = model(pixel_values=pixels, output_attentions=True, output_hidden_states=True)
            times.append(1e3 * (time.thread_time() - before))
    tokens = out.attentions[0].shape[-1]
    return {"name": name, "tokens": tokens, "min_ms": min(times), "median_ms": statistics.median(times)}


def vision_rows(seconds):
    large = transformers.CLIPVisionConfig(hidden_size=1024, intermediate_size=4096, num_hidden_layers=3,
                                          num_attention_heads=16, image_size=224, patch_size=14)  # fmt: skip
    small = transformers.Dinov2Config(hidden_size=384, num_hidden_layers=2, num_attention_heads=6, image_size=518,
                                      patch_size=14)  # fmt: skip
    return [vision_row("ViT-L/14, 3 of its 24 layers", large, seconds),
            vision_row("DINOv2-S, 2 of its 12 layers", small, seconds)]  # fmt: skip


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("clip_folder")
    parser.add_argument("--picture", type=pathlib.Path, metavar="FOLDER", help="time a picture of this pipeline alone")
    parser.add_argument("--vision", action="store_true", help="time layers of vision transformers alone")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each row, CPU time")
    parser.add_argument("--tokens", type=int, default=12, help="length of the built-in model's prompt")
    args = parser.parse_args()
    torch.set_num_threads(2 if args.picture else 1)
    torch.manual_seed(1)
    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    if args.picture:
        json.dump({"peer": "torch eager, 2 threads", **versions, "pictures": [picture_row(args.picture)]}, sys.stdout, indent=2)
        print()
        return

    if args.vision:
        json.dump({"peer": "torch eager, output_attentions, 1 thread", **versions, "rows": vision_rows(args.seconds)},
                  sys.stdout, indent=2)  # fmt: skip
        print()
        return

    built_in = CLIPModel.from_pretrained(args.clip_folder, attn_implementation="eager", dtype=torch.float32).eval()
    vocab = built_in.config.text_config.vocab_size
    ids = [vocab - 2] + [(37 * i) % (vocab - 3) for i in range(1, args.tokens - 1)] + [vocab - 1]
    rows = [row("built-in model", built_in.text_model, ids, args.seconds / 3)]

    config = CLIPTextConfig(vocab_size=1000, hidden_size=768, intermediate_size=3072, num_hidden_layers=12,
                            num_attention_heads=12, max_position_embeddings=77, eos_token_id=999)  # fmt: skip
    config._attn_implementation = "eager"
    large = CLIPTextModel(config).eval().text_model
    for tokens in 12, 77:
        ids = [(37 * i + 1) % 999 for i in range(tokens - 1)] + [999]
        rows.append(row("random CLIP ViT-L/14 text tower", large, ids, args.seconds))
    json.dump({"peer": "torch eager, output_attentions, 1 thread", **versions, "rows": rows}, sys.stdout, indent=2)
    print()


main()
