"""Runs networks that outlast wrote as ONNX in ONNX Runtime, on the processor.

    python onnxWritten.py FILE

A line of FILE is a network as bench/conformance/written.node.ts describes it. Prints a JSON line for each: its name, how far the largest logit
is off as a share of the largest, and what ONNX's checker says against the file.
"""

import base64
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime


def worst(each, model):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    images = np.array(each["images"], np.float32).reshape(each["shape"])
    (logits,) = session.run(["logits"], {"images": images})
    expected = np.array(each["logits"]).reshape(logits.shape)
    return float(np.abs(logits - expected).max() / np.abs(expected).max())


def main(path):
    for line in Path(path).read_text().splitlines():
        each = json.loads(line)
        model = base64.b64decode(each["model"])
        try:
            onnx.checker.check_model(model, full_check=True)
            print(json.dumps({"name": each["name"], "error": worst(each, model)}), flush=True)
        except Exception as problem:
            print(json.dumps({"name": each["name"], "error": None, "why": str(problem).split("\n")[0]}), flush=True)


main(sys.argv[1])
