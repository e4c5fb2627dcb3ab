"""Sixteen small CNNs with augmentation: the data path counts as much as the network."""

from dataclasses import replace

from harness import Case, Contender
from suites.c2 import against_paribus
from tables import by_contender, median_cold
from tasks import LENET, Task

NAME = "c5"
TITLE = "C5: 16 LeNets on CIFAR-10 with RandomCrop(32, padding=4) and RandomHorizontalFlip, batch 128"
NOTE = (
    "One epoch of 50,000 images, 8 rates x 2 seeds, SGD with momentum 0.9, pixels scaled to [-1, 1], the whole "
    "machine. One epoch only, so that images/s of one model are of the later models; the summary's are all "
    "images over cold seconds and cores."
)
CASE = "16 models"
RATES = (0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.07, 0.1)


def cases(settings):
    task = Task(
        layers=LENET,
        batch=128,
        lr=0.02,
        epochs=1,
        source="cifar10",
        standardize=(0.5, 0.5),
        momentum=0.9,
        augment=True,
        rates=RATES,
        seeds=2,
    )
    if settings.quick:
        task = replace(task, rates=RATES[:2], seeds=1, train_images=1_280)
    contenders = (
        Contender("PyTorch, transforms image by image", "torch_per_image", task),
        Contender("PyTorch, in memory, batches augmented", "torch_memory", task),
        Contender("Keras on TensorFlow, tf.data", "keras_fit", task, backend="tensorflow"),
        Contender("Paribus", "paribus_study", replace(task, workers=2)),
    )
    return [Case(CASE, contenders)]


def summary(made):
    lines = against_paribus(made, CASE)
    for name, found in by_contender(made, CASE).items():
        cold = median_cold(made, CASE, name)
        if cold:
            images = found[0].found["images"]
            lines.append(f"- {name}: {images / cold / 2:,.0f} images per second and core, of two, everything included")
    return lines
