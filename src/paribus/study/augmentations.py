"""Augmentations of a study file: which transforms may be named, with which arguments, in which order.

Names, positions, defaults and meanings of arguments are those of torchvision.transforms.v2; `mixup` is Zhang et al.'s
(2018). What a transform does with an image is the business of another room.
"""

import dataclasses
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from paribus.core import StudyError, nearest
from paribus.study.expressions import Expression, ExpressionError, Grammar, Value, parse_expression
from paribus.study.refusals import refusal
from paribus.study.values import shown

Span = tuple[float, float]  # lowest and highest


@dataclass(frozen=True, slots=True)
class RandomResizedCrop:
    """A piece of random area and shape, scaled to the size of the image, bilinearly."""

    size: tuple[int, int] | None = None  # height, width; None: as the images are
    scale: Span = (0.08, 1.0)
    ratio: Span = (3 / 4, 4 / 3)


@dataclass(frozen=True, slots=True)
class RandomCrop:
    """A piece of the size of the image, out of the image with a black border around it."""

    size: tuple[int, int] | None = None  # height, width
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)  # left, top, right, bottom


@dataclass(frozen=True, slots=True)
class RandomHorizontalFlip:
    """Left and right exchanged."""

    p: float = 0.5


@dataclass(frozen=True, slots=True)
class RandomVerticalFlip:
    """Top and bottom exchanged."""

    p: float = 0.5


@dataclass(frozen=True, slots=True)
class RandomRotation:
    """A turn around the middle of the image, counter-clockwise, black where nothing comes from."""

    degrees: Span = (0.0, 0.0)
    interpolation: Literal["nearest", "bilinear"] = "nearest"


@dataclass(frozen=True, slots=True)
class ColorJitter:
    """Other brightness, contrast, saturation and hue, in an order drawn for each image; None: not touched."""

    brightness: Span | None = None
    contrast: Span | None = None
    saturation: Span | None = None
    hue: Span | None = None


@dataclass(frozen=True, slots=True)
class RandomErasing:
    """A rectangle of the normalised image set to 0, the mean."""

    p: float = 0.5
    scale: Span = (0.02, 0.33)
    ratio: Span = (0.3, 3.3)


@dataclass(frozen=True, slots=True)
class Mixup:
    """A mean of two images of the batch, and of their labels, with a weight from Beta(alpha, alpha)."""

    alpha: float = 1.0


Augmentation = (
    RandomResizedCrop
    | RandomCrop
    | RandomHorizontalFlip
    | RandomVerticalFlip
    | RandomRotation
    | ColorJitter
    | RandomErasing
    | Mixup
)

_KINDS: Mapping[str, type[Augmentation]] = {
    "RandomResizedCrop": RandomResizedCrop,
    "RandomCrop": RandomCrop,
    "RandomHorizontalFlip": RandomHorizontalFlip,
    "RandomVerticalFlip": RandomVerticalFlip,
    "RandomRotation": RandomRotation,
    "ColorJitter": ColorJitter,
    "RandomErasing": RandomErasing,
    "mixup": Mixup,
}
AUGMENTATIONS = tuple(_KINDS)

_REQUIRED = {"RandomCrop": "padding", "RandomRotation": "degrees", "mixup": "alpha"}
_FORM = 'a name with literal arguments: "RandomHorizontalFlip", "RandomCrop(32, padding=4)", "mixup(0.2)"'
_GRAMMAR = Grammar("an augmentation", _FORM, {})
_LARGEST_SIZE = 4096


@dataclass(frozen=True, slots=True)
class _Argument:
    """What an argument may be, and how it is read; a reader returns None for what it does not take."""

    allowed: str
    read: Callable[[Value], object]


def _number(value: Value, low: float, high: float) -> float | None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if number and low <= value <= high else None  # type: ignore[operator, arg-type]


def _span(value: Value, low: float, high: float) -> Span | None:
    """Return a pair in order, both within the bounds."""
    if not isinstance(value, tuple) or len(value) != 2:
        return None
    first, last = (_number(each, low, high) for each in value)
    return None if first is None or last is None or first > last else (first, last)


