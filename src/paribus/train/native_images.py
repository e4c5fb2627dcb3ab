"""Images of bytes as a network takes them: picked, moved and normalised in one pass."""

from paribus.train import native_rows as k
from paribus.train.native_blas import alone, part
from paribus.train.native_compiled import compiled
from paribus.train.native_pointwise import clear
from paribus.train.native_runs import copy_run, expect, mirror_run
from paribus.train.native_tiles import LANES

_AHEAD, _MOST = 4, 4096  # images that are asked for before they are read, and bytes of each


@compiled
def gather(pixels, index, first, count, size, shift, scale, goal):
    """Take images [N, C, H, W] of bytes by their indices, as floats, less `shift`, times `scale` of their channel."""
    alone()
    channels = shift.shape[0]
    plane = size // channels
    for i in range(count):
        if i + _AHEAD < count:
            expect(pixels, index[first + i + _AHEAD] * size, min(size, _MOST))
        for c in range(channels):
            source, made = part(pixels, index[first + i] * size + c * plane), part(goal, i * size + c * plane)
            less, times = shift[c], scale[c]
            for j in range(plane):
                made[j] = (goal.dtype.type(source[j]) - less) * times


@compiled
def gather_moved(pixels, index, height, width, moves, plane, shift, scale, goal):
    """Take images as `gather` does, whose rows and columns come from where `moves` (augment_moves) says.

    `plane` takes a plane as it is after that, in bytes.
    """
    alone()
    channels, size = shift.shape[0], height * width
    for i in range(index.shape[0]):
        if i + _AHEAD < index.shape[0]:
            expect(pixels, index[i + _AHEAD] * channels * size, min(channels * size, _MOST))
        rows, columns = moves[index[i], 0], moves[index[i], 1]
        from_row, down, top, bottom = rows[0], rows[1], rows[2], rows[3]
        from_column, across, left, right = columns[0], columns[1], columns[2], columns[3]
        long = right - left
        first = from_column + (left if across > 0 else 1 - right)  # the leftmost of the columns that are seen
        for c in range(channels):
            source = (index[i] * channels + c) * size + first
            if bottom - top < height or long < width:
                clear(plane, k.NO, size)
            for y in range(top, bottom):
                to, at = y * width + left, source + (from_row + down * y) * width
                if long < LANES:
                    for j in range(long):
                        plane[to + j] = pixels[at + (j if across > 0 else long - 1 - j)]
                elif across > 0:
                    copy_run(plane, to, pixels, at, long)
                else:
                    mirror_run(plane, to, pixels, at, long)
            made, less, times = part(goal, (i * channels + c) * size), shift[c], scale[c]
            for j in range(size):
                made[j] = (goal.dtype.type(plane[j]) - less) * times
