"""A first study of somebody's own images: looked at quickly, then a built-in study made to fit them."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from paribus.core import DataError, StudyError, nearest
from paribus.data import (
    SOURCES,
    FolderSurvey,
    Images,
    Tell,
    counted_endings,
    folder_path,
    load_images,
    sensible_size,
    survey_folder,
)
from paribus.lab.about_images import Start
from paribus.lab.naming import misnamed
from paribus.lab.progress import Snapshot, Watch, watch_nothing
from paribus.lab.scaling import load_scaled
from paribus.lab.showing import source_of
from paribus.study import (
    BUILT_IN_SOURCES,
    DataSpec,
    Standardization,
    gallery_text,
    is_folder,
    load_gallery,
    starting_text,
)
from paribus.train import apart

OWN, FIRST = "own-images", "quickstart"
_PROBED = 4_000  # headers, of any number of files: a second or two
_LEAST_SIDE, _LARGEST = 8, 64  # pixels; three times halved, 8 are one
_RECOGNISABLE = 24  # pixels
_SHARE = 0.2  # of a folder's images are set aside for the test, of the training images for validation
_LEAST, _MOST_EPOCHS = 5, 30
# So many images of 64 x 64 pixels pass through the network of OWN in some minutes on two cores.
_IMAGES_TRAINED = 300_000
_RUNS = 15
_ACCURACY = 0.9  # at which the error of an accuracy is taken
_MARGINS = (0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0)  # pp


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the choice of a study depends on: sentences and numbers about images."""

    words: str
    resize: int | None
    given: bool
    train: int
    test: int
    pixels: int  # of one image as it is trained on
    side: int  # the shorter one of the images as they are
    notes: tuple[str, ...] = ()
    skip: bool = False  # whether a study has to leave files out


def started(
    name: str, *, data: str = "", template: str = "", folder: Path = Path(), watch: Watch = watch_nothing
) -> Start:
    """Return a study file for images.

    Args:
        name: of the study.
        data: "folder:PATH" or a folder, "FILE.py:NAME", a built-in source; "" keeps the template's.
        template: the built-in study to start from; "" chooses one.
        folder: where the file will stand: the paths in it start there.
        watch: is told how far the look at the images is.

    Raises:
        ParibusError: no such source, template or folder, or they do not fit each other.
    """
    template = template or (FIRST if not data or data in BUILT_IN_SOURCES else OWN)
    if not data:
        return Start(gallery_text(template), template, "")
    source = source_of(data)
    if source is None:
        misnaming = misnamed(data, where="--data")
        if misnaming is not None:
            raise misnaming
        near = nearest(data, [*BUILT_IN_SOURCES, *(path.name for path in Path().iterdir() if path.is_dir())])
        allowed = f'a folder of images, "FILE.py:NAME", {", ".join(BUILT_IN_SOURCES)}'
        raise StudyError("--data", wrong=f"{data!r} is no source of images", allowed=allowed, nearest=near)
    if template != OWN and load_gallery(template).base.data.source == source:
        return Start(gallery_text(template), template, source)
    seen = _look(source, tell=lambda reading: watch(Snapshot(reading.what, reading=reading)))
    changes = {"data.source": _from(source, folder=folder), **_fitted(seen, template)}
    if seen.skip:
        changes["data.on_bad_image"] = "skip"
    head = [f"Made by  paribus new  from {template}, for {source}: {seen.words}.", *seen.notes]
    if template != OWN:
        head.append("See whether these still fit the images: question, notes, layers.")
    text = starting_text(template, name=name, changes=changes, head=head, keep_remarks=template == OWN, base_dir=folder)
    return Start(text, template, source, seen.notes)


def _from(source: str, *, folder: Path) -> str:
    """Return a source as a file in the folder has to write it: relative paths start at that file."""
    if source in BUILT_IN_SOURCES:
        return source
    path, colon, name = (source.partition(":")[2], "", "") if is_folder(source) else source.rpartition(":")
    if not Path(path).is_absolute() and not path.startswith("~"):
        path = Path(os.path.relpath(path, folder)).as_posix()
    return f"folder:{path}" if is_folder(source) else f"{path}{colon}{name}"


def _fitted(seen: _Seen, template: str) -> dict[str, object]:
    """Return what changes in a built-in study beside the source."""
    if template == OWN:
        return {"data.resize": seen.resize, "data.validation": _held(seen), **_length_and_effect(seen)}
    spec = load_gallery(template).base.data
    changes: dict[str, object] = {}
    known = SOURCES.get(spec.source)
    side = spec.resize or (known.image_shape[1] if known else None)
    if seen.resize is not None or (side is not None and seen.side < side):
        # What the template's network was made for, unless that is too small for photographs.
        changes["data.resize"] = side if side is not None and side >= _RECOGNISABLE else seen.resize
    elif spec.resize is not None and known is None:
        changes["data.resize"] = None
    counted = isinstance(spec.validation, int) and spec.validation * 2 > seen.train
    if seen.given or counted or (spec.validation == "given"):
        changes["data.validation"] = _held(seen)
    if isinstance(spec.normalize, Standardization):
        changes["data.normalize"] = "train"  # the numbers were those of other images
    if spec.train_images is not None and spec.train_images > seen.train:
        changes["data.train_images"] = None
    return changes


