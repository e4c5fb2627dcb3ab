from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import load_digits

from paribus.core import DataError
from paribus.data import digits, load_images
from paribus.study import DataSpec


def test_the_values_0_to_16_become_0_to_255_and_every_image_is_used_once():
    images = load_images(DataSpec(source="digits"))
    loaded = load_digits()
    expected = np.floor(loaded.images * 255 / 16 + 0.5).reshape(-1, 64)
    rows = np.concatenate([images.train_images, images.test_images]).reshape(-1, 64)
    labels = np.concatenate([images.train_labels, images.test_labels])
    found = sorted((*row, label) for row, label in zip(rows.tolist(), labels.tolist(), strict=True))
    assert found == sorted((*row, label) for row, label in zip(expected.tolist(), loaded.target, strict=True))
    assert (len(images.train_labels), len(images.test_labels)) == (1438, 359)


def test_the_test_set_is_stratified_and_is_the_same_for_ever():
    images = load_images(DataSpec(source="digits"))
    per_class = np.bincount(load_digits().target)
    assert np.abs(np.bincount(images.test_labels) - per_class * 359 / 1797).max() < 1
    # Looks at the test set are counted by this; a change breaks every study on the digits.
    assert images.test_fingerprint == "1746978c6ddc3889e46d2911eae92065081d3f36fb7e930db5c6edacc94cd552"


def test_other_digits_are_refused(monkeypatch):
    changed = digits._rows()
    changed[0, 0] += 1
    monkeypatch.setattr(digits, "_rows", lambda: changed)
    with pytest.raises(DataError, match="digits of the installed scikit-learn have SHA-256"):
        load_images(DataSpec(source="digits"))


def test_where_its_file_is_elsewhere_scikit_learn_is_asked(monkeypatch, tmp_path):
    before = digits._rows()
    monkeypatch.setattr(digits, "find_spec", lambda _: SimpleNamespace(origin=str(tmp_path / "__init__.py")))
    assert digits._rows().tobytes() == before.tobytes()
