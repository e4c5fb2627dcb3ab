import math
from pathlib import Path

import pytest
import torch
from making import make_images

import paribus as pb
from paribus.core import Streams
from paribus.lab import check
from paribus.study import expand, gallery_names, load_gallery
from paribus.train import Plan
from paribus.train.bench import lay_out
from paribus.train.loop import path_of, train_epoch

# Test accuracy, test loss, training accuracy, training loss, as the lab reports print them.
REPORTED = {
    ("cifar10-augmentation", "no augmentation"): [(0.57, None, None, None)],
    ("cifar10-loss", "loss=cross_entropy"): [(0.57, None, None, None)],
    ("cifar10-lr", "lr=0.001"): [(0.57, None, None, None)],
    ("cifar10-lr", "lr=0.1"): [(0.10, None, None, None)],
    ("cifar10-lr", "lr=10.0"): [(0.10, None, None, None)],
    ("cifar10-networks", "CNN"): [(0.57, None, None, None)],
    # Printed as test accuracy, but measured on the training images.
    ("cifar10-weight-decay", "weight_decay=0.0"): [(None, None, 0.9041, None)],
    ("cifar10-weight-decay", "weight_decay=0.0001"): [(None, None, 0.8873, None)],
    ("mnist-cnn", "lr=0.01, batch_size=32"): [(0.9705, 0.0886, None, None)],
    ("mnist-cnn", "lr=0.001"): [(0.9157, 0.3073, None, None)],
    ("mnist-cnn", "batch_size=64"): [(0.9655, 0.1100, None, None)],
    ("mnist-cnn-topology", "one convolution"): [(0.9705, 0.0886, None, None)],
    ("mnist-cnn-topology", "two convolutions, no momentum"): [(0.9718, 0.0903, None, None)],
    ("mnist-cnn-final", "base"): [(0.975, None, 0.972, None)],
    ("mnist-double-softmax", "softmax, weight_decay=0.0"): [(0.9656, 1.4957, None, None)],
    ("mnist-double-softmax", "softmax, weight_decay=0.0001"): [(0.9722, 1.4894, None, None)],
    ("mnist-mlp-numpy", "base"): [(0.902, 0.508, 0.909, 0.465)],
    ("mnist-mlp-sgd", "lr=0.1, batch_size=32"): [(0.9833, None, 1.0, 0.0005), (0.9843, None, None, None)],
    ("mnist-mlp-sgd", "lr=1.0"): [(0.9542, None, 0.9714, 0.1089)],
    ("mnist-mlp-sgd", "lr=0.01"): [(0.9747, None, 0.9852, 0.0612)],
    ("mnist-mlp-sgd", "batch_size=8"): [(0.9780, None, 0.9915, 0.0051)],
    ("mnist-mlp-sgd", "batch_size=128"): [(0.9803, None, 0.9988, 0.0144)],
}
# On digits, enlarged, the networks for MNIST can be looked at without a download.
SHAPES = {"cifar10": (3, 32, 32)}
ON_DIGITS = ("data.source=digits", "data.resize=28", "data.validation=0.2")


@pytest.mark.parametrize("name", gallery_names())
def test_a_study_explains_itself(name):
    study = load_gallery(name)
    assert study.name == name
    assert study.question.endswith("?")
    assert "core" in study.takes, "how long, and on what"
    assert len(study.notes) > 100
    assert study.design.seeds >= (3 if study.base.data.source == "cifar10" else 5)  # those take hours
    assert study.design.smallest_effect is not None


def test_published_numbers_are_the_reports_own():
    found = {}
    for name in gallery_names():
        for row in load_gallery(name).published:
            numbers = (row.test_accuracy, row.test_loss, row.train_accuracy, row.train_loss)
            found.setdefault((name, row.condition), []).append(numbers)
            assert "lab report" in row.source
    assert found == REPORTED


@pytest.mark.parametrize("name", gallery_names())
def test_every_condition_makes_a_first_update_from_a_plausible_loss(name):
    study = load_gallery(name)
    images = make_images(64, test=10, shape=SHAPES.get(study.base.data.source, (1, 28, 28)), classes=10)
    for condition in expand(study):
        recipe = condition.recipe.model_copy(
            update={"data": condition.recipe.data.model_copy(update={"validation": 0})}
        )
        bench = lay_out(recipe, streams=Streams(0), images=images, base_dir=study.base_dir, plan=Plan())
        before = [each.clone() for each in bench.model.parameters()]
        epoch = train_epoch(path_of(bench), epoch=1, first_step=0, steps=1)
        # A network that knows nothing gives every class a tenth: cross-entropy ln 10. Scores passed to NLL give
        # about 0. Scores near 0 are a squared error of a tenth.
        expected, apart = (0.1, 0.05) if recipe.train.loss == "mse" else (math.log(10), 0.5)
        assert abs(float(epoch.losses[0]) - expected) < apart, condition.name
        assert any(not torch.equal(a, b) for a, b in zip(before, bench.model.parameters(), strict=True))


