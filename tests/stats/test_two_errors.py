import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from paribus.stats import Correct, mcnemar, two_errors, two_errors_sentence


def generator(key):
    return np.random.Generator(np.random.Philox(key=key))


def both(right_a, right_b, **settings):
    seeds = tuple(range(len(right_a)))
    return two_errors(Correct("a", seeds, np.array(right_a)), Correct("b", seeds, np.array(right_b)), **settings)


tables = st.tuples(st.integers(2, 5), st.integers(2, 8)).flatmap(
    lambda shape: st.lists(
        st.lists(st.tuples(st.booleans(), st.booleans()), min_size=shape[1], max_size=shape[1]),
        min_size=shape[0],
        max_size=shape[0],
    ).map(lambda rows: np.moveaxis(np.array(rows), 2, 0))
)


@given(tables)
def test_another_seed_is_the_paired_t_test_of_the_accuracies(pair):
    found = both(*pair)
    accuracies = pair.mean(axis=2)
    differences = accuracies[0] - accuracies[1]
    assert found.difference == pytest.approx(differences.mean(), abs=1e-12)
    if np.ptp(differences) < 1e-12:
        assert found.another_seed.standard_error is None
        assert found.another_seed.reason == "The differences do not vary."
    else:
        expected = stats.ttest_rel(*accuracies).confidence_interval(0.95)
        assert found.another_seed.interval == pytest.approx((expected.low, expected.high))


@given(tables)
def test_both_errors_are_the_components_of_a_two_way_table_and_never_less_than_either(pair):
    found = both(*pair)
    d = pair[0].astype(float) - pair[1]
    n, images = d.shape
    design = np.array([[1, *np.eye(n)[s], *np.eye(images)[i]] for s in range(n) for i in range(images)])
    residuals = d.ravel() - design @ np.linalg.lstsq(design, d.ravel(), rcond=None)[0]
    rest = residuals @ residuals / ((n - 1) * (images - 1))
    of_seeds = max(d.mean(axis=1).var(ddof=1) - rest / images, 0)
    of_images = max(d.mean(axis=0).var(ddof=1) - rest / n, 0)
    variance = of_seeds / n + of_images / images + rest / (n * images)
    if variance < 1e-20:
        assert found.both.standard_error is None
        return
    assert found.both.standard_error**2 == pytest.approx(variance)
    for part in (found.another_seed, found.another_test_set):
        assert found.both.standard_error >= (part.standard_error or 0) * (1 - 1e-9)
    assert found.both.df >= n - 1


def test_one_seed_leaves_mcnemars_interval():
    right = generator(1).random((2, 1, 400)) < 0.8
    found = both(*right)
    assert (found.another_seed.standard_error, found.both.interval) == (None, None)
    assert found.both.reason == "It takes two seeds to see how much they differ."
    assert found.another_test_set.interval == pytest.approx(mcnemar(*right[:, 0]).interval, rel=0.01)


def simulate(key, *, seeds, images, of_seeds, of_images):
    """Two conditions whose chances differ by seed and by image, more than by the accident of each answer."""
    draw = generator(key)
    common = draw.normal(size=images)
    right = []
    for shift in (1.2, 1.0):
        by_seed = of_seeds * draw.normal(size=(seeds, 1))
        by_image = 1.5 * common + of_images * draw.normal(size=images)
        right.append(draw.random((seeds, images)) < 1 / (1 + np.exp(-(shift + by_seed + by_image))))
    return right


@pytest.mark.parametrize(("of_seeds", "of_images"), [(0.0, 1.0), (0.3, 0.0), (0.3, 1.0)])
def test_the_interval_for_both_covers_the_difference_over_all_seeds_and_images(of_seeds, of_images):
    settings = {"of_seeds": of_seeds, "of_images": of_images}
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    spread = np.sqrt(of_seeds**2 + 1.5**2 + of_images**2)
    truth = [weights @ (1 / (1 + np.exp(-(shift + spread * nodes)))) / weights.sum() for shift in (1.2, 1.0)]
    difference = truth[0] - truth[1]
    covered = alone = 0
    studies = 400
    for key in range(studies):
        found = both(*simulate(5000 + key, seeds=8, images=150, **settings))
        covered += found.both.interval[0] <= difference <= found.both.interval[1]
        alone += found.another_seed.interval[0] <= difference <= found.another_seed.interval[1]
    assert covered / studies > 0.93
    if of_images:
        assert alone < covered


def test_diverged_runs_leave_a_description_only():
    right = generator(2).random((2, 4, 50)) < 0.8
    seeds = tuple(range(4))
    found = two_errors(Correct("a", seeds, right[0], diverged=1), Correct("b", seeds, right[1]))
    assert found.difference is not None
    for part in (found.another_seed, found.another_test_set, found.both):
        assert (part.standard_error, part.interval) == (None, None)
        assert part.reason.startswith("1 runs diverged")


def test_without_a_common_seed_there_is_nothing():
    right = generator(3).random((1, 20)) < 0.5
    found = two_errors(Correct("a", (0,), right), Correct("b", (1,), right))
    assert (found.n, found.difference) == (0, None)
    assert two_errors_sentence(found, alpha=0.05) == "a and b have no seed in common."


def test_the_sentence_tells_the_three_apart():
    said = two_errors_sentence(both(*(generator(4).random((2, 5, 400)) < 0.9)), alpha=0.05)
    for part in ("5 seeds and 400 images", "With another seed it", "With another test set it", "seed and test set it"):
        assert part in said
