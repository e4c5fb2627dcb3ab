"""A study that tunes, adds seeds and compares, by the real commands, killed on the way."""

import json
import subprocess
import sys
import time

import pytest

from paribus.core import StoreError
from paribus.store import open_reader

STUDY = """
question = "Does the optimizer matter, each at its best?"
[data]
source = "digits"
validation = 0.2
[model]
layers = ["Flatten", "Linear(classes)"]
[train]
lr = 0.01
batch_size = 64
epochs = 2
[vary]
"train.optimizer" = ["SGD", "Adam"]
[tune]
"train.lr" = [0.001, 0.1]
[design]
seeds = { start = 2, most = 3, until = "decided" }
tune_seeds = 1
smallest_effect = "0.1pp"
"""
TUNING = 4 * 3  # epochs with epoch 0: 2 conditions, 2 rates, 1 seed


@pytest.fixture(scope="module")
def whole(tmp_path_factory, paribus):
    """Run the study without a break; return its folder and what it printed as JSON."""
    folder = tmp_path_factory.mktemp("adaptive")
    (folder / "s.toml").write_text(STUDY, encoding="utf-8")
    done = paribus("run", "s.toml", "--json", "--no-report", "--workers", "1", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


def test_killed_while_seeds_are_added_it_ends_with_the_same_choices_and_bits(
    whole, environment, paribus, same_bits, tmp_path
):
    (tmp_path / "s.toml").write_text(STUDY, encoding="utf-8")
    _killed(environment, tmp_path, epochs=TUNING + 2)
    done = paribus("run", "s.toml", "--json", "--no-report", "--workers", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    answer, first = json.loads(done.stdout), whole[1]
    assert same_bits(answer) == same_bits(first)
    assert answer["tuned"] == first["tuned"]
    assert _weights(answer["tuning"]) == _weights(first["tuning"])


def test_a_tuned_value_that_was_added_waits_and_seals_the_study_again(whole, paribus):
    folder, _ = whole
    words = ("s.toml", "tune.train.lr=[0.001, 0.1, 0.01]")
    shown = paribus("status", *words, cwd=folder)
    assert "4 done, 2 waiting (6 of them to tune)" in shown.stdout
    assert "optimizer=Adam: lr=0.01 " in shown.stdout
    refused = paribus("reveal", *words, "--reason", "to see", cwd=folder)
    assert refused.returncode == 2
    assert "2 of 6 runs are not finished" in refused.stderr


def test_tuning_runs_show_validation_and_never_the_test_set(whole):
    answer = whole[1]
    assert answer["response"] == "test"
    assert {run["test_accuracy"] for run in answer["tuning"]} == {None}
    assert None not in {run["test_accuracy"] for run in answer["runs"]}
    for name, labels in answer["tuned"].items():
        tried = {
            run["condition"]: run["validation_accuracy"]
            for run in answer["tuning"]
            if run["condition"].startswith(name)
        }
        assert max(tried, key=tried.get) == f"{name}: lr={labels['train.lr']}"


def test_compare_prints_and_gives_json_and_its_numbers_stand_without_pictures(whole, paribus):
    folder, answer = whole
    words = ("compare", answer["directory"], "optimizer=Adam", "optimizer=SGD")
    found = json.loads(paribus(*words, "--json", cwd=folder).stdout)
    (contrast,) = answer["contrasts"]
    assert {key: found["estimate"][key] for key in ("difference", "p", "verdict")} == {
        key: contrast[key] for key in ("difference", "p", "verdict")
    }
    (folder / answer["directory"] / "figures").write_text("in the way of a folder", encoding="utf-8")
    shown = paribus(*words, cwd=folder)
    assert shown.returncode == 0
    assert "class by class" in shown.stdout
    assert "none: " in shown.stdout
    asked = paribus(*words, "--sheet", "nowhere/sheet.png", cwd=folder)
    assert asked.returncode == 2
    assert "cannot be written" in asked.stderr


def _weights(runs):
    return {(run["condition"], run["seed"]): run["weights_sha256"] for run in runs}


def _killed(environment, place, *, epochs):
    """Start the study, and kill it when so many epochs are written down."""
    process = subprocess.Popen(
        [sys.executable, "-m", "paribus", "run", "s.toml", "--no-report", "--workers", "1"],
        cwd=place, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    until = time.monotonic() + 120
    while _epochs(place) < epochs and time.monotonic() < until and process.poll() is None:
        time.sleep(0.01)
    process.kill()
    process.wait()


def _epochs(place):
    for path in place.glob("paribus-studies/*/study.db"):
        try:
            with open_reader(path.parent) as store:
                return len(store.epochs())
        except StoreError:  # it is just being made
            return 0
    return 0
