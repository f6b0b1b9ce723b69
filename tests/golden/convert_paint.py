"""Converts the trainer's own drawing references (reference.py's paint_0.npz, paint_1.npz) into files the tests read.

usage: convert_paint.py FOLDER_OF_NPZ     (writes reference_paint_0.safetensors and _1 beside this script)
  prompt, guidance in __metadata__; ids I32 [T] of the prompt, ids_empty I32 [2] of the empty prompt
  t [25]              the schedule, 1 = noise, as float32
  x [25,3,S,S]        x[0] is the noise, x[24] the picture in [-1, 1]
  x0c, x0u [24,3,S,S] float16: what the model predicted with and without the prompt
  attention_12 [L,H,N+T,N+T] float16: conditional half of step 12, N patches then T tokens
  words_0, words_23 [L,H,N,T] float16: image -> text of steps 0 and 23
Last run: numpy 2.4.6, safetensors 0.8.0, transformers 4.57.6.
"""

import os
import sys

import numpy as np
from safetensors.numpy import save_file
from transformers import CLIPTokenizerFast

HERE = os.path.dirname(os.path.abspath(__file__))
tokenizer = CLIPTokenizerFast.from_pretrained(os.path.join(HERE, "../../assets/little-world/clip"))
for i in range(2):
    z = np.load(os.path.join(sys.argv[1], f"paint_{i}.npz"))
    prompt = str(z["prompt"])
    attention = z["attention"]  # [3,L,H,N+T,N+T] at steps 0, 12, 23
    patches = attention.shape[-1] - len(tokenizer(prompt).input_ids)
    tensors = {
        "ids": np.array(tokenizer(prompt).input_ids, np.int32),
        "ids_empty": np.array(tokenizer("").input_ids, np.int32),
        "t": z["t"].astype(np.float32),
        "x": z["x"].astype(np.float32),
        "x0c": z["x0c"].astype(np.float16),
        "x0u": z["x0u"].astype(np.float16),
        "attention_12": np.ascontiguousarray(attention[1]),
        "words_0": np.ascontiguousarray(attention[0][:, :, :patches, patches:]),
        "words_23": np.ascontiguousarray(attention[2][:, :, :patches, patches:]),
    }
    assert round(patches**0.5) ** 2 == patches, attention.shape
    meta = {"made_by": "convert_paint.py", "prompt": prompt, "guidance": repr(float(z["guidance"]))}
    save_file(tensors, os.path.join(HERE, f"reference_paint_{i}.safetensors"), metadata=meta)
    print(prompt, z["guidance"], {k: v.shape for k, v in tensors.items()}, np.abs(z["x"]).max())
