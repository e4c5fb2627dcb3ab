"""TOML values as text: for messages, labels and study files."""

import math
import re
from collections.abc import Mapping

_SHOWN_CHARACTERS = 60
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def frozen(value: object) -> object:
    """Return a TOML value with tuples for its lists; tables are copied."""
    if isinstance(value, Mapping):
        return {key: frozen(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return tuple(frozen(item) for item in value)
    return value


def toml_text(value: object) -> str:
    """Return a TOML value on one line, as a study file would have it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, str):
        return f'"{"".join(_escaped(character) for character in value)}"'
    if isinstance(value, Mapping):
        items = ", ".join(f"{toml_key(key)} = {toml_text(item)}" for key, item in value.items())
        return f"{{ {items} }}" if items else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml_text(item) for item in value)}]"
    return str(value)  # whole numbers, dates and times write themselves as TOML does


def toml_key(key: str) -> str:
    """Return a key as TOML writes it: bare where it can be, else in quotes."""
    return key if _BARE_KEY.fullmatch(key) else toml_text(key)


def shown(value: object) -> str:
    """Return a value for a message: TOML, cut after 60 characters."""
    text = toml_text(value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + " ..."


def described(value: object) -> str:
    """Return the value and what it is: '"0.1" is text'."""
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (bool, "a truth value"),
        (int, "a whole number"),
        (float, "a number"),
        (str, "text"),
        (Mapping, "a table"),
        ((list, tuple), "a list"),
    )
    kind = next((name for types, name in kinds if isinstance(value, types)), "a date or a time")
    return f"{shown(value)} is {kind}"


def same(first: object, second: object) -> bool:
    """Return whether two values mean the same setting: 1 and 1.0 do, 1 and true do not."""
    return isinstance(first, bool) == isinstance(second, bool) and first == second


def _float_text(value: float) -> str:
    if not math.isfinite(value):
        return str(value)
    mantissa, mark, exponent = repr(value).partition("e")
    return f"{mantissa}{mark}{int(exponent)}" if mark else mantissa


def _escaped(character: str) -> str:
    named = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    if character in named:
        return named[character]
    if character.isprintable():
        return character
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"
