"""From what users call an image to 8-bit pixels [C, H, W]: arrays, torch tensors (torch itself is not needed), Pillow.

The rules: uint8 as it is; whole numbers must lie in 0..255; True and False are 255 and 0; floats must be k / 255 and
become k. Nothing is scaled, clipped or guessed. Of three dimensions the first is the channels when it is 1 or 3, and
else the last.
"""

import os
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from paribus.data.images import Pixels
from paribus.data.own_origin import Origin

if TYPE_CHECKING:
    from PIL import Image

_CHUNK = 1024  # images that are turned from floats into bytes at once
_CHANNELS = (1, 3)
_GIVE_PIXELS = "Paribus normalises itself; give pixels: uint8 from 0 to 255, or floats that are these / 255"
_LAYOUTS = "[N, H, W], [N, H, W, C] or [N, C, H, W], with 1 or 3 channels"

AnyArray = npt.NDArray[np.generic]


def is_array(value: object) -> bool:
    """Return whether a value is a NumPy array or a torch tensor."""
    return isinstance(value, np.ndarray) or (hasattr(value, "detach") and hasattr(value, "numpy"))


def as_array(value: object, *, what: str, origin: Origin) -> AnyArray:
    """Return a NumPy array of an array or a torch tensor, wherever that is."""
    if isinstance(value, np.ndarray):
        return value
    with origin.told(f"{what} cannot be read"):
        tensor = value.detach().cpu()  # type: ignore[attr-defined]  # duck typing: torch stays out of this room
        found: AnyArray = tensor.numpy()
    return found


def as_images(value: object, *, what: str, origin: Origin) -> Pixels:
    """Return uint8 [N, C, H, W] of an array of images.

    Args:
        value: [N, H, W], [N, H, W, C] or [N, C, H, W], C 1 or 3.
        what: for messages, "training images".
        origin: likewise.

    Raises:
        DataError: shape, type or values are not those of pixels.
    """
    array = as_array(value, what=what, origin=origin)
    if array.ndim == 2:
        wrong = f"{what} are rows of {array.shape[1]} numbers"
        raise origin.refuse(wrong, allowed=f"{_LAYOUTS}: reshape them, for example .reshape(-1, 28, 28)")
    if array.ndim not in (3, 4) or 0 in array.shape:
        raise origin.refuse(f"{what} are {list(array.shape)}", allowed=_LAYOUTS)
    planes = array[:, np.newaxis] if array.ndim == 3 else _channels_first(array, what=what, origin=origin)
    if planes.dtype == np.uint8:
        return planes.astype(np.uint8, copy=False)
    out = np.empty(planes.shape, dtype=np.uint8)
    for first in range(0, len(planes), _CHUNK):
        chunk = planes[first : first + _CHUNK]
        out[first : first + _CHUNK] = _bytes(chunk, what=what, origin=origin)
    return out


def as_image(value: object, *, what: str, origin: Origin) -> Pixels:
    """Return uint8 [C, H, W] of one image: an array or a tensor [H, W], [H, W, C] or [C, H, W], or Pillow's.

    Raises:
        DataError: it is something else, or its values are not those of pixels.
    """
    from PIL import Image  # noqa: PLC0415 - needed by few studies

    if isinstance(value, Image.Image):
        return _from_pillow(value, what=what, origin=origin)
    if not is_array(value):
        paths = isinstance(value, str | os.PathLike)
        wrong = f"{what} is a path, {value}" if paths else f"{what} is a {type(value).__name__}"
        allowed = "the image itself: PIL.Image.open(path)" if paths else "a NumPy array, a torch tensor or a PIL image"
        raise origin.refuse(wrong, allowed=allowed)
    array = as_array(value, what=what, origin=origin)
    if array.ndim not in (2, 3) or 0 in array.shape:
        wrong, allowed = f"{what} is {list(array.shape)}", "[H, W], [H, W, C] or [C, H, W], with 1 or 3 channels"
        raise origin.refuse(wrong, allowed=allowed)
    planes = array[np.newaxis] if array.ndim == 2 else _channels_first(array, what=what, origin=origin)
    return _bytes(planes, what=what, origin=origin)


def _channels_first(array: AnyArray, *, what: str, origin: Origin) -> AnyArray:
    """Return [..., C, H, W]."""
    if array.shape[-3] in _CHANNELS:
        return array
    if array.shape[-1] in _CHANNELS:
        return np.moveaxis(array, -1, -3)
    wrong = f"{what}: {list(array.shape)}, neither the first nor the last of three dimensions is 1 or 3 channels"
    raise origin.refuse(wrong, allowed=_LAYOUTS)


def _from_pillow(image: "Image.Image", *, what: str, origin: Origin) -> Pixels:
    if image.mode not in ("1", "L", "RGB"):
        wrong = f"{what} is a PIL image in mode {image.mode}"
        raise origin.refuse(wrong, allowed='mode L, RGB or 1: image.convert("RGB") or image.convert("L")')
    with origin.told(f"{what} cannot be decoded"):
        pixels = np.asarray(image.convert("L") if image.mode == "1" else image, dtype=np.uint8)
    return pixels[np.newaxis] if pixels.ndim == 2 else np.moveaxis(pixels, -1, 0)


def _bytes(values: AnyArray, *, what: str, origin: Origin) -> Pixels:
    """Return the values as uint8, none of them changed; floats are multiplied by 255."""
    if values.dtype == np.uint8:
        return values.astype(np.uint8, copy=False)
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * np.uint8(255)
    low, high = _extremes(values, what=what, origin=origin)
    if np.issubdtype(values.dtype, np.integer):
        if low < 0 or high > 255:
            wrong = f"{what}: {values.dtype} from {low:g} to {high:g}"
            raise origin.refuse(wrong, allowed="whole numbers from 0 to 255")
        return values.astype(np.uint8)
    return _from_floats(values.astype(np.float64), kind=values.dtype, what=what, origin=origin)


def _extremes(values: AnyArray, *, what: str, origin: Origin) -> tuple[float, float]:
    if not (np.issubdtype(values.dtype, np.integer) or np.issubdtype(values.dtype, np.floating)):
        raise origin.refuse(f"{what}: values of type {values.dtype}", allowed=_GIVE_PIXELS)
    return float(values.min()), float(values.max())


def _from_floats(values: npt.NDArray[np.float64], *, kind: np.dtype[np.generic], what: str, origin: Origin) -> Pixels:
    low, high = float(values.min()), float(values.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise origin.refuse(f"{what}: not all values are finite", allowed=_GIVE_PIXELS)
    if low >= 0 and 1 < high <= 255 and bool((values == np.rint(values)).all()):
        wrong = f"{what}: {kind} with whole numbers from {low:g} to {high:g}"
        raise origin.refuse(wrong, allowed='.astype("uint8"), if these are pixels from 0 to 255')
    if low < 0 or high > 1:
        wrong = f"{what}: {kind} from {low:.4g} to {high:.4g}, as if already normalised"
        raise origin.refuse(wrong, allowed=_GIVE_PIXELS)
    scaled = values * 255
    whole = np.rint(scaled)
    # k / 255 in half precision is off by up to 0.06 of a step, in single precision by a 60,000th.
    if bool((np.abs(scaled - whole) > (0.1 if kind == np.float16 else 1e-3)).any()):
        wrong = f"{what}: {kind} from {low:.4g} to {high:.4g} that are not multiples of 1 / 255"
        raise origin.refuse(wrong, allowed=_GIVE_PIXELS)
    return whole.astype(np.uint8)
