#!/usr/bin/env bash
# onnx 1.23.2 and onnxruntime 1.30.0. Guess: a runtime gives what ONNX's own case of an operator expects. Resize with align_corners by scales
# that lead to a fractional length (4 · 0.6 = 2.4, stored as 2) does not: ONNX's reference lays the corners at the length before it is rounded
# down, so that the last output is not the last input; ONNX Runtime takes the rounded one. An upsampling network that was exported with
# `scales` has two sets of figures, and only where scales shrink and do not divide.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet onnx==1.23.2 onnxruntime==1.30.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import numpy as np
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator
from onnxruntime import InferenceSession


def answers(length, scale):
    node = helper.make_node("Resize", ["x", "", "scales"], ["y"], mode="linear", coordinate_transformation_mode="align_corners")
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 1, length])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    scales = helper.make_tensor("scales", TensorProto.FLOAT, [4], [1, 1, 1, scale])
    graph = helper.make_graph([node], "graph", [x], [y], [scales])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    feed = {"x": np.arange(1, length + 1, dtype=np.float32).reshape(1, 1, 1, length)}
    reference = ReferenceEvaluator(model).run(None, feed)[0].ravel()
    runtime = InferenceSession(model.SerializeToString()).run(None, feed)[0].ravel()
    print(f"{length} x {scale}: reference {reference.tolist()}, runtime {runtime.tolist()}")
    return reference, runtime


whole = answers(4, 0.5)
larger = answers(4, 2.0)
fraction = answers(4, 0.6)
same = all(np.allclose(a, b, atol=1e-6) for a, b in (whole, larger))
differ = np.allclose(fraction[0], [1, 3.142857], atol=1e-6) and np.allclose(fraction[1], [1, 4], atol=1e-6)
sys.exit(0 if same and differ else 1)
PYTHON
