"""What a number of seeds can and cannot show, said before anything is trained."""

from paribus.stats.permutation import sign_flip_floor
from paribus.stats.power import POWER, detectable, equivalence_ratio
from paribus.stats.responses import check_alpha, check_margin
from paribus.stats.student import half_width
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
        f"With {n} seeds and {comparisons}, a difference is found with {100 * POWER:g} % chance if it is "
        f"{times} times the standard deviation of the seed-by-seed differences; smaller ones often hide."
    )


def _margin_can_show(margin: float | None, seen: float, equal: float) -> tuple[str, ...]:
    if margin is None:
        return ("No smallest effect is declared, so nothing can be called equivalent.",)
    effect, to_differ, to_equal = in_pp(margin), in_pp(margin / seen), in_pp(margin / equal)
    return (
        f"To find {effect} so often, this standard deviation must be at most {to_differ}.",
        f"To show equal conditions equivalent (within {effect}), it must be at most {to_equal}.",
    )


def _sign_flip_can_show(n: int, contrasts: int, alpha: float) -> tuple[str, ...]:
    level, floor = alpha / contrasts, sign_flip_floor(n)
    if floor <= level:
        return ()
    enough = next(seeds for seeds in range(n, 1_000) if sign_flip_floor(seeds) <= level)
    said = (
        "Verdicts rest on the t test, which takes the differences as normal; the exact sign-flip test, which "
        f"does not, cannot get below p = {floor:.3g} with {n} seeds; it needs {enough}."
    )
    return (said,)
