"""Layers without weights that see each number, or each row of features, alone."""

import math

from paribus.train import native_rows as k
from paribus.train.native_blas import alone, copy, part
from paribus.train.native_rows import compiled


@compiled
def add(goal, to, source, at, count):
    """Add `count` numbers to others."""
    goal, source = part(goal, to), part(source, at)
    for j in range(count):
        goal[j] += source[j]


@compiled
def add_rows(goal, to, source, at, rows, width):
    """Add rows [rows, width] to `width` numbers; short rows are added four at a time."""
    i = 0
    if width < 32:
        made = part(goal, to)
        while i + 4 <= rows:
            a, b = part(source, at + i * width), part(source, at + (i + 1) * width)
            c, d = part(source, at + (i + 2) * width), part(source, at + (i + 3) * width)
            for j in range(width):
                made[j] += (a[j] + b[j]) + (c[j] + d[j])
            i += 4
    while i < rows:
        add(goal, to, source, at + i * width, width)
        i += 1


@compiled
def clear(goal, to, count):
    """Set numbers to 0."""
    goal = part(goal, to)
    for j in range(count):
        goal[j] = 0


@compiled
def fill_bias(goal, at, rows, width, theta, bias):
    """Write a bias [width], or zeros where there is none (-1), into every row."""
    if bias < 0:
        clear(goal, at, rows * width)
        return
    copy(goal, at, theta, bias, width)
    done = 1
    while done < rows:  # twice as many each time: one long copy instead of many short ones
        more = min(done, rows - done)
        copy(goal, at + done * width, goal, at, more * width)
        done += more


@compiled
def pointwise(op, low, high, source, at, goal, to, size):
    """Apply a function to each number; `low` and `high` are its two numbers."""
    alone()
    zero, one = goal.dtype.type(0), goal.dtype.type(1)
    source, goal = part(source, at), part(goal, to)
    if op == k.RELU:
        for j in range(size):
            value = source[j]
            goal[j] = zero if value <= 0 else value
    elif op == k.LEAKY:
        for j in range(size):
            value = source[j]
            goal[j] = value * low if value <= 0 else value
    elif op == k.CLIP:
        for j in range(size):
            value = source[j]
            value = low if value < low else value  # noqa: FURB136  what is not a number stays so
            goal[j] = high if value > high else value  # noqa: FURB136
    elif op == k.TANH:
        for j in range(size):
            goal[j] = math.tanh(source[j])
    elif op == k.SIGMOID:
        for j in range(size):
            goal[j] = one / (one + math.exp(-source[j]))
    elif op == k.ELU:
        for j in range(size):
            value = source[j]
            goal[j] = value * high if not value <= 0 else low * high * math.expm1(value)
    elif op == k.SOFTSIGN:
        for j in range(size):
            value = source[j]
            goal[j] = value / (one + abs(value))


@compiled
def pointwise_back(op, low, high, made, at, slopes, start, to, size):
    """From slopes of what a function made, and what it made, to the slopes of what it took."""
    alone()
    zero, one = made.dtype.type(0), made.dtype.type(1)
    made, given, goal = part(made, at), part(slopes, start), part(slopes, to)
    if op == k.RELU:
        for j in range(size):
            goal[j] = zero if made[j] <= 0 else given[j]
    elif op == k.LEAKY:
        for j in range(size):
            slope = given[j]
            goal[j] = slope * low if made[j] <= 0 else slope
    elif op == k.CLIP:
        for j in range(size):
            value = made[j]
            goal[j] = zero if (value <= low) | (value >= high) else given[j]
    elif op == k.TANH:
        for j in range(size):
            goal[j] = given[j] * (one - made[j] * made[j])
    elif op == k.SIGMOID:
        for j in range(size):
            goal[j] = given[j] * (one - made[j]) * made[j]
    elif op == k.ELU:
        for j in range(size):
            value = made[j]
            goal[j] = given[j] * (high if value > 0 else value + low * high)
    elif op == k.SOFTSIGN:
        for j in range(size):
            rest = one - abs(made[j])
            goal[j] = given[j] * rest * rest


@compiled
def softmax(op, source, at, goal, to, rows, width):
    """Compute each row's softmax, or its logarithm."""
    alone()
    for i in range(rows):
        start, end = at + i * width, to + i * width
        top = source[start]
        for j in range(1, width):
            top = max(top, source[start + j])
        total = source[start] * 0
        for j in range(width):
            goal[end + j] = math.exp(source[start + j] - top)
            total += goal[end + j]
        if op == k.LOG_SOFTMAX:
            total = math.log(total)
            for j in range(width):
                goal[end + j] = source[start + j] - top - total
        else:
            for j in range(width):
                goal[end + j] /= total


@compiled
def softmax_back(op, made, at, slopes, start, to, rows, width):
    """Take slopes of a row's softmax, or of its logarithm, to the slopes of the row."""
    alone()
    for i in range(rows):
        y, s, g = at + i * width, start + i * width, to + i * width
        total = slopes[s] * 0
        for j in range(width):
            total += slopes[s + j] if op == k.LOG_SOFTMAX else slopes[s + j] * made[y + j]
        for j in range(width):
            if op == k.LOG_SOFTMAX:
                slopes[g + j] = slopes[s + j] - math.exp(made[y + j]) * total
            else:
                slopes[g + j] = (slopes[s + j] - total) * made[y + j]


@compiled
def planes_first(row, source, at, goal, to, back):
    """Put an image [H, W, C] as [C, H, W], the order that Flatten counts in; with `back`, slopes the other way."""
    spots, planes = row[k.HEIGHT] * row[k.WIDTH], row[k.CHANNELS]
    rows, columns = (planes, spots) if back else (spots, planes)
    for i in range(rows):
        given = part(source, at + i * columns)
        for j in range(columns):
            part(goal, to + j * rows + i)[0] = given[j]


@compiled
def masked(row, first, count, source, at, goal, to, masks, mask, training):
    """Multiply with a mask of this update; a mask may be [C] for [H, W, C] (CHANNELS > 0)."""
    alone()
    size, planes = row[k.OUT], row[k.CHANNELS]
    if not training:
        copy(goal, to, source, at, count * size)
    elif planes:
        for i in range(count):
            factors = part(masks, mask + row[k.EXTRA] + (first + i) * planes)
            for s in range(size // planes):
                given, made = part(source, at + i * size + s * planes), part(goal, to + i * size + s * planes)
                for c in range(planes):
                    made[c] = given[c] * factors[c]
    else:
        factors = part(masks, mask + row[k.EXTRA] + first * size)
        given, made = part(source, at), part(goal, to)
        for j in range(count * size):
            made[j] = given[j] * factors[j]
