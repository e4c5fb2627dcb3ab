"""The reference loop against NumPy, against itself when stopped and resumed, and against what it promises."""

import dataclasses
import time

import numpy as np
import pytest
import torch
from making import CNN, MLP, make_images, make_recipe
from oracle import forward_backward, sgd

from paribus.core import Streams
from paribus.train import Plan, Resume, loop
from paribus.train.loop import train_run
from paribus.train.loss import loss_of

ORACLE_LAYERS = {
    MLP: ("flatten", "linear", "relu", "linear"),
    CNN: ("conv", "relu", "pool", "flatten", "linear"),
}


def _parameters(bench):
    values = [value.detach().numpy().copy() for value in bench.model.parameters()]
    return [[weight, bias] for weight, bias in zip(values[::2], values[1::2], strict=True)]


def _normalised(bench, part):
    """Normalise by hand: pixels / 255, minus the training mean, over the training standard deviation."""
    train = bench.parts["train"]
    pixels = train.images[train.index].numpy().astype(np.float64) / 255
    mean, std = pixels.mean(axis=(0, 2, 3), keepdims=True), pixels.std(axis=(0, 2, 3), keepdims=True)
    return (part.images.numpy().astype(np.float64) / 255 - mean) / std


def _records(bench, **options):
    records = []
    outcome = train_run(bench, run="r", environment="e", on_epoch=records.append, **options)
    return records, outcome


@pytest.mark.parametrize("layers", [MLP, CNN])
def test_gradients_agree_with_numpy(make_bench, layers):
    bench = make_bench(make_recipe(layers), dtype=torch.float64)
    part = bench.parts["train"]
    index = torch.arange(32)
    labels = part.labels[index]
    loss = loss_of(bench.model(bench.pixels(part, index)), labels, spec=bench.recipe.train)
    loss.backward()
    expected, gradients = forward_backward(
        ORACLE_LAYERS[layers], _parameters(bench), _normalised(bench, part)[:32], labels.numpy()
    )
    assert loss.item() == pytest.approx(expected, abs=1e-9)
    ours = [value.grad.numpy() for value in bench.model.parameters()]
    for mine, theirs in zip(ours, [part for pair in gradients for part in pair], strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-6, rtol=0)


@pytest.mark.parametrize("layers", [MLP, CNN])
def test_fifty_updates_agree_with_numpy(make_bench, layers):
    bench = make_bench(make_recipe(layers, steps=50, lr=0.05, momentum=0.9), dtype=torch.float64)
    part, parameters = bench.parts["train"], _parameters(bench)
    images, labels = _normalised(bench, part), part.labels.numpy()
    orders = [index.numpy() for epoch in range(1, 8) for index in bench.order(epoch).split(16)]
    expected = sgd(
        ORACLE_LAYERS[layers],
        parameters,
        [(images[index], labels[index]) for index in orders[:50]],
        lr=0.05,
        momentum=0.9,
    )
    records, outcome = _records(bench)
    losses = np.frombuffer(b"".join(record.batch_losses for record in records), "<f4")
    assert outcome.state == "done"
    assert outcome.step == len(losses) == 50
    np.testing.assert_allclose(losses, expected, atol=1e-5, rtol=0)
    assert losses[-8:].mean() < 0.5 * losses[:8].mean()  # it learns, too
    for mine, theirs in zip(_parameters(bench), parameters, strict=True):
        np.testing.assert_allclose(mine[0], theirs[0], atol=1e-5, rtol=0)


HARD_TO_RESUME = {
    "momentum": {"momentum": 0.9, "nesterov": True, "weight_decay": 1e-3},
    "adam": {"optimizer": "Adam", "lr": 0.01, "weight_decay": 1e-3},
    "adamw-cosine": {"optimizer": "AdamW", "lr": 0.01, "schedule": {"cosine": {}}},
    "onecycle": {"schedule": {"onecycle": {}}},
}
NOISY = ("Conv2d(4, 3)", "BatchNorm2d", "ReLU", "Dropout(0.4)", "Flatten", "Linear(8)", "Dropout(0.2)")
NOISY += ("Linear(classes)",)


@pytest.mark.parametrize("memory_format", ["contiguous", "channels_last"])
@pytest.mark.parametrize("train", HARD_TO_RESUME.values(), ids=HARD_TO_RESUME)
def test_resumed_after_any_epoch_it_ends_with_the_same_bits(make_bench, train, memory_format):
    recipe = make_recipe(NOISY, epochs=3, batch_size=25, data={"validation": 20}, **train)
    plan = Plan(memory_format=memory_format)
    whole, end = _records(make_bench(recipe, plan=plan))
    for record in whole[:-1]:
        resume = Resume(epoch=record.epoch, step=record.step, state=record.state)
        rest, again = _records(make_bench(recipe, plan=plan), resume=resume)
        assert again.weights == end.weights
        assert again.predictions == end.predictions
        assert [_timeless(each) for each in rest] == [_timeless(each) for each in whole[record.epoch + 1 :]]


