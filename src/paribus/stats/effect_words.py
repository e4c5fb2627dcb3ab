"""The sentences that the effects of a grid license, and no more."""

from collections.abc import Sequence

from paribus.stats.best import BestByLevel
from paribus.stats.grid import Change
from paribus.stats.interactions import FactorEffect, Interaction
from paribus.stats.names import listed, named
from paribus.stats.phrases import interval_phrase, p_phrase, seeds_phrase
from paribus.stats.tables import Verdict
from paribus.stats.weighted import EffectEstimate
from paribus.stats.words import in_pp

_INTERACTION: dict[Verdict, str] = {
    "different": "interaction",
    "negligible": "an interaction, but smaller than would matter",
    "equivalent": "no interaction that matters",
    "undecided": "undecided",
    "diverged": "diverged",
}


def interaction_word(verdict: Verdict | None) -> str:
    """Return what a verdict on an interaction is called."""
    return "no verdict" if verdict is None else _INTERACTION[verdict]


def interaction_sentence(interaction: Interaction, *, alpha: float) -> str:
    """Return what one interaction shows; differences in percentage points (pp)."""
    first, second, estimate = interaction.first, interaction.second, interaction.estimate
    step = _step(first)
    if estimate.difference is None:
        said = f"Whether the effect of going {step} depends on {named(second.factor)} cannot be told"
    else:
        how = "higher" if estimate.difference >= 0 else "lower"
        where = f"at {_at(second.factor, second.level)} than at {_at(second.factor, second.baseline)}"
        said = (
            f"The effect of going {step} was {in_pp(abs(estimate.difference))} {how} {where}"
            f"{_averaged(interaction.averaged)} ({_numbers(estimate, alpha)})"
        )
    return _ended(f"{said}: {interaction_word(estimate.verdict)}", estimate)


def effect_sentence(effect: FactorEffect, *, alpha: float) -> str:
    """Return what one simple or main effect shows; differences in percentage points (pp)."""
    estimate = effect.estimate
    where = f"At {_at(*effect.at)}, going" if effect.at else "Going"
    mean = _averaged(effect.averaged)
    if estimate.difference is None:
        said = f"{where} {_step(effect.change)} cannot be judged{mean}"
    else:
        said = (
            f"{where} {_step(effect.change)} changed the response by {_signed(estimate.difference)}{mean} "
            f"({_numbers(estimate, alpha)})"
        )
    return _ended(f"{said}: {estimate.verdict or 'no verdict'}", estimate)


def best_sentence(found: BestByLevel) -> str:
    """Return whether the best level of one factor depends on another; never that it does not."""
    sets = "; ".join(
        f"at {_at(found.within, level)} {listed(each.levels, 'or') if each.levels else 'none that can be judged'}"
        for level, each in found.sets.items()
    )
    if found.depends:
        return f"The best {named(found.factor)} depends on {named(found.within)}: {sets}."
    return (
        f"It is not shown that the best {named(found.factor)} depends on {named(found.within)}. Not shown to be worse "
        f"than the best: {sets}."
    )


def verdict_words(estimate: EffectEstimate, *, alpha: float) -> str:
    """Return size, numbers and verdict of an estimate: "-0.20 pp (95 % interval ...): different"."""
    if estimate.difference is None:
        return f"unknown: {estimate.reason}"
    return f"{_signed(estimate.difference)} ({_numbers(estimate, alpha)}): {estimate.verdict or 'no verdict'}"


def _ended(said: str, estimate: EffectEstimate) -> str:
    more = ", which does not mean none" if estimate.verdict == "undecided" else ""
    return f"{said}{more}. {estimate.reason}".strip()


def _step(change: Change) -> str:
    return f"from {_at(change.factor, change.baseline)} to {named(change.level)}"


def _at(factor: str, level: str) -> str:
    return named(f"{factor}={level}")


def _signed(fraction: float) -> str:
    return f"{'+' if fraction > 0 else ''}{in_pp(fraction)}"


def _averaged(factors: Sequence[str]) -> str:
    return f", averaged over {listed(factors)}" if factors else ""


def _numbers(estimate: EffectEstimate, alpha: float) -> str:
    parts = []
    if estimate.interval is not None:
        parts.append(interval_phrase(estimate.interval, alpha=alpha))
    parts.append(f"n = {seeds_phrase(estimate.n)}")
    if estimate.p_adjusted is not None:
        over = f" over {estimate.family}" if estimate.family > 1 else ""
        parts.append(f"Holm {p_phrase(estimate.p_adjusted)}{over}")
    if estimate.verdict in ("equivalent", "negligible") and estimate.equivalence_p_adjusted is not None:
        parts.append(f"equivalence {p_phrase(estimate.equivalence_p_adjusted)}")
    return ", ".join(parts)
