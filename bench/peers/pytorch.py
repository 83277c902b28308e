"""PyTorch on the processor. Usage: python3 pytorch.py FOLDER WORKLOAD (the folder is not used). Speaks as serve.mjs does."""
import json
import math
import os
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

LEARNING_RATE, MOMENTUM, EPSILON, RUNNING_MOMENTUM, CLASSES = 0.01, 0.9, 1e-5, 0.1, 10
NETWORKS = {"W4": (64, 16, 3, 32), "W4m": (16, 32, 1, 28), "A1": (16, 100, 3, 32), "A2": (16, 100, 3, 32)}
SLICE = 500


def hashed(stream, count):
    """The integer hash of network.mjs."""
    low = np.uint64(0xFFFFFFFF)
    x = (np.arange(count, dtype=np.uint64) * np.uint64(2654435761) + np.uint64(stream * 40503)) & low
    x ^= x >> np.uint64(16)
    x = (x * np.uint64(0x85EBCA6B)) & low
    x ^= x >> np.uint64(13)
    x = (x * np.uint64(0xC2B2AE35)) & low
    return x ^ (x >> np.uint64(16))


def fill(stream, shape, scale=1.0):
    values = (hashed(stream, int(np.prod(shape))).astype(np.float64) / 2.0**32 * 2 - 1) * scale
    return torch.from_numpy(values.astype(np.float32)).reshape(*shape)


class Network:
    """ResNet-18 with the 3x3 stem."""

    def __init__(self, workload):
        self.width, batch, channels, side = NETWORKS[workload.replace("5", "4")]
        self.parameters, self.convolutions, self.blocks = [], [], []
        self.stem = self.convolution(channels, self.width, 3, 1)
        before = self.width
        for stage in range(4):
            for index in range(2):
                to, stride = self.width * 2**stage, 2 if stage > 0 and index == 0 else 1
                first, second = self.convolution(before, to, 3, stride), self.convolution(to, to, 3, 1)
                self.blocks.append((first, second, None if before == to else self.convolution(before, to, 1, stride)))
                before = to
        self.linear = len(self.parameters)
        self.parameters += [fill(self.linear, (CLASSES, before), math.sqrt(1 / before)), torch.zeros(CLASSES)]
        for parameter in self.parameters:
            parameter.requires_grad_(True)
        self.images = fill(1000, (batch, channels, side, side))
        self.labels = torch.from_numpy((hashed(2000, batch) % np.uint64(CLASSES)).astype(np.int64))

    def convolution(self, before, to, kernel, stride):
        at = len(self.parameters)
        weight = fill(at, (to, before, kernel, kernel), math.sqrt(6 / (before * kernel * kernel)))
        self.parameters += [weight, torch.ones(to), torch.zeros(to)]
        self.convolutions.append((at, stride, (kernel - 1) // 2, torch.zeros(to), torch.ones(to)))
        return len(self.convolutions) - 1

    def convolve_and_normalise(self, x, index, training):
        at, stride, padding, mean, variance = self.convolutions[index]
        weight, gamma, beta = self.parameters[at : at + 3]
        h = F.conv2d(x, weight, None, stride, padding)
        return F.batch_norm(h, mean, variance, gamma, beta, training, RUNNING_MOMENTUM, EPSILON)

    def forward(self, training, images=None):
        h = F.relu(self.convolve_and_normalise(self.images if images is None else images, self.stem, training))
        for first, second, projection in self.blocks:
            inner = F.relu(self.convolve_and_normalise(h, first, training))
            shortcut = h if projection is None else self.convolve_and_normalise(h, projection, training)
            h = F.relu(self.convolve_and_normalise(inner, second, training) + shortcut)
        return F.linear(h.mean((2, 3)), self.parameters[self.linear], self.parameters[self.linear + 1])


def computation(workload):
    """A function that computes once and returns the result."""
    if workload == "W1":
        a, b = fill(1, (1024, 1024)), fill(2, (1024, 1024))
        return lambda: a @ b
    if workload[:2] in ("W2", "W3"):
        x, weight, slope = fill(1, (16, 64, 32, 32)), fill(2, (64, 64, 3, 3)), fill(3, (16, 64, 32, 32))
        if workload == "W2f":
            return lambda: F.conv2d(x, weight, None, 1, 1)
        if workload == "W3":
            gamma, beta, mean, variance = torch.ones(64), torch.zeros(64), torch.zeros(64), torch.ones(64)
            return lambda: F.relu(F.batch_norm(x, mean, variance, gamma, beta, True, RUNNING_MOMENTUM, EPSILON))
        x.requires_grad_()
        weight.requires_grad_()

        def both_gradients():
            x.grad = weight.grad = None
            F.conv2d(x, weight, None, 1, 1).backward(slope)
            return weight.grad

        return both_gradients
    network = Network(workload)
    if workload.startswith("W5"):

        def inference():
            with torch.no_grad():
                return network.forward(False)

        return inference
    optimiser = torch.optim.SGD(network.parameters, LEARNING_RATE, MOMENTUM)

    def step():
        optimiser.zero_grad(set_to_none=True)
        loss = F.cross_entropy(network.forward(True), network.labels)
        loss.backward()
        optimiser.step()
        return loss.detach()

    return step


def serve(version, compute):
    """Answers as serve.mjs does. `compute` computes once and returns the result, the first of which is compared."""
    torch.set_num_threads(len(os.sched_getaffinity(0)))

    def timed(times):
        start, spent = time.perf_counter(), time.process_time()
        for _ in range(times):
            result = compute()
        value = float(result.reshape(-1)[0])
        milliseconds = 1000 * (time.perf_counter() - start) / times
        return value, dict(milliseconds=milliseconds, processor=1000 * (time.process_time() - spent) / times, times=times)

    def say(**answer):
        print("bench " + json.dumps(answer), flush=True)

    value, _ = timed(1)
    _, found = timed(1)
    times = max(1, min(200, math.ceil(SLICE / found["milliseconds"])))
    say(version=version, value=value)
    for _ in sys.stdin:
        say(**timed(times)[1])


if __name__ == "__main__":
    serve(torch.__version__, computation(sys.argv[2]))
