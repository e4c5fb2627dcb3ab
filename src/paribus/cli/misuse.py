"""Errors in words and options of a command, without the words of the libraries that found them."""

import re

_PLAINLY = (
    (re.compile(r"^Value error, "), ""),
    (re.compile(r"^Input should be a valid integer\b.*"), "it should be a whole number"),
    (re.compile(r"^Input should be a valid number\b.*"), "it should be a number"),
    (re.compile(r"^Input should be greater than or equal to (.*)"), r"it should be \1 or more"),
    (re.compile(r"^Input should "), "it should "),
)


def show_misuse(error: Exception) -> int | None:
    """Show an error in the use of a command; return the exit code, None for an error of another kind.

    It is one of click, or of the copy of click inside newer typers: both show themselves.
    """
    show, message = getattr(error, "show", None), getattr(error, "message", None)
    if show is None:
        return None
    if isinstance(message, str):
        for pattern, plainly in _PLAINLY:
            message = pattern.sub(plainly, message)
        error.message = message  # type: ignore[attr-defined]
    show()
    return int(getattr(error, "exit_code", 2))
