"""Progress in a measure that a terminal can follow."""

import time
from typing import Literal

from paribus.data.telling import Reading, Tell

_SECONDS = 0.2


class Pace:
    """Tells how far something is: at its beginning, at its end, and at most five times a second between.

    Args:
        tell: hears it.
        what, total, unit: as in Reading.
    """

    def __init__(self, tell: Tell, *, what: str, total: int, unit: Literal["bytes", "images", "files"]) -> None:
        self._tell, self._what, self._total, self._unit = tell, what, total, unit
        self._next = 0.0

    def at(self, done: int) -> None:
        """Say that so much is done, if it is time to."""
        now = time.monotonic()
        if now >= self._next or done >= self._total:
            self._next = now + _SECONDS
            self._tell(Reading(self._what, done, self._total, self._unit))
