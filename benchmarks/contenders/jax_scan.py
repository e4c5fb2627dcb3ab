"""JAX with the whole epoch compiled into one loop. For MLPs; on a CPU convolutions inside the loop are very slow.

Variants: "" models one after another, "vmap" all models as one, "processes" models dealt to `workers` processes.
"""

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace

import jax
import jax.numpy as jnp
import numpy as np
from contest import Laps, arrays, finish, given
from harness import ONE_THREAD_JAX
from jax_network import epoch_of, forward, initial, still


def flat(task):
    images, labels, test_images, test_labels = arrays(task)
    images, test_images = (each.transpose(0, 2, 3, 1) for each in (images, test_images))
    return jnp.asarray(images), jnp.asarray(labels), jnp.asarray(test_images), np.asarray(test_labels)


def one_by_one(task, laps, models):
    """Train models in turn with one compiled epoch; return test accuracies."""
    images, labels, test_images, test_labels = flat(task)
    epoch, count = epoch_of(task, len(labels))
    compiled = jax.jit(epoch, donate_argnums=(0, 1))
    scores = jax.jit(lambda parameters, x: forward(task, parameters, x))
    accuracies = []
    for number, (lr, seed) in enumerate(models):
        key = jax.random.key(seed)
        parameters = initial(task, key)
        velocity = still(task, parameters)
        for each in range(task.epochs):
            with laps.lap(count, model=number, epoch=each):
                key, order = jax.random.split(key)
                parameters, velocity = compiled(parameters, velocity, order, images, labels, lr)
                jax.block_until_ready(parameters)
        accuracies.append(float((np.asarray(scores(parameters, test_images)).argmax(1) == test_labels).mean()))
    return accuracies


def together(task, laps, models):
    """Train all models at once, stacked by vmap; return test accuracies."""
    images, labels, test_images, test_labels = flat(task)
    epoch, count = epoch_of(task, len(labels))
    compiled = jax.jit(jax.vmap(epoch, in_axes=(0, 0, 0, None, None, 0)), donate_argnums=(0, 1))
    keys = jnp.stack([jax.random.key(seed) for _, seed in models])
    rates = jnp.asarray([lr for lr, _ in models])
    parameters = jax.vmap(lambda key: initial(task, key))(keys)
    velocity = still(task, parameters)
    for each in range(task.epochs):
        with laps.lap(count * len(models), epoch=each):
            folded = jax.vmap(lambda key, each=each: jax.random.fold_in(key, each))(keys)
            parameters, velocity = compiled(parameters, velocity, folded, images, labels, rates)
            jax.block_until_ready(parameters)
    scores = jax.jit(lambda parameters: forward(task, parameters, test_images))
    singles = [jax.tree.map(lambda leaf, n=n: leaf[n], parameters) for n in range(len(models))]
    return [float((np.asarray(scores(each)).argmax(1) == test_labels).mean()) for each in singles]


def dealt(task):
    """Start `workers` processes of one thread each on shares of the models; print their results as one."""
    started = []
    for worker in range(task.workers):
        told = json.dumps(asdict(replace(task, variant=f"share {worker}")))
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "XLA_FLAGS": ONE_THREAD_JAX}
        command = [sys.executable, __file__, told]
        started.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True))
    found = [json.loads(each.communicate()[0].splitlines()[-1]) for each in started]
    models = sum(each["models"] for each in found)
    merged = {
        "accuracy": sum(each["accuracy"] * each["models"] for each in found) / models,
        "models": models,
        "images_per_second": sum(each["images_per_second"] for each in found),
        "images_per_processor_second": sum(each["images_per_processor_second"] for each in found) / len(found),
        "warm": all(each["warm"] for each in found),
        "images": sum(each["images"] for each in found),
    }
    print(json.dumps(merged), flush=True)


def main():
    task, laps = given(), Laps()
    if task.variant == "processes":
        dealt(task)
    elif task.variant == "vmap":
        finish(laps, together(task, laps, task.models))
    elif task.variant:
        worker = int(task.variant.split()[1])
        if hasattr(os, "sched_setaffinity"):  # a core for each, before JAX counts them
            cores = sorted(os.sched_getaffinity(0))
            os.sched_setaffinity(0, {cores[worker % len(cores)]})
        models = task.models[worker :: task.workers]
        finish(laps, one_by_one(task, laps, models))
    else:
        finish(laps, one_by_one(task, laps, task.models))


if __name__ == "__main__":
    main()
