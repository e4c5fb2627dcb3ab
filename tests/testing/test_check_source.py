import re
import textwrap

import numpy as np
import pytest

from paribus.core import DataError
from paribus.testing import check_source

NOISE = np.random.Generator(np.random.Philox(key=5))
TRAIN = NOISE.integers(0, 256, size=(40, 4, 4), dtype=np.uint8)
TEST = NOISE.integers(0, 256, size=(8, 4, 4), dtype=np.uint8)
LABELS, TEST_LABELS = np.arange(40) % 4, np.arange(8) % 4


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))


def sound(**parts):
    return {"train": (TRAIN, LABELS), "test": (TEST, TEST_LABELS), **parts}


class Augmenting:
    """A dataset whose items are drawn anew each time, as those of torchvision's random transforms are."""

    def __len__(self):
        return 40

    def __getitem__(self, index):
        return NOISE.integers(0, 256, size=(4, 4), dtype=np.uint8), int(LABELS[index])


def shuffled():
    order = NOISE.permutation(40)
    return sound(train=(TRAIN[order], LABELS[order]))


def test_sound_images_keep_the_contract_in_every_form():
    data = pytest.importorskip("torch.utils.data")
    torch = pytest.importorskip("torch")
    tensors = data.TensorDataset(torch.from_numpy(TRAIN), torch.from_numpy(LABELS))
    for source in (sound(), sound, (TRAIN, LABELS), tensors, "digits", sound(validation=(TEST + 1, TEST_LABELS))):
        found = check_source(source)
        assert found, str(found)
    words = " ".join(check_source(sound()).satisfied)
    assert "40 training and 8 test images of 1 x 4 x 4" in words
    assert "4 classes, each with 10 to 10 training images" in words


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (Augmenting(), "two readings give other pixels, so every run would be another run"),
        (lambda: sound(train=(TRAIN, NOISE.permutation(LABELS))), "two readings give other labels"),
        (shuffled, "two readings give the same images in another order"),
        (sound(train=(TRAIN, LABELS % 3)), r"no training images of class 3 \(3\)"),
        (
            sound(train=(TRAIN, LABELS % 3 + 1), test=(TEST, TEST_LABELS % 3 + 1)),
            r"no training images of class 0 \(0\); do labels start at 1\?",
        ),
        (sound(test=(TEST, TEST_LABELS % 3)), r"no test images of class 3"),
        (sound(train=(TRAIN, LABELS * 0), test=(TEST, TEST_LABELS * 0)), "there is one class"),
        (
            sound(test=(np.concatenate([TEST[:7], TRAIN[5:6]]), TEST_LABELS)),
            r"1 of 8 test images are training images, pixel for pixel \(test image 7 is training image 5\)",
        ),
        (sound(validation=(TRAIN[:2], LABELS[:2])), "2 of 2 validation images are training images"),
        (
            sound(train=(np.concatenate([TRAIN[:39], TRAIN[:1]]), LABELS)),
            r"1 training images are there before with another label \(the first is number 39, labelled 3 now\)",
        ),
        (sound(train=(TRAIN // 16, LABELS)), "the brightest training pixel is 15 of 255: were pixels scaled"),
        (sound(train=(np.arange(40, dtype=np.uint8)[:, None, None] + TEST[:1] * 0, LABELS)), "images are blank"),
        (sound(train=(np.concatenate([TRAIN[:39], TRAIN[:1] * 0]), LABELS)), "1 of 40 training images are blank"),
        (sound(train=(TRAIN / 255 - 0.5, LABELS)), "as if already normalised; allowed: Paribus normalises itself"),
        ((TRAIN, LABELS + 0.5), "training labels are float"),
    ],
)
def test_what_speaks_against_images_is_named_and_nothing_else_is(source, words):
    found = check_source(source)
    assert not found
    assert len(found.against) == 1, str(found)
    assert re.search(words, found.against[0])


def write(directory, text):
    (directory / "mine.py").write_text(textwrap.dedent(text))


def test_a_files_unseeded_generator_is_found_and_a_seeded_one_is_well(tmp_path):
    text = """
        import numpy as np

        def own():
            noise = np.random.default_rng(SEED)
            return noise.integers(0, 256, size=(20, 4, 4), dtype=np.uint8), np.arange(20) % 2
    """
    write(tmp_path, text.replace("SEED", ""))
    (against,) = check_source("mine.py:own", base_dir=tmp_path).against
    assert against.startswith("two readings give other pixels")
    write(tmp_path, text.replace("SEED", "3"))
    found = check_source("mine.py:own", base_dir=tmp_path)
    assert found, str(found)
    assert str(found).splitlines()[0] == "mine.py:own keeps its contract"


def test_a_function_that_fails_is_one_sentence_and_a_missing_file_an_error(tmp_path):
    write(tmp_path, "def own():\n    raise ValueError('lost')\n")
    found = check_source("mine.py:own", base_dir=tmp_path)
    assert found.against == ("mine.py:own: it raises: mine.py, line 2: ValueError: lost",)
    assert str(found).splitlines()[0] == "mine.py:own: 1 against it"
    with pytest.raises(DataError, match=r"mein\.py cannot be read: there is no such file(.*\n)*.*mine\.py"):
        check_source("mein.py:own", base_dir=tmp_path)
