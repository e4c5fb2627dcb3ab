"""Between exhibits and the bytes that are kept of them: compressed, and read as data only."""

import json
import zlib
from typing import Any

from paribus.core import Histogram, Inside, Picture, Planes
from paribus.store.codec import DamageError, json_text

_MOST_BYTES = 2**25  # unpacked: a study may come from somebody else


def packed_histograms(histograms: tuple[Histogram, ...]) -> bytes:
    """Return histograms as compressed JSON."""
    rows = [[each.layer, each.kind, each.low, each.high, each.counts] for each in histograms]
    return zlib.compress(json_text(rows).encode())


def histograms_of(blob: bytes, *, what: str, run: str) -> tuple[Histogram, ...]:
    """Return histograms from their bytes.

    Raises:
        DamageError: they are no histograms.
    """
    try:
        rows = json.loads(_unpacked(blob))
        return tuple(
            Histogram(str(layer), str(kind), float(low), float(high), tuple(int(count) for count in counts))
            for layer, kind, low, high, counts in rows
        )
    except (zlib.error, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise DamageError(what, run=run) from error


def packed_inside(inside: Inside) -> bytes:
    """Return what is inside a network, compressed: one line of JSON with everything but pixels, then the pixels."""
    pictures = [[each.index, each.label, each.shape] for each in inside.pictures]
    planes = [[each.layer, each.of, each.total, each.shape, each.low, each.high, each.image] for each in inside.planes]
    head = json_text({"pictures": pictures, "planes": planes}).encode()
    blobs = (*(each.pixels for each in inside.pictures), *(each.values for each in inside.planes))
    return zlib.compress(b"".join((head, b"\n", *blobs)))


def inside_of(blob: bytes, *, what: str, run: str) -> Inside:
    """Return what is inside a network from its bytes.

    Raises:
        DamageError: they are something else.
    """
    try:
        head, _, rest = _unpacked(blob).partition(b"\n")
        said, taken = json.loads(head), _Taken(rest)
        pictures = tuple(_picture(row, taken) for row in said["pictures"])
        planes = tuple(_planes(row, taken) for row in said["planes"])
    except (zlib.error, ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise DamageError(what, run=run) from error
    return Inside(pictures, planes)


class _Taken:
    """Bytes that are taken one piece after another."""

    def __init__(self, rest: bytes) -> None:
        self._rest, self._place = rest, 0

    def next(self, shape: tuple[int, ...]) -> bytes:
        size = 1
        for side in shape:
            size *= side
        piece = self._rest[self._place : self._place + size]
        if size < 0 or len(piece) != size:
            raise ValueError(size)
        self._place += size
        return piece


def _picture(row: list[Any], taken: _Taken) -> Picture:
    index, label, (channels, height, width) = row
    shape = (int(channels), int(height), int(width))
    return Picture(int(index), int(label), shape, taken.next(shape))


def _planes(row: list[Any], taken: _Taken) -> Planes:
    layer, of, total, (count, channels, height, width), low, high, image = row
    if of not in ("filters", "maps"):
        raise ValueError(of)
    shape = (int(count), int(channels), int(height), int(width))
    belongs = None if image is None else int(image)
    return Planes(str(layer), of, int(total), shape, float(low), float(high), taken.next(shape), belongs)


def _unpacked(blob: bytes) -> bytes:
    unpacking = zlib.decompressobj()
    found = unpacking.decompress(blob, _MOST_BYTES)
    if not unpacking.eof:
        raise ValueError(len(blob))
    return found
