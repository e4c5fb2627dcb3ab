"""Convolutions whose planes fill registers: images [H, W, C] are read where they lie, no patches are written."""

import numpy as np
import numpy.typing as npt

from paribus.train import native_rows as k
from paribus.train.native_blas import alone, copy, part
from paribus.train.native_compiled import compiled
from paribus.train.native_pointwise import clear
from paribus.train.native_slides import SPOTS, place_planes, turn_eight
from paribus.train.native_tiles import LANES

_EIGHT = 8  # numbers of a filter that are turned at once


def fills_registers(row: npt.NDArray[np.int64]) -> bool:
    """Tell whether a convolution's planes fill whole registers, and its places a tile."""
    return bool(row[k.OUT_CHANNELS] % LANES == 0 and row[k.OUT_HEIGHT] * row[k.OUT_WIDTH] >= SPOTS)


@compiled
def _turn_filters(row, theta, cols):
    """Write filters [plane, depth] as [depth, plane], where later images of a batch find them."""
    alone()
    planes, depth = row[k.OUT_CHANNELS], row[k.CHANNELS] * row[k.KERNEL_Y] * row[k.KERNEL_X]
    for p in range(0, planes, LANES):
        source, goal = row[k.WEIGHT] + p * depth, row[k.EXTRA] + p
        if depth < _EIGHT:
            for r in range(LANES):
                given, made = part(theta, source + r * depth), part(cols, goal + r)
                for d in range(depth):
                    made[d * planes] = given[d]
            continue
        for d in range(0, depth, _EIGHT):
            first = min(d, depth - _EIGHT)
            turn_eight(theta, source + first, depth, cols, goal + first * planes, planes)


@compiled
def frame_last(row, source, at, cols):
    """Copy an image [H, W, C] into zeros at the start of `cols`, where its padding is around it."""
    channels = row[k.CHANNELS]
    wide, width = row[k.WIDTH] + 2 * row[k.PAD_X], row[k.WIDTH] * channels
    for y in range(row[k.HEIGHT]):
        copy(cols, ((y + row[k.PAD_Y]) * wide + row[k.PAD_X]) * channels, source, at + y * width, width)


@compiled
def convolve(row, theta, first, count, source, at, goal, to, cols):
    """Convolve images; `first` counts those of their batch before them."""
    alone()
    channels, planes, across = row[k.CHANNELS], row[k.OUT_CHANNELS], row[k.OUT_WIDTH]
    wide, spots = row[k.WIDTH] + 2 * row[k.PAD_X], row[k.OUT_HEIGHT] * across
    depth = channels * row[k.KERNEL_Y] * row[k.KERNEL_X]
    if first == 0:
        _turn_filters(row, theta, cols)
    bias = np.zeros(planes, dtype=theta.dtype)
    if row[k.BIAS] >= 0:
        copy(bias, k.NO, theta, row[k.BIAS], planes)
    corners, windows = np.empty(spots, dtype=np.int64), np.empty(depth, dtype=np.int64)
    for s in range(spots):
        corners[s] = (s // across * row[k.STRIDE_Y] * wide + s % across * row[k.STRIDE_X]) * channels
    d = 0
    for ky in range(row[k.KERNEL_Y]):
        for kx in range(row[k.KERNEL_X]):
            for c in range(channels):
                windows[d] = (ky * row[k.STEP_Y] * wide + kx * row[k.STEP_X]) * channels + c
                d += 1
    padded = row[k.PAD_Y] > 0 or row[k.PAD_X] > 0
    if padded:
        clear(cols, k.NO, channels * (row[k.HEIGHT] + 2 * row[k.PAD_Y]) * wide)
    for i in range(count):
        image, begin = source, at + i * row[k.IN]
        if padded:
            frame_last(row, source, begin, cols)
            image, begin = cols, k.NO
        for p in range(0, planes, LANES):
            for s in range(0, spots, SPOTS):
                spot = min(s, spots - SPOTS)  # the last places are made again rather than one by one
                place_planes(
                    image, begin, corners, spot, windows, depth, cols, row[k.EXTRA] + p, planes, bias, p,
                    goal, to + i * row[k.OUT] + spot * planes + p,
                )  # fmt: skip
