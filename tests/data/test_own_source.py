import dataclasses
import re
import textwrap

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from paribus.core import DataError
from paribus.data import Collected, load_images, read_object, share_images
from paribus.data.folders import temporary_folder
from paribus.data.images import array_digest
from paribus.data.own_origin import Origin
from paribus.data.own_pixels import as_images
from paribus.data.split import split_images
from paribus.study import DataSpec
from paribus.train import apart

NOISE = np.random.Generator(np.random.Philox(key=11))
PIXELS = NOISE.integers(0, 256, size=(20, 5, 6), dtype=np.uint8)
LABELS = np.arange(20) % 4


def load(directory, text, *, name="digits", isolate=None, **spec):
    (directory / "mine.py").write_text(textwrap.dedent(text))
    return load_images(DataSpec(source=f"mine.py:{name}", **spec), base_dir=directory, isolate=isolate)


def read(value, *, resize=None):
    return read_object(value, name="mine", resize=resize)


class Items:
    """A dataset as torch's are: a length and items."""

    def __init__(self, images, labels, *, classes=None):
        self.images, self.labels = images, labels
        if classes is not None:
            self.classes = classes

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return self.images[index], self.labels[index]


# --- end to end, through the file


@pytest.mark.parametrize("isolate", [apart, None], ids=["apart", "here"])
def test_the_digits_from_a_users_function_are_the_built_in_digits_test_set_included(tmp_path, isolate):
    text = """
        import numpy as np
        from sklearn.datasets import load_digits

        def digits():
            loaded = load_digits()
            return ((loaded.images * 255 + 8) // 16).astype("uint8"), loaded.target
    """
    before = set(temporary_folder().iterdir())  # other tests of this process may have left something there
    found, built_in = load(tmp_path, text, isolate=isolate), load_images(DataSpec(source="digits"))
    assert found.fingerprint == built_in.fingerprint
    assert found.test_fingerprint == built_in.test_fingerprint
    assert found.classes == built_in.classes
    content = (tmp_path / "mine.py").read_bytes()
    assert [(fact.name, fact.bytes) for fact in found.files] == [("mine.py", len(content))]
    assert set(temporary_folder().iterdir()) == before  # what was written for us is gone, and still readable
    assert share_images(found).fingerprint == found.fingerprint


def test_all_parts_and_class_names_of_a_dictionary_arrive_and_given_validation_images_validate(tmp_path):
    text = """
        import numpy as np
        from sibling import pixels

        def own():
            from lazy_sibling import NAMES
            return {"train": pixels(8, 1), "test": pixels(4, 2), "validation": pixels(2, 3), "classes": NAMES}
    """
    sibling = """
        import numpy as np
        def pixels(count, level):
            return np.full((count, 3, 3), level, dtype=np.uint8), np.arange(count) % 2
    """
    (tmp_path / "sibling.py").write_text(textwrap.dedent(sibling))
    (tmp_path / "lazy_sibling.py").write_text("NAMES = ['cat', 'dog']\n")
    images = load(tmp_path, text, name="own", isolate=apart, validation="given")
    assert images.train_images[:, 0, 0, 0].tolist() == [1] * 8 + [3] * 2
    assert set(images.test_images.ravel()) == {2}
    assert (images.classes, images.given_validation) == (("cat", "dog"), 2)
    split = split_images(images, DataSpec(source="mine.py:own", validation="given"), streams=None)
    assert split.validation.tolist() == [8, 9]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def digits():\n    x = 1\n    raise ValueError('no\\nmore')", "it raises: mine.py, line 3: ValueError: no"),
        ("def digits(:\n", "cannot be imported: mine.py, line 1: SyntaxError"),
        ("import not_there_at_all", "cannot be imported: mine.py, line 1: ModuleNotFoundError"),
        ("import sys\ndef digits():\n    sys.exit(3)", "it raises: mine.py, line 3: SystemExit: 3"),
        ("def digit(): pass", "mine.py has no digits\n  did you mean: digit\n  allowed: digit"),
        ("def digits(path): pass", "mine.py:digits: it needs path"),
        ("def digits(): pass", "the training set is a NoneType; did its function return nothing?"),
        (
            "class digits:\n  def __len__(self): return 3\n  def __getitem__(self, i):\n    raise KeyError('z')",
            "training image 0 of 3 raises: mine.py, line 4: KeyError: 'z'",
        ),
        ("import os\ndef digits():\n    os._exit(7)", "mine.py:digits: the user's own code did not return"),
    ],
)
def test_what_goes_wrong_in_a_users_code_is_named_by_its_line(tmp_path, text, message):
    with pytest.raises(DataError, match=re.escape(message)) as caught:
        load(tmp_path, text, isolate=apart)
    assert caught.value.where == "data.source"


