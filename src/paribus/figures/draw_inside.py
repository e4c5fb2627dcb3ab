"""From figure data to pictures of networks: paths of SVG, and bitmaps in colours that suit light and dark ground."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from paribus.core import Histogram, Picture, Planes
from paribus.data import jpeg, png
from paribus.figures.inside_confusion import ConfusionData
from paribus.figures.inside_histograms import Spread, densities, shares
from paribus.figures.inside_planes import Bytes, Grid, picture_pixels, pictures_grid, planes_grid

# Of a panel of histograms, in units of its view box.
PANEL_WIDTH, PANEL_HEIGHT = 240, 60
# Below zero, above zero: seen on white and on black, told apart by the colour-blind.
_NEGATIVE, _POSITIVE = (0, 114, 178), (213, 94, 0)
_GAP = (128, 128, 128, 140)
_STRIP = (45, 140, 205)
_ZONES = 20
# Of filters and maps so many numbers are told apart by their colour; the rest have the fullest.
_FULL = 0.995
# Larger images are shown smaller, which no longer needs every pixel to be true.
_LARGEST_PICTURE, _JPEG = 64, 96
_SHOWN = 96


@dataclass(frozen=True, slots=True)
class Bitmap:
    """An image file, and the size in which it is meant to be shown, in pixels of the page.

    Attributes:
        count: how many tiles stand in it.
    """

    data: bytes
    kind: Literal["png", "jpeg"]
    width: int
    height: int
    count: int = 1


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of a panel that a pointer can rest on: the share of all numbers in it, at the start and at the end."""

    path: str
    low: float
    high: float
    start: float
    end: float


def draw_spread(spread: Spread) -> tuple[str, str, str]:
    """Return three paths in a box of PANEL_WIDTH x PANEL_HEIGHT: start, end, and where zero is (empty: not in frame).

    Both areas have one scale, so that equal areas are equally many numbers. One value alone is a line.
    """
    peak = max((*densities(spread.start), *densities(spread.end)), default=1.0)
    zero = f"M{_place(0.0, spread)} 0V{PANEL_HEIGHT}" if spread.low < 0 < spread.high else ""
    return _steps(spread.start, spread, peak), _steps(spread.end, spread, peak), zero


def _place(value: float, spread: Spread) -> str:
    inside = min(max((value - spread.low) / (spread.high - spread.low), -1.0), 2.0)
    return f"{PANEL_WIDTH * inside:.1f}".removesuffix(".0")


def _steps(histogram: Histogram, spread: Spread, peak: float) -> str:
    heights = densities(histogram)
    if not heights:
        return f"M{_place(histogram.low, spread)} {PANEL_HEIGHT}V0"
    edges = np.linspace(histogram.low, histogram.high, len(heights) + 1)
    levels = (f"{PANEL_HEIGHT * (1 - height / peak):.1f}".removesuffix(".0") for height in heights)
    steps = "".join(f"V{level}H{_place(edge, spread)}" for level, edge in zip(levels, edges[1:], strict=True))
    return f"M{_place(edges[0], spread)} {PANEL_HEIGHT}{steps}V{PANEL_HEIGHT}"


def draw_zones(spread: Spread) -> tuple[Zone, ...]:
    """Return equal parts of a panel with the shares of numbers in them, from left to right."""
    both = [shares(each, low=spread.low, high=spread.high, columns=_ZONES) for each in (spread.start, spread.end)]
    edges = np.linspace(spread.low, spread.high, _ZONES + 1).tolist()
    width = PANEL_WIDTH // _ZONES
    return tuple(
        Zone(f"M{width * index} 0h{width}v{PANEL_HEIGHT}h-{width}z", edges[index], edges[index + 1], start, end)
        for index, (start, end) in enumerate(zip(*both, strict=True))
    )


def draw_strip(spread: Spread) -> Bitmap:
    """Return a row of pixels for each epoch, the first at the top: the darker, the more numbers are there.

    Darkness grows with the square root of the share, so that thin tails are seen; each row has its own fullest.
    """
    rows = np.asarray(spread.strip)
    fullest = np.maximum(rows.max(axis=1, keepdims=True), np.finfo(np.float64).tiny)
    values = np.rint(255 * np.sqrt(rows / fullest)).astype(np.uint8)
    palette = np.array([(*_STRIP, alpha) for alpha in range(256)], dtype=np.uint8)
    return Bitmap(png(values, palette=palette), "png", PANEL_WIDTH, max(24, 3 * len(rows)))


