"""Attacks of Foolbox and ART on PyTorch, on the processor. Usage: python3 attacks.py foolbox|art WORKLOAD. Speaks as serve.mjs does."""
import os
import sys
import warnings

import torch
from pytorch import CLASSES, Network, serve

AHEAD, EPS, EPS_STEP, STEPS = 8.0, 8 / 255, 2 / 255, 10


class Target(torch.nn.Module):
    """The network in evaluation, with the bias of attackBias in network.mjs."""

    def __init__(self, workload):
        super().__init__()
        self.network = Network(workload)
        for parameter in self.network.parameters:
            parameter.requires_grad_(False)
        self.images = (self.network.images + 1) / 2
        bias = -self(self.images).double().mean(0)
        if workload == "A1":
            bias[0] += AHEAD
        self.network.parameters[-1] = bias.float()

    def forward(self, x):
        # With NumPy 2 ART asks in float64.
        return self.network.forward(False, x.float())


def pgd(target):
    """Foolbox's PGD without a random start. The result is the margin of class 0 that is left, on average."""
    import foolbox

    model = foolbox.PyTorchModel(target.eval(), bounds=(0, 1), device="cpu")
    attack = foolbox.attacks.LinfPGD(abs_stepsize=EPS_STEP, steps=STEPS, random_start=False)
    labels = torch.zeros(len(target.images), dtype=torch.long)
    left = []

    def compute():
        _, (images,), success = attack(model, target.images, labels, epsilons=[EPS])
        if success.any():
            raise RuntimeError("an image was broken, so not all systems do the same work")
        if not left:
            logits = target(images)
            left.append((logits[:, 0] - logits[:, 1:].max(1).values).mean().reshape(1))
        return left[0]

    return foolbox.__version__, compute


def hop_skip_jump(target):
    """ART's HopSkipJump, which goes through the samples one by one. The result is how many are broken."""
    import art
    from art.attacks.evasion import HopSkipJump
    from art.estimators.classification import PyTorchClassifier

    classifier = PyTorchClassifier(
        target, torch.nn.CrossEntropyLoss(), tuple(target.images.shape[1:]), CLASSES, clip_values=(0, 1), device_type="cpu"
    )
    images = target.images.numpy()
    labels = classifier.predict(images).argmax(1)
    attack = HopSkipJump(
        classifier, batch_size=100, norm=2, max_iter=1, max_eval=10000, init_eval=100, init_size=100, verbose=False
    )
    broken = []

    def compute():
        found = attack.generate(images)
        if not broken:
            broken.append(torch.tensor([float((classifier.predict(found).argmax(1) != labels).sum())]))
        return broken[0]

    return art.__version__, compute


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    attacked = Target(sys.argv[2])
    serve(*{"foolbox": pgd, "art": hop_skip_jump}[sys.argv[1]](attacked))
