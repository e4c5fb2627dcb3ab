"""Exponentials and activation functions in both precisions, against SciPy's in double precision."""

import numpy as np
import pytest
import torch
from scipy import special
from torch import nn

from paribus.train import native_rows as k
from paribus.train.native_activations import pointwise, pointwise_back, soft, soft_back
from paribus.train.native_compiled import compiled
from paribus.train.native_functions import erf, exp, expm1
from paribus.train.native_program import _pointwise

SMALL = 10.0 ** np.linspace(-30, 1, 20_000)
NUMBERS = np.concatenate([np.linspace(-87, 87, 200_001), np.linspace(-12, 12, 100_001), SMALL, -SMALL, [0.0]])
LAYERS = (
    nn.Tanh(), nn.Sigmoid(), nn.ELU(0.7), nn.SELU(), nn.Softsign(), nn.Softplus(), nn.Softplus(3.0, 5.0), nn.SiLU(),
    nn.GELU(), nn.GELU("tanh"), nn.Mish(), nn.Hardswish(),
)  # fmt: skip


@compiled
def apply(which, numbers, made):
    """Apply a function to each number."""
    for j in range(numbers.shape[0]):
        made[j] = exp(numbers[j]) if which == 0 else expm1(numbers[j]) if which == 1 else erf(numbers[j])


def found(which, dtype):
    """Return the numbers, and what a function makes of them, in double precision."""
    numbers = NUMBERS.astype(dtype)
    made = np.empty_like(numbers)
    apply(which, numbers, made)
    return numbers.astype(np.float64), made.astype(np.float64)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("which", "oracle"), [(0, np.exp), (1, np.expm1)], ids=["exp", "expm1"])
def test_exponentials_are_right_to_two_units_in_the_last_place(which, oracle, dtype):
    numbers, made = found(which, dtype)
    right = oracle(numbers)
    last = np.spacing(np.abs(right).astype(dtype)).astype(np.float64)
    assert (np.abs(made - right) <= 2 * last).all()


def test_the_error_function_is_as_good_as_its_formula():
    numbers, made = found(2, np.float32)
    assert np.abs(made - special.erf(numbers)).max() < 2.5e-7
    numbers, made = found(2, np.float64)
    np.testing.assert_allclose(made, special.erf(numbers), rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_beyond_their_range_exponentials_stay_finite_and_what_is_no_number_stays_so(dtype):
    numbers = np.array([-np.inf, np.inf, -1e30, 1e30, np.nan], dtype=dtype)
    made = np.empty_like(numbers)
    apply(0, numbers, made)
    assert made[[0, 2]].tolist() == pytest.approx([0, 0], abs=1e-38)
    assert (made[[1, 3]] > 1e38).all()
    assert np.isfinite(made[:4]).all()
    assert np.isnan(made[4])


@pytest.mark.parametrize("layer", LAYERS, ids=str)
@pytest.mark.parametrize(("dtype", "close"), [(np.float32, 1e-6), (np.float64, 1e-14)], ids=["float32", "float64"])
def test_activations_and_their_slopes_are_torchs_in_double_precision(layer, dtype, close):
    row = _pointwise(layer, (1,))
    low, high = (dtype(each) for each in row.coefficients)
    numbers = NUMBERS[np.abs(NUMBERS) < 80].astype(dtype)
    made, size = numbers.copy(), len(numbers)
    apart = row.op >= k.TOOK
    there, back = (soft, soft_back) if apart else (pointwise, pointwise_back)
    there(row.op, low, high, made, 0, size)
    slopes = np.ones(2 * size, dtype=dtype)  # given, then made
    back(row.op, low, high, numbers if apart else made, 0, slopes, 0, size, size)
    given = torch.from_numpy(numbers).double().requires_grad_()
    expected = layer(given)
    expected.sum().backward()
    edge = np.isin(numbers, [-3.0, 0.0, 3.0])  # where the slope of one side is as good as the other's
    scale = np.maximum(1.0, np.abs(numbers))
    assert (np.abs(made - expected.detach().numpy()) / scale).max() < close
    assert (np.abs(slopes[size:] - given.grad.numpy()) / scale)[~edge].max() < 2 * close
    made[0] = np.nan
    there(row.op, low, high, made, 0, 1)
    assert np.isnan(made[0])
