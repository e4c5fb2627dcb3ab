"""Which networks of a user's own take the native path, and that they learn the same on it."""

import numpy as np
import pytest
import torch
from making import make_images, make_recipe
from torch import nn

from paribus.train import Plan
from paribus.train.loop import path_of, train_epoch
from paribus.train.native_program import Unsupported, lower
from paribus.train.native_trace import chain_of

USUAL = """
import torch
import torch.nn as nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 4, 3, padding="same"), nn.ReLU(inplace=True), nn.MaxPool2d(2))
        self.conv2 = nn.Conv2d(4, 6, 3)
        self.fc1 = nn.Linear(6 * 2 * 2, 12)
        self.fc2 = nn.Linear(12, 4)

    def forward(self, x):
        x = self.features(x)
        x = F.relu(self.conv2(x))
        x = x.view(x.size(0), -1)
        x = torch.tanh(self.fc1(x))
        return F.log_softmax(self.fc2(x), dim=1)
"""


def test_a_network_written_as_in_tutorials_learns_the_same(make_bench, tmp_path):
    (tmp_path / "net.py").write_text(USUAL, encoding="utf-8")
    recipe = make_recipe(loss="nll", momentum=0.9, steps=30)
    recipe = recipe.model_copy(
        update={"model": recipe.model.model_copy(update={"layers": None, "module": str(tmp_path / "net.py:Net")})}
    )
    images = make_images(160)
    plain, native = (
        path_of(make_bench(recipe, images=images, plan=plan, dtype=torch.float64))
        for plan in (Plan(), Plan(path="native"))
    )
    losses = [
        torch.cat([train_epoch(path, epoch=each, first_step=10 * each - 10, steps=10).losses for each in (1, 2, 3)])
        for path in (plain, native)
    ]
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-6)
    for mine, theirs in zip(native.bench.model.parameters(), plain.bench.model.parameters(), strict=True):
        np.testing.assert_allclose(mine.detach(), theirs.detach(), atol=1e-6)


class _Skip(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return x + self.fc(x)


class _Branch(_Skip):
    def forward(self, x):
        return self.fc(x) if x.sum() > 0 else x


class _Modes(_Skip):
    def forward(self, x):
        return self.fc(x) if self.training else torch.relu(self.fc(x))


class _Twice(_Skip):
    def forward(self, x):
        return self.fc(self.fc(x))


class _Loose(_Skip):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x):
        return self.fc(x)


class _Random(_Skip):
    def forward(self, x):
        return self.fc(torch.nn.functional.dropout(x, 0.5, training=self.training))


class _Counts(_Skip):
    def __init__(self):
        super().__init__()
        self.seen = 0

    def forward(self, x):
        self.seen += 1
        return self.fc(x)


class _Normed(_Skip):
    def __init__(self):
        super().__init__()
        nn.utils.parametrizations.weight_norm(self.fc)

    def forward(self, x):
        return self.fc(x)


class _Double(_Skip):
    def forward(self, x):
        return torch.log_softmax(self.fc(x), dim=1, dtype=torch.float64)


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        (_Skip, "no plain chain"),
        (_Branch, "no plain chain"),
        (_Modes, "something else in evaluation mode"),
        (_Twice, "used twice"),
        (_Loose, "outside of layers"),
        (_Random, "dropout has no native form"),
        (_Counts, "keeps numbers of its own"),
        (_Double, "a type of its own"),
    ],
)
def test_what_is_no_chain_of_layers_is_refused_with_the_reason(network, reason):
    with pytest.raises(Unsupported, match=reason):
        chain_of(network())


def test_hooks_and_dropout_modules_keep_a_network_on_the_plain_loop():
    hooked = nn.Sequential(nn.Flatten(), nn.Linear(4, 4))
    hooked[1].register_forward_hook(lambda *_: None)
    with pytest.raises(Unsupported, match="hooks"):
        chain_of(hooked)
    with pytest.raises(Unsupported, match="draws from torch's generator"):
        chain_of(nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(4, 4)))


def test_gradient_hooks_keep_a_network_on_the_plain_loop():
    network = nn.Sequential(nn.Flatten(), nn.Linear(4, 4))
    network[1].weight.register_hook(lambda gradient: gradient.clamp(-1, 1))
    with pytest.raises(Unsupported, match="hooks"):
        chain_of(network)


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        (_Normed, "computed from others"),
        (lambda: nn.Sequential(nn.Flatten(2), nn.Linear(64, 4)), "Flatten of some dimensions"),
        (lambda: nn.Sequential(nn.Linear(8, 4), nn.Flatten()), r"Linear\(8, ...\) on \[1, 8, 8\]"),
    ],
)
def test_layers_on_other_shapes_than_theirs_are_refused(network, reason):
    with pytest.raises(Unsupported, match=reason):
        lower(chain_of(network()), image_shape=(1, 8, 8), batch=4)


FROZEN = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(64, 8), nn.Linear(8, 4)

    def forward(self, x):
        with torch.no_grad():
            x = self.first(x.flatten(1))
        return self.second(x)
"""


def test_a_forward_whose_gradient_is_another_is_refused(make_bench, tmp_path):
    (tmp_path / "net.py").write_text(FROZEN, encoding="utf-8")
    recipe = make_recipe()
    model = recipe.model.model_copy(update={"layers": None, "module": str(tmp_path / "net.py:Net")})
    bench = make_bench(recipe.model_copy(update={"model": model}), plan=Plan(path="native"))
    with pytest.raises(Unsupported, match="its gradient, is something else"):
        path_of(bench)
