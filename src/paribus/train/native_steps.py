"""Forward, backward, update: one call trains on many batches, without Python between them.

Every function is compiled for one kind of arguments only, and called from one place where that is possible: compiling
them takes seconds, and what is called twice is compiled into its callers twice.
"""

import numpy as np

from paribus.train import native_rows as k
from paribus.train.native_activations import pointwise, pointwise_back, soft, soft_back, softmax, softmax_back
from paribus.train.native_blas import alone, copy, gemm, part
from paribus.train.native_compiled import compiled
from paribus.train.native_convolution import (
    convolve_back,
    gradient,
    gradient_near,
    is_near,
    slide,
    slide_back,
)
from paribus.train.native_dense import back, change, forward
from paribus.train.native_images import gather
from paribus.train.native_learning import fall, fall_by_row, loss_of_batch, update
from paribus.train.native_planes import convolve
from paribus.train.native_pointwise import add, add_rows, clear, fill_bias, masked, planes_first
from paribus.train.native_pools import average_pool, max_pool, max_pool_back
from paribus.train.native_sparse import change as change_panels
from paribus.train.native_sparse import forward as forward_panels
from paribus.train.native_sparse import look
from paribus.train.native_threads import (
    PARTS,
    images_of,
    meet,
    parts_between,
    parts_of,
    share,
    share_of_rows,
    unit_of,
)
from paribus.train.native_windows import fold, patches

# What a pass of `_backward` does: everything, where one thread trains; else a thread makes the slopes of some images,
# and then, when all slopes are there, changes some rows of weights.
_BOTH, _SLOPES, _CHANGE = k.NO, np.int64(1), np.int64(2)


@compiled
def _forward(
    blas, row, coef, begin, first, count, theta, images, image, acts, cols, lists, index, masks, mask, training,
    thread, threads,
):  # fmt: skip
    """Run one layer on images `first` to `first + count` of a batch; `image` is where the batch starts.

    A thread's first image is `begin`. Of a Linear, each thread makes some of its features.
    """
    alone()
    op, size, made = row[k.OP], row[k.IN], row[k.OUT]
    source, at = (images, image) if row[k.FROM] == k.INPUT else (acts, row[k.FROM])
    at += first * row[k.FROM_STEP]
    to = row[k.ACT] + first * row[k.ACT_STEP]
    if op == k.LINEAR and blas[0] == k.TILES:
        _linear(row, theta, count, source, at, acts, to, cols, lists, training, thread, threads)
    elif op == k.CONV_FIRST and blas[1] == k.TILES and row[k.STRIDE_Y] == 1 and row[k.STRIDE_X] == 1:
        slide(row, theta, count, source, at, acts, to, cols)
    elif op == k.CONV and row[k.EXTRA] > 0:
        convolve(row, theta, first - begin, count, source, at, acts, to, cols)
    elif op <= k.CONV_FIRST:
        # Rows, columns and depth of the product: images of a Linear, places of a Conv2d.
        rows, planes, depth, turned, apart, factor, origin = count, made, size, 0, size, source, at
        if op != k.LINEAR:
            rows, planes = count * row[k.OUT_HEIGHT] * row[k.OUT_WIDTH], row[k.OUT_CHANNELS]
            depth = row[k.CHANNELS] * row[k.KERNEL_Y] * row[k.KERNEL_X]
            turned, apart = int(op == k.CONV_FIRST), patches(row, count, source, at, cols)
            factor, origin = cols, 0
            if op == k.CONV and blas[1] == k.TILES:
                forward(theta, row[k.WEIGHT], row[k.BIAS], planes, k.NO, planes, depth, rows, cols, k.NO, acts, to)
                return
        fill_bias(acts, to, rows, planes, theta, row[k.BIAS])
        gemm(
            blas[0] if op == k.LINEAR else blas[2], turned, 1, rows, planes, depth, 1.0, factor, origin, apart,
            theta, row[k.WEIGHT], depth, 1.0, acts, to, planes,
        )  # fmt: skip
    elif op == k.MAX_POOL:
        for i in range(count):
            max_pool(row, source, at + i * size, acts, to + i * made, index, row[k.EXTRA] + (first + i) * made)
    elif op == k.AVG_POOL:
        for i in range(count):
            average_pool(row, source, at + i * size, acts, to + i * made, k.NO)
    elif op == k.MASK:
        masked(row, first, count, source, at, acts, to, masks, mask, training)
    elif op == k.TO_PLANES:
        for i in range(count):
            planes_first(row, source, at + i * size, acts, to + i * made, k.NO)
    elif op == k.SOFTMAX or op == k.LOG_SOFTMAX:  # noqa: PLR1714  numba knows no `in` here
        softmax(op, source, at, acts, to, count, made)
    else:
        if row[k.FROM] == k.INPUT or at != to:
            copy(acts, to, source, at, count * made)
        if op >= k.TOOK:
            soft(op, coef[0], coef[1], acts, to, count * made)
        else:
            pointwise(op, coef[0], coef[1], acts, to, count * made)


