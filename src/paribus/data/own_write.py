"""The parts of a user's own source, put together and written as four arrays."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from paribus.core import Streams, digest
from paribus.data.images import Integers, Pixels, array_digest, resized
from paribus.data.own_labels import settle_classes
from paribus.data.own_origin import Origin
from paribus.data.own_value import NAMES, Parts
from paribus.data.sides import sensible_side
from paribus.data.split import stratified_order

FILES = ("train-images.npy", "train-labels.npy", "test-images.npy", "test-labels.npy")
_TEST_SHARE = 0.2  # as of the built-in digits


@dataclass(frozen=True, slots=True)
class Written:
    """What is known of the arrays that were written; attributes as those of Collected."""

    classes: tuple[str, ...]
    given_validation: int
    test_fingerprint: str


def write_parts(found: Parts, *, folder: Path, resize: int | None, origin: Origin) -> Written:
    """Write training images (validation images last), training labels, test images and test labels.

    Images of one shape are written as they are. Where shapes differ, each is resized: the centred square, scaled.

    Raises:
        DataError: labels belong to no class, or shapes differ and there is no size.
    """
    labels = {NAMES[name]: part.labels for name, part in found.parts.items()}
    classes, settled = settle_classes(labels, found.classes, origin=origin)
    images = {NAMES[name]: part.images for name, part in found.parts.items()}
    if "test" not in images:
        _set_test_aside(images, settled, origin=origin)
    size = _common_size(images, resize=resize, origin=origin)
    train = [images["training"], *([images["validation"]] if "validation" in images else [])]
    train_labels = [settled["training"], *([settled["validation"]] if "validation" in images else [])]
    with origin.told("its images cannot be written to the temporary folder (TMPDIR names another)"):
        _write(folder / FILES[0], train, size=size)
        np.save(folder / FILES[1], np.concatenate(train_labels), allow_pickle=False)
        _write(folder / FILES[2], [images["test"]], size=size)
        np.save(folder / FILES[3], settled["test"], allow_pickle=False)
    given = len(settled["validation"]) if "validation" in images else 0
    return Written(classes, given, _test_fingerprint(images["test"], settled["test"]) if size else "")


def _set_test_aside(images: dict[str, Pixels | list[Pixels]], labels: dict[str, Integers], *, origin: Origin) -> None:
    """Take a fifth of the training images for a test set: stratified, the same for every seed."""
    all_images, all_labels = images["training"], labels["training"]
    count = int(_TEST_SHARE * len(all_labels) + 0.5)
    if not 0 < count < len(all_labels):
        wrong = f"{len(all_labels)} images are too few to set a fifth aside as a test set"
        raise origin.refuse(wrong, allowed="more images, or (train, test)")
    order = stratified_order(all_labels, key=Streams(seed=0, vary=()).key("split", 0))
    for name, index in (("test", np.sort(order[:count])), ("training", np.sort(order[count:]))):
        whole = isinstance(all_images, np.ndarray)
        images[name] = all_images[index] if whole else [all_images[i] for i in index]
        labels[name] = all_labels[index]


def _common_size(images: dict[str, Pixels | list[Pixels]], *, resize: int | None, origin: Origin) -> int | None:
    """Return the size that every image must be given here, or None where all have one shape."""
    shapes: dict[tuple[int, ...], str] = {}
    for name, part in images.items():
        for index, shape in enumerate(each.shape for each in part):
            shapes.setdefault(shape, f"{name} image {index}")
    if len(shapes) == 1:
        return None
    some = "; ".join(f"{where} is {' x '.join(map(str, shape))}" for shape, where in list(shapes.items())[:3])
    wrong = f"images have {len(shapes)} shapes (channels, height, width): {some}"
    if len({shape[0] for shape in shapes}) > 1:
        raise origin.refuse(wrong, allowed='as many channels everywhere: image.convert("RGB"), or "L"')
    if resize is None:
        sides = sorted(min(each.shape[1:]) for part in images.values() for each in part)
        size = sensible_side(sides[(len(sides) - 1) // 2])
        raise origin.refuse(wrong, allowed=f"one shape, or resize = {size} in [data]: a size for all")
    return resize


def _write(path: Path, parts: list[Pixels | list[Pixels]], *, size: int | None) -> None:
    """Write images one after another: there is never a second copy of them in memory."""
    channels, height, width = parts[0][0].shape
    shape = (sum(len(part) for part in parts), channels, size or height, size or width)
    out = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
    for index, image in enumerate(_each(parts)):
        out[index] = image if size is None else resized(image[np.newaxis], size=size)[0]
    out.flush()


def _each(parts: list[Pixels | list[Pixels]]) -> Iterator[Pixels]:
    return chain.from_iterable(iter(part) for part in parts)


def _test_fingerprint(images: Pixels | list[Pixels], labels: Integers) -> str:
    """Return the digest of test images before they are resized: of the arrays where they have one shape."""
    if len({each.shape for each in images}) == 1:
        return array_digest(np.stack(list(images)), labels)
    return digest([*(array_digest(each) for each in images), array_digest(labels)])
