"""Makes a tiny random SD3 pipeline of pixels with two CLIP encoders, and the pooled text and attention of diffusers.

usage: make_sd3_pipeline.py     (writes beside itself; needs torch, transformers, diffusers, safetensors)

tiny_sd3_pipeline/  text_encoder (projects to 6) and text_encoder_2 (to 9), CLIPTextModelWithProjection of unequal sizes, with
                    the built-in model's vocabulary; an SD3 transformer of 3 channels that reads 15 numbers of pooled text
sd3_pipeline.safetensors, per prompt i (text in __metadata__, prompt_i):
  pooled_i [15]  what StableDiffusion3Pipeline makes of it: each encoder's, end to end
  text_i [T,12]  the first encoder's last hidden states, not padded: what Regard gives to the transformer
  attention_i [L,H,S,S], out_i [3,h,w]  of one pass at the first step (timestep 1000) over `noise` [3,h,w]
and zeros_attention_0, the same with pooled text of zeros. Versions of the last run are in __metadata__.
"""

import os
import shutil

import diffusers
import torch
import transformers
from diffusers import FlowMatchEulerDiscreteScheduler, SD3Transformer2DModel, StableDiffusion3Pipeline
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModelWithProjection, CLIPTokenizer

from make_mmdit import randomise, run

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(HERE, "tiny_sd3_pipeline")
BUILT_IN = os.path.join(HERE, "../../assets/little-world/clip")
PROMPTS = ["un chat rouge", "a grey mouse in the snow", ""]


def encoder(tokenizer, seed, **sizes):
    config = CLIPTextConfig(vocab_size=len(tokenizer), max_position_embeddings=20, bos_token_id=tokenizer.bos_token_id,
                            eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.eos_token_id, **sizes)  # fmt: skip
    model = CLIPTextModelWithProjection(config).eval()
    randomise(model, seed, 1.6)
    return model


def parts():
    tokenizer = CLIPTokenizer.from_pretrained(BUILT_IN, model_max_length=20)
    first = encoder(tokenizer, 5, hidden_size=12, num_attention_heads=3, num_hidden_layers=2, intermediate_size=20,
                    projection_dim=6)  # fmt: skip
    second = encoder(tokenizer, 6, hidden_size=10, num_attention_heads=2, num_hidden_layers=3, intermediate_size=16,
                     projection_dim=9, hidden_act="gelu")  # fmt: skip
    transformer = SD3Transformer2DModel(
        sample_size=12, patch_size=2, in_channels=3, out_channels=3, num_layers=2, attention_head_dim=8, num_attention_heads=3,
        joint_attention_dim=12, caption_projection_dim=24, pooled_projection_dim=15, pos_embed_max_size=9).eval()  # fmt: skip
    randomise(transformer, 7, 1.0)
    return tokenizer, first, second, transformer


@torch.no_grad()
def main():
    tokenizer, first, second, transformer = parts()
    pipeline = StableDiffusion3Pipeline(
        transformer=transformer, scheduler=FlowMatchEulerDiscreteScheduler(shift=2.0), vae=None, text_encoder=first,
        tokenizer=tokenizer, text_encoder_2=second, tokenizer_2=tokenizer, text_encoder_3=None, tokenizer_3=None)  # fmt: skip
    shutil.rmtree(FOLDER, ignore_errors=True)
    pipeline.save_pretrained(FOLDER)
    generator = torch.Generator().manual_seed(8)
    noise = torch.randn(3, 8, 12, generator=generator)
    out = {"noise": noise}
    for i, prompt in enumerate(PROMPTS):
        pooled = torch.cat([pipeline._get_clip_prompt_embeds(prompt, clip_model_index=k)[1] for k in (0, 1)], -1)
        ids = tokenizer(prompt, return_tensors="pt").input_ids
        text = first(ids).last_hidden_state
        timestep = torch.tensor([1000.0])
        predicted, joint, _ = run(transformer, (noise[None], text, pooled, timestep))
        out |= {f"pooled_{i}": pooled[0], f"text_{i}": text[0], f"out_{i}": predicted, f"attention_{i}": torch.stack(joint.attention)}
        if i == 0:
            _, zeros, _ = run(transformer, (noise[None], text, torch.zeros_like(pooled), timestep))
            out["zeros_attention_0"] = torch.stack(zeros.attention)
            print("what pooled text moves:", (out["zeros_attention_0"] - out["attention_0"]).abs().max().item())
    versions = {"torch": torch.__version__, "transformers": transformers.__version__, "diffusers": diffusers.__version__,
                "made_by": "make_sd3_pipeline.py"}  # fmt: skip
    texts = {f"prompt_{i}": prompt for i, prompt in enumerate(PROMPTS)}
    out = {name: value.contiguous().float() for name, value in out.items()}
    save_file(out, os.path.join(HERE, "sd3_pipeline.safetensors"), metadata=versions | texts)


if __name__ == "__main__":
    main()
