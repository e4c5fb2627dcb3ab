"""Filters, feature maps and images as grids of pixels: which tiles, in which order, how large."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from paribus.core import Picture, Planes
from paribus.figures.lines import evenly

Bytes = npt.NDArray[np.uint8]

_GAP = 1
# Sizes of one tile, in pixels of the bitmap (smaller ones are enlarged in it, larger ones averaged) and of the page.
_SMALLEST, _LARGEST, _SHOWN, _SHOWN_OF_FEW = 12, 64, 52, 80
_COLUMNS = 8


@dataclass(frozen=True, eq=False, slots=True)
class Grid:
    """Tiles in rows, as one array.

    Attributes:
        pixels: uint8 [H, W] or [H, W, C].
        filled: bool [H, W]; False between tiles and after the last one.
        tile: (height, width) of a tile; tiles are one pixel apart.
        columns: tiles in a row.
        count: how many tiles there are.
        zoom: as how many pixels of the page each pixel is meant to be shown.
    """

    pixels: Bytes
    filled: npt.NDArray[np.bool_]
    tile: tuple[int, int]
    columns: int
    count: int
    zoom: int

    @property
    def after(self) -> tuple[slice, slice]:
        """Where the last row has no tiles."""
        height, width = self.tile
        full, left = divmod(self.count, self.columns)
        top = full * (height + _GAP) - _GAP if left else len(self.filled)
        return slice(max(0, top), None), slice(left * (width + _GAP) - _GAP if left else None, None)

    @property
    def shown(self) -> tuple[int, int]:
        """Width and height in pixels of the page."""
        height, width = self.filled.shape
        return self.zoom * width, self.zoom * height


def planes_grid(planes: Planes, *, most: int) -> Grid:
    """Return at most `most` filters or maps, evenly chosen, as a grid of bytes.

    One channel [H, W], three [H, W, 3]; of another number of channels the first.
    """
    values = np.frombuffer(planes.values, dtype=np.uint8).reshape(planes.shape)
    channels = planes.shape[1] if planes.shape[1] == 3 else 1
    chosen = values[evenly(len(values), max(2, most)), :channels]
    return tiled(np.moveaxis(chosen, 1, -1))


def pictures_grid(pictures: tuple[Picture, ...]) -> Grid:
    """Return pictures of one size in a row."""
    arrays = np.stack([picture_pixels(each) for each in pictures])
    return tiled(arrays, columns=len(pictures))


def picture_pixels(picture: Picture) -> Bytes:
    """Return a picture as [H, W, 1] or [H, W, 3]; of another number of channels the first."""
    values = np.frombuffer(picture.pixels, dtype=np.uint8).reshape(picture.shape)
    channels = 3 if picture.shape[0] == 3 else 1
    return np.moveaxis(values[:channels], 0, -1)


def tiled(tiles: Bytes, *, columns: int = _COLUMNS) -> Grid:
    """Return tiles [N, H, W, C] in rows of `columns`, small ones enlarged and large ones averaged by a whole factor."""
    tiles = _resized(tiles)
    count, height, width, channels = tiles.shape
    columns = min(columns, count)
    rows = -(-count // columns)
    size = rows * (height + _GAP) - _GAP, columns * (width + _GAP) - _GAP
    pixels, filled = np.zeros((*size, channels), dtype=np.uint8), np.zeros(size, dtype=np.bool_)
    for index, tile in enumerate(tiles):
        top, left = index // columns * (height + _GAP), index % columns * (width + _GAP)
        pixels[top : top + height, left : left + width] = tile
        filled[top : top + height, left : left + width] = True
    zoom = max(1, round((_SHOWN_OF_FEW if count <= _COLUMNS else _SHOWN) / max(height, width)))
    return Grid(pixels if channels > 1 else pixels[:, :, 0], filled, (height, width), columns, count, zoom)


def _resized(tiles: Bytes) -> Bytes:
    longer = max(tiles.shape[1:3])
    if longer > _LARGEST:
        return _averaged(tiles, -(-longer // _LARGEST))
    factor = -(-_SMALLEST // longer)
    return tiles.repeat(factor, axis=1).repeat(factor, axis=2)


def _averaged(tiles: Bytes, factor: int) -> Bytes:
    """Return the means of blocks; rows and columns that fill no block are repeated from the last one."""
    count, height, width, channels = tiles.shape
    padded = np.pad(tiles, ((0, 0), (0, -height % factor), (0, -width % factor), (0, 0)), mode="edge")
    blocks = padded.reshape(count, padded.shape[1] // factor, factor, padded.shape[2] // factor, factor, channels)
    means: Bytes = np.rint(blocks.mean(axis=(2, 4))).astype(np.uint8)
    return means
