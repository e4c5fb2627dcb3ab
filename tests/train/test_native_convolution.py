"""Filters that slide over images against torch's convolution, with marks around what is written."""

import numpy as np
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.nn.functional import conv2d

from paribus.train import native_rows as k
from paribus.train.native_convolution import convolve_back, gradient_near, is_near, slide, slide_back
from paribus.train.native_dense import BEYOND, TILE
from paribus.train.native_planes import convolve, fills_registers
from paribus.train.native_tiles import LANES, WIDE

GUARD, MARK = 64, 12345.0
WINDOWS = {
    "size": st.tuples(st.integers(1, 12), st.integers(1, 12)),
    "kernel": st.tuples(st.integers(1, 5), st.integers(1, 5)),
    "padding": st.tuples(st.integers(0, 2), st.integers(0, 2)),
    "stride": st.tuples(st.integers(1, 3), st.integers(1, 3)),
    "step_y": st.integers(1, 2),
}


def _line(channels, height, width, *, planes, kernel, padding, stride=(1, 1), step_y=1):
    line = np.zeros(k.COLUMNS, dtype=np.int64)
    line[[k.CHANNELS, k.HEIGHT, k.WIDTH, k.OUT_CHANNELS]] = channels, height, width, planes
    line[[k.KERNEL_Y, k.KERNEL_X, k.PAD_Y, k.PAD_X]] = *kernel, *padding
    line[[k.STRIDE_Y, k.STRIDE_X, k.STEP_Y, k.STEP_X]] = *stride, step_y, 1
    spans = (step_y * (kernel[0] - 1) + 1, kernel[1])
    high, across = (
        (n + 2 * pad - span) // jump + 1
        for n, pad, span, jump in zip((height, width), padding, spans, stride, strict=True)
    )
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


@settings(max_examples=80, deadline=None)
@given(
    channels=st.integers(1, 40),
    **WINDOWS,
    planes=st.integers(1, 40),
    count=st.integers(1, 5),
    numbers=st.sampled_from((np.float32, np.float64)),
    seed=st.integers(0, 99),
)
def test_slopes_and_gradient_of_later_convolutions_are_torchs(
    *, channels, size, kernel, padding, stride, step_y, planes, count, numbers, seed
):
    line = _line(channels, *size, planes=planes, kernel=kernel, padding=padding, stride=stride, step_y=step_y)
    spots, depth = int(line[k.OUT_HEIGHT] * line[k.OUT_WIDTH]), channels * kernel[0] * kernel[1]
    assume(line[k.OUT_HEIGHT] > 0)
    assume(line[k.OUT_WIDTH] > 0)
    draw = np.random.default_rng(seed)
    images = torch.tensor(draw.normal(size=(count, channels, *size)), requires_grad=True)
    weights = torch.tensor(draw.normal(size=(planes, channels, *kernel)), requires_grad=True)
    made = conv2d(images, weights, None, stride=stride, padding=padding, dilation=(step_y, 1))
    given = draw.normal(size=tuple(made.shape))
    (made * torch.tensor(given)).sum().backward()
    outputs, taken = count * spots * planes, count * int(line[k.IN])
    nothing, atol = np.full(WIDE, np.nan, dtype=numbers), 1e-10 if numbers == np.float64 else 1e-3
    laid = np.concatenate([_last(given), np.full(2 * GUARD + taken, MARK)]).astype(numbers)
    framed = channels * (size[0] + 2 * padding[0]) * (size[1] + 2 * padding[1])
    room = count * spots * depth + TILE + WIDE + framed + BEYOND  # as native_program lays it out
    cols = np.full(room + GUARD, np.nan, dtype=numbers)
    cols[room:] = MARK

    theta = np.concatenate([_last(weights.detach().numpy()).astype(numbers), nothing])
    line[k.WEIGHT] = 0
    begin, end = outputs + GUARD, outputs + GUARD + taken
    convolve_back(line, theta, np.int64(count), laid, np.int64(0), np.int64(begin), cols)
    assert np.all(laid[outputs:begin] == MARK)
    assert np.all(laid[end:] == MARK)
    assert np.all(cols[room:] == MARK)
    np.testing.assert_allclose(laid[begin:end], _last(images.grad.numpy()), atol=atol)

    grad = np.full(weights.numel() + 2 * GUARD, MARK, dtype=numbers)
    grad[GUARD : GUARD + weights.numel()] = 1
    line[k.WEIGHT], cols[:room] = GUARD, np.nan
    source = np.concatenate([_last(images.detach().numpy()).astype(numbers), nothing])
    gradient_near(line, grad, np.int64(count), source, np.int64(0), laid, np.int64(0), cols)
    assert np.all(np.delete(grad, np.arange(GUARD, GUARD + weights.numel())) == MARK)
    assert np.all(cols[room:] == MARK)
    found = grad[GUARD : GUARD + weights.numel()]
    np.testing.assert_allclose(found, 1 + _last(weights.grad.numpy()), atol=atol)


