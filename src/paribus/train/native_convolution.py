"""Convolutions by tiles: few small filters, and images where they lie, or patches of them (native_windows).

Tiles may read, and write, up to one register row beyond a matrix: the flat arrays are longer by so much, and what is
written beyond a row is written again by who comes after.
"""

import numpy as np

from paribus.train import native_rows as k
from paribus.train.native_blas import alone, copy, part
from paribus.train.native_compiled import compiled
from paribus.train.native_dense import BEYOND, tile
from paribus.train.native_planes import frame_last
from paribus.train.native_pointwise import add, clear
from paribus.train.native_runs import add_run
from paribus.train.native_slides import (
    SIX,
    gather_wide,
    segment_half,
    segment_narrow,
    segment_narrow_half,
    segment_narrow_row,
    segment_row,
    segment_wide,
    slide_half,
    slide_row,
    slide_six,
    slide_wide,
    turn_eight,
    turn_four,
)
from paribus.train.native_sums import PLACES, PLANES, SHORT, sum_windows, sum_windows_one, sum_windows_pair
from paribus.train.native_tiles import HALF, LANES, ROWS, WIDE
from paribus.train.native_windows import fold

_AT_HAND = 6 * 2**10  # numbers of patches that are written, used and written over: 24 KB, or a row of outputs
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
def _at_once(row, depth):
    """Return how many images, and how many rows of their outputs, have patches that the nearest cache holds.

    It is one row at least, and as many places as a tile has rows.
    """
    across, down = row[k.OUT_WIDTH], row[k.OUT_HEIGHT]
    spots = across * down
    images = max(_AT_HAND // (spots * depth), -(-ROWS // spots), 1)
    if images > 1:
        return images, down
    return images, max(_AT_HAND // (across * depth), -(-ROWS // across), 1)


@compiled
def convolve_back(row, theta, count, slopes, g, to, cols):
    """Write the slopes of images [H, W, C], patches of some at a time."""
    alone()
    depth = row[k.CHANNELS] * row[k.KERNEL_Y] * row[k.KERNEL_X]
    planes, across = row[k.OUT_CHANNELS], row[k.OUT_WIDTH]
    images, rows = _at_once(row, depth)
    clear(slopes, to, count * row[k.IN])
    for first in range(0, count, images):
        some = min(images, count - first)
        for low in range(0, row[k.OUT_HEIGHT], rows):
            high = min(low + rows, row[k.OUT_HEIGHT])
            spots = (high - low) * across
            given = g + first * row[k.OUT] + low * across * planes
            _patch_slopes(theta, row[k.WEIGHT], planes, depth, some * spots, slopes, given, cols)
            for i in range(some):
                fold(row, cols, i * spots * depth, low, high, slopes, to + (first + i) * row[k.IN])


@compiled
def is_near(row):
    """Tell whether numbers of a window that lie together fill registers well: the gradient needs no patches then."""
    run = row[k.KERNEL_X] * row[k.CHANNELS]
    return row[k.STEP_X] == 1 and 7 * (-(-run // LANES) * LANES) <= 8 * run


@compiled
def gradient_near(row, grad, count, source, at, slopes, g, cols):
    """Add the gradient of filters to `grad`, from images [H, W, C] where they lie."""
    alone()
    channels, planes, across = row[k.CHANNELS], row[k.OUT_CHANNELS], row[k.OUT_WIDTH]
    wide = row[k.WIDTH] + 2 * row[k.PAD_X]
    run, spots = row[k.KERNEL_X] * channels, row[k.OUT_HEIGHT] * across
    depth = row[k.KERNEL_Y] * run
    padded = row[k.PAD_Y] > 0 or row[k.PAD_X] > 0
    size = (row[k.HEIGHT] + 2 * row[k.PAD_Y]) * wide * channels if padded else k.NO
    out = size + BEYOND
    table = np.empty(spots, dtype=np.int64)
    for s in range(spots):
        table[s] = (s // across * row[k.STRIDE_Y] * wide + s % across * row[k.STRIDE_X]) * channels
    if padded:
        clear(cols, k.NO, out)
    for i in range(count):
        image, begin, given = source, at + i * row[k.IN], g + i * row[k.OUT]
        if padded:
            frame_last(row, source, begin, cols)
            image, begin = cols, k.NO
        for ky in range(row[k.KERNEL_Y]):
            above = begin + ky * row[k.STEP_Y] * wide * channels
            c = 0
            while c < run:
                width = WIDE if run - c > LANES else LANES
                p = 0
                while p < planes:
                    left = planes - p
                    rows = ROWS if left >= ROWS else HALF if left >= HALF else 1
                    _segment(rows, width, slopes, given + p, planes, image, above + c, table, spots, cols, out)
                    for r in range(rows):
                        goal = row[k.WEIGHT] + (p + r) * depth + ky * run + c
                        if run - c >= LANES:
                            add_run(grad, goal, cols, out + r * WIDE, min(width, run - c))
                        else:
                            add(grad, goal, cols, out + r * WIDE, run - c)
                    p += rows
                c += width


@compiled
def _segment(rows, width, slopes, given, planes, image, begin, table, spots, cols, out):
    alone()
    if width == WIDE:
        if rows == ROWS:
            segment_wide(slopes, given, planes, image, begin, table, spots, cols, out, WIDE)
        elif rows == HALF:
            segment_half(slopes, given, planes, image, begin, table, spots, cols, out, WIDE)
        else:
            segment_row(slopes, given, planes, image, begin, table, spots, cols, out, WIDE)
    elif rows == ROWS:
        segment_narrow(slopes, given, planes, image, begin, table, spots, cols, out, WIDE)
    elif rows == HALF:
        segment_narrow_half(slopes, given, planes, image, begin, table, spots, cols, out, WIDE)
    else:
        segment_narrow_row(slopes, given, planes, image, begin, table, spots, cols, out, WIDE)


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
                if columns >= LANES:
                    add_run(grad, weights + (p + r) * depth + d, cols, out + r * WIDE, columns)
                else:
                    add(grad, weights + (p + r) * depth + d, cols, out + r * WIDE, columns)


@compiled
def _patch_slopes(theta, weights, planes, depth, spots, slopes, g, cols):
    """Write cols[s, d] = sum over p of slopes[s, p] * weights[p, d]."""
    alone()
    last = (depth - 1) // WIDE * WIDE
    for s in range(0, spots, ROWS):
        rows = min(ROWS, spots - s)
        # From the last columns to the first: what those write beyond their row is written after.
        for c in range(last, -1, -WIDE):
            to = s * depth + c
            tile(rows, slopes, g + s * planes, planes, k.YES, theta, weights + c, depth, planes, cols, to, depth)
