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
from paribus.train.native_slides import (
    SIX,
    gather_wide,
    slide_half,
    slide_row,
    slide_six,
    slide_wide,
    turn_eight,
    turn_four,
)
from paribus.train.native_sums import PLACES, PLANES, SHORT, sum_windows, sum_windows_one, sum_windows_pair
from paribus.train.native_tiles import HALF, LANES, ROWS, WIDE

_AHEAD = max(ROWS, PLACES)  # places in a window that a tile may ask for beyond the last


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

    A window's corner at (y, x) is number y * W + x. Those that would begin in one row and end in the next are made
    too, as it is quicker, and written over by the next row; those after the last one are written aside.
    """
    alone()
    wide = row[k.WIDTH] + 2 * row[k.PAD_X]
    planes, across = row[k.OUT_CHANNELS], row[k.OUT_WIDTH]
    depth = row[k.CHANNELS] * row[k.KERNEL_Y] * row[k.KERNEL_X]
    corners = (row[k.OUT_HEIGHT] - 1) * wide + across
    table = np.empty(depth + _AHEAD, dtype=np.int64)
    _windows(row, table)
    added = np.zeros(planes, dtype=theta.dtype)
    if row[k.BIAS] >= 0:
        copy(added, k.NO, theta, row[k.BIAS], planes)
    goals = np.empty(corners + WIDE, dtype=np.int64)
    for c in range(corners):
        goals[c] = (c // wide * across + min(c % wide, across)) * planes
    for i in range(count):
        for c in range(corners, goals.shape[0]):
            goals[c] = row[k.EXTRA] - to
        frame(row, source, at + i * row[k.IN], cols)
        p = 0
        while p < planes:
            left = planes - p
            rows = ROWS if left >= ROWS else SIX if left == SIX else HALF if left >= HALF else 1
            filters = row[k.WEIGHT] + p * depth
            for q in range(0, corners, WIDE):
                _slide(rows, theta, filters, depth, cols, q, table, added, p, goal, to, goals)
            p += rows
        to += row[k.OUT]


@compiled
def _slide(rows, theta, filters, depth, cols, q, table, bias, p, goal, to, goals):
    alone()
    if rows == ROWS:
        slide_wide(theta, filters, cols, q, depth, table, bias, p, goal, to + p, goals, q)
    elif rows == SIX:
        slide_six(theta, filters, cols, q, depth, table, bias, p, goal, to + p, goals, q)
    elif rows == HALF:
        slide_half(theta, filters, cols, q, depth, table, bias, p, goal, to + p, goals, q)
    else:
        slide_row(theta, filters, cols, q, depth, table, bias, p, goal, to + p, goals, q)


@compiled
def slide_back(row, grad, count, source, at, slopes, g, cols):
    """Add the gradient of filters to `grad`.

    Slopes are spread to where the corners of their windows are: as rows [corner, plane] of WIDE planes, or each plane
    by itself [plane, corner] where fewer are left.
    """
    alone()
    wide = row[k.WIDTH] + 2 * row[k.PAD_X]
    planes, across = row[k.OUT_CHANNELS], row[k.OUT_WIDTH]
    depth = row[k.CHANNELS] * row[k.KERNEL_Y] * row[k.KERNEL_X]
    corners = (row[k.OUT_HEIGHT] - 1) * wide + across
    spread = row[k.CHANNELS] * (row[k.HEIGHT] + 2 * row[k.PAD_Y]) * wide + BEYOND
    out = spread + corners * planes
    table = np.empty(depth + _AHEAD, dtype=np.int64)
    _windows(row, table)
    clear(cols, spread, corners * planes)
    together = planes // WIDE * WIDE
    for i in range(count):
        frame(row, source, at + i * row[k.IN], cols)
        for y in range(row[k.OUT_HEIGHT]):
            for x in range(across):
                corner, begin = y * wide + x, g + (y * across + x) * planes
                for p in range(0, together, WIDE):
                    copy(cols, spread + p * corners + corner * WIDE, slopes, begin + p, WIDE)
            if together < planes:
                _spread(
                    planes - together, across, slopes, g + y * across * planes + together, planes,
                    cols, spread + together * corners + y * wide, corners,
                )  # fmt: skip
        for p in range(0, together, WIDE):
            for d in range(0, depth, ROWS):
                gather_wide(cols, k.NO, cols, spread + p * corners, WIDE, table, d, corners, cols, out, WIDE)
                _add_turned(grad, row[k.WEIGHT] + p * depth + d, depth, cols, out, min(ROWS, depth - d))
        p = together
        while p < planes:
            left = planes - p
            high = PLANES if left >= PLANES else min(left, 2)
            windows = SHORT if high == PLANES else PLACES
            for d in range(0, depth, windows):
                _sum_windows(high, cols, spread + p * corners, corners, table, d, out)
                for r in range(high):
                    add(grad, row[k.WEIGHT] + (p + r) * depth + d, cols, out + r * windows, min(windows, depth - d))
            p += high
        g += row[k.OUT]


@compiled
def _spread(planes, across, slopes, at, step, cols, to, corners):
    """Write a row of slopes [spot, plane], spots `step` apart, as [plane, corner], planes `corners` apart.

    Blocks that would reach beyond the end begin earlier, over what was written already.
    """
    alone()
    width = 8 if planes >= 8 else 4
    if planes < width or across < LANES:
        for x in range(across):
            made, given = part(cols, to + x), part(slopes, at + x * step)
            for p in range(planes):
                made[p * corners] = given[p]
        return
    for x in range(0, across, LANES):
        first = min(x, across - LANES)
        for p in range(0, planes, width):
            plane = min(p, planes - width)
            source, goal = at + first * step + plane, to + plane * corners + first
            if width == 8:
                turn_eight(slopes, source, step, cols, goal, corners)
            else:
                turn_four(slopes, source, step, cols, goal, corners)


@compiled
def _add_turned(grad, to, step, cols, at, rows):
    """Add a tile [rows, WIDE], turned, to rows that are `step` apart."""
    for c in range(WIDE):
        made, given = part(grad, to + c * step), part(cols, at + c)
        for r in range(rows):
            made[r] += given[r * WIDE]


@compiled
def _sum_windows(planes, cols, spread, corners, table, d, out):
    alone()
    if planes == PLANES:
        sum_windows(cols, spread, corners, cols, k.NO, table, d, corners, cols, out, SHORT)
    elif planes > 1:
        sum_windows_pair(cols, spread, corners, cols, k.NO, table, d, corners, cols, out, PLACES)
    else:
        sum_windows_one(cols, spread, corners, cols, k.NO, table, d, corners, cols, out, PLACES)


@compiled
def gradient(grad, weights, planes, depth, spots, slopes, g, cols):
    """Add to grad[p, d] the sum over s of slopes[s, p] * patches[s, d]."""
    alone()
    out = spots * depth + WIDE
    for p in range(0, planes, ROWS):
        rows = min(ROWS, planes - p)
        for d in range(0, depth, WIDE):
            columns = min(WIDE, depth - d)
            tile(rows, slopes, g + p, k.YES, planes, cols, d, depth, spots, cols, out, WIDE)
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
            tile(rows, slopes, g + s * planes, planes, k.YES, theta, weights + c, depth, planes, cols, to, depth)
