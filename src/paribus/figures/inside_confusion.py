"""What is taken for what: shares per true class, accuracy of each class, the most confused pairs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

# Steps of colour for mistakes; 0 is none at all.
HEAT_LEVELS = 8


@dataclass(frozen=True, slots=True)
class Confused:
    """Images of one class that were taken for another: `count` of `total` answers."""

    true: int
    predicted: int
    count: int
    total: int


@dataclass(frozen=True, slots=True)
class ConfusionData:
    """A confusion matrix.

    Attributes:
        counts: [true][predicted].
        totals: answers per true class.
        shares: counts divided by the total of their true class; None for a class without images.
        heat: for each cell off the diagonal the step of colour, 0 to HEAT_LEVELS, by the square root of its share;
            the largest share has the last step, so that the diagonal does not drown the rest.
        right, answers: how many answers are right, and how many there are.
    """

    counts: tuple[tuple[int, ...], ...]
    totals: tuple[int, ...]
    shares: tuple[tuple[float | None, ...], ...]
    heat: tuple[tuple[int, ...], ...]
    right: int
    answers: int

    def accuracy(self, label: int) -> float | None:
        """Return the share of right answers of a class, None where it has no images."""
        return self.shares[label][label]


def confusion_data(counts: Sequence[Sequence[int]]) -> ConfusionData:
    """Return shares and colours for a square matrix of counts [true][predicted]."""
    totals = tuple(sum(row) for row in counts)
    shares = tuple(
        tuple(count / total if total else None for count in row) for row, total in zip(counts, totals, strict=True)
    )
    mistakes = [share for true, row in enumerate(shares) for other, share in enumerate(row) if share and true != other]
    most = max(mistakes, default=1.0)
    heat = tuple(
        tuple(0 if true == other else _heat(share, most) for other, share in enumerate(row))
        for true, row in enumerate(shares)
    )
    return ConfusionData(
        counts=tuple(tuple(row) for row in counts),
        totals=totals,
        shares=shares,
        heat=heat,
        right=sum(row[true] for true, row in enumerate(counts)),
        answers=sum(totals),
    )


def _heat(share: float | None, most: float) -> int:
    return math.ceil(HEAT_LEVELS * math.sqrt(share / most)) if share else 0


def most_confused(data: ConfusionData, *, most: int) -> tuple[Confused, ...]:
    """Return the pairs (true class, predicted class) with the most mistakes, the most first, ties in class order."""
    pairs = [
        Confused(true, predicted, count, data.totals[true])
        for true, row in enumerate(data.counts)
        for predicted, count in enumerate(row)
        if count and true != predicted
    ]
    return tuple(sorted(pairs, key=lambda pair: (-pair.count, pair.true, pair.predicted))[:most])


def least_accurate(data: ConfusionData, *, most: int) -> tuple[int, ...]:
    """Return the classes with images, the least accurate first, ties in class order."""
    known = [(share, label) for label in range(len(data.totals)) if (share := data.accuracy(label)) is not None]
    return tuple(label for _, label in sorted(known)[:most])
