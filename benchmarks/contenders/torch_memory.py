"""PyTorch as fast as plain PyTorch goes: images in memory, batches by index, fused optimizer.

Variants: "" or "channels_last".
"""

import numpy as np
import torch
from contest import Laps, arrays, finish, given
from torch_network import LOSSES, network, optimizer, schedules

MEASURED = 1000  # images at a time


def cropped(images, *, padding=4):
    """Return every image shifted by up to `padding` pixels and perhaps mirrored; the border is padded already."""
    count, side = len(images), images.shape[-1] - 2 * padding
    windows = images.unfold(2, side, 1).unfold(3, side, 1)
    offsets = torch.randint(0, 2 * padding + 1, (2, count))
    pieces = windows[torch.arange(count), :, offsets[0], offsets[1]]
    mirrored = torch.rand(count) < 0.5
    return torch.where(mirrored[:, None, None, None], pieces.flip(-1), pieces)


def accuracy(model, images, labels):
    model.eval()
    with torch.no_grad():
        right = sum(
            int((model(x).argmax(1) == y).sum())
            for x, y in zip(images.split(MEASURED), labels.split(MEASURED), strict=True)
        )
    model.train()
    return right / len(labels)


def train(task, data, laps, *, number, lr, seed):
    """Train one model; return its test accuracy."""
    images, labels, test_images, test_labels = data
    layout = torch.channels_last if task.variant == "channels_last" else torch.contiguous_format
    model = network(task, seed=seed).to(memory_format=layout)
    made, loss_of = optimizer(task, model, lr=lr, fused=True), LOSSES[task.loss]()
    every_step, every_epoch = schedules(task, made, lr=lr, steps=-(-len(labels) // task.batch) * task.epochs)
    for epoch in range(task.epochs):
        with laps.lap(len(labels), model=number, epoch=epoch):
            for index in torch.randperm(len(labels)).split(task.batch):
                batch = cropped(images[index]) if task.augment else images[index]
                made.zero_grad()
                loss = loss_of(model(batch.contiguous(memory_format=layout)), labels[index])
                loss.backward()
                made.step()
                if every_step:
                    every_step.step()
        if every_epoch:
            every_epoch.step()
        if task.every_epoch:
            accuracy(model, test_images, test_labels)
    return accuracy(model, test_images, test_labels)


def main():
    task, laps = given(), Laps()
    data = [torch.from_numpy(np.ascontiguousarray(each)) for each in arrays(task)]
    if task.augment:
        dark = -task.standardize[0] / task.standardize[1]
        data[0] = torch.nn.functional.pad(data[0], (4, 4, 4, 4), value=dark)
    finish(laps, [train(task, data, laps, number=n, lr=lr, seed=seed) for n, (lr, seed) in enumerate(task.models)])


if __name__ == "__main__":
    main()