EVERYTHING = (
    "RandomCrop(padding=2)",
    "RandomHorizontalFlip",
    "RandomVerticalFlip",
    "RandomRotation(15)",
    "RandomResizedCrop",
    "ColorJitter(brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1)",
    "RandomErasing",
    "mixup(0.2)",
)


@pytest.mark.parametrize(("shape", "memory_format"), [((1, 8, 8), "contiguous"), ((3, 8, 8), "channels_last")])
def test_resumed_with_every_augmentation_it_ends_with_the_same_bits(make_bench, shape, memory_format):
    recipe = make_recipe(NOISY, epochs=3, batch_size=25, augment=EVERYTHING, data={"validation": 20})
    images, plan = make_images(shape=shape), Plan(memory_format=memory_format)
    whole, end = _records(make_bench(recipe, images=images, plan=plan))
    assert end.state == "done"
    for record in whole[:-1]:
        resume = Resume(epoch=record.epoch, step=record.step, state=record.state)
        rest, again = _records(make_bench(recipe, images=images, plan=plan), resume=resume)
        assert again.weights == end.weights
        assert [_timeless(each) for each in rest] == [_timeless(each) for each in whole[record.epoch + 1 :]]


def test_updates_on_flipped_images_agree_with_numpy(make_bench):
    recipe = make_recipe(MLP, steps=20, lr=0.05, momentum=0.9, augment=("RandomHorizontalFlip",))
    bench = make_bench(recipe, dtype=torch.float64)
    part, parameters = bench.parts["train"], _parameters(bench)
    images, labels, batches = _normalised(bench, part), part.labels.numpy(), []
    for epoch in (1, 2, 3):
        words = np.random.Philox(key=Streams(0).key("augmentation", epoch, 0)).random_raw(len(part.images))
        flipped = np.where((words < 2**63)[:, None, None, None], np.flip(images, 3), images)
        orders = [index.numpy() for index in bench.order(epoch).split(16)]
        batches += [(flipped[index], labels[index]) for index in orders]
    expected = sgd(ORACLE_LAYERS[MLP], parameters, batches[:20], lr=0.05, momentum=0.9)
    records, _ = _records(bench)
    losses = np.frombuffer(b"".join(record.batch_losses for record in records), "<f4")
    np.testing.assert_allclose(losses, expected, atol=1e-5, rtol=0)


def test_every_split_is_measured_on_the_images_as_they_are(make_bench):
    plain, augmented = (
        make_bench(make_recipe(epochs=1, lr=1e-30, augment=augment, data={"validation": 20}))
        for augment in ((), EVERYTHING)
    )
    clean, changed = _records(plain)[0], _records(augmented)[0]
    for name in (
        "clean_loss",
        "clean_accuracy",
        "validation_loss",
        "validation_accuracy",
        "test_loss",
        "test_accuracy",
    ):
        assert [getattr(each, name) for each in clean] == [getattr(each, name) for each in changed], name
    assert clean[1].train_loss != changed[1].train_loss


def test_running_accuracy_counts_the_label_with_the_larger_share(make_bench):
    bench = make_bench(make_recipe(epochs=1, lr=1e-30, batch_size=120, augment=("mixup(1.0)",)), dtype=torch.float64)
    part, index = bench.parts["train"], bench.order(1)
    with torch.no_grad():
        drawn = bench.augmentation(1)
        mixed, shares = drawn.mix(bench.pixels(part, index), part.labels[index], index, classes=4)
        right = (bench.model(mixed).argmax(1).numpy() == shares.numpy().argmax(1)).mean()
    records, _ = _records(bench)
    assert records[1].running_accuracy == pytest.approx(right, abs=1e-6)
    assert shares.max(1).values.min() < 0.6  # some are mixed thoroughly


def _timeless(record):
    return dataclasses.replace(record, train_seconds=0.0, evaluation_seconds=0.0)


