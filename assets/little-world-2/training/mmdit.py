"""SD3-style MMDiT in plain PyTorch; parameter names equal diffusers' SD3Transformer2DModel, attention kept on request."""

import math
import torch, torch.nn as nn, torch.nn.functional as F


def sincos_1d(dim, pos):
    w = 1.0 / 10000 ** (torch.arange(dim // 2).double() / (dim / 2))
    a = pos.reshape(-1).double()[:, None] * w[None]
    return torch.cat([a.sin(), a.cos()], 1)


def sincos_2d(dim, m, base):  # diffusers: first half encodes the column, second the row; coordinate = i * base / m
    r = torch.arange(m).double() / (m / base)
    gy, gx = torch.meshgrid(r, r, indexing="ij")
    return torch.cat([sincos_1d(dim // 2, gx), sincos_1d(dim // 2, gy)], 1).float()


def sincos_grid(dim, c):  # c: coordinates along one side
    gy, gx = torch.meshgrid(c, c, indexing="ij")
    return torch.cat([sincos_1d(dim // 2, gx), sincos_1d(dim // 2, gy)], 1).float()


class PatchEmbed(nn.Module):
    def __init__(s, d, p, ch, m, base):
        super().__init__()
        s.proj = nn.Conv2d(ch, d, p, p)
        s.m, s.p = m, p
        s.register_buffer("pos_embed", sincos_2d(d, m, base)[None])

    def forward(s, x):
        h, w = x.shape[2] // s.p, x.shape[3] // s.p
        top, left = (s.m - h) // 2, (s.m - w) // 2
        pe = s.pos_embed.view(1, s.m, s.m, -1)[:, top : top + h, left : left + w].reshape(1, h * w, -1)
        return s.proj(x).flatten(2).transpose(1, 2) + pe.to(x.dtype)


class Lin2(nn.Module):
    def __init__(s, i, d):
        super().__init__()
        s.linear_1 = nn.Linear(i, d)
        s.linear_2 = nn.Linear(d, d)

    def forward(s, x):
        return s.linear_2(F.silu(s.linear_1(x)))


class TimeText(nn.Module):
    def __init__(s, d, pooled):
        super().__init__()
        s.timestep_embedder = Lin2(256, d)
        s.text_embedder = Lin2(pooled, d)

    def forward(s, t, pooled):  # t in [0, 1000]
        f = torch.exp(-math.log(10000) * torch.arange(128).float() / 128)
        a = t.float()[:, None] * f[None]
        e = torch.cat([a.cos(), a.sin()], -1)
        return s.timestep_embedder(e.to(pooled.dtype)) + s.text_embedder(pooled)


class AdaZero(nn.Module):
    def __init__(s, d, n=6):
        super().__init__()
        s.linear = nn.Linear(d, n * d)
        s.n, s.d = n, d
        nn.init.zeros_(s.linear.weight)
        nn.init.zeros_(s.linear.bias)

    def forward(s, x, c):
        m = s.linear(F.silu(c)).unsqueeze(1).chunk(s.n, -1)
        y = F.layer_norm(x.float(), (s.d,), eps=1e-6).to(x.dtype)
        if s.n == 2:  # continuous: scale, shift
            return y * (1 + m[0]) + m[1], None
        return y * (1 + m[1]) + m[0], m  # shift_a, scale_a, gate_a, shift_m, scale_m, gate_m


class RMS(nn.Module):
    def __init__(s, d):
        super().__init__()
        s.weight = nn.Parameter(torch.ones(d))

    def forward(s, x):
        return (x.float() * torch.rsqrt(x.float().pow(2).mean(-1, keepdim=True) + 1e-6)).to(x.dtype) * s.weight.to(
            x.dtype
        )


class FF(nn.Module):
    def __init__(s, d):
        super().__init__()
        up = nn.Module()
        up.proj = nn.Linear(d, 4 * d)
        s.net = nn.ModuleList([up, nn.Identity(), nn.Linear(4 * d, d)])

    def forward(s, x):
        return s.net[2](F.gelu(s.net[0].proj(x), approximate="tanh"))


class Attn(nn.Module):
    def __init__(s, d, h, last):
        super().__init__()
        s.h = h
        for n in ("to_q", "to_k", "to_v", "add_q_proj", "add_k_proj", "add_v_proj"):
            setattr(s, n, nn.Linear(d, d))
        s.to_out = nn.ModuleList([nn.Linear(d, d)])
        s.to_add_out = None if last else nn.Linear(d, d)
        for n in ("norm_q", "norm_k", "norm_added_q", "norm_added_k"):
            setattr(s, n, RMS(d // h))

    def forward(
        s, x, c, want, words
    ):  # want: None, "all" (every score) or "words" (image rows, word columns, mean of heads 0 and 1)
        B, N, D = x.shape
        sp = lambda y: y.view(B, -1, s.h, D // s.h).transpose(1, 2)
        q = torch.cat([s.norm_q(sp(s.to_q(x))), s.norm_added_q(sp(s.add_q_proj(c)))], 2)
        k = torch.cat([s.norm_k(sp(s.to_k(x))), s.norm_added_k(sp(s.add_k_proj(c)))], 2)
        v = torch.cat([sp(s.to_v(x)), sp(s.add_v_proj(c))], 2)
        bias = a = None
        if (
            words is not None
        ):  # [B, T] added to what image queries score word keys: ln(weight), or -inf to cut a word's column
            bias = F.pad(words[:, None, None, :].expand(-1, 1, N, -1), (N, 0, 0, c.shape[1]))
        if want is None:
            o = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        else:
            a = (q @ k.transpose(-1, -2)) * (D // s.h) ** -0.5
            a = torch.softmax(a if bias is None else a + bias, -1)
            o = a @ v
            if want == "words":
                a = a[:, :2, :N, N:].mean(1)
        o = o.transpose(1, 2).reshape(B, -1, D)
        return s.to_out[0](o[:, :N]), None if s.to_add_out is None else s.to_add_out(o[:, N:]), a


class Block(nn.Module):
    def __init__(s, d, h, last):
        super().__init__()
        s.last = last
        s.norm1 = AdaZero(d)
        s.norm1_context = AdaZero(d, 2 if last else 6)
        s.attn = Attn(d, h, last)
        s.ff = FF(d)
        s.d = d
        if not last:
            s.ff_context = FF(d)

    def forward(s, x, c, t, want, words=None):
        xn, m = s.norm1(x, t)
        cn, mc = s.norm1_context(c, t)
        ax, ac, a = s.attn(xn, cn, want, words)
        ln = lambda y: F.layer_norm(y.float(), (s.d,), eps=1e-6).to(y.dtype)
        x = x + m[2] * ax
        x = x + m[5] * s.ff(ln(x) * (1 + m[4]) + m[3])
        if not s.last:
            c = c + mc[2] * ac
            c = c + mc[5] * s.ff_context(ln(c) * (1 + mc[4]) + mc[3])
        return x, c, a


class MMDiT(nn.Module):
    def __init__(s, size=96, patch=8, d=192, layers=6, heads=3, text_dim=192, pooled=128, ch=3):
        super().__init__()
        s.cfg = dict(
            sample_size=size,
            patch_size=patch,
            in_channels=ch,
            out_channels=ch,
            num_layers=layers,
            attention_head_dim=d // heads,
            num_attention_heads=heads,
            joint_attention_dim=text_dim,
            caption_projection_dim=d,
            pooled_projection_dim=pooled,
            pos_embed_max_size=size // patch,
            qk_norm="rms_norm",
        )
        s.p, s.ch, s.g = patch, ch, size // patch
        s.pos_embed = PatchEmbed(d, patch, ch, size // patch, size // patch)
        s.time_text_embed = TimeText(d, pooled)
        s.context_embedder = nn.Linear(text_dim, d)
        s.transformer_blocks = nn.ModuleList([Block(d, heads, i == layers - 1) for i in range(layers)])
        s.norm_out = AdaZero(d, 2)
        s.proj_out = nn.Linear(d, patch * patch * ch)
        nn.init.zeros_(s.proj_out.weight)
        nn.init.zeros_(s.proj_out.bias)

    def forward(s, x, t, ctx, pooled=None, keep=None, want="all", words=None, tap=None):  # tap: (block, list)
        B, C, H, W = x.shape
        dt = s.proj_out.weight.dtype
        pooled = torch.zeros(B, s.cfg["pooled_projection_dim"], dtype=dt) if pooled is None else pooled
        e = s.time_text_embed(t, pooled)
        x = s.pos_embed(x.to(dt))
        c = s.context_embedder(ctx.to(dt))
        for i, b in enumerate(s.transformer_blocks):
            x, c, a = b(x, c, e, None if keep is None else want, words)
            if tap is not None and i == tap[0]:
                tap[1].append(x)
            if keep is not None:
                keep.append(a)
        x = s.proj_out(s.norm_out(x, e)[0])
        h, w = H // s.p, W // s.p
        return x.view(B, h, w, s.p, s.p, s.ch).permute(0, 5, 1, 3, 2, 4).reshape(B, s.ch, H, W)
