"""Converts the trainer's own text reference (reference.py's text.npz) into a file the tests read.

usage: convert_reference.py PATH/TO/text.npz     (writes reference_text.safetensors beside this script)
Per prompt i: ids_i I32 [T], attention_i [L,H,T,T], last_i [T,D] (after the final norm), embed_i [P] (not normalised).
Last run: numpy 2.4.6, safetensors 0.8.0.
"""

import os
import sys

import numpy as np
from safetensors.numpy import save_file

HERE = os.path.dirname(os.path.abspath(__file__))
z = np.load(sys.argv[1])
prompts = [str(p) for p in z["prompts"]]
tensors = {}
for i in range(len(prompts)):
    tensors[f"ids_{i}"] = z[f"ids_{i}"].astype(np.int32)
    tensors[f"attention_{i}"] = z[f"attention_{i}"].astype(np.float32)
    tensors[f"last_{i}"] = z[f"hidden_{i}"].astype(np.float32)
    tensors[f"embed_{i}"] = z[f"embed_{i}"].astype(np.float32)
meta = {"made_by": "convert_reference.py", "numpy": np.__version__} | {f"prompt_{i}": p for i, p in enumerate(prompts)}
save_file(tensors, os.path.join(HERE, "reference_text.safetensors"), metadata=meta)
print(len(prompts), "prompts")
