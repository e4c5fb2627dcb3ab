"""The moves of the native path, compiled: one call trains on many batches, without Python between them.

Flat arrays hold everything: `theta` parameters, `grad`, `first` and `second` moments (all [P]); `acts` outputs of all
layers for a batch; `slopes` what the loss would change by with them; `cols` scratch. `prog` has a row for each layer
(its columns are the constants below), `coef` its two numbers. Convolutions see images channels last [H, W, C], but for
the first layer, which takes them as they are stored, [C, H, W].
"""

import math

import numpy as np
from numba import njit

from paribus.train.blas import copy, gemm, part

# Operations.
LINEAR, CONV, CONV_FIRST, MAX_POOL, AVG_POOL, MASK, TO_PLANES = 0, 1, 2, 3, 4, 5, 6
LEAKY, CLIP, TANH, SIGMOID, ELU, SOFTSIGN, SOFTMAX, LOG_SOFTMAX, COPY = 10, 11, 12, 13, 14, 15, 16, 17, 18
# Columns of `prog`.
OP, IN, OUT, WEIGHT, BIAS, ACT, FROM, SLOPE, SLOPE_FROM, SLOPE_STEP, SLOPE_FROM_STEP = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
CHANNELS, HEIGHT, WIDTH, OUT_CHANNELS, OUT_HEIGHT, OUT_WIDTH = 11, 12, 13, 14, 15, 16
KERNEL_Y, KERNEL_X, STRIDE_Y, STRIDE_X, PAD_Y, PAD_X, STEP_Y, STEP_X = 17, 18, 19, 20, 21, 22, 23, 24
EXTRA, NEEDS_SLOPE, COLUMNS = 25, 26, 27
INPUT = -1  # in FROM: the layer takes the images themselves
# Losses and optimizers.
CROSS_ENTROPY, NLL, MSE = 0, 1, 2
SGD, NESTEROV, ADAM, ADAMW = 0, 1, 2, 3
# Columns of `rule`, the optimizer's numbers.
MOMENTUM, DECAY, BETA_1, BETA_2, EPSILON = 0, 1, 2, 3, 4

_FAST = {"contract", "reassoc", "nsz"}  # sums may be grouped anew; what is not a number stays so
_jit = njit(cache=True, fastmath=_FAST, error_model="numpy", nogil=True)


