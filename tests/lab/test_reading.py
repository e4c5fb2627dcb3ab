"""Status of a study that was edited after it was run: the study says which runs there are."""

import pytest

import paribus as pb

STUDY = """
question = "Does the learning rate matter?"
[data]
source = "digits"
validation = 0.2
[model]
layers = ["Flatten", "Linear(classes)"]
[train]
lr = 0.1
batch_size = 256
epochs = 1
[vary]
"train.lr" = [0.1, 0.01]
[design]
seeds = 2
smallest_effect = "2pp"
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("edited")
    (folder / "edited.toml").write_text(STUDY, encoding="utf-8")
    pb.run(pb.load(folder / "edited.toml"), folder=folder / "studies", workers=1, report=False)
    return folder


def test_a_level_and_a_seed_that_were_added_wait_and_the_rest_is_sealed_again(place):
    study = pb.load(place / "edited.toml", "vary.train.lr=[0.1, 0.01, 0.03]", "design.seeds=3")
    results = pb.status(study, folder=place / "studies")
    states = {(run.condition, run.seed): run.state for run in results.runs}
    assert states.pop(("lr=0.01", 1)) == "done"
    assert sorted(states.values()) == ["done"] * 3 + ["waiting"] * 5
    assert results.response == "validation"
    assert not results.complete
    assert {run["test_accuracy"] for run in results.json()["runs"]} == {None}


def test_a_level_that_was_taken_away_is_gone_and_the_look_still_covers_the_rest(place):
    results = pb.status(pb.load(place / "edited.toml", "vary.train.lr=[0.1]"), folder=place / "studies")
    assert [run.condition for run in results.runs] == ["lr=0.1"] * 2
    assert results.response == "test"
    assert results.answer().startswith("One condition, nothing to compare: mean test accuracy")


def test_the_edit_alone_trains_nothing_and_the_report_still_stands(place):
    study = pb.load(place / "edited.toml", "design.seeds=3")
    report = pb.status(study, folder=place / "studies").report().read_text(encoding="utf-8")
    assert "waiting" in report


def test_sealed_and_without_validation_nothing_is_judged(place, tmp_path):
    study = pb.load(place / "edited.toml", "data.validation=0")
    results = pb.run(study, folder=tmp_path, workers=1, report=False, sealed=True)
    assert not results.judged
    assert {each.reason for each in (*results.estimates, *results.contrasts)} == {results.answer()}
    assert "no validation split" in results.answer()
