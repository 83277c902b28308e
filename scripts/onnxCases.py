"""Writes the test cases of ONNX's Python package (Apache-2.0) as packs: one file of gzipped JSON lines for each operator or suite.

    python onnxCases.py FOLDER

A line is a case: its name, operator and tolerances, its model, and sets of inputs and outputs as serialised TensorProto, all in base64. A
value that is no tensor (a sequence, nothing) is null. Needs onnx 1.23.2 and numpy; ONNX itself makes the cases from fixed seeds.
"""

import base64
import gzip
import json
import sys
import warnings
from collections import defaultdict
from pathlib import Path

import numpy as np
import onnx
import onnx.backend.test
from onnx import TensorProto, numpy_helper
from onnx.backend.test.runner import Runner

RTOL, ATOL = 1e-3, 1e-7


def text(data):
    return None if data is None else base64.b64encode(data).decode()


def serialised(value, info):
    if value is None or not info.type.HasField("tensor_type"):
        return None
    tensor = value if isinstance(value, TensorProto) else numpy_helper.from_array(np.asarray(value))
    return tensor.SerializeToString()


def case(name, operator, model, sets, rtol=RTOL, atol=ATOL):
    opsets = [each.version for each in model.opset_import if each.domain in ("", "ai.onnx")]
    return {
        "name": name.removeprefix("test_"),
        "operator": operator,
        "opset": max(opsets, default=None),
        "rtol": rtol,
        "atol": atol,
        "model": text(model.SerializeToString()),
        "sets": [
            {"inputs": [text(each) for each in inputs], "outputs": [text(each) for each in outputs]}
            for inputs, outputs in sets
        ],
    }


def node_cases():
    """One operator each; those called `_expanded` are the same as the function that ONNX defines the operator by."""
    from onnx.backend.test.case.node import collect_testcases

    all_cases = {each.name: each for each in collect_testcases(None)}
    for name, each in all_cases.items():
        original = all_cases.get(name.split("_expanded")[0], each)
        operator = original.model.graph.node[-1].op_type
        graph = each.model.graph
        sets = [
            (
                [serialised(value, info) for value, info in zip(inputs, graph.input)],
                [serialised(value, info) for value, info in zip(outputs, graph.output)],
            )
            for inputs, outputs in each.data_sets
        ]
        yield case(name, operator, each.model, sets, each.rtol, each.atol)


def stored_cases(folder, suite):
    for place in sorted(folder.iterdir()):
        model = onnx.load(place / "model.onnx")
        sets = []
        for data in sorted(place.glob("test_data_set_*")):
            read = lambda kind, infos: [
                (data / f"{kind}_{i}.pb").read_bytes() if info.type.HasField("tensor_type") else None
                for i, info in enumerate(infos)
                if (data / f"{kind}_{i}.pb").exists()
            ]
            initialisers = {each.name for each in model.graph.initializer}
            inputs = [each for each in model.graph.input if each.name not in initialisers]
            sets.append((read("input", inputs), read("output", model.graph.output)))
        yield case(place.name, suite, model, sets)


def light_cases(folder):
    """Whole networks, whose weights are constants that the graph makes; the images are what ONNX's runner makes."""
    for path in sorted(folder.glob("*.onnx")):
        model = onnx.load(path)
        initialisers = {each.name for each in model.graph.initializer}
        images = [
            numpy_helper.from_array(Runner.generate_dummy_data(each)).SerializeToString()
            for each in model.graph.input
            if each.name not in initialisers
        ]
        outputs = [path.with_name(f"{path.stem}_output_{i}.pb").read_bytes() for i in range(len(model.graph.output))]
        facts = json.loads((folder.parent / "real" / f"test_{path.stem.removeprefix('light_')}" / "data.json").read_text())
        yield case(path.stem, "networks", model, [(images, outputs)], facts["rtol"], facts["atol"])


def main(folder):
    warnings.filterwarnings("ignore")
    data = Path(onnx.backend.test.__file__).parent / "data"
    packs = defaultdict(list)
    for each in node_cases():
        packs[each["operator"]].append(each)
    for suite in ("pytorch-operator", "pytorch-converted", "simple"):
        packs[suite] += stored_cases(data / suite, suite)
    packs["networks"] += light_cases(data / "light")
    folder.mkdir(parents=True, exist_ok=True)
    for name, cases in packs.items():
        lines = "".join(json.dumps(each, separators=(",", ":")) + "\n" for each in cases)
        (folder / f"{name}.jsonl.gz").write_bytes(gzip.compress(lines.encode(), mtime=0))
    print(f"{sum(map(len, packs.values()))} cases of {len(packs)} operators and suites, onnx {onnx.__version__}")


main(Path(sys.argv[1]))
