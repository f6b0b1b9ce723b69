"""Where attention goes behind softmax, by PyTorch: what each layer's attention adds to the residual stream, and what each key
writes there (Kobayashi et al. 2020, arXiv 2004.10102).

usage: make_contribution.py     (writes contribution.safetensors beside itself; needs torch, transformers, diffusers, safetensors)

Runs the tiny models of make_text.py, make_vision.py and make_mmdit.py on the inputs kept in their golden files; per run NAME:
  NAME.added [L,T,D]       hidden state behind a layer's attention minus the one before it, read from the modules themselves:
                           output projection, its bias, layer scale (DINOv2) or modulation gate (SD3). Of a drawing [L,N+T,D]:
                           image, then text, zeros where the text stream ends; of blocks with two attentions the joint one
  NAME.value [L,H,T,S]     attention * |v|
  NAME.written [L,H,T,S]   |attention * v W_O^h * gain|, a head alone
  NAME.together [L,T,S]    |sum over heads of attention * v W_O^h * gain|
"""

import os

import diffusers
import torch
import transformers
from diffusers import SD3Transformer2DModel
from safetensors.torch import load_file, save_file
from transformers import CLIPTextModel, CLIPVisionModel, Dinov2WithRegistersModel

HERE = os.path.dirname(os.path.abspath(__file__))
at = lambda *parts: os.path.join(HERE, *parts)


def split(x, heads):
    """[T, H*E] -> [H, T, E]"""
    return x.view(x.shape[0], heads, -1).transpose(0, 1)


def contributions(attention, values, weight, gain):
    """attention [H,T,S], values [H,S,E], weight [D,H*E], gain [D] -> value, written [H,T,S], together [T,S]"""
    heads, _, width = values.shape
    parts = []  # [T,S,D] a head
    for head in range(heads):
        projected = values[head] @ weight[:, head * width : (head + 1) * width].T * gain  # [S,D]
        parts.append(attention[head][:, :, None] * projected[None])
    value = attention * values.norm(dim=-1)[:, None, :]
    return value, torch.stack([p.norm(dim=-1) for p in parts]), torch.stack(parts).sum(0).norm(dim=-1)


def keep(out, name, layers):
    for kind in layers[0]:
        out[f"{name}.{kind}"] = torch.stack([layer[kind] for layer in layers]).contiguous().float()


class Watch:
    """What modules gave in one run."""

    def __init__(self):
        self.seen, self.handles = {}, []

    def add(self, name, module):
        self.handles.append(module.register_forward_hook(lambda m, i, o: self.seen.__setitem__(name, o)))


def towers(out):
    tiny, vision = load_file(at("tiny.safetensors")), load_file(at("vision.safetensors"))
    text = CLIPTextModel.from_pretrained(at("tiny_clip_text"), attn_implementation="eager").eval()
    clip = CLIPVisionModel.from_pretrained(at("vision/clip_vision"), attn_implementation="eager").eval()
    dino = Dinov2WithRegistersModel.from_pretrained(at("vision/dinov2_registers"), attn_implementation="eager").eval()
    one = lambda d: torch.ones(d)
    cases = [
        ("text", text, dict(input_ids=tiny["tiny_clip_text.ids"][None].long()), text.text_model.encoder.layers,
         lambda l: (l.self_attn, l.self_attn.v_proj, l.self_attn.out_proj, one(text.config.hidden_size)), text.config),
        ("clip_vision", clip, dict(pixel_values=vision["clip_vision.0.pixels"][None]), clip.vision_model.encoder.layers,
         lambda l: (l.self_attn, l.self_attn.v_proj, l.self_attn.out_proj, one(clip.config.hidden_size)), clip.config),
        ("dinov2_registers", dino, dict(pixel_values=vision["dinov2_registers.1.pixels"][None]), dino.encoder.layer,
         lambda l: (l.layer_scale1, l.attention.attention.value, l.attention.output.dense, l.layer_scale1.lambda1), dino.config),
    ]  # fmt: skip
    for name, model, inputs, layers, parts, config in cases:
        watch = Watch()
        for i, layer in enumerate(layers):
            last, value, _, _ = parts(layer)
            watch.add(("added", i), last)
            watch.add(("value", i), value)
        attentions = model(**inputs, output_attentions=True).attentions
        kept = []
        for i, layer in enumerate(layers):
            _, _, projection, gain = parts(layer)
            added = watch.seen["added", i]
            added = (added[0] if isinstance(added, tuple) else added)[0]
            values = split(watch.seen["value", i][0], config.num_attention_heads)
            value, written, together = contributions(attentions[i][0], values, projection.weight, gain)
            kept.append(dict(added=added, value=value, written=written, together=together))
        keep(out, name, kept)


