"""Layers that look at an image through windows: patches of convolutions, and pooling."""

import numpy as np

from paribus.train import native_rows as k
from paribus.train.native_blas import alone, copy, part
from paribus.train.native_pointwise import add, clear
from paribus.train.native_rows import compiled


@compiled
def _unfold_turned(row, source, at, cols, start, width_of_all):
    """Write the patches of one image [C, H, W] as [(c, ky, kx), ...], rows `width_of_all` apart."""
    alone()
    height, width, oh, ow = row[k.HEIGHT], row[k.WIDTH], row[k.OUT_HEIGHT], row[k.OUT_WIDTH]
    sy, sx, py, px, dy, dx = row[k.STRIDE_Y], row[k.STRIDE_X], row[k.PAD_Y], row[k.PAD_X], row[k.STEP_Y], row[k.STEP_X]
    base = start
    for c in range(row[k.CHANNELS]):
        for ky in range(row[k.KERNEL_Y]):
            for kx in range(row[k.KERNEL_X]):
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


@compiled
def _unfold(row, source, at, cols, start):
    """Write the patches of one image [H, W, C] as [P, (ky, kx, c)]."""
    alone()
    channels, height, width = row[k.CHANNELS], row[k.HEIGHT], row[k.WIDTH]
    dx, run = row[k.STEP_X], row[k.KERNEL_X] * channels
    to = start
    for y in range(row[k.OUT_HEIGHT]):
        for x in range(row[k.OUT_WIDTH]):
            left = x * row[k.STRIDE_X] - row[k.PAD_X]
            whole = dx == 1 and left >= 0 and left + row[k.KERNEL_X] <= width
            for ky in range(row[k.KERNEL_Y]):
                iy = y * row[k.STRIDE_Y] - row[k.PAD_Y] + ky * row[k.STEP_Y]
                inside = 0 <= iy < height
                if inside and whole:
                    copy(cols, to, source, at + (iy * width + left) * channels, run)
                    to += run
                    continue
                for kx in range(row[k.KERNEL_X]):
                    ix = left + kx * dx
                    if inside and 0 <= ix < width:
                        copy(cols, to, source, at + (iy * width + ix) * channels, channels)
                    else:
                        goal = part(cols, to)
                        for c in range(channels):
                            goal[c] = 0
                    to += channels


@compiled
def fold(row, cols, start, slopes, at):
    """Add patches [P, (ky, kx, c)] back to where they came from in one image of slopes, which is zero before."""
    alone()
    channels, height, width = row[k.CHANNELS], row[k.HEIGHT], row[k.WIDTH]
    dx, run = row[k.STEP_X], row[k.KERNEL_X] * channels
    origin = start
    for y in range(row[k.OUT_HEIGHT]):
        for x in range(row[k.OUT_WIDTH]):
            left = x * row[k.STRIDE_X] - row[k.PAD_X]
            whole = dx == 1 and left >= 0 and left + row[k.KERNEL_X] <= width
            for ky in range(row[k.KERNEL_Y]):
                iy = y * row[k.STRIDE_Y] - row[k.PAD_Y] + ky * row[k.STEP_Y]
                if 0 <= iy < height:
                    if whole:
                        add(slopes, at + (iy * width + left) * channels, cols, origin, run)
                    else:
                        for kx in range(row[k.KERNEL_X]):
                            ix = left + kx * dx
                            if 0 <= ix < width:
                                to = at + (iy * width + ix) * channels
                                add(slopes, to, cols, origin + kx * channels, channels)
                origin += run


@compiled
def patches(row, count, source, at, cols):
    """Write the patches of images; return how far rows are apart."""
    spots = row[k.OUT_HEIGHT] * row[k.OUT_WIDTH]
    patch = row[k.CHANNELS] * row[k.KERNEL_Y] * row[k.KERNEL_X]
    if row[k.OP] == k.CONV_FIRST:
        for i in range(count):
            _unfold_turned(row, source, at + i * row[k.IN], cols, i * spots, count * spots)
        return count * spots
    for i in range(count):
        _unfold(row, source, at + i * row[k.IN], cols, i * spots * patch)
    return patch


