#!/usr/bin/env bash
# torchattacks 3.5.1. Guess: a classifier that gives log-probabilities, as PyTorch's own MNIST example does, is attacked as well as one that
# gives logits: the classes are the same, and so are differences of scores. But CW finds the best other class among the scores times
# (1 - one-hot), in which the label's own place is 0: where all scores are negative, as logarithms of probabilities are, 0 is the largest,
# the loss is max(score - 0, 0) = 0 everywhere, and the attack returns every image as it was. The same linear model, its scores shifted by a
# constant, is broken on all images or on none, and the second reads as perfect robustness. PGD breaks it either way.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
# Without CUDA where that is to be had.
"$folder/venv/bin/pip" install --quiet --retries 0 --index-url https://download.pytorch.org/whl/cpu torch==2.15.0 2>/dev/null ||
  "$folder/venv/bin/pip" install --quiet torch==2.15.0
"$folder/venv/bin/pip" install --quiet torchattacks==3.5.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import torch, torchattacks

torch.manual_seed(0)
weight = torch.randn(10, 64)
# Images that lie well within their class: the attack's last bits alone do not carry them over a border.
many = 0.2 + 0.6 * torch.rand(200, 1, 8, 8)
best = ((many.flatten(1) - 0.5) @ weight.T).topk(2).values
images = many[(best[:, 0] - best[:, 1]).topk(32).indices]


class Scores(torch.nn.Module):
    """Ten linear scores around 0, and what is done with them."""

    def __init__(self, after):
        super().__init__()
        self.weight, self.after = torch.nn.Parameter(weight), after

    def forward(self, x):
        return self.after((x.flatten(1) - 0.5) @ self.weight.T)


broken = {}
for name, after in (
    ("logits", lambda s: s),
    ("logits - 100", lambda s: s - 100),
    ("log_softmax", lambda s: torch.log_softmax(s, 1)),
):
    model = Scores(after).eval()
    labels = model(images).argmax(1)
    cw = torchattacks.CW(model, c=10, steps=100, lr=0.02)(images, labels)
    pgd = torchattacks.PGD(model, eps=0.3, alpha=0.05, steps=20)(images, labels)
    changed = (cw - images).abs().max().item()
    broken[name] = [(model(x).argmax(1) != labels).sum().item() for x in (cw, pgd)]
    print(f"{name:13} CW breaks {broken[name][0]:2} of 32 (largest change {changed:.4f}), PGD {broken[name][1]:2}")
sys.exit(0 if broken["logits"][0] >= 30 and broken["logits - 100"][0] == broken["log_softmax"][0] == 0 and broken["log_softmax"][1] >= 30 else 1)
PYTHON
