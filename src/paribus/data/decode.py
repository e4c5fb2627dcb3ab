"""One image file to pixels. What cannot be decoded has a reason in plain English; nothing in a file is executed."""

import contextlib
import io
import warnings
from collections.abc import Iterator
from typing import IO

import numpy as np
from PIL import Image, UnidentifiedImageError

from paribus.data.images import Pixels, centred_square

MOST_PIXELS = 100_000_000
"""A file of a few kilobytes can claim any number: more than a photograph has are not unpacked."""

FORMATS = ("PNG", "JPEG", "WEBP", "BMP")
_READ = "only PNG, JPEG, WEBP and BMP images are read"
# By their first bytes: what people have among their photographs, to say more than "is no image".
_OTHERS = (
    (b"GIF8", "a GIF image"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 image"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip file"),
    (b"\x93NUMPY", "a NumPy array"),
)
_IN_A_BOX = {b"heic": "a HEIC image", b"mif1": "a HEIC image", b"avif": "an AVIF image"}
_ORIENTATION = 0x0112  # the EXIF tag
_TURN = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class UnreadableError(Exception):
    """Why a file gives no image: half a sentence about it ("is empty")."""


@contextlib.contextmanager
def quiet_pillow() -> Iterator[None]:
    """Keep Pillow's warnings about odd files to itself, in all threads; for the main thread.

    Filters are one for the whole process, so that a thread of its own cannot set them.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        yield


def decode(content: bytes, *, size: int | None) -> Pixels:
    """Return the pixels of an image file, uint8 [H, W, 3]; what it is says its content, not its name.

    Of an animation the first frame. Turned as its EXIF orientation says. Transparency is laid over white. 16 bits
    become the upper 8, grey becomes three equal channels, CMYK is converted without a profile; embedded colour
    profiles (ICC) are ignored.

    Args:
        content: of the file.
        size: the centred square is scaled to size x size by Pillow's bilinear filter, after everything else;
            None leaves the image as large as it is.

    Raises:
        UnreadableError: the file is no image, is damaged, is of another format, or too large.
    """
    try:
        image = _upright(_loaded(content))
        if size is not None:
            # Cut out first: with resize's own box the filter would reach over the edges of the square.
            square = image.crop(centred_square(*image.size))
            image = square.resize((size, size), Image.Resampling.BILINEAR)
        return np.array(image if image.mode == "RGB" else image.convert("RGB"), dtype=np.uint8)
    except (UnreadableError, MemoryError):
        raise
    except Exception as error:  # a damaged file makes Pillow raise nearly everything
        raise UnreadableError(f"cannot be decoded: {_words(error)}") from error


def size_in_header(file: IO[bytes]) -> tuple[int, int] | None:
    """Return the width and height that an image file claims, without decoding it; None where it is none.

    Turned as its EXIF orientation says, if that stands before the pixels. Reads no more than it needs.
    """
    try:
        with Image.open(file, formats=FORMATS) as image:
            width, height = image.size
            return (height, width) if _orientation(image) >= 5 else (width, height)
    except Exception:  # noqa: BLE001 - as in decode, which will say why
        return None


def _loaded(content: bytes) -> Image.Image:
    """Return an image decoded in the mode in which it is stored."""
    if not content:
        raise UnreadableError("is empty")
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
        width, height = image.size
    except UnidentifiedImageError as error:
        raise UnreadableError(_kind(content)) from error
    except Image.DecompressionBombError as error:
        raise UnreadableError(f"is larger than {MOST_PIXELS // 10**6} megapixels") from error
    if width * height > MOST_PIXELS:
        raise UnreadableError(f"is {width:,} x {height:,}, larger than {MOST_PIXELS // 10**6} megapixels")
    if image.format == "PNG":
        # The only one of the formats with checksums, which decoding alone does not compare.
        image.verify()
        image = Image.open(io.BytesIO(content), formats=("PNG",))
    image.load()
    return image


def _upright(image: Image.Image) -> Image.Image:
    """Return an image as it is to be seen, of mode L or RGB."""
    turn = _TURN.get(_orientation(image))
    plain = _plain(image)
    return plain if turn is None else plain.transpose(turn)


def _orientation(image: Image.Image) -> int:
    """Return the orientation from 1 to 8 that EXIF or XMP give; 1 where there is none that can be read."""
    try:
        found = image.getexif().get(_ORIENTATION)
    except Exception:  # noqa: BLE001 - broken metadata, in whatever way, does not spoil the pixels
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def _plain(image: Image.Image) -> Image.Image:
    """Return an image in mode L or RGB, transparency laid over white."""
    if image.mode.startswith("I"):
        return _eight_bits(image)
    if image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info:
        layer = image.convert("RGBA")
        paper = Image.new("RGBA", layer.size, (255, 255, 255, 255))
        return Image.alpha_composite(paper, layer).convert("RGB")
    return image.convert("L") if image.mode in ("1", "L") else image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return 16-bit grey in its upper 8 bits, as Pillow reads 16-bit colours; its own conversion clips at 255."""
    values = np.asarray(image)
    grey = np.clip(values >> 8, 0, 255).astype(np.uint8)
    clear = image.info.get("transparency")
    if isinstance(clear, int):
        grey[values == clear] = 255
    return Image.fromarray(grey)


def _kind(content: bytes) -> str:
    """Say what a file that is none of the formats seems to be."""
    named = next((name for start, name in _OTHERS if content.startswith(start)), "")
    if content[4:8] == b"ftyp":
        named = _IN_A_BOX.get(content[8:12], "")
    if named:
        return f"is {named}; {_READ}"
    webp, bmp = content[:4] + content[8:12] == b"RIFFWEBP", content[:2] + content[6:10] == b"BM\0\0\0\0"
    if content.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")) or webp or bmp:
        return "begins as an image, but is damaged"
    return f"is no image; {_READ}"


def _words(error: Exception) -> str:
    """Return an error's message in one line of at most 100 characters."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 100 else text[:100] + " ..."
