"""Makes tiny random MMDiTs and what diffusers computes with them: outputs and every attention of every block, float32.

usage: make_mmdit.py            (writes beside itself; needs torch, diffusers, safetensors)

tiny_sd3/    SD3: no QK norm, 3 blocks, 3 heads of 8, patch 2, float32 in several shards
tiny_sd35/   SD3.5 medium: QK RMS norm, a second image-only attention in blocks 0 and 2 of 4, 2 heads of 14, patch 3, bfloat16,
             other channels out than in
mmdit.safetensors, per model NAME:
  NAME.latent [C,h,w] (not square), NAME.text [T,joint width], NAME.pooled [P], NAME.timestep [1] (0..1000), NAME.out [C,h,w]
  NAME.attention [L,H,S,S], NAME.scores [L,H,S,S] (before softmax), S = N image patches, then T tokens; rows are queries
  NAME.dual_attention [blocks with one,H,N,N]
  NAME.bias [T], NAME.biased_attention, NAME.biased_out: the bias added to the scores of image queries on the text's keys only,
  one of them -inf; NAME.factor [T], NAME.factored_attention, NAME.factored_out: the same attention multiplied after softmax
The processor below replaces diffusers' fused attention by an explicit softmax; the script checks that both give the same output.
Versions of the last run are in the file's __metadata__.
"""

import os
import shutil

import diffusers
import torch
import torch.nn.functional as F
from diffusers import SD3Transformer2DModel
from safetensors.torch import save_file

HERE = os.path.dirname(os.path.abspath(__file__))
MODELS = {
    "tiny_sd3": dict(
        config=dict(sample_size=12, patch_size=2, in_channels=4, out_channels=4, num_layers=3, attention_head_dim=8,
                    num_attention_heads=3, joint_attention_dim=14, caption_projection_dim=24, pooled_projection_dim=10,
                    pos_embed_max_size=9),
        latent=(6, 10), tokens=5, timestep=731.0, dtype=torch.float32, shard="150KB", gain=1.0),
    "tiny_sd35": dict(
        config=dict(sample_size=15, patch_size=3, in_channels=3, out_channels=5, num_layers=4, attention_head_dim=14,
                    num_attention_heads=2, joint_attention_dim=9, caption_projection_dim=28, pooled_projection_dim=6,
                    pos_embed_max_size=7, qk_norm="rms_norm", dual_attention_layers=(0, 2)),
        latent=(12, 6), tokens=7, timestep=88.5, dtype=torch.bfloat16, shard="10GB", gain=1.6),
}  # fmt: skip


