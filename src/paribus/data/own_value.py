"""What a user's own function returned, sorted: which part is which, and each as images and labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from paribus.core import nearest
from paribus.data.images import Pixels
from paribus.data.own_labels import Labels, read_labels
from paribus.data.own_origin import Origin
from paribus.data.own_pixels import as_image, as_images, is_array

_KEYS = ("train", "test", "validation", "classes")
_ALLOWED = 'a dataset, (train, test), or {"train": ..., "test": ..., "validation": ..., "classes": [...]}'
_DATASET = "(images, labels), or an object with __len__ and __getitem__ that gives (image, label)"
# What each part is called in messages.
NAMES = {"train": "training", "test": "test", "validation": "validation"}


class _Items(Protocol):
    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> object: ...


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """Images and labels of one part; the images are one array [N, C, H, W], or a list of [C, H, W] of any sizes."""

    images: Pixels | list[Pixels]
    labels: Labels


@dataclass(frozen=True, eq=False, slots=True)
class Parts:
    """All that was returned; "train" is among the parts, "test" and "validation" may be. Classes: None if not given."""

    parts: dict[str, Part]
    classes: tuple[str, ...] | None


def sort_out(value: object, *, origin: Origin) -> Parts:
    """Return the parts of what a user's own function returned.

    Raises:
        DataError: it is none of the forms, or its images or labels are not right.
    """
    named = _named(value, origin=origin)
    given = named.pop("classes", None)
    if given is None:
        given = _classes_of(named, origin=origin)
    classes = None if given is None else _class_names(given, origin=origin)
    return Parts({name: _part(each, name=NAMES[name], origin=origin) for name, each in named.items()}, classes)


def _named(value: object, *, origin: Origin) -> dict[str, object]:
    """Return what was returned as a dictionary, without what is None."""
    if isinstance(value, Mapping):
        for key in value:
            if key not in _KEYS:
                near = nearest(str(key), _KEYS)
                raise origin.refuse(f"returns a dictionary with {key!r}", allowed=", ".join(_KEYS), nearest=near)
        if value.get("train") is None:
            raise origin.refuse('returns a dictionary without "train"', allowed=_ALLOWED)
        return {key: each for key, each in value.items() if each is not None}
    if isinstance(value, tuple) and len(value) != 2:
        fix = "; of four arrays: ((x, y), (x_test, y_test))" if len(value) == 4 else ""
        raise origin.refuse(f"returns a tuple of {len(value)}", allowed=_ALLOWED + fix)
    if isinstance(value, tuple) and not _holds_labels(value[1]):
        return {"train": value[0], "test": value[1]}
    return {"train": value}


def _holds_labels(value: object) -> bool:
    """Return whether the second of two values holds labels (and the first images), rather than a test set."""
    if is_array(value):
        return True
    if not isinstance(value, list | tuple):
        return False
    return all(not isinstance(each, tuple | list) and getattr(each, "ndim", 0) == 0 for each in value[:2])


def _classes_of(named: Mapping[str, object], *, origin: Origin) -> object:
    found = {name: each.classes for name, each in named.items() if hasattr(each, "classes")}
    lists = {tuple(each) if isinstance(each, list | tuple) else str(each) for each in found.values()}
    if len(lists) > 1:
        raise origin.refuse(f"the classes of {' and '.join(found)} differ", allowed="the same, in the same order")
    return next(iter(found.values()), None)


def _class_names(value: object, *, origin: Origin) -> tuple[str, ...]:
    names = tuple(cast("Sequence[object]", value)) if isinstance(value, list | tuple) else ()
    if not names or not all(isinstance(each, str) and each for each in names):
        raise origin.refuse(f"classes are {value!r}", allowed='a list of names, for example ["cat", "dog"]')
    twice = next((each for each in names if names.count(each) > 1), None)
    if twice is not None:
        raise origin.refuse(f"the class {twice!r} is there twice", allowed="a name for each class")
    return cast("tuple[str, ...]", names)


def _part(value: object, *, name: str, origin: Origin) -> Part:
    if isinstance(value, tuple) and len(value) == 2:
        part = _from_pair(value[0], value[1], name=name, origin=origin)
    elif is_array(value):
        raise origin.refuse(f"{name} images come without labels", allowed=_DATASET)
    elif hasattr(value, "__len__") and hasattr(value, "__getitem__") and not isinstance(value, str | Mapping):
        part = _from_items(cast("_Items", value), name=name, origin=origin)
    else:
        batches = "; a DataLoader gives batches: give its dataset" if hasattr(value, "dataset") else ""
        wrong = f"the {name} set is a {type(value).__name__}" + ("; did its function return nothing?" * (value is None))
        raise origin.refuse(wrong, allowed=_DATASET + batches)
    if len(part.images) != len(part.labels):
        counts = f"{len(part.images):,} {name} images with {len(part.labels):,} labels"
        raise origin.refuse(counts, allowed="a label for each image")
    return part


def _from_pair(images: object, labels: object, *, name: str, origin: Origin) -> Part:
    found: Pixels | list[Pixels]
    if is_array(images):
        found = as_images(images, what=f"{name} images", origin=origin)
    elif isinstance(images, list | tuple):
        found = [as_image(each, what=f"{name} image {i}", origin=origin) for i, each in enumerate(images)]
    else:
        raise origin.refuse(f"{name} images are a {type(images).__name__}", allowed="an array, or a list of images")
    if len(found) == 0:
        raise origin.refuse(f"there are no {name} images", allowed="at least one")
    if not is_array(labels) and not isinstance(labels, list | tuple):
        raise origin.refuse(f"{name} labels are a {type(labels).__name__}", allowed="an array, or a list")
    return Part(found, read_labels(labels, what=f"{name} labels", origin=origin))


def _from_items(dataset: _Items, *, name: str, origin: Origin) -> Part:
    with origin.told(f"len() of the {name} set raises"):
        count = len(dataset)
    if not count:
        raise origin.refuse(f"the {name} set has length 0", allowed="at least one image")
    images, labels = [], []
    for index in range(count):
        with origin.told(f"{name} image {index} of {count:,} raises"):
            item = dataset[index]
        if not isinstance(item, tuple | list) or len(item) != 2:
            kind = f"{type(item).__name__} of {len(item)}" if isinstance(item, tuple | list) else type(item).__name__
            wrong = f"item {index} of the {name} set is a {kind}"
            raise origin.refuse(wrong, allowed="a tuple (image, label)")
        images.append(as_image(item[0], what=f"{name} image {index}", origin=origin))
        labels.append(item[1])
    return Part(images, read_labels(labels, what=f"{name} labels", origin=origin))
