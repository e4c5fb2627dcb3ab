"""Sums over rows, biases, masks, and images put in another order."""

from paribus.train import native_rows as k
from paribus.train.native_blas import alone, copy, part
from paribus.train.native_compiled import compiled


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
