"""How often one condition beats another: the probability of improvement, with pairs and without."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from paribus.core import StudyError
from paribus.stats.names import named
from paribus.stats.phrases import seeds_phrase
from paribus.stats.proportions import clopper_pearson


@dataclass(frozen=True, slots=True)
class Improvement:
    """The share of seeds in which the condition is better; a tie counts half.

    Attributes:
        share: (wins + ties / 2) / n; None without seeds.
        interval: exact 1 - alpha interval; with ties from the lower limit that counts them as losses to the upper
            limit that counts them as wins.
        wins, ties, losses: seeds.
        reason: why the share is missing, or what was done with ties; empty otherwise.
    """

    share: float | None
    interval: tuple[float, float] | None
    wins: int
    ties: int
    losses: int
    reason: str


def improvement(differences: Sequence[float | None], *, alpha: float = 0.05) -> Improvement:
    """Return how often paired differences, one per seed, are above 0.

    Args:
        differences: condition minus baseline by seed; None where a run of the pair diverged: then there is no share.
        alpha: the interval is 1 - alpha.

    Raises:
        StudyError: alpha is out of range.

    """
    known = np.array([each for each in differences if each is not None], np.float64)
    known = known[np.isfinite(known)]
    wins, losses = int((known > 0).sum()), int((known < 0).sum())
    ties, lost = known.size - wins - losses, len(differences) - known.size
    if lost or not known.size:
        reason = f"{lost} of {len(differences)} pairs diverged: there is no share." if lost else "There are no seeds."
        return Improvement(None, None, wins, ties, losses, reason)
    low, _ = clopper_pearson(wins, known.size, alpha=alpha)
    _, high = clopper_pearson(wins + ties, known.size, alpha=alpha)
    tied = "1 seed is tied: it counts" if ties == 1 else f"{ties} seeds are tied: each counts"
    reason = f"{tied} half in the share, and either way in the interval." if ties else ""
    return Improvement((wins + ties / 2) / known.size, (low, high), wins, ties, losses, reason)


def superiority(condition: Sequence[float], baseline: Sequence[float]) -> float:
    """Return U / (n m): the share of all pairs of a run each in which the condition is better; a tie counts half.

    For runs that are not paired by seed (Mann and Whitney 1947).

    Raises:
        StudyError: one side is empty or not finite.

    """
    ours, theirs = np.asarray(condition, np.float64), np.asarray(baseline, np.float64)
    if not ours.size or not theirs.size or not (np.isfinite(ours).all() and np.isfinite(theirs).all()):
        raise StudyError("responses", wrong="a side has no runs or a diverged one", allowed="finite responses")
    ranked = np.sort(theirs)
    below = np.searchsorted(ranked, ours, side="left").sum()
    at_or_below = np.searchsorted(ranked, ours, side="right").sum()
    return float((below + at_or_below) / 2 / (ours.size * theirs.size))


def improvement_sentence(found: Improvement, *, condition: str, baseline: str, alpha: float) -> str:
    """Return what the share says, in words."""
    if found.share is None or found.interval is None:
        return f"How often {named(condition)} beats {named(baseline)} is not known. {found.reason}"
    low, high = found.interval
    n = found.wins + found.ties + found.losses
    said = (
        f"{named(condition)} was better than {named(baseline)} in {found.wins} of {seeds_phrase(n)} "
        f"({100 * (1 - alpha):g} % interval of the share: {100 * low:.0f} to {100 * high:.0f} %)."
    )
    return f"{said} {found.reason}".strip()
