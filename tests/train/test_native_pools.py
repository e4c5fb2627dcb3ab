"""Pooling by compiled code against torch's, with marks around what is written."""

import numpy as np
import torch
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from torch.nn.functional import max_pool2d

from paribus.train import native_rows as k
from paribus.train.native_pools import max_pool, max_pool_back

GUARD, MARK = 64, 12345.0


@settings(max_examples=150, deadline=None)
@given(
    channels=st.integers(1, 70),
    size=st.tuples(st.integers(1, 11), st.integers(1, 11)),
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    padded=st.booleans(),
    numbers=st.sampled_from((np.float32, np.float64)),
    some_nan=st.booleans(),
    seed=st.integers(0, 99),
)
@example(6, (28, 28), (2, 2), (2, 2), False, np.float32, False, 0)
@example(24, (24, 24), (2, 2), (2, 2), False, np.float32, True, 0)
@example(63, (7, 5), (2, 2), (2, 2), False, np.float64, True, 0)
def test_largest_numbers_and_their_slopes_are_torchs(channels, size, kernel, stride, padded, numbers, some_nan, seed):
    padding = tuple(each // 2 for each in kernel) if padded else (0, 0)
    assume(all(n + 2 * pad >= each for n, pad, each in zip(size, padding, kernel, strict=True)))
    draw = np.random.default_rng(seed)
    values = draw.integers(0, 9, size=(1, channels, *size)).astype(numbers)  # many are equal: the first one counts
    values[draw.random(values.shape) < 0.02 * some_nan] = np.nan
    images = torch.tensor(values, requires_grad=True)
    expected = max_pool2d(images, kernel, stride, padding)
    slopes = draw.normal(size=tuple(expected.shape)).astype(numbers)
    (expected * torch.tensor(slopes)).sum().backward()
    line = np.zeros(k.COLUMNS, dtype=np.int64)
    line[[k.CHANNELS, k.HEIGHT, k.WIDTH]] = channels, *size
    line[[k.KERNEL_Y, k.KERNEL_X, k.STRIDE_Y, k.STRIDE_X]] = *kernel, *stride
    line[[k.PAD_Y, k.PAD_X, k.STEP_Y, k.STEP_X]] = *padding, 1, 1
    line[[k.OUT_HEIGHT, k.OUT_WIDTH]] = expected.shape[2:]
    taken, made = values.size, slopes.size
    line[[k.IN, k.OUT]] = taken, made

    goal, places = np.full(made + 2 * GUARD, MARK, dtype=numbers), np.full(made + 2 * GUARD, 99, dtype=np.int16)
    zero, start = np.int64(0), np.int64(GUARD)
    max_pool(line, _last(values), zero, goal, start, places, start)
    inside = slice(GUARD, GUARD + made)
    np.testing.assert_array_equal(goal[inside], _last(expected.detach().numpy()))
    for each, mark in ((goal, MARK), (places, 99)):
        assert np.all(np.delete(each, np.arange(GUARD, GUARD + made)) == mark)

    both = np.concatenate([_last(slopes), np.full(2 * GUARD + taken, MARK, dtype=numbers)])
    max_pool_back(line, both, zero, np.int64(made + GUARD), places, start)
    found = both[made + GUARD : made + GUARD + taken]
    np.testing.assert_allclose(found, _last(images.grad.numpy()), rtol=1e-5, atol=1e-6)
    assert np.all(both[made : made + GUARD] == MARK)
    assert np.all(both[made + GUARD + taken :] == MARK)


def _last(values):
    """Return numbers [1, C, H, W] in the order [H, W, C]."""
    return np.ascontiguousarray(values.transpose(0, 2, 3, 1)).reshape(-1)
