"""A task's network in plain JAX: parameters, a forward function, SGD with momentum; torch's initial weights."""

import jax
import jax.numpy as jnp
from jax import lax
from tasks import parsed


def initial(task, key):
    """Return weights and biases, uniform within 1 / sqrt(inputs), for images [N, H, W, C]."""
    channels, height, width = task.shape
    shape, found = (height, width, channels), []
    for name, arguments, _ in map(parsed, task.layers):
        if name == "Conv2d":
            filters, side = arguments
            kernel = (side, side, shape[2], filters)
            shape = (shape[0] - side + 1, shape[1] - side + 1, filters)
        elif name == "Linear":
            kernel = (shape[0], arguments[0])
            shape = (arguments[0],)
        elif name == "MaxPool2d":
            shape = (shape[0] // 2, shape[1] // 2, shape[2])
            continue
        elif name == "Flatten":
            shape = (shape[0] * shape[1] * shape[2],)
            continue
        else:
            continue
        inputs = 1
        for each in kernel[:-1]:
            inputs *= each
        key, one, two = jax.random.split(key, 3)
        bound = inputs**-0.5
        weight = jax.random.uniform(one, kernel, minval=-bound, maxval=bound)
        found.append((weight, jax.random.uniform(two, kernel[-1:], minval=-bound, maxval=bound)))
    return found


def forward(task, parameters, x):
    """Return scores [N, classes] of images [N, H, W, C]."""
    waiting = iter(parameters)
    for name, _, _ in map(parsed, task.layers):
        if name == "Conv2d":
            weight, bias = next(waiting)
            x = lax.conv_general_dilated(x, weight, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")) + bias
        elif name == "Linear":
            weight, bias = next(waiting)
            x = x @ weight + bias
        elif name == "MaxPool2d":
            n, height, width, planes = x.shape
            x = x.reshape(n, height // 2, 2, width // 2, 2, planes).max((2, 4))
        elif name == "Flatten":
            x = x.reshape(len(x), -1)
        else:
            x = jax.nn.relu(x)
    return x


def updated(task, parameters, velocity, x, y, lr):
    """Return parameters and velocity after one update."""

    def loss(parameters):
        scores = forward(task, parameters, x)
        return -jnp.take_along_axis(jax.nn.log_softmax(scores), y[:, None], axis=1).mean()

    slopes = jax.grad(loss)(parameters)
    if not task.momentum:
        return jax.tree.map(lambda p, g: p - lr * g, parameters, slopes), velocity
    velocity = jax.tree.map(lambda v, g: task.momentum * v + g, velocity, slopes)
    return jax.tree.map(lambda p, v: p - lr * v, parameters, velocity), velocity


def still(task, parameters):
    """Return a velocity of zero, or none where there is no momentum."""
    return jax.tree.map(jnp.zeros_like, parameters) if task.momentum else None


def epoch_of(task, count):
    """Return a function that makes one epoch's updates in one compiled loop; a last, smaller batch is left out."""
    steps = count // task.batch

    def epoch(parameters, velocity, key, images, labels, lr):
        order = jax.random.permutation(key, count)[: steps * task.batch].reshape(steps, task.batch)

        def step(state, index):
            return updated(task, *state, images[index], labels[index], lr), None

        return lax.scan(step, (parameters, velocity), order)[0]

    return epoch, steps * task.batch
