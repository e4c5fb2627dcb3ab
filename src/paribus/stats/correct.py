"""Which images each seed gets right: what comparisons below the level of accuracies start from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from paribus.core import StudyError


@dataclass(frozen=True, slots=True, eq=False)
class Correct:
    """One condition on one set of N images, S seeds.

    Attributes:
        condition: its name.
        seeds: of the rows.
        right: S x N; whether the network of a seed gets an image right.
        diverged: runs of the condition that diverged and have no row.

    Raises:
        StudyError: `right` is no table of booleans with a row per seed and an image at least, or a seed is twice.
    """

    condition: str
    seeds: tuple[int, ...]
    right: NDArray[np.bool_]
    diverged: int = 0

    def __post_init__(self) -> None:
        shape = self.right.shape
        if self.right.dtype != np.bool_ or len(shape) != 2 or shape[0] != len(self.seeds) or not shape[1]:
            raise StudyError(
                "predictions",
                wrong=f"{self.condition}: {self.right.dtype} of shape {shape} for {len(self.seeds)} seeds",
                allowed="booleans, a row per seed and a column per image",
            )
        if len(set(self.seeds)) < len(self.seeds):
            raise StudyError("predictions", wrong=f"{self.condition} has a seed twice", allowed="each seed once")


@dataclass(frozen=True, slots=True, eq=False)
class Paired:
    """Two conditions on the n seeds that both have and the same N images.

    Attributes:
        condition, baseline: names.
        treated, base: n x N; which images are right, rows in the order of the seeds.
        diverged: runs of either that diverged.
        remark: which runs were left out; empty when none was.
    """

    condition: str
    baseline: str
    treated: NDArray[np.bool_]
    base: NDArray[np.bool_]
    diverged: int
    remark: str


def paired(condition: Correct, baseline: Correct) -> Paired:
    """Return two conditions side by side, seed by seed.

    Raises:
        StudyError: they are not on the same number of images.

    """
    images, others = condition.right.shape[1], baseline.right.shape[1]
    if images != others:
        wrong = f"{condition.condition} has {images} images, {baseline.condition} {others}"
        raise StudyError("predictions", wrong=wrong, allowed="the same images in the same order")
    common = sorted(set(condition.seeds) & set(baseline.seeds))
    rows = [[each.seeds.index(seed) for seed in common] for each in (condition, baseline)]
    alone = len(set(condition.seeds) ^ set(baseline.seeds))
    return Paired(
        condition.condition,
        baseline.condition,
        condition.right[rows[0]],
        baseline.right[rows[1]],
        condition.diverged + baseline.diverged,
        f"Only the {len(common)} common seeds are compared; {alone} runs are left out." if alone else "",
    )
