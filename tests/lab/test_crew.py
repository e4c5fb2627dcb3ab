"""When workers are started: before the driver imports what it does not need for that, and after the largest batch."""

import os
import subprocess
import sys

import pytest
from processes import descendants

import paribus as pb
from paribus.lab import crew
from paribus.train.nursery import Nursery

# Runs a study up to the first process that it starts; prints which, and what the driver had imported by then.
UP_TO_THE_FIRST_PROCESS = """
import sys
import paribus as pb

class Seen(BaseException):
    pass

def listen(event, arguments):
    if event == "subprocess.Popen":
        print(arguments[1][2], *sorted({"numpy", "paribus.data", "torch"}.intersection(sys.modules)))
        raise Seen

study = pb.load("quickstart", *sys.argv[1:])
sys.addaudithook(listen)
try:
    pb.run(study, workers=1)
except Seen:
    print("seen")
"""
MISSING = """
question = "Is there an answer without images?"
[data]
source = "folder:nowhere"
[model]
layers = ["Flatten", "Linear(classes)"]
[train]
lr = 0.1
batch_size = 8
epochs = 1
[design]
seeds = 2
"""


@pytest.mark.parametrize(
    ("overrides", "first"),
    [
        ((), ["paribus.train.forking"]),
        # The largest batch is measured before there are workers, and that needs the images.
        (('train.batch_size="largest"',), ["paribus.train.trying", "numpy", "paribus.data"]),
    ],
    ids=["number", "largest"],
)
def test_workers_of_a_fresh_study_start_before_numpy_and_the_images(overrides, first, tmp_path):
    command = [sys.executable, "-c", UP_TO_THE_FIRST_PROCESS, *overrides]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [*first, "seen"]
    assert not (tmp_path / "paribus-studies").exists()


def test_a_study_without_images_leaves_no_workers_and_writes_nothing(tmp_path, monkeypatch):
    started = []

    def start(self, **named):
        started.append(real(self, **named))
        return started[-1]

    real = Nursery.start
    monkeypatch.setattr(Nursery, "start", start)
    (tmp_path / "study.toml").write_text(MISSING, encoding="utf-8")
    before = descendants(os.getpid())
    with pytest.raises(pb.ParibusError, match="nowhere"):
        pb.run(tmp_path / "study.toml", folder=tmp_path / "studies", workers=2)
    assert len(started) == 2
    assert not descendants(os.getpid()) - before
    assert not (tmp_path / "studies").exists()


def test_cores_that_no_run_asks_for_are_the_pools_too(monkeypatch):
    made = []
    monkeypatch.setattr(crew, "Pool", lambda **named: made.append((named["workers"], named["cores"])))
    monkeypatch.setattr(crew, "_cores", lambda: 4)
    for device, workers, missing in (("cpu", None, 1), ("cpu", 2, 1), ("cpu", 9, 9), ("cuda", None, 3)):
        crew.Crew(device=device, workers=workers).pool(missing=missing)
    assert made == [(1, 4), (1, 2), (9, 4), (1, 1)]
