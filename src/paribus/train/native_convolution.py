"""Convolutions by tiles: products of patches, which are written before (native_windows), with few small filters.

Tiles may read, and write, up to one register row beyond a matrix: the flat arrays are longer by so much, and what is
written beyond a row is written again by who comes after.
"""

import numpy as np

from paribus.train import native_rows as k
from paribus.train.native_blas import alone, copy, part
from paribus.train.native_dense import BEYOND, tile
from paribus.train.native_pointwise import add, clear
from paribus.train.native_rows import compiled
from paribus.train.native_tiles import (
    MANY_ROWS,
    NARROW,
    ROWS,
    WIDE,
    gather_narrow,
    gather_wide,
    slide_wide,
    slide_wide_row,
)

_FEW = WIDE - NARROW  # columns that narrow tiles are better for


@compiled
def frame(row, source, at, cols):
    """Copy an image [C, H, W] to the start of `cols`, with its padding around it."""
    height, width = row[k.HEIGHT], row[k.WIDTH]
    high, wide = height + 2 * row[k.PAD_Y], width + 2 * row[k.PAD_X]
    if high == height and wide == width:
        copy(cols, k.NO, source, at, row[k.IN])
        return
    clear(cols, k.NO, row[k.CHANNELS] * high * wide)
    for c in range(row[k.CHANNELS]):
        for y in range(height):
            goal = (c * high + y + row[k.PAD_Y]) * wide + row[k.PAD_X]
            copy(cols, goal, source, at + (c * height + y) * width, width)


@compiled
def _windows(row, table):
    """Write where the numbers of a window are, seen from its corner; the last is repeated to fill a tile."""
    high, wide = row[k.HEIGHT] + 2 * row[k.PAD_Y], row[k.WIDTH] + 2 * row[k.PAD_X]
    d = 0
    for c in range(row[k.CHANNELS]):
        for ky in range(row[k.KERNEL_Y]):
            for kx in range(row[k.KERNEL_X]):
                table[d] = (c * high + ky * row[k.STEP_Y]) * wide + kx * row[k.STEP_X]
                d += 1
    for more in range(d, table.shape[0]):
        table[more] = table[d - 1]


@compiled
def slide(row, theta, count, source, at, goal, to, cols):
    """Convolve images [C, H, W] with windows one step apart, where they lie: no patches are written.

    A window's corner at (y, x) is number y * W + x; those that would begin in one row and end in the next are made
    too, as it is quicker, and left out.
    """
    alone()
    wide = row[k.WIDTH] + 2 * row[k.PAD_X]
    planes, across = row[k.OUT_CHANNELS], row[k.OUT_WIDTH]
    depth = row[k.CHANNELS] * row[k.KERNEL_Y] * row[k.KERNEL_X]
    corners = (row[k.OUT_HEIGHT] - 1) * wide + across
    out = row[k.CHANNELS] * (row[k.HEIGHT] + 2 * row[k.PAD_Y]) * wide + BEYOND
    weights = row[k.WEIGHT]
    table = np.empty(depth + MANY_ROWS, dtype=np.int64)
    _windows(row, table)
    for i in range(count):
        frame(row, source, at + i * row[k.IN], cols)
        for p in range(0, planes, ROWS):
            rows = min(ROWS, planes - p)
            for q in range(0, corners, WIDE):
                if rows == ROWS:
                    slide_wide(theta, weights + p * depth, cols, q, depth, table, k.NO, depth, cols, out, WIDE)
                else:
                    for r in range(rows):
                        slide_wide_row(
                            theta, weights + (p + r) * depth, cols, q, depth, table, k.NO, depth,
                            cols, out + r * WIDE, WIDE,
                        )  # fmt: skip
                y, x = q // wide, q % wide
                for j in range(min(WIDE, corners - q)):
                    if x < across:
                        made, given = part(goal, to + (y * across + x) * planes + p), part(cols, out + j)
                        for r in range(rows):
                            made[r] = given[r * WIDE]
                    x += 1
                    if x == wide:
                        y, x = y + 1, 0
        spots = row[k.OUT_HEIGHT] * across
        if row[k.BIAS] >= 0:
            _add_bias(theta, row[k.BIAS], planes, spots, goal, to)
        to += spots * planes


@compiled
def _add_bias(theta, bias, planes, spots, goal, to):
    added = part(theta, bias)
    for s in range(spots):
        made = part(goal, to + s * planes)
        for p in range(planes):
            made[p] += added[p]