def test_a_missing_file_is_named_with_its_nearest_neighbour(tmp_path):
    (tmp_path / "mines.py").touch()
    with pytest.raises(DataError, match=r"mine\.py cannot be read: there is no such file.*\n  did you mean: mines\.py"):
        load_images(DataSpec(source="mine.py:digits"), base_dir=tmp_path)


# --- what a dataset may be


def test_every_form_of_the_same_images_gives_the_same_arrays():
    torch = pytest.importorskip("torch")
    color = NOISE.integers(0, 256, size=(20, 5, 6, 3), dtype=np.uint8)
    planes = np.moveaxis(color, -1, 1)
    tensors = torch.from_numpy(planes.copy())
    forms = [
        (color, LABELS),
        (planes, LABELS.tolist()),
        (color.astype(np.int64), LABELS.astype(np.uint8)),
        (color / 255, LABELS),
        (tensors.float() / 255, torch.from_numpy(LABELS)),
        ((tensors / 255).half(), LABELS),
        ([Image.fromarray(each) for each in color], list(LABELS)),
        Items(color, LABELS),
        Items(tensors / 255, torch.from_numpy(LABELS)),
        torch.utils.data.TensorDataset(tensors, torch.from_numpy(LABELS)),
        torch.utils.data.Subset(Items(list(map(Image.fromarray, color)), LABELS), range(20)),
        list(zip(color, LABELS.tolist(), strict=True)),
        lambda: (color, LABELS),
    ]
    found = [read(form).arrays for form in forms]
    assert all(each.train_images.shape == (16, 3, 5, 6) for each in found)
    assert len({array_digest(*each) for each in found}) == 1
    rows = {each.tobytes() for each in (*found[0].train_images, *found[0].test_images)}
    assert rows == {each.tobytes() for each in planes}


def test_two_of_the_same_stand_for_training_and_test_however_they_are_written():
    pair, more = (PIXELS, LABELS), (PIXELS[:6], LABELS[:6])
    items = list(zip(PIXELS[:6], LABELS[:6], strict=True))
    for value in [(pair, more), (pair, Items(*more)), (Items(*pair), items), {"train": pair, "test": more}]:
        arrays = read(value).arrays
        assert (len(arrays.train_images), len(arrays.test_images)) == (20, 6)
        np.testing.assert_array_equal(arrays.test_images[:, 0], PIXELS[:6])


@given(arrays.arrays(np.uint8, (3, 4, 2)), st.sampled_from([np.float64, np.float32, np.float16]))
def test_pixels_divided_by_255_come_back_exactly(pixels, kind):
    floats = (pixels.astype(np.float64) / 255).astype(kind)
    np.testing.assert_array_equal(as_images(floats, what="images", origin=Origin("x"))[:, 0], pixels)


def test_truth_values_and_black_and_white_pictures_are_0_and_255():
    bits = PIXELS > 127
    for form in (bits, [Image.fromarray(each) for each in bits], bits.astype(float)):
        assert set(np.unique(read((form, LABELS)).arrays.train_images)) == {0, 255}


def test_when_both_ends_could_be_channels_the_first_are():
    both = NOISE.integers(0, 256, size=(20, 3, 7, 1), dtype=np.uint8)
    assert read((both, LABELS)).arrays.train_images.shape[1:] == (3, 7, 1)
    assert read((np.moveaxis(both, 2, 1), LABELS)).arrays.train_images.shape[1:] == (1, 7, 3)


