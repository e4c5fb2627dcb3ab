"""Content digests: the same value has the same digest on every machine and in every version of Python."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence


def digest(value: object) -> str:
    """Return the SHA-256 (64 hex digits) of a plain value: dicts, lists, tuples, strings, numbers, booleans, None.

    Keys are sorted, tuples equal lists, and an integral float differs from the integer (1.0 is not 1).

    Raises:
        TypeError: for anything else, and for floats that are not finite.
    """
    return digest_bytes(json.dumps(_plain(value), sort_keys=True, separators=(",", ":")).encode())


def digest_bytes(content: bytes | memoryview) -> str:
    """Return the SHA-256 of bytes, 64 hex digits."""
    return hashlib.sha256(content).hexdigest()


def _plain(value: object) -> object:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return {"float": repr(value)}
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_plain(item) for item in value]
    raise TypeError(f"no digest for {type(value).__name__} {value!r}")
