"""Makes small random pictures and what Pillow's resize and the slow image processors make of them.

usage: make_image_processor.py      (writes resize.safetensors, image_processor.safetensors and .json beside itself)
Needs transformers, open_clip_torch, timm, torchvision and Pillow. Pillow 13 resizes by the vertical pass first where the
height shrinks much more than the width: with it the two .safetensors get other names, resize_pillow13.safetensors and
image_processor_pillow13.safetensors, and a few tall pictures more.

resize.safetensors: in.I U8 [h,w,3]; out.I.F.K U8 [h,w,3], picture I through filter F (Pillow's number) to the K-th size.
image_processor.json: per case its name, the config (`preprocessor`: preprocessor_config.json, else `config`).
image_processor.safetensors: in.I; per case C: rgb.C.I U8 [h,w,3] before rescaling and, for some, pixels.C.I F32 [3,h,w].
Versions of the last run are in the files' __metadata__.
"""

import json
import os

import numpy as np
import PIL
import torch
import transformers
from PIL import Image
from safetensors.numpy import save_file
from transformers import BitImageProcessor, CLIPImageProcessor, DeiTImageProcessor, ViTImageProcessor

HERE = os.path.dirname(os.path.abspath(__file__))
VERSIONS = {"pillow": PIL.__version__, "numpy": np.__version__, "transformers": transformers.__version__}
SUFFIX = "_pillow13" if int(PIL.__version__.split(".")[0]) >= 13 else ""
IMAGENET = [[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]]
CLIP = [[0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]]


def random_picture(width, height, seed):
    """Noise with many black and white pixels, so that the filters overshoot both ends."""
    rng = np.random.default_rng(seed)
    rgb = rng.integers(0, 256, (height, width, 3))
    return np.where(rng.random(rgb.shape) < 0.4, np.where(rgb < 128, 0, 255), rgb).astype(np.uint8)


def resize():
    out = {}
    sizes_in = [(37, 23), (6, 6), (1, 9), (9, 1), (1, 1), (64, 5)]
    if SUFFIX:
        sizes_in += [(20, 61), (13, 90), (40, 64)]
    sizes_out = [(37, 23), (20, 13), (8, 8), (3, 3), (1, 1), (37, 7), (5, 23), (41, 29), (1, 40), (47, 2)]
    for i, (width, height) in enumerate(sizes_in):
        rgb = random_picture(width, height, i)
        out[f"in.{i}"] = rgb
        for f in range(4):
            for k, size in enumerate(sizes_out):
                out[f"out.{i}.{f}.{k}"] = np.array(Image.fromarray(rgb).resize(size, f))
    save_file(out, os.path.join(HERE, f"resize{SUFFIX}.safetensors"), metadata=VERSIONS)