def test_images_of_several_sizes_are_cut_to_squares_and_scaled_as_pillow_does():
    # 9 x 7: the middle seven rows; 8 x 12: the middle eight columns (left, upper, right, lower)
    boxes = {(9, 7): (0, 1, 7, 8), (8, 12): (2, 0, 10, 8), (6, 6): (0, 0, 6, 6)}
    raw = [NOISE.integers(0, 256, size=(*size, 3), dtype=np.uint8) for size in [*boxes, *boxes]]
    found = read((Items(raw, LABELS), Items(raw[:3], LABELS)), resize=6)
    for image, original in zip(found.arrays.train_images, raw, strict=True):
        box = boxes[original.shape[:2]]
        expected = Image.fromarray(original).crop(box).resize((6, 6), Image.Resampling.BILINEAR)
        np.testing.assert_array_equal(np.moveaxis(image, 0, -1), np.asarray(expected))
    other = read((Items(raw, LABELS), Items(raw[:3], LABELS)), resize=5)
    assert found.test_fingerprint == other.test_fingerprint  # the same test set in another size
    turned = read((Items(raw, LABELS), Items([raw[0][:, ::-1], *raw[1:3]], LABELS)), resize=6)
    assert len({found.test_fingerprint, turned.test_fingerprint, ""}) == 3
    assert array_digest(*found.arrays) != array_digest(*other.arrays)


def test_the_test_set_keeps_its_fingerprint_in_every_size(tmp_path):
    text = """
        import numpy as np
        def digits():
            return np.arange(20 * 64, dtype=np.uint16).reshape(20, 8, 8).astype(np.uint8), np.arange(20) % 2
    """
    plain, small = load(tmp_path, text), load(tmp_path, text, resize=4)
    assert small.image_shape == (1, 4, 4)
    assert plain.test_fingerprint == small.test_fingerprint
    assert plain.fingerprint != small.fingerprint


# --- labels and classes


def test_strings_are_numbered_in_the_order_of_their_names():
    found = read(((PIXELS[:4], ["b", "a", "c", "a"]), (PIXELS[:1], ["b"])))
    assert found.classes == ("a", "b", "c")
    assert found.arrays.train_labels.tolist() == [1, 0, 2, 0]
    assert found.arrays.test_labels.tolist() == [1]
    given = read({"train": (PIXELS[:4], ["b", "a", "c", "a"]), "test": (PIXELS[:1], ["c"]), "classes": ["c", "b", "a"]})
    assert given.arrays.train_labels.tolist() == [1, 2, 0, 2]


def test_names_come_from_the_dataset_else_they_are_the_numbers():
    names = ["w", "x", "y", "z"]
    assert read(Items(PIXELS, LABELS, classes=names)).classes == tuple(names)
    assert read(Items(PIXELS, LABELS)).classes == ("0", "1", "2", "3")


# --- what is refused


