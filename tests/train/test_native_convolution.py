"""Filters that slide over images against torch's convolution, with marks around what is written."""

import numpy as np
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.nn.functional import conv2d

from paribus.train import native_rows as k
from paribus.train.native_convolution import slide, slide_back
from paribus.train.native_dense import BEYOND, TILE
from paribus.train.native_tiles import WIDE

GUARD, MARK = 64, 12345.0


def _line(channels, height, width, *, planes, kernel, padding):
    line = np.zeros(k.COLUMNS, dtype=np.int64)
    line[[k.CHANNELS, k.HEIGHT, k.WIDTH, k.OUT_CHANNELS]] = channels, height, width, planes
    line[[k.KERNEL_Y, k.KERNEL_X, k.PAD_Y, k.PAD_X]] = *kernel, *padding
    line[[k.STRIDE_Y, k.STRIDE_X, k.STEP_Y, k.STEP_X]] = 1
    high, across = (n + 2 * pad - size + 1 for n, pad, size in zip((height, width), padding, kernel, strict=True))
    line[[k.OUT_HEIGHT, k.OUT_WIDTH]] = high, across
    line[[k.IN, k.OUT]] = channels * height * width, high * across * planes
    return line


@settings(max_examples=80, deadline=None)
@given(
    channels=st.integers(1, 4),
    size=st.tuples(st.integers(1, 17), st.integers(1, 17)),
    kernel=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    padding=st.tuples(st.integers(0, 2), st.integers(0, 2)),
    planes=st.integers(1, 70),
    count=st.integers(1, 3),
    biased=st.booleans(),
    seed=st.integers(0, 99),
)
def test_sliding_filters_and_their_gradient_are_torchs(channels, size, kernel, padding, planes, count, biased, seed):
    assume(all(n + 2 * pad >= each for n, pad, each in zip(size, padding, kernel, strict=True)))
    draw = np.random.default_rng(seed)
    line = _line(channels, *size, planes=planes, kernel=kernel, padding=padding)
    filters, bias = draw.normal(size=(planes, channels, *kernel)), draw.normal(size=planes) * biased
    images = draw.normal(size=(count, channels, *size))
    weights = torch.tensor(filters, requires_grad=True)
    expected = conv2d(torch.tensor(images), weights, torch.tensor(bias), padding=padding)
    framed = (channels + planes) * (size[0] + 2 * padding[0]) * (size[1] + 2 * padding[1])
    cols = np.full(framed + 2 * BEYOND + TILE + WIDE, np.nan)

    line[k.WEIGHT], line[k.BIAS] = 0, filters.size if biased else -1
    made = count * int(line[k.OUT])
    goal = np.full(made + 2 * GUARD + planes + WIDE, MARK)
    line[k.EXTRA] = made + 2 * GUARD  # where what nobody needs may be written
    theta = np.concatenate([filters.reshape(-1), bias, np.full(WIDE, np.nan)])
    slide(line, theta, np.int64(count), images.reshape(-1), np.int64(0), goal, np.int64(GUARD), cols)
    assert np.all(goal[:GUARD] == MARK)
    assert np.all(goal[GUARD + made : line[k.EXTRA]] == MARK)
    found = goal[GUARD : GUARD + made].reshape(count, line[k.OUT_HEIGHT], line[k.OUT_WIDTH], planes)
    np.testing.assert_allclose(found, expected.detach().numpy().transpose(0, 2, 3, 1), atol=1e-11)

    slopes = draw.normal(size=tuple(expected.shape))
    (expected * torch.tensor(slopes)).sum().backward()
    grad = np.full(filters.size + 2 * GUARD, MARK)
    line[k.WEIGHT] = GUARD
    grad[GUARD : GUARD + filters.size] = 1
    laid = np.ascontiguousarray(slopes.transpose(0, 2, 3, 1)).reshape(-1)
    cols[:] = np.nan
    slide_back(line, grad, np.int64(count), images.reshape(-1), np.int64(0), laid, np.int64(0), cols)
    assert np.all(np.delete(grad, np.arange(GUARD, GUARD + filters.size)) == MARK)
    found = grad[GUARD : GUARD + filters.size].reshape(filters.shape)
    np.testing.assert_allclose(found, 1 + weights.grad.numpy(), atol=1e-10)
