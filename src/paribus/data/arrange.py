"""Which images of a folder train, validate and test, and whether there are enough of them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from paribus.core import DataError, Streams, digest
from paribus.data.images import Integers
from paribus.data.index import Hashed
from paribus.data.layout import LAYOUT, Listing, Part
from paribus.data.split import stratified_order


@dataclass(frozen=True, eq=False, slots=True)
class Arrangement:
    """Images by their position in the list of files that were decoded.

    Attributes:
        train, test: int64 positions, the source's own validation images at the end of `train`.
        given_validation: how many those are.
        test_fingerprint: digest of which files are test images of one class, whatever the files and classes are
            called and in whatever order they lie: the same test set is the same look at any size.
    """

    train: Integers
    test: Integers
    given_validation: int
    test_fingerprint: str


@dataclass(frozen=True, eq=False, slots=True)
class Shortage:
    """A class or a part that has too few images for a study, and the error that says so."""

    error: DataError
    label: int | None = None
    part: Part | None = None


def arrange(listing: Listing, files: Sequence[Hashed], *, name: str) -> Arrangement:
    """Divide images; without a test directory a fixed, stratified 20 % of the training images are set aside.

    Args:
        listing: classes and parts.
        files: those that were decoded, in the order of the listing.
        name: of the folder, for errors.

    Raises:
        DataError: a class has too few images, or a directory has none.
    """
    for shortage in find_shortages(listing, files, name=name):
        raise shortage.error
    train, validation, test = (_positions(files, part) for part in ("train", "validation", "test"))
    if "test" not in listing.parts:
        labels = np.array([files[index].file.label for index in train], dtype=np.int64)
        order = stratified_order(labels, key=Streams(seed=0, vary=()).key("split", 0))
        held = max(1, int(0.2 * len(train) + 0.5))
        test, train = train[np.sort(order[:held])], train[np.sort(order[held:])]
    by_class: dict[int, list[str]] = {}
    for index in test:
        by_class.setdefault(files[index].file.label, []).append(files[index].sha256)
    found = digest(sorted(sorted(each) for each in by_class.values()))
    return Arrangement(np.concatenate([train, validation]), test, len(validation), found)


def _positions(files: Sequence[Hashed], part: str) -> Integers:
    return np.array([index for index, each in enumerate(files) if each.file.part == part], dtype=np.int64)


def find_shortages(listing: Listing, files: Sequence[Hashed], *, name: str) -> Iterator[Shortage]:
    """Yield the classes that have too few training images, and the directories of parts that have none.

    Args:
        listing: classes and parts.
        files: those that are images.
        name: of the folder, for errors.
    """
    counts: dict[Part, Counter[int]] = {"train": Counter(), "validation": Counter(), "test": Counter()}
    for each in files:
        counts[each.file.part][each.file.label] += 1
    least = 1 if "test" in listing.parts else 2
    for label, class_name in enumerate(listing.classes):
        found = counts["train"][label]
        if found < least:
            where = "the training images of" if listing.parts else ""
            wrong = " ".join(f"class {class_name!r} has {_images(found)} in {where} {name}".split())
            allowed = "one training image or more per class"
            if least == 2:
                allowed = "two images or more per class (without a test directory some are set aside as a test set)"
            allowed = f"{allowed}: add images, or remove the directory {class_name}"
            yield Shortage(DataError("data.source", wrong=wrong, allowed=allowed), label=label)
    for part in listing.parts:
        if not counts[part]:
            wrong = f"{name} has a {part} directory, but no image in it"
            allowed = f"images in it, or no such directory (remove it): {LAYOUT}"
            yield Shortage(DataError("data.source", wrong=wrong, allowed=allowed), part=part)


def _images(count: int) -> str:
    return "one image" if count == 1 else f"{count or 'no'} images"
