"""Each condition against the baseline, paired by seed: effect, tests, Holm, verdict, seeds needed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from paribus.stats.names import named
from paribus.stats.power import seeds_needed, seeds_to_differ, upper_sd
from paribus.stats.repeated import check_looks, level, levels, overall
from paribus.stats.responses import check_alpha, check_margin, check_names, mean_and_sd, ordered
from paribus.stats.student import half_width, holm, two_one_sided, two_sided
from paribus.stats.tables import ContrastEstimate, RunTable, Verdict, verdict_of


@dataclass(frozen=True, slots=True)
class _Pairs:
    """One condition beside the baseline, before any test; `untestable` says why there is none."""

    condition: str
    differences: tuple[tuple[int, float], ...]
    mean: float | None
    sd: float | None
    diverged: int
    untestable: str
    remark: str


@dataclass(frozen=True, slots=True)
class _Test:
    """The numbers of one testable contrast."""

    half_width: float
    p: float
    equivalence_p: float | None


@dataclass(frozen=True, slots=True)
class _Seeds:
    """How many would decide an open contrast: for the smallest effect, and for the difference as observed."""

    needed: tuple[int, int] | None = None
    as_observed: int | None = None


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a declared contrast may say."""

    p_adjusted: float
    equivalence_p_adjusted: float | None
    verdict: Verdict


def contrasts(
    table: RunTable,
    *,
    smallest_effect: float | None,
    alpha: float = 0.05,
    declared: Sequence[str] | None = None,
    looks: Sequence[int] | None = None,
) -> tuple[ContrastEstimate, ...]:
    """Return one estimate per condition that is not the baseline, in the table's order.

    Paired t test and interval on the differences by seed; two one-sided tests against the smallest effect;
    both families of p-values corrected by Holm, each on its own, so that the error rate holds per kind of
    claim. The family is every declared contrast: one that cannot be tested (yet) still counts, as p = 1, so
    that neither a diverged run nor an early look makes the others easier to pass.

    No test, interval or verdict is given where the differences do not vary: t would divide by zero, and
    identical differences on many images mean that the setting or the seed did not reach the training.

    Where seeds were added until decided, p-values and interval are those of the worst that stopping can do: the
    chance that any of the looks has so small a p, and the interval that covers at all looks together. They hold for
    whatever made a contrast stop, and each contrast may have stopped at another look. The baseline's runs on
    seeds that a condition does not have are then no part of its contrast.

    Args:
        table: responses; a declared condition without finished runs stands in it with no seeds.
        smallest_effect: the smallest difference that matters, a fraction; None: nothing can be equivalent.
        alpha: error rate over the declared contrasts.
        declared: conditions whose contrasts were planned, by default all; the others get no verdict.
        looks: numbers of seeds at which a sequential design may stop; None for a fixed number.

    Raises:
        StudyError: alpha or the smallest effect is out of range, a name is not in the table, or looks do not increase.

    """
    names = [name for name in table.values if name != table.baseline]
    planned = set(names if declared is None else declared)
    check_alpha(alpha)
    check_margin(smallest_effect)
    check_names(table, sorted(planned))
    looks = None if looks is None else check_looks(looks)
    pairs = [_pair(table, name, looks) for name in names]
    tests = _tests(pairs, smallest_effect, alpha, looks)
    claims = _claims({name: test for name, test in tests.items() if name in planned}, len(planned), alpha)
    seeds = _seeds(pairs, claims, smallest_effect, alpha=alpha, family=len(planned), looks=looks)
    return tuple(
        _estimate(
            pair,
            table.baseline,
            tests.get(pair.condition),
            claims.get(pair.condition),
            seeds.get(pair.condition, _Seeds()),
            alpha,
        )
        for pair in pairs
    )


def _pair(table: RunTable, name: str, looks: tuple[int, ...] | None) -> _Pairs:
    treated, base = dict(ordered(table.values[name])), dict(ordered(table.values[table.baseline]))
    if looks is not None:
        base = {seed: value for seed, value in base.items() if seed in treated}
    both = [(seed, value, base.get(seed)) for seed, value in treated.items()]
    finite = [(seed, value, other) for seed, value, other in both if value is not None and other is not None]
    differences = tuple((seed, value - other) for seed, value, other in finite)
    scale = max((max(abs(value), abs(other)) for _, value, other in finite), default=0.0)
    mean, sd = mean_and_sd([difference for _, difference in differences], scale=scale)
    runs = [*treated.values(), *base.values()]
    diverged = sum(value is None for value in runs)
    untestable = (
        _after_divergence(diverged, len(runs), len(differences))
        if diverged
        else _why_no_test(name, table, differences, sd) or _between_looks(len(differences), looks)
    )
    return _Pairs(name, differences, mean, sd, diverged, untestable, _unpaired(treated, base))


def _after_divergence(diverged: int, runs: int, pairs: int) -> str:
    rest = f"only describes the {pairs} finite pairs" if pairs > 1 else "only describes the one finite pair"
    left = f"no test, the difference {rest}." if pairs else "no pair is left to compare."
    return f"{diverged} of {runs} runs diverged: {left}"


def _why_no_test(name: str, table: RunTable, differences: tuple[tuple[int, float], ...], sd: float | None) -> str:
    for each in (name, table.baseline):
        if not table.values[each]:
            return f"No run of {named(each)} has finished."
    if not differences:
        return f"{named(name)} and {named(table.baseline)} have no seed in common: their runs cannot be paired."
    if sd is None:
        return "One seed: the spread between seeds is unknown, so nothing can be tested."
    if sd == 0:
        same = "no difference at all" if differences[0][1] == 0 else "the same difference"
        return (
            f"All {len(differences)} seeds show {same}: without spread, no test, interval or verdict. "
            "On few images this can be chance; else check that setting and seed reach the training."
        )
    return ""