class Explicit:
    """JointAttnProcessor2_0 with its softmax in the open; keeps scores and attention, and may be told to change them."""

    def __init__(self, bias=None, factor=None):
        self.bias, self.factor, self.scores, self.attention = bias, factor, [], []

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None):
        image = hidden_states.shape[1]
        heads = lambda y: y.view(1, -1, attn.heads, y.shape[-1] // attn.heads).transpose(1, 2)
        norm = lambda layer, y: y if layer is None else layer(y)
        q, k, v = (heads(f(hidden_states)) for f in (attn.to_q, attn.to_k, attn.to_v))
        q, k = norm(attn.norm_q, q), norm(attn.norm_k, k)
        joint = encoder_hidden_states is not None
        if joint:
            parts = (attn.add_q_proj, attn.add_k_proj, attn.add_v_proj)
            cq, ck, cv = (heads(f(encoder_hidden_states)) for f in parts)
            cq, ck = norm(attn.norm_added_q, cq), norm(attn.norm_added_k, ck)
            q, k, v = torch.cat([q, cq], 2), torch.cat([k, ck], 2), torch.cat([v, cv], 2)
        scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
        if joint and self.bias is not None:
            scores[:, :, :image, image:] += self.bias
        attention = torch.softmax(scores, -1)
        if joint and self.factor is not None:
            attention[:, :, :image, image:] *= self.factor
        self.scores.append(scores[0])
        self.attention.append(attention[0])
        out = (attention @ v).transpose(1, 2).reshape(1, -1, v.shape[1] * v.shape[-1])
        if not joint:
            return attn.to_out[0](out)
        return attn.to_out[0](out[:, :image]), out[:, image:] if attn.context_pre_only else attn.to_add_out(out[:, image:])


def randomise(model, seed, gain):
    """Wide enough that heads choose, gates are open and norms differ from 1; without QK norm no wider, or scores of 60
    magnify the one bit in which torch's exp of the timestep may be rounded otherwise."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        if "norm_" in name and ".attn" in name:
            parameter.data = 1.5 + 0.3 * noise  # RMS gains
        elif name.endswith("weight"):
            parameter.data = noise * (gain / parameter[0].numel() ** 0.5)
        else:
            parameter.data = 0.2 * noise


def run(model, inputs, bias=None, factor=None):
    joint, dual = Explicit(bias, factor), Explicit()
    for block in model.transformer_blocks:
        block.attn.set_processor(joint)
        if block.attn2 is not None:
            block.attn2.set_processor(dual)
    out = model(*inputs, return_dict=False)[0][0]
    return out, joint, dual


def make(name, spec, out):
    folder = os.path.join(HERE, name)
    shutil.rmtree(folder, ignore_errors=True)
    model = SD3Transformer2DModel(**spec["config"]).eval()
    randomise(model, 3, spec["gain"])
    model.to(spec["dtype"]).save_pretrained(folder, max_shard_size=spec["shard"])
    model = SD3Transformer2DModel.from_pretrained(folder, torch_dtype=torch.float32).eval()
    c = spec["config"]
    generator = torch.Generator().manual_seed(4)
    draw = lambda *shape: torch.randn(*shape, generator=generator)
    inputs = (draw(1, c["in_channels"], *spec["latent"]), draw(1, spec["tokens"], c["joint_attention_dim"]),
              draw(1, c["pooled_projection_dim"]), torch.tensor([spec["timestep"]]))  # fmt: skip
    bias, factor = draw(spec["tokens"]), draw(spec["tokens"])
    bias[1], factor[2] = -torch.inf, 0.0
    with torch.no_grad():
        stock = model(*inputs, return_dict=False)[0][0]
        plain, joint, dual = run(model, inputs)
        assert (stock - plain).abs().max() < 2e-5, (stock - plain).abs().max()
        biased, with_bias, _ = run(model, inputs, bias=bias)
        factored, with_factor, _ = run(model, inputs, factor=factor)
    kept = {
        "latent": inputs[0][0], "text": inputs[1][0], "pooled": inputs[2][0], "timestep": inputs[3], "out": plain,
        "attention": torch.stack(joint.attention), "scores": torch.stack(joint.scores),
        "bias": bias, "biased_attention": torch.stack(with_bias.attention), "biased_out": biased,
        "factor": factor, "factored_attention": torch.stack(with_factor.attention), "factored_out": factored,
    }  # fmt: skip
    if dual.attention:
        kept["dual_attention"] = torch.stack(dual.attention)
    out |= {f"{name}.{key}": value.contiguous() for key, value in kept.items()}
    print(name, {k: list(v.shape) for k, v in kept.items()})
    print("  output", plain.abs().max().item(), "attention max", joint.attention[1].max().item(),
          "effect of bias", (biased - plain).abs().max().item(), "of factor", (factored - plain).abs().max().item())  # fmt: skip


def main():
    torch.set_num_threads(1)
    out = {}
    for name, spec in MODELS.items():
        make(name, spec, out)
    versions = {"torch": torch.__version__, "diffusers": diffusers.__version__, "made_by": "make_mmdit.py"}
    save_file(out, os.path.join(HERE, "mmdit.safetensors"), metadata=versions)


if __name__ == "__main__":
    main()