def draw_planes(planes: Planes, *, most: int) -> Bitmap:
    """Return at most `most` filters or maps as a grid.

    One channel: blue below zero, orange above, clear at zero. Three channels of filters: their colours, grey at zero.
    """
    grid = planes_grid(planes, most=most)
    if grid.pixels.ndim == 3:
        return _bitmap(png(_coloured(grid, planes)), grid)
    # The lowest bytes become the third lowest: 0 is what lies between the tiles, 1 what comes after the last.
    values = np.where(grid.filled, np.maximum(grid.pixels, 2), 0).astype(np.uint8)
    values[grid.after] = 1
    return _bitmap(png(values, palette=_diverging(planes)), grid)


def _bitmap(data: bytes, grid: Grid) -> Bitmap:
    width, height = grid.shown
    return Bitmap(data, "png", width, height, grid.count)


def _numbers(planes: Planes, values: Bytes) -> npt.NDArray[np.float64]:
    return planes.low + (planes.high - planes.low) * values / 255


def _strong(planes: Planes) -> float:
    """Return the size that has the full colour: few larger ones would make the rest pale."""
    sizes = np.abs(_numbers(planes, np.frombuffer(planes.values, dtype=np.uint8)))
    return float(np.quantile(sizes, _FULL)) or float(sizes.max()) or 1.0


def _diverging(planes: Planes) -> Bytes:
    numbers = _numbers(planes, np.arange(256, dtype=np.uint8))
    palette = np.empty((256, 4), dtype=np.uint8)
    palette[:, :3] = np.where((numbers < 0)[:, None], _NEGATIVE, _POSITIVE)
    palette[:, 3] = np.rint(255 * np.minimum(1.0, np.abs(numbers) / _strong(planes)))
    palette[0], palette[1] = _GAP, (0, 0, 0, 0)
    return palette


def _coloured(grid: Grid, planes: Planes) -> Bytes:
    numbers = _numbers(planes, grid.pixels)
    colours = np.rint(127.5 * (1 + np.clip(numbers / _strong(planes), -1.0, 1.0))).astype(np.uint8)
    opaque = np.where(grid.filled, 255, 0).astype(np.uint8)
    return np.dstack([np.where(grid.filled[:, :, None], colours, 0), opaque])


def draw_picture(picture: Picture) -> Bitmap:
    """Return an image, pixel for pixel where it is small."""
    pixels = picture_pixels(picture)
    height, width = pixels.shape[:2]
    if max(height, width) > _LARGEST_PICTURE:
        data, size = jpeg(pixels, longest=_JPEG)
        return Bitmap(data, "jpeg", *size)
    zoom = max(1, round(_SHOWN / max(height, width)))
    return Bitmap(png(pixels), "png", zoom * width, zoom * height)


def draw_row(pictures: tuple[Picture, ...]) -> Bitmap:
    """Return images of one size side by side, with clear gaps."""
    grid = pictures_grid(pictures)
    colours = grid.pixels if grid.pixels.ndim == 3 else np.repeat(grid.pixels[:, :, None], 3, axis=2)
    opaque = np.where(grid.filled, 255, 0).astype(np.uint8)
    return _bitmap(png(np.dstack([colours, opaque])), grid)


def draw_confusion(data: ConfusionData, *, size: int) -> Bitmap:
    """Return a pixel for each pair of classes, true class by row: blue for right answers, orange for mistakes.

    Mistakes have a scale of their own, by the square root of their share of the true class.

    Args:
        data: of at most 1,000 classes, say.
        size: in pixels of the page, about.
    """
    table = np.array([[share or 0.0 for share in row] for row in data.shares])
    right = np.eye(len(table), dtype=np.bool_)
    most = table[~right].max(initial=0.0) or 1.0
    pixels = np.empty((*table.shape, 4), dtype=np.uint8)
    pixels[..., :3] = np.where(right[..., None], _STRIP, _POSITIVE)
    pixels[..., 3] = np.rint(255 * np.where(right, table, np.sqrt(np.minimum(1.0, table / most))))
    shown = max(1, round(size / len(table))) * len(table)
    return Bitmap(png(pixels), "png", shown, shown)
