"""Pooling: the largest number of each window, or their mean.

Images are [H, W, C], so that a window's numbers are compared for many channels at once. Windows of two by two, side by
side, are what almost all networks have: a whole row of them is one piece of code, in registers.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from paribus.train import native_rows as k
from paribus.train.native_blas import alone, copy, part
from paribus.train.native_compiled import compiled
from paribus.train.native_pointwise import clear
from paribus.train.native_tiles import I64, LANES, element

# Channels that do not fill a register: a power of two at each step.
_NARROW = tuple(2**power for power in range(LANES.bit_length() - 2, -1, -1))


def _by_channels(builder: Any, channels: Any, across: Any, emit: Any) -> None:
    """Emit code for all channels of a row of windows: `emit(width, first channel, window)` for each piece of it."""
    whole = builder.udiv(channels, ir.Constant(I64, LANES))
    with cgutils.for_range(builder, across) as window, cgutils.for_range(builder, whole) as piece:
        emit(LANES, builder.mul(piece.index, ir.Constant(I64, LANES)), window.index)
    for width in _NARROW:
        bit = builder.and_(channels, ir.Constant(I64, width))
        with builder.if_then(builder.icmp_unsigned("!=", bit, ir.Constant(I64, 0))):
            first = builder.and_(channels, ir.Constant(I64, -2 * width))
            with cgutils.for_range(builder, across) as window:
                emit(width, first, window.index)


class _Windows:
    """Emits what the two ways through a row of windows have in common: where numbers are, in registers of any width."""

    def __init__(self, context: Any, builder: Any, *, channels: Any, below: Any, number: Any, place: Any) -> None:
        self.builder, self._channels = builder, channels
        self.number, self.place = context.get_data_type(number), context.get_data_type(place)
        zero, one = ir.Constant(I64, 0), channels
        self._corners = (zero, one, below, builder.add(below, one))

    def corners(self, start: Any, first: Any, window: Any, width: int) -> list[Any]:
        """Return where the four numbers of a window are, for `width` channels from `first` on."""
        builder = self.builder
        left = builder.add(first, builder.mul(builder.mul(window, ir.Constant(I64, 2)), self._channels))
        return [self._at(start, builder.add(left, corner), self.number, width) for corner in self._corners]

    def made(self, start: Any, first: Any, window: Any, width: int, kind: Any) -> Any:
        """Return where what belongs to a window is."""
        at = self.builder.add(first, self.builder.mul(window, self._channels))
        return self._at(start, at, kind, width)

    def full(self, kind: Any, value: float, width: int) -> Any:
        """Return a register that is full of one number."""
        return ir.Constant(ir.VectorType(kind, width), [value] * width)

    def load(self, place: Any, size: int) -> Any:
        """Read a register; it need not start at a whole register."""
        value = self.builder.load(place)
        value.align = size
        return value

    def store(self, value: Any, place: Any, size: int) -> None:
        """Write a register; it need not start at a whole register."""
        self.builder.store(value, place).align = size

    def _at(self, start: Any, at: Any, kind: Any, width: int) -> Any:
        return self.builder.bitcast(self.builder.gep(start, [at]), ir.VectorType(kind, width).as_pointer())


@intrinsic
def _largest(typingctx, across, channels, source, at, below, goal, to, index, code):  # type: ignore[no-untyped-def]
    """Take the largest numbers of a row of windows; what is not a number wins, as in torch, the first of equal ones."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        across, channels, source, at, below, goal, to, index, code = values
        kinds = signature.args
        number, place = kinds[2].dtype, kinds[7].dtype
        row = _Windows(context, builder, channels=channels, below=below, number=number, place=place)
        given = element(context, builder, kinds[2], source, at)
        made, places = element(context, builder, kinds[5], goal, to), element(context, builder, kinds[7], index, code)
        size, small = number.bitwidth // 8, place.bitwidth // 8

        def emit(width, first, window):  # type: ignore[no-untyped-def]
            values = [row.load(each, size) for each in row.corners(given, first, window, width)]
            best, where = values[0], row.full(row.place, 0, width)
            for count, value in enumerate(values[1:], start=1):
                larger = builder.fcmp_ordered(">", value, best)
                take = builder.or_(larger, builder.fcmp_unordered("uno", value, value))
                best = builder.select(take, value, best)
                where = builder.select(take, row.full(row.place, count, width), where)
            row.store(best, row.made(made, first, window, width, row.number), size)
            row.store(where, row.made(places, first, window, width, row.place), small)

        _by_channels(builder, channels, across, emit)
        return context.get_dummy_value()

    return types.void(across, channels, source, at, below, goal, to, index, code), codegen