def _whole(value: Value, low: int) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool) and low <= value <= _LARGEST_SIZE
    return int(value) if whole else None  # type: ignore[arg-type]


def _size(value: Value) -> tuple[int, int] | None:
    pair = value if isinstance(value, tuple) else (value, value)
    sizes = tuple(size for size in (_whole(each, 1) for each in pair) if size is not None)
    return (sizes[0], sizes[1]) if len(sizes) == len(pair) == 2 else None


def _padding(value: Value) -> tuple[int, int, int, int] | None:
    """Return left, top, right, bottom of one width, of (sides, top and bottom), or of all four."""
    given = value if isinstance(value, tuple) else (value,)
    widths = tuple(width for width in (_whole(each, 0) for each in given) if width is not None)
    if len(widths) != len(given) or len(widths) not in (1, 2, 4) or not any(widths):
        return None
    left, top, right, bottom = widths * (4 // len(widths))
    return left, top, right, bottom


def _around(value: Value, *, middle: float, reach: float, low: float, high: float) -> Span | None:
    """Return the span from a number, as far as that around the middle but never below `low`, or from a pair."""
    width = _number(value, 0.0, reach)
    return _span(value, low, high) if width is None else (max(low, middle - width), middle + width)


def _factor(value: Value) -> Span | None:
    return _around(value, middle=1.0, reach=100.0, low=0.0, high=100.0)


_FACTOR = _Argument("a number from 0, or a pair (lowest, highest) of them", _factor)
_PROBABILITY = _Argument("a probability, 0 to 1", lambda value: _number(value, 0, 1))
_ARGUMENTS: Mapping[str, _Argument] = {
    "size": _Argument(f"a whole number from 1 to {_LARGEST_SIZE:,}, or a pair (height, width)", _size),
    "padding": _Argument(
        "a whole number from 1, (left and right, top and bottom), or (left, top, right, bottom)", _padding
    ),
    "p": _PROBABILITY,
    "scale": _Argument("a pair (lowest, highest) above 0 and up to 1", lambda value: _span(value, 1e-6, 1)),
    "ratio": _Argument("a pair (lowest, highest) from 0.01 to 100", lambda value: _span(value, 0.01, 100)),
    "degrees": _Argument(
        "a number from 0 to 180, or a pair (lowest, highest) from -360 to 360",
        lambda value: _around(value, middle=0.0, reach=180.0, low=-360.0, high=360.0),
    ),
    "interpolation": _Argument(
        '"nearest" or "bilinear"', lambda value: value if value in ("nearest", "bilinear") else None
    ),
    **dict.fromkeys(("brightness", "contrast", "saturation"), _FACTOR),
    "hue": _Argument(
        "a number from 0 to 0.5, or a pair (lowest, highest) from -0.5 to 0.5",
        lambda value: _around(value, middle=0.0, reach=0.5, low=-0.5, high=0.5),
    ),
    "alpha": _Argument("a number from 0.001 to 1,000", lambda value: _number(value, 0.001, 1000)),
}


def augmentations(texts: Sequence[str]) -> tuple[Augmentation, ...]:
    """Return the transforms of a list that has been validated.

    Raises:
        StudyError: for a list that has not.
    """
    found = []
    for index, text in enumerate(texts):
        try:
            found.append(_read(text))
        except ExpressionError as error:
            wrong = f"{shown(text)} {error.reason}"
            raise StudyError(_place(index), wrong=wrong, allowed=error.allowed, nearest=error.nearest) from None
    return tuple(found)


def checked_augmentation(text: str) -> str:
    """Return the text of one transform, for a validator: it raises what `refusals.refusal` returns."""
    try:
        _read(text)
    except ExpressionError as error:
        raise refusal(f"{shown(text)} {error.reason}", allowed=error.allowed, nearest=error.nearest) from None
    return text


def check_order(texts: Sequence[str]) -> None:
    """Refuse transforms of pixels after RandomErasing, and anything after mixup; for a validator."""
    found = augmentations(texts)
    for index, (before, each) in enumerate(itertools.pairwise(found), start=1):
        if isinstance(before, Mixup):
            wrong = f"{shown(texts[index])} comes after mixup"
            raise refusal(wrong, allowed="mixup once, as the last of the list", at=index)
        if isinstance(before, RandomErasing) and not isinstance(each, RandomErasing | Mixup):
            wrong = f"{shown(texts[index])} comes after RandomErasing"
            allowed = "RandomErasing after all others but mixup: it works on normalised images"
            raise refusal(wrong, allowed=allowed, at=index)


def check_fit(texts: Sequence[str], *, image_shape: tuple[int, int, int]) -> None:
    """Refuse transforms that do not fit images of shape C, H, W.

    Raises:
        StudyError: another size than that of the images, a border as wide as they are, colours of no colours.
    """
    channels, height, width = image_shape
    for index, (text, each) in enumerate(zip(texts, augmentations(texts), strict=True)):
        if isinstance(each, RandomCrop | RandomResizedCrop) and each.size not in (None, (height, width)):
            rows, columns = each.size or (0, 0)
            own = f"the size {height if height == width else (height, width)}, or none"
            resize = f"; data.resize = {rows} gives the images that size" if rows == columns else ""
            wrong = f"{shown(text)} makes {rows} x {columns} of images that are {height} x {width}"
            raise StudyError(_place(index), wrong=wrong, allowed=own + resize)
        if isinstance(each, RandomCrop) and max(each.padding) >= min(height, width):
            wrong = f"{shown(text)} can show nothing but the border of images that are {height} x {width}"
            raise StudyError(_place(index), wrong=wrong, allowed=f"padding up to {min(height, width) - 1}")
        if isinstance(each, ColorJitter) and channels not in (1, 3):
            wrong = f"{shown(text)} on images of {channels} channels"
            raise StudyError(_place(index), wrong=wrong, allowed="images of 1 or 3 channels")


def _read(text: str) -> Augmentation:
    """Return the transform that a text names."""
    expression = parse_expression(text, grammar=_GRAMMAR)
    kind = _KINDS.get(expression.name)
    if kind is None:
        near = nearest(expression.name, _KINDS)
        raise ExpressionError("is not on the list of augmentations", allowed=", ".join(_KINDS), nearest=near)
    arguments = _bound(expression, kind=kind)
    lacking = _REQUIRED.get(expression.name)
    if lacking is not None and lacking not in arguments:
        raise ExpressionError(f"lacks {lacking}", allowed=f"{lacking}: {_ARGUMENTS[lacking].allowed}")
    if kind is ColorJitter and not arguments:
        raise ExpressionError("changes nothing", allowed="brightness, contrast, saturation, hue: one or more of them")
    return kind(**arguments)  # type: ignore[arg-type]  # each was read by the reader of its name


def _bound(expression: Expression, *, kind: type[Augmentation]) -> dict[str, object]:
    """Return the arguments by their names, read and checked."""
    names = [field.name for field in dataclasses.fields(kind)]
    if len(expression.positional) > len(names):
        raise ExpressionError("has too many arguments", allowed=", ".join(names))
    bound: dict[str, object] = {}
    for name, value in [*zip(names, expression.positional, strict=False), *expression.keyword.items()]:
        if name not in names:
            wrong = f"has the argument {name}, which cannot be given here"
            raise ExpressionError(wrong, allowed=", ".join(names), nearest=nearest(name, names))
        if name in bound:
            raise ExpressionError(f"has the argument {name} twice", allowed=", ".join(names))
        read = _ARGUMENTS[name].read(value)
        if read is None:
            raise ExpressionError(f"has {name} = {value!r}", allowed=f"{name}: {_ARGUMENTS[name].allowed}")
        bound[name] = read
    return bound


def _place(index: int) -> str:
    return f"train.augment[{index + 1}]"
