import numpy as np
import pytest

from paribus.core import StudyError
from paribus.stats import Correct
from paribus.stats.correct import paired

RIGHT = np.array([[True, False, True], [False, False, True], [True, True, True]])


def test_rows_are_paired_by_seed_wherever_they_stand():
    pair = paired(Correct("a", (7, 3, 5), RIGHT, diverged=1), Correct("b", (5, 9, 7), ~RIGHT, diverged=2))
    assert pair.treated.tolist() == RIGHT[[2, 0]].tolist()  # seeds 5 and 7
    assert pair.base.tolist() == (~RIGHT)[[0, 2]].tolist()
    assert pair.diverged == 3
    assert pair.remark == "Only the 2 common seeds are compared; 2 runs are left out."


@pytest.mark.parametrize(
    ("seeds", "right", "message"),
    [
        ((1, 2), RIGHT, r"bool of shape \(3, 3\) for 2 seeds"),
        ((1, 2, 3), RIGHT.astype(int), "a: int64 of shape"),
        ((1, 2, 2), RIGHT, "a has a seed twice"),
        ((), np.zeros((0, 0), bool), r"bool of shape \(0, 0\)"),
    ],
)
def test_what_is_no_table_of_right_and_wrong_is_refused(seeds, right, message):
    with pytest.raises(StudyError, match=message):
        Correct("a", seeds, right)


def test_other_images_are_refused():
    with pytest.raises(StudyError, match="a has 3 images, b 2"):
        paired(Correct("a", (0, 1, 2), RIGHT), Correct("b", (0, 1, 2), RIGHT[:, :2]))
