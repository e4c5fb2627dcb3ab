"""Linear layers by tiles: forward, slopes of what they took, and weights that change as their gradient is made."""

import numpy as np

from paribus.train import native_rows as k
from paribus.train.native_blas import alone, copy, part
from paribus.train.native_learning import update
from paribus.train.native_pointwise import clear
from paribus.train.native_rows import compiled
from paribus.train.native_tiles import (
    MANY_ROWS,
    NARROW,
    ROWS,
    WIDE,
    learn,
    learn_moment,
    learn_moment_row,
    learn_row,
    write_narrow,
    write_narrow_row,
    write_wide,
    write_wide_row,
)

_BLOCK = 16  # numbers of one cache line: what is written stays in the cache until its lines are full
_FEW = 40  # images: for more of them, what lies far apart is copied to lie together before it is used often
TILE = MANY_ROWS * WIDE  # numbers that a tile takes at most
BEYOND = WIDE  # numbers by which flat arrays are longer: tiles read and write whole registers


@compiled
def tile(narrow, rows, a, at_a, row_a, step_a, b, at_b, step_b, depth, out, at_out, step_out):
    """Write a tile of so many rows, at most those that it has."""
    alone()
    if narrow and rows == MANY_ROWS:
        write_narrow(a, at_a, row_a, step_a, b, at_b, step_b, depth, out, at_out, step_out)
    elif not narrow and rows == ROWS:
        write_wide(a, at_a, row_a, step_a, b, at_b, step_b, depth, out, at_out, step_out)
    else:
        for r in range(rows):
            goal = at_out + r * step_out
            if narrow:
                write_narrow_row(a, at_a + r * row_a, row_a, step_a, b, at_b, step_b, depth, out, goal, step_out)
            else:
                write_wide_row(a, at_a + r * row_a, row_a, step_a, b, at_b, step_b, depth, out, goal, step_out)


@compiled
def _turn(source, at, rows, width, panel, goal):
    """Write rows [rows, width] as columns of a panel [width, panel] at the start of `goal`, zeros after the last."""
    for j in range(0, width, _BLOCK):
        high = min(_BLOCK, width - j)
        for i in range(panel):
            made = part(goal, j * panel + i)
            if i < rows:
                given = part(source, at + i * width + j)
                for d in range(high):
                    made[d * panel] = given[d]
            else:
                for d in range(high):
                    made[d * panel] = 0


@compiled
def forward(theta, weights, bias, made, size, count, source, at, goal, to, cols):
    """Write goal[i, n] = sum over j of source[i, j] * weights[n, j], and the bias."""
    alone()
    first = 0
    while first < count:
        left = count - first
        narrow = np.int64(left <= WIDE - NARROW)
        panel = NARROW if narrow else WIDE
        images, most, out = min(left, panel), MANY_ROWS if narrow else ROWS, size * panel
        _turn(source, at + first * size, images, size, panel, cols)
        n = 0
        while n < made:
            rows = min(most, made - n)
            tile(narrow, rows, theta, weights + n * size, size, k.YES, cols, k.NO, panel, size, cols, out, panel)
            for i in range(images):
                row = part(goal, to + (first + i) * made + n)
                column = part(cols, out + i)
                for r in range(rows):
                    row[r] = column[r * panel]
            n += rows
        first += images
    if bias >= 0:
        added = part(theta, bias)
        for i in range(count):
            row = part(goal, to + i * made)
            for n in range(made):
                row[n] += added[n]


@compiled
def back(theta, weights, made, size, count, slopes, at, to, cols):
    """Write slopes[to + i, j] = sum over n of slopes[at + i, n] * weights[n, j]."""
    alone()
    out = made * WIDE
    for c in range(0, size, WIDE):
        columns = min(WIDE, size - c)
        factor, begin, apart = theta, weights + c, size
        if columns < WIDE or count > _FEW:
            _panel(theta, weights + c, made, size, columns, cols, k.NO)
            factor, begin, apart = cols, k.NO, WIDE
        for i in range(0, count, ROWS):
            rows, goal, given = min(ROWS, count - i), to + i * size + c, at + i * made
            if columns == WIDE:
                tile(k.NO, rows, slopes, given, made, k.YES, factor, begin, apart, made, slopes, goal, size)
                continue
            tile(k.NO, rows, slopes, given, made, k.YES, factor, begin, apart, made, cols, out, WIDE)
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
def _learn(moving, rows, slopes, g, made, images, start, along, count, theta, first, at, size, rate, mu, decay):
    """Change a tile of weights by its gradient."""
    alone()
    if moving and rows == ROWS:
        learn_moment(slopes, g, k.YES, made, images, start, along, count, theta, first, at, size, rate, mu, decay)
    elif moving:
        learn_moment_row(slopes, g, k.YES, made, images, start, along, count, theta, first, at, size, rate, mu, decay)
    elif rows == ROWS:
        learn(slopes, g, k.YES, made, images, start, along, count, theta, first, at, size, rate, mu, decay)
    else:
        learn_row(slopes, g, k.YES, made, images, start, along, count, theta, first, at, size, rate, mu, decay)


@compiled
def change(kind, rule, rate, step, theta, weights, moment_1, moment_2, made, size, count, slopes, g, source, at, cols):
    """Change weights [made, size] by their gradient, the sum over images of slopes[i, n] * source[i, j]."""
    alone()
    number = theta.dtype.type
    pace, mu, decay = number(rate), number(rule[k.MOMENTUM]), number(rule[k.DECAY])
    apart = -(-size // WIDE) * WIDE
    whole, out = size - size % WIDE, count * apart
    packed = count > _FEW
    for c in range(0 if packed else whole, size, WIDE):
        _panel(source, at + c, count, size, min(WIDE, size - c), cols, c * count)
    n = 0
    while n < made:
        rows = ROWS if made - n >= ROWS else 1
        first = weights + n * size
        begin = 0
        if kind == k.SGD:
            for c in range(0, whole, WIDE):
                factor, start, along = (cols, c * count, WIDE) if packed else (source, at + c, size)
                _learn(
                    mu != 0, rows, slopes, g + n, made, factor, start, along, count, theta, moment_1, first + c, size,
                    pace, mu, decay,
                )  # fmt: skip
            begin = whole
        if begin < size:
            for c in range(begin, size, WIDE):
                factor, start, along = (cols, c * count, WIDE) if packed or c == whole else (source, at + c, size)
                tile(k.NO, rows, slopes, g + n, k.YES, made, factor, start, along, count, cols, out + c, apart)
            for r in range(rows):
                update(
                    kind, rule, rate, step, theta, first + r * size + begin, cols, out + r * apart + begin,
                    moment_1, moment_2, size - begin,
                )  # fmt: skip
        n += rows
