"""A network in rows of numbers, and how much room it needs, with what each thread has for itself."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from torch import Tensor

from paribus.models import CountedDropout
from paribus.train import native_rows as k
from paribus.train.native_dense import BEYOND
from paribus.train.native_threads import PARTS


@dataclass(frozen=True, slots=True)
class Mask:
    """A dropout layer: what it takes, how many numbers of a mask an image needs, where they start in an update's."""

    layer: CountedDropout
    takes: tuple[int, ...]
    width: int
    start: int


@dataclass(frozen=True, slots=True)
class Program:
    """A network in rows; sizes are numbers of the flat arrays for one batch."""

    rows: npt.NDArray[np.int64]  # [layers, COLUMNS]
    coefficients: npt.NDArray[np.float64]  # [layers, 2]
    spatial: int  # so many first layers see `group` images at a time, the others a whole batch
    group: int
    places: tuple[tuple[Tensor, int], ...]  # each parameter, and where it starts
    panels: tuple[int, ...]  # where those of them start that lie in panels (native_sparse)
    masks: tuple[Mask, ...]
    parameters: int
    acts: int  # for a batch, and after that for each thread that there may be
    slopes: int
    own_acts: int  # of these, of each thread
    own_slopes: int
    filters: int  # parameters of the first `spatial` layers come first, so many
    cols: int
    lists: int
    index: int
    masks_width: int  # numbers of all masks of one update

    def of_thread(self, thread: int) -> npt.NDArray[np.int64]:
        """Return the rows as a thread has them: what is used up within a group of images is its own."""
        return moved(self.rows, acts=thread * self.own_acts, slopes=thread * self.own_slopes)

    @property
    def gradients(self) -> int:
        """Numbers of all gradients: of the first layers once more for every part of a batch after the first."""
        return self.parameters + (PARTS - 1) * (self.filters + BEYOND if self.spatial else 0)

    @property
    def products(self) -> int:
        """Multiplications of an image's way forward."""
        found = 0
        for row in self.rows:
            if row[k.OP] <= k.CONV_FIRST:
                window = row[[k.CHANNELS, k.KERNEL_Y, k.KERNEL_X]].prod()
                found += int(row[k.OUT] * (row[k.IN] if row[k.OP] == k.LINEAR else window))
        return found


def moved(rows: npt.NDArray[np.int64], *, acts: int, slopes: int) -> npt.NDArray[np.int64]:
    """Move what is used up within a group of images: it has the same place for all groups."""
    made = rows.copy()
    made[rows[:, k.ACT_STEP] == 0, k.ACT] += acts
    made[rows[:, k.SLOPE_STEP] == 0, k.SLOPE] += slopes
    made[1:, [k.FROM, k.SLOPE_FROM]] = made[:-1, [k.ACT, k.SLOPE]]
    made[rows[:, k.OP] == k.CONV_FIRST, k.EXTRA] += acts
    return made
