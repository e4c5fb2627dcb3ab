"""Small images and recipes for tests of training."""

import numpy as np

from paribus import data
from paribus.study import Recipe

MLP = ("Flatten", "Linear(12)", "ReLU", "Linear(classes)")
CNN = ("Conv2d(4, 3)", "ReLU", "MaxPool2d(2)", "Flatten", "Linear(classes)")


def make_images(count=120, *, test=40, shape=(1, 8, 8), classes=4, dark=0.0):
    """Return real arrays that a small network can learn: each class is brighter in a place of its own.

    A share of the values is 0.
    """
    noise = np.random.Generator(np.random.Philox(key=7))

    def part(n):
        labels = np.arange(n, dtype=np.int64) % classes
        pixels = noise.integers(0, 120, size=(n, *shape), dtype=np.uint8)
        for row, label in enumerate(labels):
            pixels[row, :, label : label + 2, :] += 100
        if dark:
            pixels[noise.random(pixels.shape) < dark] = 0
        return pixels, labels

    names = tuple("abcdefghij"[:classes])
    return data.make_images("made", data.Collected(data.Arrays(*part(count), *part(test)), names))


def make_recipe(layers=MLP, *, data=None, **train):
    settings = {"lr": 0.1, "batch_size": 16, **train}
    if "steps" not in settings:
        settings.setdefault("epochs", 2)
    return Recipe.model_validate(
        {
            "data": {"source": "digits", **(data or {})},
            "model": {"layers": tuple(layers)},
            "train": settings,
        }
    )
