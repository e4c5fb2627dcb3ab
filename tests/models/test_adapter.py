import re
import textwrap

import pytest
import torch

from paribus.core import ModelError, Streams
from paribus.models import build, step_randomness
from paribus.study import ModelSpec

SPEC = ModelSpec(module="nets.py:CNNNetExp4")
REPORT = """
    import torch.nn as nn
    import torch.nn.functional as F

    class CNNNetExp4(nn.Module):
        def __init__(self):
            super(CNNNetExp4, self).__init__()
            self.conv1 = nn.Conv2d(1, 32, 5)
            self.fc1 = nn.Linear(4608, 512)
            self.fc2 = nn.Linear(512, 10)

        def forward(self, x):
            x = F.max_pool2d(F.relu(self.conv1(x)), 2)
            x = x.view(-1, 4608)
            x = F.dropout(F.relu(self.fc1(x)), training=self.training)
            return F.log_softmax(self.fc2(x), dim=1)
"""
LINEAR = """
    import torch
    from torch import nn

    class CNNNetExp4(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(784, 10)

        def forward(self, x):
            x = x.flatten(1)
            return self.fc(x)
"""


def make(directory, text=REPORT, *, seed=0, dtype=torch.float32, image_shape=(1, 28, 28)):
    (directory / "nets.py").write_text(textwrap.dedent(text))
    where = {"image_shape": image_shape, "classes": 10, "base_dir": directory}
    return build(SPEC, streams=Streams(seed=seed), dtype=dtype, **where)


def test_a_reports_class_runs_and_learns_as_it_stands(tmp_path):
    module = make(tmp_path)
    assert type(module).__name__ == "CNNNetExp4"
    assert module.training
    images, labels = torch.rand(4, 1, 28, 28), torch.tensor([1, 2, 3, 4])
    with step_randomness(module, streams=Streams(seed=0), step=0):
        out = module(images)
        torch.nn.functional.nll_loss(out, labels).backward()
    assert torch.allclose(out.exp().sum(1), torch.ones(4))
    assert all(each.grad is not None for each in module.parameters())


def test_its_weights_are_torchs_under_the_init_key(tmp_path):
    state = torch.get_rng_state()
    module = make(tmp_path, seed=3)
    assert torch.equal(torch.get_rng_state(), state)
    with torch.random.fork_rng():
        torch.manual_seed(Streams(seed=3).key("init"))
        expected = type(module)().state_dict()
    for other in (module, make(tmp_path, seed=3, dtype=torch.float64)):
        found = other.state_dict()
        assert all(torch.equal(found[name].float(), value) for name, value in expected.items())
    assert not torch.equal(make(tmp_path, seed=4).fc1.weight, module.fc1.weight)


def test_trying_it_out_leaves_the_network_untouched(tmp_path):
    text = LINEAR.replace("self.fc =", "self.calls, self.fc = 0,").replace("x = x.f", "self.calls += 1; x = x.f")
    assert make(tmp_path, text).calls == 0


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("__init__(self)", "__init__(self, hidden, width=3)", "the constructor of CNNNetExp4 needs hidden\n"),
        ("self.fc =", "self.fc = 1 / 0 or", "CNNNetExp4() raises: nets.py, line 8: ZeroDivisionError"),
        (
            "784",
            "783",
            "forward raises on a batch [2, 1, 28, 28]: nets.py, line 12: RuntimeError: mat1 and mat2",
        ),
        ("784, 10", "784, 12", "CNNNetExp4 makes [2, 12] (torch.float32) of 2 images [1, 28, 28]"),
        ("x.flatten(1)", "x.view(-1, 392)", "line 12: RuntimeError"),
        ("return self.fc(x)", "return self.fc(x).mean(0)", "CNNNetExp4 makes [10]"),
        ("return self.fc(x)", "return self.fc(x).argmax(1)", "CNNNetExp4 makes [2] (torch.int64)"),
        ("return self.fc(x)", "return self.fc(x).long()", "CNNNetExp4 makes [2, 10] (torch.int64)"),
        ("return self.fc(x)", "return self.fc(x), x", "CNNNetExp4 returns a tuple, not one tensor"),
    ],
)
def test_errors_point_at_the_users_own_line(tmp_path, old, new, message):
    assert old in LINEAR
    with pytest.raises(ModelError, match=re.escape(message)) as caught:
        make(tmp_path, LINEAR.replace(old, new))
    assert caught.value.where == "model.module"


def test_another_image_shape_is_found_before_training(tmp_path):
    with pytest.raises(ModelError, match=re.escape("makes [4, 10] (torch.float32) of 2 images [1, 28, 52]")):
        make(tmp_path, image_shape=(1, 28, 52))
