"""Images that are not resized have one size; whether they do is found out before any is decoded."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from paribus.core import DataError
from paribus.data.decode import UnreadableError, decode, size_in_header
from paribus.data.index import Hashed, read_unchanged
from paribus.data.parallel import batched, in_order
from paribus.data.telling import Reading, Tell

Size = tuple[int, int]
_SUGGESTED = (64, 32, 16)


def largest_image(files: Sequence[Hashed], *, name: str, tell: Tell) -> int:
    """Return the bytes of the largest image by its header.

    Damaged files may claim any size: images differ when one of each of two sizes can be decoded.

    Args:
        files: whose headers are read.
        name: of the folder, for errors and for those who watch.
        tell: hears how many headers have been read.

    Raises:
        DataError: when images differ in size, with the size to scale them to.
    """
    by_size: dict[Size, list[Hashed]] = {}
    progress = Reading(f"measuring {name}", 0, len(files), "images")
    batches = batched(files, size=lambda _: 1, most_bytes=64)
    with closing(in_order(_measured, batches, progress=progress, tell=tell)) as done:
        for batch in done:
            for each, size in batch:
                if size is not None:
                    by_size.setdefault(size, []).append(each)
    counts = {size: len(each) for size, each in by_size.items()}
    real: set[Size] = set()
    for same in by_size.values() if len(by_size) > 1 else ():
        real |= _decoded_size(same)
        if len(real) > 1:
            raise sizes_differ(counts, name=name)
    return max((3 * width * height for width, height in counts), default=0)


def sizes_differ(counts: dict[Size, int], *, name: str) -> DataError:
    """Return the error that says how images differ in size, and what to do.

    Args:
        counts: (width, height) -> number of images.
        name: of the folder.
    """
    commonest = max(counts, key=lambda size: (counts[size], size))
    fitting = [side for side in _SUGGESTED if side <= min(commonest)]
    suggested = fitting[0] if fitting else min(commonest)
    most = "most often" if counts[commonest] > 1 else "for example"
    return DataError(
        "data.resize",
        wrong=f"the images of {name} have {len(counts):,} sizes, {most} {commonest[0]} x {commonest[1]} "
        f"({counts[commonest]:,} of {sum(counts.values()):,})",
        allowed=f"images of one size, or data.resize = {suggested}: the centred square of each, scaled",
    )


def _measured(files: Sequence[Hashed]) -> list[tuple[Hashed, Size | None]]:
    return [(each, _size(each)) for each in files]


def _size(each: Hashed) -> Size | None:
    try:
        with Path(each.file.path).open("rb") as file:
            return size_in_header(file)
    except OSError:
        return None


def _decoded_size(files: Sequence[Hashed]) -> set[Size]:
    """Return the size of the first of the files that can be decoded; nothing when none can."""
    for each in files:
        try:
            height, width, _ = decode(read_unchanged(each), size=None).shape
        except UnreadableError:
            continue
        return {(width, height)}
    return set()
