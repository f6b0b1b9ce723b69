"""Computes attention flow (Abnar and Zuidema 2020, section 3.2) of small random records with networkx's maximum flow.

usage: make_flow.py              (writes flow.safetensors beside itself; needs torch, safetensors, networkx)
Attention is sharp, so that most flows are held up inside the graph and not at its ends; the share is printed. networkx
works on whole numbers here: capacities times 2^50, rounded, so its answer is exact.

flow.safetensors, per NAME (full: every token reads every; causal: those up to itself): NAME.attention [L,H,T,T],
NAME.flow [T,T]: row the query after the last layer, column the input token.
"""

import os

import networkx as nx
import torch
from networkx.algorithms.flow import boykov_kolmogorov
from safetensors.torch import save_file

HERE = os.path.dirname(os.path.abspath(__file__))
SCALE = 2**50


def record(seed, layers, heads, tokens, causal):
    g = torch.Generator().manual_seed(seed)
    scores = 3.0 * torch.randn(layers, heads, tokens, tokens, generator=g)
    scores[:, :, :, : tokens // 3] += 2.0  # some tokens are read much, as CLS and BOS are
    if causal:
        scores = scores.masked_fill(torch.ones(tokens, tokens).triu(1).bool(), -torch.inf)
    return scores.softmax(dim=-1)


def flows(attention):
    layers, _, tokens, _ = attention.shape
    capacity = 0.5 * attention.double().mean(dim=1) + 0.5 * torch.eye(tokens, dtype=torch.float64)
    capacity = capacity / capacity.sum(dim=-1, keepdim=True)
    graph = nx.DiGraph()
    for layer in range(layers):
        for i in range(tokens):
            for j in range(tokens):
                if whole := round(capacity[layer, i, j].item() * SCALE):
                    graph.add_edge((layer + 1, i), (layer, j), capacity=whole)
    out = torch.zeros(tokens, tokens, dtype=torch.float64)
    for i in range(tokens):
        for j in range(tokens):
            out[i, j] = nx.maximum_flow_value(graph, (layers, i), (0, j), flow_func=boykov_kolmogorov) / SCALE
    ends = torch.minimum(torch.tensor(1.0), capacity[0].sum(dim=0))
    inside = (out < ends - 1e-6)[out > 0].double().mean()
    return out.float(), inside


def main():
    tensors = {}
    for name, arguments in {"full": (1, 4, 2, 13, False), "causal": (2, 3, 2, 11, True)}.items():
        tensors[name + ".attention"] = record(*arguments)
        tensors[name + ".flow"], inside = flows(tensors[name + ".attention"])
        print(f"{name}: {inside:.2f} of the flows above 0 are held up inside")
    versions = {"torch": torch.__version__, "networkx": nx.__version__}
    save_file(tensors, os.path.join(HERE, "flow.safetensors"), metadata=versions)


main()
