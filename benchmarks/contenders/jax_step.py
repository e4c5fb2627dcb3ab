"""JAX with one compiled update in a Python loop: its best for convolutions on a CPU (jax#12868: slow inside scan)."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from contest import Laps, arrays, finish, given
from jax_network import forward, initial, still, updated


def main():
    task, laps = given(), Laps()
    images, labels, test_images, test_labels = arrays(task)
    images, test_images = (np.ascontiguousarray(each.transpose(0, 2, 3, 1)) for each in (images, test_images))
    update = jax.jit(functools.partial(updated, task), donate_argnums=(0, 1))
    scores = jax.jit(functools.partial(forward, task))
    accuracies = []
    for number, (lr, seed) in enumerate(task.models):
        parameters = initial(task, jax.random.key(seed))
        velocity = still(task, parameters)
        draw = np.random.Generator(np.random.Philox(key=seed))
        for epoch in range(task.epochs):
            with laps.lap(len(labels) // task.batch * task.batch, model=number, epoch=epoch):
                order = draw.permutation(len(labels))
                for start in range(0, len(order) - task.batch + 1, task.batch):
                    index = order[start : start + task.batch]
                    parameters, velocity = update(parameters, velocity, images[index], labels[index], lr)
                jax.block_until_ready(parameters)
        right = [
            np.asarray(scores(parameters, jnp.asarray(test_images[start : start + 1000]))).argmax(1)
            == test_labels[start : start + 1000]
            for start in range(0, len(test_labels), 1000)
        ]
        accuracies.append(float(np.concatenate(right).mean()))
    finish(laps, accuracies)


if __name__ == "__main__":
    main()
