#!/usr/bin/env bash
# Foolbox 3.3.4. Guess: what an attack does to an image does not depend on the images beside it. The trust region of the Brendel-Bethge attacks
# is `lr` times the number of values of the whole batch (`rate_normalization = np.prod(x.shape) * …`), so that one image of a small size takes steps
# that are N times shorter than in a batch of N: with equal steps and starts the same images end several times as far away when they are
# attacked one at a time. Give `lr` times the size of the batch to images that are attacked alone, and compare only equal batches.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --retries 0 --index-url https://download.pytorch.org/whl/cpu torch==2.15.0 2>/dev/null ||
  "$folder/venv/bin/pip" install --quiet torch==2.15.0
"$folder/venv/bin/pip" install --quiet foolbox==3.3.4 numpy==2.4.6 numba==0.68.1
answer=$("$folder/venv/bin/python" - <<'PY' 2>/dev/null
import foolbox
import torch

torch.manual_seed(0)
torch.set_num_threads(1)
network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(100, 32), torch.nn.Tanh(), torch.nn.Linear(32, 3)).eval()
for parameter in network.parameters():
    parameter.requires_grad_(False)
network[1].weight *= 3
x = torch.rand(64, 1, 10, 10)
y = network(x).argmax(1)
starts = torch.stack([x[(y != label).nonzero()[0, 0]] for label in y])
model = foolbox.PyTorchModel(network, bounds=(0, 1))
attack = foolbox.attacks.L2BrendelBethgeAttack(steps=50)


def distances(size):
    parts = [slice(i, i + size) for i in range(0, max(4, size), size)]
    found = torch.cat([attack.run(model, x[part], y[part], starting_points=starts[part]) for part in parts])[:4]
    return (found - x[:4]).flatten(1).norm(dim=1)


together, alone = distances(64), distances(1)
print("L2 in a batch of 64:", " ".join(f"{each:.3f}" for each in together))
print("L2 one at a time:   ", " ".join(f"{each:.3f}" for each in alone))
print("farther alone" if (alone > 4 * together).all() else "as near")
PY
)
echo "$answer"
[ "$(tail -1 <<<"$answer")" = "farther alone" ]
