"""The native path against the reference loop in float64: every layer, loss, optimizer and schedule."""

import dataclasses

import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from making import make_images, make_recipe
from torch import nn

from paribus.core import ModelError, Streams
from paribus.data import load_images
from paribus.models.chain import place
from paribus.study import Schedule
from paribus.train import Plan, Resume, native_program
from paribus.train.evaluate import measure
from paribus.train.loop import path_of, train_epoch, train_run
from paribus.train.native_blas import libraries
from paribus.train.native_program import Unsupported, lower

UPDATES = 50
NATIVE = Plan(path="native", linear="tiles", convolution="tiles")
SPARSE = Plan(path="native", linear="sparse", convolution="tiles")
PLANS = (NATIVE, Plan(path="native", linear="scipy", convolution="scipy"))
MLP = ("Flatten", "Linear(12)", "ReLU", "Linear(classes)")
CNN = (
    "Conv2d(4, 3, padding=1)", "ReLU", "MaxPool2d(2)", "Conv2d(6, 3)", "ReLU", "MaxPool2d(2)", "Flatten",
    "Linear(10)", "ReLU", "Linear(classes)",
)  # fmt: skip


def _both(make_bench, recipe, *, shape, dtype=torch.float64, plan=NATIVE):
    """Make the updates of a training on both paths; return (path, losses, correct, weights) of each."""
    images = make_images(9 * 16 + 5, shape=shape, dark=0.6 if plan == SPARSE else 0.0)
    made = []
    for each in (Plan(), plan):
        path = path_of(make_bench(recipe, images=images, plan=each, dtype=dtype, seed=3))
        per_epoch = -(-len(path.bench.parts["train"]) // recipe.train.batch)
        epochs = [
            train_epoch(path, epoch=1 + done // per_epoch, first_step=done, steps=min(per_epoch, UPDATES - done))
            for done in range(0, UPDATES, per_epoch)
        ]
        weights = {name: value.detach().clone() for name, value in path.bench.model.state_dict().items()}
        losses = torch.cat([epoch.losses for epoch in epochs])
        made.append((path, losses, torch.cat([epoch.correct for epoch in epochs]), weights))
    return made


def _check(make_bench, layers, *, shape=(1, 9, 9), **train):
    recipe = make_recipe(layers, **{"batch_size": 16, "lr": 0.05, "steps": UPDATES} | train)
    features = layers[0] == "Flatten" and layers[1].startswith("Linear")
    for plan in (*PLANS, SPARSE) if features else PLANS:
        _compare(*_both(make_bench, recipe, shape=shape, plan=plan))


def _compare(reference, fast):
    plain, losses, correct, weights = reference
    native, fast_losses, fast_correct, fast_weights = fast
    assert losses.isfinite().all()
    assert (losses[1:] != losses[0]).any()  # something was learned
    np.testing.assert_allclose(fast_losses, losses, rtol=1e-6, atol=1e-7)
    assert torch.equal(fast_correct, correct)
    for name, value in weights.items():
        scale = max(1.0, float(value.abs().max()))
        np.testing.assert_allclose(fast_weights[name], value, rtol=0, atol=1e-6 * scale, err_msg=name)
    pixels = plain.bench.pixels(plain.bench.parts["test"], torch.arange(20))
    plain.bench.model.eval()
    with torch.no_grad():
        np.testing.assert_allclose(native.outputs(pixels, number=0), plain.outputs(pixels, number=0), atol=1e-6)


@pytest.mark.parametrize(
    "layer",
    [
        "ReLU", "ReLU6", "LeakyReLU(0.2)", "Hardtanh(-0.5, 0.3)", "Tanh", "Sigmoid", "ELU(0.5)", "SELU", "Softsign",
        "Softplus", "Softplus(4.0, 2.0)", "SiLU", "GELU", "GELU('tanh')", "Mish", "Hardswish",
        "Identity", "Dropout(0.3)", "Softmax(dim=1)", "LogSoftmax(dim=1)",
    ],
)  # fmt: skip
def test_every_layer_of_features_makes_the_same_updates(make_bench, layer):
    _check(make_bench, ("Flatten", "Linear(12)", layer, "Linear(8, bias=False)", layer, "Linear(classes)"))


@pytest.mark.parametrize(
    "layers",
    [
        CNN,
        ("Conv2d(3, (3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2))", "Tanh", "AvgPool2d(2)"),
        ("Conv2d(3, 3, bias=False)", "Conv2d(4, 2, stride=2, padding=1)", "ReLU", "MaxPool2d(3, 2, 1)"),
        ("Conv2d(3, 2)", "MaxPool2d(2, dilation=2, stride=1)", "Conv2d(4, 3, dilation=2, padding=2)", "Sigmoid"),
        ("Conv2d(4, 3)", "ReLU", "MaxPool2d(3, 2, ceil_mode=True)", "AvgPool2d(3, 2, 1, count_include_pad=False)"),
        ("Conv2d(4, 3)", "Dropout(0.2)", "Conv2d(5, 3)", "Dropout2d(0.5)", "MaxPool2d(2)"),
        ("AvgPool2d(2)", "ReLU", "Conv2d(4, 2)", "ReLU"),
        ("Conv2d(4, 3)", "ReLU", "Conv2d(16, 2, padding=1)", "Tanh", "Conv2d(32, 3, bias=False)", "Conv2d(16, 5)"),
        ("Conv2d(4, 3)", "GELU", "MaxPool2d(2)", "SiLU", "Conv2d(5, 2)", "ReLU", "Mish", "ELU", "Hardswish"),
        ("Conv2d(4, 3)", "Tanh", "SiLU", "Sigmoid", "AvgPool2d(2)", "GELU", "GELU", "Dropout2d(0.2)", "Softplus"),
    ],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_layer_of_images_makes_the_same_updates(make_bench, layers, channels):
    if channels == 3 and layers[0].startswith("Avg"):
        layers = layers[2:]
    end = () if layers is CNN else ("Flatten", "Linear(classes)")
    _check(make_bench, (*layers, *end), shape=(channels, 9, 10))


@pytest.mark.parametrize(
    "layers",
    [
        (*CNN[:3], "Dropout2d(0.3)", *CNN[3:]),
        (
            "Conv2d(4, 3)", "GELU", "MaxPool2d(2)", "SiLU", "Conv2d(5, 2)", "ReLU", "Mish", "ELU", "Flatten",
            "Linear(classes)",
        ),
    ],
)  # fmt: skip
def test_images_that_pass_a_few_at_a_time_make_the_same_updates(make_bench, monkeypatch, layers):
    monkeypatch.setattr(native_program, "_PATCHES", 1000)  # groups of one or two images in batches of 16
    _check(make_bench, layers, shape=(3, 10, 10))


@pytest.mark.parametrize("train", [{}, {"momentum": 0.9}, {"optimizer": "Adam", "lr": 0.01}], ids=str)
def test_batches_of_one_and_large_ones_make_the_same_updates(make_bench, train):
    for batch in (1, 140):
        _check(make_bench, (*CNN[:3], "Dropout2d(0.3)", *CNN[3:]), shape=(3, 10, 10), batch_size=batch, **train)


def test_measuring_is_the_same_on_both_paths(make_bench):
    images = make_images(300, test=270, shape=(3, 10, 10))
    found = [
        measure(path, path.bench.parts["test"])
        for plan in (Plan(), NATIVE)
        for path in [path_of(make_bench(make_recipe(CNN), images=images, plan=plan, dtype=torch.float64))]
    ]
    assert found[1].accuracy == found[0].accuracy
    assert found[1].loss == pytest.approx(found[0].loss, rel=1e-9)


def test_a_network_may_end_without_a_linear(make_bench):
    _check(make_bench, ("Conv2d(classes, 3)", "AvgPool2d(7)", "Flatten"), shape=(3, 9, 9))


@pytest.mark.parametrize(
    "train",
    [
        {"momentum": 0.9},
        {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
        {"weight_decay": 0.1},
        {"momentum": 0.5, "weight_decay": 0.1},
        {"optimizer": "Adam", "lr": 0.01},
        {"optimizer": "Adam", "lr": 0.01, "weight_decay": 0.1, "betas": (0.7, 0.9)},
        {"optimizer": "AdamW", "lr": 0.01, "weight_decay": 0.1},
    ],
)
@pytest.mark.parametrize("layers", [MLP, CNN], ids=["MLP", "CNN"])
def test_every_optimizer_makes_the_same_updates(make_bench, layers, train):
    _check(make_bench, layers, shape=(1, 10, 10), **train)


@pytest.mark.parametrize(
    ("end", "train"),
    [
        ((), {"label_smoothing": 0.2}),
        (("LogSoftmax(dim=1)",), {"loss": "nll"}),
        ((), {"loss": "mse"}),
        (("Softmax(dim=1)",), {"loss": "cross_entropy"}),
    ],
)
@pytest.mark.parametrize("augment", [(), ("RandomHorizontalFlip", "mixup(0.4)")], ids=["", "mixed"])
def test_every_loss_makes_the_same_updates(make_bench, end, train, augment):
    _check(make_bench, (*MLP, *end), augment=augment, **train)


@pytest.mark.parametrize(
    "schedule",
    [
        Schedule(exponential=0.9),
        Schedule.model_validate({"step": {"step_size": 2}}),
        Schedule.model_validate({"cosine": {}}),
        Schedule.model_validate({"onecycle": {}}),
    ],
)
def test_every_schedule_makes_the_same_updates(make_bench, schedule):
    _check(make_bench, MLP, schedule=schedule, momentum=0.9)


@settings(max_examples=15)
@given(
    planes=st.integers(1, 5),
    kernel=st.integers(1, 4),
    stride=st.integers(1, 3),
    padding=st.integers(0, 2),
    window=st.integers(1, 3),
    batch=st.integers(1, 40),
)
def test_any_convolution_and_window_make_the_same_updates(planes, kernel, stride, padding, window, batch):
    from paribus.train.bench import lay_out  # noqa: PLC0415

    def bench(recipe, *, images, plan, dtype, seed):
        return lay_out(recipe, streams=Streams(seed), images=images, base_dir=None, plan=plan, dtype=dtype)

    layers = (
        f"Conv2d({planes}, {kernel}, stride={stride}, padding={padding})", "Tanh", f"Conv2d(3, 2, padding={padding})",
        "ReLU", f"MaxPool2d({window})", "Flatten", "Linear(classes)",
    )  # fmt: skip
    try:
        place(layers, image_shape=(2, 12, 11), classes=4)
    except ModelError:
        reject()
    _check(bench, layers, shape=(2, 12, 11), batch_size=batch)


@pytest.mark.parametrize("library", libraries())
def test_float32_stays_close_with_the_products_of_either_library(make_bench, library):
    plan = Plan(path="native", linear=library, convolution=library)
    recipe = make_recipe(CNN, batch_size=16, lr=0.05, steps=UPDATES)
    (_, _, _, weights), (_, _, _, fast) = _both(make_bench, recipe, shape=(3, 10, 10), dtype=torch.float32, plan=plan)
    for name, value in weights.items():
        np.testing.assert_allclose(fast[name], value, rtol=0, atol=2e-5, err_msg=name)


@pytest.mark.parametrize(("layers", "plan"), [(CNN, NATIVE), (MLP, SPARSE)], ids=["CNN", "sparse"])
@pytest.mark.parametrize("train", [{"momentum": 0.9}, {"optimizer": "Adam", "lr": 0.01}, {}], ids=str)
def test_a_stopped_run_goes_on_with_the_same_bits(make_bench, train, layers, plan):
    recipe = make_recipe((*layers[:-1], "Dropout(0.5)", layers[-1]), epochs=4, **train)
    images = make_images(100, shape=(1, 10, 10), dark=0.5)

    def run(**options):
        records = []
        bench = make_bench(recipe, images=images, plan=plan)
        outcome = train_run(bench, run="r", environment="e", on_epoch=records.append, **options)
        return records, outcome

    whole, end = run()
    half = whole[2]
    rest, other = run(resume=Resume(epoch=half.epoch, step=half.step, state=half.state))
    assert other.weights == end.weights
    timeless = {"train_seconds": 0.0, "evaluation_seconds": 0.0}
    assert [dataclasses.replace(each, **timeless) for each in rest] == [
        dataclasses.replace(each, **timeless) for each in whole[3:]
    ]


def test_bits_do_not_depend_on_where_arrays_lie(make_bench):
    recipe, images = make_recipe((*MLP[:3], "Dropout(0.1)", MLP[3]), batch_size=32), make_images(200)
    found, held = set(), []
    for size in range(60):  # each training finds the heap in another state
        held.append(np.ones(37 * size + 1, dtype=np.uint8))
        path = path_of(make_bench(recipe, images=images, plan=NATIVE))
        found.add(train_epoch(path, epoch=1, first_step=0, steps=7).losses.numpy().tobytes())
    assert len(found) == 1


@pytest.mark.parametrize(("layers", "plan"), [(CNN, NATIVE), (MLP, SPARSE)], ids=["CNN", "sparse"])
@pytest.mark.parametrize("train", [{"momentum": 0.9}, {"optimizer": "AdamW", "lr": 0.01}], ids=str)
def test_a_state_of_the_reference_loop_is_gone_on_with(make_bench, layers, plan, train):
    recipe = make_recipe(layers, steps=10, batch_size=16, **train)
    images = make_images(160, shape=(3, 10, 10), dark=0.5)
    plain, native = (path_of(make_bench(recipe, images=images, plan=each)) for each in (Plan(), plan))
    train_epoch(plain, epoch=1, first_step=0, steps=10)
    bench = make_bench(recipe, images=images, plan=plan)
    bench.restore(plain.bench.save())
    path_of(bench).settle(step=10)  # what lies elsewhere is written out
    assert bench.save() == plain.bench.save()
    train_epoch(native, epoch=1, first_step=0, steps=10)
    for mine, theirs in zip(native.bench.model.parameters(), plain.bench.model.parameters(), strict=True):
        assert mine.shape == theirs.shape
        np.testing.assert_allclose(mine.detach(), theirs.detach(), atol=1e-5)


@pytest.mark.parametrize(("layers", "fast"), [(CNN, NATIVE), (MLP, SPARSE)], ids=["CNN", "sparse"])
def test_a_loss_that_is_not_finite_ends_the_run_at_the_same_update(make_bench, layers, fast):
    recipe = make_recipe(layers, epochs=3, lr=1e12)
    images = make_images(200, shape=(1, 10, 10), dark=0.5)
    ends = []
    for plan in (Plan(), fast):
        bench = make_bench(recipe, images=images, plan=plan)
        ends.append(train_run(bench, run="r", environment="", on_epoch=lambda _: None))
    assert ends[0].state == ends[1].state == "diverged"
    assert ends[0].step == ends[1].step


def test_a_network_that_sees_no_pixels_by_a_linear_is_as_by_tiles_where_dark_ones_are_skipped(make_bench):
    recipe, images, made = make_recipe(CNN), make_images(shape=(1, 10, 10), dark=0.5), []
    for plan in (NATIVE, SPARSE):
        bench = make_bench(recipe, images=images, plan=plan)
        train_epoch(path_of(bench), epoch=1, first_step=0, steps=5)
        made.append(bench.save())
    assert made[0] == made[1]


@pytest.mark.parametrize(
    ("layer", "reason"),
    [("BatchNorm1d", "BatchNorm1d has no native form"), ("PReLU", "PReLU has no native form")],
)
def test_a_layer_without_a_native_form_is_named(make_bench, layer, reason):
    bench = make_bench(make_recipe(("Flatten", "Linear(4)", layer, "Linear(classes)")))
    with pytest.raises(Unsupported, match=reason):
        lower(list(bench.model), image_shape=(1, 8, 8), batch=4)


def test_a_pooling_window_of_more_places_than_are_told_apart_is_refused():
    layers = [nn.Conv2d(1, 1, 1), nn.MaxPool2d((256, 129)), nn.Flatten(), nn.Linear(1, 2)]
    with pytest.raises(Unsupported, match="more than 32,768 places"):
        lower(layers, image_shape=(1, 256, 129), batch=1)
    layers[1] = nn.MaxPool2d((256, 128))
    lower(layers, image_shape=(1, 256, 128), batch=1)


@pytest.mark.parametrize(("layers", "plans"), [(MLP, (NATIVE, SPARSE)), (CNN, (NATIVE,))], ids=["MLP", "CNN"])
def test_final_accuracies_of_ten_seeds_are_distributed_alike(make_bench, layers, plans):
    small = tuple(each.replace("Linear(12)", "Linear(32)") for each in layers)
    recipe = make_recipe(small, data={"source": "digits"}, lr=0.05, momentum=0.9, batch_size=32, epochs=6)
    images, accuracies = load_images(recipe.data), {}
    for plan in (Plan(), *plans):
        for seed in range(10):
            records = []
            bench = make_bench(recipe, images=images, plan=plan, seed=seed)
            train_run(bench, run="r", environment="e", on_epoch=records.append)
            accuracies.setdefault(plan, []).append(records[-1].test_accuracy)
    plain = np.array(accuracies[Plan()])
    assert plain.mean() > 0.7
    for plan in plans:
        found = np.array(accuracies[plan])
        gap = found - plain  # the same seed starts from the same weights and sees the same order
        assert abs(gap.mean()) <= max(3 * gap.std(ddof=1) / np.sqrt(10), 1 / 359)
        assert scipy.stats.ks_2samp(found, plain).pvalue > 0.05
