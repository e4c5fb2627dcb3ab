import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from paribus.core import StudyError
from paribus.stats import RunTable, pairing, pairing_sentence

DRUG_1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2]
DRUG_2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]


def table_of(a, base):
    return RunTable({"base": dict(enumerate(base)), "a": dict(enumerate(a))}, "base", 100)


def test_students_sleepers_were_worth_pairing():
    found = pairing(table_of(DRUG_1, DRUG_2), "a")
    assert found.correlation == pytest.approx(0.795, abs=5e-4)
    expected = stats.pearsonr(DRUG_1, DRUG_2).confidence_interval(0.95)
    assert found.interval == pytest.approx((expected.low, expected.high))
    ratio = (np.var(DRUG_1, ddof=1) + np.var(DRUG_2, ddof=1)) / np.var(np.subtract(DRUG_1, DRUG_2), ddof=1)
    assert found.unpaired_seeds == np.ceil(10 * ratio) == 48
    assert found.saved == 38
    # Said is what r at the lower end of its interval would give, from the variances alone.
    spreads = np.std(DRUG_1, ddof=1), np.std(DRUG_2, ddof=1)
    paired = spreads[0] ** 2 + spreads[1] ** 2 - 2 * expected.low * spreads[0] * spreads[1]
    assert found.unpaired_least == np.ceil(10 * (spreads[0] ** 2 + spreads[1] ** 2) / paired) == 15
    assert pairing_sentence(found, alpha=0.05).endswith(
        "The 10 paired seeds are as exact as at least 15 unpaired ones per condition, "
        "by the lower end of that interval."
    )


def test_four_seeds_claim_little_however_large_their_correlation():
    found = pairing(table_of([0.90, 0.91, 0.93, 0.94], [0.903, 0.911, 0.929, 0.943]), "a")
    assert found.correlation > 0.99
    assert found.unpaired_seeds > 200
    assert 4 < found.unpaired_least < 20
    assert f"{found.unpaired_seeds}" not in pairing_sentence(found, alpha=0.05)


def test_three_seeds_claim_nothing():
    found = pairing(table_of([0.90, 0.91, 0.93], [0.901, 0.912, 0.929]), "a")
    assert (found.interval, found.unpaired_least) == (None, None)
    said = pairing_sentence(found, alpha=0.05)
    assert said.endswith("Whether pairing saved seeds cannot be told: r has no interval below four seeds.")


@given(st.lists(st.tuples(*(st.integers(0, 50),) * 2), min_size=3, max_size=9))
def test_correlation_and_variances_are_numpys(rows):
    a, base = np.array(rows).T / 64
    found = pairing(table_of(a.tolist(), base.tolist()), "a")
    if 0 in (np.ptp(a), np.ptp(base), np.ptp(a - base)):
        assert found.correlation is None
        assert "does not vary over the seeds" in found.reason
        return
    assert found.correlation == pytest.approx(np.corrcoef(a, base)[0, 1], abs=1e-9)
    assert found.paired_variance == pytest.approx(np.var(a - base, ddof=1))
    same_error = found.unpaired_variance / found.unpaired_seeds
    assert same_error <= found.paired_variance / len(rows) * (1 + 1e-6)
    assert found.unpaired_variance / max(found.unpaired_seeds - 1, 1e-9) >= found.paired_variance / len(rows) * (
        1 - 1e-6
    )
    if len(rows) > 3 and found.interval:
        assert found.interval[0] < found.correlation < found.interval[1]


def test_pairing_that_saves_nothing_says_so():
    found = pairing(table_of([1, 2, 3, 4, 5], [5, 3, 4, 1, 2]), "a")
    assert found.saved < 0
    said = pairing_sentence(found, alpha=0.05)
    assert said.endswith("It is not shown that pairing saved seeds: r may be 0.")
    worse = pairing(table_of([1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 1, 2]), "a")
    assert pairing_sentence(worse, alpha=0.05).endswith("Pairing saved no seeds: it cost some.")


@pytest.mark.parametrize(
    ("a", "reason"),
    [
        ([0.1, 0.2], "a and base have 2 seeds in common; it takes three."),
        ([0.1, None, 0.2, 0.3], "1 run of a or base diverged."),
        ([0.1, 0.1, 0.1, 0.1], "a condition, or their difference, does not vary over the seeds."),
    ],
)
def test_nothing_is_said_where_nothing_is_known(a, reason):
    found = pairing(table_of(a, [0.3, 0.2, 0.25, 0.21]), "a")
    assert (found.correlation, found.saved, found.reason) == (None, None, reason)
    assert pairing_sentence(found, alpha=0.05).endswith(f"not known: {reason}")


def test_the_baseline_is_not_paired_with_itself():
    with pytest.raises(StudyError, match='"base" is the baseline'):
        pairing(table_of([1, 2], [1, 2]), "base")
