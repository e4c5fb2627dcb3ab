"""One contrast in depth, against the predictions themselves."""

import dataclasses
import json
import shutil
import sqlite3
from itertools import permutations

import numpy as np
import pytest
from scipy import stats

import paribus as pb
from paribus.core import DataError, StudyError
from paribus.lab import compare, find, matrices, picture, picturing
from paribus.store import open_reader

ODD = "a, b=c: é<b>\"'&"
STUDY = f"""
question = "Which of them?"
[data]
source = "digits"
validation = 0.2
[model]
layers = ["Flatten", "Linear(classes)"]
[train]
lr = 0.1
batch_size = 64
epochs = 2
[design]
kind = "explicit"
conditions = [
  {{ label = "base", "train.batch_size" = 64 }},
  {{ label = '''{ODD}''', "train.batch_size" = 32 }},
  {{ label = "few", "data.train_images" = 300 }},
  {{ label = "large", "data.resize" = 12 }},
  {{ label = "lost", "train.lr" = 1e9, "train.loss" = "mse" }},
]
seeds = 4
smallest_effect = "1pp"
"""
NAMES = ("base", ODD, "few", "large")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compared")
    (folder / "which.toml").write_text(STUDY, encoding="utf-8")
    pb.run(pb.load(folder / "which.toml"), folder=folder / "studies", workers=1, report=False)
    return folder


def of(place, *overrides):
    return find(place / "which.toml", *overrides, folder=place / "studies")


@pytest.fixture(scope="module")
def right(place):
    """Return condition -> seeds x images: whether the class that the store has is the image's."""
    results = pb.status(of(place))
    with open_reader(results.directory) as store:
        view = store.sealed(results.look)
        rows = {
            name: [
                np.frombuffer(view.predictions(run.id).classes, "<u2") == matrices.test_labels(results, store, name)
                for run in sorted(results.runs, key=lambda run: run.seed)
                if run.condition == name
            ]
            for name in NAMES
        }
        assert matrices.correct(results, store).keys() == set(NAMES)
    return {name: np.array(each) for name, each in rows.items()}


def test_predictions_and_labels_give_the_accuracies_that_were_measured_while_training(place, right):
    results = pb.status(of(place))
    for run in results.runs:
        if run.condition != "lost":
            assert right[run.condition][run.seed].mean() == pytest.approx(results.test_accuracy(run), abs=1e-12)


@pytest.mark.parametrize(("first", "second"), list(permutations(NAMES, 2)))
def test_every_pair_has_the_numbers_of_its_predictions(place, right, first, second):
    found = compare(of(place), first, second)
    net = right[first].astype(float) - right[second]
    assert found.estimate.difference == pytest.approx(net.mean())
    assert found.estimate.p == pytest.approx(stats.ttest_1samp(net.mean(axis=1), 0).pvalue)
    assert [round(each, 9) for _, each in found.estimate.differences] == [round(each, 9) for each in net.mean(axis=1)]
    assert [seed for seed, _, _ in found.by_seed] == [0, 1, 2, 3]
    ours, theirs = int((net[0] > 0).sum()), int((net[0] < 0).sum())
    assert (found.networks.first_only, found.networks.second_only, found.network_seed) == (ours, theirs, 0)
    assert found.networks.p == pytest.approx(stats.binomtest(ours, ours + theirs).pvalue)
    votes = net.sum(axis=0)
    assert all(votes[image] > 0 for image in found.screen.fixed)
    assert all(votes[image] < 0 for image in found.screen.broken)
    assert set(votes[list(found.screen.fixed[:1])]) <= {votes.max()}
    assert found.declared == ("base" in (first, second))
    assert (found.estimate.verdict is not None) == found.declared


def test_class_by_class_the_differences_are_those_of_its_images(place, right):
    found = compare(of(place), ODD, "base")
    results = pb.status(of(place))
    with open_reader(results.directory) as store:
        labels = matrices.test_labels(results, store, ODD)
    net = right[ODD].astype(float) - right["base"]
    for number, each in enumerate(found.classes):
        assert each.images == (labels == number).sum()
        assert each.difference == pytest.approx(net[:, labels == number].mean())
    assert sum(each.images * each.difference for each in found.classes) == pytest.approx(net.mean() * len(labels))


