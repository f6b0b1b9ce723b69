"""Makes references of the lenses that go back through a diffusion transformer (core/analysis/drawn.h), by torch autograd.

usage: make_drawn_lenses.py    (writes drawn_lenses.safetensors beside itself; needs torch, diffusers, safetensors)

NAME is tiny_sd3 (random; predicts a velocity) or world (assets/little-world/transformer, QK norm; predicts the picture).
x0 is the prediction, or latent - t * prediction with t = timestep / 1000; u_n is x0 of patch n (row by row, column, channel)
over its length, and the number of a patch is s_n = <factor * prediction_n, u_n>, factor 1 or -t. Per NAME:
  NAME.latent [C,h,w], NAME.text [T,J], NAME.pooled [P], NAME.timestep [1]; S = N patches, then T tokens
  NAME.lrp [N,S]: AttnLRP (arXiv 2402.05602): what enters the first block times the gradient of s_n under its rules, summed:
      norms with their scale detached, f(x)/x of the activation detached, gradients of A V halved on both sides, of Q K again
  NAME.chefer_patches [S]: eq. 5 and 6 of arXiv 2103.15679 with s = mean of s_n over patches 1 and 3; mean of their rows of R
  NAME.chefer_tokens [N]: the same with the mean of all s_n; mean of the columns of tokens 1 and 2
  NAME.legrad [N,S]: arXiv 2404.03214: sum over blocks, mean over heads, of ReLU(d s_{l,n} / d A_l[n]), s_{l,n} the same number
      of what block l gives, with the norm and projection that stand behind the last one
"""

import json
import os

import diffusers
import torch
from diffusers import SD3Transformer2DModel
from diffusers.models import activations, normalization
from safetensors.torch import load_file, save_file

HERE = os.path.dirname(os.path.abspath(__file__))
RULES = {"lrp": False}


class Share(torch.autograd.Function):
    """Passes on a share of the gradient."""

    @staticmethod
    def forward(ctx, x, share):
        ctx.share = share
        return x

    @staticmethod
    def backward(ctx, g):
        return g * ctx.share, None


def layer_norm(self, x):
    std = (x.var(-1, unbiased=False, keepdim=True) + self.eps).sqrt()
    y = (x - x.mean(-1, keepdim=True)) / (std.detach() if RULES["lrp"] else std)
    return y if self.weight is None else y * self.weight + self.bias


def rms_norm(self, x):
    scale = torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps)
    return x * (scale.detach() if RULES["lrp"] else scale) * self.weight


def gelu(self, x):
    y = torch.nn.functional.gelu(x, approximate=self.approximate)
    return x * (y / x).detach() if RULES["lrp"] else y


torch.nn.LayerNorm.forward = layer_norm
normalization.RMSNorm.forward = rms_norm
activations.GELU.gelu = gelu


