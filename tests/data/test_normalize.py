import numpy as np
import pytest

from paribus.core import DataError, Streams
from paribus.data import Arrays, Collected, Normalization, load_images, make_images, normalization, split_images
from paribus.study import DataSpec, Standardization

LABELS = [0, 1, 2] * 700


def test_mean_and_deviation_are_those_of_the_training_split_alone(made):
    images = made(LABELS, shape=(3, 5, 4))
    spec = DataSpec(source="mnist", validation=600, train_images=1100)
    split = split_images(images, spec, streams=Streams(0))
    found = normalization(images, split, spec)
    pixels = images.train_images[split.train].astype(np.float64) / 255
    np.testing.assert_allclose(found.mean, pixels.mean(axis=(0, 2, 3)), rtol=1e-12)
    np.testing.assert_allclose(found.std, pixels.std(axis=(0, 2, 3)), rtol=1e-12)
    changed = images.train_images.copy()
    changed[split.validation] = 255
    arrays = Arrays(changed, images.train_labels, images.test_images // 2, images.test_labels)
    others = make_images("made", Collected(arrays, images.classes))
    assert normalization(others, split, spec) == found


def test_a_channel_without_variation_is_divided_by_one():
    train = np.full((4, 2, 2, 2), 51, dtype=np.uint8)
    train[0, 1] = 0
    labels = np.zeros(4, dtype=np.int64)
    images = make_images("made", Collected(Arrays(train, labels, train, labels), ("a",)))
    spec = DataSpec(source="mnist")
    found = normalization(images, split_images(images, spec, streams=Streams(0)), spec)
    assert found.mean == pytest.approx((0.2, 0.15))
    assert found.std == pytest.approx((1.0, 0.2 * 0.1875**0.5))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (False, Normalization((0.0,) * 3, (1.0,) * 3)),
        (Standardization(mean=(0.5,), std=(0.25,)), Normalization((0.5,) * 3, (0.25,) * 3)),
        (
            Standardization(mean=(0.1, 0.2, 0.3), std=(1.0, 2.0, 3.0)),
            Normalization((0.1, 0.2, 0.3), (1.0, 2.0, 3.0)),
        ),
    ],
)
def test_given_statistics_are_used(made, asked, expected):
    images = made(LABELS, shape=(3, 2, 2))
    spec = DataSpec(source="mnist", normalize=asked)
    assert normalization(images, split_images(images, spec, streams=Streams(0)), spec) == expected


def test_statistics_for_another_number_of_channels_are_an_error(made):
    images = made(LABELS, shape=(3, 2, 2))
    spec = DataSpec(source="mnist", normalize=Standardization(mean=(0.5,), std=(0.5, 0.5)))
    with pytest.raises(DataError, match=r"data\.normalize\.std: 2 values for images of 3 channels"):
        normalization(images, split_images(images, spec, streams=Streams(0)), spec)


@pytest.mark.parametrize(
    ("source", "mean", "std"),
    [
        ("mnist", (0.1307,), (0.3081,)),
        ("cifar10", (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
    ],
)
def test_the_known_statistics_of_the_real_data(real_data, source, mean, std):
    spec = DataSpec(source=source)
    images = load_images(spec, data_dir=real_data)
    found = normalization(images, split_images(images, spec, streams=Streams(0)), spec)
    assert tuple(round(value, 4) for value in found.mean) == mean
    assert tuple(round(value, 4) for value in found.std) == std
