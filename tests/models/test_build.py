import hashlib
import pickle
from pathlib import Path

import pytest
import torch
from torch import nn

from paribus.core import ModelError, Streams
from paribus.models import build, source_digest
from paribus.study import ModelSpec

LAYERS = ("Conv2d(4, 3)", "BatchNorm2d", "ReLU", "Dropout(0.5)", "Flatten", "Linear(classes)")


def make(*, dtype=torch.float32, seed=0):
    spec = ModelSpec(layers=LAYERS)
    where = {"image_shape": (1, 8, 8), "classes": 10, "base_dir": Path()}
    return build(spec, streams=Streams(seed=seed), dtype=dtype, **where)


def test_a_network_trains_at_once():
    module = make()
    assert isinstance(module, nn.Sequential)
    assert module.training
    assert all(layer.training for layer in module)
    assert {each.device.type for each in module.parameters()} == {"cpu"}
    assert all(each.requires_grad for each in module.parameters())


def test_float64_starts_from_the_same_values():
    single, double = make().state_dict(), make(dtype=torch.float64).state_dict()
    assert double["0.weight"].dtype == torch.float64
    assert all(torch.equal(single[name].to(value.dtype), value) for name, value in double.items())


def test_names_of_weights_are_those_of_a_plain_sequential():
    plain = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5), nn.Flatten(), nn.Linear(144, 10)
    )
    plain.load_state_dict(make().state_dict())
    x = torch.randn(3, 1, 8, 8)
    assert torch.equal(plain.eval()(x), make().eval()(x))


def test_a_network_survives_pickling_with_its_dropout():
    module = pickle.loads(pickle.dumps(make()))  # noqa: S301  # our own bytes
    assert module.counted == (module[3],)


def test_the_source_is_the_whole_file(tmp_path):
    (tmp_path / "nets.py").write_bytes(b"# nothing yet\n")
    spec = ModelSpec(module="nets.py:Net")
    assert source_digest(spec, base_dir=tmp_path) == hashlib.sha256(b"# nothing yet\n").hexdigest()
    assert source_digest(ModelSpec(layers=LAYERS), base_dir=tmp_path) == ""
    with pytest.raises(ModelError, match=r"net\.py cannot be read: there is no such file.*\n.*mean: nets\.py"):
        source_digest(ModelSpec(module="net.py:Net"), base_dir=tmp_path)
