"""What is drawn, against plain Python that goes through the images one by one."""

import itertools
import math

import numpy as np
import pytest

from paribus.core import Streams
from paribus.study import augmentations
from paribus.train.augment_draws import Source, draws


def drawn(text, *, images=300, seed=5, epoch=2, ordinal=1, height=32, width=32, vary=None):
    streams = Streams(seed) if vary is None else Streams(seed, vary=vary)
    source = Source(streams, epoch=epoch, ordinal=ordinal, images=images)
    return draws(augmentations([text])[0], source=source, height=height, width=width)


def uniform(columns, *, images=300):
    """Return the same numbers as the source of `drawn`, by another way: integers divided by 2^53."""
    words = np.random.Philox(key=Streams(5).key("augmentation", 2, 1)).random_raw(images * columns)
    numbers = [(int(word) >> 11) / 2**53 for word in words]
    return [numbers[start : start + columns] for start in range(0, len(numbers), columns)]


def crop_by_hand(row, *, scale, ratio, height, width):
    for attempt in range(10):
        area = height * width * (scale[0] + (scale[1] - scale[0]) * row[attempt])
        shape = math.exp(math.log(ratio[0]) + (math.log(ratio[1]) - math.log(ratio[0])) * row[10 + attempt])
        w, h = round(math.sqrt(area * shape)), round(math.sqrt(area / shape))
        if 0 < w <= width and 0 < h <= height:
            return math.floor(row[20] * (height - h + 1)), math.floor(row[21] * (width - w + 1)), h, w
    own = width / height
    w = width if own <= ratio[1] else round(height * ratio[1])
    h = height if own >= ratio[0] else round(width / ratio[0])
    return (height - h) // 2, (width - w) // 2, h, w


@pytest.mark.parametrize(
    ("text", "scale", "ratio", "height", "width"),
    [
        ("RandomResizedCrop", (0.08, 1.0), (3 / 4, 4 / 3), 32, 32),
        ("RandomResizedCrop(scale=(0.9, 1.0), ratio=(0.4, 0.5))", (0.9, 1.0), (0.4, 0.5), 20, 33),
        ("RandomResizedCrop(scale=(0.95, 1.0), ratio=(2, 3))", (0.95, 1.0), (2.0, 3.0), 40, 20),
        ("RandomResizedCrop(scale=(1, 1), ratio=(1, 1))", (1.0, 1.0), (1.0, 1.0), 8, 9),
    ],
)
def test_a_crop_is_the_first_of_ten_that_fits_or_the_middle(text, scale, ratio, height, width):
    (found,) = drawn(text, height=height, width=width)
    expected = [crop_by_hand(row, scale=scale, ratio=ratio, height=height, width=width) for row in uniform(22)]
    np.testing.assert_array_equal(found, expected)
    assert (found[:, 0] + found[:, 2]).max() <= height
    assert (found[:, 1] + found[:, 3]).max() <= width


def test_the_cases_above_have_both_first_attempts_and_middles():
    (usual,) = drawn("RandomResizedCrop")
    assert len(np.unique(usual, axis=0)) > 250
    (middle,) = drawn("RandomResizedCrop(scale=(0.95, 1.0), ratio=(2, 3))", height=40, width=20)
    assert middle.tolist() == [[15, 0, 10, 20]] * 300


def hole_by_hand(row, *, p, scale, ratio, height, width):
    if row[0] >= p:
        return 0, 0, 0, 0
    for attempt in range(10):
        area = height * width * (scale[0] + (scale[1] - scale[0]) * row[1 + attempt])
        shape = math.exp(math.log(ratio[0]) + (math.log(ratio[1]) - math.log(ratio[0])) * row[11 + attempt])
        h, w = round(math.sqrt(area * shape)), round(math.sqrt(area / shape))
        if h < height and w < width:
            return math.floor(row[21] * (height - h + 1)), math.floor(row[22] * (width - w + 1)), h, w
    return 0, 0, 0, 0


