from pathlib import Path

import pytest
import torch
from torch import nn

from paribus.core import Streams
from paribus.models import build, step_randomness
from paribus.models.randomness import CountedDropout
from paribus.study import ModelSpec

ONE = Streams(seed=1)
LAYERS = ("Flatten", "Linear(50)", "Dropout(0.3)", "Linear(40)", "Dropout(0.6)", "Linear(classes)")


class Own(nn.Module):
    """What a user writes: dropout by function and by module, from torch's global generator."""

    def __init__(self):
        super().__init__()
        self.layer, self.drop = nn.Linear(12, 200), nn.Dropout(0.5)

    def forward(self, x):
        return self.drop(nn.functional.dropout(self.layer(x), 0.2, training=self.training))


def stack(*layers, dtype=torch.float32):
    spec = ModelSpec(layers=layers)
    return build(spec, image_shape=(1, 8, 8), classes=10, streams=ONE, base_dir=Path(), dtype=dtype)


def output(module, *, streams=ONE, step=0, x=None):
    with step_randomness(module, streams=streams, step=step), torch.no_grad():
        return module(x)


@pytest.fixture(params=["layers", "own"])
def case(request):
    generator = torch.Generator().manual_seed(0)
    if request.param == "own":
        return Own(), torch.randn(5, 12, generator=generator)
    return stack(*LAYERS), torch.randn(5, 1, 8, 8, generator=generator)


def test_a_step_has_its_masks_and_no_others(case):
    module, x = case
    first = output(module, x=x)
    output(module, step=7, x=x)  # nothing is carried from here
    assert torch.equal(output(module, x=x), first)
    assert not torch.equal(output(module, step=1, x=x), first)
    assert not torch.equal(output(module, streams=Streams(seed=2), x=x), first)
    held = [Streams(seed=seed, vary=("init",)) for seed in (1, 2)]
    assert torch.equal(*(output(module, streams=streams, x=x) for streams in held))


def test_torchs_global_generator_is_where_it_was(case):
    module, x = case
    state = torch.get_rng_state()
    output(module, x=x)
    assert torch.equal(torch.get_rng_state(), state)
    with pytest.raises(ZeroDivisionError, match="division"), step_randomness(module, streams=ONE, step=0):
        1 / 0  # noqa: B018  # an update that fails
    assert torch.equal(torch.get_rng_state(), state)


def test_in_evaluation_dropout_is_the_identity(case):
    module, x = case
    module.eval()
    assert torch.equal(output(module, x=x), output(module, step=1, x=x))
    drop = CountedDropout(0.5, channels=False).eval()
    assert drop(x) is x


def test_a_mask_keeps_the_mean_and_the_share():
    for p in (0.1, 0.5, 0.9):
        drop = CountedDropout(p, channels=False)
        drop.key = 3
        kept = drop(torch.ones(1000, 400))
        assert kept.unique().tolist() == pytest.approx([0, 1 / (1 - p)])
        assert (kept == 0).float().mean().item() == pytest.approx(p, abs=0.0035)  # 4 standard errors or more
        assert kept.mean().item() == pytest.approx(1, abs=4 * (p / (1 - p) / 400_000) ** 0.5)


def test_the_backward_mask_is_the_forward_mask():
    drop = CountedDropout(0.5, channels=False)
    drop.key = 3
    x = torch.ones(30, 30, requires_grad=True)
    out = drop(x)
    out.sum().backward()
    assert torch.equal(x.grad, out)


def test_dropout2d_drops_whole_channels():
    drop = CountedDropout(0.5, channels=True)
    drop.key = 3
    kept = drop(torch.ones(20, 30, 4, 4)).flatten(2)
    assert torch.equal(kept.amin(2), kept.amax(2))
    assert kept.unique().tolist() == [0, 2]


def test_masks_ignore_values_memory_format_and_precision():
    drop = CountedDropout(0.5, channels=False)
    drop.key = 3
    one = drop(torch.ones(4, 3, 8, 8)) > 0
    assert torch.equal(one, drop(torch.full((4, 3, 8, 8), 7.0).to(memory_format=torch.channels_last)) > 0)
    assert torch.equal(one, drop(torch.ones(4, 3, 8, 8, dtype=torch.float64)) > 0)


def test_the_ends_of_the_range_are_exact():
    nothing, everything = CountedDropout(0.0, channels=False), CountedDropout(1.0, channels=False)
    nothing.key = everything.key = 3
    x = torch.randn(4, 4)
    assert torch.equal(nothing(x), x)
    assert not everything(x).any()


def test_layers_have_masks_of_their_own_and_other_layers_do_not_move_them():
    module = stack("Flatten", "Dropout", "Dropout", "Linear(classes)")
    longer = stack("Flatten", "ReLU", "Dropout", "Identity", "Dropout", "Linear(classes)")
    with step_randomness(module, streams=ONE, step=4), step_randomness(longer, streams=ONE, step=4):
        keys = [each.key for each in module.counted]
        assert keys[0] != keys[1]
        assert keys == [each.key for each in longer.counted]


def test_training_without_a_step_is_refused():
    module, x = stack(*LAYERS), torch.randn(2, 1, 8, 8)
    output(module, x=x)
    with pytest.raises(RuntimeError, match="inside step_randomness only"):
        module(x)


def test_a_network_without_randomness_pays_nothing():
    module = stack("Flatten", "Linear(classes)")
    block = step_randomness(module, streams=ONE, step=0)
    assert block is step_randomness(module, streams=ONE, step=1)
