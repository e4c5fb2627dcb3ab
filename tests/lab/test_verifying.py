"""Verifying a run: what agrees, what is found out, and that nothing is written or unsealed by it."""

import dataclasses
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from finished import make_results, make_study
from tampering import multiply_loss

import paribus as pb
from paribus.lab import training, verifying
from paribus.lab.prepare import Shelf
from paribus.lab.progress import watch_nothing
from paribus.lab.verified import Accuracies
from paribus.lab.verifying import verify
from paribus.train import Plan, Planned

STUDY = """
question = "Is a network of one's own any better?"
[data]
source = "digits"
validation = 0.2
[train]
lr = 0.1
batch_size = 16
epochs = 2
[vary]
model = [
  { label = "layers", layers = ["Flatten", "Linear(16)", "ReLU", "Dropout(0.1)", "Linear(classes)"] },
  { label = "own", module = "net.py:Net" },
]
[design]
seeds = 2
smallest_effect = "2pp"
"""
NET = """
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 10)

    def forward(self, x):
        return self.fc1(nn.functional.dropout(x.flatten(1), 0.1, self.training))
"""
UPDATES = 72  # of an epoch: 1,150 images in batches of 16


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    """Train the study, its layers by the native path, and leave the test set closed."""
    folder = tmp_path_factory.mktemp("sealed")
    (folder / "own.toml").write_text(STUDY, encoding="utf-8")
    (folder / "net.py").write_text(NET, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "plans", _planned)
        return pb.run(folder / "own.toml", folder=folder / "studies", workers=1, sealed=True, report=False)


def _planned(_pool, questions, *, used, watch):  # noqa: ARG001
    paths = {each.key: "reference" if each.recipe.model.module else "native" for each in questions}
    return {key: Planned(Plan(path=path), (), "") for key, path in paths.items()}


def _verified(results, condition, patch):
    patch.setattr(verifying.secrets, "choice", lambda done: next(run for run in done if run.condition == condition))
    return verify(results, shelf=Shelf(results.study.base_dir), device="cpu", watch=watch_nothing)


@pytest.fixture(scope="module")
def native(sealed):
    """Verify a run of the native path; return the comparison, the training that it was made with, and the store."""
    made, train = [], verifying._train

    def keeping(prepared, *, plan, watch):
        made.append(train(prepared, plan=plan, watch=watch))
        return made[0]

    before = _rows(sealed.directory)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verifying, "_train", keeping)
        found = _verified(sealed, "layers", patch)
    assert _rows(sealed.directory) == before
    return found, made[0]


def _rows(directory):
    with closing(sqlite3.connect(directory / "study.db")) as file:
        return list(file.iterdump())


def test_a_run_of_the_native_path_agrees_with_the_reference_loop_but_for_rounding(native):
    found, _ = native
    assert (found.stored.path, found.again.path) == ("native", "reference")
    assert found.verdict == "agrees"
    assert 0 < found.losses.largest < 1e-5
    assert (found.losses.compared, found.losses.updates) == (50, 2 * UPDATES)
    assert not found.identical
    assert 0 < found.weights_difference < 1e-3
    assert found.json()["losses"]["largest_relative_difference"] == found.losses.largest


def test_of_a_sealed_test_set_nothing_is_told(native):
    found, again = native
    assert again.records[-1].test_accuracy is not None  # it was measured
    assert [each.split for each in found.accuracies] == ["training", "validation"]
    assert [each["split"] for each in found.json()["accuracies"]] == ["training", "validation"]


def test_a_module_of_the_users_own_is_identical_to_the_bit(sealed, monkeypatch):
    found = _verified(sealed, "own", monkeypatch)
    assert found.promised
    assert found.identical
    assert found.weights_difference == found.losses.largest == 0
    assert {each.stored - each.again for each in found.accuracies} == {0}
    assert found.verdict == "agrees"
    assert dataclasses.replace(found, identical=False).verdict == "differs"


@pytest.fixture
def tampered(sealed, native, tmp_path, monkeypatch):
    """Return a function that changes a loss in a copy of the store, and verifies against the same second training."""
    monkeypatch.setattr(verifying, "_train", lambda *_, **__: native[1])

    def verified(**change):
        copy = Path(shutil.copytree(sealed.directory, tmp_path / "copy"))
        multiply_loss(copy, **change)
        return _verified(dataclasses.replace(sealed, directory=copy), "layers", monkeypatch)

    return verified


def test_a_changed_loss_among_the_first_is_found_out(tampered):
    found = tampered(epoch=1, update=3, factor=1.01)
    assert found.verdict == "differs"
    assert found.losses.largest == pytest.approx(0.01 / 1.01, rel=1e-3)
    assert found.losses.parted == 3
    assert found.sentence().startswith("differs: the first 50 batch losses differ by up to 0.0099 of their value. ")


def test_a_loss_that_is_no_number_differs_and_is_null_in_json(tampered):
    found = tampered(epoch=1, update=3, factor=float("nan"))
    assert found.verdict == "differs"
    assert found.json()["losses"]["largest_relative_difference"] is None


def test_where_a_long_training_parts_is_told_and_is_no_difference(tampered):
    found = tampered(epoch=2, update=7, factor=1.01)
    assert found.verdict == "agrees"
    assert found.losses.parted == UPDATES + 7
    assert f"number {UPDATES + 7} of {2 * UPDATES}" in found.losses_sentence()


@pytest.mark.parametrize(
    ("again", "sd", "agree"),
    [
        (0.965, 0.01, True),  # t(0.995; 4) = 4.604 from a table, times the square root of 2: 6.511 sd
        (0.9652, 0.01, False),
        (0.8348, 0.01, False),
        (0.901, 0.0, True),  # one image of 1,000
        (0.902, 0.0, False),
        (0.5, None, True),  # one seed has no spread to measure by
    ],
)
def test_final_accuracies_may_differ_as_two_seeds_do_or_by_one_image(again, sd, agree, native):
    one = Accuracies("validation", 0.9, again, sd, n=5, images=1000)
    assert one.agree == agree
    assert (dataclasses.replace(native[0], accuracies=(one,)).verdict == "agrees") == agree


def test_a_second_training_that_fails_is_a_difference_with_its_reason(native):
    found = dataclasses.replace(native[0], ended="when it was trained again it failed: out of memory", accuracies=())
    assert found.sentence().startswith("differs: when it was trained again it failed: out of memory. Mend that")


def test_where_every_run_diverged_there_is_nothing_to_verify():
    results, _ = make_results(make_study('[vary]\n"train.lr" = [0.1, 0.2]\n[design]\nseeds = 2'), lambda *_: None)
    assert verify(results, shelf=Shelf(Path()), device="cpu", watch=watch_nothing) is None
