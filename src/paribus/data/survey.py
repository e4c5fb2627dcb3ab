"""What lies in a folder of images, found out from names and headers: nothing is decoded."""

import os
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from paribus.core import DataError, nearest
from paribus.data.arrange import arrange
from paribus.data.bad_files import by_ending, ending_of
from paribus.data.decode import FORMATS, quiet_pillow, size_in_header
from paribus.data.images import Images
from paribus.data.index import Hashed
from paribus.data.layout import LAYOUT, Listed, Part, list_folder, shown
from paribus.data.look import narrowed
from paribus.data.sides import sensible_side
from paribus.data.telling import Reading, Tell, tell_nobody

_TELL_EVERY = 200  # files
Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class FolderSurvey:
    """A folder of images before it is decoded.

    Attributes:
        classes: names of the class directories, sorted.
        parts: those that have a directory of their own; none where the class directories lie in the folder itself.
        train, validation, test: images in the class directories of each part, by their headers.
        sizes: (width, height) and how many images have it, the commonest first; upright, as EXIF says.
        formats, modes: likewise ("JPEG", "RGB").
        probed: how many files were opened; where not all were, the numbers above and `others` are estimates.
        unreadable: how many of those have no header of an image.
        others: endings of the files that are no images, or not where images belong, and how many have them.
        exact: whether all files were opened.
    """

    classes: tuple[str, ...]
    parts: tuple[Part, ...]
    train: int
    validation: int
    test: int
    sizes: tuple[tuple[Size, int], ...]
    formats: tuple[tuple[str, int], ...]
    modes: tuple[tuple[str, int], ...]
    probed: int
    unreadable: int
    others: tuple[tuple[str, int], ...] = ()
    exact: bool = True

    @property
    def images(self) -> int:
        """How many images there are."""
        return self.train + self.validation + self.test

    @property
    def not_images(self) -> int:
        """How many files are no images, or not where images belong."""
        return sum(count for _, count in self.others)

    @property
    def shorter(self) -> int:
        """The median of the images' shorter sides; 0 where there is no image."""
        sides = Counter[int]()
        for (width, height), count in self.sizes:
            sides[min(width, height)] += count
        middle, seen = sum(sides.values()) / 2, 0
        for side in sorted(sides):
            seen += sides[side]
            if seen >= middle:
                return side
        return 0


def survey_folder(
    folder: Path,
    *,
    most: int | None = None,
    leave_out: Collection[str] = (),
    strict: bool = True,
    tell: Tell = tell_nobody,
) -> FolderSurvey:
    """Return what a folder of images holds.

    Args:
        folder: class directories, or `train`, `val` and `test` with class directories in them.
        most: look into the headers of so many files only, spread evenly over all of each ending; None: of all.
        leave_out: names of files that are known to give no image, whatever their headers say.
        strict: as in `list_folder`.
        tell: hears how many headers have been read.

    Raises:
        DataError: no such folder, or its layout is none that is known.
    """
    _check_folder(folder)
    listing = list_folder(folder, strict=strict)
    known = set(leave_out)
    files = [file for file in listing.files if shown(file.name) not in known] if known else listing.files
    chosen, weights = _spread(files, most=most)
    found = _counted(chosen, weights, name=folder.name, tell=tell)
    left_out = [name for name, _ in listing.bad] + [file.name for file in listing.files if shown(file.name) in known]
    for ending, count in by_ending(left_out):
        found.others[ending] += count
    return FolderSurvey(
        classes=listing.classes,
        parts=listing.parts,
        train=round(found.images["train"]),
        validation=round(found.images["validation"]),
        test=round(found.images["test"]),
        sizes=tuple(found.sizes.most_common()),
        formats=tuple(found.formats.most_common()),
        modes=tuple(found.modes.most_common()),
        probed=len(chosen),
        unreadable=len(chosen) - found.sizes.total(),
        others=tuple(sorted(((each, round(n)) for each, n in found.others.items()), key=lambda other: -other[1])),
        exact=len(chosen) == len(files),
    )


