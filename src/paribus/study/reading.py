"""From text to a plain TOML document, whatever the text is."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NoReturn, cast

from paribus.core import StudyError
from paribus.study.values import frozen, toml_key

Document = dict[str, object]

_MOST_BYTES = 1_000_000
_MOST_DEPTH = 16
# The standard library's parser takes quadratic time over a key of many parts, and fails on deep nesting.
_LONG_KEY = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){32}""")
_HINTS = {
    "Cannot overwrite a value": "the same key is given twice",
    "Cannot declare": "the same table is given twice",
    "Invalid value": "this is no TOML value; text needs quotes",
    "Expected '=' after a key": "a key must be followed by = and a value",
    "Expected newline or end of document": "something is left over behind the value; text needs quotes",
    "Illegal character": "a control character that TOML does not allow",
}


def read_file(path: Path) -> str:
    """Return a study file's text.

    Raises:
        StudyError: not a file, not readable, larger than 1 MB, or not UTF-8.
    """
    try:
        if not path.is_file():
            raise _no_file(path)
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a path"
        raise StudyError(toml_key(str(path)), wrong=f"cannot be read ({reason})") from None
    if len(content) > _MOST_BYTES:
        raise StudyError(str(path), wrong="is too large for a study file", allowed="up to 1 MB")
    return decoded(content, where=str(path))


def decoded(content: bytes, *, where: str) -> str:
    """Return UTF-8 bytes as text, without a byte order mark."""
    utf16 = content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in content[:2]
    try:
        if not utf16:
            return content.decode("utf-8-sig")
        wrong = "is UTF-16, not UTF-8"
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        wrong = f"is not UTF-8 text (line {line})"
    raise StudyError(where, wrong=wrong, allowed="UTF-8: save the file again with this encoding")


def read_toml(text: str, *, where: str) -> Document:
    """Return the document with tuples for lists.

    Args:
        text: TOML.
        where: the file's name for messages; the line is added.

    Raises:
        StudyError: not TOML, too long, nested too deeply, or a whole number beyond 64 bits.
    """
    text = text.removeprefix("\ufeff")
    _check_text(text, where)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        _complain(error, text, where)
    except (ValueError, OverflowError):  # a number of thousands of digits
        raise StudyError(where, wrong="a number in it is too large") from None
    except RecursionError:
        raise _too_deep(where) from None
    _check_values(document, where)
    return cast("Document", frozen(document))


def _check_text(text: str, where: str) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise StudyError(f"{where}:{line}", wrong="half a character (a lone surrogate)") from None
    if size > _MOST_BYTES:
        raise StudyError(where, wrong="is too large for a study file", allowed="up to 1 MB")
    if long := _LONG_KEY.search(text):
        raise _too_deep(f"{where}:{text.count(chr(10), 0, long.start()) + 1}")


def _check_values(document: Document, where: str) -> None:
    for depth, value in _walk(document):
        if depth > _MOST_DEPTH:
            raise _too_deep(where)
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise StudyError(where, wrong="a whole number in it is too large", allowed="64 bits, as TOML has it")


def _walk(document: Document) -> Iterator[tuple[int, object]]:
    waiting: list[tuple[int, object]] = [(0, document)]
    while waiting:
        depth, value = waiting.pop()
        yield depth, value
        inside = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
        waiting.extend((depth + 1, item) for item in inside)


def _complain(error: tomllib.TOMLDecodeError, text: str, where: str) -> NoReturn:
    message = str(error)
    place = re.search(r"\(at line (\d+), column \d+\)", message)
    lines = text.split("\n")
    line = int(place[1]) if place else len(lines)
    plain = message.partition(" (at ")[0]
    hint = next((hint for start, hint in _HINTS.items() if plain.startswith(start)), plain[:1].lower() + plain[1:])
    found = "".join(each for each in lines[line - 1].strip() if each.isprintable())[:60]
    wrong = f"{hint}, in: {found}" if found else hint
    raise StudyError(f"{where}:{line}", wrong=wrong, allowed="TOML (https://toml.io)") from None


def _too_deep(where: str) -> StudyError:
    return StudyError(where, wrong="is nested too deeply", allowed=f"up to {_MOST_DEPTH} levels")


def _no_file(path: Path) -> StudyError:
    wrong = "is a folder, not a study file" if path.is_dir() else "there is no such file"
    return StudyError(toml_key(str(path)), wrong=wrong, next_command="paribus gallery")
