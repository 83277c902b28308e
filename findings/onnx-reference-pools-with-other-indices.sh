#!/usr/bin/env bash
# onnx 1.23.2. Guess: ReferenceEvaluator, the standard's own meaning in NumPy, gives MaxPool's Indices as the specification says: the place of
# each maximum in the flattened input. It does where windows do not overlap. With 2x2 windows a step apart each index is one too
# small, with 3x3 windows some lie outside the input (16 to 21 of a plane of 0 to 15), though the values are right. Who tests a converter, a
# pooling kernel or MaxUnpool against the reference finds the right implementation wrong; onnxruntime has the specified ones.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet onnx==1.23.2 onnxruntime==1.32.0 numpy
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import numpy, onnx, onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator


def pooled(kernel, stride):
    """Of the plane 0 to 15, whose values are their own places: values and indices by the reference, indices by onnxruntime."""
    x = numpy.arange(16, dtype=numpy.float32).reshape(1, 1, 4, 4)
    side = (4 - kernel) // stride + 1
    outputs = [helper.make_tensor_value_info(name, kind, [1, 1, side, side]) for name, kind in (("y", TensorProto.FLOAT), ("i", TensorProto.INT64))]
    node = helper.make_node("MaxPool", ["x"], ["y", "i"], kernel_shape=[kernel] * 2, strides=[stride] * 2)
    graph = helper.make_graph([node], "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)], outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    onnx.checker.check_model(model)
    values, indices = ReferenceEvaluator(model).run(None, {"x": x})
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    other = session.run(None, {"x": x})[1]
    found = [array.astype(int).flatten().tolist() for array in (values, indices, other)]
    print(f"{kernel}x{kernel} windows, stride {stride}: values {found[0]}\n  indices of the reference {found[1]}\n  of onnxruntime           {found[2]}")
    return found


apart, beside, large = pooled(2, 2), pooled(2, 1), pooled(3, 1)
right = all(values == other for values, _, other in (apart, beside, large))
sys.exit(0 if right and apart[1] == apart[0] and beside[1] == [place - 1 for place in beside[0]] and large[1] == [16, 17, 20, 21] else 1)
PYTHON