@dataclass(slots=True)
class _Counts:
    """What headers say; images and others in numbers of files, those that were not opened included."""

    images: defaultdict[Part, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    others: defaultdict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    sizes: Counter[Size] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    modes: Counter[str] = field(default_factory=Counter)


def _counted(files: Sequence[Listed], weights: Mapping[str, Fraction], *, name: str, tell: Tell) -> _Counts:
    """Look into the headers of files, each of which stands for as many as the weight of its ending says."""
    found = _Counts()
    with quiet_pillow():
        for number, file in enumerate(files):
            if number % _TELL_EVERY == 0:
                tell(Reading(f"looking into {name}", number, len(files), "files"))
            header, ending = _header(file.path), ending_of(file.name)
            if header is None:
                found.others[ending] += weights[ending]
                continue
            found.images[file.part] += weights[ending]
            size, form, mode = header
            found.sizes[size] += 1
            found.formats[form] += 1
            found.modes[mode] += 1
    return found


def _spread(files: Sequence[Listed], *, most: int | None) -> tuple[list[Listed], dict[str, Fraction]]:
    """Return files of every ending, spread evenly, and for how many each file of an ending stands."""
    by_end: dict[str, list[Listed]] = {}
    for file in files:
        by_end.setdefault(ending_of(file.name), []).append(file)
    chosen: list[Listed] = []
    weights: dict[str, Fraction] = {}
    for ending, same in by_end.items():
        few = len(files) if most is None else max(1, most * len(same) // len(files))
        taken = same[:: -(-len(same) // few)]
        weights[ending] = Fraction(len(same), len(taken))
        chosen += taken
    return chosen, weights


def image_names(folder: Path, images: Images) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Return the files that training and test images came from, by their names in the folder; None: it has changed.

    The order of the images is made again by the rule that made it.
    """
    listing = list_folder(folder, strict=False)
    skipped = {each.partition(": ")[0] for each in images.skipped}
    found = [Hashed(file, "") for file in listing.files if shown(file.name) not in skipped]
    parts_with_images = {each.file.part for each in found if listing.classes[each.file.label] in images.classes}
    listing, files = narrowed(listing, found, classes=images.classes, parts=parts_with_images)
    try:
        order = arrange(listing, files, name=folder.name)
    except DataError:
        return None
    parts = ((order.train, images.train_labels), (order.test, images.test_labels))
    if any([files[at].file.label for at in order] != labels.tolist() for order, labels in parts):
        return None
    train, test = (tuple(shown(files[at].file.name) for at in order) for order, _ in parts)
    return train, test


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        beside = folder.absolute().parent
        names = [path.name for path in beside.iterdir() if path.is_dir()] if beside.is_dir() else []
        wrong = f"there is no folder {shown(str(folder))}" if not folder.exists() else f"{shown(str(folder))} is a file"
        raise DataError("data.source", wrong=wrong, allowed=LAYOUT, nearest=nearest(folder.name, names))


def _header(path: str) -> tuple[Size, str, str] | None:
    """Return size, format and mode of an image; None where a file is none."""
    from PIL import Image  # noqa: PLC0415 - needed by few commands

    try:
        with Path(path).open("rb") as file, Image.open(file, formats=FORMATS) as image:
            found = str(image.format), image.mode
            file.seek(0)
            size = size_in_header(file)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    return (size, *found) if size is not None else None


def folder_path(source: str, *, base_dir: Path) -> Path:
    """Return the folder that "folder:PATH" means."""
    named = source.partition(":")[2]
    return base_dir / os.path.expanduser(named)  # noqa: PTH111 - Path.expanduser raises where there is no home


def sensible_size(folder: FolderSurvey) -> int:
    """Return a side that suits the images of a folder: at most 64 pixels, and no more than most images have."""
    return sensible_side(folder.shorter)
