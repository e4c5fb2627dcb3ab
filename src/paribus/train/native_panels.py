"""The first Linear layer's weights in panels, for native_sparse: how much room they take, and there and back."""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from paribus.train.native_pointwise import clear
from paribus.train.native_sparse import AT_ONCE, places, totals
from paribus.train.native_sparse_tiles import PANEL

MOST = 2**31 - 1  # numbers of a batch's images: places in their lists are int32


def panels_of(made: int) -> int:
    """Return how many panels so many features have."""
    return -(-made // PANEL)


def room(size: int, made: int) -> int:
    """Return the numbers that weights [made, size] take in panels, with totals and `dark`."""
    return panels_of(made) * PANEL * (size + 1) + size


def scratch(size: int, batch: int) -> tuple[int, int]:
    """Return the room that a batch's lists need: so many whole numbers, and so many floats."""
    pairs = -(-batch // 2)
    numbers = pairs * size + (batch + 2) * size + pairs + 1
    return numbers, 2 * pairs * size + (batch + 1) * size + 2 * PANEL * (batch + 1 + AT_ONCE)


def put(flat: npt.NDArray[np.floating], place: int, weight: Tensor) -> None:
    """Write weights [made, size] as panels."""
    made, size = weight.shape
    whole = torch.zeros(panels_of(made) * PANEL, size, dtype=weight.dtype)
    whole[:made] = weight
    _panels(flat, place, made, size).copy_(whole.view(-1, PANEL, size))


def taken(flat: npt.NDArray[np.floating], place: int, weight: Tensor) -> Tensor:
    """Return the weights that `put` wrote, or what has become of them: like `weight`, a fresh tensor."""
    made, size = weight.shape
    return _panels(flat, place, made, size).reshape(-1, size)[:made].clone()


def _panels(flat: npt.NDArray[np.floating], place: int, made: int, size: int) -> Tensor:
    count = panels_of(made)
    return torch.from_numpy(flat)[place : place + count * size * PANEL].view(count, size, PANEL).permute(0, 2, 1)


def begin(flat: npt.NDArray[np.floating], place: int, weight: Tensor, dark: npt.NDArray[np.floating]) -> None:
    """Write weights as panels, `dark`, and the totals."""
    made, size = weight.shape
    put(flat, place, weight)
    flat[place + room(size, made) - size : place + room(size, made)] = dark
    weights, sums, darkness = places(place, size, panels_of(made))
    clear(flat, sums, panels_of(made) * PANEL)
    for panel in range(panels_of(made)):
        totals(flat, weights + panel * size * PANEL, darkness, sums + panel * PANEL, np.int64(size))
