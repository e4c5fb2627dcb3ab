"""Status of a study that was edited after it was run: the study says which runs there are."""

import shutil

import pytest

import paribus as pb
from paribus import lab
from paribus.lab.results import chosen
from paribus.store import count_looks, database, open_reader, open_writer

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


@pytest.mark.parametrize(
    "override",
    ["vary.train.lr=[0.1]", "design.alpha=0.2", "design.smallest_effect=1pp", "design.seeds=1",
     "design.baseline.train.lr=0.01"],
)  # fmt: skip
def test_another_analysis_of_the_same_runs_is_judged_on_validation_until_another_look(place, override):
    results = pb.status(pb.load(place / "edited.toml", override), folder=place / "studies")
    assert results.complete
    assert (results.response, results.choice, results.looks) == ("validation", None, 1)
    assert {run["test_accuracy"] for run in results.json()["runs"]} == {None}
    assert "another look" in results.notes()[0]


def test_running_another_analysis_counts_a_look_and_writes_a_choice_of_its_own(place, tmp_path):
    shutil.copytree(place / "studies", tmp_path / "studies")
    first = pb.status(pb.load(place / "edited.toml"), folder=tmp_path / "studies")
    study = pb.load(place / "edited.toml", "design.alpha=0.2")
    second = pb.run(study, folder=tmp_path / "studies", workers=1, report=False)
    assert (second.response, second.looks) == ("test", 2)
    assert second.choice.sha256 != first.choice.sha256
    assert second.choice.value["declared"]["alpha"] == 0.2


def test_a_run_that_was_forgotten_and_trained_again_is_seen_by_another_look(place, tmp_path):
    shutil.copytree(place / "studies", tmp_path / "studies")
    (home,) = (tmp_path / "studies").iterdir()
    with open_writer(home) as store:
        store.forget(store.reader.runs()[0].id)
    again = pb.run(home, workers=1, report=False)
    assert (again.response, again.looks) == ("test", 2)
    assert None not in {run["test_accuracy"] for run in again.json()["runs"]}


def test_a_new_label_and_new_words_keep_the_look_the_facts_and_the_verdict(place):
    before = pb.status(pb.load(place / "edited.toml"), folder=place / "studies")
    levels = "vary.train.lr=[{label='high', value=0.1}, {label='low', value=0.01}]"
    after = pb.status(pb.load(place / "edited.toml", levels, "notes=edited"), folder=place / "studies")
    assert [each.name for each in after.conditions] == ["high", "low"]
    assert (after.response, after.looks) == ("test", 1)
    assert after.facts["data"] == before.facts["data"]
    assert after.margin == before.margin
    assert after.contrasts[0].p == before.contrasts[0].p
    assert chosen(after)[0] == {"lr=0.1": "high", "lr=0.01": "low"}[chosen(before)[0]]
    assert "high" in after.report().read_text(encoding="utf-8")


def test_a_driver_that_has_just_begun_has_runs_that_wait_and_no_margin(place, tmp_path):
    study = pb.load(place / "edited.toml", "design.smallest_effect=1pp")
    with open_writer(tmp_path / lab.find(place / "edited.toml").directory.name):
        results = pb.status(study, folder=tmp_path)
    assert {run.state for run in results.runs} == {"waiting"}
    assert (results.judged, results.margin, results.looks) == (False, (None, ""), 0)
    assert set(results.sentences()) == {"lr=0.01"}


def test_a_folder_of_studies_counts_each_test_set_once(place, tmp_path, monkeypatch):
    (source,) = (place / "studies").iterdir()
    opened = []
    openly = database.open_to_read
    monkeypatch.setattr(database, "open_to_read", lambda path: opened.append(path) or openly(path))
    for number in range(4):
        shutil.copytree(source, tmp_path / f"copy{number}-{source.name[-8:]}")
    found, broken = lab.statuses(tmp_path)
    assert ([each.looks for each in found], broken) == ([1] * 4, ())
    assert len(opened) <= 5 * 4  # counting for each study would be 4 * 4 more


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


def test_when_every_run_diverged_the_test_set_stays_sealed(place, tmp_path):
    study = pb.load(place / "edited.toml", "vary.train.lr=[1e9, 1e10]", "train.loss=mse", "data.validation=0")
    results = pb.run(study, folder=tmp_path, workers=1, report=False)
    assert {run.state for run in results.runs} == {"diverged"}
    assert (results.look, results.looks) == (None, 0)
    assert results.answer().startswith("Every run diverged")
    with pytest.raises(pb.ParibusError, match="every run diverged"):
        pb.reveal(study, folder=tmp_path, reason="to see")
    with open_reader(results.directory) as store:
        assert store.looks() == ()


def test_a_quick_study_never_opens_the_test_set_however_it_is_named(place, tmp_path):
    quick = pb.run(pb.load(place / "edited.toml"), folder=tmp_path, workers=1, report=False, quick=True)
    (tmp_path / "mine.toml").write_text(quick.study.text, encoding="utf-8")
    for again in (quick.directory, quick.directory / "study.toml", tmp_path / "mine.toml"):
        results = pb.run(again, folder=tmp_path, workers=1, report=False)
        assert (results.complete, results.look, results.looks) == (True, None, 0)
    with pytest.raises(pb.ParibusError, match="is a quick study"):
        pb.reveal(quick.directory, reason="to see")


def test_a_study_goes_on_in_the_directory_that_was_named_under_whatever_name(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (source,) = (place / "studies").iterdir()
    shutil.copytree(source, tmp_path / "elsewhere" / "renamed")
    home = tmp_path / "elsewhere" / "renamed"
    grown = pb.run(lab.find(home, "design.seeds=3"), workers=1, report=False)
    assert grown.directory == home
    assert [run.state for run in grown.runs] == ["done"] * 6
    other = lab.find(home, "train.epochs=2").directory
    assert (other.parent, other.name[:7]) == (home.parent, "edited-")
    assert not (tmp_path / "paribus-studies").exists()
    assert count_looks(home.parent, test_fingerprint=grown.look.test_fingerprint).looks == 2


def test_results_show_themselves_in_a_line(place):
    results = pb.status(pb.load(place / "edited.toml"), folder=place / "studies")
    assert repr(results).startswith("<Results of edited: 4 done; test accuracy; ")
    assert results._repr_html_().count("<table>") == 2
