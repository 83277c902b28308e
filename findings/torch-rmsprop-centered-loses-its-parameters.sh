#!/usr/bin/env bash
# torch 2.15.0. Guess: RMSprop's steps are about as long as the learning rate, centred or not, as the gradient is divided by its own size. Centred,
# the divisor is the root of the running variance, E[g^2] - E[g]^2, which is 0 for a gradient that does not change, and rounding takes it
# below 0: with a steady gradient of 0.1 and eps 1e-8 in float64 the parameter is NaN after some three thousand steps; in float32 it is finite
# and, at a learning rate of 0.01, tens of thousands away after six thousand. The plain form stays near 0.01 a step. torch says nothing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
# Without CUDA where that is to be had.
"$folder/venv/bin/pip" install --quiet --retries 0 --index-url https://download.pytorch.org/whl/cpu torch==2.15.0 numpy 2>/dev/null ||
  "$folder/venv/bin/pip" install --quiet torch==2.15.0 numpy
"$folder/venv/bin/python" - <<'PYTHON'
import math
import sys
import torch


def walk(dtype, centered, steps=6000):
    """The parameter after steps along a gradient of 0.1, and the first step at which it is NaN."""
    parameter = torch.nn.Parameter(torch.zeros(1, dtype=dtype))
    optimiser = torch.optim.RMSprop([parameter], lr=0.01, centered=centered)
    for step in range(1, steps + 1):
        parameter.grad = torch.full_like(parameter, 0.1)
        optimiser.step()
        if math.isnan(parameter.item()):
            return math.nan, step
    return parameter.item(), None


plain, single, double = walk(torch.float32, False), walk(torch.float32, True), walk(torch.float64, True)
print("plain, float32     ", plain)
print("centred, float32   ", single)
print("centred, float64   ", double)
sys.exit(0 if -70 < plain[0] < -50 and single[0] < -1000 and math.isnan(double[0]) else 1)
PYTHON