def _between_looks(n: int, looks: tuple[int, ...] | None) -> str:
    if looks is None or n in looks:
        return ""
    at = f"{', '.join(map(str, looks[:-1]))} or {looks[-1]}" if len(looks) > 1 else f"{looks[0]}"
    return f"{n} seeds: this design adds seeds until decided, and judges at {at} seeds only."


def _unpaired(treated: Mapping[int, object], base: Mapping[int, object]) -> str:
    alone, common = len(treated.keys() ^ base.keys()), len(treated.keys() & base.keys())
    if not (alone and common):
        return ""
    runs = "1 run without its partner is" if alone == 1 else f"{alone} runs without their partner are"
    return f"Only the seeds that both conditions have are compared ({common}); {runs} left out."


def _tests(
    pairs: Sequence[_Pairs], margin: float | None, alpha: float, looks: tuple[int, ...] | None
) -> dict[str, _Test]:
    able = [pair for pair in pairs if not pair.untestable]
    mean, sd, n = _columns(able)
    width_level, p = alpha, two_sided(mean, sd, n)
    equal = None if margin is None else np.maximum(*two_one_sided(mean, sd, n, margin=margin))
    if looks is not None:
        width_level, p = level(alpha, looks=looks, sides=2), overall(p, looks=looks, sides=2)
        equal = None if equal is None else overall(equal, looks=looks, sides=1)
    halves = half_width(sd, n, alpha=width_level).tolist()
    equivalence: list[float | None] = [None] * len(able) if equal is None else equal.tolist()
    return {pair.condition: _Test(*row) for pair, *row in zip(able, halves, p.tolist(), equivalence, strict=True)}


def _columns(pairs: Sequence[_Pairs]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows = [(pair.mean, pair.sd, len(pair.differences)) for pair in pairs]
    mean, sd, n = np.array(rows, np.float64).reshape(-1, 3).T
    return mean, sd, n


def _claims(tests: Mapping[str, _Test], family: int, alpha: float) -> dict[str, _Claim]:
    p = _holm_in_family([test.p for test in tests.values()], family)
    equivalence: Sequence[float | None] = [None] * len(tests)
    known = [test.equivalence_p for test in tests.values() if test.equivalence_p is not None]
    if known:
        equivalence = _holm_in_family(known, family)
    return {
        name: _Claim(adjusted, equal, verdict_of(adjusted, equal, alpha=alpha))
        for name, adjusted, equal in zip(tests, p, equivalence, strict=True)
    }


def _holm_in_family(p: list[float], family: int) -> list[float]:
    adjusted: list[float] = holm(p + [1.0] * (family - len(p)))[: len(p)].tolist()
    return adjusted


def _seeds(
    pairs: Sequence[_Pairs],
    claims: Mapping[str, _Claim],
    margin: float | None,
    *,
    alpha: float,
    family: int,
    looks: tuple[int, ...] | None,
) -> dict[str, _Seeds]:
    open_pairs = [pair for pair in pairs if pair.condition in claims]
    open_pairs = [pair for pair in open_pairs if claims[pair.condition].verdict == "undecided"]
    if margin is None or not open_pairs:
        return {}
    mean, sd, n = _columns(open_pairs)
    if looks is not None:  # the stricter of the two levels, as if all contrasts together had it
        each = levels(looks, alpha=alpha, contrasts=family)
        alpha = family * min(each.difference, each.equivalence)
    ratio = margin / np.stack((sd, upper_sd(sd, n)))
    fewest, most = seeds_needed(ratio, alpha=alpha, contrasts=family).tolist()
    larger = np.abs(mean) > margin
    seen = seeds_to_differ(np.abs(mean) / sd, alpha=alpha, contrasts=family).tolist()
    rows = zip(open_pairs, fewest, most, seen, larger, strict=True)
    return {pair.condition: _Seeds((low, high), at if above else None) for pair, low, high, at, above in rows}


def _estimate(
    pair: _Pairs,
    baseline: str,
    test: _Test | None,
    claim: _Claim | None,
    seeds: _Seeds,
    alpha: float,
) -> ContrastEstimate:
    interval = None
    if test is not None and pair.mean is not None:
        interval = (pair.mean - test.half_width, pair.mean + test.half_width)
    verdict: Verdict | None = claim.verdict if claim else None
    return ContrastEstimate(
        condition=pair.condition,
        baseline=baseline,
        differences=pair.differences,
        n=len(pair.differences),
        diverged=pair.diverged,
        difference=pair.mean,
        sd=pair.sd,
        interval=interval,
        p=test.p if test else None,
        p_adjusted=claim.p_adjusted if claim else None,
        equivalence_p=test.equivalence_p if test else None,
        equivalence_p_adjusted=claim.equivalence_p_adjusted if claim else None,
        verdict="diverged" if pair.diverged else verdict,
        seeds_needed=seeds.needed,
        seeds_as_observed=seeds.as_observed,
        reason=" ".join(filter(None, (pair.untestable, pair.remark, _remark(test, claim, alpha)))),
    )


def _remark(test: _Test | None, claim: _Claim | None, alpha: float) -> str:
    if test is None:
        return ""
    if claim is None:
        return "This contrast was not declared: it is exploratory and gets no verdict."
    if test.p <= alpha < claim.p_adjusted:
        return (
            f"The {100 * (1 - alpha):g} % interval leaves out 0, but is not corrected for the number of "
            "comparisons; Holm's p is, and decides."
        )
    if test.equivalence_p is None and claim.verdict == "undecided":
        return "No smallest effect is declared, so nothing can be called equivalent."
    return ""