@compiled
def max_pool(row, source, at, goal, to, index, code):
    """Largest number of each window, and in `index` its place in the window; the first of equal ones."""
    alone()
    channels, height, width = row[k.CHANNELS], row[k.HEIGHT], row[k.WIDTH]
    square = _is_two_by_two(row)
    for y in range(row[k.OUT_HEIGHT]):
        for x in range(row[k.OUT_WIDTH]):
            out = (y * row[k.OUT_WIDTH] + x) * channels
            made, places = part(goal, to + out), part(index, code + out)
            if square:
                corner = at + (2 * y * width + 2 * x) * channels
                a, b = part(source, corner), part(source, corner + channels)
                c, d = part(source, corner + width * channels), part(source, corner + (width + 1) * channels)
                for j in range(channels):
                    best, place = _larger(a[j], b[j], np.int32(0), np.int32(1))
                    best, place = _larger(best, c[j], place, np.int32(2))
                    made[j], places[j] = _larger(best, d[j], place, np.int32(3))
                continue
            fresh = True
            for ky in range(row[k.KERNEL_Y]):
                iy = y * row[k.STRIDE_Y] - row[k.PAD_Y] + ky * row[k.STEP_Y]
                if iy < 0 or iy >= height:
                    continue
                for kx in range(row[k.KERNEL_X]):
                    ix = x * row[k.STRIDE_X] - row[k.PAD_X] + kx * row[k.STEP_X]
                    if ix < 0 or ix >= width:
                        continue
                    place = np.int32(ky * row[k.KERNEL_X] + kx)
                    values = part(source, at + (iy * width + ix) * channels)
                    if fresh:
                        copy(goal, to + out, source, at + (iy * width + ix) * channels, channels)
                        for j in range(channels):
                            places[j] = place
                        fresh = False
                        continue
                    for j in range(channels):
                        made[j], places[j] = _larger(made[j], values[j], places[j], place)
            if fresh:  # a window of padding alone
                for j in range(channels):
                    made[j] = -np.inf
                    places[j] = -1


@compiled
def _is_two_by_two(row):
    kernel = row[k.KERNEL_Y] == 2 and row[k.KERNEL_X] == 2 and row[k.STRIDE_Y] == 2 and row[k.STRIDE_X] == 2
    inside = 2 * row[k.OUT_HEIGHT] <= row[k.HEIGHT] and 2 * row[k.OUT_WIDTH] <= row[k.WIDTH]
    return kernel and inside and row[k.PAD_Y] == 0 and row[k.PAD_X] == 0 and row[k.STEP_Y] == 1 and row[k.STEP_X] == 1


@compiled
def _larger(best, value, place, other):
    """Return the larger of two numbers and its place; what is not a number wins, as in torch."""
    take = (value > best) | (value != value)  # noqa: PLR0124
    return value if take else best, other if take else place


@compiled
def max_pool_back(row, slopes, at, to, index, code):
    """Give each slope to the place that was the largest."""
    alone()
    channels, height, width = row[k.CHANNELS], row[k.HEIGHT], row[k.WIDTH]
    zero = slopes.dtype.type(0)
    square = _is_two_by_two(row)
    if not (square and height % 2 == 0 and width % 2 == 0):
        clear(slopes, to, row[k.IN])
    for y in range(row[k.OUT_HEIGHT]):
        for x in range(row[k.OUT_WIDTH]):
            out = (y * row[k.OUT_WIDTH] + x) * channels
            given, places = part(slopes, at + out), part(index, code + out)
            if square:
                corner = to + (2 * y * width + 2 * x) * channels
                a, b = part(slopes, corner), part(slopes, corner + channels)
                c, d = part(slopes, corner + width * channels), part(slopes, corner + (width + 1) * channels)
                for j in range(channels):
                    slope, place = given[j], places[j]
                    a[j] = slope if place == 0 else zero
                    b[j] = slope if place == 1 else zero
                    c[j] = slope if place == 2 else zero
                    d[j] = slope if place == 3 else zero
                continue
            for ky in range(row[k.KERNEL_Y]):
                iy = y * row[k.STRIDE_Y] - row[k.PAD_Y] + ky * row[k.STEP_Y]
                if iy < 0 or iy >= height:
                    continue
                for kx in range(row[k.KERNEL_X]):
                    ix = x * row[k.STRIDE_X] - row[k.PAD_X] + kx * row[k.STEP_X]
                    if ix < 0 or ix >= width:
                        continue
                    place = np.int32(ky * row[k.KERNEL_X] + kx)
                    goal = part(slopes, to + (iy * width + ix) * channels)
                    for j in range(channels):
                        goal[j] += given[j] if places[j] == place else zero


@compiled
def average_pool(row, source, at, goal, to, back):
    """Mean of each window; with `back`, share slopes out instead: source and goal change their parts.

    k.EXTRA is 1 where padding counts.
    """
    alone()
    channels, height, width = row[k.CHANNELS], row[k.HEIGHT], row[k.WIDTH]
    clear(goal, to, row[k.IN] if back else row[k.OUT])
    for y in range(row[k.OUT_HEIGHT]):
        top = y * row[k.STRIDE_Y] - row[k.PAD_Y]
        low = min(top + row[k.KERNEL_Y], height + row[k.PAD_Y])
        for x in range(row[k.OUT_WIDTH]):
            left = x * row[k.STRIDE_X] - row[k.PAD_X]
            right = min(left + row[k.KERNEL_X], width + row[k.PAD_X])
            out = (y * row[k.OUT_WIDTH] + x) * channels
            count = (low - top) * (right - left)
            if row[k.EXTRA] == 0:
                count = (min(low, height) - max(top, 0)) * (min(right, width) - max(left, 0))
            share = goal.dtype.type(1 / count)
            for iy in range(max(top, 0), min(low, height)):
                for ix in range(max(left, 0), min(right, width)):
                    origin = (iy * width + ix) * channels
                    given = part(source, at + (out if back else origin))
                    made = part(goal, to + (origin if back else out))
                    for c in range(channels):
                        made[c] += given[c] * share