class Explicit:
    """JointAttnProcessor2_0 with its softmax in the open; keeps attention, values and what it gives."""

    def __init__(self):
        self.runs = []

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None):
        image = hidden_states.shape[1]
        heads = lambda y: split(y[0], attn.heads)
        norm = lambda layer, y: y if layer is None else layer(y)
        q, k, v = (heads(f(hidden_states)) for f in (attn.to_q, attn.to_k, attn.to_v))
        q, k = norm(attn.norm_q, q), norm(attn.norm_k, k)
        joint = encoder_hidden_states is not None
        if joint:
            cq, ck, cv = (heads(f(encoder_hidden_states)) for f in (attn.add_q_proj, attn.add_k_proj, attn.add_v_proj))
            cq, ck = norm(attn.norm_added_q, cq), norm(attn.norm_added_k, ck)
            q, k, v = torch.cat([q, cq], 1), torch.cat([k, ck], 1), torch.cat([v, cv], 1)
        attention = torch.softmax(q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5, -1)
        joined = (attention @ v).transpose(0, 1).reshape(1, q.shape[1], -1)
        if not joint:
            return attn.to_out[0](joined)
        of_image = attn.to_out[0](joined[:, :image])
        of_text = joined[:, image:] if attn.context_pre_only else attn.to_add_out(joined[:, image:])
        self.runs.append((attention, v, of_image[0], None if attn.context_pre_only else of_text[0]))
        return of_image, of_text


def drawings(out):
    golden = load_file(at("mmdit.safetensors"))
    for name in ("tiny_sd3", "tiny_sd35"):
        model = SD3Transformer2DModel.from_pretrained(at(name), torch_dtype=torch.float32).eval()
        explicit, watch = Explicit(), Watch()
        for i, block in enumerate(model.transformer_blocks):
            block.attn.set_processor(explicit)
            if block.attn2 is not None:
                block.attn2.set_processor(Explicit())
            watch.add(("image", i), block.norm1)
            watch.add(("text", i), block.norm1_context)
        g = lambda kind: golden[f"{name}.{kind}"]
        got = model(g("latent")[None], g("text")[None], g("pooled")[None], g("timestep"), return_dict=False)[0][0]
        assert (got - g("out")).abs().max() < 2e-5
        kept = []
        for i, (attention, values, of_image, of_text) in enumerate(explicit.runs):
            attn, image = model.transformer_blocks[i].attn, of_image.shape[0]
            gate = watch.seen["image", i][1][0]  # norm1 gives (normed, gate of attention, ...)
            added = torch.zeros(attention.shape[1], of_image.shape[1])
            added[:image] = gate * of_image
            rows = [(slice(0, image), attn.to_out[0].weight, gate)]
            if of_text is not None:
                gate = watch.seen["text", i][1][0]
                added[image:] = gate * of_text
                rows.append((slice(image, None), attn.to_add_out.weight, gate))
            value = attention * values.norm(dim=-1)[:, None, :]
            written, together = torch.zeros_like(attention), torch.zeros_like(attention[0])
            for part, weight, gain in rows:
                _, written[:, part], together[part] = contributions(attention[:, part], values, weight, gain)
            kept.append(dict(added=added, value=value, written=written, together=together))
        keep(out, name, kept)


def main():
    torch.set_num_threads(1)
    out = {}
    with torch.no_grad():
        towers(out)
        drawings(out)
    for name, value in out.items():
        print(name, list(value.shape), "largest", round(value.abs().max().item(), 4))
    versions = {"torch": torch.__version__, "transformers": transformers.__version__, "diffusers": diffusers.__version__,
                "made_by": "make_contribution.py"}  # fmt: skip
    save_file(out, at("contribution.safetensors"), metadata=versions)


if __name__ == "__main__":
    main()