@compiled
def _linear(row, theta, count, source, at, acts, to, cols, lists, training, thread, threads):
    if row[k.PANELS] > 0:
        low, high = share(row[k.PANELS], k.YES, thread, threads)
        if low < high:
            look(row, theta, count, source, at, lists, cols, training)
            forward_panels(row, theta, count, lists, cols, acts, to, low, high)
        return
    low, high = share_of_rows(row[k.OUT], thread, threads)
    forward(theta, row[k.WEIGHT], row[k.BIAS], row[k.OUT], low, high, row[k.IN], count, source, at, acts, to)


@compiled
def _backward(
    blas, row, coef, first, count, theta, grad, images, image, acts, slopes, cols, lists, index, masks, mask,
    kind, rule, rate, step, moment_1, moment_2, does, thread, threads,
):  # fmt: skip
    """Take one layer's slopes back to what it took, and into `grad`.

    A Linear's weights are changed here at once, when its slopes have been handed on.
    """
    alone()
    op, size, made = row[k.OP], row[k.IN], row[k.OUT]
    y = row[k.ACT] + first * row[k.ACT_STEP]
    g = row[k.SLOPE] + first * row[k.SLOPE_STEP]
    to = row[k.SLOPE_FROM] + first * row[k.SLOPE_FROM_STEP]
    if op <= k.CONV_FIRST:
        source, at = (images, image) if row[k.FROM] == k.INPUT else (acts, row[k.FROM])
        at += first * row[k.FROM_STEP]
        if op == k.LINEAR:
            _linear_back(
                blas[0], row, count, theta, grad, source, at, slopes, g, to, cols, lists,
                kind, rule, rate, step, moment_1, moment_2, does, thread, threads,
            )  # fmt: skip
        else:
            _convolution_back(blas, row, count, theta, grad, source, at, slopes, g, to, cols)
    elif not row[k.NEEDS_SLOPE] or does == _CHANGE:
        pass
    elif op == k.MAX_POOL:
        for i in range(count):
            max_pool_back(row, slopes, g + i * made, to + i * size, index, row[k.EXTRA] + (first + i) * made)
    elif op == k.AVG_POOL:
        for i in range(count):
            average_pool(row, slopes, g + i * made, slopes, to + i * size, k.YES)
    elif op == k.MASK:
        masked(row, first, count, slopes, g, slopes, to, masks, mask, k.YES)
    elif op == k.TO_PLANES:
        for i in range(count):
            planes_first(row, slopes, g + i * made, slopes, to + i * size, k.YES)
    elif op == k.SOFTMAX or op == k.LOG_SOFTMAX:  # noqa: PLR1714
        softmax_back(op, acts, y, slopes, g, to, count, made)
    elif op >= k.TOOK:
        took = row[k.FROM] + first * row[k.FROM_STEP]
        soft_back(op, coef[0], coef[1], acts, took, slopes, g, to, count * made)
    else:
        pointwise_back(op, coef[0], coef[1], acts, y, slopes, g, to, count * made)


