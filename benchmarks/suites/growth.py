"""Whether time and memory grow in a straight line with runs, epochs and images."""

import statistics
from dataclasses import replace

import numpy as np
from harness import Case, Contender
from tables import by_contender
from tasks import TINY_MLP, Task

NAME = "growth"
TITLE = "Growth: wall time and peak memory of Paribus with more runs, epochs, images"
NOTE = (
    "MLP 784-32-10 on MNIST, batch 128, two workers; one amount grows while the others stay (6,000 images, 1 "
    "epoch, 2 runs). Memory is that of all processes together, shared pages counted once, looked at ten times "
    "a second. The plan, measured once for a recipe on a machine, is known."
)
AMOUNTS = {
    "runs": (1, 4, 16, 64),
    "epochs": (1, 4, 16, 64),
    "images": (3_750, 7_500, 15_000, 30_000, 60_000),
}
FIELDS = {"runs": "seeds", "epochs": "epochs", "images": "train_images"}


def cases(settings):
    task = Task(layers=TINY_MLP, batch=128, lr=0.1, epochs=1, seeds=2, train_images=6_000, workers=2)
    made = []
    for what, amounts in AMOUNTS.items():
        taken = amounts[:3] if settings.quick and what != "runs" else amounts[:2] if settings.quick else amounts
        tasks = [(amount, replace(task, **{FIELDS[what]: amount})) for amount in taken]
        contenders = tuple(Contender(f"{amount} {what}", "paribus_study", each, watched=True) for amount, each in tasks)
        made.append(Case(what, contenders, planned=True))
    return made


def summary(made):
    lines = []
    for what in dict.fromkeys(each.case for each in made):
        found = {name: each for name, each in by_contender(made, what).items() if each}
        amounts = np.array([int(name.split()[0]) for name in found], dtype=float)
        if len(amounts) > 1:
            seconds = np.array([statistics.median(each.cold_seconds for each in group) for group in found.values()])
            memory = np.array([statistics.median(each.peak_mib for each in group) for group in found.values()])
            lines += [_fitted(what, amounts, seconds, unit="s"), _fitted(what, amounts, memory, unit="MiB")]
    return lines


def _fitted(what, amounts, found, *, unit):
    """Return the straight line through what was found, and how far it is from it."""
    slope, start = np.polyfit(amounts, found, 1)
    away = np.abs(found - (start + slope * amounts)) / found
    pairs = ", ".join(f"{amount:.0f}: {value:.1f}" for amount, value in zip(amounts, found, strict=True))
    return f"- {what}: {start:.1f} + {slope:.4g} {unit} each, at most {away.max():.0%} off the line ({unit}; {pairs})"
