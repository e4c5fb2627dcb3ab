"""The contract of images of one's own: the same every time, in order, and pixels."""

import hashlib
from collections import Counter
from pathlib import Path

import numpy as np

from paribus.core import DataError
from paribus.data import Images, load_images, make_images, read_object
from paribus.study import DataSpec, is_code
from paribus.testing.contract import Contract, Finding, bad, contract, good
from paribus.train import apart

_DARK = 64  # brightest pixel below which something is probably scaled wrongly
_SHOWN = 5  # names that one sentence lists
_BLANK_SHARE = 0.01  # one image in a hundred without any contrast is not worth a word


def check_source(source: object, *, base_dir: Path = Path(), resize: int | None = None) -> Contract:
    """Read images twice, and say what speaks for and against studying them.

    A file's code runs twice, each time in a process of its own; an object is read twice in this one.

    Args:
        source: "FILE.py:NAME" or any other source of a study file, or what NAME may be: a function without
            arguments, a dataset, (train, test), or {"train": ..., "test": ..., "validation": ..., "classes": [...]}.
        base_dir: where the path of a file starts.
        resize: as in the study file; images of several sizes need it.

    Returns:
        What holds and what does not: the same images in both readings; shapes; classes and their counts; images that
        are in two parts, or twice with different labels; contrast and brightness.

    Raises:
        DataError: there is no such file, or no such source.
    """
    name = source if isinstance(source, str) else getattr(source, "__name__", type(source).__name__)
    if isinstance(source, str) and is_code(source):
        _must_exist(source, base_dir=base_dir, resize=resize)
    elif isinstance(source, str):
        # nobody's code: whatever is wrong is said as it always is
        return contract(name, _findings(*(_read(source, name, base_dir=base_dir, resize=resize) for _ in range(2))))
    try:
        first, second = (_read(source, name, base_dir=base_dir, resize=resize) for _ in range(2))
    except DataError as error:
        return Contract(name, against=(_sentence(error),))
    return contract(name, _findings(first, second))


def _must_exist(source: str, *, base_dir: Path, resize: int | None) -> None:
    if not (base_dir / source.rpartition(":")[0]).is_file():
        load_images(DataSpec(source=source, resize=resize), base_dir=base_dir)  # raises, naming what is beside it


def _read(source: object, name: str, *, base_dir: Path, resize: int | None) -> Images:
    if isinstance(source, str):
        return load_images(DataSpec(source=source, resize=resize), base_dir=base_dir, isolate=apart)
    return make_images(name, read_object(source, name=name, resize=resize))


def _sentence(error: DataError) -> str:
    parts = [error.wrong, f"did you mean {error.nearest}?" if error.nearest else ""]
    parts += [f"allowed: {error.allowed}" if error.allowed else ""]
    return "; ".join(part for part in parts if part)


def _findings(first: Images, second: Images) -> list[Finding]:
    channels, height, width = first.image_shape
    counts = f"{len(first.train_images):,} training and {len(first.test_images):,} test images"
    return [
        good(f"{counts} of {channels} x {height} x {width} (channels, height, width), 8 bits"),
        _repeatable(first, second),
        *_classes(first),
        *_overlaps(first),
        _contradictions(first),
        *_pixels(first),
    ]


def _repeatable(first: Images, second: Images) -> Finding:
    if first.fingerprint == second.fingerprint:
        return good("two readings give the same pixels and labels, in the same order")
    if _counted(first) == _counted(second):
        return bad(
            "two readings give the same images in another order, which changes splits and runs: sort them (the order "
            "of os.listdir, glob and sets is no order)"
        )
    differ = "labels" if _same_pixels(first, second) else "pixels"
    return bad(
        f"two readings give other {differ}, so every run would be another run: draw from a generator with a seed of "
        'its own, for example numpy.random.default_rng(0), and leave random augmentation to "augment" in [train]'
    )


