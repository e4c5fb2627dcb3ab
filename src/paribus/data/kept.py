"""Small texts that took long to make, kept in the cache folder for the next time."""

import uuid
from contextlib import suppress
from pathlib import Path

from paribus.data.folders import cache_folder


def kept(kind: str, name: str) -> str | None:
    """Return the text that was kept under a name; None where there is none."""
    try:
        return _file(kind, name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def keep(kind: str, name: str, text: str) -> None:
    """Keep a text, whole or not at all; where nothing can be written it is made again next time."""
    file = _file(kind, name)
    fresh = file.with_name(f"{file.name}.{uuid.uuid4().hex}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(file)
    except OSError:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)


def _file(kind: str, name: str) -> Path:
    return cache_folder() / kind / name