def _length_and_effect(seen: _Seen) -> dict[str, object]:
    """Return a length of some minutes, and the least effect that so many test images can show."""
    passes = _IMAGES_TRAINED * _LARGEST**2 / seen.pixels
    epochs = max(_LEAST, min(_MOST_EPOCHS, round(passes / (_RUNS * max(seen.train, 1)))))
    error = 100 * (_ACCURACY * (1 - _ACCURACY) / max(seen.test, 1)) ** 0.5
    margin = next((each for each in _MARGINS if each >= error), _MARGINS[-1])
    return {"train.epochs": epochs, "design.smallest_effect": f"{margin:g}pp"}


def _held(seen: _Seen) -> object:
    return "given" if seen.given else _SHARE


def _look(source: str, *, tell: Tell) -> _Seen:
    if is_folder(source):
        return _look_into(folder_path(source, base_dir=Path()), tell=tell)
    if source in SOURCES:
        known = SOURCES[source]
        return _seen(known.image_shape, train=known.train, given=0, test=known.test, classes=len(known.classes))

    def load(spec: DataSpec) -> Images:
        return load_images(spec, tell=tell, isolate=apart)

    images, spec, error = load_scaled(DataSpec(source=source), load=load)
    given, tests = images.given_validation, len(images.test_labels)
    train = len(images.train_labels) - given
    seen = _seen(images.image_shape, train=train, given=given, test=tests, classes=len(images.classes))
    if error is None:
        return seen
    words = f"{train + given + tests:,} images of several sizes, {len(images.classes):,} classes"
    return replace(seen, words=words, resize=spec.resize)


def _seen(shape: tuple[int, int, int], *, train: int, given: int, test: int, classes: int) -> _Seen:
    """Return what matters of images that all have one size."""
    _, height, width = shape
    resize = None if _fits(height, width) else max(_LEAST_SIDE, min(_LARGEST, height, width))
    return _Seen(
        words=f"{train + given + test:,} images, {classes:,} classes, {width} x {height} pixels",
        resize=resize,
        given=bool(given),
        train=train if given else round(train * (1 - _SHARE)),
        test=test,
        pixels=resize**2 if resize else height * width,
        side=min(height, width),
    )


def _look_into(folder: Path, *, tell: Tell) -> _Seen:
    """Return what names and headers tell of a folder.

    Raises:
        DataError: no file in it is an image.
    """
    found = survey_folder(folder, most=_PROBED, tell=tell)
    if not found.images:
        wrong = f"none of the {found.not_images:,} files in {folder} is an image" if found.not_images else ""
        wrong = wrong or f"{folder} has directories, but no file in them"
        raise DataError("--data", wrong=wrong, allowed="PNG, JPEG, WEBP and BMP images, a directory for each class")
    one = found.sizes[0][0] if len(found.sizes) == 1 else None
    resize = None if one is not None and _fits(*one) else sensible_size(found)
    sizes = f"{len(found.sizes):,} sizes" if one is None else f"{one[0]} x {one[1]} pixels"
    train = found.train if found.test else round(found.train * (1 - _SHARE))
    about = "" if found.exact else "about "
    return _Seen(
        words=f"{about}{found.images:,} images, {len(found.classes):,} classes, {sizes}",
        resize=resize,
        given=bool(found.validation),
        train=train if found.validation else round(train * (1 - _SHARE)),
        test=found.test or round(found.train * _SHARE),
        pixels=one[0] * one[1] if one is not None and resize is None else (resize or _LARGEST) ** 2,
        side=found.shorter,
        notes=_bad_files(found),
        skip=bool(found.not_images),
    )


def _bad_files(found: FolderSurvey) -> tuple[str, ...]:
    """Return how many files are no images, and what the study does with them."""
    if not found.not_images:
        return ()
    total = found.images + found.not_images
    about, are = "" if found.exact else "about ", "is" if found.not_images == 1 else "are"
    bad = f"{about}{found.not_images:,} {are} no image that can be used ({counted_endings(found.others)})"
    return (f'Of {total:,} files {bad}: on_bad_image = "skip" leaves out what is none.',)


def _fits(*sides: int) -> bool:
    return _LEAST_SIDE <= min(sides) <= max(sides) <= _LARGEST
