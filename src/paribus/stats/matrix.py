"""A table of responses as one array, conditions by seeds, so that many questions are asked of it at once."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from paribus.stats.responses import check_names, ordered
from paribus.stats.student import Floats
from paribus.stats.tables import RunTable


@dataclass(frozen=True, slots=True, eq=False)
class Responses:
    """Responses of K conditions on the S seeds that any of them has.

    Attributes:
        row: the row of each condition, in order.
        seeds: sorted.
        values: K x S; nan for a run that diverged or is not there.
        present: K x S; whether the run has ended, well or diverged.
        lost: K x S; whether it diverged.
    """

    row: dict[str, int]
    seeds: tuple[int, ...]
    values: Floats
    present: NDArray[np.bool_]
    lost: NDArray[np.bool_]

    def rows(self, names: Iterable[str]) -> list[int]:
        """Return the rows of these conditions."""
        return [self.row[name] for name in names]


def responses(table: RunTable, names: Iterable[str]) -> Responses:
    """Return the responses of these conditions; one that is not finite counts as diverged.

    Raises:
        StudyError: a condition is not in the table.

    """
    names = tuple(names)
    check_names(table, [name for name in names if name != table.baseline])
    seeds = tuple(sorted({seed for name in names for seed in table.values[name]}))
    column = {seed: place for place, seed in enumerate(seeds)}
    values = np.full((len(names), len(seeds)), np.nan)
    present = np.zeros(values.shape, np.bool_)
    for row, name in enumerate(names):
        for seed, value in ordered(table.values[name]):
            present[row, column[seed]] = True
            values[row, column[seed]] = np.nan if value is None else value
    lost = present & np.isnan(values)
    return Responses({name: row for row, name in enumerate(names)}, seeds, values, present, lost)
