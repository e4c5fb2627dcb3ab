"""Numbers as a printed table has them: as many decimals in every row, a true minus sign."""

import math

_MINUS = "\N{MINUS SIGN}"
NONE = "\N{EN DASH}"


def percent(fraction: float | None, decimals: int = 2) -> str:
    """Return an accuracy as a percentage, without the sign: the column's head has it."""
    return NONE if fraction is None else _fixed(100 * fraction, decimals)


def points(fraction: float | None) -> str:
    """Return a difference of accuracies in percentage points, with its sign."""
    if fraction is None:
        return NONE
    text = _fixed(100 * fraction, 2)
    return text if text.startswith(_MINUS) or float(text) == 0 else f"+{text}"


def loss(value: float | None) -> str:
    """Return a loss with four decimals; very large ones as powers of ten."""
    if value is None or not math.isfinite(value):
        return NONE
    return _fixed(value, 4) if abs(value) < 1e4 else f"{value:.3e}"


def probability(p: float | None) -> str:
    """Return a p-value with three decimals."""
    if p is None:
        return NONE
    return "< 0.001" if p < 0.001 else _fixed(p, 3)


def count(value: int) -> str:
    """Return a whole number with its thousands apart."""
    return f"{value:,}"


def plain(value: object) -> str:
    """Return a setting as the study file would have it."""
    match value:
        case None:
            return NONE
        case bool():
            return "true" if value else "false"
        case list() | tuple():
            return "[" + ", ".join(plain(each) for each in value) + "]"
        case _:
            return str(value)


def cell(value: object, column: str) -> str:
    """Return a value of a table whose column says what it is: a difference, an accuracy, a share, a p-value."""
    if value is None or not isinstance(value, float):
        return plain(value)
    if column in ("difference", "low", "high"):
        return f"{points(value)} pp"
    if column.startswith("p"):
        return probability(value)
    return f"{percent(value, 1 if column.startswith('budget') else 2)} %"


def _fixed(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    # -0.00 is a zero
    return text.lstrip("-") if float(text) == 0 else text.replace("-", _MINUS)
