"""The IDX format of MNIST and its family: a header with the shape, then one unsigned byte per value."""

import math
import struct

import numpy as np
import numpy.typing as npt

from paribus.core import DataError

_UNSIGNED_BYTE = 0x08


def read_idx(content: bytes, *, where: str, shape: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """Return the array in an unpacked IDX file: bytes 0, 0, type, dimensions; big-endian sizes; values.

    Raises:
        DataError: naming `where`, when the content is no IDX file of unsigned bytes with this shape.
    """
    header = struct.pack(f">HBB{len(shape)}I", 0, _UNSIGNED_BYTE, len(shape), *shape)
    if content[: len(header)] != header:
        wrong = f"its header is {content[: len(header)].hex(' ')}"
        raise DataError(where, wrong=wrong, allowed=f"an IDX file of unsigned bytes {shape}: {header.hex(' ')}")
    values = np.frombuffer(content, dtype=np.uint8, offset=len(header))
    if values.size != math.prod(shape):
        wrong = f"{values.size:,} values after its header"
        raise DataError(where, wrong=wrong, allowed=f"{math.prod(shape):,} for the shape {shape}")
    return values.reshape(shape)
