"""What a report shows of networks and images, against the images themselves and the predictions in the store."""

import dataclasses
import shutil
import subprocess
import sys

import numpy as np
import pytest

import paribus as pb
from paribus.core import DataError, Inside, Streams, StudyError
from paribus.data import load_images, split_images
from paribus.lab import content, keeping, verbs
from paribus.lab.examples import roles
from paribus.store import open_reader, open_writer
from paribus.study import DataSpec
from paribus.train import augmented

FLIPS = ("RandomHorizontalFlip", "RandomCrop(padding=1)")
STUDY = f"""
question = "What do they see?"
[data]
source = "digits"
validation = 0.2
[train]
lr = 0.1
batch_size = 64
epochs = 1
[vary]
model = [
  {{ label = "lines", layers = ["Conv2d(4, 3)", "ReLU", "Flatten", "Linear(classes)"] }},
  {{ label = "plain", layers = ["Flatten", "Linear(classes)"] }},
]
"train.augment" = [ {{ label = "none", value = [] }}, {{ label = "flips", value = {list(FLIPS)} }} ]
"train.lr" = [0.1, 0.001]
[design]
seeds = 2
smallest_effect = "2pp"
"""
PLAIN = "plain"


def write(folder, text=STUDY):
    (folder / "see.toml").write_text(text, encoding="utf-8")
    return pb.load(folder / "see.toml")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inside")
    return pb.run(write(folder), folder=folder / "studies", workers=1, report=False)


@pytest.fixture(scope="module")
def images():
    return load_images(DataSpec(source="digits"))


def made(results, **options):
    with open_reader(results.directory) as store:
        return content.content(results, store, **options)


def names(results):
    return [each.name for each in results.conditions]


def predictions(results, condition):
    """Return classes [seeds, N] and the probabilities of the first seed [N, classes], from the store."""
    with open_reader(results.directory) as store:
        view = store.sealed(results.look)
        said = [view.predictions(run.id) for run in results.runs if run.condition == condition]
    classes = np.stack([np.frombuffer(each.classes, "<u2") for each in said])
    return classes, np.frombuffer(said[0].probabilities, "<f2").reshape(classes.shape[1], -1).astype(float)


def test_the_baseline_and_the_best_are_looked_into_and_what_is_asked_for(results):
    baseline, best = names(results)[0], results.choice.value["condition"]
    found = {each.condition: each.role for each in made(results).inspections}
    assert found == ({baseline: "baseline", best: "best"} if best != baseline else {baseline: "baseline and best"})
    other = next(name for name in names(results) if name not in found)
    asked = {each.condition: each.role for each in made(results, inside=[other, baseline]).inspections}
    assert asked == {**found, other: "asked for"}
    with pytest.raises(StudyError, match=f"is no condition of this study\n  did you mean: {other}"):
        results.report(inside=[f"{other}0"])


def test_every_condition_has_its_examples_and_they_are_what_the_networks_said(results, images):
    labels = images.test_labels
    for each in made(results, inside=names(results)).inspections:
        classes, shares = predictions(results, each.condition)
        right = (classes == labels).sum(axis=0)
        confidence = shares[np.arange(len(labels)), classes[0]]
        mistakes = np.flatnonzero(classes[0] != labels)
        assert (len(each.wrong), len(each.right)) == (min(24, len(mistakes)), min(24, len(labels) - len(mistakes)))
        assert each.hard_total == (right == 0).sum()
        assert len(each.hard) == min(24, each.hard_total)
        for example in (*each.wrong, *each.right, *each.hard):
            place = example.picture.index
            assert example.picture.pixels == images.test_images[place].tobytes()
            assert example.picture.label == labels[place]
            assert (example.predicted, example.right, example.seeds) == (classes[0, place], right[place], 2)
            assert example.confidence == pytest.approx(shares[place].max())
        assert [example.confidence for example in each.wrong] == sorted(confidence[mistakes], reverse=True)[:24]
        assert all(example.predicted == example.picture.label for example in each.right)
        assert {example.picture.label for example in each.right} == set(labels[classes[0] == labels].tolist())
        assert all(example.right == 0 for example in each.hard)
        confusion = np.zeros((10, 10), dtype=int)
        for row in classes:
            np.add.at(confusion, (labels, row), 1)
        assert np.array_equal(each.confusion, confusion)


def test_histograms_and_what_is_inside_come_from_the_first_run(results):
    with open_reader(results.directory) as store:
        for each in made(results, inside=names(results)).inspections:
            run = next(run for run in results.runs if run.condition == each.condition)
            assert each.seed == run.seed
            assert each.inside == store.inside(run.id)
            assert [epoch for epoch, _ in each.histograms] == [0, 1]
            maps = {planes.of for planes in each.inside.planes}
            assert maps == ({"filters"} if each.condition == PLAIN else {"filters", "maps"})
            train = split_images(
                load_images(DataSpec(source="digits")), results.conditions[0].recipe.data, streams=Streams(0)
            )
            assert {picture.index for picture in each.inside.pictures} <= set(train.validation.tolist())