def test_the_same_contrast_the_other_way_round_says_the_same(place):
    there, back = compare(of(place), "few", "base"), compare(of(place), "base", "few")
    assert back.estimate.difference == -there.estimate.difference
    assert back.estimate.interval == tuple(-each for each in reversed(there.estimate.interval))
    for name in ("p", "p_adjusted", "equivalence_p_adjusted", "verdict", "n"):
        assert getattr(back.estimate, name) == getattr(there.estimate, name)
    assert " below base" in there.sentences[0]
    assert " above few" in back.sentences[0]


@pytest.mark.parametrize(("first", "second"), [("lost", "base"), ("base", "lost"), ("lost", "few"), (ODD, "large")])
def test_json_has_no_number_that_json_does_not_have(place, first, second):
    found = compare(of(place), first, second)
    again = json.loads(json.dumps(found.json(), allow_nan=False))
    assert (again["condition"], again["baseline"]) == (first, second)
    assert (again["errors"] is None) == ("lost" in (first, second)) == bool(again["sealed"])


def test_a_sealed_study_is_compared_on_validation_and_gives_no_test_value_away(place):
    other = of(place, "design.alpha=0.2")  # no look was ever for this analysis
    found = compare(other, "few", "base")
    results = pb.status(other)
    means = {name: np.mean([results.last[run.id].validation_accuracy for run in results.runs if run.condition == name])
             for name in ("few", "base")}  # fmt: skip
    assert (results.look, found.response) == (None, "validation")
    assert found.estimate.difference == pytest.approx(means["few"] - means["base"])
    assert (found.errors, found.networks, found.classes, found.screen) == (None, None, (), None)
    assert "sealed" in found.sealed
    with open_reader(results.directory) as store:
        assert matrices.correct(results, store) == {}
    tests = {each.test_accuracy for epochs in pb.status(of(place)).test.values() for each in epochs}
    seen = {value for _, pair, _ in found.by_seed for value in pair}
    assert not seen & tests


def test_names_that_are_none_get_the_one_that_was_meant(place):
    with pytest.raises(StudyError, match="did you mean: large"):
        compare(of(place), "larg", "base")
    with pytest.raises(StudyError, match="cannot be compared with itself"):
        compare(of(place), "base", "base")
    with pytest.raises(StudyError, match="was not run here"):
        compare(find(place / "which.toml", "train.epochs=9", folder=place / "studies"), "few", "base")


def test_pictures_are_drawn_of_what_was_fixed_and_broken_and_refused_of_other_images(place, tmp_path):
    found = compare(of(place), "few", "base")
    assert picture(of(place), found, tmp_path / "sheet.png")
    assert (tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(DataError, match="cannot be written"):
        picture(of(place), found, tmp_path / "nowhere" / "sheet.png")
    none = dataclasses.replace(found, screen=dataclasses.replace(found.screen, fixed=(), broken=()))
    assert not picture(of(place), none, tmp_path / "none.png")


def test_a_store_from_before_labels_were_kept_compares_seeds_only(place, tmp_path):
    shutil.copytree(of(place).directory, tmp_path / "old")
    with sqlite3.connect(tmp_path / "old" / "study.db") as file:
        file.execute("DELETE FROM facts WHERE kind = 'labels'")
    found = compare(find(tmp_path / "old"), "few", "base")
    assert (found.response, found.errors) == ("test", None)
    assert "before labels were kept" in found.sealed


def test_a_picture_downloads_no_data_set(place, tmp_path, monkeypatch):
    (digits,) = (each for each in picturing.source_status() if each.name == "digits")
    absent = dataclasses.replace(digits, available=False)
    monkeypatch.setattr(picturing, "source_status", lambda **_: (absent,))
    with pytest.raises(DataError, match="paribus data get digits"):
        picture(of(place), compare(of(place), "few", "base"), tmp_path / "sheet.png")
