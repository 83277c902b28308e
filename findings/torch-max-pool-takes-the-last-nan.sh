#!/usr/bin/env bash
# torch 2.15.0. Guess: max_pool2d and max agree about where a maximum is. Of equal numbers both take the first; of several NaN max(dim)
# and argmax take the first, max_pool2d the last. So return_indices, and with it the whole gradient of a window, differs between a pooling
# layer and the same window reduced by max, in the one case that debugging is about: where the NaN came from. A search back through the
# indices of a pooling layer ends at another pixel than one through argmax.
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

nan = float("nan")


def places(name, window):
    """Where a pooling layer, max and argmax find the largest of a window, and where the pooling layer's gradient goes."""
    x = torch.tensor(window, requires_grad=True)
    pooled, index = torch.nn.functional.max_pool2d(x.reshape(1, 1, 2, 3), (2, 3), return_indices=True)
    pooled.sum().backward()
    found = index.item(), x.max(dim=0).indices.item(), x.argmax().item(), x.grad.nonzero().flatten().tolist()
    print(f"{name:12} {window}: max_pool2d {found[0]}, max {found[1]}, argmax {found[2]}, gradient at {found[3]}")
    return found


ties = places("two equal", [1.0, 5.0, 2.0, 5.0, 0.0, 3.0])
nans = places("three NaN", [1.0, nan, 2.0, nan, nan, 3.0])
sys.exit(0 if ties == (1, 1, 1, [1]) and nans == (4, 1, 1, [4]) else 1)
PYTHON
