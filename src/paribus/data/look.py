"""A folder that a study would refuse, looked at all the same: what is in the way is named, and the rest is shown."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from paribus.core import DataError
from paribus.data.arrange import Shortage, find_shortages
from paribus.data.decode import UnreadableError, decode, quiet_pillow
from paribus.data.images import Images, make_images
from paribus.data.index import Hashed, read_unchanged
from paribus.data.layout import Bad, Listing, Part
from paribus.data.photographs import FolderWork, open_folder
from paribus.data.telling import Tell
from paribus.study import DataSpec

_ENOUGH = 2  # images of a class, for any study


@dataclass(frozen=True, eq=False, slots=True)
class Look:
    """What can be shown of a folder.

    Attributes:
        images: those of the classes that have enough of them.
        problems: what a study stops at besides bad files: the errors that it would raise, with their fixes.
    """

    images: Images
    problems: tuple[DataError, ...]


def look_at_folder(spec: DataSpec, *, base_dir: Path, tell: Tell) -> Look:
    """Return the images of a folder without the files, classes and directories that a study would stop at.

    Args:
        spec: `source` and `resize` are read here.
        base_dir: where a relative path starts.
        tell: hears how many files have been read and decoded.

    Raises:
        DataError: there is no such folder, nothing in it can be shown, or images have several sizes.
    """
    lenient = spec.model_copy(update={"on_bad_image": "skip"})
    work, short = _usable(open_folder(lenient, base_dir=base_dir, tell=tell, strict=False))
    if not work.listing.classes:
        raise short[0]
    collected = work.collected()
    images = make_images(spec.source, collected, test_fingerprint=collected.test_fingerprint)
    return Look(images, (*work.listing.problems, *short))


def narrowed(
    listing: Listing, files: Sequence[Hashed], *, classes: Collection[str], parts: Collection[Part]
) -> tuple[Listing, tuple[Hashed, ...]]:
    """Return a listing with some of its classes and parts only, and the files that belong to them."""
    kept = [label for label, name in enumerate(listing.classes) if name in classes]
    labels = {old: new for new, old in enumerate(kept)}
    chosen = tuple(
        replace(each, file=replace(each.file, label=labels[each.file.label]))
        for each in files
        if each.file.label in labels and (each.file.part == "train" or each.file.part in parts)
    )
    narrow = replace(
        listing,
        classes=tuple(listing.classes[label] for label in kept),
        parts=tuple(part for part in listing.parts if part == "train" or part in parts),
        files=tuple(each.file for each in chosen),
    )
    return narrow, chosen


def _usable(work: FolderWork) -> tuple[FolderWork, list[DataError]]:
    """Return a folder without classes and parts that have too few images, and what is wrong with those."""
    sample, bad = _first_images(work)
    errors: list[DataError] = []
    while found := list(find_shortages(work.listing, sample, name=work.name)):
        errors += [each.error for each in found]
        classes, parts = _enough(work.listing, found)
        before = {each.file.name for each in work.files}
        listing, files = narrowed(work.listing, work.files, classes=classes, parts=parts)
        _, sample = narrowed(work.listing, sample, classes=classes, parts=parts)
        before.difference_update(each.file.name for each in files)
        left_out = tuple(each for each in bad if each[0] in before)
        work = replace(work, listing=listing, files=files, bad=(*work.bad, *left_out))
    return work, errors


def _enough(listing: Listing, found: Sequence[Shortage]) -> tuple[list[str], list[Part]]:
    """Return the classes and the parts that lack nothing."""
    classes = [name for label, name in enumerate(listing.classes) if label not in {each.label for each in found}]
    return classes, [part for part in listing.parts if part not in {each.part for each in found}]


def _first_images(work: FolderWork) -> tuple[tuple[Hashed, ...], list[Bad]]:
    """Return the first images of each class and part, as many as matter, and the files before them that are none."""
    counts: dict[tuple[Part, int], int] = {}
    sample: list[Hashed] = []
    bad: list[Bad] = []
    with quiet_pillow():
        for each in work.files:
            place = each.file.part, each.file.label
            if counts.get(place, 0) >= _ENOUGH:
                continue
            try:
                decode(read_unchanged(each), size=work.spec.resize)
            except UnreadableError as error:
                bad.append((each.file.name, str(error)))
            else:
                counts[place] = counts.get(place, 0) + 1
                sample.append(each)
    return tuple(sample), bad
