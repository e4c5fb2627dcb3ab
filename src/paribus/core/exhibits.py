"""What pictures of a network are drawn from: frozen numbers, which need neither torch nor the data set."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Histogram:
    """How the numbers of one parameter are spread.

    Attributes:
        layer: number and name of its layer, as "2. Linear(784, 300)"; layers with parameters are counted from 1.
        kind: "weight" or "bias"; another parameter of a user's module by its own name.
        low, high: the smallest and the largest number; equal where there is one value only.
        counts: how many numbers lie in each of so many bins of equal width between them.
    """

    layer: str
    kind: str
    low: float
    high: float
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """An image of a data set.

    Attributes:
        index: its place in its split of the data set.
        label: its true class.
        shape: (C, H, W).
        pixels: C * H * W bytes, plane by plane.
    """

    index: int
    label: int
    shape: tuple[int, int, int]
    pixels: bytes


@dataclass(frozen=True, slots=True)
class Planes:
    """Numbers [N, C, H, W] as bytes: 0 stands for `low`, 255 for `high`, what is between for what is between.

    Filters of a first layer: N filters of C channels. Feature maps of one image: N maps, C = 1.

    Attributes:
        layer: as in Histogram.
        of: "filters" or "maps".
        total: how many filters or maps the layer has; N of them are kept.
        image: for maps, which picture of `Inside.pictures` they belong to; None for filters.
    """

    layer: str
    of: Literal["filters", "maps"]
    total: int
    shape: tuple[int, int, int, int]
    low: float
    high: float
    values: bytes
    image: int | None = None


@dataclass(frozen=True, slots=True)
class Inside:
    """What a finished network looks like inside.

    Attributes:
        pictures: training (or validation) images that the maps were made of, one of each of the first classes.
        planes: filters of the first layer, where they can be seen as images; feature maps of every convolution.
    """

    pictures: tuple[Picture, ...] = ()
    planes: tuple[Planes, ...] = ()
