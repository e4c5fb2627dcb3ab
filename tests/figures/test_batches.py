import numpy as np
import pytest

from paribus.figures import BatchRow, batches_data


def row(condition, seed, losses):
    return BatchRow(condition, seed, losses, [1 - value / 10 for value in losses])


def test_bins_are_means_over_updates_and_then_over_seeds():
    rng = np.random.Generator(np.random.Philox(key=1))
    losses = rng.uniform(0.1, 2, size=(3, 1000))
    data = batches_data([row("c", seed, list(losses[seed])) for seed in range(3)], metric="loss")
    # 1,000 updates in at most 300 bins: four to a bin.
    expected = losses.reshape(3, 250, 4).mean(axis=2)
    assert [point.x for point in data.means] == list(range(4, 1001, 4))
    np.testing.assert_allclose([point.mean for point in data.means], expected.mean(axis=0))
    np.testing.assert_allclose([point.low for point in data.means], expected.min(axis=0))
    np.testing.assert_allclose([point.high for point in data.means], expected.max(axis=0))
    assert any("up to 4 consecutive" in note for note in data.notes)


def test_short_series_are_drawn_update_by_update_without_a_note_on_thinning():
    data = batches_data([row("c", 0, [2.0, 1.0, 0.5])], metric="accuracy")
    assert [(point.x, point.mean) for point in data.means] == [(1, 0.8), (2, 0.9), (3, 0.95)]
    assert data.notes == ()


def test_a_run_that_diverged_counts_only_where_it_was_finite():
    data = batches_data([row("c", 0, [2.0, 1.0, 0.5]), row("c", 1, [4.0, float("inf")])], metric="loss")
    assert [(point.mean, point.n) for point in data.means] == [(3.0, 2), (1.0, 1), (0.5, 1)]


@pytest.mark.parametrize("conditions", [1, 12, 40])
def test_points_stay_within_the_budget(conditions):
    rows = [row(f"c{index}", 0, [1.0] * 700) for index in range(conditions)]
    data = batches_data(rows, metric="loss")
    assert len(data.means) <= 4000
    assert len(data.labels) == min(conditions, 24)
