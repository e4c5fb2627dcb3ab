"""The smallest networks at the smallest batches: where a framework's own cost is nearly all there is."""

from harness import Case, Contender
from suites.c1 import ONE, paribus
from tables import rate_table
from tasks import TINY_MLP, Task

NAME = "c3"
TITLE = "C3: MLP 784-32-10 on MNIST, batch 1 and 8, one core"
NOTE = (
    "SGD with momentum 0.9, rate 0.001 (batch 1) and 0.005 (batch 8), two epochs of 60,000 images, the second "
    "is the warm one; everything else as in C1. scikit-learn has its own initial weights."
)


def cases(settings):
    made = []
    for batch, lr in ((1, 0.001), (8, 0.005)):
        images = 800 if settings.quick else None
        task = Task(layers=TINY_MLP, batch=batch, lr=lr, momentum=0.9, train_images=images)
        contenders = (
            Contender("PyTorch, in memory, fused SGD", "torch_memory", task, **ONE),
            Contender("JAX, epoch in lax.scan", "jax_scan", task, **ONE),
            Contender("scikit-learn", "sklearn_fit", task, **ONE),
            paribus(task),
        )
        made.append(Case(f"batch {batch}", contenders))
    return made


def summary(made):
    return rate_table(made)
