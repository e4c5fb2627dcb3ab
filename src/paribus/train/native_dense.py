"""Linear layers by tiles: forward, slopes of what they took, and weights that change as their gradient is made."""

import numpy as np

from paribus.train import native_rows as k
from paribus.train.native_blas import alone, copy, part
from paribus.train.native_compiled import compiled
from paribus.train.native_learning import update
from paribus.train.native_pointwise import clear
from paribus.train.native_sums import IMAGES, SHORT, TALL, sum_column, sum_one, sum_short, sum_tall
from paribus.train.native_tiles import (
    HALF,
    LANES,
    ROWS,
    WIDE,
    learn,
    learn_moment,
    learn_moment_row,
    learn_moment_some,
    learn_moment_some_row,
    learn_row,
    learn_some,
    learn_some_row,
    write_half,
    write_pair,
    write_row,
    write_wide,
)

# Images: for more of them, what lies far apart is copied to lie together before it is used often: weights of a layer
# on the way back, and the images themselves where weights change.
_FEW_BACK, _FEW_CHANGE = 40, 12
_NEAR = 2**16  # numbers of images that are multiplied by all weights before the next are
TILE = ROWS * WIDE  # numbers that a tile takes at most
BEYOND = WIDE  # numbers by which flat arrays are longer: tiles read and write whole registers


@compiled
def tile(rows, a, at_a, row_a, step_a, b, at_b, step_b, depth, out, at_out, step_out):
    """Write a tile of so many rows, at most ROWS."""
    alone()
    r = 0
    while r < rows:
        start, goal = at_a + r * row_a, at_out + r * step_out
        if rows - r >= ROWS:
            write_wide(a, start, row_a, step_a, b, at_b, step_b, depth, out, goal, step_out)
            r += ROWS
        elif rows - r >= HALF:
            write_half(a, start, row_a, step_a, b, at_b, step_b, depth, out, goal, step_out)
            r += HALF
        elif rows - r > 1:
            write_pair(a, start, row_a, step_a, b, at_b, step_b, depth, out, goal, step_out)
            r += 2
        else:
            write_row(a, start, row_a, step_a, b, at_b, step_b, depth, out, goal, step_out)
            r += 1


@compiled
def _products(theta, weights, made, low, high, size, count, source, at, goal, to):
    """Write goal[i, n] = sum over j of source[i, j] * weights[n, j], for as many images as the cache holds."""
    alone()
    most = SHORT if count >= IMAGES else TALL
    n = high
    while n > low:
        rows = most if n - low >= most else 1
        n -= rows
        factor = weights + n * size
        i = 0
        while i < count:
            given, out = at + i * size, to + i * made + n
            if count - i >= IMAGES:
                if rows == SHORT:
                    sum_short(source, given, theta, factor, size, goal, out, made)
                else:
                    sum_column(source, given, theta, factor, size, goal, out, made)
                i += IMAGES
                continue
            if rows == TALL:
                sum_tall(source, given, theta, factor, size, goal, out, made)
            else:
                for r in range(rows):
                    sum_one(source, given, theta, factor + r * size, size, goal, out + r, made)
            i += 1