@intrinsic
def _shared_out(typingctx, across, channels, slopes, at, below, to, index, code):  # type: ignore[no-untyped-def]
    """Write the four slopes of each window of a row: its own at the place that was the largest, nothing elsewhere."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        across, channels, slopes, at, below, to, index, code = values
        kinds = signature.args
        number, place = kinds[2].dtype, kinds[6].dtype
        row = _Windows(context, builder, channels=channels, below=below, number=number, place=place)
        given, made = (element(context, builder, kinds[2], slopes, each) for each in (at, to))
        places = element(context, builder, kinds[6], index, code)
        size, small = number.bitwidth // 8, place.bitwidth // 8

        def emit(width, first, window):  # type: ignore[no-untyped-def]
            slope = row.load(row.made(given, first, window, width, row.number), size)
            where = row.load(row.made(places, first, window, width, row.place), small)
            for count, corner in enumerate(row.corners(made, first, window, width)):
                here = builder.icmp_signed("==", where, row.full(row.place, count, width))
                row.store(builder.select(here, slope, row.full(row.number, 0.0, width)), corner, size)

        _by_channels(builder, channels, across, emit)
        return context.get_dummy_value()

    return types.void(across, channels, slopes, at, below, to, index, code), codegen


@compiled
def max_pool(row, source, at, goal, to, index, code):
    """Largest number of each window, and in `index` its place in the window; the first of equal ones."""
    alone()
    channels, height, width = row[k.CHANNELS], row[k.HEIGHT], row[k.WIDTH]
    across, below = row[k.OUT_WIDTH], width * channels
    if _is_two_by_two(row):
        for y in range(row[k.OUT_HEIGHT]):
            out = y * across * channels
            _largest(across, channels, source, at + 2 * y * below, below, goal, to + out, index, code + out)
        return
    for y in range(row[k.OUT_HEIGHT]):
        for x in range(across):
            out = (y * across + x) * channels
            made, places = part(goal, to + out), part(index, code + out)
            fresh = True
            for ky in range(row[k.KERNEL_Y]):
                iy = y * row[k.STRIDE_Y] - row[k.PAD_Y] + ky * row[k.STEP_Y]
                if iy < 0 or iy >= height:
                    continue
                for kx in range(row[k.KERNEL_X]):
                    ix = x * row[k.STRIDE_X] - row[k.PAD_X] + kx * row[k.STEP_X]
                    if ix < 0 or ix >= width:
                        continue
                    place = np.int16(ky * row[k.KERNEL_X] + kx)
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
    across, below = row[k.OUT_WIDTH], width * channels
    square = _is_two_by_two(row)
    if not (square and height % 2 == 0 and width % 2 == 0):
        clear(slopes, to, row[k.IN])
    if square:
        for y in range(row[k.OUT_HEIGHT]):
            out = y * across * channels
            _shared_out(across, channels, slopes, at + out, below, to + 2 * y * below, index, code + out)
        return
    for y in range(row[k.OUT_HEIGHT]):
        for x in range(across):
            out = (y * across + x) * channels
            given, places = part(slopes, at + out), part(index, code + out)
            for ky in range(row[k.KERNEL_Y]):
                iy = y * row[k.STRIDE_Y] - row[k.PAD_Y] + ky * row[k.STEP_Y]
                if iy < 0 or iy >= height:
                    continue
                for kx in range(row[k.KERNEL_X]):
                    ix = x * row[k.STRIDE_X] - row[k.PAD_X] + kx * row[k.STEP_X]
                    if ix < 0 or ix >= width:
                        continue
                    place = np.int16(ky * row[k.KERNEL_X] + kx)
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
