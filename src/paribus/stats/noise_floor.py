"""How much of the spread between runs is the noise of a finite test set."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy import special

from paribus.stats.correct import Correct
from paribus.stats.names import named
from paribus.stats.responses import check_alpha
from paribus.stats.words import in_pp


@dataclass(frozen=True, slots=True)
class NoiseFloor:
    """The spread over seeds beside the spread that independent errors on the images alone would give.

    Attributes:
        condition: its name.
        n: seeds.
        observed: standard deviation of the accuracy over seeds, a fraction.
        predicted: the same if each image were right or wrong independently of the other images.
        ratio: observed / predicted.
        interval: 1 - alpha interval of the ratio (chi-square, n - 1 degrees of freedom).
        reason: why something is missing; empty otherwise.
    """

    condition: str
    n: int
    observed: float | None
    predicted: float | None
    ratio: float | None
    interval: tuple[float, float] | None
    reason: str


def noise_floor(correct: Correct, *, alpha: float = 0.05) -> NoiseFloor:
    """Return how much of the spread over seeds is the noise of a finite test set.

    Predicted: sqrt(sum_i p_i (1 - p_i) S / (S - 1)) / N with p_i the share of the S seeds that get image i right. A
    ratio near 1 means that run-to-run noise is what independent errors on the images give: the runs are equally good
    networks. Well above 1, some runs are worse networks than others.

    Raises:
        StudyError: alpha is out of range.

    """
    check_alpha(alpha)
    seeds, images = correct.right.shape
    if correct.diverged or seeds < 2:
        why = f"{correct.diverged} runs diverged." if correct.diverged else "It takes two seeds to see a spread."
        return NoiseFloor(correct.condition, seeds, None, None, None, None, why)
    observed = float(correct.right.mean(axis=1).std(ddof=1))
    share = correct.right.mean(axis=0)
    predicted = float(np.sqrt((share * (1 - share)).sum() * seeds / (seeds - 1)) / images)
    if predicted == 0:
        why = "All seeds are right on the same images: there is no noise to compare."
        return NoiseFloor(correct.condition, seeds, observed, predicted, None, None, why)
    ratio = observed / predicted
    df = seeds - 1
    low, high = (ratio * sqrt(df / float(special.chdtri(df, tail))) for tail in (alpha / 2, 1 - alpha / 2))
    return NoiseFloor(correct.condition, seeds, observed, predicted, ratio, (low, high), "")


def noise_floor_sentence(found: NoiseFloor, *, alpha: float) -> str:
    """Return what the ratio says, in words."""
    if found.ratio is None or found.interval is None or found.observed is None or found.predicted is None:
        unknown = "the noise of the test set cannot be told from that of the runs"
        return f"{named(found.condition)}: {unknown}. {found.reason}"
    low, high = found.interval
    meaning = "the runs spread as independent errors on the images would: no run is shown to be a worse network"
    if low > 1:
        meaning = "the runs differ by more than the noise of the test set: some are worse networks"
    elif high < 1:
        meaning = "the runs differ by less than independent errors on the images would give"
    span = f"{100 * (1 - alpha):g} % interval {low:.2f} to {high:.2f}"
    return (
        f"{named(found.condition)}: over {found.n} seeds the standard deviation is {in_pp(found.observed)}, where "
        f"independent errors on the images give {in_pp(found.predicted)}: ratio {found.ratio:.2f} ({span}); {meaning}."
    )
