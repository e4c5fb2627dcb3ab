"""Two given networks on the same images: the exact McNemar test, and what it does not show."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import special

from paribus.core import StudyError
from paribus.stats.names import named
from paribus.stats.phrases import p_phrase
from paribus.stats.responses import check_alpha
from paribus.stats.words import in_pp


@dataclass(frozen=True, slots=True)
class McNemar:
    """Two networks on N images.

    Attributes:
        first_only: images that only the first network gets right.
        second_only: images that only the second gets right.
        images: N.
        difference: accuracy of the first minus the second, a fraction.
        interval: 1 - alpha normal interval for other images; None where nothing varies.
        p: exact two-sided binomial p on the images on which they differ; None if there is none.
        mid_p: the same with half of the observed outcome's own probability: less cautious.
        reason: why something is missing; empty otherwise.
    """

    first_only: int
    second_only: int
    images: int
    difference: float
    interval: tuple[float, float] | None
    p: float | None
    mid_p: float | None
    reason: str


def mcnemar(first: NDArray[np.bool_], second: NDArray[np.bool_], *, alpha: float = 0.05) -> McNemar:
    """Return the test of two networks from which images each gets right, N and N.

    Raises:
        StudyError: not the same images, or none; alpha is out of range.

    """
    if first.shape != second.shape or first.ndim != 1 or first.dtype != np.bool_ or second.dtype != np.bool_:
        raise StudyError("predictions", wrong="not one right or wrong per image on both sides", allowed="same images")
    ours, theirs = int((first & ~second).sum()), int((second & ~first).sum())
    return mcnemar_counts(ours, theirs, images=first.size, alpha=alpha)


def mcnemar_counts(first_only: int, second_only: int, *, images: int, alpha: float = 0.05) -> McNemar:
    """Return the test from the two discordant counts b and c (McNemar 1947; mid-p: Fagerland et al. 2013).

    p = 2 P(X <= min(b, c)), at most 1, with X binomial(b + c, 1/2); mid-p takes P(X = min) off. The interval of the
    difference is (b - c) / N ± z sqrt(b + c - (b - c)^2 / N) / N. Counts of several seeds must not be added up: their
    images are the same.

    Raises:
        StudyError: counts are negative or more than the images; alpha is out of range.

    """
    check_alpha(alpha)
    both = first_only + second_only
    if min(first_only, second_only) < 0 or images < 1 or both > images:
        wrong = f"{first_only} and {second_only} of {images} images are no discordant counts"
        raise StudyError("counts", wrong=wrong, allowed="0 or more, together at most the images")
    net = first_only - second_only
    variance = both - net * net / images
    interval = None
    if variance > 0:
        half = float(special.ndtri(1 - alpha / 2)) * sqrt(variance) / images
        interval = (net / images - half, net / images + half)
    p, mid_p = _p_values(min(first_only, second_only), both)
    reason = "" if both else "The two networks are right and wrong on the same images: nothing can be tested."
    return McNemar(first_only, second_only, images, net / images, interval, p, mid_p, reason)


def mcnemar_sentence(found: McNemar, *, first: str, second: str, alpha: float) -> str:
    """Return what the test shows of these two networks, and that it shows nothing of their settings."""
    caveat = (
        "This is about these two trained networks only: two networks of one recipe that differ in nothing but the "
        "seed can differ as much. Whether the setting matters takes several seeds."
    )
    if found.p is None:
        return f"{found.reason} {caveat}"
    shown = "the two networks differ" if found.p <= alpha else "no difference between the two networks is shown"
    alone = f"{found.first_only:,} are right with {named(first)} only, {found.second_only:,} with {named(second)} only"
    said = f"On {found.images:,} images {shown} (exact McNemar {p_phrase(found.p)}): {alone}"
    return f"{said}, a difference in accuracy of {in_pp(found.difference)}. {caveat}"


def _p_values(smaller: int, both: int) -> tuple[float | None, float | None]:
    if not both:
        return None, None
    doubled = 2 * float(special.betainc(both - smaller, smaller + 1, 0.5))  # 2 P(X <= smaller)
    log_chance = (
        special.gammaln(both + 1) - special.gammaln(smaller + 1) - special.gammaln(both - smaller + 1)
    ) - both * np.log(2)
    return min(doubled, 1.0), min(doubled - float(np.exp(log_chance)), 1.0)
