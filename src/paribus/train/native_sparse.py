"""A first Linear layer that skips dark pixels: those of value 0, four of five in MNIST.

A normalised image is what a dark one would be, `dark` [IN], and what its lit pixels have more. The product of weights
and `dark` is the same for all images: `totals`, made once an update, while weights change. Products with the rest go
through lists of lit pixels. What is skipped are products with 0: sums are the same but for rounding.

Such a layer's weights lie in panels, totals and `dark` after them: see native_panels.
"""

import numpy as np

from paribus.train import native_rows as k
from paribus.train.native_blas import alone, copy, part
from paribus.train.native_compiled import compiled
from paribus.train.native_learning import update
from paribus.train.native_pointwise import add, clear
from paribus.train.native_sparse_tiles import PANEL, learn_one, learn_pair, lit, lowest, sum_one, sum_pair
from paribus.train.native_tiles import LANES

_BITS = 64  # pixels that are looked at together
AT_ONCE = 16  # pixels whose gradients are written down before they are used, where that is not done at once


@compiled
def places(place, size, panels):
    """Return where weights, totals and `dark` start."""
    sums = place + panels * PANEL * size
    return np.int64(place), np.int64(sums), np.int64(sums + panels * PANEL)


@compiled
def totals(theta, weights, dark, sums, count):
    """Add what some pixels of a panel make of a dark image to its totals, pixel by pixel."""
    alone()
    made = part(theta, sums)
    for j in range(count):
        level, row = theta[dark + j], part(theta, weights + j * PANEL)
        for n in range(PANEL):
            made[n] += level * row[n]


