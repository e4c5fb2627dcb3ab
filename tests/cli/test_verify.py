"""`paribus run --verify`, as a user types it."""

import json
import shutil
from pathlib import Path

from tampering import multiply_loss


def test_a_finished_study_is_verified_and_stays_as_it_is(trained, paribus, same_bits, tmp_path):
    folder, answer = trained
    copy = shutil.copytree(folder, tmp_path / "copy")
    done = paribus("run", "tiny.toml", "--verify", "--json", "--no-report", cwd=copy)
    assert done.returncode == 0, done.stderr
    again = json.loads(done.stdout)
    assert same_bits(again) == same_bits(answer)
    found = again["verified"]
    assert found["verdict"] == "agrees"
    assert (found["stored"]["path"], found["again"]["path"]) == ("native", "reference")
    assert found["losses"]["largest_relative_difference"] < 1e-3
    stored = next(
        run for run in answer["runs"] if (run["condition"], run["seed"]) == (found["condition"], found["seed"])
    )
    splits = {each["split"]: each for each in found["accuracies"]}
    assert splits["test"]["stored"] == stored["test_accuracy"]  # it has been opened
    assert splits["validation"]["stored"] == stored["validation_accuracy"]
    assert splits["training"]["stored"] == stored["train_accuracy"]


def test_a_store_whose_losses_were_changed_is_found_out(trained, paribus, tmp_path):
    folder, answer = trained
    copy = shutil.copytree(folder, tmp_path / "copy")
    multiply_loss(copy / "paribus-studies" / Path(answer["directory"]).name, epoch=1, update=2, factor=1.01)
    done = paribus("run", "tiny.toml", "--verify", "--no-report", cwd=copy)
    assert done.returncode == 1
    assert "verdict     differs: the first 36 batch losses differ by up to 0.0099 of their value" in done.stdout
    assert "Verify again" in done.stdout
    assert "Traceback" not in done.stderr


def test_where_every_run_diverged_it_says_that_nothing_was_verified(place, paribus):
    lost = ["train.loss=mse", "vary.train.lr=[1e9, 2e9]", "design.seeds=1", "train.epochs=1"]
    done = paribus("run", "tiny.toml", *lost, "--verify", "--no-report", cwd=place)
    assert done.returncode == 1, done.stderr
    assert "nothing was verified: no run is done" in done.stderr