@pytest.mark.parametrize(("p", "scale"), [(0.5, (0.02, 0.33)), (1.0, (0.9, 1.0))])
def test_a_hole_is_the_first_of_ten_smaller_than_the_image_or_none(p, scale):
    (found,) = drawn(f"RandomErasing({p}, {scale})", height=24, width=32)
    expected = [hole_by_hand(row, p=p, scale=scale, ratio=(0.3, 3.3), height=24, width=32) for row in uniform(23)]
    np.testing.assert_array_equal(found, expected)
    assert 0 < (found[:, 2] == 0).sum() < 300


def test_flips_corners_and_angles_follow_from_the_numbers():
    (flips,) = drawn("RandomHorizontalFlip(0.3)")
    assert flips.tolist() == [row[0] < 0.3 for row in uniform(1)]
    (corners,) = drawn("RandomCrop(padding=(1, 2, 3, 0))")
    assert corners.tolist() == [[math.floor(row[0] * 3), math.floor(row[1] * 5)] for row in uniform(2)]
    (turns,) = drawn("RandomRotation((-10, 50))")
    angles = [math.radians(-10 + 60 * row[0]) for row in uniform(1)]
    np.testing.assert_allclose(turns, [(math.cos(angle), math.sin(angle)) for angle in angles], atol=1e-12)


def test_jitters_have_factors_in_their_spans_and_every_order_equally_often():
    factors, order = drawn("ColorJitter(brightness=0.4, hue=(0.1, 0.2))", images=24_000)
    for number, (low, high) in enumerate([(0.6, 1.4), (0, 0), (0, 0), (0.1, 0.2)]):
        assert factors[:, number].min() >= low
        assert factors[:, number].max() <= high
    found, counts = np.unique(order, axis=0, return_counts=True)
    assert {tuple(each) for each in found} == set(itertools.permutations(range(4)))
    assert abs(counts - 1000).max() < 5 * math.sqrt(1000)


def test_shares_are_as_declared():
    n = 40_000
    assert abs(drawn("RandomHorizontalFlip", images=n)[0].sum() - n / 2) < 4 * math.sqrt(n / 4)
    (corners,) = drawn("RandomCrop(padding=4)", images=n)
    places = np.bincount(corners[:, 0] * 9 + corners[:, 1], minlength=81)
    assert len(places) == 81
    assert ((places - n / 81) ** 2 / (n / 81)).sum() < 140  # chi-square with 80 degrees: 1 in 20,000 above
    weights, partner = drawn("mixup(0.2)", images=n)
    assert weights.mean() == pytest.approx(0.5, abs=0.01)
    assert weights.var() == pytest.approx(1 / (4 * (2 * 0.2 + 1)), abs=0.005)
    assert abs(np.corrcoef(weights, partner)[0, 1]) < 0.02


EVERY = [
    "RandomResizedCrop",
    "RandomCrop(padding=4)",
    "RandomHorizontalFlip",
    "RandomRotation(15)",
    "ColorJitter(0.1, 0.1, 0.1, 0.1)",
    "RandomErasing",
    "mixup(0.2)",
]


@pytest.mark.parametrize("text", EVERY)
def test_a_draw_depends_on_seed_epoch_place_and_image_and_on_nothing_else(text):
    first = drawn(text)
    more = drawn(text, images=70_000)  # more than are in memory at a time
    for few, many in zip(first, more, strict=True):
        assert np.array_equal(few, many[:300])
    for others in ({"seed": 6}, {"epoch": 3}, {"ordinal": 0}):
        assert not all(np.array_equal(*each) for each in zip(first, drawn(text, **others), strict=True))
    held = [drawn(text, seed=seed, vary=("init",)) for seed in (5, 6)]
    assert all(np.array_equal(*each) for each in zip(*held, strict=True))
