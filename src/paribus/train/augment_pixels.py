"""Transforms of pixels, a batch at a time: what was drawn goes in, nothing is drawn here.

Flips, crops and turns to the nearest pixel keep the type, interpolation gives the type that the network takes, in 0 to
255 and not rounded. All results are functions of one image alone, to the bit: sums and products are plain ones.
"""

import functools

import torch
from torch import Tensor
from torch.nn import functional


def flipped(images: Tensor, which: Tensor, *, dim: int) -> Tensor:
    """Return images [B, C, H, W], those of `which` (bool [B]) mirrored along a dimension."""
    both = torch.cat((images, images.flip(dim)))
    return both.index_select(0, torch.arange(len(images), device=images.device) + which * len(images))


def cropped(images: Tensor, corners: Tensor, *, padding: tuple[int, int, int, int]) -> Tensor:
    """Return pieces [B, C, H, W] of bordered images.

    Args:
        images: [B, C, H, W].
        corners: int64 [B, 2]: top, left within the bordered image.
        padding: left, top, right, bottom, in black pixels.
    """
    batch, channels, height, width = images.shape
    left, top, right, bottom = padding
    bordered = functional.pad(images, (left, right, top, bottom))
    rows, columns = height + top + bottom, width + left + right
    # A row of the result is `width` numbers of the border's memory, from any place on: copied in one piece.
    windows = bordered.as_strided((bordered.numel() - width + 1, width), (1, 1))
    planes = torch.arange(batch * channels, device=images.device).view(batch, channels, 1) * rows
    row = planes + corners[:, 0].view(-1, 1, 1) + torch.arange(height, device=images.device)
    start = row * columns + corners[:, 1].view(-1, 1, 1)
    return windows.index_select(0, start.flatten()).view(images.shape)


def resized_crops(images: Tensor, boxes: Tensor, *, dtype: torch.dtype) -> Tensor:
    """Return pieces of images scaled to the size of the images, bilinearly, [B, C, H, W].

    Args:
        images: [B, C, H, W].
        boxes: int64 [B, 4]: top, left, height, width of each piece.
        dtype: of the result.
    """
    batch, channels, height, width = images.shape
    top, left, down, across = boxes.unbind(1)
    low, high, share = (each[down] for each in _taps(height, dtype=dtype, device=images.device))  # [B, H]
    first = torch.arange(batch * channels, device=images.device).view(batch, channels, 1) * height
    rows = images.reshape(-1, width)
    upper, lower = (
        rows.index_select(0, (first + (top[:, None] + each)[:, None]).flatten()).to(dtype) for each in (low, high)
    )
    weight = share[:, None].expand(batch, channels, height).reshape(-1, 1)
    tall = lower.sub_(upper).mul_(weight).add_(upper).view(batch, channels * height, width)
    low, high, share = (each[across] for each in _taps(width, dtype=dtype, device=images.device))  # [B, W]
    nearer, further = (tall.gather(2, (left[:, None] + each)[:, None].expand(tall.shape)) for each in (low, high))
    return further.sub_(nearer).mul_(share[:, None]).add_(nearer).view(images.shape)


@functools.lru_cache(maxsize=16)
def _taps(size: int, *, dtype: torch.dtype, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Return, for pieces of 0 to `size` pixels made `size` long, the two pixels and the share of the second.

    Each [size + 1, size]. The middle of a pixel stays the middle; outside of the piece its last pixel goes on.
    """
    length = torch.arange(size + 1, dtype=torch.float64)[:, None]
    place = ((torch.arange(size, dtype=torch.float64) + 0.5) * length / size - 0.5).clamp_(min=0)
    last = (length - 1).clamp_(min=0)
    low = place.floor().minimum(last)
    high = (low + 1).minimum(last)
    return low.long().to(device), high.long().to(device), (place - low).to(device=device, dtype=dtype)


def turned(images: Tensor, turns: Tensor, *, interpolation: str, dtype: torch.dtype) -> Tensor:
    """Return images [B, C, H, W] turned counter-clockwise around their middle; black where nothing comes from.

    Args:
        images: [B, C, H, W].
        turns: float64 [B, 2]: cosine, sine.
        interpolation: "nearest" or "bilinear"; beyond the edge, pixels are black.
        dtype: of the result where it is interpolated.
    """
    height, width = images.shape[2:]
    down, across = (torch.arange(n, dtype=torch.float64, device=images.device) - (n - 1) / 2 for n in (height, width))
    cosine, sine = (each.view(-1, 1, 1) for each in turns.unbind(1))
    row = sine * across + cosine * down[:, None] + (height - 1) / 2  # [B, H, W]: where a pixel comes from
    column = cosine * across - sine * down[:, None] + (width - 1) / 2
    if interpolation == "nearest":
        return _picked(images, row.round().long(), column.round().long())
    low, left = row.floor(), column.floor()
    down_share, across_share = row.sub_(low), column.sub_(left)
    result = torch.zeros(images.shape, dtype=dtype, device=images.device)
    for next_row, row_share in ((0, 1 - down_share), (1, down_share)):
        for next_column, column_share in ((0, 1 - across_share), (1, across_share)):
            pixels = _picked(images, low.long() + next_row, left.long() + next_column)
            result += pixels * (row_share * column_share).to(dtype)[:, None]
    return result


def _picked(images: Tensor, row: Tensor, column: Tensor) -> Tensor:
    """Return the pixels at places [B, H, W] of each image, 0 at those outside of it."""
    batch, channels, height, width = images.shape
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    place = (row.clamp(0, height - 1) * width + column.clamp(0, width - 1)).view(batch, 1, -1)
    pixels = images.reshape(batch, channels, -1).gather(2, place.expand(batch, channels, -1)).view(images.shape)
    return pixels.mul_(inside[:, None])


def erased(images: Tensor, boxes: Tensor, *, value: float = 0.0) -> Tensor:
    """Set a rectangle of each image to a value, in place.

    Args:
        images: [B, C, H, W].
        boxes: int64 [B, 4]: top, left, height, width, 0 for none.
        value: what the pixels become.
    """
    height, width = images.shape[2:]
    top, left, down, across = (each[:, None] for each in boxes.unbind(1))
    row, column = (torch.arange(n, device=images.device) for n in (height, width))
    rows, columns = (row >= top) & (row < top + down), (column >= left) & (column < left + across)
    return images.masked_fill_((rows[:, :, None] & columns[:, None, :])[:, None], value)