@compiled
def forward(theta, weights, bias, made, low, high, size, count, source, at, goal, to):
    """Write goal[i, n] = sum over j of source[i, j] * weights[n, j], and the bias, for rows `low` to `high` of weights.

    The last weights come first: the update before left them in the cache.
    """
    alone()
    some = max(1, _NEAR // (size * IMAGES)) * IMAGES
    for first in range(0, count, some):
        _products(
            theta, weights, made, low, high, size, min(some, count - first), source, at + first * size,
            goal, to + first * made,
        )  # fmt: skip
    if bias >= 0:
        added = part(theta, bias + low)
        for i in range(count):
            row = part(goal, to + i * made + low)
            for n in range(high - low):
                row[n] += added[n]


@compiled
def back(theta, weights, made, size, count, slopes, at, to, cols):
    """Write slopes[to + i, j] = sum over n of slopes[at + i, n] * weights[n, j]."""
    alone()
    out = made * WIDE
    for c in range(0, size, WIDE):
        columns = min(WIDE, size - c)
        factor, begin, apart = theta, weights + c, size
        if columns < WIDE or count > _FEW_BACK:
            _panel(theta, weights + c, made, size, columns, cols, k.NO)
            factor, begin, apart = cols, k.NO, WIDE
        for i in range(0, count, ROWS):
            rows, goal, given = min(ROWS, count - i), to + i * size + c, at + i * made
            if columns == WIDE:
                tile(rows, slopes, given, made, k.YES, factor, begin, apart, made, slopes, goal, size)
                continue
            tile(rows, slopes, given, made, k.YES, factor, begin, apart, made, cols, out, WIDE)
            for r in range(rows):
                copy(slopes, goal + r * size, cols, out + r * WIDE, columns)


@compiled
def _panel(source, at, rows, width, columns, goal, to):
    """Copy some columns of rows [rows, width] to [rows, WIDE], with zeros beside them."""
    for r in range(rows):
        if columns == WIDE:
            copy(goal, to + r * WIDE, source, at + r * width, WIDE)
        else:
            clear(goal, to + r * WIDE, WIDE)
            copy(goal, to + r * WIDE, source, at + r * width, columns)


@compiled
def _learn(times, jump, rows, slopes, g, made, images, start, along, count, theta, first, at, size, rate, mu, decay):
    """Change tiles of weights by their gradients."""
    alone()
    if mu != 0 and rows == ROWS:
        learn_moment(times, jump, slopes, g, made, images, start, along, count, theta, first, at, size, rate, mu, decay)
    elif mu != 0:
        learn_moment_row(
            times, jump, slopes, g, made, images, start, along, count, theta, first, at, size, rate, mu, decay
        )
    elif rows == ROWS:
        learn(times, jump, slopes, g, made, images, start, along, count, theta, first, at, size, rate, mu, decay)
    else:
        learn_row(times, jump, slopes, g, made, images, start, along, count, theta, first, at, size, rate, mu, decay)


@compiled
def _learn_some(some, rows, slopes, g, made, images, start, along, count, theta, first, at, size, rate, mu, decay):
    """Change the last weights of each row, as many as a register has or fewer, by their gradients."""
    alone()
    if mu != 0 and rows == ROWS:
        learn_moment_some(
            some, k.NO, slopes, g, made, images, start, along, count, theta, first, at, size, rate, mu, decay
        )
    elif mu != 0:
        learn_moment_some_row(
            some, k.NO, slopes, g, made, images, start, along, count, theta, first, at, size, rate, mu, decay
        )
    elif rows == ROWS:
        learn_some(some, k.NO, slopes, g, made, images, start, along, count, theta, first, at, size, rate, mu, decay)
    else:
        learn_some_row(
            some, k.NO, slopes, g, made, images, start, along, count, theta, first, at, size, rate, mu, decay
        )


@compiled
def change(
    kind, rule, rate, step, theta, weights, moment_1, moment_2, made, low, high, size, count, slopes, g,
    source, at, cols,
):  # fmt: skip
    """Change rows `low` to `high` of weights [made, size] by their gradient.

    It is the sum over images of slopes[i, n] * source[i, j].
    """
    alone()
    number = theta.dtype.type
    pace, mu, decay = number(rate), number(rule[k.MOMENTUM]), number(rule[k.DECAY])
    apart = -(-size // WIDE) * WIDE
    whole, out = size - size % WIDE, count * apart
    packed = count > _FEW_CHANGE
    for c in range(0 if packed else size if kind == k.SGD else whole, size, WIDE):
        _panel(source, at + c, count, size, min(WIDE, size - c), cols, c * count)
    n = low
    while n < high:
        rows = ROWS if high - n >= ROWS else 1
        first = weights + n * size
        if kind == k.SGD:
            factor, start, along, jump = (
                (cols, k.NO, np.int64(WIDE), count * WIDE) if packed else (source, at, size, np.int64(WIDE))
            )
            _learn(
                whole // WIDE, jump, rows, slopes, g + n, made, factor, start, along, count, theta, moment_1, first,
                size, pace, mu, decay,
            )  # fmt: skip
            for c in range(whole, size, LANES):
                _learn_some(
                    min(LANES, size - c), rows, slopes, g + n, made, factor,
                    start + whole // WIDE * jump + c - whole, along, count, theta, moment_1, first + c,
                    size, pace, mu, decay,
                )  # fmt: skip
        else:
            for c in range(0, size, WIDE):
                factor, start, along = (cols, c * count, WIDE) if packed or c == whole else (source, at + c, size)
                tile(rows, slopes, g + n, k.YES, made, factor, start, along, count, cols, out + c, apart)
            for r in range(rows):
                update(
                    kind, rule, rate, step, theta, first + r * size, cols, out + r * apart, moment_1, moment_2, size
                )  # fmt: skip
        n += rows
