import numpy as np
import pytest
from making import make_images

from paribus.core import Streams, StudyError
from paribus.train import augmented

PIXELS = make_images(20, shape=(3, 8, 8)).train_images


def sheet(*texts, epoch=1):
    return augmented(PIXELS, augment=texts, streams=Streams(2), epoch=epoch)


def test_without_transforms_images_come_back_as_they_are():
    assert np.array_equal(sheet(), PIXELS)


def test_images_are_those_of_the_epoch():
    flipped = sheet("RandomHorizontalFlip")
    either = [np.array_equal(a, b) or np.array_equal(a, np.flip(b, 2)) for a, b in zip(flipped, PIXELS, strict=True)]
    assert all(either)
    assert 0 < sum(np.array_equal(a, b) for a, b in zip(flipped, PIXELS, strict=True)) < 20
    assert np.array_equal(flipped, sheet("RandomHorizontalFlip"))
    assert not np.array_equal(flipped, sheet("RandomHorizontalFlip", epoch=2))


def test_what_is_erased_is_mid_grey():
    found = sheet("RandomErasing(p=1.0)")
    assert found.dtype == np.uint8
    changed = found != PIXELS
    assert changed.any(axis=(1, 2, 3)).all()
    assert set(found[changed]) == {128}


def test_mixup_mixes_with_the_next_image():
    found = sheet("mixup(1.0)").astype(int)
    for one, two, mixed in zip(PIXELS.astype(int), np.roll(PIXELS, -1, axis=0).astype(int), found, strict=True):
        assert (mixed >= np.minimum(one, two)).all()
        assert (mixed <= np.maximum(one, two)).all()
        far = abs(one - two) > 60
        share = (mixed - two)[far] / (one - two)[far]
        assert np.ptp(share) < 0.02  # one weight per image


def test_what_does_not_fit_is_refused():
    with pytest.raises(StudyError, match="makes 32 x 32"):
        sheet("RandomCrop(32, padding=4)")
