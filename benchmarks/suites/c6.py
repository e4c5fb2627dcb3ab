"""Seconds to 99 % on MNIST: a recipe that is made for it, one training and ten."""

from dataclasses import replace

from harness import Case, Contender
from suites.c2 import against_paribus
from tables import by_contender, median_cold, values
from tasks import Task

NAME = "c6"
TITLE = "C6: 99 % on MNIST in one epoch"
NOTE = (
    "conv24@5-pool-relu-conv32@3-pool-relu-fc256-relu-fc10, Adam with betas (0.7, 0.9), one-cycle rate up to "
    "0.01, batch 256, one epoch of 60,000 images, after the recipe of train_mnist_fast. The whole machine: "
    "torch with two threads, Paribus with two workers (one training: one worker)."
)
LAYERS = (
    *("Conv2d(24, 5)", "MaxPool2d(2)", "ReLU", "Conv2d(32, 3)", "MaxPool2d(2)", "ReLU"),
    *("Flatten", "Linear(256)", "ReLU", "Linear(classes)"),
)
TEN, ONE = "ten seeds", "one seed"


def cases(settings):
    task = Task(
        layers=LAYERS,
        batch=256,
        lr=0.01,
        epochs=1,
        optimizer="Adam",
        betas=(0.7, 0.9),
        schedule={"onecycle": {}},
        seeds=2 if settings.quick else 10,
        train_images=2_560 if settings.quick else None,
    )
    made = []
    for name, each in ((TEN, task), (ONE, replace(task, seeds=1))):
        torch = replace(each, variant="channels_last")
        ours = replace(each, workers=min(2, each.seeds))
        contenders = (
            Contender("PyTorch, in memory, 2 threads", "torch_memory", torch, threads=2),
            Contender("Paribus", "paribus_study", ours),
        )
        made.append(Case(name, contenders))
    return made


def summary(made):
    lines = []
    for case in (TEN, ONE):
        for name, found in by_contender(made, case).items():
            cold = median_cold(made, case, name)
            if cold:
                models, accuracy = found[0].found["models"], sum(values(found, "accuracy")) / len(found)
                lines.append(f"- {case}: {name}: {cold / models:.2f} s per training, mean test accuracy {accuracy:.2%}")
        lines += against_paribus(made, case)
    return lines
