import math

import pytest

from paribus.figures import differences_data, dots_data
from paribus.stats import ConditionEstimate, ContrastEstimate


def condition(name, values, *, interval=None):
    finite = [value for value in values if value is not None]
    mean = math.fsum(finite) / len(finite) if finite else None
    lost = len(values) - len(finite)
    return ConditionEstimate(name, tuple(enumerate(values)), len(finite), lost, mean, None, interval, "")


def contrast(name, difference, *, interval=None, verdict=None, baseline="base"):
    n = 0 if difference is None else 3
    none = {"p": None, "p_adjusted": None, "equivalence_p": None, "equivalence_p_adjusted": None}
    return ContrastEstimate(
        condition=name,
        baseline=baseline,
        differences=(),
        n=n,
        diverged=0,
        difference=difference,
        sd=None,
        interval=interval,
        verdict=verdict,
        seeds_needed=None,
        reason="",
        **none,
    )


def test_there_is_a_dot_for_every_finite_run_and_a_remark_for_the_others():
    data = dots_data(
        [condition("a", [0.97, 0.98, 0.975], interval=(0.96, 0.99)), condition("b", [0.95, None, 0.96])],
        "test accuracy",
    )
    assert [(dot.label, dot.seed, dot.value) for dot in data.dots] == [
        ("a", 0, 0.97),
        ("a", 1, 0.98),
        ("a", 2, 0.975),
        ("b", 0, 0.95),
        ("b", 2, 0.96),
    ]
    assert [row.remark for row in data.rows] == ["97.50 %", "95.50 %, 1 of 3 diverged"]
    assert data.rows[0].low == 0.96


def test_a_seed_has_the_same_place_in_every_row():
    rows = [
        ConditionEstimate("a", ((3, 0.9), (7, 0.8)), 2, 0, 0.85, None, None, ""),
        ConditionEstimate("b", ((7, 0.7),), 1, 0, 0.7, None, None, ""),
    ]
    assert {dot.seed: dot.order for dot in dots_data(rows).dots} == {3: 0, 7: 1}


def test_a_condition_that_always_diverged_has_no_number():
    data = dots_data([condition("a", [None, None])])
    assert data.dots == ()
    assert (data.rows[0].mean, data.rows[0].remark) == (None, "diverged, 2 of 2")


def test_a_wide_interval_does_not_squeeze_the_dots():
    wide = dots_data([condition("a", [0.97, 0.974], interval=(0.7, 1.2))])
    assert wide.domain[1] - wide.domain[0] < 0.02
    assert wide.domain[0] < min(0.97, 0.974) < max(0.97, 0.974) < wide.domain[1]
    assert any("beyond" in note for note in wide.notes)
    assert dots_data([condition("a", [0.97, 0.974], interval=(0.969, 0.975))]).notes == ()


def test_differences_are_in_percentage_points():
    data = differences_data(
        [contrast("a", -0.0066, interval=(-0.009, -0.0042), verdict="different"), contrast("b", None)],
        smallest_effect=0.002,
        alpha=0.1,
    )
    first, second = data.rows
    assert (first.difference_pp, first.low_pp, first.high_pp) == pytest.approx((-0.66, -0.9, -0.42))
    assert first.remark == "\N{MINUS SIGN}0.66 pp  different"
    assert (second.difference_pp, second.verdict) == (None, "no verdict")
    assert (data.smallest_effect_pp, data.confidence, data.baseline) == (0.2, 0.9, "base")


def test_rows_name_their_baseline_where_there_is_more_than_one():
    data = differences_data(
        [contrast("a", 0.1), contrast("b", 0.1, baseline="other")], smallest_effect=None, alpha=0.05
    )
    assert [row.label for row in data.rows] == ["a minus base", "b minus other"]
    assert (data.baseline, data.smallest_effect_pp) == ("", None)


def test_long_lists_are_cut_with_a_note():
    dots = dots_data([condition(f"c{index}", [0.5]) for index in range(100)])
    forest = differences_data([contrast(f"c{index}", 0.1) for index in range(100)], smallest_effect=None, alpha=0.05)
    for data in (dots, forest):
        assert len(data.rows) == 40
        assert any("first 40 of 100" in note for note in data.notes)


def test_one_seed_far_below_leaves_the_frame_and_is_named():
    rows = [condition("a", [0.98, 0.981, 0.982, 0.983]), condition("b", [0.95, 0.1])]
    data = dots_data(rows)
    assert data.domain[0] > 0.9
    assert len(data.dots) == 6
    assert any("b, seed 1: 10.00 %" in note for note in data.notes)
    # A condition that is at chance with every seed is a finding, not a nuisance.
    assert dots_data([rows[0], condition("b", [0.1])]).domain[0] < 0.1


def test_a_far_difference_leaves_the_frame_with_a_note_and_near_ones_do_not():
    near = [contrast("a", 0.001), contrast("b", -0.002)]
    zoomed = differences_data([*near, contrast("c", -0.5)], smallest_effect=0.002, alpha=0.05)
    assert zoomed.domain[0] > -1
    assert any("Zoomed" in note for note in zoomed.notes)
    assert differences_data(near, smallest_effect=0.002, alpha=0.05).notes == ()
    seen = differences_data([*near, contrast("c", -0.5)], smallest_effect=0.02, alpha=0.05)
    assert seen.domain[0] < -50  # a band of 4 in 54 percentage points can be seen: nothing leaves the frame