@_jit
def _unfold_turned(row, source, at, cols, start, width_of_all):
    """Write the patches of one image [C, H, W] as [(c, ky, kx), ...], rows `width_of_all` apart."""
    height, width, oh, ow = row[HEIGHT], row[WIDTH], row[OUT_HEIGHT], row[OUT_WIDTH]
    sy, sx, py, px, dy, dx = row[STRIDE_Y], row[STRIDE_X], row[PAD_Y], row[PAD_X], row[STEP_Y], row[STEP_X]
    base = start
    for c in range(row[CHANNELS]):
        for ky in range(row[KERNEL_Y]):
            for kx in range(row[KERNEL_X]):
                shift = kx * dx - px
                # Outputs from `low` to `high` see the image, the others its padding.
                low = min(max(0, -(shift // sx)), ow)
                high = max(low, min(ow, (width - 1 - shift) // sx + 1))
                for y in range(oh):
                    iy = y * sy - py + ky * dy
                    goal = part(cols, base + y * ow)
                    if iy < 0 or iy >= height:
                        for x in range(ow):
                            goal[x] = 0
                        continue
                    for x in range(low):
                        goal[x] = 0
                    for x in range(high, ow):
                        goal[x] = 0
                    origin = at + (c * height + iy) * width + shift
                    if sx == 1:
                        copy(cols, base + y * ow + low, source, origin + low, high - low)
                    else:
                        for x in range(low, high):
                            goal[x] = part(source, origin + x * sx)[0]
                base += width_of_all


@_jit
def _unfold(row, source, at, cols, start):
    """Write the patches of one image [H, W, C] as [P, (ky, kx, c)]."""
    channels, height, width = row[CHANNELS], row[HEIGHT], row[WIDTH]
    dx, run = row[STEP_X], row[KERNEL_X] * channels
    to = start
    for y in range(row[OUT_HEIGHT]):
        for x in range(row[OUT_WIDTH]):
            left = x * row[STRIDE_X] - row[PAD_X]
            whole = dx == 1 and left >= 0 and left + row[KERNEL_X] <= width
            for ky in range(row[KERNEL_Y]):
                iy = y * row[STRIDE_Y] - row[PAD_Y] + ky * row[STEP_Y]
                inside = 0 <= iy < height
                if inside and whole:
                    copy(cols, to, source, at + (iy * width + left) * channels, run)
                    to += run
                    continue
                for kx in range(row[KERNEL_X]):
                    ix = left + kx * dx
                    if inside and 0 <= ix < width:
                        copy(cols, to, source, at + (iy * width + ix) * channels, channels)
                    else:
                        goal = part(cols, to)
                        for c in range(channels):
                            goal[c] = 0
                    to += channels


@_jit
def _fold(row, cols, start, slopes, at):
    """Add patches [P, (ky, kx, c)] back to where they came from in one image of slopes, which is zero before."""
    channels, height, width = row[CHANNELS], row[HEIGHT], row[WIDTH]
    dx, run = row[STEP_X], row[KERNEL_X] * channels
    origin = start
    for y in range(row[OUT_HEIGHT]):
        for x in range(row[OUT_WIDTH]):
            left = x * row[STRIDE_X] - row[PAD_X]
            whole = dx == 1 and left >= 0 and left + row[KERNEL_X] <= width
            for ky in range(row[KERNEL_Y]):
                iy = y * row[STRIDE_Y] - row[PAD_Y] + ky * row[STEP_Y]
                if 0 <= iy < height:
                    if whole:
                        _add(slopes, at + (iy * width + left) * channels, cols, origin, run)
                    else:
                        for kx in range(row[KERNEL_X]):
                            ix = left + kx * dx
                            if 0 <= ix < width:
                                to = at + (iy * width + ix) * channels
                                _add(slopes, to, cols, origin + kx * channels, channels)
                origin += run


@_jit
def _add(goal, to, source, at, count):
    goal, source = part(goal, to), part(source, at)
    for j in range(count):
        goal[j] += source[j]


@_jit
def _clear(goal, to, count):
    goal = part(goal, to)
    for j in range(count):
        goal[j] = 0


@_jit
def _fill_bias(goal, at, rows, width, theta, bias):
    if bias < 0:
        _clear(goal, at, rows * width)
    else:
        for i in range(rows):
            copy(goal, at + i * width, theta, bias, width)


@_jit
def _max_pool(row, source, at, goal, to, index, code):
    """Largest number of each window, and in `index` its place in the window; the first of equal ones."""
    channels, height, width = row[CHANNELS], row[HEIGHT], row[WIDTH]
    for y in range(row[OUT_HEIGHT]):
        for x in range(row[OUT_WIDTH]):
            out = (y * row[OUT_WIDTH] + x) * channels
            made, places = part(goal, to + out), part(index, code + out)
            fresh = True
            for ky in range(row[KERNEL_Y]):
                iy = y * row[STRIDE_Y] - row[PAD_Y] + ky * row[STEP_Y]
                if iy < 0 or iy >= height:
                    continue
                for kx in range(row[KERNEL_X]):
                    ix = x * row[STRIDE_X] - row[PAD_X] + kx * row[STEP_X]
                    if ix < 0 or ix >= width:
                        continue
                    place = np.int32(ky * row[KERNEL_X] + kx)
                    values = part(source, at + (iy * width + ix) * channels)
                    if fresh:
                        for c in range(channels):
                            made[c] = values[c]
                            places[c] = place
                        fresh = False
                        continue
                    for c in range(channels):
                        value, best = values[c], made[c]
                        take = (value > best) | (value != value)  # noqa: PLR0124  not a number
                        made[c] = value if take else best
                        places[c] = place if take else places[c]


@_jit
def _max_pool_back(row, slopes, at, to, index, code):
    channels, height, width = row[CHANNELS], row[HEIGHT], row[WIDTH]
    zero = slopes.dtype.type(0)
    _clear(slopes, to, row[IN])
    for y in range(row[OUT_HEIGHT]):
        for x in range(row[OUT_WIDTH]):
            out = (y * row[OUT_WIDTH] + x) * channels
            given, places = part(slopes, at + out), part(index, code + out)
            for ky in range(row[KERNEL_Y]):
                iy = y * row[STRIDE_Y] - row[PAD_Y] + ky * row[STEP_Y]
                if iy < 0 or iy >= height:
                    continue
                for kx in range(row[KERNEL_X]):
                    ix = x * row[STRIDE_X] - row[PAD_X] + kx * row[STEP_X]
                    if ix < 0 or ix >= width:
                        continue
                    place = np.int32(ky * row[KERNEL_X] + kx)
                    goal = part(slopes, to + (iy * width + ix) * channels)
                    for c in range(channels):
                        goal[c] += given[c] if places[c] == place else zero


@_jit
def _avg_pool(row, source, at, goal, to, back):
    """Mean of each window; with `back`, share slopes out instead: source and goal change their parts.

    EXTRA is 1 where padding counts.
    """
    channels, height, width = row[CHANNELS], row[HEIGHT], row[WIDTH]
    _clear(goal, to, row[IN] if back else row[OUT])
    for y in range(row[OUT_HEIGHT]):
        top = y * row[STRIDE_Y] - row[PAD_Y]
        low = min(top + row[KERNEL_Y], height + row[PAD_Y])
        for x in range(row[OUT_WIDTH]):
            left = x * row[STRIDE_X] - row[PAD_X]
            right = min(left + row[KERNEL_X], width + row[PAD_X])
            out = (y * row[OUT_WIDTH] + x) * channels
            count = (low - top) * (right - left)
            if row[EXTRA] == 0:
                count = (min(low, height) - max(top, 0)) * (min(right, width) - max(left, 0))
            share = goal.dtype.type(1 / count)
            for iy in range(max(top, 0), min(low, height)):
                for ix in range(max(left, 0), min(right, width)):
                    origin = (iy * width + ix) * channels
                    given = part(source, at + (out if back else origin))
                    made = part(goal, to + (origin if back else out))
                    for c in range(channels):
                        made[c] += given[c] * share


@_jit
def _pointwise(op, low, high, source, at, goal, to, size):
    one = goal.dtype.type(1)
    source, goal = part(source, at), part(goal, to)
    if op == LEAKY:
        for j in range(size):
            value = source[j]
            goal[j] = value * low if value <= 0 else value
    elif op == CLIP:
        for j in range(size):
            value = source[j]
            value = low if value < low else value
            goal[j] = high if value > high else value
    elif op == TANH:
        for j in range(size):
            goal[j] = math.tanh(source[j])
    elif op == SIGMOID:
        for j in range(size):
            goal[j] = one / (one + math.exp(-source[j]))
    elif op == ELU:
        for j in range(size):
            value = source[j]
            goal[j] = value * high if not value <= 0 else low * high * math.expm1(value)
    elif op == SOFTSIGN:
        for j in range(size):
            value = source[j]
            goal[j] = value / (one + abs(value))


@_jit
def _pointwise_back(op, low, high, made, at, slopes, start, to, size):
    """From slopes of what a function made, and what it made, to the slopes of what it took."""
    zero, one = made.dtype.type(0), made.dtype.type(1)
    made, given, goal = part(made, at), part(slopes, start), part(slopes, to)
    if op == LEAKY:
        for j in range(size):
            slope = given[j]
            goal[j] = slope * low if made[j] <= 0 else slope
    elif op == CLIP:
        for j in range(size):
            value = made[j]
            goal[j] = zero if (value <= low) | (value >= high) else given[j]
    elif op == TANH:
        for j in range(size):
            goal[j] = given[j] * (one - made[j] * made[j])
    elif op == SIGMOID:
        for j in range(size):
            goal[j] = given[j] * (one - made[j]) * made[j]
    elif op == ELU:
        for j in range(size):
            value = made[j]
            goal[j] = given[j] * (high if value > 0 else value + low * high)
    elif op == SOFTSIGN:
        for j in range(size):
            rest = one - abs(made[j])
            goal[j] = given[j] * rest * rest


@_jit
def _softmax(log, source, at, goal, to, rows, width):
    for i in range(rows):
        start, end = at + i * width, to + i * width
        top = source[start]
        for j in range(1, width):
            top = max(top, source[start + j])
        total = source[start] * 0
        for j in range(width):
            goal[end + j] = math.exp(source[start + j] - top)
            total += goal[end + j]
        if log:
            total = math.log(total)
            for j in range(width):
                goal[end + j] = source[start + j] - top - total
        else:
            for j in range(width):
                goal[end + j] /= total


@_jit
def _softmax_back(log, made, at, slopes, start, goal, to, rows, width):
    for i in range(rows):
        y, s, g = at + i * width, start + i * width, to + i * width
        total = slopes[s] * 0
        for j in range(width):
            total += slopes[s + j] if log else slopes[s + j] * made[y + j]
        for j in range(width):
            if log:
                goal[g + j] = slopes[s + j] - math.exp(made[y + j]) * total
            else:
                goal[g + j] = (slopes[s + j] - total) * made[y + j]


@_jit
def _forward(blas, row, coef, first, count, theta, images, image, acts, cols, index, masks, mask, training):
    """Run one layer on images `first` to `first + count` of a batch; `image` is where the batch starts."""
    op, size, made = row[OP], row[IN], row[OUT]
    source, at = (images, image) if row[FROM] == INPUT else (acts, row[FROM])
    at += first * size
    to = row[ACT] + first * made
    if op == LINEAR:
        _fill_bias(acts, to, count, made, theta, row[BIAS])
        gemm(blas[0], 0, 1, count, made, size, 1.0, source, at, size, theta, row[WEIGHT], size, 1.0, acts, to, made)
    elif op == CONV or op == CONV_FIRST:  # noqa: PLR1714  numba knows no `in` here
        patch = row[CHANNELS] * row[KERNEL_Y] * row[KERNEL_X]
        spots, planes = row[OUT_HEIGHT] * row[OUT_WIDTH], row[OUT_CHANNELS]
        _fill_bias(acts, to, count * spots, planes, theta, row[BIAS])
        turned = op == CONV_FIRST
        width = _patches(row, count, source, at, cols)
        gemm(
            blas[1], turned, 1, count * spots, planes, patch, 1.0, cols, 0, width,
            theta, row[WEIGHT], patch, 1.0, acts, to, planes,
        )  # fmt: skip
    elif op == MAX_POOL:
        for i in range(count):
            _max_pool(row, source, at + i * size, acts, to + i * made, index, row[EXTRA] + (first + i) * made)
    elif op == AVG_POOL:
        for i in range(count):
            _avg_pool(row, source, at + i * size, acts, to + i * made, False)  # noqa: FBT003
    elif op == MASK:
        _mask(row, first, count, source, at, acts, to, masks, mask, training)
    elif op == TO_PLANES:
        spots, planes = row[HEIGHT] * row[WIDTH], row[CHANNELS]
        for i in range(count):
            for s in range(spots):
                for c in range(planes):
                    acts[to + i * made + c * spots + s] = source[at + i * size + s * planes + c]
    elif op == SOFTMAX or op == LOG_SOFTMAX:  # noqa: PLR1714
        _softmax(op == LOG_SOFTMAX, source, at, acts, to, count, made)
    else:
        _pointwise(op, coef[0], coef[1], source, at, acts, to, count * made)


@_jit
def _mask(row, first, count, source, at, goal, to, masks, mask, training):
    """Multiply with a mask of this update; a mask may be [C] for [H, W, C] (CHANNELS > 0)."""
    size, planes = row[OUT], row[CHANNELS]
    if not training:
        copy(goal, to, source, at, count * size)
    elif planes:
        for i in range(count):
            factors = part(masks, mask + row[EXTRA] + (first + i) * planes)
            for s in range(size // planes):
                given, made = part(source, at + i * size + s * planes), part(goal, to + i * size + s * planes)
                for c in range(planes):
                    made[c] = given[c] * factors[c]
    else:
        factors = part(masks, mask + row[EXTRA] + first * size)
        given, made = part(source, at), part(goal, to)
        for j in range(count * size):
            made[j] = given[j] * factors[j]


@_jit
def _backward(  # noqa: PLR0913
    blas, row, coef, first, count, theta, grad, images, image, acts, slopes, cols, index, masks, mask,
    kind, rule, rate, step, moment_1, moment_2,
):  # fmt: skip
    """Take one layer's slopes back to what it took, and into `grad`.

    A Linear's weights are changed here at once, when its slopes have been handed on.
    """
    op, size, made = row[OP], row[IN], row[OUT]
    source, at = (images, image) if row[FROM] == INPUT else (acts, row[FROM])
    at += first * size
    y = row[ACT] + first * made
    g = row[SLOPE] + first * row[SLOPE_STEP]
    to = row[SLOPE_FROM] + first * row[SLOPE_FROM_STEP]
    if op == LINEAR:
        if row[NEEDS_SLOPE]:
            gemm(blas[0], 0, 0, count, size, made, 1.0, slopes, g, made, theta, row[WEIGHT], size, 0.0, slopes, to, size)
        if row[BIAS] >= 0:
            for i in range(count):
                _add(grad, row[BIAS], slopes, g + i * made, made)
        weights = row[WEIGHT]
        if kind == SGD and rule[MOMENTUM] == 0:
            keep = 1 - rate * rule[DECAY]
            gemm(blas[0], 1, 0, made, size, count, -rate, slopes, g, made, source, at, size, keep, theta, weights, size)
            return
        # Some rows at a time: gradients are used while the cache still has them, and are never kept.
        some = max(1, cols.shape[0] // size)
        for r in range(0, made, some):
            rows = min(some, made - r)
            gemm(blas[0], 1, 0, rows, size, count, 1.0, slopes, g + r, made, source, at, size, 0.0, cols, 0, size)
            _update(kind, rule, rate, step, theta, weights + r * size, cols, 0, moment_1, moment_2, rows * size)
    elif op == CONV or op == CONV_FIRST:  # noqa: PLR1714
        _convolution_back(blas, row, count, theta, grad, source, at, slopes, g, to, cols)
    elif not row[NEEDS_SLOPE]:
        pass
    elif op == MAX_POOL:
        for i in range(count):
            _max_pool_back(row, slopes, g + i * made, to + i * size, index, row[EXTRA] + (first + i) * made)
    elif op == AVG_POOL:
        for i in range(count):
            _avg_pool(row, slopes, g + i * made, slopes, to + i * size, True)  # noqa: FBT003
    elif op == MASK:
        _mask(row, first, count, slopes, g, slopes, to, masks, mask, True)  # noqa: FBT003
    elif op == TO_PLANES:
        spots, planes = row[HEIGHT] * row[WIDTH], row[CHANNELS]
        for i in range(count):
            for s in range(spots):
                for c in range(planes):
                    slopes[to + i * size + s * planes + c] = slopes[g + i * made + c * spots + s]
    elif op == SOFTMAX or op == LOG_SOFTMAX:  # noqa: PLR1714
        _softmax_back(op == LOG_SOFTMAX, acts, y, slopes, g, slopes, to, count, made)
    else:
        _pointwise_back(op, coef[0], coef[1], acts, y, slopes, g, to, count * made)


@_jit
def _patches(row, count, source, at, cols):
    """Write the patches of images; return how far rows are apart."""
    spots = row[OUT_HEIGHT] * row[OUT_WIDTH]
    patch = row[CHANNELS] * row[KERNEL_Y] * row[KERNEL_X]
    if row[OP] == CONV_FIRST:
        for i in range(count):
            _unfold_turned(row, source, at + i * row[IN], cols, i * spots, count * spots)
        return count * spots
    for i in range(count):
        _unfold(row, source, at + i * row[IN], cols, i * spots * patch)
    return patch


@_jit
def _convolution_back(blas, row, count, theta, grad, source, at, slopes, g, to, cols):
    size = row[IN]
    patch = row[CHANNELS] * row[KERNEL_Y] * row[KERNEL_X]
    spots, planes = row[OUT_HEIGHT] * row[OUT_WIDTH], row[OUT_CHANNELS]
    turned = row[OP] == CONV_FIRST
    if row[BIAS] >= 0:
        for i in range(count * spots):
            _add(grad, row[BIAS], slopes, g + i * planes, planes)
    _patches(row, count, source, at, cols)
    if turned:
        gemm(blas[1], 1, 1, planes, patch, count * spots, 1.0, slopes, g, planes, cols, 0, count * spots, 1.0,
             grad, row[WEIGHT], patch)  # fmt: skip
    else:
        gemm(blas[1], 1, 0, planes, patch, count * spots, 1.0, slopes, g, planes, cols, 0, patch, 1.0,
             grad, row[WEIGHT], patch)  # fmt: skip
    if row[NEEDS_SLOPE]:
        gemm(blas[1], 0, 0, count * spots, patch, planes, 1.0, slopes, g, planes, theta, row[WEIGHT], patch, 0.0,
             cols, 0, patch)  # fmt: skip
        _clear(slopes, to, count * size)
        for i in range(count):
            _fold(row, cols, i * spots * patch, slopes, to + i * size)


@_jit
def _loss(kind, smoothing, output, at, batch, classes, labels, mixed, start, slopes, to, scratch):
    """Write the slopes of the mean loss into `slopes`; return the loss and the number of images that are right.

    Mixed labels are shares [N, classes]; without any, `mixed` is empty. The right class has the largest share.
    """
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
        if kind == CROSS_ENTROPY:
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
        elif kind == NLL:
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


@_jit
def _update(kind, rule, rate, step, theta, at, grad, grad_at, first, second, count):
    """Change `count` parameters by their gradients, as torch.optim does."""
    number = theta.dtype.type
    decay, mu, fall = number(rule[DECAY]), number(rule[MOMENTUM]), number(rate)
    pace = fade = new_1 = new_2 = keep_2 = inverse = epsilon = shrink = number(0)
    if kind == ADAM or kind == ADAMW:  # noqa: PLR1714
        pace = number(rate / (1 - rule[BETA_1] ** step))
        inverse = number(1 / math.sqrt(1 - rule[BETA_2] ** step))
        new_1, new_2, keep_2 = number(1 - rule[BETA_1]), number(1 - rule[BETA_2]), number(rule[BETA_2])
        epsilon, fade = number(rule[EPSILON]), number(rule[DECAY] if kind == ADAM else 0)
        shrink = number(1 - rate * rule[DECAY] if kind == ADAMW else 1)
    theta, grad = part(theta, at), part(grad, grad_at)
    if kind == ADAM or kind == ADAMW:  # noqa: PLR1714
        first, second = part(first, at), part(second, at)
        for j in range(count):
            slope = grad[j] + fade * theta[j]
            first[j] += new_1 * (slope - first[j])
            second[j] = keep_2 * second[j] + new_2 * slope * slope
            theta[j] = shrink * theta[j] - pace * first[j] / (math.sqrt(second[j]) * inverse + epsilon)
    elif mu == 0:
        for j in range(count):
            theta[j] -= fall * (grad[j] + decay * theta[j])
    elif kind == SGD:
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


@_jit
def run_forward(blas, prog, coef, spatial, group, batch, theta, images, image, acts, cols, index, masks, mask, training):
    """Run a batch through the network; the first `spatial` layers see `group` images at a time."""
    for first in range(0, batch, group):
        count = min(group, batch - first)
        for l in range(spatial):
            _forward(blas, prog[l], coef[l], first, count, theta, images, image, acts, cols, index, masks, mask, training)
    for l in range(spatial, prog.shape[0]):
        _forward(blas, prog[l], coef[l], 0, batch, theta, images, image, acts, cols, index, masks, mask, training)


@_jit
def train_block(  # noqa: PLR0913
    blas, prog, coef, spatial, group, size, theta, grad, first_moment, second_moment, segments, kind, rule,
    rates, step, images, labels, mixed, masks, mask_step, acts, slopes, cols, index, scratch,
    loss_kind, smoothing, losses, correct,
):  # fmt: skip
    """Make one update for every `size` images: forward, loss, backward, change.

    Args:
        step: updates made before.
        rates: learning rate of each of these updates.
        losses, correct: take each batch's loss, and how many of it were right.
    """
    count, pixels, last = labels.shape[0], prog[0, IN], prog.shape[0] - 1
    classes = prog[last, OUT]
    for u in range(rates.shape[0]):
        start = u * size
        batch = min(size, count - start)
        image, mask, rate = start * pixels, u * mask_step, rates[u]
        run_forward(blas, prog, coef, spatial, group, batch, theta, images, image, acts, cols, index, masks, mask, True)  # noqa: FBT003
        losses[u], correct[u] = _loss(
            loss_kind, smoothing, acts, prog[last, ACT], batch, classes, labels, mixed, start,
            slopes, prog[last, SLOPE], scratch,
        )  # fmt: skip
        for l in range(last, spatial - 1, -1):
            _backward(
                blas, prog[l], coef[l], 0, batch, theta, grad, images, image, acts, slopes, cols, index, masks, mask,
                kind, rule, rate, step + u + 1, first_moment, second_moment,
            )  # fmt: skip
        for first in range(0, batch, group):
            for l in range(spatial - 1, -1, -1):
                _backward(
                    blas, prog[l], coef[l], first, min(group, batch - first), theta, grad, images, image, acts, slopes,
                    cols, index, masks, mask, kind, rule, rate, step + u + 1, first_moment, second_moment,
                )  # fmt: skip
        for s in range(segments.shape[0]):
            begin, width = segments[s, 0], segments[s, 1]
            _update(kind, rule, rate, step + u + 1, theta, begin, grad, begin, first_moment, second_moment, width)
            _clear(grad, begin, width)
