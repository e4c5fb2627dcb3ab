"""An independent network in NumPy float64: forward, backward and updates written out by hand, no torch.

It knows linear, convolution (valid), max pooling 2 x 2, ReLU, flatten, softmax cross-entropy, and SGD with
momentum. Slow and plain on purpose.
"""

import numpy as np


def forward_backward(layers, parameters, images, labels):
    """Return loss and the gradient of every parameter; `parameters` is a list of (weight, bias) pairs."""
    caches, x, used = [], images, iter(parameters)
    for layer in layers:
        pair = next(used) if layer in ("linear", "conv") else None
        x, cache = FORWARD[layer](x, pair)
        caches.append(cache)
    shifted = x - x.max(axis=1, keepdims=True)
    log_share = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    rows = np.arange(len(labels))
    loss = -log_share[rows, labels].mean()
    flow = np.exp(log_share)
    flow[rows, labels] -= 1
    flow /= len(labels)
    gradients = []
    for layer, cache in zip(reversed(layers), reversed(caches), strict=True):
        flow, gradient = BACKWARD[layer](flow, cache)
        if gradient is not None:
            gradients.append(gradient)
    return loss, gradients[::-1]


def sgd(layers, parameters, batches, *, lr, momentum):
    """Train and return the loss of every update; parameters change in place."""
    velocity = [[np.zeros_like(w), np.zeros_like(b)] for w, b in parameters]
    losses = []
    for images, labels in batches:
        loss, gradients = forward_backward(layers, parameters, images, labels)
        losses.append(loss)
        for pair, speed, gradient in zip(parameters, velocity, gradients, strict=True):
            for part in (0, 1):
                speed[part] = momentum * speed[part] + gradient[part]
                pair[part] -= lr * speed[part]
    return losses


def _linear(x, pair):
    weight, bias = pair
    return x @ weight.T + bias, (x, weight)


def _linear_back(flow, cache):
    x, weight = cache
    return flow @ weight, (flow.T @ x, flow.sum(axis=0))


def _conv(x, pair):
    weight, bias = pair
    size = weight.shape[2]
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(2, 3))  # B C H' W' k k
    return np.einsum("bchwij,ocij->bohw", windows, weight) + bias[:, None, None], (x, weight, windows)


def _conv_back(flow, cache):
    x, weight, windows = cache
    size = weight.shape[2]
    gradient = np.einsum("bohw,bchwij->ocij", flow, windows), flow.sum(axis=(0, 2, 3))
    back = np.zeros_like(x)
    for i in range(size):
        for j in range(size):
            rows, columns = slice(i, i + flow.shape[2]), slice(j, j + flow.shape[3])
            back[:, :, rows, columns] += np.einsum("bohw,oc->bchw", flow, weight[:, :, i, j])
    return back, gradient


def _pool(x, _):
    batch, channels, height, width = x.shape
    blocks = x[:, :, : height // 2 * 2, : width // 2 * 2].reshape(batch, channels, height // 2, 2, width // 2, 2)
    blocks = blocks.transpose(0, 1, 2, 4, 3, 5).reshape(batch, channels, height // 2, width // 2, 4)
    return blocks.max(axis=4), (x.shape, blocks.argmax(axis=4))


def _pool_back(flow, cache):
    shape, winner = cache
    back = np.zeros(shape)
    for (b, c, h, w), place in np.ndenumerate(winner):
        back[b, c, 2 * h + place // 2, 2 * w + place % 2] = flow[b, c, h, w]
    return back, None


FORWARD = {
    "linear": _linear,
    "conv": _conv,
    "pool": _pool,
    "relu": lambda x, _: (np.maximum(x, 0), x > 0),
    "flatten": lambda x, _: (x.reshape(len(x), -1), x.shape),
}
BACKWARD = {
    "linear": _linear_back,
    "conv": _conv_back,
    "pool": _pool_back,
    "relu": lambda flow, positive: (flow * positive, None),
    "flatten": lambda flow, shape: (flow.reshape(shape), None),
}