@compiled
def _lists(size, count):
    """Return where a batch's lists are: images of each pixel, how many these are, where pairs' lists start.

    Pairs' lists of pixels come first.
    """
    rows = np.int64((count + 1) // 2 * size)
    lengths = rows + (count + 1) * size
    return rows, lengths, lengths + size


@compiled
def _values(row, count):
    """Return where values are: of pairs' lists, and of pixels' lists; and scratch after both."""
    size, first = row[k.IN], row[k.EXTRA]
    second = np.int64(first + (count + 1) // 2 * 2 * size)
    return np.int64(first), second, second + (count + 1) * size


@compiled
def look(row, theta, count, images, at, lists, values, training):
    """List a batch's lit pixels: of each pair of images and, in training, the images of each pixel."""
    alone()
    size = row[k.IN]
    _, _, dark = places(row[k.WEIGHT], size, row[k.PANELS])
    rows, lengths, bounds = _lists(size, count)
    first, second, _ = _values(row, count)
    length, bound = part(lists, lengths), part(lists, bounds)
    for j in range(size):
        length[j] = 0
    found = np.int64(0)
    for i in range(0, count, 2):
        bound[i // 2] = found
        wide = 2 if i + 1 < count else 1
        one, two = part(images, at + i * size), part(images, at + (i + wide - 1) * size)
        found += _listed(
            one, two, wide, size, part(theta, dark), part(lists, found), part(values, first + 2 * found),
            i, count + 1 if training else k.NO, part(lists, rows), part(values, second), length,
        )  # fmt: skip
    bound[(count + 1) // 2] = found


@compiled
def _listed(one, two, wide, size, dark, pixels, values, image, apart, rows, others, lengths):
    """List the lit pixels of two images, or (`wide` 1) of one that is given twice; return how many there are.

    With `apart` they are also added to the lists of all pixels, which are so far from one another: room for all images
    and one more, as what is dark is written there, too, and written over.
    """
    alone()
    found = np.int64(0)
    for first in range(0, size, _BITS):
        left, right = _lit(one, dark, first, size), k.NO
        if wide == 2:
            right = _lit(two, dark, first, size)
        both = left | right
        while both != 0:
            lane = lowest(both)
            both &= both - 1
            pixel = first + lane
            level = part(dark, pixel)[0]
            value, other = part(one, pixel)[0] - level, part(two, pixel)[0] - level
            part(pixels, found)[0] = pixel * PANEL
            place = part(values, found * wide)
            place[0] = value
            if wide == 2:
                place[1] = other
            found += 1
            if apart:
                length = part(lengths, pixel)
                at = np.int64(length[0])
                goal, given = part(rows, pixel * apart + at), part(others, pixel * apart + at)
                goal[0], given[0] = image * 2 * PANEL, value
                next_ = (left >> lane) & 1
                part(goal, next_)[0], part(given, next_)[0] = (image + 1) * 2 * PANEL, other
                length[0] = at + next_ + ((right >> lane) & 1)
    return found


@compiled
def _lit(image, dark, first, size):
    """Return which of the next _BITS pixels are lit, as bits."""
    found = np.int64(0)
    if first + _BITS <= size:
        for step in range(0, _BITS, LANES):
            found |= lit(image, first + step, dark, first + step) << step
        return found
    for step in range(size - first):
        found |= np.int64(part(image, first + step)[0] != part(dark, first + step)[0]) << step
    return found


@compiled
def forward(row, theta, count, lists, values, acts, to, low, high):
    """Write acts[to + i, n] = sum over j of image[i, j] * weights[n, j], and the bias, for panels `low` to `high`."""
    alone()
    size, made = row[k.IN], row[k.OUT]
    weights, sums, _ = places(row[k.WEIGHT], size, row[k.PANELS])
    _, _, bounds = _lists(size, count)
    first, _, free = _values(row, count)
    beside = free + PANEL
    for p in range(low, high):
        features = min(PANEL, made - p * PANEL)
        copy(values, free, theta, sums + p * PANEL, PANEL)
        if row[k.BIAS] >= 0:
            add(values, free, theta, row[k.BIAS] + p * PANEL, features)
        for i in range(0, count, 2):
            some, more = np.int64(lists[bounds + i // 2]), np.int64(lists[bounds + i // 2 + 1])
            panel, goal, wide = weights + p * size * PANEL, to + i * made + p * PANEL, min(2, count - i)
            given = first + 2 * some
            if features == PANEL and wide == 2:
                sum_pair(lists, some, more, values, given, theta, panel, values, free, acts, goal, made)
                continue
            if wide == 2:
                sum_pair(lists, some, more, values, given, theta, panel, values, free, values, beside, np.int64(PANEL))
            else:
                sum_one(lists, some, more, values, given, theta, panel, values, free, values, beside, np.int64(PANEL))
            for image in range(wide):
                copy(acts, goal + image * made, values, beside + image * PANEL, features)


@compiled
def change(
    kind, rule, rate, step, row, theta, moment_1, moment_2, count, slopes, g, lists, values, low, high
):  # fmt: skip
    """Change the weights of panels `low` to `high` by their gradient, and make their totals anew."""
    alone()
    number = theta.dtype.type
    size, made = row[k.IN], row[k.OUT]
    weights, sums, dark = places(row[k.WEIGHT], size, row[k.PANELS])
    rows, lengths, _ = _lists(size, count)
    _, given, free = _values(row, count)
    apart, at_sums = size * PANEL, free + count * 2 * PANEL
    out = at_sums + 2 * PANEL
    writes, some = np.int64(kind != k.SGD), size if kind == k.SGD else np.int64(AT_ONCE)
    pace, mu, decay = number(rate), number(rule[k.MOMENTUM]), number(rule[k.DECAY])
    for p in range(low, high, 2):
        both = p + 1 < high
        panel, total = weights + p * apart, sums + p * PANEL
        _slopes(count, made, p * PANEL, slopes, g, values, free, at_sums)
        clear(theta, total, 2 * PANEL if both else PANEL)
        for j in range(0, size, some):
            most = min(size, j + some)
            _learn(
                both, j, most, lists, lengths, rows, values, given, np.int64(count + 1), free, at_sums, theta, panel,
                apart, total, dark, moment_1, writes, out, pace, mu, decay,
            )  # fmt: skip
            if writes:
                for each in range(2 if both else 1):
                    place, slope = panel + each * apart + j * PANEL, out + each * AT_ONCE * PANEL
                    update(kind, rule, rate, step, theta, place, values, slope, moment_1, moment_2, (most - j) * PANEL)
                    totals(theta, place, dark + j, total + each * PANEL, most - j)


@compiled
def _learn(
    both, j, most, lists, lengths, rows, values, given, room, slopes, at_sums, theta, panel, apart, total, dark, moment,
    writes, out, pace, mu, decay,
):  # fmt: skip
    """Change the weights of some pixels in two panels, or one, or write their gradients down."""
    step = np.int64(AT_ONCE * PANEL)
    if both:
        learn_pair(
            j, most, lists, lengths, rows, values, given, room, values, slopes, at_sums, theta, panel, apart, total,
            dark, moment, writes, values, out, step, pace, mu, decay,
        )  # fmt: skip
    else:
        learn_one(
            j, most, lists, lengths, rows, values, given, room, values, slopes, at_sums, theta, panel, apart, total,
            dark, moment, writes, values, out, step, pace, mu, decay,
        )  # fmt: skip


@compiled
def _slopes(count, made, first, slopes, g, values, to, sums):
    """Copy the slopes of two panels' features, [count, 2 * PANEL] with zeros beside, and add them up over images."""
    alone()
    width = min(2 * PANEL, made - first)
    clear(values, sums, 2 * PANEL)
    for i in range(count):
        goal = to + i * 2 * PANEL
        if width < 2 * PANEL:
            clear(values, goal, 2 * PANEL)
        copy(values, goal, slopes, g + i * made + first, width)
        add(values, sums, values, goal, 2 * PANEL)