def test_the_parameter_tables_of_report_c_come_out_with_their_sums():
    found = check(pb.load("mnist-mlp-vs-cnn", *ON_DIGITS, "train.batch_size=32"), measure=False)
    tables = {each["name"]: each for each in found.json()["conditions"]}
    assert {name: table["parameters"] for name, table in tables.items()} == {
        "MLP, sigmoid": 238_510,
        "MLP, ReLU": 238_510,
        "CNN": 2_710,
    }
    sums = [(layer["sum"], layer["parameters"]) for layer in tables["MLP, ReLU"]["layers"] if layer["sum"]]
    assert sums == [("784*300 + 300", 235_500), ("300*10 + 10", 3_010)]
    assert [layer["parameters"] for layer in tables["CNN"]["layers"] if layer["sum"]] == [160, 580, 1_970]


def test_the_networks_of_reports_b_and_d_have_their_parameters():
    counts = {}
    for name in ("cifar10-networks", "cifar10-weight-decay", "mnist-double-softmax"):
        study = load_gallery(name)
        images = make_images(20, test=10, shape=SHAPES.get(study.base.data.source, (1, 28, 28)), classes=10)
        for condition in expand(study):
            data = condition.recipe.data.model_copy(update={"validation": 0})
            recipe = condition.recipe.model_copy(update={"data": data})
            bench = lay_out(recipe, streams=Streams(0), images=images, base_dir=study.base_dir, plan=Plan())
            counts[condition.name] = sum(each.numel() for each in bench.model.parameters())
    cnn = (3 * 25 + 1) * 6 + (6 * 25 + 1) * 16 + 401 * 120 + 121 * 84 + 85 * 10
    deep = (3 * 25 + 1) * 12 + (12 * 25 + 1) * 24 + 601 * 120 + 121 * 84 + 85 * 10
    small = 26 * 10 + 251 * 20 + 321 * 50 + 51 * 10
    assert counts == {
        "one layer": 30_730,
        "three layers, no ReLU": 3_073 * 110 + 111 * 74 + 75 * 10,
        "three layers, ReLU": 3_073 * 110 + 111 * 74 + 75 * 10,
        "CNN": cnn,
        **dict.fromkeys(("weight_decay=0.0", "weight_decay=0.0001"), deep),
        **{f"{end}, weight_decay={decay}": small for end in ("softmax", "scores") for decay in ("0.0", "0.0001")},
    }
    assert (cnn, deep, small) == (62_006, 91_270, 21_840), "as the studies' remarks say"


def test_a_study_changes_nothing_but_what_it_asks_for():
    alike = {}
    for name in ("cifar10-batch-size", "cifar10-augmentation", "cifar10-loss", "cifar10-lr", "cifar10-networks"):
        baseline, *_ = conditions = expand(load_gallery(name))
        # B4 to B7 start from the CNN of B3: the same runs, trained once in each study.
        (cnn,) = [each for each in conditions if each.name == "CNN"] or [baseline]
        alike[name] = cnn.recipe
        changed = {key for each in conditions for key, value in each.recipe if value != getattr(baseline.recipe, key)}
        assert changed == ({"model"} if name == "cifar10-networks" else {"train"}), name
    assert len(set(map(str, alike.values()))) == 1


def test_the_study_of_first_weights_varies_nothing_else():
    study = load_gallery("mnist-init-spread")
    assert study.design.vary_streams == ("init",)
    images = make_images(64, test=10, shape=(1, 28, 28), classes=10)
    (condition,) = expand(study)
    data = condition.recipe.data.model_copy(update={"validation": 16})
    recipe = condition.recipe.model_copy(update={"data": data})
    streams = [Streams(seed, study.design.vary_streams) for seed in (0, 1)]
    first, second = (lay_out(recipe, streams=each, images=images, base_dir=Path(), plan=Plan()) for each in streams)
    assert torch.equal(first.order(1), second.order(1))
    weights = [next(bench.model.parameters()) for bench in (first, second)]
    assert not torch.equal(*weights)
