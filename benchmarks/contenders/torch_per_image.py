"""PyTorch as tutorials and lab reports write it: a Dataset of PIL images, each transformed alone, .item() every step.

The transforms do the work of torchvision's ToTensor, Normalize, RandomCrop and RandomHorizontalFlip, in the same steps.
"""

from pathlib import Path

import numpy as np
import torch
from contest import Laps, finish, given
from PIL import Image, ImageOps
from torch.utils.data import DataLoader, Dataset
from torch_network import LOSSES, network, optimizer, schedules


def to_tensor(image):
    pixels = torch.from_numpy(np.array(image, np.uint8, copy=True))
    pixels = pixels.view(image.height, image.width, len(image.getbands()))
    return pixels.permute(2, 0, 1).contiguous().to(torch.float32).div(255)


def normalize(tensor, mean, std):
    tensor = tensor.clone()
    mean = torch.as_tensor([mean] * len(tensor), dtype=tensor.dtype)
    std = torch.as_tensor([std] * len(tensor), dtype=tensor.dtype)
    return tensor.sub_(mean.view(-1, 1, 1)).div_(std.view(-1, 1, 1))


def crop_and_flip(image):
    padded = ImageOps.expand(image, border=4, fill=0)
    top, left = (int(torch.randint(0, 9, size=(1,)).item()) for _ in range(2))
    image = padded.crop((left, top, left + image.width, top + image.height))
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if torch.rand(1) < 0.5 else image


class Pictures(Dataset):
    """Images as torchvision's MNIST and CIFAR10 hold them: an array in memory, a PIL image on request."""

    def __init__(self, task, part):
        shape = (-1, *task.shape[1:]) if task.shape[0] == 1 else (-1, *task.shape[1:], task.shape[0])
        self.pixels = np.fromfile(Path(task.folder) / f"{part}-images.raw", dtype=np.uint8).reshape(shape)
        self.labels = np.fromfile(Path(task.folder) / f"{part}-labels.raw", dtype=np.uint8)
        self.standardize = task.standardize
        self.augment = task.augment and part == "train"

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        image = Image.fromarray(self.pixels[index])
        if self.augment:
            image = crop_and_flip(image)
        tensor = to_tensor(image)
        if self.standardize:
            tensor = normalize(tensor, *self.standardize)
        return tensor, int(self.labels[index])


def evaluate(model, loader, criterion):
    model.eval()
    correct = total_loss = 0.0
    with torch.no_grad():
        for images, labels in loader:
            outputs = model(images)
            total_loss += criterion(outputs, labels).item() * len(labels)
            correct += (outputs.argmax(1) == labels).sum().item()
    model.train()
    return correct / len(loader.dataset)


def train(task, laps, *, number, lr, seed):
    """Train one model; return its test accuracy."""
    train_set, test_set = Pictures(task, "train"), Pictures(task, "test")
    train_loader = DataLoader(train_set, batch_size=task.batch, shuffle=True)
    test_loader = DataLoader(test_set, batch_size=1000)
    model = network(task, seed=seed)
    criterion, made = LOSSES[task.loss](), optimizer(task, model, lr=lr, fused=False)
    every_step, every_epoch = schedules(task, made, lr=lr, steps=len(train_loader) * task.epochs)
    history, accuracy = [], None
    for epoch in range(task.epochs):
        running_loss = correct = 0.0
        with laps.lap(len(train_set), model=number, epoch=epoch):
            for images, labels in train_loader:
                made.zero_grad()
                outputs = model(images)
                loss = criterion(outputs, labels)
                loss.backward()
                made.step()
                if every_step:
                    every_step.step()
                running_loss += loss.item()
                correct += (outputs.argmax(1) == labels).sum().item()
        if every_epoch:
            every_epoch.step()
        accuracy = evaluate(model, test_loader, criterion) if task.every_epoch else None
        history.append((running_loss / len(train_loader), correct / len(train_set), accuracy))
    return evaluate(model, test_loader, criterion) if accuracy is None else accuracy


def main():
    task, laps = given(), Laps()
    finish(laps, [train(task, laps, number=n, lr=lr, seed=seed) for n, (lr, seed) in enumerate(task.models)])


if __name__ == "__main__":
    main()
