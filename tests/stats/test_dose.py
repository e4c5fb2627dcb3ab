import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paribus.core import StudyError
from paribus.stats import RunTable, dose_response

RATES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
MARGIN = 0.005


def respond(means, *, doses=RATES, seeds=6, noise=0.0008, key=5, **settings):
    generator = np.random.Generator(np.random.Philox(key=key))
    values = np.asarray(means)[:, None] + noise * generator.normal(size=(len(means), seeds))
    values = values + 0.01 * generator.normal(size=seeds)
    runs = {f"lr={dose:g}": dict(enumerate(row.tolist())) for dose, row in zip(doses, values, strict=True)}
    table = RunTable(runs, f"lr={doses[0]:g}", 10_000)
    for change in settings.pop("lose", ()):
        table.values[change][0] = None
    order = sorted(runs, key=lambda name: name[::-1])  # any order will do
    by_name = {f"lr={dose:g}": dose for dose in doses}
    settings = {"smallest_effect": MARGIN, **settings}
    return table, dose_response(table, {name: by_name[name] for name in order}, **settings)


def test_a_hump_with_a_plateau_and_a_cliff():
    _, found = respond([0.80, 0.90, 0.95, 0.9502, 0.60])
    assert list(found.doses.values()) == list(RATES)
    assert found.shape == "bent"
    assert (found.cliff.before, found.cliff.after) == ("lr=0.1", "lr=1")
    assert found.cliff.estimate.difference == pytest.approx(-0.35, abs=0.002)
    assert found.plateau == found.flat == found.best.levels == ("lr=0.01", "lr=0.1")
    assert (found.edge, found.open_ends) == (None, ())
    assert found.bend.verdict == "different"


@pytest.mark.parametrize(("sign", "shape", "edge"), [(1, "rising", "largest"), (-1, "falling", "smallest")])
def test_a_slope_leads_to_the_edge_and_beyond(sign, shape, edge):
    _, found = respond([0.9 + sign * 0.02 * step for step in range(5)])
    assert (found.shape, found.edge, found.open_ends) == (shape, edge, (edge,))
    assert found.trend.difference == pytest.approx(sign * 0.08, abs=0.002)
    assert found.bend.verdict == "equivalent"
    assert len(found.flat) == 1


def test_nothing_shown_is_called_undecided_and_equal_levels_are_flat():
    _, found = respond([0.9] * 5, key=21)
    assert found.shape == "undecided"
    assert found.cliff is None
    assert found.flat == found.plateau == tuple(found.doses)
    assert found.open_ends == ("smallest", "largest")
    _, unsure = respond([0.9] * 5, noise=0.02, key=21)
    assert (unsure.flat, len(unsure.plateau)) == ((unsure.best.observed,), 5)


def test_flat_needs_every_pair_so_that_a_gentle_slope_is_not_flat():
    _, found = respond([0.9, 0.903, 0.906, 0.909, 0.912], noise=0.0003)
    assert found.flat == ("lr=0.1", "lr=1")
    assert found.best.levels == ("lr=1",)


def test_a_diverged_level_is_a_cliff_and_leaves_the_line():
    table, found = respond([0.80, 0.82, 0.90, 0.95, 0.30], lose=["lr=1"])
    assert found.diverged == ("lr=1",)
    assert found.steps[-1].estimate.verdict == "diverged"
    assert (found.cliff.before, found.cliff.after) == ("lr=0.001", "lr=0.01")  # of the steps that have a test
    assert set(found.trend.weights) == set(found.doses) - {"lr=1"}
    assert found.best.unjudged == ("lr=1",)
    assert found.edge is None
    assert found.means["lr=1"] == pytest.approx(np.mean([table.values["lr=1"][seed] for seed in range(1, 6)]))


@given(
    st.lists(st.integers(-40, 40), min_size=3, max_size=7, unique=True),
    st.integers(0, 2**32),
)
def test_trend_and_bend_are_the_least_squares_line_and_parabola(exponents, key):
    generator = np.random.Generator(np.random.Philox(key=key))
    doses = {f"c{place}": 2.0 ** (exponent / 4) for place, exponent in enumerate(sorted(exponents))}
    values = generator.random((len(doses), 4))
    table = RunTable({name: dict(enumerate(row.tolist())) for name, row in zip(doses, values, strict=True)}, "c0", 100)
    found = dose_response(table, doses, smallest_effect=None)
    x = np.log(list(doses.values()))
    x = (x - x.min()) / np.ptp(x)
    slope = np.polyfit(x, values.mean(axis=1), 1)[0]
    parabola = np.poly1d(np.polyfit(x, values.mean(axis=1), 2))
    assert found.trend.difference == pytest.approx(slope, abs=1e-8)
    assert found.bend.difference == pytest.approx(parabola(0.5) - (parabola(0) + parabola(1)) / 2, abs=1e-7)


def test_the_order_of_the_levels_pays_for_its_questions():
    """No effect at all: each kind of false claim in at most about 5 of 100 studies."""
    studies = 300
    shapes = cliffs = trends = 0
    for study in range(studies):
        _, found = respond([0.9] * 5, noise=0.01, seeds=5, key=50 + study, smallest_effect=None)
        shapes += found.shape != "undecided"
        cliffs += found.cliff is not None
        trends += "different" in (found.trend.verdict, found.bend.verdict)
    assert max(shapes, cliffs, trends) / studies < 0.05 + 0.03
    assert min(shapes, cliffs, trends) > 0


def test_no_line_where_there_is_none():
    _, found = respond([0.9, 0.91, 0.92], doses=(0.0, 1e-4, 1e-3))
    assert (found.trend, found.bend) == (None, None)
    assert found.reason == "A dose of 0 or below has no logarithm: there is no trend over log dose."
    assert found.shape == "rising"
    _, found = respond([0.9, 0.91], doses=(1.0, 2.0))
    assert found.reason == "A trend needs three levels of which no run diverged."


def test_one_seed_describes_and_claims_nothing():
    _, found = respond([0.8, 0.9, 0.95, 0.9, 0.2], seeds=1)
    assert (found.shape, found.cliff, found.trend.p, found.trend.verdict) == ("undecided", None, None, None)
    assert found.flat == ("lr=0.01",)
    assert len(found.best.levels) == 5


@pytest.mark.parametrize(
    ("doses", "message"),
    [
        ({"a": 1.0}, r"1 dose\(s\) have no order"),
        ({"a": 1.0, "b": 1.0}, "two conditions have the dose 1"),
        ({"a": 1.0, "b": float("inf")}, 'the dose of "b", inf, is no finite number'),
        ({"a": 1.0, "bb": 2.0}, r'no condition is called "bb"\n  did you mean: b'),
    ],
)
def test_doses_that_give_no_order_are_refused(doses, message):
    table = RunTable({"a": {0: 0.5}, "b": {0: 0.5}}, "a", 10)
    with pytest.raises(StudyError, match=message):
        dose_response(table, doses, smallest_effect=None)
