"""The sentences that an estimate licenses, and no more."""

from collections.abc import Iterable, Sequence
from typing import get_args

from paribus.stats.power import MOST_SEEDS
from paribus.stats.tables import ConditionEstimate, ContrastEstimate, Verdict

_MOST_NAMES = 4
_LEAST_SHOWN = 1e-5  # 0.001 pp: a tenth of an image in ten thousand
_KINDS: tuple[Verdict | None, ...] = (*get_args(Verdict), None)


def sentence(contrast: ContrastEstimate, *, alpha: float, smallest_effect: float | None) -> str:
    """Return what one contrast shows, in plain words; differences in percentage points (pp)."""
    what = _difference(contrast, alpha)
    match contrast.verdict:
        case "different":
            said = f"{what}: different."
        case "negligible":
            said = f"{what}: a difference, but shown to be smaller than {_margin(smallest_effect)}: negligible."
        case "equivalent":
            p = _p(contrast.equivalence_p_adjusted, "equivalence ")
            said = f"{what}: equivalent, any difference is smaller than {_margin(smallest_effect)}{p}."
        case "undecided":
            said = f"{what}: undecided, which does not mean equal.{_outlook(contrast, smallest_effect)}"
        case "diverged":
            said = f"{what}: diverged."
        case None:
            said = f"{what}: no verdict."
    return f"{said} {contrast.reason}".strip()


def answer(estimates: Sequence[ContrastEstimate], *, alpha: float, smallest_effect: float | None) -> str:
    """Return one or two sentences that answer a whole study, of one contrast at least; see `spread` for none."""
    if len(estimates) == 1:
        return sentence(estimates[0], alpha=alpha, smallest_effect=smallest_effect)
    groups = {kind: [each for each in estimates if each.verdict == kind] for kind in _KINDS}
    parts = [_said(members, kind, smallest_effect) for kind, members in groups.items() if members]
    said = f"Compared with {estimates[0].baseline}: {'; '.join(parts)}."
    open_ones = groups["undecided"]
    return f"{said} Undecided does not mean equal{_seeds_for_all(open_ones, smallest_effect)}." if open_ones else said


def spread(estimate: ConditionEstimate, *, alpha: float, response: str) -> str:
    """Return what a study of one condition found: how much its results spread over seeds.

    Args:
        estimate: the condition.
        alpha: intervals are 1 - alpha.
        response: what was measured ("test accuracy").
    """
    if estimate.mean is None:
        return f"{estimate.name}: {estimate.reason}"
    seeds = f"{estimate.n} seed{'s' if estimate.n != 1 else ''}"
    said = f"One condition, nothing to compare: mean {response} {100 * estimate.mean:.2f} % over {seeds}"
    if estimate.sd is not None:
        said += f", standard deviation {in_pp(estimate.sd)}"
    if estimate.interval is not None:
        low, high = estimate.interval
        said += f" ({100 * (1 - alpha):g} % interval of the mean {100 * low:.2f} to {100 * high:.2f} %)"
    return f"{said}. {estimate.reason}".strip()


def in_pp(fraction: float, *, scale: float | None = None) -> str:
    """Return a difference of accuracies in percentage points, with the digits that `scale` deserves."""
    if scale is None and 0 < abs(fraction) < _LEAST_SHOWN:
        return f"{100 * fraction:.1g} pp"
    return f"{_number(fraction, abs(fraction) if scale is None else scale)} pp"


def _number(fraction: float, scale: float) -> str:
    decimals = 2 if scale >= 0.001 or scale == 0 else 3 if scale >= 0.0001 else 4
    return f"{round(100 * fraction, decimals) + 0.0:.{decimals}f}"


def _difference(contrast: ContrastEstimate, alpha: float) -> str:
    if contrast.difference is None:
        return f"{contrast.condition} cannot be compared with {contrast.baseline}"
    details = []
    scale = abs(contrast.difference)
    if contrast.interval is not None:
        low, high = contrast.interval
        scale = high - low
        details.append(f"{100 * (1 - alpha):g} % interval {_number(low, scale)} to {in_pp(high, scale=scale)}")
    details.append(f"n = {contrast.n} seed{'s' if contrast.n != 1 else ''}")
    tail = f"{', '.join(details)}{_p(contrast.p_adjusted, 'Holm ')}"
    return f"{contrast.condition} was {_size(contrast, scale)} {contrast.baseline} ({tail})"


