"""The number for "largest": found once for a study, and the same for everybody after that."""

from pathlib import Path

import pytest

from paribus.core import StudyError
from paribus.lab import largest as lab_largest
from paribus.lab.largest import find_largest, keep_largest
from paribus.lab.largest_words import largest_sentences
from paribus.lab.prepare import Shelf
from paribus.lab.progress import watch_nothing
from paribus.store import open_writer
from paribus.study import expand, parse_study, runs
from paribus.train import Largest

STUDY = """
question = "How large?"
[data]
source = "digits"
validation = 0.2
[model]
layers = ["Flatten", "Linear(classes)"]
[train]
lr = 0.1
batch_size = "largest"
epochs = 1
[vary]
"train.lr" = [0.1, 0.01]
[design]
seeds = 2
"""
OWN = 'model = [{ label = "layers", layers = ["Flatten", "Linear(classes)"] }, { label = "own", module = "n.py:N" }]\n'


@pytest.fixture
def search(tmp_path, monkeypatch):
    """Return a function that looks for the numbers of a study in one directory; each search finds another number."""
    asked = []

    def fake(trial, *, most, seconds, told):
        told(2)
        asked.append((trial.recipe, most, seconds))
        return Largest(299 + len(asked), certain=seconds is None, peak=5, limit=6, tried=7)

    monkeypatch.setattr(lab_largest, "largest_batch", fake)

    def find(text=STUDY, *overrides, keep=True, **options):
        study = parse_study(text, name="s", base_dir=tmp_path, overrides=overrides)
        place = tmp_path / "study"
        options = {"device": "cpu", "workers": 1, "watch": watch_nothing, **options}
        found = find_largest(study, directory=place, shelf=Shelf(tmp_path), **options)
        if not keep:
            return found.study, found.facts
        with open_writer(place) as store:
            return keep_largest(store, found), store.reader.facts("largest")

    find.asked = asked
    return find


def batches(study):
    return [each.recipe.train.batch_size for each in expand(study)]


def test_conditions_that_need_the_same_memory_share_one_search_up_to_the_training_split(search):
    study, facts = search()
    assert batches(study) == [300, 300]
    assert [most for _, most, _ in search.asked] == [1_150]
    assert [fact["batch_size"] for fact in facts.values()] == [300]


def test_a_study_that_goes_on_has_the_number_that_was_kept(search):
    first, _ = search()
    again, _ = search(STUDY, "design.seeds=5", "vary.train.lr=[0.1,0.01,0.001]", device="cuda", workers=9)
    assert len(search.asked) == 1
    assert {run.key for run in runs(first)} < {run.key for run in runs(again)}
    search(STUDY, 'train.optimizer="Adam"')
    assert len(search.asked) == 2


def test_what_was_written_first_stays(search, tmp_path):
    second = search(keep=False)
    first, _ = search()
    assert batches(second[0]) == [300, 300]
    assert batches(first) == [301, 301]
    with open_writer(tmp_path / "study") as store:
        late = lab_largest.Found(*second)
        assert batches(keep_largest(store, late)) == [301, 301]
        assert set(store.reader.facts("study")["largest"].values()) == {301}
        assert [fact["batch_size"] for fact in store.reader.facts("largest").values()] == [301]


def test_another_network_in_the_same_file_is_another_number_and_the_first_comes_back_with_it(search, tmp_path):
    text = STUDY.replace('[model]\nlayers = ["Flatten", "Linear(classes)"]\n', "").replace(
        '"train.lr" = [0.1, 0.01]', OWN
    )
    found = []
    for content in ("one", "two", "one"):
        (tmp_path / "n.py").write_text(content, encoding="utf-8")
        found.append(batches(search(text)[0]))
    assert found == [[300, 301], [300, 302], [300, 301]]


def test_a_condition_that_turns_out_to_be_another_one_is_refused(search, tmp_path):
    text = STUDY.replace('batch_size = "largest"\n', "").replace("train.lr", "train.batch_size")
    with pytest.raises(StudyError, match="are the same recipe here: the largest batch is 300") as caught:
        search(text.replace("[0.1, 0.01]", '[300, "largest"]'))
    assert "batch_size=largest" in caught.value.wrong
    assert not (tmp_path / "study").exists()


def test_a_search_that_had_no_time_says_so_and_no_other_does(search):
    unsure = search(keep=False, seconds=3.0)
    (said,) = largest_sentences(*unsure)
    assert said.startswith("lr=0.1 and lr=0.01: the largest batch is 300 images or more")
    (said,) = largest_sentences(*search(workers=2))
    both = "lr=0.1 and lr=0.01: the largest batch is"
    assert said == f"{both} 301 images of 1,150, by the memory of cpu, shared by 2 workers"
    unknown = parse_study(STUDY, name="s", base_dir=Path())
    assert largest_sentences(unknown, {}) == (f"{both} not known yet; paribus run finds it",)
    assert largest_sentences(parse_study(STUDY.replace('"largest"', "4"), name="s", base_dir=Path()), {}) == ()
