"""Parts of sentences that several tellers share: intervals, p-values, seeds."""

from paribus.stats.words import in_pp


def interval_phrase(interval: tuple[float, float], *, alpha: float) -> str:
    """Return "95 % interval -0.12 to 0.17 pp"."""
    low, high = interval
    scale = high - low
    first = in_pp(low, scale=scale).removesuffix(" pp")
    return f"{100 * (1 - alpha):g} % interval {first} to {in_pp(high, scale=scale)}"


def p_phrase(p: float) -> str:
    """Return "p = 0.012", or "p < 0.001"."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3g}"


def seeds_phrase(n: int) -> str:
    """Return "1 seed", "5 seeds"."""
    return f"{n:,} seed{'s' if n != 1 else ''}"