@compiled
def _linear_back(
    blas, row, count, theta, grad, source, at, slopes, g, to, cols, lists, kind, rule, rate, step,
    moment_1, moment_2, does, thread, threads,
):  # fmt: skip
    size, made, weights = row[k.IN], row[k.OUT], row[k.WEIGHT]
    if row[k.BIAS] >= 0 and does != _SLOPES and thread == 0:
        add_rows(grad, row[k.BIAS], slopes, g, count, made)
    if row[k.PANELS] > 0:
        if does != _SLOPES:
            low, high = share(row[k.PANELS], k.YES, thread, threads)
            change_panels(
                kind, rule, rate, step, row, theta, moment_1, moment_2, count, slopes, g, lists, cols, low, high
            )
        return
    if blas == k.TILES:
        if row[k.NEEDS_SLOPE] and does != _CHANGE:
            back(theta, weights, made, size, count, slopes, g, to, cols)
        low, high = share_of_rows(made, thread, threads)
        if does != _SLOPES and low < high:
            change(
                kind, rule, rate, step, theta, weights, moment_1, moment_2, made, low, high, size, count, slopes, g,
                source, at, cols,
            )  # fmt: skip
        return
    if row[k.NEEDS_SLOPE]:
        gemm(blas, 0, 0, count, size, made, 1.0, slopes, g, made, theta, weights, size, 0.0, slopes, to, size)
    if kind == k.SGD and rule[k.MOMENTUM] == 0:
        keep = 1 - rate * rule[k.DECAY]
        gemm(blas, 1, 0, made, size, count, -rate, slopes, g, made, source, at, size, keep, theta, weights, size)
        return
    if count == 1 and kind == k.SGD and rule[k.DECAY] == 0:
        fall_by_row(rate, rule[k.MOMENTUM], theta, moment_1, weights, slopes, g, made, source, at, size)
        return
    # Some rows at a time: gradients are used while the cache still has them, and are never kept.
    some = max(1, k.AT_ONCE // size)
    for r in range(0, made, some):
        rows = min(some, made - r)
        if kind == k.SGD and rule[k.DECAY] == 0:
            gemm(
                blas, 1, 0, rows, size, count, 1.0, slopes, g + r, made, source, at, size, rule[k.MOMENTUM],
                moment_1, weights + r * size, size,
            )  # fmt: skip
            fall(rate, theta, moment_1, weights + r * size, rows * size)
            continue
        gemm(blas, 1, 0, rows, size, count, 1.0, slopes, g + r, made, source, at, size, 0.0, cols, 0, size)
        update(kind, rule, rate, step, theta, weights + r * size, cols, k.NO, moment_1, moment_2, rows * size)


@compiled
def _convolution_back(blas, row, count, theta, grad, source, at, slopes, g, to, cols):
    size, weights = row[k.IN], row[k.WEIGHT]
    depth = row[k.CHANNELS] * row[k.KERNEL_Y] * row[k.KERNEL_X]
    spots, planes = count * row[k.OUT_HEIGHT] * row[k.OUT_WIDTH], row[k.OUT_CHANNELS]
    if row[k.BIAS] >= 0:
        add_rows(grad, row[k.BIAS], slopes, g, spots, planes)
    turned = int(row[k.OP] == k.CONV_FIRST)
    tiles = blas[1] == k.TILES
    if tiles and turned and row[k.STRIDE_Y] == 1 and row[k.STRIDE_X] == 1:
        slide_back(row, grad, count, source, at, slopes, g, cols)
        return
    if tiles and not turned and is_near(row):
        gradient_near(row, grad, count, source, at, slopes, g, cols)
    else:
        apart = patches(row, count, source, at, cols)
        if tiles and not turned:
            gradient(grad, weights, planes, depth, spots, slopes, g, cols)
        else:
            gemm(
                blas[2], 1, turned, planes, depth, spots, 1.0, slopes, g, planes, cols, 0, apart,
                1.0, grad, weights, depth,
            )  # fmt: skip
    if row[k.NEEDS_SLOPE] and tiles:
        convolve_back(row, theta, count, slopes, g, to, cols)
    elif row[k.NEEDS_SLOPE]:
        gemm(blas[2], 0, 0, spots, depth, planes, 1.0, slopes, g, planes, theta, weights, depth, 0.0, cols, 0, depth)
        clear(slopes, to, count * size)
        for i in range(count):
            fold(row, cols, i * (spots // count) * depth, k.NO, row[k.OUT_HEIGHT], slopes, to + i * size)


@compiled
def run_forward(
    blas, prog, coef, spatial, group, batch, theta, images, image, acts, cols, lists, index, masks, mask, training,
    thread, threads, place,
):  # fmt: skip
    """Run a batch through the network; the first `spatial` layers see `group` images at a time.

    Of several threads each makes some features of a Linear, and does all else for some images.
    """
    begin, end = images_of(batch, spatial, thread, threads)
    for stage in range(2):
        low, high, together = (0, spatial, group) if stage == 0 else (spatial, prog.shape[0], max(1, end - begin))
        for first in range(begin, max(end, begin + stage) if high > low else begin, together):
            count = min(together, end - first)
            for n in range(low, high):
                features = prog[n, k.OP] == k.LINEAR
                if features or count > 0:
                    _forward(
                        blas, prog[n], coef[n], begin, k.NO if features else first, batch if features else count,
                        theta, images, image, acts, cols, lists, index, masks, mask, training, thread, threads,
                    )  # fmt: skip
                if features or (n + 1 < high and prog[n + 1, k.OP] == k.LINEAR):
                    meet(place, threads)
        if stage == 0 < spatial:
            meet(place, threads)


@compiled
def measure_images(
    blas, prog, coef, spatial, group, batch, theta, pixels, index, labels, shift, scale, images, acts, cols, lists,
    places, slopes, scratch, loss_kind,
):  # fmt: skip
    """Return the sum of losses, and how many images are right, of a network in evaluation mode."""
    size, last = prog[0, k.IN], prog.shape[0] - 1
    total, right = 0.0, 0
    mine, nothing = np.empty(batch, dtype=np.int64), np.empty(0, dtype=theta.dtype)
    for first in range(0, index.shape[0], batch):
        count = min(batch, index.shape[0] - first)
        gather(pixels, index, first, count, size, shift, scale, images)
        for i in range(count):
            mine[i] = labels[index[first + i]]
        run_forward(
            blas, prog, coef, spatial, group, count, theta, images, k.NO, acts, cols, lists, places, scratch, k.NO,
            k.NO, k.NO, k.YES, mine,
        )  # fmt: skip
        loss, found = loss_of_batch(
            loss_kind, 0.0, acts, prog[last, k.ACT], count, prog[last, k.OUT], mine, nothing, k.NO,
            slopes, prog[last, k.SLOPE], scratch,
        )  # fmt: skip
        total += loss * count
        right += found
    return total, right


@compiled
def _part_of(theta, grad, piece):
    """Return where a part's gradients are: the first's with all, of the others those of the first layers alone."""
    return k.NO if piece == 0 else theta.shape[0] + (piece - 1) * ((grad.shape[0] - theta.shape[0]) // (PARTS - 1))


@compiled
def _run_backward(
    blas, prog, coef, spatial, group, batch, theta, grad, images, image, acts, slopes, cols, lists, index, masks, mask,
    kind, rule, rate, step, moment_1, moment_2, does, thread, threads,
):  # fmt: skip
    """Go back through the layers after the first `spatial`, and then through those, part by part of the batch."""
    last, parts = prog.shape[0] - 1, parts_of(batch, spatial)
    some, more = parts_between(parts, thread, threads) if spatial > 0 and does != _CHANGE else (k.NO, k.NO)
    for piece in range(some - 1, more):
        if piece < some:
            high, low, into = last, spatial, k.NO
            begin, end = images_of(batch, spatial, thread, threads) if does == _SLOPES else (k.NO, batch)
            together = max(1, end - begin)
        else:
            high, low, together, into = spatial - 1, k.NO, group, _part_of(theta, grad, piece)
            begin, end = share(batch, unit_of(spatial), piece, parts)
        for first in range(begin, end if high >= low else begin, together):
            for n in range(high, low - 1, -1):
                _backward(
                    blas, prog[n], coef[n], first, min(together, end - first), theta, part(grad, into),
                    images, image, acts, slopes, cols, lists, index, masks, mask,
                    kind, rule, rate, step, moment_1, moment_2, does, thread, threads,
                )  # fmt: skip


@compiled
def _change_others(parts, theta, grad, moment_1, moment_2, segments, kind, rule, rate, step):
    """Change filters and biases by their gradients, the sums over the parts of a batch."""
    alone()
    for s in range(segments.shape[0]):
        begin, width = segments[s, 0], segments[s, 1]
        for piece in range(1, parts if begin < _part_of(theta, grad, 2) - _part_of(theta, grad, 1) else 1):
            more = begin + _part_of(theta, grad, piece)
            add(grad, begin, grad, more, width)
            clear(grad, more, width)
        update(kind, rule, rate, step, theta, begin, grad, begin, moment_1, moment_2, width)
        clear(grad, begin, width)


@compiled
def train_block(
    blas, prog, coef, spatial, group, size, theta, grad, moment_1, moment_2, segments, kind, rule,
    rates, step, images, labels, mixed, masks, mask_step, acts, slopes, cols, lists, index, scratch,
    loss_kind, smoothing, losses, correct, thread, threads, place,
):  # fmt: skip
    """Make one update for every `size` images: forward, loss, backward, change.

    `step` counts the updates made before, `rates` has the learning rate of each of these; `losses` and `correct` take
    each batch's loss, and how many of it were right. Several threads, all products by tiles: each is told which it is,
    has its own `prog`, `cols` and `lists`, and meets the others at `place`. `grad` has room for every part of a batch.
    """
    pixels, last = prog[0, k.IN], prog.shape[0] - 1
    classes = prog[last, k.OUT]
    for u in range(rates.shape[0]):
        start = u * size
        batch = min(size, labels.shape[0] - start)
        image, mask, rate, now = start * pixels, u * mask_step, rates[u], step + u + 1
        run_forward(
            blas, prog, coef, spatial, group, batch, theta, images, image, acts, cols, lists, index, masks, mask, k.YES,
            thread, threads, place,
        )  # fmt: skip
        meet(place, threads)
        if thread == 0:
            losses[u], correct[u] = loss_of_batch(
                loss_kind, smoothing, acts, prog[last, k.ACT], batch, classes, labels, mixed, start,
                slopes, prog[last, k.SLOPE], scratch,
            )  # fmt: skip
        meet(place, threads)
        for does in range(_BOTH, _BOTH + 1) if threads == 1 else range(_SLOPES, _CHANGE + 1):
            _run_backward(
                blas, prog, coef, spatial, group, batch, theta, grad, images, image, acts, slopes, cols, lists, index,
                masks, mask, kind, rule, rate, now, moment_1, moment_2, does, thread, threads,
            )  # fmt: skip
            if does == _SLOPES:
                meet(place, threads)
        if thread == 0:
            parts = parts_of(batch, spatial) if spatial > 0 else k.YES
            _change_others(parts, theta, grad, moment_1, moment_2, segments, kind, rule, rate, now)
        meet(place, threads)
