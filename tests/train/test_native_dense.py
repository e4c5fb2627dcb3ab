"""Tiles of Linear layers against NumPy, with numbers around every array that must stay as they are."""

import numpy as np
import pytest
from guarded import Guarded
from hypothesis import given, settings
from hypothesis import strategies as st

from paribus.train import native_dense
from paribus.train import native_rows as k


def _scratch(made, size, count):
    """Scratch as large as the program asks for, and not more."""
    wide = native_dense.WIDE
    row = size + wide
    return np.full(max(count * row, wide * (made + row)) + native_dense.ROWS * row + native_dense.TILE, np.nan)


sizes = {
    "made": st.integers(1, 40),
    "size": st.integers(1, 90),
    "count": st.integers(1, 75),
    "seed": st.integers(0, 99),
}


@settings(max_examples=60, deadline=None)
@given(**sizes)
def test_forward_and_back_are_numpys_products(made, size, count, seed):
    draw = np.random.default_rng(seed)
    weights, bias, images = draw.normal(size=(made, size)), draw.normal(size=made), draw.normal(size=(count, size))
    theta = np.concatenate([weights.reshape(-1), bias])
    source, goal = Guarded(images), Guarded(np.zeros((count, made)))
    native_dense.forward(
        theta, np.int64(0), np.int64(weights.size), np.int64(made), np.int64(0), np.int64(made), np.int64(size),
        np.int64(count), source.whole, source.place, goal.whole, goal.place,
    )  # fmt: skip
    np.testing.assert_allclose(goal.values, images @ weights.T + bias, atol=1e-12)
    given_slopes = draw.normal(size=(count, made))
    slopes = Guarded(np.concatenate([given_slopes.reshape(-1), np.zeros(count * size)]))
    native_dense.back(
        theta, np.int64(0), np.int64(made), np.int64(size), np.int64(count),
        slopes.whole, slopes.place, slopes.place + given_slopes.size, _scratch(made, size, count),
    )  # fmt: skip
    found = slopes.values[given_slopes.size :].reshape(count, size)
    np.testing.assert_allclose(found, given_slopes @ weights, atol=1e-12)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@settings(max_examples=40, deadline=None)
@given(**sizes, decay=st.sampled_from([0.0, 0.1]))
def test_weights_fall_along_numpys_gradient(momentum, made, size, count, seed, decay):
    draw = np.random.default_rng(seed)
    weights, moments = draw.normal(size=(made, size)), draw.normal(size=(made, size))
    images, slopes = draw.normal(size=(count, size)), draw.normal(size=(count, made))
    theta, first = Guarded(weights), Guarded(moments)
    source, given_slopes = Guarded(images), Guarded(slopes)
    rule = np.array([momentum, decay, 0.9, 0.999, 1e-8])
    native_dense.change(
        k.SGD, rule, 0.05, 1, theta.whole, theta.place, first.whole, first.whole, np.int64(made), np.int64(0),
        np.int64(made), np.int64(size), np.int64(count), given_slopes.whole, given_slopes.place,
        source.whole, source.place, _scratch(made, size, count),
    )  # fmt: skip
    moved = momentum * moments + slopes.T @ images + decay * weights
    np.testing.assert_allclose(theta.values, weights - 0.05 * moved, atol=1e-11)
    np.testing.assert_allclose(first.values, moved if momentum else moments, atol=1e-11)
