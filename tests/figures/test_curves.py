import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paribus.figures import curves_data

LOSSES = {
    "slow": {0: [2.0, 1.0, 0.5], 1: [2.2, 1.4, 0.6], 2: [2.1, 0.9, 0.7]},
    "fast": {0: [2.0, 0.4, 0.1], 1: [2.2, 0.5, 0.2], 2: [2.1, 0.6, 0.3]},
}


def means_of(data, label, split):
    return [point for point in data.means if (point.label, point.split) == (label, split)]


@pytest.mark.parametrize(("split", "factor"), [("training", 1), ("validation", 2), ("test", 3)])
def test_mean_and_band_are_numpys(rows_of, split, factor):
    data = curves_data(rows_of(LOSSES, sealed=False), metric="loss")
    for label, runs in LOSSES.items():
        values = factor * np.array(list(runs.values()))
        points = means_of(data, label, split)
        assert [point.x for point in points] == [0, 1, 2]
        np.testing.assert_allclose([point.mean for point in points], values.mean(axis=0))
        np.testing.assert_allclose([point.low for point in points], values.min(axis=0))
        np.testing.assert_allclose([point.high for point in points], values.max(axis=0))
        assert {point.n for point in points} == {3}


def test_a_sealed_test_set_is_not_drawn(rows_of):
    assert curves_data(rows_of(LOSSES), metric="loss").splits == ("training", "validation")
    assert curves_data(rows_of(LOSSES, sealed=False), metric="loss").splits == ("training", "validation", "test")


def test_a_diverged_run_ends_with_a_mark_and_is_no_part_of_the_mean(rows_of):
    losses = {"wild": {0: [2.0, 1.0, 0.5], 1: [2.0, 900.0, float("nan")], 2: [2.0, 1.2, 0.7]}}
    data = curves_data(rows_of(losses), metric="loss", diverged=[("wild", 1)])
    assert [point.mean for point in means_of(data, "wild", "training")] == pytest.approx([2.0, 1.1, 0.6])
    (lost,) = [line for line in data.seeds if line.diverged and line.split == "training"]
    assert (lost.seed, lost.points[-1]) == (1, (1, 900.0))
    assert any("diverged" in note for note in data.notes)


def test_a_condition_whose_runs_all_diverged_has_lines_but_no_mean(rows_of):
    data = curves_data(rows_of({"c": {0: [2.0], 1: [2.1]}}), metric="loss", diverged=[("c", 0), ("c", 1)])
    assert data.means == ()
    assert {line.diverged for line in data.seeds} == {True}


def test_one_seed_has_neither_band_nor_thin_line(rows_of):
    data = curves_data(rows_of({"only": {4: [2.0, 1.0]}}), metric="loss")
    assert data.seeds == ()
    assert all(point.low == point.mean == point.high for point in data.means)
    assert not any("Band" in note for note in data.notes)


@pytest.mark.parametrize(("last", "logarithmic"), [(0.0201, False), (0.0199, True), (0.0, False)])
def test_the_loss_axis_is_logarithmic_above_two_decades(rows_of, last, logarithmic):
    # Validation losses are twice the training losses: the span is from `last` to 2.
    data = curves_data(rows_of({"c": {0: [1.0, last]}}), metric="loss")
    assert data.frame.logarithmic is logarithmic
    assert data.frame.low <= (last if last and logarithmic else data.frame.high)


def test_zero_losses_are_spoken_of_where_the_axis_cannot_show_them(rows_of):
    data = curves_data(rows_of({"c": {0: [1.0, 0.001, 0.0]}}), metric="loss")
    assert data.frame.logarithmic
    assert any("exactly 0" in note for note in data.notes)


def test_the_untrained_network_does_not_flatten_the_accuracies(rows_of):
    data = curves_data(rows_of({"c": {0: [9.0, 0.3, 0.2, 0.1]}}), metric="accuracy")
    assert data.frame.low > 0.9
    assert any("Epoch 0" in note for note in data.notes)
    at_chance = curves_data(rows_of({"c": {0: [4.5, 4.4, 0.1]}}), metric="accuracy")
    assert at_chance.frame.low < 0.2


@pytest.mark.parametrize(
    ("conditions", "layout"), [(1, "by condition"), (2, "by split"), (6, "by split"), (7, "by condition")]
)
def test_the_layout_suits_the_number_of_conditions(rows_of, conditions, layout):
    rows = rows_of({f"c{index}": {0: [1.0]} for index in range(conditions)})
    assert curves_data(rows, metric="loss").layout == layout


def test_many_conditions_seeds_and_epochs_are_thinned_with_a_note(rows_of):
    rows = rows_of({f"c{index}": {seed: [1.0] * 150 for seed in range(6)} for index in range(30)})
    data = curves_data(rows, metric="loss")
    points = len(data.means) + sum(len(line.points) for line in data.seeds)
    assert points <= 6000
    assert len(data.labels) == 24
    assert {point.x for point in data.means} >= {0, 149}
    assert sum("Thinned" in note for note in data.notes) == 2
    assert any("Only some seeds" in note for note in data.notes)


@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=6), st.sampled_from(["loss", "accuracy"]))
def test_every_drawn_value_lies_in_the_frame(values, metric):
    from paribus.figures import CurveRow  # noqa: PLC0415  - hypothesis and function fixtures do not mix

    rows = [
        CurveRow("c", 0, epoch, epoch, None, value, 1 / (1 + value), None, None, None, None, None)
        for epoch, value in enumerate(values, start=1)
    ]
    data = curves_data(rows, metric=metric)
    assert all(data.frame.low <= point.mean <= data.frame.high for point in data.means)
    assert data.frame.low < data.frame.high or data.frame.logarithmic
