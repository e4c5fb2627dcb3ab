"""The two forms of CIFAR-10's batches: Python 2 pickles, and plain bytes."""

import io
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from paribus.core import DataError

Batch = tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]

_SHAPE = (3, 32, 32)
_PIXELS = 3 * 32 * 32
# What a malformed pickle can raise: the machine that reads it has an operation for each.
_BROKEN = (
    pickle.UnpicklingError,
    ArithmeticError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    TypeError,
    ValueError,
)


def read_binary(content: bytes, *, where: str) -> Batch:
    """Return images uint8 [N, 3, 32, 32] and labels int64 [N] of a batch: N rows of a label and 3,072 pixels.

    Raises:
        DataError: when the content is not a whole number of rows.
    """
    rows, rest = divmod(len(content), 1 + _PIXELS)
    if rest or not rows:
        raise DataError(where, wrong=f"{len(content):,} bytes", allowed=f"a multiple of {1 + _PIXELS:,}")
    table = np.frombuffer(content, dtype=np.uint8).reshape(rows, 1 + _PIXELS)
    return table[:, 1:].reshape(rows, *_SHAPE), table[:, 0].astype(np.int64)


def read_python(content: bytes, *, where: str) -> Batch:
    """Return images uint8 [N, 3, 32, 32] and labels int64 [N] of a pickled batch, executing nothing in it.

    Raises:
        DataError: when the pickle asks for anything but an array of bytes, or is not a batch.
    """
    try:
        batch = _ArrayUnpickler(content, where=where).load()
    except _BROKEN as error:
        raise DataError(where, wrong=f"is no pickle that can be read: {error}", allowed=_ALLOWED) from error
    images, labels = _fields(batch)
    if images is None or labels is None:
        raise DataError(where, wrong="is a pickle, but not of a batch", allowed=_ALLOWED)
    return images.reshape(-1, *_SHAPE), labels


_ALLOWED = "a CIFAR-10 batch: b'data' uint8 [N, 3072] and b'labels', N integers from 0 to 9"


def _fields(batch: object) -> tuple[npt.NDArray[np.uint8] | None, npt.NDArray[np.int64] | None]:
    if not isinstance(batch, dict):
        return None, None
    data, labels = batch.get(b"data"), batch.get(b"labels")
    if not isinstance(data, np.ndarray) or data.dtype != np.uint8 or data.ndim != 2 or data.shape[1] != _PIXELS:
        return None, None
    if not isinstance(labels, list) or len(labels) != len(data):
        return None, None
    if not all(type(label) is int and 0 <= label < 10 for label in labels):
        return None, None
    return data, np.array(labels, dtype=np.int64)


def _byte_type(name: object, *_unused: object) -> np.dtype[np.uint8]:
    if name not in (b"u1", "u1"):
        raise ValueError(f"an array of {name!r}, not of bytes")
    return np.dtype(np.uint8)


# numpy's own function for the first step, under the names that versions of numpy have written into pickles.
_reconstruct: Callable[..., Any] = np.empty(0, dtype=np.uint8).__reduce__()[0]  # type: ignore[assignment]
_PERMITTED: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): _byte_type,
}


class _ArrayUnpickler(pickle.Unpickler):
    """Builds dictionaries, lists, numbers, byte strings and arrays of bytes; refuses every other global."""

    def __init__(self, content: bytes, *, where: str) -> None:
        super().__init__(io.BytesIO(content), encoding="bytes")
        self._where = where

    def find_class(self, module: str, name: str) -> Any:
        permitted = _PERMITTED.get((module, name))
        if permitted is None:
            wrong = f"the pickle asks for {module}.{name}, which was not executed"
            raise DataError(self._where, wrong=wrong, allowed="arrays of bytes")
        return permitted
