"""Pictures among the facts of a study: packed when images are at hand, for reports that are made without them."""

import base64
import math
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from paribus.core import Picture

Pixels = npt.NDArray[np.uint8]


def picture(pixels: Pixels, *, index: int, label: int) -> Picture:
    """Return an image uint8 [C, H, W] as a picture."""
    channels, height, width = pixels.shape
    return Picture(index, label, (channels, height, width), pixels.tobytes())


def packed(pictures: Sequence[Picture]) -> dict[str, Any]:
    """Return pictures of one shape, at least one, as plain JSON."""
    pixels = zlib.compress(b"".join(each.pixels for each in pictures))
    return {
        "shape": list(pictures[0].shape),
        "index": [each.index for each in pictures],
        "labels": [each.label for each in pictures],
        "pixels": base64.b64encode(pixels).decode(),
    }


def unpacked(kept: Mapping[str, Any]) -> tuple[Picture, ...]:
    """Return the pictures that were packed; none of a value that is none of ours: a study may be a stranger's."""
    try:
        channels, height, width = (int(side) for side in kept["shape"])
        size = math.prod((channels, height, width))
        places, labels = ([int(each) for each in kept[key]] for key in ("index", "labels"))
        pixels = zlib.decompressobj().decompress(base64.b64decode(kept["pixels"]), size * len(places) + 1)
    except (KeyError, TypeError, ValueError, OverflowError, zlib.error):
        return ()
    if (
        min(channels, height, width, *(each + 1 for each in labels)) < 1
        or len(pixels) != size * len(places)
        or len(labels) != len(places)
    ):
        return ()
    shape = (channels, height, width)
    return tuple(
        Picture(index, label, shape, pixels[number * size : (number + 1) * size])
        for number, (index, label) in enumerate(zip(places, labels, strict=True))
    )


def spread(labels: npt.NDArray[np.int64], *, most: int) -> npt.NDArray[np.int64]:
    """Return places of at most so many labels: the first one of each class, then the second of each, and so on."""
    order = np.argsort(labels, kind="stable")
    turn = np.empty(len(labels), dtype=np.int64)
    firsts = np.searchsorted(labels[order], labels[order])
    turn[order] = np.arange(len(labels)) - firsts
    return np.lexsort((labels, turn))[:most]
