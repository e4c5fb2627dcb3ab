"""What became of verifying a run: it was trained again by the reference loop, and its numbers lie beside the stored."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from paribus.train import Plan

_FALSE_ALARM = 0.01  # chance that a final accuracy of a training like the stored ones is called different
_ROUNDING = 1e-9  # of the difference of two fractions; far less than one image


@dataclass(frozen=True, slots=True)
class Losses:
    """Two sequences of batch losses, update by update.

    Attributes:
        compared: how many of the first updates were compared for the verdict; all are in epoch 1.
        largest: largest relative difference among those; infinity for a loss that is no number, None for no update.
        tolerance: relative difference up to which the two agree.
        parted: the first update of the whole training, counted from 1, whose losses differ by more; None if none does.
        updates: of the whole training.
    """

    compared: int
    largest: float | None
    tolerance: float
    parted: int | None
    updates: int


@dataclass(frozen=True, slots=True)
class Accuracies:
    """One accuracy of both trainings, after the last epoch; fractions.

    Attributes:
        split: "training" (all of its images, network at rest), "validation" or "test".
        stored: of the run in the store.
        again: of the run that was trained again.
        sd: standard deviation over the seeds of that condition; None for a single one.
        n: how many seeds these are.
        images: of the split, for one of the runs.
    """

    split: Literal["training", "validation", "test"]
    stored: float
    again: float
    sd: float | None
    n: int
    images: int

    @property
    def agree(self) -> bool:
        """Whether they differ by no more than two seeds may, or by one image; of a single seed nothing is said.

        Two seeds differ by more than t * sqrt(2) * sd once in a hundred times, t being Student's with n - 1 degrees of
        freedom: a long training that rounding has led elsewhere is as good as another seed, and no worse.
        """
        if self.sd is None:
            return True
        from paribus.stats import half_width  # noqa: PLC0415  scipy

        most = math.sqrt(2 * self.n) * float(half_width(self.sd, self.n, alpha=_FALSE_ALARM))
        return abs(self.again - self.stored) <= max(most, 1 / self.images) + _ROUNDING


@dataclass(frozen=True, slots=True)
class Verified:
    """A finished run, and the same run trained again by the reference loop; no number of it is in the store.

    Attributes:
        condition, seed: of the run.
        stored: the plan that the stored run was trained under.
        again: the plan that it was trained again under; its path is "reference".
        ended: why the second training did not come to its end ("" when it did).
        losses: batch losses compared.
        accuracies: final accuracies compared, those on the test set only where it has been opened.
        identical: whether the final weights are the same, to the bit.
        promised: whether they have to be: the same plan, the same machine, on the CPU.
        weights_difference: largest absolute difference of a weight, relative to the largest weight; None without
            final weights.
        own: whether the network is a user's own module.
    """

    condition: str
    seed: int
    stored: "Plan"
    again: "Plan"
    ended: str
    losses: Losses
    accuracies: tuple[Accuracies, ...]
    identical: bool
    promised: bool
    weights_difference: float | None
    own: bool

    @property
    def reasons(self) -> tuple[str, ...]:
        """What speaks against the stored run; empty when the two trainings agree."""
        losses = self.losses
        found = [self.ended] if self.ended else []
        if losses.largest is not None and losses.largest > losses.tolerance:
            found.append(
                f"the first {losses.compared} batch losses differ by up to {losses.largest:.2g} of their value"
            )
        found += [
            f"{each.split} accuracy differs by {100 * abs(each.again - each.stored):.2f} pp, more than two seeds would"
            for each in self.accuracies
            if not each.agree
        ]
        if self.promised and not self.identical and not self.ended:
            found.append("the weights are not identical to the bit, as the same plan on the same machine promises")
        return tuple(found)

    @property
    def verdict(self) -> Literal["agrees", "differs"]:
        """Whether the stored run is what the reference loop makes of it, but for rounding."""
        return "differs" if self.reasons else "agrees"

    def sentence(self) -> str:
        """Return the verdict in words, and what to do where the trainings differ."""
        if not self.reasons:
            return "agrees: the stored run is what the reference loop makes of its recipe and seed, but for rounding"
        return f"differs: {'; '.join(self.reasons)}. {self._remedy}"

    def losses_sentence(self) -> str:
        """Return how the batch losses compare, in words."""
        losses = self.losses
        if losses.largest is None:
            return "there are none to compare"
        said = f"the first {losses.compared} batch losses differ by at most {losses.largest:.2g} of their value; "
        if losses.parted is None:
            return f"{said}none of all {losses.updates:,} differs by more than {losses.tolerance:g}"
        said += f"the first that differs by more than {losses.tolerance:g} is number {losses.parted:,} of "
        return said + (
            f"{losses.updates:,}. Two orders of summing differ in the last digit of a float32, and a long training "
            "makes such a difference grow, as if it had another seed"
        )

    def weights_sentence(self) -> str:
        """Return how the final weights compare, in words."""
        if self.weights_difference is None:
            return "there are none to compare"
        if self.identical:
            return "identical to the bit"
        return f"the largest difference of a weight is {self.weights_difference:.2g} of the largest weight"

    def json(self) -> dict[str, Any]:
        """Return the object "verified" of `run --verify --json`: accuracies as fractions, null for what is no number.

        Keys: "condition", "seed", "stored" and "again" (path and device of each training), "verdict" ("agrees" or
        "differs"), "reasons", "losses" ("compared", "largest_relative_difference", "tolerance", "first_above", the
        update or null, "updates"), "accuracies" (for each split: "split", "stored", "again", "difference_pp",
        "sd_pp", "n") and "weights" ("identical", "largest_relative_difference").
        """
        losses = self.losses
        return {
            "condition": self.condition,
            "seed": self.seed,
            "stored": {"path": self.stored.path, "device": self.stored.device},
            "again": {"path": self.again.path, "device": self.again.device},
            "verdict": self.verdict,
            "reasons": list(self.reasons),
            "losses": {
                "compared": losses.compared,
                "largest_relative_difference": _number(losses.largest),
                "tolerance": losses.tolerance,
                "first_above": losses.parted,
                "updates": losses.updates,
            },
            "accuracies": [_accuracies(each) for each in self.accuracies],
            "weights": {
                "identical": self.identical,
                "largest_relative_difference": _number(self.weights_difference),
            },
        }

    @property
    def _remedy(self) -> str:
        if self.ended:
            return "Mend that, and verify again."
        own = "paribus.testing.check_model says whether the network draws what no seed fixes. " if self.own else ""
        return (
            f"{own}Verify again, which takes another run at random. If that differs too, train the study anew in "
            "another folder (--dir); if it differs there as well, trust none of its numbers, and report it with its "
            "study.toml."
        )


def _accuracies(each: Accuracies) -> dict[str, Any]:
    return {
        "split": each.split,
        "stored": each.stored,
        "again": each.again,
        "difference_pp": 100 * (each.again - each.stored),
        "sd_pp": None if each.sd is None else 100 * each.sd,
        "n": each.n,
    }


def _number(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
