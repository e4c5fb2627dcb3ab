"""How a user's own code is called: in a process of its own, where somebody above this room provides one."""

from collections.abc import Callable
from typing import ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Isolate(Protocol):
    """Calls a function with its arguments and returns what it gives; both must be picklable."""

    def __call__(self, function: Callable[P, R], /, *args: P.args, **named: P.kwargs) -> R:
        """Return function(*args, **named)."""
        ...
