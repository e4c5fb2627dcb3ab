"""Names as a figure can show them: nothing that steers how text is shown, short, and each one different."""

import re
from collections.abc import Iterable

# What neither XML nor a page may hold: controls but tab and newline, lone surrogates, two noncharacters.
_NOT_ALLOWED = "\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff"
# Marks, embeddings, overrides and isolates of direction: one of them in a name turns round the words after it.
_DIRECTION = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_INVISIBLE = re.compile(f"[{_NOT_ALLOWED}{_DIRECTION}]")


def visible(text: str) -> str:
    """Return the text with every control character replaced by U+FFFD, fit for HTML and XML once escaped.

    Those of direction too: a name must not turn round the numbers beside it. Letters keep the direction they have.
    """
    return _INVISIBLE.sub("\ufffd", text)


_JAVASCRIPT = {"constructor", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString", "toString"}
_JAVASCRIPT |= {"valueOf", "__proto__", "__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__"}


def short_labels(names: Iterable[str], *, most: int = 34) -> dict[str, str]:
    """Return name -> label of at most `most` characters; different names have different labels."""
    labels: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        if name not in labels:
            label = _clip(" ".join(visible(name).split()) or "(empty)", most)
            # Vega keeps values as keys of JavaScript objects, which have some of their own.
            labels[name] = _free(f"{label}\u00a0" if label in _JAVASCRIPT else label, taken, most)
            taken.add(labels[name])
    return labels


def _clip(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _free(label: str, taken: set[str], most: int) -> str:
    candidate, count = label, 1
    while candidate in taken:
        count += 1
        ending = f" ({count})"
        candidate = _clip(label, most - len(ending)) + ending
    return candidate
