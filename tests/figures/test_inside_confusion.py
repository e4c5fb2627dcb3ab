import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from paribus.figures import confusion_data, least_accurate, most_confused
from paribus.figures.inside_confusion import HEAT_LEVELS

matrices = st.integers(1, 6).flatmap(lambda size: arrays(np.int64, (size, size), elements=st.integers(0, 50)))


@given(matrices)
def test_the_most_confused_pairs_are_numpys_largest_off_the_diagonal(matrix):
    wrong = np.where(np.eye(len(matrix), dtype=bool), 0, matrix)
    order = np.argsort(-wrong.ravel(), kind="stable")[: np.count_nonzero(wrong)]
    expected = [tuple(divmod(int(place), len(matrix))) for place in order]
    found = most_confused(confusion_data(matrix.tolist()), most=100)
    assert [(each.true, each.predicted) for each in found] == expected
    assert all(each.count == matrix[each.true, each.predicted] for each in found)
    assert all(each.total == matrix[each.true].sum() for each in found)


@given(matrices)
def test_shares_of_a_true_class_sum_to_one_and_only_mistakes_are_hot(matrix):
    data = confusion_data(matrix.tolist())
    for true, row in enumerate(data.shares):
        assert set(row) == {None} if not matrix[true].any() else abs(sum(row) - 1) < 1e-9
    heat = np.array(data.heat)
    wrong = np.where(np.eye(len(matrix), dtype=bool), 0, matrix)
    assert np.array_equal(heat > 0, wrong > 0)
    assert heat.max() == (HEAT_LEVELS if wrong.any() else 0)
    assert (data.right, data.answers) == (np.trace(matrix), matrix.sum())


def test_rare_mistakes_are_seen_beside_a_strong_diagonal():
    data = confusion_data([[990, 8, 2], [0, 500, 0], [0, 0, 0]])
    assert data.heat == ((0, 8, 4), (0, 0, 0), (0, 0, 0))
    assert data.accuracy(0) == 0.99
    assert data.accuracy(2) is None
    assert least_accurate(data, most=5) == (0, 1)
