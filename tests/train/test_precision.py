"""Precisions: bfloat16 is another training and only a little other; nothing of it is left for the next one."""

import pytest
import torch
from making import CNN, MLP, make_images, make_recipe
from torch import Tensor

from paribus.core import StudyError
from paribus.train import check_precision
from paribus.train.evaluate import measure
from paribus.train.loop import path_of, train_run
from paribus.train.precision import products

NOISY = (*CNN[:3], "Flatten", "BatchNorm1d", "Dropout(0.2)", "Linear(classes)")
OWN = """
import torch
from torch import nn


class Own(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 4))

    def forward(self, x):
        made = super().forward(x)
        assert not self.training or made.dtype == torch.bfloat16, made.dtype
        return made
"""


@pytest.fixture
def trained(make_bench):
    """Return a function that trains and returns the epochs, the final weights and the bench."""

    def train(layers=NOISY, **settings):
        bench = make_bench(make_recipe(layers, epochs=3, momentum=0.9, data={"validation": 20}, **settings))
        epochs = []
        outcome = train_run(bench, run="r", environment="", on_epoch=epochs.append)
        assert outcome.state == "done"
        return [(each.train_loss, each.validation_loss, each.batch_losses) for each in epochs], outcome, bench

    return train


@pytest.mark.parametrize("loss", ["cross_entropy", "nll", "mse"])
def test_bfloat16_differs_from_float32_but_by_little(trained, loss):
    layers = (*NOISY, "LogSoftmax") if loss == "nll" else NOISY
    wide, narrow = (trained(layers, loss=loss, lr=0.02, precision=each)[0] for each in ("float32", "bfloat16"))
    for (first, second, _), (one, two, _) in zip(wide[1:], narrow[1:], strict=True):
        assert first != one
        assert second != two
        assert (one, two) == (pytest.approx(first, rel=0.03), pytest.approx(second, rel=0.03))
    assert wide[3][0] < 0.9 * wide[1][0]  # something was learned that could have differed


def test_the_same_run_has_the_same_bits_alone_and_after_one_in_bfloat16(trained):
    alone, weights, _ = trained()
    first, narrow, _ = trained(precision="bfloat16")
    after, again, _ = trained()
    assert (after, again.weights, again.predictions) == (alone, weights.weights, weights.predictions)
    second, twice, _ = trained(precision="bfloat16")
    assert (second, twice.weights, twice.predictions) == (first, narrow.weights, narrow.predictions)
    assert first != alone


def test_weights_gradients_states_and_outputs_stay_float32(trained):
    _, _, bench = trained(precision="bfloat16", optimizer="SGD")
    kept = [*bench.model.parameters(), *bench.model.buffers()]
    kept += [each.grad for each in bench.model.parameters()]
    kept += [value for state in bench.slots.values() for value in state.values() if isinstance(value, Tensor)]
    assert {each.dtype for each in kept if each.is_floating_point()} == {torch.float32}
    assert path_of(bench).outputs(torch.zeros(2, 1, 8, 8), number=0).dtype == torch.float32


def test_a_network_is_measured_in_the_precision_it_is_trained_in(make_bench):
    wide, narrow = (make_bench(make_recipe(MLP, precision=each)) for each in ("float32", "bfloat16"))
    losses = [measure(path_of(each), each.parts["test"]).loss for each in (wide, narrow)]
    assert losses[0] != losses[1]
    assert losses[1] == pytest.approx(losses[0], rel=0.01)


def test_a_module_of_the_users_own_works_under_it(make_bench, tmp_path):
    (tmp_path / "own.py").write_text(OWN, encoding="utf-8")
    recipe = make_recipe(precision="bfloat16")
    model = recipe.model.model_copy(update={"layers": None, "module": str(tmp_path / "own.py") + ":Own"})
    bench = make_bench(recipe.model_copy(update={"model": model}), images=make_images())
    assert train_run(bench, run="r", environment="", on_epoch=lambda _: None).state == "done"


def test_tf32_is_allowed_inside_its_block_and_put_back_even_after_an_error():
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    before = matmul.allow_tf32, cudnn.allow_tf32
    seen = []

    def fails():
        with products(make_recipe(precision="tf32").train):
            seen.append((matmul.allow_tf32, cudnn.allow_tf32))
            raise RuntimeError("inside")

    with pytest.raises(RuntimeError, match="inside"):
        fails()
    assert seen == [(True, True)]
    assert (matmul.allow_tf32, cudnn.allow_tf32) == before
    with products(make_recipe(precision="bfloat16").train):
        assert (matmul.allow_tf32, cudnn.allow_tf32) == before


def test_tf32_is_refused_on_the_cpu_with_what_to_do():
    recipes = [("a", make_recipe()), ("precision=tf32", make_recipe(precision="tf32"))]
    with pytest.raises(StudyError, match=r"the CPU has none \(precision=tf32\)") as caught:
        check_precision(recipes, device="cpu")
    assert caught.value.where == "train.precision"
    assert "--device cuda" in caught.value.allowed
    check_precision(recipes[:1], device="cpu")
