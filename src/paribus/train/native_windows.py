"""Patches: what a convolution sees through its windows, written out, and slopes of patches brought back."""

from paribus.train import native_rows as k
from paribus.train.native_blas import alone, copy, part
from paribus.train.native_compiled import compiled
from paribus.train.native_pointwise import add
from paribus.train.native_runs import add_run, copy_run
from paribus.train.native_tiles import LANES


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
    long = run >= LANES
    to = start
    for y in range(row[k.OUT_HEIGHT]):
        for x in range(row[k.OUT_WIDTH]):
            left = x * row[k.STRIDE_X] - row[k.PAD_X]
            whole = dx == 1 and left >= 0 and left + row[k.KERNEL_X] <= width
            for ky in range(row[k.KERNEL_Y]):
                iy = y * row[k.STRIDE_Y] - row[k.PAD_Y] + ky * row[k.STEP_Y]
                inside = 0 <= iy < height
                if inside and whole:
                    origin = at + (iy * width + left) * channels
                    if long:
                        copy_run(cols, to, source, origin, run)
                    else:
                        copy(cols, to, source, origin, run)
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
def fold(row, cols, start, low, high, slopes, at):
    """Add patches [P, (ky, kx, c)] of the outputs' rows `low` to `high` back to an image, zero before the first."""
    alone()
    channels, height, width = row[k.CHANNELS], row[k.HEIGHT], row[k.WIDTH]
    dx, run = row[k.STEP_X], row[k.KERNEL_X] * channels
    long = run >= LANES
    high_kernel, wide_kernel, across = row[k.KERNEL_Y], row[k.KERNEL_X], row[k.OUT_WIDTH]
    sy, sx, py, px, dy = row[k.STRIDE_Y], row[k.STRIDE_X], row[k.PAD_Y], row[k.PAD_X], row[k.STEP_Y]
    # From row to row, as what is added to was not written a moment before: a processor waits for that.
    for x in range(across):
        left = x * sx - px
        whole = dx == 1 and left >= 0 and left + wide_kernel <= width
        for ky in range(high_kernel):
            origin = start + (x * high_kernel + ky) * run
            for y in range(low, high):
                iy = y * sy - py + ky * dy
                if 0 <= iy < height:
                    to = at + (iy * width + left) * channels
                    if whole and long:
                        add_run(slopes, to, cols, origin, run)
                    elif whole:
                        add(slopes, to, cols, origin, run)
                    else:
                        for kx in range(wide_kernel):
                            if 0 <= left + kx * dx < width:
                                add(slopes, to + kx * dx * channels, cols, origin + kx * channels, channels)
                origin += across * high_kernel * run


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
