"""Names of conditions and levels inside sentences, so that they cannot be taken for words of the sentence."""

import re
from collections.abc import Sequence

_RUNS_ON = re.compile(r"[\s,;]")


def named(name: str) -> str:
    """Return a name as a sentence has it: in quotes where it is empty or more than one word ("flip and crop").

    Names such as ReLU or lr=0.1 stay as they are.
    """
    return f"\N{LEFT DOUBLE QUOTATION MARK}{name}\N{RIGHT DOUBLE QUOTATION MARK}" if _runs_on(name) else name


def listed(names: Sequence[str], word: str = "and") -> str:
    """Return "a, b and c", each as `named` has it."""
    *most, last = map(named, names)
    return f"{', '.join(most)} {word} {last}" if most else last


def _runs_on(name: str) -> bool:
    return not name or _RUNS_ON.search(name) is not None
