"""Reads the DINOv2 backbone out of an ONNX file and gives its tensors Hugging Face's names. Standard library only.

An exporter folds constants: it keeps the names of biases and norms, but a matrix that is only multiplied with becomes
`onnx::MatMul_1966`, stored [in][out], and the position table is cut into the class token's row and the patches' rows.
What each anonymous matrix is, the graph says: the bias that is added to the product has kept its name.
Wire format: https://protobuf.dev/programming-guides/encoding; fields: onnx/onnx.proto (ModelProto.graph 7, GraphProto.node 1,
.initializer 5, NodeProto.input 1, .output 2, .op_type 4, TensorProto.dims 1, .data_type 2, .float_data 4, .name 8, .raw_data 9).
"""
import array
import dataclasses
import math
import sys

FLOAT = 1  # TensorProto.DataType


class OnnxError(Exception):
    """The bytes are no ONNX graph, or not the one expected. The message is one line."""


@dataclasses.dataclass
class Tensor:
    shape: list
    data: bytes  # little-endian float32, row-major


@dataclasses.dataclass
class Node:
    op: str
    inputs: list
    outputs: list


def varint(data, at):
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise OnnxError(f"byte {at}: expected a varint, got the end of its message")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def fields(data):
    """(number, value) of one message: an int, or the bytes of what has a length or a fixed width."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = varint(data, at)
            yield number, value
            continue
        if wire == 2:
            size, at = varint(data, at)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise OnnxError(f"field {number}: expected wire type 0, 1, 2 or 5, got {wire}")
        if size > len(data) - at:
            raise OnnxError(f"field {number}: expected {size} bytes, got {len(data) - at}")
        yield number, data[at : at + size]
        at += size


def text(value):
    try:
        return bytes(value).decode("utf-8")
    except (UnicodeDecodeError, TypeError):
        raise OnnxError("a name: expected UTF-8 text") from None


def numbers(value):
    """A repeated integer field: one number, or several packed into one value."""
    if isinstance(value, int):
        return [value]
    out, at = [], 0
    while at < len(value):
        number, at = varint(value, at)
        out.append(number)
    return out


def read_tensor(message):
    """(name, Tensor); the tensor is None when its numbers are no float32."""
    name, shape, kind, data = "", [], 0, b""
    for number, value in fields(message):
        if number == 1:
            shape += numbers(value)
        elif number == 2:
            kind = value
        elif number == 4 and not isinstance(value, int):
            data += bytes(value)  # float_data, packed or one by one: the same bytes
        elif number == 8:
            name = text(value)
        elif number == 9:
            data = value
    if kind != FLOAT:
        return name, None
    if len(data) != 4 * math.prod(shape):
        raise OnnxError(f"{name}: expected {4 * math.prod(shape)} bytes for shape {shape}, got {len(data)}")
    return name, Tensor(shape, data)


def read_node(message):
    node = Node("", [], [])
    for number, value in fields(message):
        if number == 1:
            node.inputs.append(text(value))
        elif number == 2:
            node.outputs.append(text(value))
        elif number == 4:
            node.op = text(value)
    return node


def read_graph(data):
    """(nodes, {name: Tensor of float32}) of a whole ONNX file."""
    data = memoryview(data)
    graphs = [value for number, value in fields(data) if number == 7 and not isinstance(value, int)]
    if len(graphs) != 1:
        raise OnnxError(f"expected one graph, got {len(graphs)}")
    nodes, tensors = [], {}
    for number, value in fields(graphs[0]):
        if number == 1:
            nodes.append(read_node(value))
        elif number == 5:
            name, tensor = read_tensor(value)
            if tensor is not None:
                tensors[name] = tensor
    return nodes, tensors


def transposed(tensor):
    """[in][out] to [out][in]."""
    rows, columns = tensor.shape
    values = array.array("f", bytes(tensor.data))
    out = array.array("f")
    for column in range(columns):
        out.extend(values[column::columns])
    return Tensor([columns, rows], out.tobytes())


def matrices(nodes, tensors):
    """Linear layers: {"a.b.weight": Tensor [out][in]}, named after the bias that is added to their product."""
    factor = {}  # the product's name -> the matrix in it
    for node in nodes:
        if node.op == "MatMul" and len(node.inputs) == 2 and node.inputs[1] in tensors:
            factor[node.outputs[0]] = node.inputs[1]
    found = {}
    for node in nodes:
        if node.op != "Add":
            continue
        product = next((name for name in node.inputs if name in factor), None)
        bias = next((name for name in node.inputs if name in tensors and name.endswith(".bias")), None)
        if product is not None and bias is not None:
            found[bias[: -len("bias")] + "weight"] = transposed(tensors[factor[product]])
    return found


def position_table(nodes, tensors, width):
    """[1][1 + N][width]: the row an anonymous [1][1][width] is joined from, then those of the reshaped [1][N][width]."""

    def only(op, fits):
        names = {
            name
            for node in nodes
            if node.op == op
            for name in node.inputs
            if name.startswith("onnx::") and name in tensors and fits(tensors[name].shape)
        }
        if len(names) != 1:
            raise OnnxError(f"position table: expected one anonymous tensor that goes into {op}, got {len(names)}")
        return tensors[names.pop()]

    first = only("Concat", lambda shape: shape == [1, 1, width])
    rest = only("Reshape", lambda shape: len(shape) == 3 and shape[0] == 1 and shape[2] == width)
    return Tensor([1, 1 + rest.shape[1], width], bytes(first.data) + bytes(rest.data))


def backbone(data, prefix="backbone."):
    """{Hugging Face name: Tensor} of the Dinov2Model in an ONNX file, without `prefix`. Raises OnnxError."""
    if sys.byteorder != "little":
        raise OnnxError("this converter expects a little-endian machine")
    nodes, tensors = read_graph(data)
    named = dict(tensors) | matrices(nodes, tensors)
    out = {name[len(prefix) :]: tensor for name, tensor in named.items() if name.startswith(prefix)}
    cls = out.get("embeddings.cls_token")
    if cls is None:
        raise OnnxError(f"expected {prefix}embeddings.cls_token, got no such tensor")
    out["embeddings.position_embeddings"] = position_table(nodes, tensors, cls.shape[-1])
    check(out)
    return out


def layer_count(tensors):
    return len({name.split(".")[2] for name in tensors if name.startswith("encoder.layer.")})


def check(tensors):
    """Every tensor of every layer is there in its shape: a graph exported otherwise must not pass for a model."""
    width = tensors["embeddings.cls_token"].shape[-1]
    inner = 4 * width
    expected = {}
    for i in range(layer_count(tensors)):
        at = f"encoder.layer.{i}."
        for part in ("attention.attention.query", "attention.attention.key", "attention.attention.value",
                     "attention.output.dense"):
            expected |= {f"{at}{part}.weight": [width, width], f"{at}{part}.bias": [width]}
        for part in ("norm1", "norm2"):
            expected |= {f"{at}{part}.weight": [width], f"{at}{part}.bias": [width]}
        expected |= {f"{at}layer_scale{n}.lambda1": [width] for n in (1, 2)}
        expected |= {f"{at}mlp.fc1.weight": [inner, width], f"{at}mlp.fc1.bias": [inner],
                     f"{at}mlp.fc2.weight": [width, inner], f"{at}mlp.fc2.bias": [width]}
    expected |= {"layernorm.weight": [width], "layernorm.bias": [width]}
    for name, shape in expected.items():
        got = tensors[name].shape if name in tensors else "no such tensor"
        if got != shape:
            raise OnnxError(f"{name}: expected shape {shape}, got {got}")
    if layer_count(tensors) == 0:
        raise OnnxError("expected encoder.layer.0, got no layer")
