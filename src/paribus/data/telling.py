"""What takes long while images are read, told to whoever watches."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Reading:
    """One moment of a download or of the decoding of a folder.

    Attributes:
        what: "downloading train-images-idx3-ubyte.gz", "decoding photos".
        done, total: so much of so much; a total of 0 is not known.
        unit: of both.
    """

    what: str
    done: int
    total: int
    unit: Literal["bytes", "images", "files"]


Tell = Callable[[Reading], None]


def tell_nobody(reading: Reading) -> None:
    """Ignore progress."""
