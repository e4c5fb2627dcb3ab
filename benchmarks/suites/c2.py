"""A sweep: 32 small models, from nothing to their test accuracies, on the whole machine."""

from dataclasses import replace

from harness import Case, Contender
from tables import by_contender, median_cold
from tasks import SMALL_MLP, Task

NAME = "c2"
TITLE = "C2: a sweep of 32 MLPs 784-128-10 on MNIST, 8 rates x 4 seeds, batch 128"
NOTE = (
    "Five epochs (--epochs changes it; 3 and fewer models with --quick), SGD with momentum 0.9, the whole "
    "machine. Images/s: of one model while it trains; for vmap, two processes and Paribus, of all that train "
    "at once. Paribus measures training and test images after every epoch, stores everything, and opens the "
    "test set once."
)
RATES = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.15, 0.2)


def cases(settings):
    task = Task(layers=SMALL_MLP, batch=128, lr=0.1, momentum=0.9, rates=RATES, seeds=4, epochs=settings.epochs or 5)
    if settings.quick:
        task = replace(task, rates=RATES[:2], seeds=2, epochs=3, train_images=1_280)
    two = replace(task, workers=2)
    contenders = (
        Contender("PyTorch, in memory, one after another", "torch_memory", task),
        Contender("scikit-learn, two processes (joblib)", "sklearn_fit", two),
        Contender("JAX, vmap of lax.scan", "jax_scan", replace(task, variant="vmap")),
        Contender("JAX, lax.scan, two processes", "jax_scan", replace(two, variant="processes")),
        Contender("Keras on TensorFlow, one after another", "keras_fit", task, backend="tensorflow"),
        Contender("Paribus", "paribus_study", two),
    )
    return [Case("whole sweep", contenders)]


def summary(made):
    return against_paribus(made, "whole sweep")


def against_paribus(made, case):
    """Return a line for each contender: how long it takes by Paribus's median."""
    ours, lines = median_cold(made, case, "Paribus"), []
    for name in by_contender(made, case):
        theirs = median_cold(made, case, name)
        if ours and theirs and name != "Paribus":
            lines.append(f"- {case}: {name} takes {theirs / ours:.2f} times as long as Paribus")
    return lines
