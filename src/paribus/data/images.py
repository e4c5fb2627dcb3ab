"""Images in memory: one frozen value for a training set and a test set, known by what is in it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from paribus.core import DataError, FileFact, digest

Pixels = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]
Paths = tuple[Path, Path, Path, Path]
_Array = TypeVar("_Array", Pixels, Integers)


@dataclass(frozen=True, eq=False, slots=True)
class Images:
    """A data set in memory; all arrays are read-only.

    Attributes:
        source: as in the study file.
        train_images: uint8 [N, C, H, W].
        train_labels: int64 [N], from 0 to the number of classes less one.
        test_images, test_labels: likewise.
        classes: names, in the order of the labels.
        files: where the images came from.
        fingerprint: digest of the four arrays, their shapes included.
        test_fingerprint: digest of the test images and labels as they were before `resize`, so that looking
            at the same test images in another size is counted as another look at the same test set.
        given_validation: how many training images, the last ones, the source sets aside for validation itself;
            `validation = "given"` uses them, any other takes them for training images like the rest.
        skipped: files that were left out, each with its reason ("cats/7.png: is no image").
        paths: .npy files in which the arrays lie already, in their order; None where there are none.
    """

    source: str
    train_images: Pixels
    train_labels: Integers
    test_images: Pixels
    test_labels: Integers
    classes: tuple[str, ...]
    files: tuple[FileFact, ...]
    fingerprint: str
    test_fingerprint: str
    given_validation: int = 0
    skipped: tuple[str, ...] = ()
    paths: Paths | None = None

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """C, H, W."""
        _, channels, height, width = self.train_images.shape
        return channels, height, width


class Arrays(NamedTuple):
    """What a reader returns: training and test images (uint8 [N, C, H, W]) and labels (int64 [N])."""

    train_images: Pixels
    train_labels: Integers
    test_images: Pixels
    test_labels: Integers


@dataclass(frozen=True, eq=False, slots=True)
class Collected:
    """What the reader of a source brings, not checked yet; attributes as those of Images.

    A reader that resizes gives the fingerprint of the test images as they were before; "" means: as they are.
    """

    arrays: Arrays
    classes: tuple[str, ...]
    files: tuple[FileFact, ...] = ()
    given_validation: int = 0
    skipped: tuple[str, ...] = ()
    paths: Paths | None = None
    test_fingerprint: str = ""


def make_images(source: str, collected: Collected, *, test_fingerprint: str = "") -> Images:
    """Check what was collected, freeze and fingerprint it.

    Args:
        source: as in the study file.
        collected: images uint8 [N, C, H, W]; labels int64 [N].
        test_fingerprint: computed from the test arrays when empty.

    Raises:
        DataError: where shapes, types or labels do not fit together.
    """
    train, train_labels, test, test_labels = collected.arrays
    classes, given = collected.classes, collected.given_validation
    frozen = Arrays(_read_only(train), _read_only(train_labels), _read_only(test), _read_only(test_labels))
    _check(source, frozen.train_images, frozen.train_labels, classes=classes, part="training")
    _check(source, frozen.test_images, frozen.test_labels, classes=classes, part="test")
    if frozen.train_images.shape[1:] != frozen.test_images.shape[1:]:
        shapes = f"{frozen.train_images.shape[1:]} and {frozen.test_images.shape[1:]}"
        raise DataError(source, wrong=f"training and test images differ in shape: {shapes}")
    return Images(
        source,
        *frozen,
        classes=classes,
        files=collected.files,
        fingerprint=fingerprint(frozen, given_validation=given),
        test_fingerprint=test_fingerprint or array_digest(frozen.test_images, frozen.test_labels),
        given_validation=given,
        skipped=collected.skipped,
        paths=collected.paths,
    )


def fingerprint(arrays: Arrays, *, given_validation: int) -> str:
    """Return the digest of a data set: its four arrays and, where the source has one, its own validation split."""
    found = array_digest(*arrays)
    return digest([found, given_validation]) if given_validation else found


def array_digest(*arrays: Pixels | Integers) -> str:
    """Return the SHA-256 of arrays: type and shape in words, then the values, little-endian, row by row."""
    found = hashlib.sha256()
    for array in arrays:
        plain = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        found.update(f"{plain.dtype.str}{plain.shape};".encode())
        found.update(plain.reshape(-1).view(np.uint8).data)
    return found.hexdigest()


def resized(images: Pixels, *, size: int) -> Pixels:
    """Return images [N, C, size, size]: the centred square, scaled so that the shorter side has the size.

    Each channel by Pillow's bilinear filter, with 8-bit results; where an image is made smaller the filter is
    widened by the same factor (every pixel counts). Images that have the size already are returned as is.
    """
    count, channels, height, width = images.shape
    if (height, width) == (size, size):
        return images
    from PIL import Image  # noqa: PLC0415 - needed by few studies

    planes = images.reshape(count * channels, height, width)
    try:
        out = np.empty((count * channels, size, size), dtype=np.uint8)
    except MemoryError as error:
        wrong = f"{count:,} images of {size} x {size} need {count * channels * size**2 / 2**30:.0f} GiB of memory"
        raise DataError("data.resize", wrong=wrong, allowed="a smaller size") from error
    left, upper, right, lower = centred_square(width, height)
    for index, plane in enumerate(planes):
        square = np.ascontiguousarray(plane[upper:lower, left:right])  # resize's own `box` looks beyond its edges
        out[index] = Image.fromarray(square).resize((size, size), Image.Resampling.BILINEAR)
    return out.reshape(count, channels, size, size)


def centred_square(width: int, height: int) -> tuple[int, int, int, int]:
    """Return left, upper, right, lower of the largest square in the middle; odd pixels are cut at the far end."""
    side = min(width, height)
    left, upper = (width - side) // 2, (height - side) // 2
    return left, upper, left + side, upper + side


def _read_only(array: _Array) -> _Array:
    view = array.view()
    view.setflags(write=False)
    return view


def _check(source: str, images: Pixels, labels: Integers, *, classes: tuple[str, ...], part: str) -> None:
    if images.dtype != np.uint8 or images.ndim != 4 or 0 in images.shape:
        wrong = f"{part} images are {images.dtype} {images.shape}"
        raise DataError(source, wrong=wrong, allowed="uint8 [N, C, H, W], none of them 0")
    if labels.dtype != np.int64 or labels.shape != images.shape[:1]:
        wrong = f"{part} labels are {labels.dtype} {labels.shape} for {len(images)} images"
        raise DataError(source, wrong=wrong, allowed="int64 [N], one label per image")
    if labels.min() < 0 or labels.max() >= len(classes):
        wrong = f"{part} labels go from {labels.min()} to {labels.max()}"
        raise DataError(source, wrong=wrong, allowed=f"0 to {len(classes) - 1}, one for each class")
