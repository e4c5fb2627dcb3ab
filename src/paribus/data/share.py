"""Decoded arrays on disk, mapped into memory by every worker: one copy of the images for all of them."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from paribus.core import DataError, FileFact
from paribus.data.folders import cache_folder, temporary_folder
from paribus.data.images import Arrays, Images, Integers, Paths, Pixels, fingerprint

_PARTS = ("train-images", "train-labels", "test-images", "test-labels")


@dataclass(frozen=True, slots=True)
class SharedImages:
    """Where decoded images lie, and all that is known of them but the pixels: small, and picklable.

    Attributes:
        paths: .npy files of training images, training labels, test images, test labels.
        given_validation: as in Images.
    """

    source: str
    classes: tuple[str, ...]
    files: tuple[FileFact, ...]
    fingerprint: str
    test_fingerprint: str
    paths: Paths
    given_validation: int = 0


def share_images(images: Images, *, folder: Path | None = None) -> SharedImages:
    """Write images once, named by their fingerprint, and say where they are.

    Files that are there already, those that the images came from first, are used when their content has the
    fingerprint, and else written again. A file appears whole or not at all. Where the folder cannot be written,
    a temporary one that lives as long as this process is used.

    Args:
        images: what to share.
        folder: in place of `arrays` in the cache folder.

    Raises:
        DataError: when there is no room in the temporary folder either.
    """
    if images.paths is not None and _is_intact(images.paths, images):
        paths = images.paths
    else:
        try:
            paths = _write(images, folder if folder is not None else cache_folder() / "arrays")
        except OSError:
            paths = _write_temporary(images)
    return SharedImages(
        images.source,
        images.classes,
        images.files,
        images.fingerprint,
        images.test_fingerprint,
        paths,
        given_validation=images.given_validation,
    )


def open_images(shared: SharedImages) -> Images:
    """Map shared images into memory, read-only: processes that open the same files share their pages.

    Every process reads all of it once, to compare it with the fingerprint: 0.03 s for MNIST, 0.1 s for CIFAR-10.

    Raises:
        DataError: when a file is gone, is not an array, or is not what was shared.
    """
    names = ", ".join(str(path) for path in shared.paths)
    try:
        arrays = open_arrays(shared.paths)
    except (OSError, ValueError) as error:
        raise DataError(names, wrong=f"shared images cannot be opened: {error}", allowed="what was shared") from error
    if fingerprint(arrays, given_validation=shared.given_validation) != shared.fingerprint:
        raise DataError(names, wrong="shared images were changed on disk", allowed="run again: they are written anew")
    return Images(
        shared.source,
        *arrays,
        classes=shared.classes,
        files=shared.files,
        fingerprint=shared.fingerprint,
        test_fingerprint=shared.test_fingerprint,
        given_validation=shared.given_validation,
        paths=shared.paths,
    )


def _write_temporary(images: Images) -> Paths:
    try:
        return _write(images, temporary_folder())
    except OSError as error:
        wrong = f"decoded images cannot be written to the cache, nor here: {error.strerror or error}"
        allowed = "a folder with room for them: PARIBUS_CACHE"
        raise DataError(tempfile.gettempdir(), wrong=wrong, allowed=allowed) from error


def _write(images: Images, folder: Path) -> Paths:
    folder.mkdir(parents=True, exist_ok=True)
    train, train_labels, test, test_labels = (folder / f"{images.fingerprint[:32]}-{part}.npy" for part in _PARTS)
    paths = (train, train_labels, test, test_labels)
    if not _is_intact(paths, images):
        _save(train, images.train_images)
        _save(train_labels, images.train_labels)
        _save(test, images.test_images)
        _save(test_labels, images.test_labels)
    return paths


def _is_intact(paths: Paths, images: Images) -> bool:
    try:
        return fingerprint(open_arrays(paths), given_validation=images.given_validation) == images.fingerprint
    except (OSError, ValueError):
        return False


def open_arrays(paths: Paths) -> Arrays:
    """Map four .npy files into memory, read-only."""
    # Views without np.memmap's own type: they are arrays everywhere, and keep the mapping alive.
    return Arrays(*(np.asarray(np.lib.format.open_memmap(path, mode="r")) for path in paths))


def _save(path: Path, array: Pixels | Integers) -> None:
    """Write beside the file and rename: other processes see the old file or the new one, whole."""
    handle, name = tempfile.mkstemp(prefix=f"{path.stem}-", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            np.save(file, array, allow_pickle=False)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
