import numpy as np
import pytest

from paribus.stats import Correct, noise_floor, noise_floor_sentence


def draw(shape, *, quality=0.0, key=1):
    """Networks that get each image right independently; `quality` makes some of them better than others."""
    generator = np.random.Generator(np.random.Philox(key=key))
    chance = generator.beta(5, 0.5, size=shape[1]) ** np.exp(quality * generator.normal(size=(shape[0], 1)))
    return generator.random(shape) < chance


def floor_of(right, **settings):
    return noise_floor(Correct("a", tuple(range(len(right))), right, **settings))


def test_by_hand():
    found = floor_of(np.array([[True, True, False, False], [True, False, True, False], [True, True, True, False]]))
    shares = np.array([1, 2 / 3, 2 / 3, 0])
    assert found.predicted == pytest.approx(np.sqrt((shares * (1 - shares)).sum() * 3 / 2) / 4)
    assert found.observed == pytest.approx(np.std([2 / 4, 2 / 4, 3 / 4], ddof=1))
    assert found.ratio == pytest.approx(found.observed / found.predicted)


def test_independent_errors_have_a_ratio_of_1_and_unequal_networks_more():
    alike = [floor_of(draw((6, 400), key=key)) for key in range(400)]
    assert np.mean([each.ratio**2 for each in alike]) == pytest.approx(1, abs=0.08)
    inside = np.mean([each.interval[0] <= 1 <= each.interval[1] for each in alike])
    assert inside == pytest.approx(0.95, abs=0.03)
    worse = [floor_of(draw((6, 400), quality=1.0, key=key)) for key in range(50)]
    assert np.mean([each.interval[0] > 1 for each in worse]) > 0.9


@pytest.mark.parametrize(
    ("quality", "said"), [(0.0, "no run is shown to be a worse network."), (1.0, "some are worse networks.")]
)
def test_the_sentence_says_what_the_ratio_means(quality, said):
    assert noise_floor_sentence(floor_of(draw((8, 2000), quality=quality)), alpha=0.05).endswith(said)


@pytest.mark.parametrize(
    ("right", "diverged", "reason"),
    [
        (draw((1, 9)), 0, "It takes two seeds to see a spread."),
        (draw((3, 9)), 2, "2 runs diverged."),
        (np.ones((3, 9), bool), 0, "All seeds are right on the same images: there is no noise to compare."),
    ],
)
def test_no_ratio_where_none_is_defined(right, diverged, reason):
    found = floor_of(right, diverged=diverged)
    assert (found.ratio, found.interval, found.reason) == (None, None, reason)
    assert noise_floor_sentence(found, alpha=0.05).endswith(reason)
