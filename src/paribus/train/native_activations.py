"""Activation functions, there and back; those that sum over a row, too.

A number that is written down would be of another type than the network's: 1 is handed on, and others made of it.
"""

import math

from paribus.train import native_rows as k
from paribus.train.native_blas import alone, part
from paribus.train.native_compiled import compiled
from paribus.train.native_functions import erf, exp, expm1


@compiled
def _tanh(x, one):
    """Return tanh, by e^(-2|x|) - 1, which keeps the digits of small numbers."""
    less = expm1(-(one + one) * abs(x))
    made = -less / (less + (one + one))
    return -made if x < 0 else made


@compiled
def _sigmoid(x, one):
    return one / (one + exp(-x))


@compiled
def _normal(x, one, root):
    """Return the standard normal distribution function; `root` is the square root of 1/2."""
    return (one + erf(x * root)) / (one + one)


@compiled
def _softened(x, one, high):
    """Return tanh(softplus(x)); beyond `high` it is 1."""
    e = exp(high if x > high else x)  # noqa: FURB136  what is not a number stays so
    more = e * (e + (one + one))
    return more / (more + (one + one))


@compiled
def pointwise(op, low, high, acts, at, size):
    """Apply a function to each number where it lies; `low` and `high` are the function's two numbers.

    With the same place for both in two arrays the compiler would see an overlap, and not widen the loop.
    """
    alone()
    zero, one = acts.dtype.type(0), acts.dtype.type(1)
    goal = part(acts, at)
    if op == k.RELU:
        for j in range(size):
            value = goal[j]
            goal[j] = zero if value <= 0 else value
    elif op == k.LEAKY:
        for j in range(size):
            value = goal[j]
            goal[j] = value * low if value <= 0 else value
    elif op == k.CLIP:
        for j in range(size):
            value = goal[j]
            value = low if value < low else value  # noqa: FURB136  what is not a number stays so
            goal[j] = high if value > high else value  # noqa: FURB136
    elif op == k.TANH:
        for j in range(size):
            goal[j] = _tanh(goal[j], one)
    elif op == k.SIGMOID:
        for j in range(size):
            goal[j] = _sigmoid(goal[j], one)
    elif op == k.ELU:
        for j in range(size):
            value = goal[j]
            goal[j] = value * high if not value <= 0 else low * high * expm1(value)
    elif op == k.SOFTSIGN:
        for j in range(size):
            value = goal[j]
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
def soft(op, low, high, acts, at, size):
    """Apply a function from `k.TOOK` on, as `pointwise` does."""
    alone()
    zero, one = acts.dtype.type(0), acts.dtype.type(1)
    goal = part(acts, at)
    if op == k.SOFTPLUS:
        for j in range(size):
            value = goal[j]
            goal[j] = value if value * low > high else math.log1p(exp(value * low)) / low
    elif op == k.SILU:
        for j in range(size):
            value = goal[j]
            goal[j] = value * _sigmoid(value, one)
    elif op == k.GELU:
        for j in range(size):
            value = goal[j]
            goal[j] = value * _normal(value, one, low)
    elif op == k.GELU_TANH:
        for j in range(size):
            value = goal[j]
            goal[j] = value * (one + _tanh(low * (value + high * value * value * value), one)) / (one + one)
    elif op == k.MISH:
        for j in range(size):
            value = goal[j]
            goal[j] = value * _softened(value, one, high)
    elif op == k.HARDSWISH:
        for j in range(size):
            value = goal[j]
            share = (value + low) / high
            share = zero if share < 0 else share
            goal[j] = value * (one if share > 1 else share)


@compiled
def soft_back(op, low, high, took, at, slopes, start, to, size):
    """From slopes of what a function from `k.TOOK` on made, and what it took, to the slopes of what it took."""
    alone()
    zero, one = took.dtype.type(0), took.dtype.type(1)
    took, given, goal = part(took, at), part(slopes, start), part(slopes, to)
    if op == k.SOFTPLUS:
        for j in range(size):
            value = took[j]
            goal[j] = given[j] if value * low > high else given[j] * _sigmoid(value * low, one)
    elif op == k.SILU:
        for j in range(size):
            share = _sigmoid(took[j], one)
            goal[j] = given[j] * share * (one + took[j] * (one - share))
    elif op == k.GELU:
        for j in range(size):
            value = took[j]
            density = high * exp(-value * value * low * low)
            goal[j] = given[j] * (_normal(value, one, low) + value * density)
    elif op == k.GELU_TANH:
        for j in range(size):
            value = took[j]
            made = _tanh(low * (value + high * value * value * value), one)
            inner = low * (one + (one + one + one) * high * value * value)
            goal[j] = given[j] * (one + made + value * (one - made * made) * inner) / (one + one)
    elif op == k.MISH:
        for j in range(size):
            value = took[j]
            made = _softened(value, one, high)
            goal[j] = given[j] * (made + value * (one - made * made) * _sigmoid(value, one))
    elif op == k.HARDSWISH:
        for j in range(size):
            value = took[j]
            slope = (value + value + low) / high
            goal[j] = given[j] * (zero if value <= -low else one if value >= low else slope)


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
            goal[end + j] = exp(source[start + j] - top)
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
                slopes[g + j] = slopes[s + j] - exp(made[y + j]) * total
            else:
                slopes[g + j] = (slopes[s + j] - total) * made[y + j]
