"""What a number of seeds can and cannot show, said before anything is trained."""

from collections.abc import Sequence

import numpy as np

from paribus.stats.permutation import sign_flip_floor
from paribus.stats.power import POWER, detectable, equivalence_ratio
from paribus.stats.repeated import SequentialLevels, check_looks, levels, paths_of
from paribus.stats.responses import check_alpha, check_margin
from paribus.stats.sequential import STOP_SHARE
from paribus.stats.student import half_width, two_one_sided, two_sided
from paribus.stats.words import in_pp


def can_show(n: int, *, contrasts: int, alpha: float, smallest_effect: float | None) -> tuple[str, ...]:
    """Return plain sentences on what n seeds per condition can show.

    Args:
        n: seeds per condition.
        contrasts: declared contrasts; 0 when there is one condition only.
        alpha: error rate over all of them.
        smallest_effect: the smallest difference that matters, a fraction, or None.

    Raises:
        StudyError: alpha or the smallest effect is out of range.

    """
    check_alpha(alpha)
    check_margin(smallest_effect)
    if n < 2:
        alone = (
            "One seed cannot show how much results change from seed to seed: "
            "nothing can be called different or equivalent, and there are no intervals."
        )
        return (alone,)
    if contrasts == 0:
        return (_one_condition_can_show(n, alpha),)
    seen = detectable(n, alpha=alpha, contrasts=contrasts)
    equal = equivalence_ratio(n, alpha=alpha, contrasts=contrasts)
    assert seen is not None
    assert equal is not None
    return (
        _difference_can_show(n, contrasts, seen),
        *_margin_can_show(smallest_effect, seen, equal),
        *_sign_flip_can_show(n, contrasts, alpha),
    )


def can_show_sequential(
    looks: Sequence[int], *, contrasts: int, alpha: float, smallest_effect: float | None
) -> tuple[str, ...]:
    """Return plain sentences on what a design can show that adds seeds until decided.

    Args:
        looks: numbers of seeds at which validation is judged.
        contrasts: declared contrasts, 1 or more.
        alpha: error rate over all of them.
        smallest_effect: the smallest difference that matters, a fraction, or None.

    Raises:
        StudyError: alpha or the smallest effect is out of range, or looks do not increase.

    """
    every = check_looks(looks)
    check_margin(smallest_effect)
    each = levels(every, alpha=alpha, contrasts=contrasts)
    seen = detectable(every[-1], alpha=each.difference)
    equal = equivalence_ratio(every[-1], alpha=each.equivalence)
    assert seen is not None
    assert equal is not None
    return (
        *_rule(every, each, contrasts, alpha),
        _difference_can_show(every[-1], contrasts, seen),
        *_margin_can_show(smallest_effect, seen, equal),
        *_takes(every, smallest_effect, seen=seen, equal=equal, share=alpha / contrasts),
        *_sign_flip_can_show(every[0], 1, each.difference),
    )


def expected_seeds(looks: Sequence[int], *, ratio: float, share: float) -> tuple[float, float, float]:
    """Return how many seeds a contrast takes on average when the true difference is 0, the margin, twice the margin.

    Simulated with normal differences, by the rule of `decide`.

    Args:
        looks: numbers of seeds at which validation is judged.
        ratio: margin / standard deviation of the differences.
        share: this contrast's share of the error rate, alpha / contrasts.

    """
    every = check_looks(looks)
    strict = levels(every, alpha=STOP_SHARE * share, contrasts=1)
    paths = paths_of(every)
    n = np.array(every, np.float64)[:, None]
    sd = np.sqrt(paths.squares / (n - 1))
    found = []
    for difference in (0.0, ratio, 2 * ratio):
        mean = paths.means + difference
        differs = two_sided(mean, sd, n) <= strict.difference
        equal = np.maximum(*two_one_sided(mean, sd, n, margin=ratio)) <= strict.equivalence
        decided = differs | equal
        decided[-1] = True
        found.append(float(np.array(every)[decided.argmax(axis=0)].mean()))
    return found[0], found[1], found[2]


def _rule(looks: Sequence[int], each: SequentialLevels, contrasts: int, alpha: float) -> tuple[str, ...]:
    at = f"{', '.join(map(str, looks[:-1]))} and {looks[-1]}" if len(looks) > 1 else f"{looks[0]}"
    asked = f"a p of at most {each.difference:.3g} instead of {alpha / contrasts:.3g}"
    return (
        f"Validation is judged at {at} seeds.",
        "Seeds are added where a comparison is not clearly decided.",
        f"Looking often has a price: the final test of each comparison asks for {asked}.",
    )


def _takes(looks: Sequence[int], margin: float | None, *, seen: float, equal: float, share: float) -> tuple[str, ...]:
    if margin is None:
        return ()
    limit = max(seen, equal)
    said = []
    for ratio in (limit, 2 * limit):
        none, one, two = (f"{seeds:.0f}" for seeds in expected_seeds(looks, ratio=ratio, share=share))
        said.append(
            f"Where s is {in_pp(margin / ratio)}, a comparison takes on average {none} seeds without a difference, "
            f"{one} at {in_pp(margin)}, {two} at {in_pp(2 * margin)}."
        )
    return tuple(said)


def _one_condition_can_show(n: int, alpha: float) -> str:
    half = float(half_width(1.0, n, alpha=alpha))
    return (
        f"There is one condition: nothing is compared. With {n} seeds the {100 * (1 - alpha):g} % interval "
        f"of its mean reaches {half:.2g} standard deviations (between seeds) to either side."
    )


def _difference_can_show(n: int, contrasts: int, seen: float) -> str:
    comparisons = "1 comparison" if contrasts == 1 else f"{contrasts} comparisons"
    times = f"{seen:.1f}" if seen < 100 else f"{seen:,.0f}"
    return (
        "Here s is the standard deviation of the seed-by-seed differences. "
        f"With {n} seeds and {comparisons}, a difference of {times} s is found with {100 * POWER:g} % chance; "
        "smaller ones often hide."
    )


def _margin_can_show(margin: float | None, seen: float, equal: float) -> tuple[str, ...]:
    if margin is None:
        return ("No smallest effect is declared, so nothing can be called equivalent.",)
    effect, to_differ, to_equal = in_pp(margin), in_pp(margin / seen), in_pp(margin / equal)
    return (
        f"To find {effect} so often, s must be at most {to_differ}.",
        f"To show equal conditions equivalent (within {effect}), s must be at most {to_equal}.",
    )


def _sign_flip_can_show(n: int, contrasts: int, alpha: float) -> tuple[str, ...]:
    level, floor = alpha / contrasts, sign_flip_floor(n)
    if floor <= level:
        return ()
    enough = next(seeds for seeds in range(n, 1_000) if sign_flip_floor(seeds) <= level)
    said = (
        "Verdicts rest on the t test, which takes the differences as normal. The exact sign-flip test does not: "
        f"it cannot get below p = {floor:.3g} with {n} seeds, and needs {enough}."
    )
    return (said,)
