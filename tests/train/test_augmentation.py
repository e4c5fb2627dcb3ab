"""An epoch's augmentation as a whole: what it depends on, what it leaves alone, and what a batch becomes."""

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from making import make_images, make_recipe

from paribus.core import Streams, StudyError
from paribus.train import Plan
from paribus.train.augmentation import draw
from paribus.train.loop import path_of

PIXELS = (
    "RandomCrop(padding=2)",
    "RandomHorizontalFlip",
    "RandomVerticalFlip",
    "RandomRotation(15)",
    "RandomResizedCrop(scale=(0.3, 1.0))",
    'RandomRotation(20, interpolation="bilinear")',
    "ColorJitter(brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1)",
)
ALL = (*PIXELS, "RandomErasing(p=0.8)", "mixup(0.4)")


def pixels(channels=3):
    return make_images(60, shape=(channels, 9, 8)).train_images


def epoch(texts, images, *, seed=0, number=1, dtype=torch.float32):
    cpu = torch.device("cpu")
    return draw(texts, streams=Streams(seed), epoch=number, images=images.shape, dtype=dtype, device=cpu)


def result(texts, images, index, **options):
    drawn = epoch(texts, images, **options)
    return drawn.erase(drawn.pixels(torch.tensor(images[index]), torch.tensor(index)).float(), torch.tensor(index))


@pytest.mark.parametrize("texts", [*[(each,) for each in PIXELS], ALL[:-1]])
@pytest.mark.parametrize("channels", [1, 3])
def test_an_image_s_augmentation_does_not_depend_on_its_batch(texts, channels):
    images = pixels(channels)
    whole = result(texts, images, np.arange(60))
    for index in ([17], [59, 3], list(range(40, 9, -1))):
        assert torch.equal(result(texts, images, np.array(index)), whole[index])


def test_it_repeats_itself_and_differs_with_epoch_and_seed():
    images, index = pixels(), np.arange(60)
    first = result(ALL, images, index)
    assert torch.equal(first, result(ALL, images, index))
    for others in ({"number": 2}, {"seed": 1}):
        different = (result(ALL, images, index, **others) != first).flatten(1).any(dim=1)
        assert different.all()


@pytest.mark.parametrize("text", [*PIXELS, "RandomErasing(p=0.8)"])
def test_every_transform_does_something_and_none_writes_to_what_it_was_given(text):
    images = torch.tensor(pixels())
    before, index = images.clone(), torch.arange(60)
    drawn = epoch((text,), images.numpy())
    changed = drawn.erase(drawn.pixels(images, index).to(torch.float32, copy=True), index)
    assert torch.equal(images, before)
    assert (changed != before).flatten(1).any(dim=1).float().mean() > 0.4
    assert changed.min() >= 0
    assert changed.max() <= 255


def test_transforms_act_in_the_order_of_the_list():
    images, index = pixels(), np.arange(60)
    mirrored = np.flip(images, 3).copy()
    crop, always, never = "RandomCrop(padding=2)", "RandomHorizontalFlip(1.0)", "RandomHorizontalFlip(0.0)"
    assert torch.equal(result((always, crop), images, index), result((never, crop), mirrored, index))
    assert torch.equal(result((crop, always), images, index), result((crop, never), images, index).flip(3))
    assert not torch.equal(result((crop, always), images, index), result((crop, never), mirrored, index))


@pytest.mark.parametrize(("text", "kept"), [(PIXELS[0], True), (PIXELS[1], True), (PIXELS[4], False)])
def test_pixels_stay_whole_numbers_until_something_interpolates(text, kept):
    images = torch.tensor(pixels())
    for dtype in (torch.float32, torch.float64):
        found = epoch((text,), images.numpy(), dtype=dtype).pixels(images, torch.arange(60))
        assert found.dtype == (torch.uint8 if kept else dtype)


def test_a_mixed_batch_is_images_and_labels_in_the_same_shares():
    images = pixels()
    index = torch.tensor([4, 40, 7, 33, 20, 11])
    x, labels = torch.tensor(images)[index].double(), torch.tensor([0, 1, 2, 3, 2, 1])
    drawn = epoch(("RandomHorizontalFlip", "mixup(0.4)"), images, dtype=torch.float64)
    mixed, targets = drawn.mix(x, labels, index, classes=4)
    weight, order = (each[index].numpy() for each in drawn.drawn[1].values)
    partner = sorted(range(6), key=lambda place: order[place])
    assert sorted(partner) == list(range(6))
    for place, other in enumerate(partner):
        expected = weight[place] * x[place].numpy() + (1 - weight[place]) * x[other].numpy()
        np.testing.assert_allclose(mixed[place], expected, atol=1e-9)
        shares = np.zeros(4)
        shares[labels[place]] += weight[place]
        shares[labels[other]] += 1 - weight[place]
        np.testing.assert_allclose(targets[place], shares, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 9, 7)])
@pytest.mark.parametrize("path", ["native", "reference"])
def test_a_path_augments_normalises_and_erases_to_the_mean(make_bench, dtype, shape, path):
    images = make_images(shape=shape)
    recipe = make_recipe(
        augment=(
            "RandomHorizontalFlip",
            "RandomErasing(p=1.0)",
        )
    )
    bench = make_bench(recipe, images=images, dtype=dtype, plan=Plan(path=path))
    plain = make_bench(make_recipe(), images=images, dtype=dtype)
    part, index = bench.parts["train"], torch.arange(50)
    augmentation = bench.augmentation(3)
    found = path_of(bench).pixels(part, index, augmentation)
    flips, holes = augmentation.drawn[0].values[0], augmentation.drawn[1].values[0]
    assert found.dtype == dtype
    expected = plain.pixels(part, index)
    for number in range(50):
        image = expected[number].flip(2) if flips[number] else expected[number]
        top, left, down, across = holes[number].tolist()
        image[:, top : top + down, left : left + across] = 0
        assert torch.equal(found[number], image)
    assert plain.augmentation(1) is None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shape=st.tuples(st.sampled_from((1, 3)), st.integers(6, 40), st.integers(6, 40)),
    moved=st.lists(
        st.one_of(
            st.tuples(st.integers(1, 5), *[st.integers(0, 5)] * 3).map(
                lambda padding: f"RandomCrop(padding={padding})"
            ),
            st.sampled_from(("RandomHorizontalFlip", "RandomVerticalFlip")),
        ),
        min_size=1,
        max_size=4,
    ),
    after=st.sampled_from(((), ("RandomErasing(p=0.5)",))),
)
def test_pixels_are_moved_as_they_are_read_to_where_transforms_put_them(make_bench, shape, moved, after):
    images = make_images(60, shape=shape)
    bench = make_bench(make_recipe(augment=(*moved, *after)), images=images, plan=Plan(path="native"))
    part, augmentation = bench.parts["train"], bench.augmentation(2)
    index = torch.randperm(60, generator=torch.Generator().manual_seed(1))[:50]
    assert augmentation.moves is not None
    found = path_of(bench).pixels(part, index, augmentation)
    assert torch.equal(found, bench.pixels(part, index, augmentation))


def test_only_whole_pixels_are_moved_as_they_are_read():
    for text in PIXELS[3:]:
        assert epoch(("RandomHorizontalFlip", text), pixels()).moves is None
    assert epoch(("RandomVerticalFlip", *ALL[-2:]), pixels()).moves is not None


def test_what_does_not_fit_the_images_is_refused(make_bench):
    bench = make_bench(make_recipe(augment=("RandomCrop(32, padding=4)",)))
    with pytest.raises(StudyError, match="makes 32 x 32 of images that are 8 x 8"):
        bench.augmentation(1)
