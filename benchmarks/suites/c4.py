"""A convolutional network, on one core and on the whole machine."""

from dataclasses import replace

from harness import Case, Contender
from suites.c1 import ONE
from tables import rate_table
from tasks import CNN, Task

NAME = "c4"
TITLE = "C4: CNN conv32@5-pool-conv64@5-pool-256-10 on MNIST"
NOTE = (
    "12,800 training images, SGD with momentum 0.9, two epochs, the second is the warm one. JAX gets its best "
    "here, one compiled update in a Python loop: convolutions inside lax.scan are some twenty times slower on "
    "a CPU (jax#12868). With two workers Paribus trains two models at once, and its images/s are those of "
    "both."
)
TWO = {"threads": 2, "cores": 2}


def cases(settings):
    made = []
    for batch in (32, 128):
        images = 512 if settings.quick else 12_800
        task = Task(layers=CNN, batch=batch, lr=0.02 * batch / 32, momentum=0.9, train_images=images)
        best = replace(task, variant="channels_last")
        contenders = (
            Contender("PyTorch, channels last, 1 thread", "torch_memory", best, **ONE),
            Contender("PyTorch, channels last, 2 threads", "torch_memory", best, **TWO),
            Contender("Keras on TensorFlow, 1 thread", "keras_fit", task, backend="tensorflow", **ONE),
            Contender("Keras on PyTorch, 1 thread", "keras_fit", task, backend="torch", **ONE),
            Contender("JAX, compiled step, 1 thread", "jax_step", task, **ONE),
            Contender("Lightning, 1 thread", "lightning_fit", task, **ONE),
            Contender("Paribus, 1 worker", "paribus_study", replace(task, variant="speed"), **ONE),
            Contender("Paribus, 2 workers, 2 models", "paribus_study", replace(task, seeds=2, workers=2)),
        )
        made.append(Case(f"batch {batch}", contenders))
    return made


def summary(made):
    return rate_table(made)
