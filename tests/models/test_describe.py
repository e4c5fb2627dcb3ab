import textwrap
from pathlib import Path

import pytest
import torch

from paribus.core import LayerFact, Streams
from paribus.models import build, describe
from paribus.study import ModelSpec

MNIST, CIFAR = (1, 28, 28), (3, 32, 32)


def table(*layers: str, image_shape=MNIST):
    return describe(ModelSpec(layers=layers), image_shape=image_shape, classes=10, base_dir=Path())


def own(tmp_path, body: str, *, image_shape=MNIST):
    text = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n" + textwrap.dedent(body)
    (tmp_path / "nets.py").write_text(text)
    spec, where = (
        ModelSpec(module="nets.py:Net"),
        {"image_shape": image_shape, "classes": 10, "base_dir": tmp_path},
    )
    facts = describe(spec, **where)
    module = build(spec, streams=Streams(seed=0), **where)
    assert facts.parameters == sum(each.numel() for each in module.parameters())
    assert facts.multiply_adds == sum(row.multiply_adds for row in facts.layers)
    return facts


def test_the_mlp_of_report_c():
    facts = table("Flatten", "Linear(300)", "Sigmoid", "Linear(10)", "Softmax")
    assert facts.parameters == 238_510
    assert facts.layers[1] == LayerFact("Linear(300)", (300,), 235_500, "784*300 + 300", 235_200)
    assert facts.layers[3] == LayerFact("Linear(10)", (10,), 3_010, "300*10 + 10", 3_000)
    assert facts.layers[0] == LayerFact("Flatten", (784,), 0, "", 0)
    assert facts.multiply_adds == 238_200
    assert facts.source == ""


def test_the_cnn_of_report_c():
    conv1, conv2 = "Conv2d(16, 3, padding=1)", "Conv2d(4, 3, padding=1)"
    facts = table(conv1, "ReLU", "MaxPool2d(2)", conv2, "ReLU", "MaxPool2d(2)", "Flatten", "Linear(classes)")
    assert facts.parameters == 2_710
    assert facts.layers[0] == LayerFact(conv1, (16, 28, 28), 160, "1*3*3*16 + 16", 9 * 16 * 784)
    assert facts.layers[3] == LayerFact(conv2, (4, 14, 14), 580, "16*3*3*4 + 4", 9 * 16 * 4 * 196)
    assert facts.layers[7] == LayerFact("Linear(classes)", (10,), 1_970, "196*10 + 10", 1_960)


def test_the_linear_classifier_of_report_b():
    assert table("Flatten", "Linear(10)", image_shape=CIFAR).parameters == 30_730


def test_the_other_sums():
    layers = ("Conv2d(32, 5, groups=1)", "BatchNorm2d", "Conv2d(8, (3, 1), groups=4, bias=False)", "PReLU")
    facts = table(*layers, "Flatten", "Linear(classes)")
    assert [row.sum for row in facts.layers[:4]] == ["1*5*5*32 + 32", "2*32", "8*3*1*8", "1"]
    assert facts.layers[2].multiply_adds == 8 * 3 * 8 * 22 * 24


def test_a_class_as_a_report_has_it(tmp_path):
    facts = own(
        tmp_path,
        """
        class Net(nn.Module):
            def __init__(self):
                super(Net, self).__init__()
                self.fc2 = nn.Linear(50, 10)
                self.conv1 = nn.Conv2d(1, 10, kernel_size=5)
                self.conv2 = nn.Conv2d(10, 20, kernel_size=5)
                self.conv2_drop = nn.Dropout2d()
                self.fc1 = nn.Linear(320, 50)

            def forward(self, x):
                x = F.relu(F.max_pool2d(self.conv1(x), 2))
                x = F.relu(F.max_pool2d(self.conv2_drop(self.conv2(x)), 2))
                x = x.view(-1, 320)
                x = F.relu(self.fc1(x))
                x = F.dropout(x, training=self.training)
                return F.log_softmax(self.fc2(x), dim=1)
        """,
    )
    assert facts.layers == (
        LayerFact("conv1: Conv2d", (10, 24, 24), 260, "1*5*5*10 + 10", 25 * 10 * 576),
        LayerFact("conv2: Conv2d", (20, 8, 8), 5_020, "10*5*5*20 + 20", 250 * 20 * 64),
        LayerFact("conv2_drop: Dropout2d", (20, 8, 8), 0, "", 0),
        LayerFact("fc1: Linear", (50,), 16_050, "320*50 + 50", 16_000),
        LayerFact("fc2: Linear", (10,), 510, "50*10 + 10", 500),
    )
    assert len(facts.source) == 64


def test_shared_unused_and_loose_parameters_count_once_each(tmp_path):
    facts = own(
        tmp_path,
        """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.scale = nn.Parameter(torch.ones(784))
                self.body = nn.Sequential(nn.Linear(784, 20), nn.Tanh())
                self.twice = nn.Linear(20, 20)
                self.tied = nn.Linear(20, 20)
                self.tied.weight = self.twice.weight
                self.unused = nn.Linear(5, 4)
                self.head = nn.Linear(20, 10)

            def forward(self, x):
                x = self.body(x.flatten(1) * self.scale)
                return self.head(self.tied(self.twice(self.twice(x))))
        """,
    )
    rows = {row.name: (row.parameters, row.sum, row.multiply_adds) for row in facts.layers}
    assert rows == {
        "body.0: Linear": (15_700, "784*20 + 20", 15_680),
        "body.1: Tanh": (0, "", 0),
        "twice: Linear": (420, "20*20 + 20", 800),
        "tied: Linear": (20, "20", 400),
        "head: Linear": (210, "20*10 + 10", 200),
        "Net (parameters of its own)": (784, "784", 0),
        "unused: Linear (not called as a layer)": (24, "5*4 + 4", 0),
    }


def test_layers_with_unusual_outputs_and_lazy_sizes(tmp_path):
    facts = own(
        tmp_path,
        """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.up = nn.ConvTranspose2d(1, 2, 3, stride=2)
                self.rows = nn.LSTM(57, 6, batch_first=True)
                self.head = nn.LazyLinear(10)

            def forward(self, x):
                x, _ = self.rows(self.up(x).mean(1))
                return self.head(x[:, -1])
        """,
    )
    assert facts.layers[0] == LayerFact("up: ConvTranspose2d", (2, 57, 57), 20, "1*3*3*2 + 2", 784 * 18)
    assert facts.layers[1] == LayerFact("rows: LSTM", (), 1_560, "24*57 + 24*6 + 24 + 24", 0)
    assert facts.layers[2].sum == "6*10 + 10"


def test_describing_draws_nothing(tmp_path):
    state = torch.get_rng_state()
    init = "super().__init__(nn.Flatten(), nn.Linear(784, 10))"
    own(tmp_path, f"class Net(nn.Sequential):\n    def __init__(self): {init}")
    table("Flatten", "Linear(classes)")
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("spec", [ModelSpec(layers=("Flatten", "Linear(classes)"))])
def test_facts_are_plain_and_frozen(spec):
    facts = describe(spec, image_shape=MNIST, classes=10, base_dir=Path())
    assert all(type(number) is int for row in facts.layers for number in (*row.output_shape, row.multiply_adds))
