"""Makes the reference of the real DINOv2-S/14 on two photos with transformers (eager attention, float32).

usage: make_dinov2.py MODEL_FOLDER [SKIMAGE_DATA]   (writes beside itself; needs torch, transformers, safetensors, pillow)
MODEL_FOLDER is what assets/models/get.py installs. With SKIMAGE_DATA (the folder skimage/data of the package
scikit-image 0.26.0) the photos are made again from its PNG files; their licence: photos/LICENCE.md.

dinov2_small.safetensors, per photo NAME (astronaut, chelsea):
  NAME.cropped  U8 [224,224,3]  after resize and crop, before rescale and normalisation (AutoImageProcessor, slow, PIL)
  NAME.rows     I32 [R]         tokens whose rows are kept: 0 is CLS, 1 + patch, row-major 16 x 16
  NAME.last_attention [H,R,257] those rows of the last layer; NAME.cls_attention [L,H,257] row CLS of every layer
  NAME.last     [R,D]           those rows after the final norm
Versions of the last run are in the file's __metadata__.
"""

import os
import sys

import numpy as np
import PIL
import torch
import transformers
from PIL import Image
from safetensors.torch import save_file
from transformers import AutoImageProcessor, Dinov2Model

HERE = os.path.dirname(os.path.abspath(__file__))
PHOTOS = {"astronaut": (384, 384), "chelsea": (451, 300)}  # width, height of the JPEG
ROWS = 40


def make_photos(data):
    for name, size in PHOTOS.items():
        photo = Image.open(os.path.join(data, name + ".png")).convert("RGB")
        if photo.size != size:
            photo = photo.resize(size, Image.LANCZOS)
        photo.save(os.path.join(HERE, "photos", name + ".jpg"), quality=88, optimize=True)


def main():
    if len(sys.argv) > 2:
        make_photos(sys.argv[2])
    processor = AutoImageProcessor.from_pretrained(sys.argv[1], use_fast=False)
    model = Dinov2Model.from_pretrained(sys.argv[1], attn_implementation="eager", dtype=torch.float32).eval()
    torch.set_num_threads(1)
    out = {}
    for name in PHOTOS:
        photo = Image.open(os.path.join(HERE, "photos", name + ".jpg"))
        cropped = processor(photo, return_tensors="np", do_rescale=False, do_normalize=False).pixel_values[0]
        pixels = processor(photo, return_tensors="pt").pixel_values
        with torch.no_grad():
            run = model(pixels, output_attentions=True)
        tokens = run.last_hidden_state.shape[1]
        rows = [0] + np.linspace(1, tokens - 1, ROWS - 1).round().astype(int).tolist()
        out[f"{name}.cropped"] = torch.from_numpy(cropped.transpose(1, 2, 0).astype(np.uint8).copy())
        out[f"{name}.rows"] = torch.tensor(rows, dtype=torch.int32)
        out[f"{name}.last_attention"] = run.attentions[-1][0][:, rows].contiguous()
        out[f"{name}.cls_attention"] = torch.stack([a[0][:, 0] for a in run.attentions])
        out[f"{name}.last"] = run.last_hidden_state[0][rows].contiguous()
    versions = {"torch": torch.__version__, "transformers": transformers.__version__, "pillow": PIL.__version__}
    save_file(out, os.path.join(HERE, "dinov2_small.safetensors"), metadata=versions | {"made_by": "make_dinov2.py"})
    print({name: list(tensor.shape) for name, tensor in out.items()})


if __name__ == "__main__":
    main()
