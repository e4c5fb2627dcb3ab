"""What a check found: sentences for and against."""

import textwrap
from dataclasses import dataclass
from typing import NamedTuple

_WIDTH = 100


class Finding(NamedTuple):
    """One sentence, and whether it speaks for what was checked."""

    satisfied: bool
    sentence: str


def good(sentence: str) -> Finding:
    """Return a sentence for it."""
    return Finding(satisfied=True, sentence=sentence)


def bad(sentence: str) -> Finding:
    """Return a sentence against it."""
    return Finding(satisfied=False, sentence=sentence)


@dataclass(frozen=True, slots=True)
class Contract:
    """What was checked, and what came out; true when nothing speaks against it.

    `assert check_model("nets.py:Net", image_shape=(1, 28, 28), classes=10)` is a test; `print` tells why it fails.

    Attributes:
        subject: what was checked ("nets.py:Net").
        satisfied: what holds, a sentence each.
        against: what does not hold, and how to mend it, a sentence each.
    """

    subject: str
    satisfied: tuple[str, ...] = ()
    against: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return not self.against

    def __str__(self) -> str:
        count = len(self.against)
        head = f"{self.subject} keeps its contract" if not count else f"{self.subject}: {count} against it"
        lines = [head, *(_item("-", each) for each in self.against), *(_item("+", each) for each in self.satisfied)]
        return "\n".join(lines)

    def __repr__(self) -> str:
        # what pytest shows of `assert check_model(...)`
        return str(self)


def contract(subject: str, findings: list[Finding]) -> Contract:
    """Return the contract of findings, in their order."""
    satisfied = tuple(each.sentence for each in findings if each.satisfied)
    return Contract(subject, satisfied, tuple(each.sentence for each in findings if not each.satisfied))


def _item(mark: str, sentence: str) -> str:
    return textwrap.fill(sentence, _WIDTH, initial_indent=f"  {mark} ", subsequent_indent="    ")
