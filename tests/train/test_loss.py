"""Losses against their definitions, written out in NumPy."""

import numpy as np
import pytest
import torch
from making import make_recipe

from paribus.train.loss import loss_of, probabilities

OUTPUT = np.array([[2.0, -1.0, 0.5], [0.0, 0.3, -0.2], [1.0, 1.0, 1.0], [-3.0, 4.0, 0.0]])
LABELS = np.array([0, 2, 1, 1])
SHARES = np.exp(OUTPUT) / np.exp(OUTPUT).sum(axis=1, keepdims=True)
HOT = np.eye(3)[LABELS]
EXPECTED = {
    "cross_entropy": -np.log(SHARES[np.arange(4), LABELS]),
    "smooth": -(np.log(SHARES) * (0.9 * HOT + 0.1 / 3)).sum(axis=1),
    "nll": -OUTPUT[np.arange(4), LABELS],
    "mse": ((OUTPUT - HOT) ** 2).mean(axis=1),
}
TRAIN = {"smooth": {"loss": "cross_entropy", "label_smoothing": 0.1}}


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_the_loss_is_its_definition(name, reduction):
    spec = make_recipe(**TRAIN.get(name, {"loss": name})).train
    ours = loss_of(torch.tensor(OUTPUT), torch.tensor(LABELS), spec=spec, reduction=reduction)
    assert ours.item() == pytest.approx(getattr(EXPECTED[name], reduction)(), rel=1e-12)


SHARED = np.array([[0.7, 0.0, 0.3], [0.0, 0.4, 0.6], [0.0, 1.0, 0.0], [0.5, 0.5, 0.0]])
MIXED = {
    "cross_entropy": -(np.log(SHARES) * SHARED).sum(axis=1),
    "smooth": -(np.log(SHARES) * (0.9 * SHARED + 0.1 / 3)).sum(axis=1),
    "nll": -(OUTPUT * SHARED).sum(axis=1),
    "mse": ((OUTPUT - SHARED) ** 2).mean(axis=1),
}


@pytest.mark.parametrize("name", MIXED)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_the_loss_of_mixed_labels_is_its_definition(name, reduction):
    spec = make_recipe(**TRAIN.get(name, {"loss": name})).train
    ours = loss_of(torch.tensor(OUTPUT), torch.tensor(SHARED), spec=spec, reduction=reduction)
    assert ours.item() == pytest.approx(getattr(MIXED[name], reduction)(), rel=1e-12)
    whole = loss_of(torch.tensor(OUTPUT), torch.tensor(HOT), spec=spec, reduction=reduction)
    assert whole.item() == pytest.approx(getattr(EXPECTED[name], reduction)(), rel=1e-12)


def test_measuring_ignores_label_smoothing():
    spec = make_recipe(label_smoothing=0.1).train
    ours = loss_of(torch.tensor(OUTPUT), torch.tensor(LABELS), spec=spec, smooth=False)
    assert ours.item() == pytest.approx(EXPECTED["cross_entropy"].mean(), rel=1e-12)


def test_probabilities_belong_to_the_loss():
    output = torch.tensor(OUTPUT)
    np.testing.assert_allclose(probabilities(output, spec=make_recipe().train), SHARES)
    np.testing.assert_allclose(probabilities(output.log_softmax(1), spec=make_recipe(loss="nll").train), SHARES)
    assert probabilities(output, spec=make_recipe(loss="mse").train) is output