def test_a_seed_fixes_every_bit_and_another_seed_changes_them(make_bench):
    recipe = make_recipe(NOISY)
    first, again, other = (_records(make_bench(recipe, seed=seed))[1].weights for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_streams_that_the_seed_does_not_vary_stay_the_same(make_bench):
    bench = make_bench(make_recipe())
    only_init = [dataclasses.replace(bench, streams=Streams(seed, vary=("init",))) for seed in (1, 2)]
    assert torch.equal(only_init[0].order(1), only_init[1].order(1))
    everything = [dataclasses.replace(bench, streams=Streams(seed)) for seed in (1, 2)]
    assert not torch.equal(everything[0].order(1), everything[1].order(1))


def test_every_training_image_is_used_once_an_epoch(make_bench):
    bench = make_bench(make_recipe(data={"validation": 20}))
    for epoch in (1, 2):
        assert sorted(bench.order(epoch).tolist()) == sorted(bench.parts["train"].index.tolist())
    assert not torch.equal(bench.order(1), bench.order(2))


def test_a_loss_that_is_not_finite_ends_the_run_at_that_update(make_bench):
    recipe = make_recipe(loss="mse", lr=1e6, epochs=5)
    records, outcome = _records(make_bench(recipe))
    losses = np.frombuffer(outcome.batch_losses, "<f4")
    assert outcome.state == "diverged"
    assert not np.isfinite(losses[-1])
    assert np.isfinite(losses[:-1]).all()
    assert outcome.step == sum(len(r.batch_losses) // 4 for r in records) + len(losses)
    assert outcome.weights is None
    assert outcome.predictions is None
    assert f"update {outcome.step:,}" in outcome.message


def test_records_say_what_was_measured(make_bench):
    recipe = make_recipe(epochs=2, data={"validation": 20})
    bench = make_bench(recipe)
    records, outcome = _records(bench)
    assert [record.epoch for record in records] == [0, 1, 2]
    assert records[0].train_loss is None
    assert records[0].clean_loss == pytest.approx(np.log(4), rel=0.2)  # ln C before training
    last = records[-1]
    losses = np.frombuffer(last.batch_losses, "<f4")
    assert last.train_loss == pytest.approx(losses.mean(), rel=1e-6)
    accuracies = np.frombuffer(last.batch_accuracies, "<f4")
    sizes = [16] * 6 + [4]
    assert last.running_accuracy == pytest.approx(np.average(accuracies, weights=sizes), rel=1e-6)
    predicted = np.frombuffer(outcome.predictions.classes, "<u2")
    assert (predicted == bench.parts["test"].labels.numpy()).mean() == last.test_accuracy
    shares = np.frombuffer(outcome.predictions.probabilities, "<f2").reshape(40, 4)
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=2e-3)


def test_a_test_loss_that_is_not_finite_decides_nothing(make_bench, monkeypatch):
    bench = make_bench(make_recipe(data={"validation": 20}))
    measured, predicted = loop.measure, loop.predict

    def blind(path, part):
        found = measured(path, part)
        return dataclasses.replace(found, loss=float("inf")) if part is path.bench.parts["test"] else found

    def blind_at_the_end(path, part):
        predictions, found = predicted(path, part)
        return predictions, dataclasses.replace(found, loss=float("inf"))

    monkeypatch.setattr(loop, "measure", blind)
    monkeypatch.setattr(loop, "predict", blind_at_the_end)
    records, outcome = _records(bench)
    assert outcome.state == "done"
    assert {record.test_loss for record in records} == {None}


def test_buffers_outside_of_torch_s_state_are_resumed(make_bench):
    first, second = make_bench(make_recipe()), make_bench(make_recipe())
    for bench in (first, second):
        bench.model.register_buffer("hidden", torch.zeros(2), persistent=False)
    first.model.hidden.fill_(7)
    second.restore(first.save())
    assert second.model.hidden.tolist() == [7, 7]


def test_steps_end_a_training_within_an_epoch(make_bench):
    records, outcome = _records(make_bench(make_recipe(steps=10)))  # 120 images, batch 16: 8 updates an epoch
    assert [len(record.batch_losses) // 4 for record in records] == [0, 8, 2]
    assert outcome.step == records[-1].step == 10


def test_no_global_generator_is_touched(make_bench):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    np.random.seed(5)  # noqa: NPY002  the global generator is what must stay as it is
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    _records(make_bench(make_recipe(NOISY)))
    assert torch.equal(before, torch.get_rng_state())
    assert (state == np.random.get_state()[1]).all()  # noqa: NPY002


@pytest.mark.parametrize("path", ["native", "reference"])
def test_the_last_test_loss_is_that_of_the_predictions_and_of_a_measurement(make_bench, path):
    bench = make_bench(make_recipe(), plan=Plan(path=path))
    records, outcome = _records(bench)
    made = loop.path_of(bench)
    found = loop.measure(made, bench.parts["test"])
    assert records[-1].test_loss == pytest.approx(found.loss, rel=1e-6)
    assert records[-1].test_accuracy == found.accuracy
    classes = np.frombuffer(outcome.predictions.classes, dtype="<u2")
    assert np.mean(classes == bench.parts["test"].labels.numpy()) == found.accuracy


def test_the_time_of_the_last_test_measurement_counts(make_bench, monkeypatch):
    predicted = loop.predict

    def slowly(path, part):
        time.sleep(0.5)
        return predicted(path, part)

    monkeypatch.setattr(loop, "predict", slowly)
    records, _ = _records(make_bench(make_recipe(epochs=2)))
    assert records[-1].evaluation_seconds > 0.5
    assert all(record.train_seconds < 0.5 for record in records)
