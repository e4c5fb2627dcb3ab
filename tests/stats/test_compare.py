import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from paribus.core import StudyError
from paribus.stats import RunTable, contrasts
from paribus.stats.power import seeds_needed, seeds_to_differ, upper_sd
from paribus.stats.student import half_width, holm, two_one_sided, two_sided

A = [0.9705, 0.9712, 0.9698, 0.9701, 0.9709]
B = [0.9655, 0.9702, 0.9690, 0.9710, 0.9688]
MARGIN = 0.002


def table_of(baseline="base", **columns):
    values = {name: runs if isinstance(runs, dict) else dict(enumerate(runs)) for name, runs in columns.items()}
    return RunTable(values, baseline=baseline, images=10_000)


def the_one(table, **settings):
    (estimate,) = contrasts(table, **{"smallest_effect": MARGIN, **settings})
    return estimate


# Accuracies on 1,024 images: sums and differences are exact, so equal means equal.
accuracies = st.integers(512, 1024).map(lambda right: right / 1024)
studies = st.integers(2, 6).flatmap(
    lambda seeds: st.lists(
        st.lists(accuracies, min_size=seeds, max_size=seeds).map(lambda column: dict(enumerate(column))),
        min_size=2,
        max_size=5,
    ).map(lambda columns: RunTable({f"c{i}": column for i, column in enumerate(columns)}, "c0", 1024))
)


def test_five_seed_example():
    estimate = the_one(table_of(base=B, a=A))
    assert estimate.p == estimate.p_adjusted == pytest.approx(0.1766, abs=5e-5)
    assert estimate.interval == pytest.approx((-0.00111, 0.00431), abs=5e-6)
    assert (estimate.verdict, estimate.n, estimate.reason) == ("undecided", 5, "")
    expected = [
        seeds_needed(np.array([MARGIN / sd]), alpha=0.05, contrasts=1)[0]
        for sd in (estimate.sd, upper_sd(np.array(estimate.sd), np.array(5.0)))
    ]
    assert list(estimate.seeds_needed) == expected
    assert estimate.seeds_as_observed is None  # 0.16 pp, below the margin


def test_a_large_difference_says_what_would_show_it():
    estimate = the_one(table_of(base=[0.90, 0.91, 0.90], a=[0.92, 0.99, 0.93]))
    assert (estimate.verdict, estimate.difference > 10 * MARGIN) == ("undecided", True)
    ratio = np.array([estimate.difference / estimate.sd])
    assert estimate.seeds_as_observed == seeds_to_differ(ratio, alpha=0.05, contrasts=1)[0]
    assert estimate.n < estimate.seeds_as_observed < estimate.seeds_needed[0]


@given(studies)
def test_agrees_with_scipys_paired_t_and_a_step_down_by_hand(table):
    estimates = contrasts(table, smallest_effect=MARGIN)
    base = list(table.values["c0"].values())
    known = [each for each in estimates if each.p is not None]
    for each in known:
        oracle = stats.ttest_rel(list(table.values[each.condition].values()), base)
        interval = oracle.confidence_interval(0.95)
        assert each.p == pytest.approx(oracle.pvalue, rel=1e-9)
        assert each.interval == pytest.approx((interval.low, interval.high))
    padding = [1.0] * (len(estimates) - len(known))
    assert [each.p_adjusted for each in known] == list(holm([each.p for each in known] + padding))[: len(known)]
    assert all(each.p_adjusted >= each.p for each in known)


@given(studies, st.randoms(use_true_random=False))
def test_the_order_of_conditions_and_seeds_does_not_matter(table, random):
    def shuffled(mapping):
        return dict(random.sample(list(mapping.items()), len(mapping)))

    other = RunTable(shuffled({name: shuffled(runs) for name, runs in table.values.items()}), "c0", table.images)
    before = {each.condition: each for each in contrasts(table, smallest_effect=MARGIN)}
    assert {each.condition: each for each in contrasts(other, smallest_effect=MARGIN)} == before


