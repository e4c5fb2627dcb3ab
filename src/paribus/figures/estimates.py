"""Per-seed dots of every condition, and the declared differences with their intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

from paribus.figures.labels import short_labels
from paribus.stats import ConditionEstimate, ContrastEstimate

# More rows than this make a figure longer than a page; the tables have all.
_MOST_ROWS = 40
_MOST_SEEDS = 60
# A frame is zoomed where leaving a few values outside makes the others at least this many times as wide apart.
_WORTH_ZOOMING = 4.0
# Outside the frame lies at most this share of the dots, or of the differences.
_MOST_DOTS_BEYOND, _MOST_ROWS_BEYOND = 0.2, 0.5
# Differences are not zoomed while the band of what would not matter takes this share of the frame: it can be seen.
_BAND_SEEN = 0.04


@dataclass(frozen=True, slots=True)
class SeedDot:
    """The response of one run, a fraction; `order` is the seed's place among all seeds of the figure."""

    label: str
    seed: int
    order: int
    value: float


@dataclass(frozen=True, slots=True)
class DotRow:
    """One condition: `n` seeds with a result, mean and interval as fractions, and a remark beside them."""

    label: str
    n: int
    mean: float | None
    low: float | None
    high: float | None
    remark: str


@dataclass(frozen=True, slots=True)
class DotsData:
    """A row of dots per condition.

    Attributes:
        response: what is measured ("test accuracy").
        domain: the part of the accuracy axis that is drawn; intervals may run beyond it, and a few dots lie below it
            where they would squeeze all others together: the notes name them.
    """

    response: str
    rows: tuple[DotRow, ...]
    dots: tuple[SeedDot, ...]
    domain: tuple[float, float]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """One contrast in percentage points; `verdict` is "no verdict" where statistics gives none."""

    label: str
    difference_pp: float | None
    low_pp: float | None
    high_pp: float | None
    verdict: str
    remark: str


@dataclass(frozen=True, slots=True)
class DifferencesData:
    """A forest: condition minus baseline, with zero and the band of differences too small to matter.

    Attributes:
        baseline: what every row is compared with, or "" where the rows name their own.
        smallest_effect_pp: half the width of the band; None without a declared effect.
        confidence: of the intervals, 1 - alpha.
        domain: the part of the axis that is drawn, in percentage points; where rows lie beyond it, the notes say so.
    """

    baseline: str
    smallest_effect_pp: float | None
    confidence: float
    rows: tuple[DifferenceRow, ...]
    domain: tuple[float, float]
    notes: tuple[str, ...]


def dots_data(conditions: Sequence[ConditionEstimate], response: str = "accuracy") -> DotsData:
    """Return one row per condition, in the order given; diverged runs have no dot; the remark counts them."""
    drawn = conditions[:_MOST_ROWS]
    labels = short_labels(each.name for each in drawn)
    seeds = sorted({seed for each in drawn for seed, _ in each.values})[:_MOST_SEEDS]
    place = {seed: order for order, seed in enumerate(seeds)}
    dots = tuple(
        SeedDot(labels[each.name], seed, place[seed], value)
        for each in drawn
        for seed, value in each.values
        if value is not None and seed in place
    )
    rows = tuple(_dot_row(each, labels[each.name]) for each in drawn)
    domain = _domain(rows, dots)
    notes = (*_beyond_dots(dots, domain), *_dot_notes(conditions, rows, domain))
    return DotsData(response, rows, dots, domain, notes)


def _dot_row(estimate: ConditionEstimate, label: str) -> DotRow:
    low, high = estimate.interval or (None, None)
    runs = estimate.n + estimate.diverged
    if estimate.mean is None:
        remark = f"diverged, {estimate.diverged} of {runs}" if estimate.diverged else "no result"
    else:
        remark = f"{100 * estimate.mean:.2f} %"
        remark += f", {estimate.diverged} of {runs} diverged" if estimate.diverged else ""
    return DotRow(label, estimate.n, estimate.mean, low, high, remark)


def _domain(rows: Sequence[DotRow], dots: Sequence[SeedDot]) -> tuple[float, float]:
    """Frame the dots, all but a few that lie far below, and the intervals as far as they do not squeeze the dots."""
    framed = _framed(dots)
    if not framed:
        return 0.0, 1.0
    # The mean of a row with a dot beyond the frame may lie beyond it too.
    means = [row.mean for row in rows if row.mean is not None and (len(framed) == len(dots) or row.mean >= min(framed))]
    low, high = min(framed + means), max(framed + means)
    span = max(high - low, 0.002)
    margin = max(0.05 * span, 0.0005)
    ends = [end for row in rows for end in (row.low, row.high) if end is not None]
    low = max(min([low, *ends]), low - span) - margin
    high = min(max([high, *ends]), high + span) + margin
    return max(0.0, low), min(1.0, high)


