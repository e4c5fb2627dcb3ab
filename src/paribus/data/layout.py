"""Which files of a folder are images of which class: one directory per class, with or without train, val and test."""

import errno
import os
import stat
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from paribus.core import DataError, nearest
from paribus.data.decode import quiet_pillow, size_in_header

Part = Literal["train", "validation", "test"]
Bad = tuple[str, str]
"""A file's path relative to the folder, and why it gives no image."""

MOST_BYTES = 2**30
"""Of one file: 100 megapixels of four 16-bit channels, the most that is decoded, have fewer."""

PARTS: dict[Part, tuple[str, ...]] = {
    "train": ("train", "training"),
    "validation": ("val", "valid", "validation"),
    "test": ("test", "testing"),
}
LAYOUT = "one directory per class, with the images in it, or directories train, val and test that hold such directories"
# What operating systems leave behind, besides all names that start with a dot.
_LITTER = {"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "icon\r"}
_UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}


@dataclass(frozen=True, slots=True)
class Listed:
    """A file below a class directory.

    Attributes:
        path: to open it.
        name: its path relative to the folder, with "/" between directories, in Unicode's normal form C: systems
            that write "é" as one character or as two agree on names and order.
        part, label: where it belongs.
        state: size in bytes, time of modification and of change in nanoseconds, inode.
    """

    path: str
    name: str
    part: Part
    label: int
    state: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Listing:
    """What lies in a folder of images.

    Attributes:
        classes: names of the training directories, sorted.
        parts: those that have a directory; none where the class directories lie in the folder itself.
        files: training, validation and test files, each sorted by name; whether they are images is not known.
        bad: what lies where images should be and is none, or an image where none should be.
        problems: what a study refuses; none in a listing that was made for one.
    """

    classes: tuple[str, ...]
    parts: tuple[Part, ...]
    files: tuple[Listed, ...]
    bad: tuple[Bad, ...]
    problems: tuple[DataError, ...] = ()


def list_folder(root: Path, *, strict: bool = True) -> Listing:
    """Return the files of a folder and their classes; opens none but those beside the class directories.

    Links are followed; one that leads nowhere, or to a folder that has been read already, is bad.

    Args:
        root: the folder.
        strict: as a study has it. Else directories that it would refuse are left out, and listed as problems.

    Raises:
        DataError: a directory cannot be read, or the layout is none that is known.
    """
    bad: list[Bad] = []
    problems: list[DataError] = []

    def complain(problem: DataError) -> None:
        if strict:
            raise problem
        problems.append(problem)

    top = _read(root, root, bad=bad)
    homes = _homes(root, top, complain=complain)
    files: list[Listed] = []
    classes: tuple[str, ...] = ()
    for part, home in homes.items():
        inside = top if home == root else _read(root, home, bad=bad)
        bad += [(name_of(root, path), "lies beside the class directories") for path in _images(inside.files)]
        named = _class_directories(home, inside.directories, complain=complain if classes else _raise)
        classes = classes or tuple(named)
        _check_classes(home, named, classes=classes, complain=complain)
        found = [
            Listed(path, name_of(root, path), part, classes.index(label), state)
            for label, directory in named.items()
            if label in classes
            for path, state in _below(root, directory, home=home, bad=bad)
        ]
        files += sorted(found, key=lambda file: (file.name, file.path))
    if root not in homes.values():
        bad += [(name_of(root, path), "lies beside the class directories") for path in _images(top.files)]
    parts = tuple(homes) if root not in homes.values() else ()
    return Listing(classes, parts, tuple(files), tuple(bad), tuple(problems))


def name_of(root: Path, path: str) -> str:
    """Return a path relative to the folder: "/" between directories, in Unicode's normal form C."""
    return unicodedata.normalize("NFC", Path(os.path.relpath(path, root)).as_posix())


def shown(name: str) -> str:
    """Return a name that can be printed on one line: control characters and broken UTF-8 are written as escapes."""
    return "".join(
        char.encode("unicode_escape").decode("ascii") if unicodedata.category(char) in _UNPRINTABLE else char
        for char in name
    )


@dataclass(frozen=True, slots=True)
class _Directory:
    directories: list[str]
    files: list[tuple[str, os.stat_result]]


def _read(root: Path, path: Path | str, *, bad: list[Bad]) -> _Directory:
    """Return the directories and files in a directory, sorted by name; what is neither is bad."""
    found = _Directory([], [])
    try:
        with os.scandir(path) as entries:
            inside = sorted((each for each in entries if not _is_litter(each.name)), key=lambda each: each.name)
    except OSError as error:
        raise _unreadable(path, error) from error
    for entry in inside:
        try:
            state = entry.stat()
        except OSError as error:
            bad.append((name_of(root, entry.path), _lost(entry, error)))
            continue
        if stat.S_ISDIR(state.st_mode):
            found.directories.append(entry.path)
        elif stat.S_ISREG(state.st_mode):
            found.files.append((entry.path, state))
        else:
            bad.append((name_of(root, entry.path), "is no file, but a device or a pipe"))
    return found


def _is_litter(name: str) -> bool:
    return name.startswith(".") or name.lower() in _LITTER


