"""Images that are there more than once, pixel for pixel: within a split, across splits, under different labels."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from paribus.data.images import Images, Integers, Pixels
from paribus.data.split import Split
from paribus.data.telling import Reading, Tell, tell_nobody

_CHUNK = 256  # images in memory at a time: the arrays may be larger than memory
_DIGEST_BYTES = 16
_MOST_CLASH_EXAMPLES, _MOST_GROUPS = 3, 1_000
_Marks = npt.NDArray[np.uint64]
_Flags = npt.NDArray[np.bool_]
Place = tuple[Literal["train", "test"], int]
"""An image: among the training images of a source (its validation images are some of them) or the test images."""


@dataclass(frozen=True, slots=True)
class Duplicates:
    """How many images have exactly the pixels of another one, in the size in which they are used.

    Attributes:
        train, validation, test: images that repeat an earlier one of the same split.
        test_in_train, validation_in_train, test_in_validation: images of the one that are also in the other.
        clashing: images whose pixels stand under two labels or more.
        clashes: some of those labels, by name: ("cat", "dog").
        blank: images of one flat colour, each.
        images: how many were compared.
        groups: images with the same pixels, those that are in more than one split first; a thousand at most.
    """

    train: int
    validation: int
    test: int
    test_in_train: int
    validation_in_train: int
    test_in_validation: int
    clashing: int
    clashes: tuple[tuple[str, ...], ...]
    blank: tuple[Place, ...]
    images: int
    groups: tuple[tuple[Place, ...], ...]


def find_duplicates(images: Images, split: Split, *, tell: Tell = tell_nobody) -> Duplicates:
    """Compare all images of a split, and the test images, by a digest (BLAKE2b, 128 bits) of each one's pixels.

    Takes 16 bytes of memory for an image, whatever its size: the arrays are read in small pieces.

    Args:
        images: all of the source.
        split: which training images train and which validate; the rest is left out.
        tell: hears how many images have been read.
    """
    total = len(images.train_labels) + len(images.test_labels)
    train_marks, train_blank = _marks(images.train_images, tell=tell, before=0, total=total)
    test_marks, test_blank = _marks(images.test_images, tell=tell, before=len(train_marks), total=total)
    marks = np.concatenate([train_marks[split.train], train_marks[split.validation], test_marks])
    labels = np.concatenate(
        [images.train_labels[split.train], images.train_labels[split.validation], images.test_labels]
    )
    parts = np.repeat(np.arange(3), [len(split.train), len(split.validation), len(images.test_labels)])
    groups, starts, order = _groups(marks)
    counts = np.bincount(groups * 3 + parts[order], minlength=3 * len(starts)).reshape(-1, 3)
    repeated = np.maximum(counts - 1, 0).sum(axis=0)
    lowest, highest = (reduce.reduceat(labels[order], starts) for reduce in (np.minimum, np.maximum))
    clash = lowest != highest
    trained = np.sort(np.concatenate([split.train, split.validation]))
    blank: list[Place] = [("train", int(at)) for at in trained[train_blank[trained]]]
    blank += [("test", int(at)) for at in np.flatnonzero(test_blank)]
    return Duplicates(
        train=int(repeated[0]),
        validation=int(repeated[1]),
        test=int(repeated[2]),
        test_in_train=_shared(counts, 2, 0),
        validation_in_train=_shared(counts, 1, 0),
        test_in_validation=_shared(counts, 2, 1),
        clashing=int(counts[clash].sum()),
        clashes=tuple(_names(images, labels[order], groups=groups, clashing=np.flatnonzero(clash))),
        blank=tuple(blank),
        images=len(marks),
        groups=_places(split, order, counts=counts, starts=starts),
    )


def _shared(counts: Integers, part: int, other: int) -> int:
    """Return how many images of one part are also in the other."""
    return int(counts[counts[:, other] > 0, part].sum())


def _marks(pixels: Pixels, *, tell: Tell, before: int, total: int) -> tuple[_Marks, _Flags]:
    """Return a digest of each image, uint64 [N, 2], and whether it is of one flat colour, bool [N]."""
    marks = np.empty((len(pixels), 2), dtype=np.uint64)
    blank = np.zeros(len(pixels), dtype=np.bool_)
    for start in range(0, len(pixels), _CHUNK):
        chunk = np.ascontiguousarray(pixels[start : start + _CHUNK])
        end = start + len(chunk)
        found = b"".join(hashlib.blake2b(image, digest_size=_DIGEST_BYTES).digest() for image in chunk)
        marks[start:end] = np.frombuffer(found, dtype=np.uint64).reshape(-1, 2)
        blank[start:end] = (chunk.max(axis=(2, 3)) == chunk.min(axis=(2, 3))).all(axis=1)
        tell(Reading("looking for duplicates", before + end, total, "images"))
    return marks, blank


def _groups(marks: _Marks) -> tuple[Integers, Integers, Integers]:
    """Return, in an order in which equal digests are neighbours: the group of each; where each begins; the order."""
    order = np.lexsort((marks[:, 1], marks[:, 0])).astype(np.int64, copy=False)
    ordered = marks[order]
    first = np.ones(len(marks), dtype=np.bool_)
    first[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    return np.cumsum(first, dtype=np.int64) - 1, np.flatnonzero(first).astype(np.int64, copy=False), order


def _places(split: Split, order: Integers, *, counts: Integers, starts: Integers) -> tuple[tuple[Place, ...], ...]:
    """Return the images of each group of two or more."""
    several = np.flatnonzero(counts.sum(axis=1) > 1)
    first = several[np.argsort(-(counts[several] > 0).sum(axis=1), kind="stable")][:_MOST_GROUPS]
    trained = np.concatenate([split.train, split.validation])
    groups = []
    for group in first:
        members = np.sort(order[starts[group] : starts[group] + counts[group].sum()])
        places: list[Place] = [("train", int(trained[at])) for at in members[members < len(trained)]]
        places += [("test", int(at) - len(trained)) for at in members[members >= len(trained)]]
        groups.append(tuple(places))
    return tuple(groups)


def _names(images: Images, labels: Integers, *, groups: Integers, clashing: Integers) -> Iterator[tuple[str, ...]]:
    """Yield the classes that share an image, each combination once, a few of them."""
    seen: set[tuple[str, ...]] = set()
    for group in clashing:
        begin, end = np.searchsorted(groups, [group, group + 1])
        names = tuple(images.classes[label] for label in np.unique(labels[begin:end]))
        if names not in seen and len(seen) < _MOST_CLASH_EXAMPLES:
            seen.add(names)
            yield names