@given(studies, st.lists(st.integers(-512, 512), min_size=6, max_size=6))
def test_what_a_seed_adds_to_every_condition_cancels(table, blocks):
    moved = {
        name: {seed: value + blocks[seed] / 1024 for seed, value in runs.items()} for name, runs in table.values.items()
    }
    shifted = contrasts(RunTable(moved, "c0", table.images), smallest_effect=MARGIN)
    assert shifted == contrasts(table, smallest_effect=MARGIN)


@given(st.lists(st.tuples(accuracies, accuracies), min_size=2, max_size=8))
def test_changing_sides_changes_the_sign_and_nothing_else(pairs):
    table = table_of(base=[left for left, _ in pairs], a=[right for _, right in pairs])
    there = the_one(table)
    back = the_one(RunTable(table.values, "a", table.images))
    assert back.difference == -there.difference
    for field in ("sd", "p", "equivalence_p", "verdict", "seeds_needed"):
        assert getattr(back, field) == getattr(there, field)
    assert (back.interval is None) == (there.interval is None)
    if there.interval is not None:
        assert back.interval == (-there.interval[1], -there.interval[0])


@pytest.mark.parametrize(
    ("shift", "verdict"),
    [(0.01, "different"), (0.0008, "negligible"), (0.0001, "equivalent"), (0.0021, "different")],
)
def test_verdicts(shift, verdict):
    base = np.linspace(0.95, 0.96, 6)
    noise = 0.0002 * np.array([1, -1, 0.5, -0.5, 0.8, -0.8])
    estimate = the_one(table_of(base=base.tolist(), a=(base + shift + noise).tolist()))
    assert estimate.verdict == verdict
    assert estimate.seeds_needed is None
    assert (estimate.p_adjusted <= 0.05) == (verdict in ("different", "negligible"))
    assert (estimate.equivalence_p_adjusted <= 0.05) == (verdict in ("negligible", "equivalent"))


def test_without_a_smallest_effect_nothing_is_equivalent():
    different, undecided = contrasts(
        table_of(base=B, much=[0.5, 0.52, 0.51, 0.5, 0.53], little=A), smallest_effect=None
    )
    assert (different.verdict, different.equivalence_p, different.reason) == ("different", None, "")
    assert (undecided.verdict, undecided.seeds_needed) == ("undecided", None)
    assert undecided.reason == "No smallest effect is declared, so nothing can be called equivalent."


def test_interval_and_holm_may_disagree_and_it_is_said():
    shifted = [b + 0.001 + d for b, d in zip(B, (0.0002, -0.0008, 0.0009, -0.0004, 0.0001), strict=True)]
    first, *_ = contrasts(table_of(base=B, a=shifted, b=A, c=A[::-1]), smallest_effect=None)
    assert first.interval[0] > 0
    assert first.p < 0.05 < first.p_adjusted
    assert first.verdict == "undecided"
    assert "The 95 % interval leaves out 0" in first.reason


@pytest.mark.parametrize(
    ("base", "a", "n", "difference", "verdict", "reason"),
    [
        ([0.9], [0.8], 1, -0.1, None, "One seed: the spread"),
        (B, B, 5, 0.0, None, "All 5 seeds show no difference at all"),
        ([0.97, 0.11, 0.3], [0.96, 0.1, 0.29], 3, -0.01, None, "All 3 seeds show the same difference"),
        ({0: 0.9}, {1: 0.8}, 0, None, None, "a and base have no seed in common"),
        ({}, {1: 0.8}, 0, None, None, "No run of base has finished."),
        ({0: 0.9, 1: 0.8}, {}, 0, None, None, "No run of a has finished."),
        ([0.9, 0.8, 0.85], [0.8, None, 0.7], 2, -0.125, "diverged", "1 of 6 runs diverged: no test"),
        ([0.9, None], [None, float("inf")], 0, None, "diverged", "3 of 4 runs diverged: no pair is left"),
    ],
)
def test_no_p_where_none_is_defined(base, a, n, difference, verdict, reason):
    estimate = the_one(table_of(base=base, a=a))
    assert (estimate.n, estimate.verdict) == (n, verdict)
    assert estimate.difference == (None if difference is None else pytest.approx(difference))
    assert estimate.reason.startswith(reason)
    tests = ("p", "p_adjusted", "equivalence_p", "equivalence_p_adjusted", "interval", "seeds_needed")
    assert [getattr(estimate, field) for field in tests] == [None] * len(tests)


