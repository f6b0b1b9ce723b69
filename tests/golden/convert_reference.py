"""Converts the trainer's own reference (training/reference.py's text.npz and vision.npz) into files the tests read.

usage: convert_reference.py PATH/TO/text.npz|vision.npz ...     (writes reference_text|reference_vision.safetensors beside itself)
text, per prompt i: ids_i I32 [T], attention_i [L,H,T,T], last_i [T,D] (after the final norm), embed_i [P] (not normalised).
vision, per scene i: image_i U8 [W,W,3] as drawn, pixels_i [3,V,V] as the tower reads it, embed_i [P] (not normalised), cls_i [L,H,T] (row CLS of the
attention), for the first two also attention_i [L,H,T,T]; multiplier [] (exp of logit_scale); captions in the metadata.
Last run: numpy 2.4.6, safetensors 0.8.0.
"""

import os
import sys

import numpy as np
from safetensors.numpy import save_file

HERE = os.path.dirname(os.path.abspath(__file__))
WHOLE_MAPS = 2  # of the scenes; each is 1.7 MB


def save(tensors, name, key, lines):
    meta = {"made_by": "convert_reference.py", "numpy": np.__version__} | {f"{key}_{i}": p for i, p in enumerate(lines)}
    save_file({k: np.ascontiguousarray(v) for k, v in tensors.items()}, os.path.join(HERE, name), metadata=meta)
    print(name, len(lines), key)


def convert_text(z):
    prompts = [str(p) for p in z["prompts"]]
    tensors = {}
    for i in range(len(prompts)):
        tensors[f"ids_{i}"] = z[f"ids_{i}"].astype(np.int32)
        tensors[f"attention_{i}"] = z[f"attention_{i}"].astype(np.float32)
        tensors[f"last_{i}"] = z[f"hidden_{i}"].astype(np.float32)
        tensors[f"embed_{i}"] = z[f"embed_{i}"].astype(np.float32)
    save(tensors, "reference_text.safetensors", "prompt", prompts)


def convert_vision(z):
    captions = [str(c) for c in z["captions"]]
    tensors = {"multiplier": z["logit_scale"].astype(np.float32)}
    for i in range(len(captions)):
        tensors[f"image_{i}"] = z[f"image_{i}"]
        tensors[f"pixels_{i}"] = z[f"pixels_{i}"].astype(np.float32)
        tensors[f"embed_{i}"] = z[f"embed_{i}"].astype(np.float32)
        tensors[f"cls_{i}"] = z[f"attention_{i}"][:, :, 0].astype(np.float32)
        if i < WHOLE_MAPS:
            tensors[f"attention_{i}"] = z[f"attention_{i}"].astype(np.float32)
    save(tensors, "reference_vision.safetensors", "caption", captions)


for path in sys.argv[1:]:
    arrays = np.load(path)
    (convert_vision if "captions" in arrays else convert_text)(arrays)