def test_samples_are_training_images_and_what_augmentation_makes_of_them(results, images):
    none, flips = made(results).samples
    assert (none.augmentation, flips.augmentation) == ((), FLIPS)
    assert sorted(none.conditions + flips.conditions) == sorted(names(results))
    train = split_images(images, results.conditions[0].recipe.data, streams=Streams(0)).train
    assert [each.label for each in none.plain] == list(range(10))
    for each in none.plain:
        assert each.index in train
        assert each.pixels == images.train_images[each.index].tobytes()
    assert flips.plain == none.plain
    assert none.augmented == ()
    pixels = images.train_images[[each.index for each in flips.plain]]
    for epoch in range(1, 5):
        expected = augmented(pixels, augment=FLIPS, streams=Streams(0), epoch=epoch)
        assert [row[epoch - 1].pixels for row in flips.augmented] == [each.tobytes() for each in expected]


def test_a_report_with_pictures_needs_neither_torch_nor_images(results):
    code = (
        "import sys, paribus as pb\n"
        "from paribus.data import load\n"
        "load.load_images = None\n"
        f"results = pb.status({str(results.directory)!r})\n"
        "from paribus.lab import content\n"
        "from paribus.store import open_reader\n"
        "with open_reader(results.directory) as store: found = content.content(results, store)\n"
        "assert 'torch' not in sys.modules\n"
        "print(sum(len(each.wrong) for each in found.inspections), len(found.samples))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    wrong, samples = map(int, done.stdout.split())
    assert wrong == sum(len(each.wrong) for each in made(results).inspections) > 0
    assert samples == 2


def test_a_sealed_study_shows_nothing_of_the_test_set_until_it_is_revealed(tmp_path, monkeypatch):
    study = write(tmp_path, STUDY.replace('"train.augment"', '# "train.augment"').replace("seeds = 2", "seeds = 1"))
    sealed = pb.run(study, folder=tmp_path / "studies", workers=1, sealed=True, report=False)
    with open_reader(sealed.directory) as store:
        assert store.facts("pictures") == {}
    for each in made(sealed).inspections:
        assert (each.wrong, each.right, each.hard, each.hard_total, each.confusion) == ((), (), (), 0, ())
        assert "The test set is sealed" in each.note
        assert f"paribus reveal {sealed.directory}" in each.note
        assert each.inside.planes
        assert len(each.histograms) == 2

    def missing(*_, **__):
        raise DataError("digits", wrong="not here")

    with monkeypatch.context() as patch:
        patch.setattr(keeping, "load_images", missing)
        monkeypatch.setattr("paribus.lab.results.Results.report", lambda _: None)
        opened = verbs.reveal(sealed.directory, reason="test")
    for each in made(opened).inspections:
        assert (each.wrong, each.right, each.hard) == ((), (), ())
        assert each.confusion
        assert f"`paribus run {opened.directory}` keeps" in each.note
    again = pb.run(str(opened.directory), workers=1, report=False)
    assert again.looks == opened.looks == 1
    assert all(each.right and not each.note for each in made(again).inspections)


def test_a_quick_study_says_that_its_test_set_is_never_opened(tmp_path):
    study = write(tmp_path, STUDY.replace('"train.augment"', '# "train.augment"'))
    quick = pb.run(study, folder=tmp_path / "studies", workers=1, quick=True, report=False)
    found = made(quick).inspections
    assert found
    assert all("quick study is never opened" in each.note and not each.confusion for each in found)


def test_a_condition_without_a_finished_run_says_so(results):
    runs = tuple(dataclasses.replace(run, state="diverged") for run in results.runs)
    lost = dataclasses.replace(results, runs=runs)
    found = made(lost).inspections[0]
    assert (found.inside, found.wrong, found.confusion) == (Inside(), (), ())
    assert found.note.startswith("No run of this condition is done: every finished one diverged.")


def test_of_large_images_few_are_kept_those_of_the_first_conditions_before_others(results, monkeypatch):
    size = 8 * 8
    monkeypatch.setattr(keeping, "_MOST_BYTES", 10 * size)
    with open_reader(results.directory) as store:
        ((_, places),) = keeping._wanted(results, store, first=tuple(roles(results))).values()
    assert len(places) == 10
    shown = made(results).inspections
    every = {example.picture.index for each in shown for example in (*each.wrong, *each.right, *each.hard)}
    assert set(places) <= every
    assert all(set(places) & {example.picture.index for example in each.wrong} for each in shown)


def test_what_somebody_else_wrote_in_the_place_of_pictures_is_no_picture(results, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(results.directory, copy)
    (fingerprint,) = {facts["fingerprint"] for facts in results.facts["data"].values()}
    with open_writer(copy) as store:
        kept = store.reader.facts("pictures")[fingerprint]
        strange = (
            {},
            {**kept, "shape": [1, 8]},
            {**kept, "shape": [1, 8, -8]},
            {**kept, "index": [0]},
            {**kept, "pixels": "?"},
        )
        for value in strange:
            store.put_fact("pictures", fingerprint, value)
            assert keeping.kept_pictures(store.reader, fingerprint) == {}