def test_unfinished_runs_leave_the_common_seeds():
    estimate = the_one(table_of(base=B, a=[*A[:3], None]), smallest_effect=None)
    assert estimate.verdict == "diverged"
    estimate = the_one(table_of(base=B, a={seed: A[seed] for seed in (0, 2, 4)} | {9: 0.5}))
    assert [seed for seed, _ in estimate.differences] == [0, 2, 4]
    assert estimate.verdict == "undecided"
    assert estimate.reason == (
        "Only the seeds that both conditions have are compared (3); 3 runs without their partner are left out."
    )


def test_a_declared_contrast_that_cannot_be_tested_still_counts_in_the_family():
    alone = the_one(table_of(base=B, a=A))
    beside, broken = contrasts(table_of(base=B, a=A, b=[None] * 5), smallest_effect=MARGIN)
    assert beside.p_adjusted == pytest.approx(2 * alone.p)
    assert beside.seeds_needed[0] > alone.seeds_needed[0]
    assert broken.verdict == "diverged"


def test_undeclared_contrasts_are_exploratory():
    planned, extra = contrasts(table_of(base=B, a=A, b=A[::-1]), smallest_effect=MARGIN, declared=["a"])
    assert planned.p_adjusted == planned.p
    assert (extra.p_adjusted, extra.equivalence_p_adjusted, extra.verdict) == (None, None, None)
    assert extra.p is not None
    assert "exploratory" in extra.reason


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"declared": ["aa"]}, r'no condition is called "aa"\n  did you mean: a'),
        ({"declared": ["base"]}, '"base" is the baseline'),
        ({"alpha": 0.5}, r"0\.5 is no error rate"),
        ({"smallest_effect": 0}, "0 is no difference between two accuracies"),
    ],
)
def test_refuses_bad_settings(settings, message):
    with pytest.raises(StudyError, match=message):
        the_one(table_of(base=B, a=A), **settings)


def test_refuses_an_unknown_baseline():
    with pytest.raises(StudyError, match=r'design\.baseline: no condition is called "bse"'):
        contrasts(table_of(baseline="bse", base=B, a=A), smallest_effect=None)


def simulated(effects, *, studies, n, seed):
    """Differences to the baseline, studies x contrasts: mean and sd over n seeds (sd of a difference: 1)."""
    generator = np.random.Generator(np.random.Philox(key=seed))
    runs = generator.normal(scale=np.sqrt(0.5), size=(studies, n, len(effects) + 1))
    differences = runs[..., 1:] + np.asarray(effects) - runs[..., :1]
    return differences.mean(axis=1), differences.std(axis=1, ddof=1)


def test_false_differences_stay_at_the_error_rate():
    mean, sd = simulated([0, 0, 0, 0], studies=20_000, n=10, seed=1)
    raw = two_sided(mean, sd, 10)
    assert (raw <= 0.05).any(axis=1).mean() > 0.10  # what the correction is for
    assert 0.03 < (holm(raw) <= 0.05).any(axis=1).mean() < 0.056


@pytest.mark.parametrize("margin", [1.0, 1.6])
def test_false_equivalence_at_the_margin_stays_at_the_error_rate(margin):
    mean, sd = simulated([margin, margin, 0, 0], studies=20_000, n=10, seed=2)
    raw = np.maximum(*two_one_sided(mean, sd, 10, margin=margin))
    assert (raw[:, :2] <= 0.05).any(axis=1).mean() > 0.07
    assert 0.01 < (holm(raw)[:, :2] <= 0.05).any(axis=1).mean() < 0.056


def test_intervals_cover():
    mean, sd = simulated([0.7], studies=20_000, n=5, seed=3)
    covered = np.abs(mean - 0.7) <= half_width(sd, 5, alpha=0.05)
    assert covered.mean() == pytest.approx(0.95, abs=0.006)
