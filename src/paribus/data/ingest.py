"""Photographs decoded once, in threads, one after another onto a scratch file: memory holds few of them at a time."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import IO

import numpy as np

from paribus.core import DataError
from paribus.data.decode import UnreadableError, decode, quiet_pillow
from paribus.data.images import Pixels
from paribus.data.index import Hashed, read_unchanged
from paribus.data.layout import Bad, shown
from paribus.data.parallel import batched, in_order
from paribus.data.sizes import largest_image, sizes_differ
from paribus.data.telling import Reading, Tell

# Of a batch: of its files, and of the pixels that they become.
_BATCH_BYTES = 2**20
_BATCH_PIXEL_BYTES = 2**22


@dataclass(slots=True)
class Decoded:
    """What lies on a scratch file: uint8 [N, H, W, 3].

    Attributes:
        kept: the files of the images, in order.
        bad: the other files, each with its reason.
        height, width: of every image; 0 while there is none.
        grey: whether the three channels of every image are equal.
    """

    kept: list[Hashed] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)
    height: int = 0
    width: int = 0
    grey: bool = True


def decode_files(files: Sequence[Hashed], scratch: IO[bytes], *, size: int | None, name: str, tell: Tell) -> Decoded:
    """Decode files onto a scratch file, in order.

    Args:
        files: with their SHA-256, so that one that has changed since is noticed.
        scratch: written from where it stands.
        size: as in `decode`.
        name: of the folder, for errors and for those who watch.
        tell: hears how many are done.

    Raises:
        DataError: without a size, when the images have several; a file has just changed; memory is short.
        OSError: the scratch file cannot be written.
    """

    def work(batch: Sequence[Hashed]) -> list[tuple[Hashed, Pixels | str]]:
        return [(each, _pixels(each, size=size)) for each in batch]

    found = Decoded()
    with quiet_pillow():
        largest = 3 * size * size if size is not None else largest_image(files, name=name, tell=tell)
        most = max(1, _BATCH_PIXEL_BYTES // max(1, largest))
        batches = batched(files, size=lambda each: each.file.state[0], most_bytes=_BATCH_BYTES, most=most)
        progress = Reading(f"decoding {name}", 0, len(files), "images")
        with closing(in_order(work, batches, progress=progress, tell=tell)) as done:
            for batch in done:
                for each, result in batch:
                    if isinstance(result, str):
                        found.bad.append((each.file.name, result))
                    else:
                        _keep(found, each, result, scratch=scratch, name=name)
    return found


def _pixels(each: Hashed, *, size: int | None) -> Pixels | str:
    """Return the pixels of a file, or why there are none."""
    content = read_unchanged(each)
    try:
        return decode(content, size=size)
    except UnreadableError as error:
        return str(error)
    except MemoryError as error:
        wrong = f"{shown(each.file.name)} needs more memory than there is"
        raise DataError("data.source", wrong=wrong, allowed="smaller images") from error


def _keep(found: Decoded, each: Hashed, pixels: Pixels, *, scratch: IO[bytes], name: str) -> None:
    """Add an image to those on the scratch file."""
    height, width, _ = pixels.shape
    if not found.kept:
        found.height, found.width = height, width
    elif (height, width) != (found.height, found.width):
        # Only where a header and the pixels disagree: `largest_image` has looked at all headers.
        raise sizes_differ({(found.width, found.height): len(found.kept), (width, height): 1}, name=name)
    if found.grey:
        found.grey = bool(np.all(pixels == pixels[:, :, :1]))
    scratch.write(pixels.data)
    found.kept.append(each)
