"""The one form of an error: where, what was wrong, what is allowed, the nearest name, the next command."""

import difflib
from collections.abc import Iterable
from typing import ClassVar


class ParibusError(Exception):
    """Something a user can mend; printed without a traceback.

    Args:
        where: path in the study file ("train.lr"), a file, or a command.
        wrong: what was wrong with the value, as half a sentence.
        allowed: what is allowed.
        nearest: the name that was probably meant.
        next_command: what to type next.
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, where: str, *, wrong: str, allowed: str = "", nearest: str = "", next_command: str = "") -> None:
        self.where, self.wrong, self.allowed = where, wrong, allowed
        self.nearest, self.next_command = nearest, next_command
        super().__init__(self._sentence())

    def __reduce__(self) -> tuple[object, ...]:
        fields = (self.where, self.wrong, self.allowed, self.nearest, self.next_command)
        return _rebuild, (type(self), *fields)

    def _sentence(self) -> str:
        lines = [f"{self.where}: {self.wrong}"]
        if self.nearest:
            lines.append(f"  did you mean: {self.nearest}")
        if self.allowed:
            lines.append(f"  allowed: {self.allowed}")
        if self.next_command:
            lines.append(f"  next: {self.next_command}")
        return "\n".join(lines)


def _rebuild(
    kind: type[ParibusError], where: str, wrong: str, allowed: str, nearest: str, next_command: str
) -> ParibusError:
    return kind(where, wrong=wrong, allowed=allowed, nearest=nearest, next_command=next_command)


class StudyError(ParibusError):
    """The study file, an override or a name on the command line."""


class DataError(ParibusError):
    """Images or labels: missing, damaged, or not what the study says."""


class ModelError(ParibusError):
    """A layer expression or a user's own module."""


class StoreError(ParibusError):
    """The study's directory: busy, damaged, or not writable."""

    exit_code: ClassVar[int] = 1


class RunError(ParibusError):
    """Training could not go on for a reason outside the study."""

    exit_code: ClassVar[int] = 1


def nearest(name: str, candidates: Iterable[str]) -> str:
    """Return the candidate that is closest to `name`, or "" when none is near."""
    names = list(candidates)
    lowered = {each.lower(): each for each in names}
    found = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.55 if len(name) > 2 else 0.5)
    return lowered[found[0]] if found else ""
