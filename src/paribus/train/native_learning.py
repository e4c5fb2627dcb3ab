"""Loss and optimizer."""

import math

from paribus.train import native_rows as k
from paribus.train.native_blas import alone, part
from paribus.train.native_compiled import compiled


@compiled
def loss_of_batch(kind, smoothing, output, at, batch, classes, labels, mixed, start, slopes, to, scratch):
    """Write the slopes of the mean loss into `slopes`; return the loss and the number of images that are right.

    Mixed labels are shares [N, classes]; without any, `mixed` is empty. The right class has the largest share.
    """
    alone()
    number = slopes.dtype.type
    total, right, each = 0.0, 0, number(1 / batch)
    for i in range(batch):
        y, g = at + i * classes, to + i * classes
        label, best = labels[start + i], 0
        if mixed.size:
            label = 0
            for c in range(classes):
                scratch[c] = mixed[(start + i) * classes + c]
                label = c if scratch[c] > scratch[label] else label
        else:
            for c in range(classes):
                scratch[c] = 0
            scratch[label] = 1
        for c in range(1, classes):
            best = c if output[y + c] > output[y + best] else best
        right += best == label
        if kind == k.CROSS_ENTROPY:
            top, spread, share = output[y + best], number(0), number(0)
            for c in range(classes):
                scratch[c] = scratch[c] * number(1 - smoothing) + number(smoothing / classes)
                share += scratch[c]
                slopes[g + c] = math.exp(output[y + c] - top)
                spread += slopes[g + c]
            reach = math.log(spread)
            for c in range(classes):
                if scratch[c] != 0:
                    total -= scratch[c] * (output[y + c] - top - reach)
                slopes[g + c] = (slopes[g + c] * (share / spread) - scratch[c]) * each
        elif kind == k.NLL:
            for c in range(classes):
                if scratch[c] != 0:
                    total -= scratch[c] * output[y + c]
                slopes[g + c] = -scratch[c] * each
        else:
            for c in range(classes):
                gap = output[y + c] - scratch[c]
                total += gap * gap / classes
                slopes[g + c] = gap * number(2 / classes / batch)
    return total / batch, right


@compiled
def update(kind, rule, rate, step, theta, at, grad, grad_at, first, second, count):
    """Change `count` parameters by their gradients, as torch.optim does."""
    alone()
    number = theta.dtype.type
    decay, mu, fall = number(rule[k.DECAY]), number(rule[k.MOMENTUM]), number(rate)
    pace = fade = new_1 = new_2 = keep_2 = inverse = epsilon = shrink = number(0)
    if kind == k.ADAM or kind == k.ADAMW:  # noqa: PLR1714
        pace = number(rate / (1 - rule[k.BETA_1] ** step))
        inverse = number(1 / math.sqrt(1 - rule[k.BETA_2] ** step))
        new_1, new_2, keep_2 = number(1 - rule[k.BETA_1]), number(1 - rule[k.BETA_2]), number(rule[k.BETA_2])
        epsilon, fade = number(rule[k.EPSILON]), number(rule[k.DECAY] if kind == k.ADAM else 0)
        shrink = number(1 - rate * rule[k.DECAY] if kind == k.ADAMW else 1)
    theta, grad = part(theta, at), part(grad, grad_at)
    if kind == k.ADAM or kind == k.ADAMW:  # noqa: PLR1714
        first, second = part(first, at), part(second, at)
        for j in range(count):
            slope = grad[j] + fade * theta[j]
            first[j] += new_1 * (slope - first[j])
            second[j] = keep_2 * second[j] + new_2 * slope * slope
            theta[j] = shrink * theta[j] - pace * first[j] / (math.sqrt(second[j]) * inverse + epsilon)
    elif mu == 0:
        for j in range(count):
            theta[j] -= fall * (grad[j] + decay * theta[j])
    elif kind == k.SGD:
        first = part(first, at)
        for j in range(count):
            first[j] = mu * first[j] + (grad[j] + decay * theta[j])
            theta[j] -= fall * first[j]
    else:
        first = part(first, at)
        for j in range(count):
            slope = grad[j] + decay * theta[j]
            first[j] = mu * first[j] + slope
            theta[j] -= fall * (slope + mu * first[j])


@compiled
def fall(rate, theta, slopes, at, count):
    """Move `count` parameters against their slopes."""
    pace = theta.dtype.type(rate)
    theta, slopes = part(theta, at), part(slopes, at)
    for j in range(count):
        theta[j] -= pace * slopes[j]


@compiled
def fall_by_row(rate, momentum, theta, first, at, slopes, g, rows, source, begin, width):
    """Change weights [rows, width] by one image's gradient, slopes [rows] times source [width], in one pass."""
    pace, mu = theta.dtype.type(rate), theta.dtype.type(momentum)
    given = part(source, begin)
    for r in range(rows):
        slope = slopes[g + r]
        weights, moments = part(theta, at + r * width), part(first, at + r * width)
        for j in range(width):
            moment = mu * moments[j] + slope * given[j]
            moments[j] = moment
            weights[j] -= pace * moment
