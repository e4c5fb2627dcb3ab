"""Where a user's own images come from, for messages: the name that was asked for, and the lines of its file."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from paribus.core import DataError, ParibusError, frame

WHERE = "data.source"


@dataclass(frozen=True, slots=True)
class Origin:
    """What a message starts with.

    Attributes:
        name: "mine.py:digits".
        path: the user's file, whose lines are named; None for an object that was handed over.
    """

    name: str
    path: Path | None = None

    def refuse(self, wrong: str, *, allowed: str = "", nearest: str = "") -> DataError:
        """Return the error: name, what was wrong, what is allowed."""
        return DataError(WHERE, wrong=f"{self.name}: {wrong}", allowed=allowed, nearest=nearest)

    @contextmanager
    def told(self, what: str) -> Iterator[None]:
        """Turn what a user's own code raises inside the block into an error that names its line.

        Args:
            what: half a sentence that ends before the line ("training image 3 raises").
        """
        try:
            yield
        except ParibusError:
            raise
        # whatever it raises is the user's to read, and a script's sys.exit too
        except (Exception, SystemExit) as error:
            line = f"{type(error).__name__}: {error}" if self.path is None else frame(error, self.path)
            raise self.refuse(f"{what}: {line}") from error