def _size(contrast: ContrastEstimate, scale: float) -> str:
    assert contrast.difference is not None
    side = "above" if contrast.difference > 0 else "below" if contrast.difference < 0 else "from"
    return f"{in_pp(abs(contrast.difference), scale=scale)} {side}"


def _p(p: float | None, which: str) -> str:
    if p is None:
        return ""
    return f", {which}p < 0.001" if p < 0.001 else f", {which}p = {p:.3g}"


def _margin(smallest_effect: float | None) -> str:
    assert smallest_effect is not None, "without a smallest effect nothing is negligible or equivalent"
    return f"the {in_pp(smallest_effect)} that would matter"


def _outlook(contrast: ContrastEstimate, smallest_effect: float | None) -> str:
    if contrast.seeds_needed is None or smallest_effect is None:
        return ""
    effect, (low, high) = in_pp(smallest_effect), contrast.seeds_needed
    if high <= contrast.n:
        return f" {contrast.n} seeds are enough for a true difference of 0 or of {effect}; one in between takes more."
    said = f" To tell a difference of {effect} from none takes about {_range(low, high)} seeds (80 % chance)"
    if contrast.seeds_as_observed is None:
        return f"{said}."
    return f"{said}; about {_range(*(contrast.seeds_as_observed,) * 2)} show it if the true difference is as observed."


def _range(low: int, high: int) -> str:
    if low >= MOST_SEEDS:
        return f"{MOST_SEEDS:,} or more"
    top = f"{high:,}" if high < MOST_SEEDS else f"{MOST_SEEDS:,} or more"
    return top if low == high else f"{low:,} to {top}"


def _said(members: Sequence[ContrastEstimate], kind: Verdict | None, smallest_effect: float | None) -> str:
    """Return "a and b are equivalent ...": who, and the verdict as a predicate."""
    who = _listed(members)
    be, have = ("is", "has") if len(members) == 1 else ("are", "have")
    match kind:
        case "negligible":
            return f"{who} {be} different, but by less than {_margin(smallest_effect)}"
        case "equivalent":
            return f"{who} {be} equivalent (any difference is smaller than {_margin(smallest_effect)})"
        case "diverged":
            return f"{who} {have} diverged runs"
        case None:
            return f"{who} {have} no verdict"
        case _:
            return f"{who} {be} {kind}"


def _listed(members: Sequence[ContrastEstimate]) -> str:
    shown = [_short(each) for each in members[:_MOST_NAMES]]
    comma = _separator(shown)
    if len(members) > _MOST_NAMES:
        return f"{comma.join(shown)} and {len(members) - _MOST_NAMES} more"
    return " and ".join(filter(None, (comma.join(shown[:-1]), shown[-1])))


def _separator(names: Iterable[str]) -> str:
    """Return what stands between names in a list: a semicolon where a name has commas of its own."""
    return "; " if any("," in name for name in names) else ", "


def _short(contrast: ContrastEstimate) -> str:
    if contrast.difference is None or contrast.verdict in ("undecided", "equivalent", "diverged", None):
        return contrast.condition
    return f"{contrast.condition} ({_size(contrast, abs(contrast.difference)).removesuffix(' from')})"


def _seeds_for_all(members: Sequence[ContrastEstimate], smallest_effect: float | None) -> str:
    needed = [each.seeds_needed for each in members if each.seeds_needed is not None]
    if (
        smallest_effect is None
        or len(needed) < len(members)
        or all(high <= each.n for each, (_, high) in zip(members, needed, strict=True))
    ):
        return ""
    low, high = (max(each) for each in zip(*needed, strict=True))
    return f"; telling {in_pp(smallest_effect)} from none takes about {_range(low, high)} seeds"
