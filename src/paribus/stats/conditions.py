"""Each condition on its own: its runs, mean, spread and t interval over seeds."""

from collections.abc import Mapping

from paribus.stats.responses import check_alpha, mean_and_sd, ordered
from paribus.stats.student import half_width
from paribus.stats.tables import ConditionEstimate, RunTable


def describe(table: RunTable, *, alpha: float = 0.05) -> tuple[ConditionEstimate, ...]:
    """Return one estimate per condition, in the table's order.

    The interval is mean ± t(n - 1, 1 - alpha / 2) sd / sqrt(n). There is none below two finite runs, with a
    diverged run (mean and sd then only describe the others), or when all runs gave the same value.

    Raises:
        StudyError: alpha is not above 0 and below 0.5.

    """
    check_alpha(alpha)
    return tuple(_condition(name, runs, alpha) for name, runs in table.values.items())


def _condition(name: str, runs: Mapping[int, float | None], alpha: float) -> ConditionEstimate:
    values = ordered(runs)
    finite = [value for _, value in values if value is not None]
    mean, sd = mean_and_sd(finite, scale=max(map(abs, finite), default=0.0))
    diverged = len(values) - len(finite)
    reason = _why_no_interval(len(finite), diverged, sd)
    interval = None
    if not reason and mean is not None and sd is not None:
        half = float(half_width(sd, len(finite), alpha=alpha))
        interval = (mean - half, mean + half)
    return ConditionEstimate(name, values, len(finite), diverged, mean, sd, interval, reason)


def _why_no_interval(n: int, diverged: int, sd: float | None) -> str:
    if diverged:
        rest = "there is no mean." if n == 0 else f"the mean is descriptive, of the other {n} only."
        return f"{diverged} of {diverged + n} runs diverged: {rest}"
    if n == 0:
        return "No run has finished."
    if n == 1:
        return "One seed: the spread between seeds is unknown, so there is no interval."
    if sd == 0:
        return f"All {n} seeds gave the same value: there is no spread to take an interval from."
    return ""
