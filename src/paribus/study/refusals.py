"""How a validator says no: the words travel inside pydantic's error and come out in complaints.py."""

from pydantic_core import PydanticCustomError

KIND = "paribus"


def refusal(wrong: str, *, allowed: str = "", nearest: str = "", at: str | int = "") -> PydanticCustomError:
    """Return the error that a validator raises.

    Args:
        wrong: what was wrong, the value shown.
        allowed: what is allowed.
        nearest: the name that was probably meant.
        at: the key below the validated table that is to blame, or the position in the validated list, from 0 (the
            first is never to blame alone); the value itself if empty.
    """
    return PydanticCustomError(KIND, "{wrong}", {"wrong": wrong, "allowed": allowed, "nearest": nearest, "at": at})