def _rows(images: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> list[bytes]:
    """Return a digest of each image: equal digests are equal pixels (128 bits)."""
    return [hashlib.blake2b(np.ascontiguousarray(image).data, digest_size=16).digest() for image in images]


def _counted(images: Images) -> Counter[tuple[bytes, int]]:
    pairs = zip(_rows(images.train_images), images.train_labels.tolist(), strict=True)
    more = zip(_rows(images.test_images), images.test_labels.tolist(), strict=True)
    return Counter([*pairs, *more])


def _same_pixels(first: Images, second: Images) -> bool:
    return np.array_equal(first.train_images, second.train_images) and np.array_equal(
        first.test_images, second.test_images
    )


def _classes(images: Images) -> list[Finding]:
    findings = []
    count = len(images.classes)
    train = np.bincount(images.train_labels, minlength=count)
    test = np.bincount(images.test_labels, minlength=count)
    absent = {"training": (train == 0), "test": (test == 0) & (train > 0)}
    for part, missing in absent.items():
        places = np.flatnonzero(missing)
        if len(places):
            names = _listed([f"{place} ({images.classes[place]})" for place in places])
            hint = "; do labels start at 1? They start at 0" if part == "training" and places.tolist() == [0] else ""
            findings.append(bad(f"no {part} images of class {names}{hint}"))
    if count == 1:
        findings.append(bad("there is one class: nothing can be told apart"))
    if not findings:
        low, high = int(train.min()), int(train.max())
        findings.append(
            good(f"{count} classes, each with {low:,} to {high:,} training images, and all in the test set")
        )
    return findings


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def _overlaps(images: Images) -> list[Finding]:
    """Compare parts pixel for pixel: an image that trains must not judge."""
    given = images.given_validation
    end = len(images.train_images) - given
    train = {row: index for index, row in enumerate(_rows(images.train_images[:end]))}
    parts = {"test": images.test_images}
    if given:
        parts["validation"] = images.train_images[end:]
    findings = []
    for part, others in parts.items():
        shared = [(index, train[row]) for index, row in enumerate(_rows(others)) if row in train]
        if shared:
            index, trained = shared[0]
            findings.append(
                bad(
                    f"{len(shared):,} of {len(others):,} {part} images are training images, pixel for pixel ({part} "
                    f"image {index} is training image {trained}): take them out of one of both"
                )
            )
        else:
            findings.append(good(f"no {part} image is a training image, pixel for pixel"))
    return findings


def _contradictions(images: Images) -> Finding:
    seen: dict[bytes, int] = {}
    contrary = [
        index
        for index, (row, label) in enumerate(zip(_rows(images.train_images), images.train_labels.tolist(), strict=True))
        if seen.setdefault(row, label) != label
    ]
    if not contrary:
        return good("no training image is there twice with different labels")
    label = images.classes[int(images.train_labels[contrary[0]])]
    return bad(
        f"{len(contrary):,} training images are there before with another label (the first is number {contrary[0]}, "
        f"labelled {label} now): nothing can learn both"
    )


def _pixels(images: Images) -> list[Finding]:
    train = images.train_images.reshape(len(images.train_images), -1)
    blank = int((train.min(axis=1) == train.max(axis=1)).sum())
    brightest = int(train.max())
    if blank == len(train):
        return [bad("all training images are blank: every pixel of an image has one value")]
    findings = []
    if brightest < _DARK:
        found = f"the brightest training pixel is {brightest} of 255"
        findings.append(bad(f"{found}: were pixels scaled to 0..1 or 0..{brightest}? Paribus takes 0 to 255"))
    if blank > _BLANK_SHARE * len(train):
        findings.append(bad(f"{blank:,} of {len(train):,} training images are blank: one value everywhere"))
    if not findings:
        findings.append(
            good(f"pixels from {int(train.min())} to {brightest}; {blank or 'no'} training images are blank")
        )
    return findings
