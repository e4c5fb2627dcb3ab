"""An MLP on one core and one thread, from batch 1 to 2,048, in every framework that people use for it."""

from harness import Case, Contender
from tables import rate_table
from tasks import MLP, Task

NAME = "c1"
TITLE = "C1: MLP 784-512-256-10 on MNIST, SGD with momentum, one core"
NOTE = (
    "Learning rate 0.1 times batch / 128 with 0.01 at least and 0.2 at most, but 0.001 for batch 1 and 0.005 "
    "for batch 8; two epochs of 60,000 images (batch 1: 6,000), the second is the warm one. scikit-learn has "
    "its own initial weights; JAX leaves a last, smaller batch out. Paribus: cold is `paribus run` with one "
    "worker, evaluation included, pinned to the same core; images/s is its training alone in a process like a "
    "worker. The tutorial's rate includes its transforms."
)
BATCHES = (1, 8, 32, 128, 512, 2048)
LOW_RATES = {1: 0.001, 8: 0.005}
ONE = {"threads": 1, "cores": 1}


def contenders(task):
    """Return everybody who trains MLPs, on one core."""
    return (
        Contender("PyTorch, in memory, fused SGD", "torch_memory", task, **ONE),
        Contender("PyTorch, tutorial DataLoader", "torch_per_image", task, **ONE),
        Contender("Lightning", "lightning_fit", task, **ONE),
        Contender("Keras on TensorFlow", "keras_fit", task, backend="tensorflow", **ONE),
        Contender("Keras on JAX", "keras_fit", task, backend="jax", **ONE),
        Contender("Keras on PyTorch", "keras_fit", task, backend="torch", **ONE),
        Contender("scikit-learn", "sklearn_fit", task, **ONE),
        Contender("JAX, epoch in lax.scan", "jax_scan", task, **ONE),
        paribus(task),
    )


def paribus(task):
    """Return Paribus on one core, its training measured as well."""
    measured = {field: getattr(task, field) for field in Task.__dataclass_fields__} | {"variant": "speed"}
    return Contender("Paribus", "paribus_study", Task(**measured), **ONE)


def cases(settings):
    made = []
    for batch in (8, 128) if settings.quick else BATCHES:
        images = 1_280 if settings.quick else 6_000 if batch == 1 else None
        lr = LOW_RATES.get(batch, min(max(0.1 * batch / 128, 0.01), 0.2))
        task = Task(layers=MLP, batch=batch, lr=lr, momentum=0.9, train_images=images)
        made.append(Case(f"batch {batch}", contenders(task)))
    return made


def summary(made):
    return rate_table(made)
