#!/usr/bin/env bash
# onnxruntime 1.32.0 on a processor. Guess: a maximum over numbers and NaN is NaN, as in NumPy and PyTorch, or else the largest number. It is
# neither: ReduceMax and ArgMax keep a NaN in the first place, elsewhere they may lose it together with numbers (of 1, NaN, 2, 3 the maximum is
# 2), while TopK finds it anywhere; MaxPool and GlobalMaxPool begin anew behind a NaN, so that the maximum of 3, NaN, NaN, 1 is 1, and 3 as soon
# as the same node also gives its indices. A network that overflows in a pixel may give ordinary logits that belong to nothing, or NaN, by
# where the pixel lies and how the model was exported: that all outputs are finite proves nothing here.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet onnx==1.23.2 onnxruntime==1.32.0 numpy
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import numpy, onnx, onnxruntime
from onnx import TensorProto, helper

nan = float("nan")


def computed(op, x, shape, results=(TensorProto.FLOAT,), axes=None, **attributes):
    """The outputs of one node on x, of one element each."""
    x = numpy.asarray(x, dtype=numpy.float32)
    constants = [] if axes is None else [onnx.numpy_helper.from_array(numpy.array(axes), "constant")]
    inputs = ["x"] + [constant.name for constant in constants]
    names = [f"y{k}" for k in range(len(results))]
    graph = helper.make_graph(
        [helper.make_node(op, inputs, names, **attributes)], "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info(name, kind, shape) for name, kind in zip(names, results)], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return [value.reshape(-1)[0].item() for value in session.run(None, {"x": x})]


print("of                    ReduceMax  ArgMax  TopK  MaxPool  MaxPool with indices  GlobalMaxPool  numpy.max")
found = {}
for numbers in ((nan, 1, 2, 3), (1, nan, 2, 3), (3, 2, 1, nan), (3, nan, nan, 1)):
    window, one = numpy.reshape(numbers, (1, 1, 2, 2)), [1, 1, 1, 1]
    found[numbers] = row = (
        computed("ReduceMax", numbers, [], axes=[0], keepdims=0)[0],
        computed("ArgMax", numbers, [], (TensorProto.INT64,), axis=0, keepdims=0)[0],
        computed("TopK", numbers, [1], (TensorProto.FLOAT, TensorProto.INT64), axes=[1], axis=0)[0],
        computed("MaxPool", window, one, kernel_shape=[2, 2])[0],
        computed("MaxPool", window, one, (TensorProto.FLOAT, TensorProto.INT64), kernel_shape=[2, 2])[0],
        computed("GlobalMaxPool", window, one)[0],
    )
    print(f"{str(numbers):21}", *(str(value).rjust(width) for value, width in zip((*row, numpy.max(numbers)), (9, 7, 5, 8, 21, 14, 10))))


def same(a, b):
    return all(x == y or (x != x and y != y) for x, y in zip(a, b))


sys.exit(0 if same(found[nan, 1, 2, 3], (nan, 0, nan, 3, nan, 3)) and same(found[1, nan, 2, 3], (2, 3, nan, 3, 3, 3))
         and same(found[3, 2, 1, nan], (3, 0, nan, nan, 3, nan)) and same(found[3, nan, nan, 1], (3, 0, nan, 1, 3, 1)) else 1)
PYTHON
