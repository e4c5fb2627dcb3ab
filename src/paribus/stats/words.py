"""The sentences that an estimate licenses, and no more."""

from collections.abc import Sequence
from typing import get_args

from paribus.stats.names import named
from paribus.stats.tables import ConditionEstimate, ContrastEstimate, Verdict

TOO_FEW = "too few seeds to tell"
_MOST_NAMES = 4
_LEAST_SHOWN = 1e-5  # 0.001 pp: a tenth of an image in ten thousand
_MOST_FORESEEN = 1_000  # seeds: a forecast beyond that says no more than "many"
_LEAST_TO_FORESEE = 3  # two seeds leave the spread unknown by a factor of 70
_KINDS: tuple[Verdict | None, ...] = (*get_args(Verdict), None)
_CLAIMS: tuple[Verdict, ...] = ("different", "negligible", "equivalent")


def sentence(contrast: ContrastEstimate, *, alpha: float, smallest_effect: float | None) -> str:
    """Return what one contrast shows, in plain words; differences in percentage points (pp).

    "On these images": a verdict is about the mean over seeds, other seeds included, on the images that were used.
    """
    what = _difference(contrast, alpha)
    match contrast.verdict:
        case "different":
            said = f"{what}: different on these images."
        case "negligible":
            small = f"but shown to be smaller than {_margin(smallest_effect)}"
            said = f"{what}: a difference on these images, {small}: negligible."
        case "equivalent":
            p = _p(contrast.equivalence_p_adjusted, "equivalence ")
            said = f"{what}: equivalent on these images, any difference is smaller than {_margin(smallest_effect)}{p}."
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
    where = " on these images" if any(groups[kind] for kind in _CLAIMS) else ""
    said = f"Compared with {named(estimates[0].baseline)}{where}: {'; '.join(parts)}."
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
        return f"{named(estimate.name)}: {estimate.reason}"
    seeds = f"{estimate.n} seed{'s' if estimate.n != 1 else ''}"
    said = f"One condition, nothing to compare: mean {response} {100 * estimate.mean:.2f} % over {seeds}"
    if estimate.sd is not None:
        said += f", standard deviation {in_pp(estimate.sd)}"
    if estimate.interval is not None:
        low, high = estimate.interval
        said += f" ({100 * (1 - alpha):g} % interval of the mean {100 * low:.2f} to {100 * high:.2f} %)"
    return f"{said}. {estimate.reason}".strip()


def seeds_needed_phrase(contrast: ContrastEstimate) -> str:
    """Return about how many seeds tell the smallest effect from zero: "about 9 to 31", or why that is not known.

    Empty where nothing is to be foreseen: the contrast is not undecided, or there is no smallest effect.
    """
    if contrast.seeds_needed is None:
        return ""
    return TOO_FEW if contrast.n < _LEAST_TO_FORESEE else _foreseen(*contrast.seeds_needed)


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
        return f"{named(contrast.condition)} cannot be compared with {named(contrast.baseline)}"
    details = []
    scale = abs(contrast.difference)
    if contrast.interval is not None:
        low, high = contrast.interval
        scale = high - low
        details.append(f"{100 * (1 - alpha):g} % interval {_number(low, scale)} to {in_pp(high, scale=scale)}")
    details.append(f"n = {contrast.n} seed{'s' if contrast.n != 1 else ''}")
    tail = f"{', '.join(details)}{_p(contrast.p_adjusted, 'Holm ')}"
    return f"{named(contrast.condition)} was {_size(contrast, scale)} {named(contrast.baseline)} ({tail})"


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
    effect = in_pp(smallest_effect)
    if contrast.seeds_needed[1] <= contrast.n:
        return f" {contrast.n} seeds are enough for a true difference of 0 or of {effect}; one in between takes more."
    said = f" {_telling(effect, seeds_needed_phrase(contrast))}"
    if contrast.seeds_as_observed is None or contrast.n < _LEAST_TO_FORESEE:
        return f"{said}."
    return f"{said}; {_foreseen(*(contrast.seeds_as_observed,) * 2)} show it if the true difference is as observed."


def _telling(effect: str, seeds: str) -> str:
    if seeds == TOO_FEW:
        return f"There are {TOO_FEW} how many are needed"
    return f"To tell a difference of {effect} from zero takes {seeds} seeds (80 % chance)"


def _foreseen(low: int, high: int) -> str:
    """Return how many seeds a forecast says: "about 9 to 31", "more than 1,000", or that it cannot tell."""
    if low > _MOST_FORESEEN:
        return f"more than {_MOST_FORESEEN:,}"
    if high > _MOST_FORESEEN:
        return TOO_FEW
    return f"about {low}" if low == high else f"about {low} to {high}"


def _said(members: Sequence[ContrastEstimate], kind: Verdict | None, smallest_effect: float | None) -> str:
    """Return "a and b are equivalent ...": who, and the verdict as a predicate."""
    who = _who(members)
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


def _who(members: Sequence[ContrastEstimate]) -> str:
    shown = [_short(each) for each in members[:_MOST_NAMES]]
    if len(members) > _MOST_NAMES:
        return f"{', '.join(shown)} and {len(members) - _MOST_NAMES} more"
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def _short(contrast: ContrastEstimate) -> str:
    name = named(contrast.condition)
    if contrast.difference is None or contrast.verdict in ("undecided", "equivalent", "diverged", None):
        return name
    return f"{name} ({_size(contrast, abs(contrast.difference)).removesuffix(' from')})"


def _seeds_for_all(members: Sequence[ContrastEstimate], smallest_effect: float | None) -> str:
    needed = [each.seeds_needed for each in members if each.seeds_needed is not None]
    if (
        smallest_effect is None
        or len(needed) < len(members)
        or all(high <= each.n for each, (_, high) in zip(members, needed, strict=True))
    ):
        return ""
    few = min(each.n for each in members) < _LEAST_TO_FORESEE
    low, high = (max(each) for each in zip(*needed, strict=True))
    seeds, effect = TOO_FEW if few else _foreseen(low, high), in_pp(smallest_effect)
    if seeds == TOO_FEW:
        return f"; there are {TOO_FEW} how many are needed"
    return f"; telling {effect} from zero takes {seeds} seeds"
