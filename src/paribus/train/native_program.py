"""From a network's layers to the rows of a program that compiled code runs; or the reason why it cannot."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from paribus.models import CountedDropout
from paribus.train import native_rows as k
from paribus.train.native_dense import BEYOND, TILE
from paribus.train.native_panels import MOST, panels_of, room, scratch
from paribus.train.native_planes import fills_registers
from paribus.train.native_table import Mask, Program, moved
from paribus.train.native_threads import FEW, PARTS
from paribus.train.native_tiles import ROWS, WIDE

# Floats of one convolution's patches at a time: they are written, multiplied and forgotten within a core's cache.
_PATCHES = 2**16
_ALIGN = 16  # floats: parameters start at whole cache lines
_SELU = 1.6732632423543772, 1.0507009873554805  # alpha and scale (Klambauer et al. 2017)
_DENSITY = 1 / math.sqrt(2 * math.pi)  # of the normal distribution at 0


class Unsupported(Exception):  # noqa: N818  an answer, not an error
    """Why a network, or a recipe, is not for the native path."""


@dataclass(slots=True)
class _Row:
    op: int
    takes: tuple[int, ...]
    gives: tuple[int, ...]
    module: nn.Module | None = None
    coefficients: tuple[float, float] = (0.0, 0.0)

    @property
    def spatial(self) -> bool:
        return len(self.takes) == 3

    @property
    def recalled(self) -> bool:
        """Whether the way back asks for what this layer made."""
        return k.LEAKY <= self.op < k.TOOK

    @property
    def recalls(self) -> bool:
        """Whether the way back asks for what this layer, a function of each number, took."""
        return self.op >= k.TOOK

    @property
    def overwrites(self) -> bool:
        """Whether its numbers may lie where those that it takes lay: each depends on the one in its place alone."""
        return self.recalled and self.op not in (k.SOFTMAX, k.LOG_SOFTMAX)


def lower(
    layers: Sequence[nn.Module],
    *,
    image_shape: tuple[int, int, int],
    batch: int,
    trained: int | None = None,
    tiles: bool = False,
    sparse: bool = False,
) -> Program:
    """Return the program of a stack for batches of up to `batch` images, `trained` where it is trained.

    With `tiles` convolutions are made by tiles, which need no patches of the images themselves; with `sparse` a first
    layer that is a Linear skips dark pixels.

    Raises:
        Unsupported: with the first layer that has no native form.
    """
    rows = _ordered(_rows(layers, image_shape))
    skips = sparse and rows[0].op == k.LINEAR and batch * math.prod(rows[0].takes) <= MOST
    return _Layout(rows, batch=batch, trained=trained or batch, tiles=tiles, sparse=skips).program()


def _rows(layers: Sequence[nn.Module], shape: tuple[int, ...]) -> list[_Row]:
    rows: list[_Row] = []
    for layer in layers:
        if isinstance(layer, nn.Identity) or (isinstance(layer, CountedDropout) and layer.p == 0):
            continue
        if isinstance(layer, nn.Flatten):
            if (layer.start_dim, layer.end_dim) != (1, -1):
                raise Unsupported("Flatten of some dimensions")
            if len(shape) == 3 and rows and shape[1] * shape[2] > 1 and shape[0] > 1:
                rows.append(_Row(k.TO_PLANES, shape, (math.prod(shape),)))
            shape = (math.prod(shape),)
            continue
        row = _row(layer, shape, first=not rows)
        shape = row.gives
        rows.append(row)
    if not any(row.module is not None and row.op in (k.LINEAR, k.CONV, k.CONV_FIRST) for row in rows):
        raise Unsupported("the network has no Linear or Conv2d")
    if rows[0].spatial and rows[0].op != k.CONV_FIRST and rows[0].takes[0] > 1:
        raise Unsupported(f"{type(rows[0].module).__name__} before the first convolution")
    return rows


def _row(layer: nn.Module, shape: tuple[int, ...], *, first: bool) -> _Row:
    if isinstance(layer, nn.Linear | nn.Conv2d) and not isinstance(layer.weight, nn.Parameter):
        raise Unsupported("weights that are computed from others")
    if isinstance(layer, nn.Linear):
        if shape != (layer.in_features,):
            raise Unsupported(f"Linear({layer.in_features}, ...) on {list(shape)}")
        return _Row(k.LINEAR, shape, (layer.out_features,), layer)
    if isinstance(layer, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d) and len(shape) != 3:
        raise Unsupported(f"{type(layer).__name__} on {list(shape)}")
    if isinstance(layer, nn.Conv2d):
        if layer.in_channels != shape[0]:
            raise Unsupported(f"Conv2d({layer.in_channels}, ...) on {list(shape)}")
        if layer.groups != 1 or layer.padding_mode != "zeros" or isinstance(_padding(layer), str):
            raise Unsupported("Conv2d with groups, with padding other than zeros, or with more of it on one side")
        return _Row(k.CONV_FIRST if first else k.CONV, shape, _windows(layer, shape, layer.out_channels), layer)
    if isinstance(layer, nn.MaxPool2d):
        if layer.return_indices:
            raise Unsupported("MaxPool2d with indices")
        if math.prod(_pair(layer.kernel_size)) > k.PLACES_AT_MOST:
            raise Unsupported(f"MaxPool2d with a window of more than {k.PLACES_AT_MOST:,} places")
        return _Row(k.MAX_POOL, shape, _pooled(layer, shape), layer)
    if isinstance(layer, nn.AvgPool2d):
        return _Row(k.AVG_POOL, shape, _pooled(layer, shape), layer)
    if isinstance(layer, CountedDropout):
        return _Row(k.MASK, shape, shape, layer)
    return _pointwise(layer, shape)


def _pointwise(layer: nn.Module, shape: tuple[int, ...]) -> _Row:
    op: tuple[int, tuple[float, float]] | None = None
    if isinstance(layer, nn.ReLU):
        op = k.RELU, (0.0, 0.0)
    elif isinstance(layer, nn.LeakyReLU) and layer.negative_slope > 0:
        op = k.LEAKY, (layer.negative_slope, 0.0)
    elif isinstance(layer, nn.Hardtanh):  # ReLU6 is one of them
        op = k.CLIP, (layer.min_val, layer.max_val)
    elif isinstance(layer, nn.Tanh):
        op = k.TANH, (0.0, 0.0)
    elif isinstance(layer, nn.Sigmoid):
        op = k.SIGMOID, (0.0, 0.0)
    elif isinstance(layer, nn.ELU) and layer.alpha > 0:
        op = k.ELU, (layer.alpha, 1.0)
    elif isinstance(layer, nn.SELU):
        op = k.ELU, _SELU
    elif isinstance(layer, nn.Softsign):
        op = k.SOFTSIGN, (0.0, 0.0)
    elif isinstance(layer, nn.Softplus) and layer.beta > 0:
        op = k.SOFTPLUS, (layer.beta, layer.threshold)
    elif isinstance(layer, nn.SiLU):
        op = k.SILU, (0.0, 0.0)
    elif isinstance(layer, nn.GELU):
        tanh = layer.approximate == "tanh"
        op = (k.GELU_TANH, (math.sqrt(2 / math.pi), 0.044715)) if tanh else (k.GELU, (math.sqrt(0.5), _DENSITY))
    elif isinstance(layer, nn.Mish):
        op = k.MISH, (0.0, 20.0)  # beyond 20 tanh(softplus(x)) is 1
    elif isinstance(layer, nn.Hardswish):
        op = k.HARDSWISH, (3.0, 6.0)
    elif isinstance(layer, nn.Softmax | nn.LogSoftmax) and layer.dim in (1, -1) and len(shape) == 1:
        op = k.SOFTMAX if isinstance(layer, nn.Softmax) else k.LOG_SOFTMAX, (0.0, 0.0)
    if op is None:
        raise Unsupported(f"{type(layer).__name__} has no native form")
    return _Row(op[0], shape, shape, layer, op[1])


def _ordered(rows: list[_Row]) -> list[_Row]:
    """Pool before ReLU: the same numbers and the same slopes, to the bit, of a quarter as many."""
    rows = list(rows)
    for at in range(len(rows) - 1):
        here, there = rows[at], rows[at + 1]
        if here.op == k.RELU and there.op == k.MAX_POOL and at > 0:
            moved = _Row(here.op, there.gives, there.gives, here.module, here.coefficients)
            rows[at], rows[at + 1] = there, moved
    return rows


def _pair(value: int | tuple[int, ...]) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (value[0], value[-1])


def _padding(layer: nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d) -> Any:
    """Return the padding in numbers, or its name where it is not the same on both sides."""
    if layer.padding == "valid":
        return 0
    if layer.padding == "same":
        assert isinstance(layer, nn.Conv2d)
        both = [step * (kernel - 1) for step, kernel in zip(layer.dilation, layer.kernel_size, strict=True)]
        return "same" if any(each % 2 for each in both) else tuple(each // 2 for each in both)
    return layer.padding


def _windows(layer: nn.Conv2d, shape: tuple[int, ...], planes: int) -> tuple[int, ...]:
    with torch.device("meta"):
        made = nn.functional.conv2d(
            torch.empty(1, *shape), torch.empty(layer.weight.shape), None, layer.stride, layer.padding, layer.dilation
        )
    return (planes, *made.shape[2:])


def _pooled(layer: nn.MaxPool2d | nn.AvgPool2d, shape: tuple[int, ...]) -> tuple[int, ...]:
    made = layer(torch.zeros(1, *shape))
    return tuple(made.shape[1:])


class _Layout:
    """Gives every row its places in the flat arrays."""

    def __init__(self, rows: list[_Row], *, batch: int, trained: int, tiles: bool, sparse: bool) -> None:
        self._rows, self._batch, self._trained, self._tiles, self._sparse = rows, batch, trained, tiles, sparse
        self._table = np.zeros((len(rows), k.COLUMNS), dtype=np.int64)
        self._parameters = self._filters = self._index = self._mask = 0
        self._lists = 1
        self._places: list[tuple[Tensor, int]] = []
        self._panels: list[int] = []
        self._masks: list[Mask] = []
        self._spatial = sum(row.spatial for row in rows)
        self._group = 1

    def program(self) -> Program:
        patches = [self._unfolded(row) for row in self._rows if isinstance(row.module, nn.Conv2d)]
        self._group = self._together(patches)
        acts, slopes, cols = [0, 0], [0, 0], self._scratch(patches)  # of a batch, and of each thread, which come after
        weighted = [at for at, row in enumerate(self._rows) if isinstance(row.module, nn.Linear | nn.Conv2d)]
        for at, row in enumerate(self._rows):
            line = self._table[at]
            line[k.OP], line[k.IN], line[k.OUT] = row.op, math.prod(row.takes), math.prod(row.gives)
            before = self._table[at - 1] if at else None
            line[[k.FROM, k.FROM_STEP]] = (k.INPUT, line[k.IN]) if before is None else before[[k.ACT, k.ACT_STEP]]
            if before is not None and self._in_place(at):
                line[[k.ACT, k.ACT_STEP]] = before[[k.ACT, k.ACT_STEP]]
            else:
                kept = self._kept(at)
                line[k.ACT], line[k.ACT_STEP] = acts[not kept], line[k.OUT] * kept
                acts[not kept] += (self._batch if kept else self._group) * _aligned(line[k.OUT])
            # A spatial layer's slopes are used up within its group, but for the last one's, which a batch fills.
            whole = at >= self._spatial - 1
            line[k.SLOPE], line[k.SLOPE_STEP] = slopes[not whole], line[k.OUT] * whole
            slopes[not whole] += (self._batch if whole else self._group) * _aligned(line[k.OUT])
            if before is not None:
                line[[k.SLOPE_FROM, k.SLOPE_FROM_STEP]] = before[[k.SLOPE, k.SLOPE_STEP]]
            line[k.NEEDS_SLOPE] = at > weighted[0]
            line[k.WEIGHT] = line[k.BIAS] = -1
            self._fill(line, row)
            self._filters = self._parameters if row.spatial else self._filters
            if row.op == k.CONV_FIRST:  # a place for what is made beyond an image's last window
                line[k.EXTRA] = acts[1]
                acts[1] += _aligned(line[k.OUT_CHANNELS] + WIDE)
            if more := self._beside(line):  # a place in scratch of its own
                line[k.EXTRA], cols = cols, cols + more
        return Program(
            rows=moved(self._table, acts=acts[0], slopes=slopes[0]),
            coefficients=np.array([row.coefficients for row in self._rows], dtype=np.float64),
            spatial=self._spatial,
            group=self._group,
            places=tuple(self._places),
            panels=tuple(self._panels),
            masks=tuple(self._masks),
            parameters=self._parameters + BEYOND,
            acts=acts[0] + PARTS * acts[1] + BEYOND,
            slopes=slopes[0] + PARTS * slopes[1] + BEYOND,
            own_acts=acts[1],
            own_slopes=slopes[1],
            filters=self._filters,
            cols=cols,
            lists=self._lists,
            index=max(1, self._index),
            masks_width=self._mask,
        )

    def _beside(self, line: npt.NDArray[np.int64]) -> int:
        """Return the scratch that a layer has for itself: for filters, turned, or the values of lists of pixels."""
        if line[k.PANELS]:
            self._lists, floats = scratch(int(line[k.IN]), self._batch)
            return floats
        if self._tiles and line[k.OP] == k.CONV and fills_registers(line):
            return int(line[[k.OUT_CHANNELS, k.CHANNELS, k.KERNEL_Y, k.KERNEL_X]].prod())
        return 0

    def _together(self, patches: list[int]) -> int:
        """Return how many images the first layers see at a time: a part of a batch has whole groups of them."""
        largest = max([*patches, *(math.prod(row.gives) for row in self._rows[: self._spatial]), 1])
        most = max(1, min(self._batch, _PATCHES // largest, FEW)) if self._spatial else 1
        return 1 << (most.bit_length() - 1)

    def _scratch(self, patches: list[int]) -> int:
        """Return the numbers that layers write aside, one after the other in the same place."""
        framed = [self._framed(row) for row in self._rows if isinstance(row.module, nn.Conv2d)]
        dense = self._rows[1:] if self._sparse else self._rows
        widest = [self._linear_scratch(row.module) for row in dense if isinstance(row.module, nn.Linear)]
        beside = TILE + WIDE + max(framed, default=0)
        return max(k.AT_ONCE, self._group * max(patches, default=0) + beside, *widest) + BEYOND

    def _in_place(self, at: int) -> bool:
        """Tell whether a layer's numbers may lie where those that it takes lay: nobody needs these again."""
        return self._rows[at].overwrites and not self._rows[at - 1].recalled and at != self._spatial

    def _kept(self, at: int) -> bool:
        """Tell whether what a layer makes, in place or not, is needed again: all images of a batch are kept then."""
        after = at + 1
        if after < len(self._rows) and self._in_place(after):
            return True
        if at >= self._spatial - 1 or self._rows[at].recalled:
            return True
        return self._rows[after].recalls or self._rows[after].op <= k.CONV_FIRST

    def _unfolded(self, row: _Row) -> int:
        """Return the numbers of an image's patches; there are none where tiles read the image itself."""
        assert isinstance(row.module, nn.Conv2d)
        if self._tiles and row.op == k.CONV_FIRST and _pair(row.module.stride) == (1, 1):
            return 0
        return math.prod(row.gives[1:]) * math.prod(row.module.weight.shape[1:])

    def _framed(self, row: _Row) -> int:
        """Return the numbers that an image with its padding takes; of a first one, slopes of all its places, too."""
        assert isinstance(row.module, nn.Conv2d)
        down, across = _pair(_padding(row.module))
        channels, height, width = row.takes
        planes = row.gives[0] if row.op == k.CONV_FIRST else 0
        return (channels + planes) * (height + 2 * down) * (width + 2 * across)

    def _linear_scratch(self, layer: nn.Linear) -> int:
        """Return the numbers that tiles need: images in panels, or a panel of weights, and some rows of results."""
        size = layer.in_features + WIDE
        return max(self._trained * size, WIDE * (layer.out_features + size)) + ROWS * size + TILE

    def _fill(self, line: npt.NDArray[np.int64], row: _Row) -> None:
        module = row.module
        if row.spatial:
            line[[k.CHANNELS, k.HEIGHT, k.WIDTH]] = row.takes
            if len(row.gives) == 3:
                line[[k.OUT_CHANNELS, k.OUT_HEIGHT, k.OUT_WIDTH]] = row.gives
        if isinstance(module, nn.Linear | nn.Conv2d):
            if self._sparse and row is self._rows[0]:
                line[k.PANELS] = panels_of(int(line[k.OUT]))
                line[k.WEIGHT] = self._place(module.weight, room(int(line[k.IN]), int(line[k.OUT])))
                self._panels.append(int(line[k.WEIGHT]))
            else:
                line[k.WEIGHT] = self._place(module.weight, module.weight.numel())
            if module.bias is not None:
                line[k.BIAS] = self._place(module.bias, module.bias.numel())
        if isinstance(module, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
            line[[k.KERNEL_Y, k.KERNEL_X]] = _pair(module.kernel_size)
            line[[k.STRIDE_Y, k.STRIDE_X]] = _pair(module.stride)
            line[[k.PAD_Y, k.PAD_X]] = _pair(_padding(module))
            line[[k.STEP_Y, k.STEP_X]] = (1, 1) if isinstance(module, nn.AvgPool2d) else _pair(module.dilation)
        if isinstance(module, nn.AvgPool2d):
            if module.divisor_override is not None:
                raise Unsupported("AvgPool2d with a divisor of its own")
            line[k.EXTRA] = int(module.count_include_pad)
        if isinstance(module, nn.MaxPool2d):
            line[k.EXTRA], self._index = self._index, self._index + self._batch * int(line[k.OUT])
        if isinstance(module, CountedDropout):
            line[k.CHANNELS] = width = row.takes[0] if module.channels else 0
            width = width or int(line[k.OUT])
            line[k.EXTRA] = self._mask
            self._masks.append(Mask(module, row.takes, width, self._mask))
            self._mask += self._trained * width

    def _place(self, parameter: Tensor, count: int) -> int:
        place, self._parameters = self._parameters, self._parameters + _aligned(count)
        self._places.append((parameter, place))
        return place


def _aligned(count: int) -> int:
    return -(-int(count) // _ALIGN) * _ALIGN