CASES = [
    ("clip", CLIPImageProcessor, {
        "image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 20}, "do_convert_rgb": True,
        "crop_size": {"height": 18, "width": 15}, "resample": 3, "image_mean": CLIP[0], "image_std": CLIP[1],
        "do_rescale": True, "rescale_factor": 0.00392156862745098}),
    ("clip_ints", CLIPImageProcessor, {
        "feature_extractor_type": "CLIPFeatureExtractor", "size": 16, "crop_size": 16, "resample": 3,
        "do_resize": True, "do_center_crop": True, "do_normalize": True, "image_mean": CLIP[0], "image_std": CLIP[1]}),
    ("clip_padded", CLIPImageProcessor, {
        "image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 10},
        "crop_size": {"height": 17, "width": 14}}),
    ("clip_uncropped", CLIPImageProcessor, {
        "image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 7}, "do_center_crop": False,
        "resample": 2, "image_mean": 0.25, "image_std": 0.125}),
    ("clip_unresized", CLIPImageProcessor, {
        "image_processor_type": "CLIPImageProcessor", "do_resize": False, "crop_size": 16}),
    ("clip_square", CLIPImageProcessor, {
        "image_processor_type": "CLIPImageProcessor", "size": {"height": 13, "width": 18}, "crop_size": 12}),
    ("vit_int", ViTImageProcessor, {
        "feature_extractor_type": "ViTFeatureExtractor", "size": 16, "do_resize": True, "do_normalize": True,
        "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "resample": 2}),
    ("vit", ViTImageProcessor, {
        "image_processor_type": "ViTImageProcessor", "size": {"height": 14, "width": 19}, "resample": 1,
        "image_mean": IMAGENET[0], "image_std": IMAGENET[1]}),
    ("vit_raw", ViTImageProcessor, {
        "image_processor_type": "ViTImageProcessor", "size": [9, 12], "resample": 0, "do_rescale": False}),
    ("vit_scaled", ViTImageProcessor, {
        "image_processor_type": "ViTImageProcessor", "size": 11, "rescale_factor": 0.0078125, "do_normalize": False}),
    ("deit_int", DeiTImageProcessor, {
        "feature_extractor_type": "DeiTFeatureExtractor", "size": 19, "crop_size": 14, "resample": 3,
        "do_center_crop": True, "image_mean": IMAGENET[0], "image_std": IMAGENET[1]}),
    ("deit_padded", DeiTImageProcessor, {
        "image_processor_type": "DeiTImageProcessor", "size": {"height": 11, "width": 20},
        "crop_size": {"height": 14, "width": 13}}),
    ("bit", BitImageProcessor, {
        "image_processor_type": "BitImageProcessor", "size": {"shortest_edge": 21},
        "crop_size": {"height": 18, "width": 18}, "resample": 3, "image_mean": IMAGENET[0],
        "image_std": IMAGENET[1]}),
]  # fmt: skip

OPEN_CLIP = [
    ("open_clip", {"model_cfg": {"vision_cfg": {"image_size": 15}}, "preprocess_cfg": {}}),
    ("open_clip_even", {"model_cfg": {"vision_cfg": {"image_size": 15}}, "preprocess_cfg": {
        "size": [12, 12], "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.25, 0.125], "interpolation": "bilinear",
        "resize_mode": "shortest"}}),
    ("open_clip_squash", {"model_cfg": {"vision_cfg": {"image_size": 15}}, "preprocess_cfg": {
        "size": [12, 14], "resize_mode": "squash", "interpolation": "bicubic"}}),
]  # fmt: skip

TIMM = [
    ("timm", {"architecture": "vit_tiny", "pretrained_cfg": {
        "input_size": [3, 14, 14], "interpolation": "bicubic", "crop_pct": 0.9, "crop_mode": "center",
        "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}}),
    ("timm_default", {"architecture": "vit_tiny", "pretrained_cfg": {"input_size": [3, 16, 16]}}),
    ("timm_squash", {"architecture": "vit_tiny", "pretrained_cfg": {
        "input_size": [3, 14, 11], "interpolation": "bilinear", "crop_pct": 0.9, "crop_mode": "squash"}}),
]  # fmt: skip


def slow(kind, config, rgb):
    processor = kind(**{k: v for k, v in config.items() if not k.endswith("_type")})
    # Named: a height of 1 or 3 would be taken for channels.
    how = {"return_tensors": "np", "input_data_format": "channels_last"}
    raw = processor(rgb, do_rescale=False, do_normalize=False, **how)["pixel_values"][0]
    return raw.transpose(1, 2, 0).astype(np.uint8), processor(rgb, **how)["pixel_values"][0].astype(np.float32)


def on_pillow(transform, rgb):
    """torchvision's transforms: what comes before ToTensor makes bytes."""
    image = Image.fromarray(rgb)
    pixels = transform(image).numpy()
    for step in transform.transforms:
        if type(step).__name__ in ("ToTensor", "MaybeToTensor", "PILToTensor"):
            break
        image = step(image)
    return np.array(image), pixels


def open_clip_transform(config):
    from open_clip.transform import PreprocessCfg, image_transform_v2

    given = dict(config["preprocess_cfg"])
    given.setdefault("size", config["model_cfg"]["vision_cfg"]["image_size"])
    return image_transform_v2(PreprocessCfg(**given), is_train=False)


def timm_transform(config):
    from timm.data import create_transform, resolve_data_config

    return create_transform(**resolve_data_config(pretrained_cfg=config["pretrained_cfg"]))


def processors():
    sizes = [(33, 25), (24, 40), (9, 7), (1, 6), (6, 1), (20, 20), (3, 5)]
    if SUFFIX:
        sizes += [(24, 130), (31, 77)]
    pictures = [random_picture(w, h, 100 + i) for i, (w, h) in enumerate(sizes)]
    out = {f"in.{i}": rgb for i, rgb in enumerate(pictures)}
    cases = []
    jobs = [(name, "preprocessor", config, lambda rgb, k=kind, c=config: slow(k, c, rgb)) for name, kind, config in CASES]
    for names, make in ((OPEN_CLIP, open_clip_transform), (TIMM, timm_transform)):
        jobs += [(name, "config", config, lambda rgb, t=make(config): on_pillow(t, rgb)) for name, config in names]
    for name, key, config, run in jobs:
        cases.append({"name": name, key: config})
        for i, rgb in enumerate(pictures):
            out[f"rgb.{name}.{i}"], pixels = run(rgb)
            if i in (0, 2):
                out[f"pixels.{name}.{i}"] = np.ascontiguousarray(pixels)
    with open(os.path.join(HERE, "image_processor.json"), "w") as file:
        json.dump(cases, file, indent=1)
        file.write("\n")
    out = {k: np.ascontiguousarray(v) for k, v in out.items()}
    save_file(out, os.path.join(HERE, f"image_processor{SUFFIX}.safetensors"), metadata=VERSIONS | extra_versions())


def extra_versions():
    import open_clip
    import timm
    import torchvision

    return {"open_clip": open_clip.__version__, "timm": timm.__version__, "torchvision": torchvision.__version__,
            "torch": torch.__version__}  # fmt: skip


if __name__ == "__main__":
    resize()
    processors()
