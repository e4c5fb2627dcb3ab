import numpy as np
import pytest
from scipy import stats

from paribus.core import StudyError
from paribus.stats import Correct, benjamini_hochberg, class_differences, class_sentence

CLASSES = ("cat", "dog", "frog", "ship")
LABELS = np.arange(90) % 3  # no ship


def found_for(seeds=6, *, labels=LABELS, diverged=0, same=False):
    generator = np.random.Generator(np.random.Philox(key=8))
    right, base = generator.random((2, seeds, 90)) < np.where(LABELS == 1, 0.9, 0.7)
    base = base & ~((LABELS == 0) & (generator.random((seeds, 90)) < 0.5))  # cats suffer
    rows = tuple(range(seeds))
    pair = Correct("a", rows, right, diverged=diverged), Correct("b", rows, right if same else base)
    return class_differences(*pair, labels=labels, classes=CLASSES), right, base


def test_each_class_is_scipys_paired_t_and_the_classes_are_screened_together():
    found, right, base = found_for()
    p = []
    for place, each in enumerate(found[:3]):
        shares = [side[:, place == LABELS].mean(axis=1) for side in (right, base)]
        oracle = stats.ttest_rel(*shares)
        interval = oracle.confidence_interval(0.95)
        assert (each.images, each.n) == (30, 6)
        assert each.p == pytest.approx(oracle.pvalue)
        assert each.interval == pytest.approx((interval.low, interval.high))
        p.append(each.p)
    assert [each.p_adjusted for each in found[:3]] == pytest.approx(benjamini_hochberg([*p, 1.0])[:3])
    assert found[0].p_adjusted < 0.05


def test_the_sentence_calls_it_exploratory():
    said = class_sentence(found_for()[0][0], condition="a", baseline="b", alpha=0.05)
    assert said.startswith("Class cat (30 images): a minus b ")
    assert said.endswith("over all classes). Exploratory.")


def test_no_p_where_none_is_defined():
    assert found_for()[0][3].reason == "There is no image of this class."
    assert found_for(seeds=1)[0][0].reason == "One seed: nothing can be tested."
    assert found_for(same=True)[0][0].reason == "All seeds show the same difference: no test."
    lost = found_for(diverged=2)[0][0]
    assert lost.reason.startswith("2 runs diverged: no test")
    assert lost.difference is not None
    for each in (lost, found_for()[0][3], found_for(seeds=1)[0][0]):
        assert (each.p, each.p_adjusted, each.interval) == (None, None, None)


@pytest.mark.parametrize("labels", [LABELS[1:], LABELS + 2, LABELS - 1])
def test_labels_that_do_not_fit_are_refused(labels):
    with pytest.raises(StudyError, match="labels of shape"):
        found_for(labels=labels)