def of_dtype(value):
    return PIXELS.astype(np.float32) / 255 - np.float32(value)


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (of_dtype(0.5), LABELS, r"training images: float32 from -0\.5 to 0\.\d+, as if already normalised\n.*itself"),
        (PIXELS / 255 * 0.9, LABELS, r"that are not multiples of 1 / 255\n  allowed: Paribus normalises itself"),
        (PIXELS.astype(float), LABELS, r"float64 with whole numbers from 0 to 255\n  allowed: \.astype\(\"uint8\"\)"),
        (PIXELS.astype(int) * 2, LABELS, r"training images: int64 from \d+ to \d+\n  allowed: whole numbers from 0"),
        (np.full((20, 2, 2), np.nan), LABELS, "not all values are finite"),
        (PIXELS.astype(complex), LABELS, "values of type complex128"),
        (PIXELS.reshape(20, 30), LABELS, r"rows of 30 numbers\n.*\.reshape\(-1, 28, 28\)"),
        (np.zeros((20, 5, 6, 4), np.uint8), LABELS, "neither the first nor the last of three dimensions"),
        (np.zeros((20, 0, 6), np.uint8), LABELS, r"training images are \[20, 0, 6\]"),
        (["a.png"] * 20, LABELS, r"training image 0 is a path, a\.png\n  allowed: the image itself: PIL"),
        ([Image.new("RGBA", (4, 4))] * 20, LABELS, r"PIL image in mode RGBA\n.*image\.convert\(\"RGB\"\)"),
        ([*PIXELS[:19], PIXELS[0, :4]], LABELS, r"2 shapes .* training image 0 is 1 x 5 x 6; .*\n.*resize = 8"),
        ([*PIXELS[:19], np.zeros((5, 6, 3), np.uint8)], LABELS, r"2 shapes .*\n  allowed: as many channels"),
        (PIXELS[:19], LABELS, "19 training images with 20 labels"),
        (PIXELS[:2], LABELS[:2], "2 images are too few to set a fifth aside"),
        (PIXELS, LABELS - 1, "training labels: number 0 is -1"),
        (PIXELS, LABELS + 0.5, "training labels are float"),
        (PIXELS, LABELS.astype(float), r"training labels are float\n.*labels\.astype\(\"int64\"\), if all are whole"),
        (PIXELS, LABELS > 1, "training labels are bool"),
        (PIXELS, ["a", 1] * 10, "training labels are int, str"),
        (PIXELS, np.eye(4)[LABELS], r"training labels are \[20, 4\]\n.*labels\.argmax\(axis=1\)"),
        (PIXELS, LABELS[:, None], r"training labels are \[20, 1\]\n.*labels\.reshape\(-1\)"),
        (PIXELS, LABELS * 10**6, "the largest label is 3,000,000, of 20 images"),
        (PIXELS, [2**70] * 20, "training labels do not fit 64 bits"),
    ],
)
def test_what_are_no_pixels_or_labels_is_refused_with_the_mending(images, labels, message):
    with pytest.raises(DataError, match="mine: .*" + message):
        read((images, labels))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ((PIXELS, LABELS, PIXELS, LABELS), r"returns a tuple of 4\n.*\(\(x, y\), \(x_test, y_test\)\)"),
        ({"trian": (PIXELS, LABELS)}, r"a dictionary with 'trian'\n  did you mean: train"),
        ({"test": (PIXELS, LABELS)}, 'a dictionary without "train"'),
        (PIXELS, "training images come without labels"),
        ((PIXELS, PIXELS), r"training labels are \[20, 5, 6\]"),
        (iter([]), r"the training set is a list_iterator\n  allowed: \(images, labels\), or an object"),
        ([(PIXELS[0], 1, 2)], r"item 0 of the training set is a tuple of 3\n  allowed: a tuple \(image, label\)"),
        ([{"image": PIXELS[0]}], "item 0 of the training set is a dict"),
        ([], "the training set has length 0"),
        (((PIXELS, LABELS), (PIXELS[:0], [])), "there are no test images|test images are"),
        (((PIXELS, LABELS), (PIXELS, ["a"] * 20)), "labels are strings in test and numbers in training"),
        ({"train": (PIXELS, LABELS), "classes": ["a", "b"]}, r"number 2 is 2, but there are 2 classes\n.*0 to 1"),
        ({"train": (PIXELS, LABELS), "classes": ["a", "a", "b", "c"]}, "the class 'a' is there twice"),
        ({"train": (PIXELS, LABELS), "classes": "abcd"}, r"classes are 'abcd'\n.*a list of names"),
        ({"train": (PIXELS, list("abcd") * 5), "classes": ["a", "b", "c"]}, "training labels: 'd' is no class"),
        (
            (Items(PIXELS, LABELS, classes=list("abcd")), Items(PIXELS, LABELS, classes=list("abdc"))),
            "the classes of train and test differ",
        ),
    ],
)
def test_what_is_no_dataset_is_refused_with_what_is_one(value, message):
    with pytest.raises(DataError, match="mine: .*(" + message + ")"):
        read(value)


def test_a_loader_of_batches_is_refused_for_its_dataset():
    data = pytest.importorskip("torch.utils.data")
    with pytest.raises(DataError, match="a DataLoader gives batches: give its dataset"):
        read(data.DataLoader(Items(PIXELS, LABELS)))


def test_what_is_read_is_of_the_form_that_every_reader_gives():
    found = read((PIXELS, LABELS))
    assert isinstance(found, Collected)
    assert [array.dtype for array in found.arrays] == [np.uint8, np.int64, np.uint8, np.int64]
    assert dataclasses.replace(found).paths is None
