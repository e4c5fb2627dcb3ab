"""Makers of image files and of folders of them; the PNG writer is our own, so that every kind can be written."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6  # PNG's colour types


def noise(key, *shape, dtype=np.uint8):
    return np.random.Generator(np.random.Philox(key=key)).integers(0, np.iinfo(dtype).max + 1, size=shape, dtype=dtype)


def smooth(key, height, width):
    """Return an image [H, W, 3] that survives JPEG."""
    coarse = Image.fromarray(noise(key, 3, 3, 3))
    return np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC))


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(values, *, colour, bits=8, before=b"", claims=None):
    """Write PNG as its specification says; values [H, W] or [H, W, C], packed already where bits < 8.

    `before` stands before the pixels; `claims` is the width and height that the header gives instead.
    """
    big_endian = values.astype(">u2") if bits == 16 else values.astype(np.uint8)
    rows = b"".join(b"\0" + row.tobytes() for row in big_endian)
    width, height = claims or (values.shape[1], values.shape[0])
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + pixels + chunk(b"IEND", b"")


def saved(image, kind, *, exif=None, settings=None):
    """Return an image (or an array) as a file of Pillow's."""
    picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
    found = {} if exif is None else {"exif": exif}
    file = io.BytesIO()
    picture.save(file, kind, **found, **(settings or {}))
    return file.getvalue()


def fill(folder, files):
    """Write files: relative path -> content."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def flat(key, *, size=(4, 4), grey=False):
    """Return a small PNG file of random pixels."""
    return png(noise(key, *size) if grey else noise(key, *size, 3), colour=GREY if grey else RGB)