def _framed(dots: Sequence[SeedDot]) -> list[float]:
    """Return the values that the frame has to hold: without a few low ones, but some of every condition."""
    kept = sorted(dots, key=lambda dot: dot.value)
    labels = {dot.label for dot in dots}
    most = int(_MOST_DOTS_BEYOND * len(dots))
    for count in range(1, most + 1):
        rest = kept[count:]
        if {dot.label for dot in rest} != labels:
            break
        if kept[-1].value - kept[0].value > _WORTH_ZOOMING * max(kept[-1].value - rest[0].value, 0.002):
            return [dot.value for dot in rest]
    return [dot.value for dot in kept]


def _beyond_dots(dots: Sequence[SeedDot], domain: tuple[float, float]) -> tuple[str, ...]:
    beyond = [f"{dot.label}, seed {dot.seed}: {100 * dot.value:.2f} %" for dot in dots if dot.value < domain[0]]
    if not beyond:
        return ()
    return (f"Zoomed: an arrow at the left edge stands for what lies beyond it ({'; '.join(beyond)}).",)


def _dot_notes(
    conditions: Sequence[ConditionEstimate], rows: Sequence[DotRow], domain: tuple[float, float]
) -> tuple[str, ...]:
    notes = []
    beyond = any(
        row.low is not None and row.high is not None and (row.low < domain[0] or row.high > domain[1]) for row in rows
    )
    if beyond:
        notes.append("An interval that touches the frame runs on beyond it.")
    if len({seed for each in conditions for seed, _ in each.values}) > _MOST_SEEDS:
        notes.append(f"Thinned: the first {_MOST_SEEDS} seeds are drawn.")
    return (*notes, *_row_notes(len(conditions), "conditions"))


def differences_data(
    contrasts: Sequence[ContrastEstimate], *, smallest_effect: float | None, alpha: float
) -> DifferencesData:
    """Return one row per contrast, in the order given; `smallest_effect` is a fraction."""
    drawn = contrasts[:_MOST_ROWS]
    baselines = list(dict.fromkeys(each.baseline for each in drawn))
    names = [each.condition for each in drawn]
    if len(baselines) > 1:
        names = [f"{each.condition} minus {each.baseline}" for each in drawn]
    labels = short_labels(names)
    rows = tuple(_difference_row(each, labels[name]) for each, name in zip(drawn, names, strict=True))
    effect = None if smallest_effect is None else 100 * smallest_effect
    domain, zoomed = _difference_domain(rows, effect)
    return DifferencesData(
        baseline=short_labels(baselines)[baselines[0]] if len(baselines) == 1 else "",
        smallest_effect_pp=effect,
        confidence=1 - alpha,
        rows=rows,
        domain=domain,
        notes=(*zoomed, *_row_notes(len(contrasts), "contrasts")),
    )


def _difference_domain(
    rows: Sequence[DifferenceRow], effect: float | None
) -> tuple[tuple[float, float], tuple[str, ...]]:
    """Frame zero, the band and all intervals, but for a few far ones that would squeeze the others together."""
    drawn = [row for row in rows if row.difference_pp is not None]
    drawn.sort(key=lambda row: abs(row.difference_pp or 0.0), reverse=True)
    whole = _frame(drawn, effect)
    if 2 * (effect or 0.0) > _BAND_SEEN * (whole[1] - whole[0]):
        return whole, ()
    for count in range(1, int(_MOST_ROWS_BEYOND * len(drawn)) + 1):
        frame = _frame(drawn[count:], effect)
        if whole[1] - whole[0] > _WORTH_ZOOMING * (frame[1] - frame[0]):
            return frame, ("Zoomed: an arrow at the edge stands for a difference beyond it, whose value is beside it.",)
    return whole, ()


def _frame(rows: Sequence[DifferenceRow], effect: float | None) -> tuple[float, float]:
    ends = [end for row in rows for end in (row.difference_pp, row.low_pp, row.high_pp) if end is not None]
    low, high = min([-(effect or 0.0), *ends, 0.0]), max([effect or 0.0, *ends, 0.0])
    margin = 0.06 * (high - low) or 0.1
    return low - margin, high + margin


def _difference_row(contrast: ContrastEstimate, label: str) -> DifferenceRow:
    verdict = contrast.verdict or "no verdict"
    if contrast.difference is None:
        return DifferenceRow(label, None, None, None, verdict, remark=verdict)
    low, high = contrast.interval or (None, None)
    difference = 100 * contrast.difference
    return DifferenceRow(
        label,
        difference,
        None if low is None else 100 * low,
        None if high is None else 100 * high,
        verdict,
        remark=f"{difference:+.2f} pp  {verdict}".replace("-", "\N{MINUS SIGN}"),
    )


def _row_notes(count: int, what: str) -> tuple[str, ...]:
    if count <= _MOST_ROWS:
        return ()
    return (f"Thinned: the first {_MOST_ROWS} of {count:,} {what} are drawn.",)
