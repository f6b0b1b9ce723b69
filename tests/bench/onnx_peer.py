"""Times the same forward passes as `regard bench` with onnxruntime: one graph whose outputs are every layer's attention.

usage: onnx_peer.py SECONDS NAME TOKENS LAYERS HEADS WIDTH MLP [NAME ...]   JSON as `regard bench --json`'s rows; CPU time of one thread
Weights are random: no value makes a product slower. `--check` instead holds a small graph against torch's own layers.
Needs onnx and onnxruntime (last run: onnx 1.23.2, onnxruntime 1.32.0), and torch for --check.
"""

import json
import statistics
import sys
import time

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper


def encoder(layers, heads, width, mlp, rng):
    """A CLIP text tower from embeddings x [T, width] and the causal mask [T, T] on: its output and all maps [heads, T, T]."""
    nodes, weights, outputs = [], [], []

    def constant(name, value):
        weights.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def add(op, inputs, name, **attributes):
        nodes.append(helper.make_node(op, inputs, [name], **attributes))
        return name

    def linear(x, name, inside, outside):
        w = constant(name + ".w", (rng.uniform(-1, 1, (inside, outside)) / inside**0.5).astype(np.float32))
        b = constant(name + ".b", rng.uniform(-0.02, 0.02, outside).astype(np.float32))
        return add("Add", [add("MatMul", [x, w], name + ".xw"), b], name)

    def norm(x, name):
        return add("LayerNormalization", [x, one, zero], name, axis=-1, epsilon=1e-5)

    one, zero = constant("one", np.ones(width, np.float32)), constant("zero", np.zeros(width, np.float32))
    split = constant("split", np.array([-1, heads, width // heads], np.int64))
    join = constant("join", np.array([-1, width], np.int64))
    scale, quick = constant("scale", np.float32((width // heads) ** -0.5)), constant("quick", np.float32(1.702))
    x = "x"
    for i in range(layers):
        p = f"{i}."
        y = norm(x, p + "norm1")
        q, k, v = [add("Transpose", [add("Reshape", [linear(y, p + n, width, width), split], p + n + ".split")], p + n + ".heads",
                       perm=[1, 2, 0] if n == "k" else [1, 0, 2]) for n in "qkv"]  # fmt: skip
        scores = add("Add", [add("Mul", [add("MatMul", [q, k], p + "qk"), scale], p + "scaled"), "mask"], p + "scores")
        outputs.append(add("Softmax", [scores], p + "attention", axis=-1))
        mixed = add("Transpose", [add("MatMul", [outputs[-1], v], p + "av")], p + "rows", perm=[1, 0, 2])
        x = add("Add", [x, linear(add("Reshape", [mixed, join], p + "joined"), p + "out", width, width)], p + "x1")
        z = linear(norm(x, p + "norm2"), p + "up", width, mlp)
        z = add("Mul", [z, add("Sigmoid", [add("Mul", [z, quick], p + "z1")], p + "z2")], p + "z")
        x = add("Add", [x, linear(z, p + "down", mlp, width)], p + "x2")
    outputs.append(norm(x, "out"))
    value = lambda name, *shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    graph = helper.make_graph(
        nodes, "encoder", [value("x", "T", width), value("mask", "T", "T")], [value(n, *[None] * (3 if "att" in n else 2)) for n in outputs], weights
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), outputs


def session(model):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def inputs(tokens, width, rng):
    return {"x": rng.normal(size=(tokens, width)).astype(np.float32),
            "mask": np.triu(np.full((tokens, tokens), -1e9, np.float32), 1)}  # fmt: skip


def row(name, tokens, layers, heads, width, mlp, seconds):
    rng = np.random.default_rng(1)
    model, outputs = encoder(layers, heads, width, mlp, rng)
    run, given = session(model), inputs(tokens, width, rng)
    times, start = [], time.thread_time()
    while len(times) < 9 or time.thread_time() - start < seconds:
        before = time.thread_time()
        got = run.run(outputs, given)
        times.append(1e3 * (time.thread_time() - before))
    assert len(got) == layers + 1 and got[0].shape == (heads, tokens, tokens)
    return {"name": name, "tokens": tokens, "min_ms": min(times), "median_ms": statistics.median(times)}


def check():
    """The graph computes what torch's own functions compute."""
    import torch
    import torch.nn.functional as F

    layers, heads, width, mlp, tokens = 2, 4, 64, 256, 9
    rng = np.random.default_rng(2)
    model, outputs = encoder(layers, heads, width, mlp, rng)
    w = {t.name: torch.tensor(numpy_helper.to_array(t)) for t in model.graph.initializer}
    given = inputs(tokens, width, rng)
    got = session(model).run(outputs, given)
    x = torch.tensor(given["x"])
    for i in range(layers):
        lin = lambda y, n: y @ w[f"{i}.{n}.w"] + w[f"{i}.{n}.b"]
        y = F.layer_norm(x, (width,))
        q, k, v = [lin(y, n).view(tokens, heads, -1).transpose(0, 1) for n in "qkv"]
        a = torch.softmax(q @ k.mT * (width // heads) ** -0.5 + torch.tensor(given["mask"]), -1)
        assert np.abs(a.numpy() - got[i]).max() < 1e-6
        x = x + lin((a @ v).transpose(0, 1).reshape(tokens, width), "out")
        z = lin(F.layer_norm(x, (width,)), "up")
        x = x + lin(z * torch.sigmoid(1.702 * z), "down")
    assert np.abs(F.layer_norm(x, (width,)).numpy() - got[-1]).max() < 1e-5
    print("the graph and torch agree")


def main():
    if sys.argv[1:] == ["--check"]:
        return check()
    seconds, words = float(sys.argv[1]), sys.argv[2:]
    rows = [row(words[i], *[int(n) for n in words[i + 1 : i + 6]], seconds) for i in range(0, len(words), 6)]
    json.dump({"peer": f"onnxruntime {onnxruntime.__version__}", "rows": rows}, sys.stdout, indent=2)
    print()


main()
