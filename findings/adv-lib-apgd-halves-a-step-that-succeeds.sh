#!/usr/bin/env bash
# adv-lib 0.2.8. Guess: its APGD is that of the paper (arXiv 2003.01690), which halves a step where the loss rose too seldom since the last
# check, or where step and best loss are as they were at the last check. But adv-lib remembers the best losses of that check without copying
# them: the tensor is the one that the next steps write into, "as they were" holds always, and from the second check on every step is halved
# that was not halved at the check before. Here the loss rises in every step, so that the paper's algorithm never halves; with the copy,
# `.clone()` as in the authors' code (pyautoattack 0.2.0), adv-lib does not either. Few iterations profit from it: minimal_apgd with nine
# of them finds nearer images than with the copy.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
# Without CUDA where that is to be had.
"$folder/venv/bin/pip" install --quiet --retries 0 --index-url https://download.pytorch.org/whl/cpu torch==2.15.0 torchvision==0.29.2 2>/dev/null ||
  "$folder/venv/bin/pip" install --quiet torch==2.15.0 torchvision==0.29.2
"$folder/venv/bin/pip" install --quiet numpy tqdm
"$folder/venv/bin/pip" install --quiet --no-deps adv-lib==0.2.8
"$folder/venv/bin/python" - <<'PYTHON'
import inspect
import sys
import types

import torch

# Plots, which the package imports and does not need here.
sys.modules["visdom"] = types.ModuleType("visdom")
import adv_lib.attacks.auto_pgd as released

source = inspect.getsource(released)
copied = types.ModuleType("copied")
exec(source.replace("loss_best_last_check = loss_best\n", "loss_best_last_check = loss_best.clone()\n"), copied.__dict__)
curvature = torch.tensor([1.0, 0.95])


def losses_of(module):
    """The losses at all points that APGD asks for, around the middle of a bowl of two pixels."""
    asked = []

    def model(x):
        height = 4 * ((x.flatten(1) - 0.5) ** 2 * curvature).sum(1)
        logits = torch.stack([torch.ones_like(height), height], 1)
        asked.append(torch.nn.functional.cross_entropy(logits, torch.tensor([0])).item())
        return logits

    torch.manual_seed(1)
    module.apgd(model, torch.full((1, 1, 1, 2), 0.5), torch.tensor([0]), eps=0.3, norm=2, n_iter=9, loss_function="ce")
    return asked


found = {"as released": losses_of(released), "with a copy": losses_of(copied)}
rising = {name: all(a < b for a, b in zip(losses, losses[1:])) for name, losses in found.items()}
for name, losses in found.items():
    print(f"{name}: losses {' '.join(f'{loss:.5f}' for loss in losses)}; each above the one before: {rising[name]}")
sys.exit(0 if all(rising.values()) and found["as released"][-1] < found["with a copy"][-1] else 1)
PYTHON
