"""Differences class by class: exploratory, with the false discovery rate held over the classes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from paribus.core import StudyError
from paribus.stats.correct import Correct, paired
from paribus.stats.names import named
from paribus.stats.phrases import interval_phrase, p_phrase, seeds_phrase
from paribus.stats.responses import check_alpha, mean_and_sd
from paribus.stats.screen import benjamini_hochberg
from paribus.stats.student import half_width, two_sided
from paribus.stats.words import in_pp


@dataclass(frozen=True, slots=True)
class ClassDifference:
    """One class: the share of its images that are right, condition minus baseline.

    Attributes:
        name: of the class.
        images: of the class.
        n: common seeds.
        difference: mean over the seeds, a fraction; None without images or seeds.
        sd: standard deviation over the seeds.
        interval: unadjusted 1 - alpha t interval.
        p, p_adjusted: paired t; Benjamini-Hochberg over the classes (one that cannot be tested counts as p = 1).
        reason: why something is missing; empty otherwise.
    """

    name: str
    images: int
    n: int
    difference: float | None
    sd: float | None
    interval: tuple[float, float] | None
    p: float | None
    p_adjusted: float | None
    reason: str


def class_differences(
    condition: Correct,
    baseline: Correct,
    *,
    labels: NDArray[np.integer],
    classes: Sequence[str],
    alpha: float = 0.05,
) -> tuple[ClassDifference, ...]:
    """Return one difference per class, paired by seed: exploratory, so there are no verdicts.

    Args:
        condition: which images its seeds get right.
        baseline: the same of the baseline.
        labels: N; the class of each image, an index into `classes`.
        classes: their names.
        alpha: intervals are 1 - alpha.

    Raises:
        StudyError: labels do not fit the images or the classes; not the same images; alpha is out of range.

    """
    check_alpha(alpha)
    pair = paired(condition, baseline)
    images = pair.base.shape[1]
    if labels.shape != (images,) or labels.min() < 0 or labels.max() >= len(classes):
        wrong = f"labels of shape {labels.shape} for {images} images of {len(classes)} classes"
        raise StudyError("labels", wrong=wrong, allowed="one class index per image")
    members = (labels[None, :] == np.arange(len(classes))[:, None]).astype(np.float64)  # C x N
    counts = members.sum(axis=1)
    net = (pair.treated.astype(np.float64) - pair.base) @ members.T  # n x C
    shares = net / np.maximum(counts, 1)
    rows = [
        _class(name, int(count), column, pair.diverged, alpha)
        for name, count, column in zip(classes, counts, shares.T, strict=True)
    ]
    adjusted = benjamini_hochberg([1.0 if row.p is None else row.p for row in rows]).tolist()
    return tuple(
        ClassDifference(
            *(row.name, row.images, row.n, row.difference, row.sd, row.interval, row.p),
            p_adjusted=None if row.p is None else p,
            reason=row.reason,
        )
        for row, p in zip(rows, adjusted, strict=True)
    )


def class_sentence(found: ClassDifference, *, condition: str, baseline: str, alpha: float) -> str:
    """Return what one class shows, in words: a hint at most."""
    if found.difference is None:
        return f"Class {named(found.name)}: {found.reason}"
    numbers = [f"n = {seeds_phrase(found.n)}"]
    if found.interval is not None and found.p_adjusted is not None:
        over = f"{p_phrase(found.p_adjusted)} over all classes"
        numbers = [interval_phrase(found.interval, alpha=alpha), *numbers, over]
    said = (
        f"Class {named(found.name)} ({found.images:,} images): {named(condition)} minus {named(baseline)} "
        f"{in_pp(found.difference)} "
        f"({', '.join(numbers)}). Exploratory."
    )
    return f"{said} {found.reason}".strip()


def _class(name: str, images: int, shares: NDArray[np.float64], diverged: int, alpha: float) -> ClassDifference:
    n = len(shares)
    if not images or not n:
        why = "There is no image of this class." if n else "There is no common seed."
        return ClassDifference(name, images, n, None, None, None, None, None, why)
    mean, sd = mean_and_sd(shares.tolist(), scale=1.0)
    assert mean is not None
    why = ""
    if diverged:
        why = f"{diverged} runs diverged: no test, the difference only describes the others."
    elif not sd:
        why = "One seed: nothing can be tested." if n == 1 else "All seeds show the same difference: no test."
    if why or sd is None:
        return ClassDifference(name, images, n, mean, sd, None, None, None, why)
    half = float(half_width(sd, n, alpha=alpha))
    return ClassDifference(
        name, images, n, mean, sd, (mean - half, mean + half), float(two_sided(mean, sd, n)), None, why
    )
