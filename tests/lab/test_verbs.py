"""The Python interface, as a notebook uses it."""

import subprocess
import sys
from pathlib import Path

import pytest

import paribus as pb
from paribus.train import pool

STUDY = """
question = "Is a wider network better?"
[data]
source = "digits"
[train]
lr = 0.1
loss = "nll"
batch_size = 64
epochs = 1
[vary]
model = [
  { label = "narrow", layers = ["Flatten", "Linear(4)", "ReLU", "Linear(classes)", "LogSoftmax"] },
  { label = "own", module = "net.py:Net" },
]
[design]
seeds = 2
vary_streams = ["init"]
smallest_effect = "2pp"
"""
NET = """
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3)
        self.fc1 = nn.Linear(4 * 3 * 3, 10)

    def forward(self, x):
        x = F.dropout(F.relu(F.max_pool2d(self.conv1(x), 2)), training=self.training)
        return F.log_softmax(self.fc1(x.view(-1, 36)), dim=1)
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    (folder / "wide.toml").write_text(STUDY, encoding="utf-8")
    (folder / "net.py").write_text(NET, encoding="utf-8")
    study = pb.load(folder / "wide.toml")
    return pb.run(study, folder=folder / "studies", workers=2)


def test_a_module_of_the_users_own_is_trained_unchanged_beside_layers(results):
    assert {run.state for run in results.runs} == {"done"}
    own = next(iter(facts for facts in results.facts["model"].values() if facts["source"]))
    assert own["parameters"] == 4 * 9 + 4 + 36 * 10 + 10


def test_tables_and_figures_show_themselves(results):
    rows = list(results.table())
    assert [row["condition"] for row in rows] == ["narrow", "own"]
    assert "<table>" in results.table()._repr_html_()
    (effect,) = results.effects()
    assert effect["difference"] == pytest.approx(rows[1]["mean"] - rows[0]["mean"])
    for name in ("dots", "differences", "loss", "accuracy", "batch-loss", "batch-accuracy"):
        assert "$schema" in results.figure(name).to_dict()
    with pytest.raises(pb.ParibusError, match="accuracy"):
        results.figure("acuracy")


def test_without_validation_nothing_is_chosen_and_everything_is_shown(results):
    assert results.response == "test"
    assert results.json()["choice"] is None
    assert results.report().exists()


def test_a_study_is_given_or_named(results):
    toml = results.study.base_dir / "wide.toml"
    assert pb.run(str(toml), folder=results.directory.parent, report=False).directory == results.directory
    assert pb.check(toml, workers=1).runs == 4


def test_a_finished_study_starts_no_workers(results, monkeypatch):
    def start(*_, **__):
        pytest.fail("a worker was started")

    monkeypatch.setattr(pool, "Nursery", start)
    again = pb.run(results.study, folder=results.directory.parent, workers=2, report=False)
    assert [run.id for run in again.runs] == [run.id for run in results.runs]


def test_an_edited_model_file_is_noted_until_it_is_trained(results):
    file = results.study.base_dir / "net.py"
    assert results.notes() == ()
    file.write_text(NET + "# edited\n", encoding="utf-8")
    (note,) = pb.status(results.directory).notes()
    file.write_text(NET, encoding="utf-8")
    assert note.startswith("net.py was edited after own was trained")


def test_a_script_without_a_main_guard_trains_once(results, tmp_path):
    script = tmp_path / "script.py"
    toml = results.study.base_dir / "wide.toml"
    script.write_text(
        "import paribus as pb\n"
        f"study = pb.load({str(toml)!r})\n"
        "print('started')\n"
        "print(pb.run(study, report=False).answer())\n",
        encoding="utf-8",
    )
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.count("started") == 1
    assert len(list(Path(tmp_path, "paribus-studies").iterdir())) == 1