def _lost(entry: os.DirEntry[str], error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "is a link that leads to itself"
    if error.errno == errno.ENOENT and entry.is_symlink():
        return "is a link that leads nowhere"
    return f"cannot be read: {error.strerror or error}"


def _raise(problem: DataError) -> None:
    raise problem


def _homes(root: Path, top: _Directory, *, complain: Callable[[DataError], None]) -> dict[Part, Path]:
    """Return the directory that holds the class directories of each part; the folder itself where there are none.

    A directory called "train" that holds images and no directories is a class.
    """
    named = {Path(path).name: Path(path) for path in top.directories}
    parts = {name: part for part, names in PARTS.items() for name in named if name.lower() in names}
    if not any(_read(root, named[name], bad=[]).directories for name in parts):
        return {"train": root}
    odd = sorted(set(named) - set(parts))
    if odd:
        wrong = f"{_quoted(root)} has {_several(parts)}, and beside them {_several(odd)}"
        allowed = f"directories train, val and test and no others: move or remove {_the_directory(odd)}"
        complain(DataError("data.source", wrong=wrong, allowed=allowed))
    if len(set(parts.values())) < len(parts):
        wrong = f"{_quoted(root)} has {_several(parts)}: two of them mean the same"
        raise DataError("data.source", wrong=wrong, allowed=LAYOUT)
    if "train" not in parts.values():
        wrong = f"{_quoted(root)} has {_several(parts)}, but no directory train"
        raise DataError("data.source", wrong=wrong, allowed=LAYOUT)
    by_part = {part: named[name] for name, part in parts.items()}
    return {part: by_part[part] for part in PARTS if part in by_part}


def _class_directories(home: Path, directories: list[str], *, complain: Callable[[DataError], None]) -> dict[str, str]:
    """Return class name -> directory, sorted by name; `complain` hears when there is none."""
    named: dict[str, str] = {}
    for path in directories:
        name = shown(unicodedata.normalize("NFC", Path(path).name))
        if name in named:
            wrong = f"{_quoted(home)} has two directories called {name!r}, spelled in different Unicode characters"
            raise DataError("data.source", wrong=wrong, allowed="one directory per class")
        named[name] = path
    if not named:
        wrong = f"{_quoted(home)} holds no directories: the class of an image is the directory that it lies in"
        complain(DataError("data.source", wrong=wrong, allowed=LAYOUT))
    return {name: named[name] for name in sorted(named)}


def _check_classes(
    home: Path, found: Iterable[str], *, classes: tuple[str, ...], complain: Callable[[DataError], None]
) -> None:
    """Complain of fewer than two classes, and of names that no training directory has."""
    if len(classes) < 2:
        wrong = f"{_quoted(home)} has one class directory, {classes[0]}"
        complain(DataError("data.source", wrong=wrong, allowed="two classes or more: " + LAYOUT))
    odd = [name for name in found if name not in classes]
    if odd:
        wrong = f"{_quoted(home)} has {_several(odd)}: no training images are called so"
        allowed = f"the training classes ({_several(classes)}): rename or remove {_the_directory(odd)} in {home.name}"
        complain(DataError("data.source", wrong=wrong, allowed=allowed, nearest=nearest(odd[0], classes)))


def _below(
    root: Path, directory: str, *, home: Path, bad: list[Bad]
) -> Iterator[tuple[str, tuple[int, int, int, int]]]:
    """Yield all files below a class directory with their states; each directory is read once, however it is linked."""
    read = {_identity(root), _identity(home)}
    waiting = [directory]
    while waiting:
        path = waiting.pop()
        identity = _identity(path)
        if identity in read:
            bad.append((name_of(root, path), "is a link to a folder that is read already"))
            continue
        read.add(identity)
        inside = _read(root, path, bad=bad)
        waiting += inside.directories
        for file, state in inside.files:
            if state.st_size > MOST_BYTES:
                bad.append((name_of(root, file), f"is larger than {MOST_BYTES // 2**30} GiB"))
            else:
                yield file, (state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino)


def _identity(path: Path | str) -> tuple[int, int]:
    try:
        state = os.stat(path)  # noqa: PTH116 - a string as often as a path
    except OSError as error:
        raise _unreadable(path, error) from error
    return state.st_dev, state.st_ino


def _unreadable(path: Path | str, error: OSError) -> DataError:
    wrong = f"{_quoted(path)} cannot be read: {error.strerror or error}"
    return DataError("data.source", wrong=wrong, allowed="a folder that you may read")


def _images(files: list[tuple[str, os.stat_result]]) -> Iterator[str]:
    """Yield those of the files that begin as images."""
    for path, _ in files:
        try:
            with Path(path).open("rb") as file, quiet_pillow():
                found = size_in_header(file)
        except OSError:
            continue
        if found:
            yield path


def _quoted(path: Path | str) -> str:
    return shown(str(path))


def _the_directory(names: list[str]) -> str:
    return f"the director{'y' if len(names) == 1 else 'ies'} {_several(names)}"


def _several(names: Iterable[str]) -> str:
    """Return up to ten names, and how many more there are."""
    listed = [shown(name) for name in names]
    return ", ".join(listed[:10]) + (f" and {len(listed) - 10:,} more" if len(listed) > 10 else "")
