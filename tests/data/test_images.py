import numpy as np
import pytest

from paribus.core import DataError
from paribus.data import Arrays, Collected, make_images
from paribus.data.images import resized


def arrays(count=6):
    pixels = np.arange(count * 12, dtype=np.uint8).reshape(count, 1, 3, 4)
    return pixels, np.arange(count, dtype=np.int64) % 3, pixels[:3] + 1, np.arange(3, dtype=np.int64)


@pytest.mark.parametrize("part", range(4))
def test_the_fingerprint_covers_every_array_and_the_test_fingerprint_the_test_arrays(part):
    before = make_images("made", Collected(arrays(), ("a", "b", "c")))
    changed = [array.copy() for array in arrays()]
    changed[part].flat[-1] ^= 1
    after = make_images("made", Collected(Arrays(*changed), ("a", "b", "c", "d")))
    assert after.fingerprint != before.fingerprint
    assert (after.test_fingerprint != before.test_fingerprint) == (part >= 2)


def test_the_fingerprint_covers_the_shape():
    train, labels, test, test_labels = arrays()
    turned = (train.reshape(6, 1, 4, 3), labels, test.reshape(3, 1, 4, 3), test_labels)
    classes = ("a", "b", "c")
    assert (
        make_images("made", Collected(turned, classes)).fingerprint
        != make_images("made", Collected(arrays(), classes)).fingerprint
    )


def test_arrays_are_read_only():
    images = make_images("made", Collected(arrays(), ("a", "b", "c")))
    with pytest.raises(ValueError, match="read-only"):
        images.train_images[0] = 0


@pytest.mark.parametrize(
    ("part", "wrong", "complaint"),
    [
        (0, np.zeros((6, 1, 3, 4)), "training images are float64"),
        (0, np.zeros((0, 1, 3, 4), np.uint8), "training images are uint8"),
        (2, np.zeros((3, 1, 4, 4), np.uint8), "differ in shape"),
        (1, np.zeros(5, np.int64), "training labels are int64"),
        (3, np.zeros(3, np.uint8), "test labels are uint8"),
        (3, np.array([0, 1, 3]), "test labels go from 0 to 3"),
        (3, np.array([-1, 1, 2]), "test labels go from -1 to 2"),
    ],
)
def test_arrays_that_do_not_fit_are_named(part, wrong, complaint):
    changed = list(arrays())
    changed[part] = wrong
    with pytest.raises(DataError, match=complaint):
        make_images("made", Collected(Arrays(*changed), ("a", "b", "c")))


def triangle(source, target):
    """Weights [target, source] of a triangle filter, widened by the factor where there are fewer points."""
    scale = source / target
    width = max(scale, 1.0)
    centres = (np.arange(target)[:, np.newaxis] + 0.5) * scale
    distance = np.abs(np.arange(source) + 0.5 - centres) / width
    weights = np.clip(1 - distance, 0, None)
    return weights / weights.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("size", [2, 5, 8, 13])
def test_resizing_is_a_triangle_filter_of_each_channel(size):
    noise = np.random.Generator(np.random.Philox(key=1))
    images = noise.integers(0, 256, size=(4, 3, 8, 8), dtype=np.uint8)
    exact = np.einsum("nchw,yh,xw->ncyx", images.astype(np.float64), triangle(8, size), triangle(8, size))
    found = resized(images, size=size)
    assert (found.shape, found.dtype) == ((4, 3, size, size), np.uint8)
    # Rounded to 8 bits after the rows and again after the columns.
    assert np.abs(found - exact).max() <= 1.01


def test_a_size_that_no_memory_holds_is_an_error(monkeypatch):
    def none_left(*_arguments, **_settings):
        raise MemoryError

    images = np.zeros((60_000, 1, 1, 2), dtype=np.uint8)
    monkeypatch.setattr("numpy.empty", none_left)
    with pytest.raises(DataError, match=r"60,000 images of 1024 x 1024 need 59 GiB"):
        resized(images, size=1024)
