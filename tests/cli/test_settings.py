"""Precision as a factor and the largest batch, by the real commands."""

import json

import pytest

from paribus.store import open_reader

STUDY = """
question = "What do batch and precision do?"
[data]
source = "digits"
validation = 0.2
[model]
layers = ["Flatten", "Linear(16)", "ReLU", "Linear(classes)"]
[train]
lr = 0.1
batch_size = 64
epochs = 1
[vary]
"train.precision" = ["float32", "bfloat16"]
"train.batch_size" = [64, "largest"]
[design]
seeds = 2
smallest_effect = "2pp"
"""
WHOLE = 1_150  # the training split of the digits, all of which fits


@pytest.fixture(scope="module")
def trained(tmp_path_factory, paribus):
    folder = tmp_path_factory.mktemp("settings")
    (folder / "s.toml").write_text(STUDY, encoding="utf-8")
    done = paribus("run", "s.toml", "--json", "--workers", "1", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


def test_precision_is_a_factor_and_each_level_is_a_training_of_its_own(trained):
    _, found = trained
    runs = {(each["condition"], each["seed"]): each for each in found["runs"]}
    wide, narrow = runs["precision=float32, batch_size=64", 0], runs["precision=bfloat16", 0]
    assert {each["state"] for each in runs.values()} == {"done"}
    assert wide["weights_sha256"] != narrow["weights_sha256"]
    assert narrow["train_loss"] == pytest.approx(wide["train_loss"], rel=0.05)


def test_the_largest_batch_is_found_said_and_kept_when_the_study_goes_on(trained, paribus):
    folder, found = trained
    (said,) = found["largest"]
    assert said == "batch_size=largest: the largest batch is 1,150 images, all that train"
    report = (next((folder / "paribus-studies").iterdir()) / "report.html").read_text(encoding="utf-8")
    assert said in report
    more = paribus("run", "s.toml", "design.seeds=3", "--json", "--no-report", "--workers", "1", cwd=folder)
    assert more.returncode == 0, more.stderr
    after = json.loads(more.stdout)
    before = {(each["condition"], each["seed"]): each["weights_sha256"] for each in found["runs"]}
    now = {(each["condition"], each["seed"]): each["weights_sha256"] for each in after["runs"]}
    assert before.items() <= now.items()
    assert len(now) == 9
    with open_reader(next((folder / "paribus-studies").iterdir())) as store:
        (fact,) = store.facts("largest").values()
        recipes = [json.loads(run.recipe) for run in store.runs() if run.condition == "batch_size=largest"]
        assert {len(store.batches(run.id)[0].losses) for run in store.runs() if "largest" in run.condition} == {1}
    assert (fact["batch_size"], fact["images"], fact["certain"]) == (WHOLE, WHOLE, True)
    assert [each["train"]["batch_size"] for each in recipes] == [WHOLE] * 3


def test_a_precision_that_the_processor_has_not_is_refused_before_anything_is_written(place, paribus):
    done = paribus("run", "tiny.toml", "train.precision=tf32", cwd=place)
    assert done.returncode == 2
    assert "train.precision" in done.stderr
    assert "bfloat16" in done.stderr
    assert not (place / "paribus-studies").exists()
