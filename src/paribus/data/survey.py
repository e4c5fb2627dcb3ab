"""What lies in a folder of images, found out from names and headers: nothing is decoded."""

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from paribus.core import DataError, nearest
from paribus.data.arrange import arrange
from paribus.data.decode import FORMATS, quiet_pillow, size_in_header
from paribus.data.images import Images
from paribus.data.index import Hashed
from paribus.data.layout import LAYOUT, Part, list_folder, shown
from paribus.data.telling import Reading, Tell, tell_nobody

_TELL_EVERY = 200  # files
_SIDES = (8, 16, 24, 32, 48, 64)
Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class FolderSurvey:
    """A folder of images before it is decoded.

    Attributes:
        classes: names of the class directories, sorted.
        parts: those that have a directory of their own; none where the class directories lie in the folder itself.
        train, validation, test: files in the class directories of each part, readable or not.
        sizes: (width, height) and how many images have it, the commonest first; upright, as EXIF says.
        formats, modes: likewise ("JPEG", "RGB").
        probed: how many files the last three are counted from.
        unreadable: how many of those have no header of an image.
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


def survey_folder(folder: Path, *, most: int | None = None, tell: Tell = tell_nobody) -> FolderSurvey:
    """Return what a folder of images holds.

    Args:
        folder: class directories, or `train`, `val` and `test` with class directories in them.
        most: look into the headers of so many files only, spread evenly over all; None: of all.
        tell: hears how many headers have been read.

    Raises:
        DataError: no such folder, or its layout is none that is known.
    """
    _check_folder(folder)
    listing = list_folder(folder)
    counts = Counter(file.part for file in listing.files)
    step = max(1, -(-len(listing.files) // most)) if most else 1
    chosen = listing.files[::step]
    sizes, formats, modes = Counter[Size](), Counter[str](), Counter[str]()
    with quiet_pillow():
        for number, file in enumerate(chosen):
            if number % _TELL_EVERY == 0:
                tell(Reading(f"looking into {folder.name}", number, len(chosen), "files"))
            header = _header(file.path)
            if header is not None:
                sizes[header[0]] += 1
                formats[header[1]] += 1
                modes[header[2]] += 1
    return FolderSurvey(
        classes=listing.classes,
        parts=listing.parts,
        train=counts["train"],
        validation=counts["validation"],
        test=counts["test"],
        sizes=tuple(sizes.most_common()),
        formats=tuple(formats.most_common()),
        modes=tuple(modes.most_common()),
        probed=len(chosen),
        unreadable=len(chosen) - sizes.total(),
    )


def image_names(folder: Path, images: Images) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Return the files that training and test images came from, by their names in the folder; None: it has changed.

    The order of the images is made again by the rule that made it.
    """
    listing = list_folder(folder)
    skipped = [each.partition(": ")[0] for each in images.skipped]
    files = [Hashed(file, "") for file in listing.files if shown(file.name) not in skipped]
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
    return max((size for size in _SIDES if size <= folder.shorter), default=_SIDES[0])
