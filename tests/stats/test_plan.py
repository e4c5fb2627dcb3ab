import re

import pytest

from paribus.core import StudyError
from paribus.stats import can_show, detectable
from paribus.stats.power import equivalence_ratio


def numbers(text):
    return [float(each.replace(",", "")) for each in re.findall(r"\d[\d,]*\.?\d*(?:e-\d+)?", text)]


def test_one_seed_shows_nothing():
    (said,) = can_show(1, contrasts=4, alpha=0.05, smallest_effect=0.002)
    assert "nothing can be called different or equivalent" in said


def test_five_seeds_and_four_comparisons():
    found, differ, equal, sign_flip = can_show(5, contrasts=4, alpha=0.05, smallest_effect=0.002)
    seen = detectable(5, alpha=0.05, contrasts=4)
    assert numbers(found) == [5, 4, round(seen, 1), 80]
    assert numbers(differ)[-1] == pytest.approx(0.2 / seen, abs=5e-4)
    assert numbers(equal)[-1] == pytest.approx(0.2 / equivalence_ratio(5, alpha=0.05, contrasts=4), abs=5e-4)
    assert numbers(sign_flip) == [0.0625, 5, 8]


def test_enough_seeds_need_no_warning_of_the_sign_flip():
    assert len(can_show(8, contrasts=4, alpha=0.05, smallest_effect=0.002)) == 3


def test_without_a_smallest_effect():
    said = can_show(6, contrasts=1, alpha=0.05, smallest_effect=None)
    assert said[1:] == ("No smallest effect is declared, so nothing can be called equivalent.",)


def test_one_condition_is_measured_not_compared():
    (said,) = can_show(5, contrasts=0, alpha=0.05, smallest_effect=None)
    assert numbers(said) == [5, 95, 1.2]


def test_tiny_spreads_are_not_printed_as_zero():
    said = can_show(2, contrasts=2000, alpha=0.05, smallest_effect=0.002)
    assert 0 < numbers(said[1])[-1] < 1e-4


def test_refuses_bad_settings():
    with pytest.raises(StudyError, match="is no error rate"):
        can_show(5, contrasts=1, alpha=1, smallest_effect=None)
    with pytest.raises(StudyError, match="is no difference"):
        can_show(5, contrasts=1, alpha=0.05, smallest_effect=2)