@compiled
def slide_back(row, grad, count, source, at, slopes, g, cols):
    """Add the gradient of filters to `grad`."""
    alone()
    wide = row[k.WIDTH] + 2 * row[k.PAD_X]
    planes, across = row[k.OUT_CHANNELS], row[k.OUT_WIDTH]
    depth = row[k.CHANNELS] * row[k.KERNEL_Y] * row[k.KERNEL_X]
    corners = (row[k.OUT_HEIGHT] - 1) * wide + across
    spread = row[k.CHANNELS] * (row[k.HEIGHT] + 2 * row[k.PAD_Y]) * wide + BEYOND
    out = spread + corners * WIDE
    weights = row[k.WEIGHT]
    table = np.empty(depth + MANY_ROWS, dtype=np.int64)
    _windows(row, table)
    for i in range(count):
        frame(row, source, at + i * row[k.IN], cols)
        p = 0
        while p < planes:
            narrow = np.int64(planes - p <= _FEW)
            panel, most = (NARROW, MANY_ROWS) if narrow else (WIDE, ROWS)
            columns = min(panel, planes - p)
            clear(cols, spread, corners * panel)
            for y in range(row[k.OUT_HEIGHT]):
                for x in range(across):
                    made = part(cols, spread + (y * wide + x) * panel)
                    given = part(slopes, g + (y * across + x) * planes + p)
                    for c in range(columns):
                        made[c] = given[c]
            for d in range(0, depth, most):
                if narrow:
                    gather_narrow(cols, k.NO, cols, spread, panel, table, d, corners, cols, out, panel)
                else:
                    gather_wide(cols, k.NO, cols, spread, panel, table, d, corners, cols, out, panel)
                for c in range(columns):
                    made, given = part(grad, weights + (p + c) * depth + d), part(cols, out + c)
                    for r in range(min(most, depth - d)):
                        made[r] += given[r * panel]
            p += columns
        g += row[k.OUT]


@compiled
def convolve(theta, weights, bias, planes, depth, spots, goal, to, cols, turned, fresh):
    """Write goal[s, p] = sum over d of patches[s, d] * weights[p, d], and the bias; patches lie in `cols`.

    The filters, turned, are kept in `goal` from `turned` on; `fresh` says that this is to be done.
    """
    alone()
    out = spots * depth + WIDE
    p = 0
    while p < planes:
        narrow = np.int64(planes - p <= _FEW)
        panel, most = (NARROW, MANY_ROWS) if narrow else (WIDE, ROWS)
        columns = min(panel, planes - p)
        free = turned + p * depth
        if fresh:
            _turned_filters(theta, weights + p * depth, columns, depth, panel, goal, free)
        for s in range(0, spots, most):
            rows = min(most, spots - s)
            if columns == panel:
                made = to + s * planes + p
                tile(narrow, rows, cols, s * depth, depth, k.YES, goal, free, panel, depth, goal, made, planes)
                continue
            tile(narrow, rows, cols, s * depth, depth, k.YES, goal, free, panel, depth, cols, out, panel)
            for r in range(rows):
                copy(goal, to + (s + r) * planes + p, cols, out + r * panel, columns)
        p += columns
    if bias >= 0:
        _add_bias(theta, bias, planes, spots, goal, to)


@compiled
def _turned_filters(theta, weights, columns, depth, panel, goal, to):
    """Write filters [columns, depth] as [depth, panel], zeros beside them."""
    made = part(goal, to)
    for p in range(panel):
        given = part(theta, weights + p * depth)
        for d in range(depth):
            made[d * panel + p] = given[d] if p < columns else 0


@compiled
def gradient(grad, weights, planes, depth, spots, slopes, g, cols):
    """Add to grad[p, d] the sum over s of slopes[s, p] * patches[s, d]."""
    alone()
    out = spots * depth + WIDE
    for p in range(0, planes, ROWS):
        rows = min(ROWS, planes - p)
        for d in range(0, depth, WIDE):
            columns = min(WIDE, depth - d)
            tile(k.NO, rows, slopes, g + p, k.YES, planes, cols, d, depth, spots, cols, out, WIDE)
            for r in range(rows):
                add(grad, weights + (p + r) * depth + d, cols, out + r * WIDE, columns)


@compiled
def patch_slopes(theta, weights, planes, depth, spots, slopes, g, cols):
    """Write cols[s, d] = sum over p of slopes[s, p] * weights[p, d]."""
    alone()
    last = (depth - 1) // WIDE * WIDE
    for s in range(0, spots, ROWS):
        rows = min(ROWS, spots - s)
        # From the last columns to the first: what those write beyond their row is written after.
        for c in range(last, -1, -WIDE):
            to = s * depth + c
            tile(k.NO, rows, slopes, g + s * planes, planes, k.YES, theta, weights + c, depth, planes, cols, to, depth)