@settings(max_examples=80, deadline=None)
@given(
    channels=st.integers(1, 20),
    **WINDOWS,
    registers=st.integers(1, 3),
    count=st.integers(1, 3),
    biased=st.booleans(),
    numbers=st.sampled_from((np.float32, np.float64)),
    seed=st.integers(0, 99),
)
def test_planes_that_fill_registers_are_torchs(
    *, channels, size, kernel, padding, stride, step_y, registers, count, biased, numbers, seed
):
    planes = registers * LANES
    line = _line(channels, *size, planes=planes, kernel=kernel, padding=padding, stride=stride, step_y=step_y)
    assume((line[[k.OUT_HEIGHT, k.OUT_WIDTH]] > 0).all())
    assume(fills_registers(line))
    draw = np.random.default_rng(seed)
    filters, bias = draw.normal(size=(planes, channels, *kernel)), draw.normal(size=planes) * biased
    images = draw.normal(size=(2 * count, channels, *size))
    expected = conv2d(
        *(torch.tensor(each) for each in (images, filters, bias)), stride=stride, padding=padding, dilation=(step_y, 1)
    )
    taken, made = int(line[k.IN]), int(line[k.OUT])
    line[k.BIAS] = filters.size if biased else -1
    line[k.EXTRA] = framed = channels * (size[0] + 2 * padding[0]) * (size[1] + 2 * padding[1])
    cols = np.full(framed + filters.size + GUARD, MARK, dtype=numbers)
    cols[: framed + filters.size] = np.nan
    goal = np.full(2 * count * made + 2 * GUARD, MARK, dtype=numbers)
    theta = np.concatenate([_last(filters), bias]).astype(numbers)
    source = _last(images).astype(numbers)
    for first in (0, count):  # a batch comes in parts
        at, to = np.int64(first * taken), np.int64(GUARD + first * made)
        convolve(line, theta, np.int64(first), np.int64(count), source, at, goal, to, cols)
        cols[:framed] = np.nan  # what came between has used it
    assert np.all(cols[framed + filters.size :] == MARK)
    assert np.all(goal[:GUARD] == MARK)
    assert np.all(goal[-GUARD:] == MARK)
    atol = 1e-11 if numbers == np.float64 else 1e-4
    np.testing.assert_allclose(goal[GUARD:-GUARD], _last(expected.numpy()), atol=atol)


def test_planes_that_leave_lanes_empty_are_not_taken_by_registers():
    assert fills_registers(_line(3, 6, 6, planes=2 * LANES, kernel=(3, 3), padding=(0, 0)))
    assert not fills_registers(_line(3, 6, 6, planes=LANES - 1, kernel=(3, 3), padding=(0, 0)))
    assert not fills_registers(_line(3, 4, 4, planes=LANES, kernel=(3, 3), padding=(0, 0)))


def test_a_gradient_is_taken_without_patches_where_windows_fill_registers():
    line = _line(LANES, 6, 6, planes=4, kernel=(3, 3), padding=(0, 0))
    assert is_near(line)
    line[k.STEP_X] = 2
    assert not is_near(line)
    assert not is_near(_line(1, 6, 6, planes=4, kernel=(3, 3), padding=(0, 0)))


def _last(values):
    """Return numbers [N, C, H, W] in the order [N, H, W, C]."""
    return np.ascontiguousarray(values.transpose(0, 2, 3, 1)).reshape(-1)
