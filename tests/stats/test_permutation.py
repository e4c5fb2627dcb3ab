import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paribus.core import StudyError
from paribus.stats import sign_flip, sign_flip_floor

DARWIN = [6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75]
FIVE_SEEDS = [
    a - b
    for a, b in zip((0.9705, 0.9712, 0.9698, 0.9701, 0.9709), (0.9655, 0.9702, 0.9690, 0.9710, 0.9688), strict=True)
]


def test_fishers_count_for_darwins_maize():
    assert sign_flip(DARWIN) == 2 * 863 / 32768


def test_five_seeds_in_fractions_whose_sums_round():
    assert sign_flip(FIVE_SEEDS) == 0.1875


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=7))
def test_is_the_share_of_sign_patterns(differences):
    sums = [sum(signs) for signs in itertools.product(*((d, -d) for d in differences))]
    expected = sum(abs(each) >= abs(sum(differences)) for each in sums) / len(sums)
    assert sign_flip(differences) == expected
    assert sign_flip([each / 10_000 for each in differences]) == expected
    assert sign_flip([-each for each in differences]) == expected


@pytest.mark.parametrize(("n", "floor"), [(1, 1.0), (3, 0.25), (5, 0.0625), (8, 0.0078125), (20, 2**-19)])
def test_floor_is_reached_when_all_differences_agree(n, floor):
    assert sign_flip_floor(n) == floor
    assert sign_flip([0.01 + 0.001 * seed for seed in range(n)]) == floor


@pytest.mark.parametrize("differences", [[], [0.1] * 21, [0.1, float("nan")]])
def test_refuses_what_it_cannot_enumerate(differences):
    with pytest.raises(StudyError, match=f"cannot enumerate these {len(differences)} differences"):
        sign_flip(differences)
