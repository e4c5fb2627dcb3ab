"""Images that a condition fixes or breaks: a screen for something to look at, not a verdict on the condition."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from paribus.stats.correct import Correct, paired
from paribus.stats.names import named
from paribus.stats.permutation import sign_flip_floor
from paribus.stats.phrases import seeds_phrase
from paribus.stats.responses import check_alpha
from paribus.stats.screen import benjamini_hochberg
from paribus.stats.student import Floats

LEAST_SEEDS = 10


@dataclass(frozen=True, slots=True, eq=False)
class ImageScreen:
    """How many seeds get each of N images right under two conditions.

    Attributes:
        condition, baseline: their names.
        n: common seeds.
        right, right_base: N; seeds that get the image right under the condition, and under the baseline.
        p: N; Fisher's exact two-sided p of each image.
        p_adjusted: N; Benjamini-Hochberg over the images.
        least_p: the smallest p that n seeds against n can give, 2 / C(2n, n).
        sign_flip_least_p: the same for the test on signs alone, 2 / 2^n.
        fixed, broken: images with more, and with fewer, right seeds than under the baseline, the clearest first.
        confirmed_fixed, confirmed_broken: those of them whose adjusted p is at most alpha, with ten seeds or more.
        reason: why nothing can be confirmed; empty where it can.
    """

    condition: str
    baseline: str
    n: int
    right: NDArray[np.int64]
    right_base: NDArray[np.int64]
    p: Floats
    p_adjusted: Floats
    least_p: float
    sign_flip_least_p: float
    fixed: tuple[int, ...]
    broken: tuple[int, ...]
    confirmed_fixed: tuple[int, ...]
    confirmed_broken: tuple[int, ...]
    reason: str


def image_screen(condition: Correct, baseline: Correct, *, alpha: float = 0.05, most: int = 25) -> ImageScreen:
    """Return which images the condition fixes and breaks, ranked, and which of them are confirmed.

    Each image is tested by Fisher's exact test on its right and wrong seeds, n against n; over the images the false
    discovery rate is held at alpha. The test takes the 2n networks as independent. Networks that share a seed
    agree rather more than others, which makes it cautious. Below ten seeds the smallest p cannot survive the
    thousands of images of a test set, so images are ranked only.

    Args:
        condition: which images its seeds get right.
        baseline: the same of the baseline.
        alpha: false discovery rate among the confirmed images.
        most: length of the ranked lists.

    Raises:
        StudyError: not the same number of images; alpha is out of range.

    """
    check_alpha(alpha)
    pair = paired(condition, baseline)
    n = len(pair.treated)
    right, base = pair.treated.sum(axis=0), pair.base.sum(axis=0)
    p = fisher_table(n)[right, base]
    adjusted = benjamini_hochberg(p)
    reason = _why_unconfirmed(n, pair.diverged)
    order = np.lexsort((p, -np.abs(right - base)))
    sure = (adjusted <= alpha) & (not reason)
    fixed, broken = order[(right > base)[order]], order[(right < base)[order]]
    return ImageScreen(
        condition=pair.condition,
        baseline=pair.baseline,
        n=n,
        right=right,
        right_base=base,
        p=p,
        p_adjusted=adjusted,
        least_p=float(fisher_table(n)[0, n]),
        sign_flip_least_p=sign_flip_floor(n) if n else 1.0,
        fixed=tuple(fixed[:most].tolist()),
        broken=tuple(broken[:most].tolist()),
        confirmed_fixed=tuple(fixed[sure[fixed]].tolist()),
        confirmed_broken=tuple(broken[sure[broken]].tolist()),
        reason=reason,
    )


def image_screen_sentence(found: ImageScreen) -> str:
    """Return what the screen found, in words."""
    images, who = len(found.p), f"{named(found.condition)} against {named(found.baseline)}"
    more, fewer = int((found.right > found.right_base).sum()), int((found.right < found.right_base).sum())
    moved = f"of {images:,} images {more:,} are right in more seeds and {fewer:,} in fewer."
    said = f"{who}: over {seeds_phrase(found.n)}, {moved} "
    if found.reason:
        return f"{said}Unconfirmed: {found.reason}"
    return (
        f"{said}Of these {len(found.confirmed_fixed):,} are confirmed as fixed and {len(found.confirmed_broken):,} as "
        "broken (Fisher's exact test, false discovery rate over all images)."
    )


def fisher_table(n: int) -> Floats:
    """Return Fisher's exact two-sided p for a of n against b of n, as an (n + 1) x (n + 1) table.

    The p is the chance of all outcomes with the same a + b that are no likelier than the observed one.
    """
    part = np.arange(n + 1)
    ways = special.gammaln(n + 1) - special.gammaln(part + 1) - special.gammaln(n - part + 1)
    log_chance = ways[:, None] + ways[None, :]
    table = np.empty((n + 1, n + 1))
    for total in range(2 * n + 1):
        first = part[max(0, total - n) : min(n, total) + 1]
        chance = np.exp(log_chance[first, total - first] - log_chance[first, total - first].max())
        likely = chance[None, :] <= chance[:, None] * (1 + 1e-7)  # equal but for rounding
        table[first, total - first] = (likely * chance).sum(axis=1) / chance.sum()
    return np.minimum(table, 1.0)


def _why_unconfirmed(n: int, diverged: int) -> str:
    if diverged:
        return f"{diverged} runs diverged, and the other seeds may not be like them."
    if n < LEAST_SEEDS:
        return f"{seeds_phrase(n)} cannot confirm single images; it takes {LEAST_SEEDS}."
    return ""
