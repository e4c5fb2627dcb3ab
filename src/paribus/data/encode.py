"""Images as files in memory: PNG, pixel for pixel, and JPEG in a smaller size."""

import io

import numpy as np
import numpy.typing as npt

from paribus.data.images import Pixels

_JPEG_QUALITY = 85
_CHANNELS = (1, 3, 4)


def png(pixels: Pixels, *, palette: npt.NDArray[np.uint8] | None = None) -> bytes:
    """Return a PNG that holds exactly these pixels.

    Args:
        pixels: uint8 [H, W, C] with 1, 3 (RGB) or 4 (RGBA) channels; [H, W] where there is one, or a palette.
        palette: uint8 [K, 4], K <= 256: RGBA of each value that `pixels` has.
    """
    from PIL import Image  # noqa: PLC0415 - needed by few commands

    picture = Image.fromarray(_plane(pixels))
    if palette is not None:
        picture.putpalette(palette[:, :3].tobytes())
    buffer = io.BytesIO()
    if palette is None:
        picture.save(buffer, format="PNG", compress_level=9)
    else:
        picture.save(buffer, format="PNG", compress_level=9, transparency=palette[:, 3].tobytes())
    return buffer.getvalue()


def jpeg(pixels: Pixels, *, longest: int) -> tuple[bytes, tuple[int, int]]:
    """Return a JPEG whose longer side has at most `longest` pixels, and its (width, height).

    Args:
        pixels: uint8 [H, W, C] with 1 or 3 (RGB) channels, or [H, W].
        longest: in pixels, at least 1.
    """
    from PIL import Image  # noqa: PLC0415

    picture = Image.fromarray(_plane(pixels))
    scale = min(1.0, longest / max(picture.size))
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    buffer = io.BytesIO()
    smaller = picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS)
    smaller.save(buffer, format="JPEG", quality=_JPEG_QUALITY, subsampling=0)
    return buffer.getvalue(), size


def _plane(pixels: Pixels) -> Pixels:
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    assert channels in _CHANNELS, "an image file has 1, 3 or 4 channels"
    return np.ascontiguousarray(pixels[:, :, 0] if pixels.ndim == 3 and channels == 1 else pixels)
