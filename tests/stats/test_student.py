import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from paribus.stats.student import half_width, holm, t_statistic, two_one_sided, two_sided

DRUG_1 = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2])
DRUG_2 = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
DARWIN = np.array([6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75])
BENJAMINI = [
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
    *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0),
]

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def summary(differences):
    return differences.mean(), differences.std(ddof=1), len(differences)


def test_paired_t_of_students_sleep_data():
    mean, sd, n = summary(DRUG_1 - DRUG_2)
    half = half_width(sd, n, alpha=0.05)
    assert t_statistic(mean, sd, n) == pytest.approx(-4.0621, abs=5e-5)
    assert two_sided(mean, sd, n) == pytest.approx(0.002833, abs=5e-7)
    assert (mean - half, mean + half) == pytest.approx((-2.45989, -0.70011), abs=1e-5)


def test_paired_t_of_darwins_maize():
    assert t_statistic(*summary(DARWIN)) == pytest.approx(2.14799, abs=5e-6)
    assert two_sided(*summary(DARWIN)) == pytest.approx(0.049703, abs=5e-7)


@given(st.integers(2, 60), st.floats(-5, 5), st.floats(0.01, 10), st.floats(0.001, 0.4))
def test_agrees_with_scipys_t(n, mean, sd, alpha):
    t = stats.t(n - 1, scale=sd / np.sqrt(n))
    assert two_sided(mean, sd, n) == pytest.approx(2 * t.sf(abs(mean)), rel=1e-9)
    assert half_width(sd, n, alpha=alpha) == pytest.approx(t.isf(alpha / 2), rel=1e-9)
    assert two_one_sided(mean, sd, n, margin=1.5) == pytest.approx((t.sf(mean + 1.5), t.cdf(mean - 1.5)))


@pytest.mark.parametrize(
    ("sd_2", "r", "margin_dz", "margin", "t", "p"),
    [
        (1.29, 0.75, 0.4, None, (3.960381, -2.489426), (0.0000953, 0.00770235)),
        (1.30, 0.745, None, 0.34, (3.803437, -2.354508), (0.00016061, 0.01081349)),
    ],
)
def test_paired_equivalence_of_toster(sd_2, r, margin_dz, margin, t, p):
    sd = np.sqrt(1.17**2 + sd_2**2 - 2 * r * 1.17 * sd_2)
    margin = margin or margin_dz * sd
    mean = 5.83 - 5.75
    assert [t_statistic(mean, sd, 65, against=bound) for bound in (-margin, margin)] == pytest.approx(t)
    assert two_one_sided(mean, sd, 65, margin=margin) == pytest.approx(p, rel=5e-4)


def test_paired_intervals_of_toster():
    sd = np.sqrt(1.17**2 + 1.29**2 - 2 * 0.75 * 1.17 * 1.29)
    assert 0.4 * sd == pytest.approx(0.350782, abs=1e-6)
    for alpha, low, high in ((0.1, -0.101543, 0.261543), (0.05, -0.137299, 0.297299)):
        half = half_width(sd, 65, alpha=alpha)
        assert (0.08 - half, 0.08 + half) == pytest.approx((low, high), abs=1e-6)


def test_one_sample_equivalence_of_toster():
    margin = 0.3 * 1.2  # the source gives it in standard deviations
    mean = 0.54 - 0.5
    assert [t_statistic(mean, 1.2, 100, against=bound) for bound in (-margin, margin)] == pytest.approx(
        (3.3333, -2.6667), abs=5e-5
    )
    assert two_one_sided(mean, 1.2, 100, margin=margin) == pytest.approx((0.000604, 0.0044746), rel=5e-4)


def test_holm_of_demsars_three_and_benjaminis_fifteen():
    assert (holm([0.016, 0.019, 0.607]) <= 0.05).tolist() == [True, True, False]
    assert holm(BENJAMINI)[:4] == pytest.approx([0.0015, 0.0056, 0.0247, 0.114])
    assert (holm(BENJAMINI) <= 0.05).sum() == 3


@given(p_values)
def test_holm_rejects_what_the_step_down_rule_rejects(raw):
    adjusted = holm(raw)
    assert (adjusted >= raw).all()
    assert (np.diff(adjusted[np.argsort(raw)]) >= 0).all()
    rejected = 0
    while rejected < len(raw) and sorted(raw)[rejected] * (len(raw) - rejected) <= 0.05:
        rejected += 1
    assert (adjusted <= 0.05).sum() == rejected


@given(p_values, st.randoms(use_true_random=False))
def test_holm_follows_its_p_values_wherever_they_stand(raw, random):
    places = random.sample(range(len(raw)), len(raw))
    assert holm(np.take(raw, places)).tolist() == holm(raw)[places].tolist()


def test_holm_takes_the_last_axis_as_the_family():
    families = np.array([[0.01, 0.04, 0.03], [0.5, 0.001, 0.02]])
    assert holm(families).tolist() == [holm(row).tolist() for row in families]
