"""From what users call labels to int64 from 0 to the number of classes less one, and the names of the classes."""

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np

from paribus.data.images import Integers
from paribus.data.own_origin import Origin
from paribus.data.own_pixels import as_array, is_array

Labels = Integers | list[str]
_ALLOWED = "one whole number per image, from 0 to the number of classes less one, or one string"


def read_labels(value: object, *, what: str, origin: Origin) -> Labels:
    """Return labels as whole numbers, or as strings, not compared with any classes yet.

    Args:
        value: an array or a tensor [N], or a sequence of numbers, of tensors without dimensions, or of strings.
        what: for messages, "training labels".
        origin: likewise.

    Raises:
        DataError: they are fractions, floats, truth values, negative, one-hot, or of several types.
    """
    if is_array(value):
        array = as_array(value, what=what, origin=origin)
        if array.ndim != 1:
            fixes = {1: ": labels.reshape(-1)", 2: ": labels.argmax(axis=1)"}
            fix = fixes[min(array.shape[1], 2)] if array.ndim == 2 and array.shape[1] else ""
            raise origin.refuse(f"{what} are {list(array.shape)}", allowed=_ALLOWED + fix)
        if array.dtype.kind not in "iu":
            value = array.tolist()  # strings and objects, one by one; floats are refused there
        else:
            return _not_negative(array, what=what, origin=origin)
    each = [_plain(one) for one in cast("Sequence[object]", value)]
    kinds = {type(one) for one in each}
    if kinds == {str}:
        return cast("list[str]", each)
    if kinds != {int}:
        names = ", ".join(sorted(kind.__name__ for kind in kinds)) or "empty"
        hint = ': labels.astype("int64"), if all are whole' if kinds == {float} else ""
        raise origin.refuse(f"{what} are {names}", allowed=_ALLOWED + hint)
    try:
        return _not_negative(np.array(each, dtype=np.int64), what=what, origin=origin)
    except OverflowError:
        raise origin.refuse(f"{what} do not fit 64 bits", allowed=_ALLOWED) from None


def _plain(value: object) -> object:
    """Return a Python value of a NumPy number, or of an array or a tensor without dimensions."""
    if isinstance(value, np.generic) or (is_array(value) and getattr(value, "ndim", 1) == 0):
        return cast("np.generic", value).item()  # torch's tensors have it as well
    return value


def _not_negative(array: np.ndarray[tuple[int, ...], np.dtype[np.generic]], *, what: str, origin: Origin) -> Integers:
    labels = array.astype(np.int64)
    if len(labels) and labels.min() < 0:
        place = int(np.flatnonzero(labels < 0)[0])
        raise origin.refuse(f"{what}: number {place} is {array[place]}", allowed=_ALLOWED)
    return labels


def settle_classes(
    labels: Mapping[str, Labels], classes: Sequence[str] | None, *, origin: Origin
) -> tuple[tuple[str, ...], dict[str, Integers]]:
    """Return the names of the classes, and the labels of every part as int64 [N].

    Strings become places among the classes, which are all strings that occur, sorted, where no classes are given.
    Whole numbers stay what they are, and name the classes where none are given.

    Raises:
        DataError: parts differ in type, or a label belongs to no class.
    """
    words = [part for part, found in labels.items() if isinstance(found, list)]
    if words and len(words) < len(labels):
        numbers = ", ".join(part for part in labels if part not in words)
        raise origin.refuse(f"labels are strings in {', '.join(words)} and numbers in {numbers}", allowed="one of both")
    if words:
        return _by_name(cast("Mapping[str, list[str]]", labels), classes, origin=origin)
    found = cast("Mapping[str, Integers]", labels)
    if classes is None:
        return _counted(found, origin=origin), dict(found)
    for part, each in found.items():
        if each.max() >= len(classes):
            place = int(np.flatnonzero(each >= len(classes))[0])
            wrong = f"{part} labels: number {place} is {each[place]}, but there are {len(classes)} classes"
            raise origin.refuse(wrong, allowed=f"0 to {len(classes) - 1}")
    return tuple(classes), dict(found)


def _by_name(
    labels: Mapping[str, list[str]], classes: Sequence[str] | None, *, origin: Origin
) -> tuple[tuple[str, ...], dict[str, Integers]]:
    names = tuple(classes if classes is not None else sorted({each for part in labels.values() for each in part}))
    places = {name: place for place, name in enumerate(names)}
    for part, found in labels.items():
        unknown = next((each for each in found if each not in places), None)
        if unknown is not None:
            raise origin.refuse(f"{part} labels: {unknown!r} is no class", allowed=", ".join(names))
    return names, {part: np.array([places[each] for each in found], dtype=np.int64) for part, found in labels.items()}


def _counted(labels: Mapping[str, Integers], *, origin: Origin) -> tuple[str, ...]:
    largest = max(int(each.max()) for each in labels.values())
    images = sum(len(each) for each in labels.values())
    if largest >= images:
        wrong = f"the largest label is {largest:,}, of {images:,} images"
        raise origin.refuse(wrong, allowed=f"{_ALLOWED}; or the names of the classes")
    return tuple(str(number) for number in range(largest + 1))
