import numpy as np
import pytest
from scipy import stats

from paribus.stats import Correct, image_screen, image_screen_sentence
from paribus.stats.images import fisher_table


def screen(right_a, right_b, **settings):
    seeds = tuple(range(len(right_a)))
    return image_screen(Correct("a", seeds, right_a, **settings), Correct("b", seeds, right_b))


def seeds_right(counts, n):
    """n x N with so many right seeds per image."""
    return np.arange(n)[:, None] < np.asarray(counts)[None, :]


@pytest.mark.parametrize("n", [1, 5, 13])
def test_every_outcome_has_scipys_fisher_p(n):
    table = fisher_table(n)
    for a, b in np.ndindex(table.shape):
        assert table[a, b] == pytest.approx(stats.fisher_exact([[a, n - a], [b, n - b]]).pvalue, rel=1e-9)


def test_five_against_five_cannot_confirm_an_image():
    found = screen(seeds_right([5, 0, 3], 5), seeds_right([0, 5, 3], 5))
    assert found.least_p == pytest.approx(0.0079, abs=5e-5)
    assert found.least_p == found.p.min()
    assert found.sign_flip_least_p == 0.0625
    assert (found.fixed, found.broken) == ((0,), (1,))
    assert (found.confirmed_fixed, found.confirmed_broken) == ((), ())
    assert found.p_adjusted[0] < 0.05  # three images would pass; the rule does not rest on how few they are
    assert found.reason == "5 seeds cannot confirm single images; it takes 10."


def test_images_are_ranked_by_seeds_and_confirmed_above_ten():
    right, base = [12, 10, 12, 6, 0, 5] + [11] * 30, [0, 8, 3, 6, 12, 4] + [11] * 30
    found = screen(seeds_right(right, 12), seeds_right(base, 12))
    assert (found.fixed, found.broken) == ((0, 2, 1, 5), (4,))
    assert (found.confirmed_fixed, found.confirmed_broken) == ((0, 2), (4,))
    assert found.reason == ""
    assert (
        "over 12 seeds, of 36 images 4 are right in more seeds and 1 in fewer. Of these 2 are confirmed as fixed"
        in (image_screen_sentence(found))
    )


def test_no_image_is_confirmed_by_chance_also_when_a_seed_links_two_networks():
    studies = any_found = 0
    for key in range(300):
        generator = np.random.Generator(np.random.Philox(key=key))
        chance = generator.beta(1, 0.3, size=80)
        linked = generator.random((10, 80)) < chance
        right, base = (
            np.where(generator.random((10, 80)) < 0.5, linked, generator.random((10, 80)) < chance) for _ in "ab"
        )
        found = screen(right, base)
        any_found += bool(found.confirmed_fixed or found.confirmed_broken)
        studies += 1
    assert any_found / studies < 0.05 + 0.02


def test_diverged_runs_confirm_nothing():
    found = screen(seeds_right([12], 12), seeds_right([0], 12), diverged=3)
    assert (found.fixed, found.confirmed_fixed) == ((0,), ())
    assert image_screen_sentence(found).endswith(
        "Unconfirmed: 3 runs diverged, and the other seeds may not be like them."
    )
