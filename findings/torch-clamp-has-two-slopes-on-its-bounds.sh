#!/usr/bin/env bash
# torch 2.15.0. Guess: the gradient of clamp does not depend on how its bounds are given. On a bound it is 0 where bounds are numbers, and
# half the gradient where the same bounds are tensors (as maximum and minimum share a tie). Attacks clip images to [0, 1], where
# a share of all pixels, in MNIST most of them, lies exactly on a bound: the gradient by the image is blind there, half or whole, by the form
# of a bound. An attack that clips with numbers inside what it differentiates never leaves a black pixel; one with per-channel tensors does.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
# Without CUDA where that is to be had.
"$folder/venv/bin/pip" install --quiet --retries 0 --index-url https://download.pytorch.org/whl/cpu torch==2.15.0 numpy 2>/dev/null ||
  "$folder/venv/bin/pip" install --quiet torch==2.15.0 numpy
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import torch


def slopes(name, function):
    x = torch.tensor([-1.0, 0.0, 0.5, 1.0, 2.0], requires_grad=True)
    function(x).sum().backward()
    print(f"{name:34}", x.grad.tolist())
    return x.grad.tolist()


print(f"{'slope at':34} [-1, 0, 0.5, 1, 2]")
zero, one = torch.tensor(0.0), torch.tensor(1.0)
numbers = slopes("clamp(x, 0, 1)", lambda x: x.clamp(0, 1))
tensors = slopes("clamp(x, tensor(0), tensor(1))", lambda x: x.clamp(zero, one))
hard = slopes("hardtanh(x, 0, 1)", lambda x: torch.nn.functional.hardtanh(x, 0, 1))
nested = slopes("minimum(maximum(x, 0), 1)", lambda x: torch.minimum(torch.maximum(x, zero), one))
sys.exit(0 if numbers == hard == [0, 0, 1, 0, 0] and tensors == nested == [0, 0.5, 1, 0.5, 0] else 1)
PYTHON