class Open:
    """JointAttnProcessor2_0 with its softmax in the open."""

    def __init__(self):
        self.attention = []

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None):
        image = hidden_states.shape[1]
        heads = lambda y: y.view(1, -1, attn.heads, y.shape[-1] // attn.heads).transpose(1, 2)
        norm = lambda layer, y: y if layer is None else layer(y)
        q, k, v = (heads(f(hidden_states)) for f in (attn.to_q, attn.to_k, attn.to_v))
        cq, ck, cv = (heads(f(encoder_hidden_states)) for f in (attn.add_q_proj, attn.add_k_proj, attn.add_v_proj))
        q = torch.cat([norm(attn.norm_q, q), norm(attn.norm_added_q, cq)], 2)
        k = torch.cat([norm(attn.norm_k, k), norm(attn.norm_added_k, ck)], 2)
        v = torch.cat([v, cv], 2)
        if RULES["lrp"]:
            q, k, v = Share.apply(q, 0.25), Share.apply(k, 0.25), Share.apply(v, 0.5)
        a = torch.softmax(q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5, -1)
        self.attention.append(a)
        out = (a @ v).transpose(1, 2).reshape(1, -1, v.shape[1] * v.shape[-1])
        return attn.to_out[0](out[:, :image]), out[:, image:] if attn.context_pre_only else attn.to_add_out(out[:, image:])


def patches_of(out, p):
    c, h, w = out.shape
    return out.view(c, h // p, p, w // p, p).permute(1, 3, 2, 4, 0).reshape(-1, p * p * c)


def run(model, inputs):
    """The prediction [C,h,w], what entered the first block, attention and image of every block, and what stands behind."""
    kept = {"images": []}
    opened = Open()
    hooks = [model.norm_out.register_forward_pre_hook(lambda m, args: kept.__setitem__("temb", args[1]))]
    for i, block in enumerate(model.transformer_blocks):
        block.attn.set_processor(opened)
        if i == 0:
            hooks.append(block.register_forward_pre_hook(
                lambda m, args, kw: kept.__setitem__("first", (kw["hidden_states"], kw["encoder_hidden_states"])),
                with_kwargs=True))  # fmt: skip
        hooks.append(block.register_forward_hook(lambda m, args, out: kept["images"].append(out[1])))
    out = model(*inputs, return_dict=False)[0][0]
    for hook in hooks:
        hook.remove()
    behind = lambda image: model.proj_out(model.norm_out(image, kept["temb"]))[0]  # [N, p*p*C], as unpatchify reads it
    return out, kept["first"], opened.attention, kept["images"], behind


def make(name, folder, inputs, velocity, kept):
    model = SD3Transformer2DModel.from_pretrained(folder, torch_dtype=torch.float32).eval()
    p, time = model.config.patch_size, inputs[3].item() / 1000
    factor = -time if velocity else 1.0
    out, *_ = run(model, inputs)
    x0 = patches_of((inputs[0][0] - time * out if velocity else out).detach(), p)
    u = x0 / x0.norm(dim=-1, keepdim=True)
    number = lambda out: factor * (patches_of(out, p) * u).sum(-1)  # [N]
    RULES["lrp"] = True
    out, first, *_ = run(model, inputs)
    rows = []
    for s in number(out):
        grads = torch.autograd.grad(s, first, retain_graph=True)
        rows.append(torch.cat([(g * x)[0].sum(-1) for g, x in zip(grads, first)]).detach())
    RULES["lrp"] = False
    kept[f"{name}.lrp"] = torch.stack(rows)
    out, first, attention, images, behind = run(model, inputs)
    s, n = number(out), len(u)

    def rollout(score):
        r = torch.eye(attention[0].shape[-1])
        for a, g in zip(attention, torch.autograd.grad(score, attention, retain_graph=True)):
            r = r + (g[0] * a[0]).clamp(min=0).mean(dim=0) @ r
        return r

    kept[f"{name}.chefer_patches"] = rollout(s[[1, 3]].mean())[[1, 3]].mean(dim=0)
    kept[f"{name}.chefer_tokens"] = rollout(s.mean())[:n, [n + 1, n + 2]].mean(dim=-1)
    legrad = torch.zeros(n, attention[0].shape[-1])
    for a, image in zip(attention, images):
        score = factor * (behind(image) * u).sum()
        legrad += torch.autograd.grad(score, a, retain_graph=True)[0][0, :, :n].clamp(min=0).mean(dim=0)
    kept[f"{name}.legrad"] = legrad
    for key, value in zip(("latent", "text", "pooled", "timestep"), inputs):
        kept[f"{name}.{key}"] = value if key == "timestep" else value[0]
    print(name, {k: list(v.shape) for k, v in kept.items() if k.startswith(name)})


def main():
    torch.set_num_threads(1)
    kept = {}
    tiny = load_file(os.path.join(HERE, "mmdit.safetensors"))
    inputs = [tiny[f"tiny_sd3.{key}"] for key in ("latent", "text", "pooled")]
    make("tiny_sd3", os.path.join(HERE, "tiny_sd3"), (*(x[None] for x in inputs), tiny["tiny_sd3.timestep"]), True, kept)
    generator = torch.Generator().manual_seed(5)
    draw = lambda *shape: torch.randn(*shape, generator=generator)
    world = os.path.join(HERE, "../../assets/little-world/transformer")
    with open(os.path.join(world, "config.json")) as f:
        c = json.load(f)
    p = c["patch_size"]
    text, pooled = c["joint_attention_dim"], c["pooled_projection_dim"]
    inputs = draw(1, 3, 6 * p, 8 * p), draw(1, 5, text), draw(1, pooled), torch.tensor([610.0])
    make("world", world, inputs, False, kept)
    versions = {"torch": torch.__version__, "diffusers": diffusers.__version__, "made_by": "make_drawn_lenses.py"}
    save_file({k: v.detach().contiguous().clone() for k, v in kept.items()},
              os.path.join(HERE, "drawn_lenses.safetensors"), metadata=versions)  # fmt: skip


main()
