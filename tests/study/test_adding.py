"""Seeds until decided: what has to be there before any are added."""

import pytest
from finished import TEXT, make_study

from paribus.core import StudyError

VARY = '[vary]\n"train.lr" = [0.1, 0.2]'
ADDED = '[design]\nseeds = { start = 3, most = 9, until = "decided" }\nsmallest_effect = "1pp"'


def test_two_conditions_with_a_validation_split_are_enough():
    assert make_study(VARY, ADDED).design.most_seeds == 9


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ((ADDED,), "there is one condition"),
        ((VARY.replace(", 0.2", ""), ADDED), "there is one condition"),
        (('[vary]\n"data.validation" = [0.2, 0]', ADDED), r"to decide by \(validation=0\)"),
        ((VARY, ADDED.replace('smallest_effect = "1pp"', "")), "smallest_effect: is missing"),
        ((VARY, ADDED.replace("start = 3", "start = 9")), "leaves nothing to add"),
    ],
)
def test_what_can_decide_nothing_is_refused(tables, said):
    with pytest.raises(StudyError, match=said):
        make_study(*tables)


def test_without_validation_images_no_seed_can_be_added():
    with pytest.raises(StudyError, match="no validation split to decide by"):
        make_study(VARY, ADDED, base=TEXT.replace("validation = 0.2", ""))
