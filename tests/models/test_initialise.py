import math

import pytest
import torch
from torch import nn

from paribus.core import Streams
from paribus.models.chain import place
from paribus.models.initialise import initialise
from paribus.study import ModelSpec

MLP = ["Flatten", "Linear(30)", "ReLU", "Linear(20)", "ReLU", "Linear(classes)"]
CNN = [
    "Conv2d(6, 3)",
    "BatchNorm2d",
    "PReLU",
    "Conv2d(5, 3, groups=1)",
    "Flatten",
    "LayerNorm",
    "Linear(classes)",
]


def weights(layers, *, init="default", streams=None) -> dict[str, torch.Tensor]:
    placed = place(layers, image_shape=(1, 12, 12), classes=10)
    state = torch.get_rng_state()
    modules = [each.module for each in placed]
    initialise(modules, init=init, streams=streams or Streams(seed=1))
    assert torch.equal(torch.get_rng_state(), state)
    return nn.Sequential(*modules).state_dict()


def same(one, other) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_the_same_seed_gives_the_same_bits_and_another_seed_others():
    assert same(weights(CNN), weights(CNN))
    one, other = weights(MLP), weights(MLP, streams=Streams(seed=2))
    assert all(not torch.equal(one[name], other[name]) for name in one)
    held = (Streams(seed=seed, vary=("order",)) for seed in (1, 2))
    assert same(*(weights(MLP, streams=streams) for streams in held))


def test_layers_put_between_leave_all_later_weights_alone():
    longer = [
        "Flatten",
        "Linear(30)",
        "BatchNorm1d",
        "Tanh",
        "PReLU",
        "Dropout",
        "Linear(20)",
        "Linear(classes)",
    ]
    one = [each for each in weights(MLP).values() if each.shape in {(30, 144), (20, 30), (10, 20), (10,)}]
    other = [each for each in weights(longer).values() if each.shape in {(30, 144), (20, 30), (10, 20), (10,)}]
    assert len(one) == 4
    assert all(torch.equal(*pair) for pair in zip(one, other, strict=True))


def test_layers_of_equal_shape_differ():
    found = weights(["Flatten", "Linear(16)", "Linear(16)", "Linear(16)", "Linear(classes)"])
    assert not torch.equal(found["2.weight"], found["3.weight"])


@pytest.mark.parametrize("index", [0, 3, 6])
def test_default_is_torchs_own_bit_for_bit(index):
    """torch's own layer, its generator seeded with our key, draws the weight first and the bias after it."""
    found = weights(CNN)
    ordinal = {0: 0, 3: 1, 6: 2}[index]
    make = {0: lambda: nn.Conv2d(1, 6, 3), 3: lambda: nn.Conv2d(6, 5, 3), 6: lambda: nn.Linear(320, 10)}[index]
    with torch.random.fork_rng():
        torch.manual_seed(Streams(seed=1).key("init", ordinal, 0))
        assert torch.equal(found[f"{index}.weight"], make().weight)
    bias, bound = found[f"{index}.bias"], 1 / math.sqrt(found[f"{index}.weight"][0].numel())
    assert bias.abs().max() <= bound
    assert bias.unique().numel() == bias.numel()


def test_the_default_bias_has_torchs_distribution():
    bias = weights(["Flatten", "Linear(4000)", "Linear(classes)"])["1.bias"] * math.sqrt(144)
    assert 0.99 < bias.max() <= 1
    assert -1 <= bias.min() < -0.99
    assert bias.var() == pytest.approx(1 / 3, rel=0.06)  # 4 standard errors of U(-1, 1)'s variance


def test_layers_that_draw_nothing_start_as_torch_starts_them():
    found = weights(CNN)
    for index, fresh in {1: nn.BatchNorm2d(6), 2: nn.PReLU(), 5: nn.LayerNorm((320,))}.items():
        assert all(torch.equal(found[f"{index}.{name}"], value) for name, value in fresh.state_dict().items())


@pytest.mark.parametrize(
    ("init", "sd"),
    [
        # fan_in 144, fan_out 400
        ("kaiming_normal", math.sqrt(2 / 144)),
        ("kaiming_uniform", math.sqrt(2 / 144)),
        ("xavier_normal", math.sqrt(2 / 544)),
        ("xavier_uniform", math.sqrt(2 / 544)),
        ("zeros", 0.0),
    ],
)
def test_named_inits_have_their_papers_spread_and_no_bias(init, sd):
    found = weights(["Flatten", "Linear(400)", "Linear(classes)"], init=init)
    assert found["1.weight"].std().item() == pytest.approx(sd, rel=0.02)
    assert not found["1.bias"].any()


def test_orthogonal_weights_are_orthogonal():
    weight = weights(["Flatten", "Linear(40)", "Linear(classes)"], init="orthogonal")["1.weight"]
    assert torch.allclose(weight @ weight.T, torch.eye(40), atol=1e-5)


def test_every_init_of_a_study_file_is_known():
    for init in ModelSpec.model_fields["init"].annotation.__args__:
        assert weights(MLP, init=init).keys() == weights(MLP).keys()
