"""Two reasons why a difference may not repeat: other seeds, and other test images."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import special

from paribus.stats.correct import Correct, paired
from paribus.stats.names import named
from paribus.stats.phrases import interval_phrase, seeds_phrase
from paribus.stats.responses import check_alpha
from paribus.stats.student import Floats
from paribus.stats.words import in_pp


@dataclass(frozen=True, slots=True)
class ErrorEstimate:
    """A standard error with its degrees of freedom (inf: normal) and 1 - alpha interval; `reason` if undefined."""

    standard_error: float | None
    df: float | None
    interval: tuple[float, float] | None
    reason: str


@dataclass(frozen=True, slots=True)
class TwoErrors:
    """A difference in accuracy with the error that each kind of repetition would show.

    Attributes:
        condition, baseline: their names.
        n: common seeds.
        images: N.
        difference: condition minus baseline, a fraction; None without a common seed.
        another_seed: the same images, other seeds: the error of the paired t test.
        another_test_set: these networks, other images.
        both: other seeds and other images.
        remark: which runs were left out; empty when none was.
    """

    condition: str
    baseline: str
    n: int
    images: int
    difference: float | None
    another_seed: ErrorEstimate
    another_test_set: ErrorEstimate
    both: ErrorEstimate
    remark: str


@dataclass(frozen=True, slots=True)
class _Squares:
    """Mean squares of an n x N table without replication; nan where there is no degree of freedom."""

    seed: float
    image: float
    rest: float


def two_errors(condition: Correct, baseline: Correct, *, alpha: float = 0.05) -> TwoErrors:
    """Return the standard errors of a difference for another seed, another test set, and both.

    The differences d (n seeds x N images, each -1, 0 or 1) are taken as mean + seed + image + rest, both random. With
    the mean squares of that table, the variances of their mean are MS_seed / (n N), MS_image / (n N), and
    (MS_seed + MS_image - MS_rest) / (n N) for both. The last is a sum of variance components of seeds, images and
    rest; a component estimated below zero is taken as zero, so "both" is never less than either part. Its
    degrees of freedom are Satterthwaite's, at least n - 1. Images alone: normal, as N is large.

    No errors with a diverged run, which would have to be left out. With one seed only the images' error is
    defined.

    Raises:
        StudyError: not the same number of images; alpha is out of range.

    """
    check_alpha(alpha)
    pair = paired(condition, baseline)
    n, images = pair.treated.shape
    d = pair.treated.astype(np.float64) - pair.base
    mean = float(d.mean()) if n else None
    squares = _squares(d) if n else _Squares(np.nan, np.nan, np.nan)
    lost = f"{pair.diverged} runs diverged: what is left only describes the others." if pair.diverged else ""
    alone = lost or ("" if n > 1 else "It takes two seeds to see how much they differ.")
    still = lost or ("" if n else "There is no common seed.")
    seed, image, rest = (each / (n * images) if n else each for each in (squares.seed, squares.image, squares.rest))
    by_seed, by_image = max(seed, rest), max(image, rest)
    df = _satterthwaite(by_seed, by_image, rest, n, images)
    return TwoErrors(
        condition=pair.condition,
        baseline=pair.baseline,
        n=n,
        images=images,
        difference=mean,
        another_seed=_error(mean, seed, n - 1.0, alpha, alone),
        another_test_set=_error(mean, image, np.inf, alpha, still if images > 1 else "There is one image."),
        both=_error(mean, by_seed + by_image - rest, df, alpha, alone),
        remark=pair.remark,
    )


def two_errors_sentence(found: TwoErrors, *, alpha: float) -> str:
    """Return what would change with other seeds, other images, and both, in words."""
    if found.difference is None:
        return f"{named(found.condition)} and {named(found.baseline)} have no seed in common."
    who = f"{named(found.condition)} minus {named(found.baseline)}: {in_pp(found.difference)}"
    parts = [
        _part("another seed", found.another_seed, alpha),
        _part("another test set", found.another_test_set, alpha),
        _part("another seed and test set", found.both, alpha),
    ]
    if _width(found.both) < _width(found.another_seed):
        why = "a few seeds alone say less surely how large it is"
        parts.append(f"The last interval is narrower though its error is larger: {why}.")
    return f"{who} over {seeds_phrase(found.n)} and {found.images:,} images. {' '.join(parts)} {found.remark}".strip()


def _width(error: ErrorEstimate) -> float:
    return error.interval[1] - error.interval[0] if error.interval else np.nan


def _squares(d: NDArray[np.float64]) -> _Squares:
    n, images = d.shape
    grand, seeds, columns = d.mean(), d.mean(axis=1, keepdims=True), d.mean(axis=0, keepdims=True)
    between_seeds = images * float(((seeds - grand) ** 2).sum())
    between_images = n * float(((columns - grand) ** 2).sum())
    rest = float(((d - seeds - columns + grand) ** 2).sum())
    return _Squares(
        between_seeds / (n - 1) if n > 1 else np.nan,
        between_images / (images - 1) if images > 1 else np.nan,
        rest / ((n - 1) * (images - 1)) if n > 1 and images > 1 else np.nan,
    )


def _satterthwaite(by_seed: float, by_image: float, rest: float, n: int, images: int) -> float:
    if n < 2 or images < 2:
        return np.nan
    parts = by_seed**2 / (n - 1) + by_image**2 / (images - 1) + rest**2 / ((n - 1) * (images - 1))
    return max((by_seed + by_image - rest) ** 2 / parts, n - 1.0) if parts else n - 1.0


def _error(mean: float | None, variance: float, df: float, alpha: float, reason: str) -> ErrorEstimate:
    if not reason and (not np.isfinite(variance) or variance <= np.finfo(np.float64).eps ** 2):
        reason = "The differences do not vary."
    if reason or mean is None:
        return ErrorEstimate(None, None, None, reason)
    error = sqrt(variance)
    quantile: Floats = special.ndtri(1 - alpha / 2) if df == np.inf else special.stdtrit(df, 1 - alpha / 2)
    half = float(quantile) * error
    return ErrorEstimate(error, float(df), (mean - half, mean + half), "")


def _part(what: str, error: ErrorEstimate, alpha: float) -> str:
    if error.standard_error is None or error.interval is None:
        return f"With {what}: not known. {error.reason}"
    return (
        f"With {what} it would vary with a standard error of {in_pp(error.standard_error)} "
        f"({interval_phrase(error.interval, alpha=alpha)})."
    )
