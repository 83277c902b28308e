#!/usr/bin/env bash
# onnx 1.23.2. Guess: ONNX's reference evaluator computes a float64 graph in float64. Erf it computes in float64, rounds to float32, and
# hands on as float64, silently: a network with exact GELU, checked against it at 1e-10, seems wrong by some 1e-8. Tanh and Exp keep their digits.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet onnx==1.23.2 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import math
import sys
import numpy as np
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator


def error(operator, function):
    x = np.array([0.1, 0.5, 1.3])
    info = [helper.make_tensor_value_info(name, TensorProto.DOUBLE, [3]) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node(operator, ["x"], ["y"])], "graph", info[:1], info[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    y = ReferenceEvaluator(model).run(None, {"x": x})[0]
    worst = max(abs(a - function(b)) for a, b in zip(y, x))
    print(f"{operator}: {y.dtype}, off by {worst:.1e}")
    return y.dtype, worst


erf, tanh, exp = error("Erf", math.erf), error("Tanh", math.tanh), error("Exp", math.exp)
rounded = erf[0] == np.float64 and 1e-9 < erf[1] < 1e-7
sys.exit(0 if rounded and max(tanh[1], exp[1]) < 1e-15 else 1)
PYTHON
