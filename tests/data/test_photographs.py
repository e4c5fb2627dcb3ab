import hashlib
import io
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pictures import GREY, RGB, fill, flat, noise, png, saved, smooth
from PIL import Image

from paribus.core import DataError
from paribus.data import load_images, open_images, share_images
from paribus.data.photographs import read_folder
from paribus.study import DataSpec


def read(root, *, base_dir=Path(), told=None, **given_spec):
    spec = DataSpec(source=f"folder:{root}", **given_spec)
    return read_folder(spec, base_dir=base_dir, tell=(told if told is not None else []).append)


@pytest.fixture
def root(tmp_path):
    """Where a test's images are; the cache is beside it."""
    return tmp_path / "photos"


def photos(count=10, *, classes=("cats", "dogs"), key=0, **of_each):
    """Return so many different files for each class."""
    return {
        f"{name}/{number}.png": flat(1000 * key + 100 * label + number, **of_each)
        for label, name in enumerate(classes)
        for number in range(count)
    }


def expected(root, names):
    """Open, one by one, with plain Pillow."""
    opened = [np.asarray(Image.open(root / name).convert("RGB")) for name in names]
    return np.stack(opened).transpose(0, 3, 1, 2)


def is_mapped(array):
    return array is not None and (isinstance(array, np.memmap) or is_mapped(array.base))


def rows(images):
    return Counter(image.tobytes() for image in images)


def test_every_image_is_the_one_that_plain_pillow_opens(root):
    names = [f"{part}/{label}/{number}" for part in ("test", "train", "val") for label in "ab" for number in range(3)]
    contents = {name: saved(smooth(key, 12, 12), kind) for key, (name, kind) in enumerate(
        zip(names, ["PNG", "JPEG", "WEBP", "BMP"] * 9, strict=False))}  # fmt: skip
    found = read(fill(root, contents))
    trained, tested = [*names[6:12], *names[12:]], names[:6]
    np.testing.assert_array_equal(found.arrays.train_images, expected(root, trained))
    np.testing.assert_array_equal(found.arrays.test_images, expected(root, tested))
    assert found.arrays.train_labels.tolist() == ["ab".index(name.split("/")[1]) for name in trained]
    assert found.arrays.test_labels.tolist() == ["ab".index(name.split("/")[1]) for name in tested]
    assert (found.classes, found.given_validation, found.skipped) == (("a", "b"), 6, ())
    [fact] = found.files
    assert (fact.name, fact.bytes) == (f"folder {root.name}: 18 images", sum(map(len, contents.values())))


def test_images_of_many_sizes_become_squares_of_one(root):
    contents = {f"{label}/{n}.jpg": saved(smooth(n, 20 + n, 40 - n), "JPEG") for label in "ab" for n in range(10)}
    found = read(fill(root, contents), resize=8)
    wanted = Counter()
    for name in contents:
        image = Image.open(root / name)
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        square = image.crop((left, top, left + side, top + side)).resize((8, 8), Image.Resampling.BILINEAR)
        wanted[np.asarray(square).transpose(2, 0, 1).tobytes()] += 1
    assert rows([*found.arrays.train_images, *found.arrays.test_images]) == wanted


@pytest.mark.parametrize("colour_at", [None, 0, 7, 19])
def test_grey_images_have_one_channel_and_one_in_colour_gives_all_three(root, colour_at):
    contents = photos(size=(5, 6), grey=True)
    values = {name: np.asarray(Image.open(io.BytesIO(content))) for name, content in contents.items()}
    # grey all the same: stored as colours, and by a format that knows no grey
    contents["cats/3.png"] = png(np.dstack([values["cats/3.png"]] * 3), colour=RGB)
    contents["dogs/4.png"] = saved(Image.fromarray(values["dogs/4.png"]), "WEBP", settings={"lossless": True})
    if colour_at is not None:
        contents[sorted(contents)[colour_at]] = png(noise(5, 5, 6, 3), colour=RGB)
    found = read(fill(root, contents))
    both = np.concatenate([found.arrays.train_images, found.arrays.test_images])
    assert both.shape == (20, 1 if colour_at is None else 3, 5, 6)
    changed = {sorted(contents)[colour_at]} if colour_at is not None else set()
    unchanged = [value for name, value in values.items() if name not in changed]
    wanted = rows(np.repeat(value[np.newaxis], both.shape[1], axis=0) for value in unchanged)
    assert rows(both) & wanted == wanted


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(counts=st.lists(st.integers(2, 12), min_size=2, max_size=4))
def test_without_a_test_directory_a_stratified_fifth_is_set_aside_and_nothing_is_lost(tmp_path_factory, counts):
    root = tmp_path_factory.mktemp("photos")
    contents = {f"c{label}/{n}": flat(100 * label + n) for label, count in enumerate(counts) for n in range(count)}
    found = read(fill(root, contents))
    train, train_labels, test, test_labels = found.arrays
    total = sum(counts)
    assert len(test) == max(1, round(total / 5))
    share = len(test) / total
    for label, count in enumerate(counts):
        assert abs(int((test_labels == label).sum()) - share * count) < 1
    assert rows([*train, *test]) == rows(expected(root, contents))
    order = sorted(contents)
    by_pixels = {expected(root, [name])[0].tobytes(): name for name in order}
    for images, labels in ((train, train_labels), (test, test_labels)):
        names = [by_pixels[image.tobytes()] for image in images]
        assert names == sorted(names)
        assert [f"c{label}" for label in labels] == [name.partition("/")[0] for name in names]


def test_the_same_images_are_the_same_test_set_at_any_size_and_under_any_name(tmp_path):
    names = [f"{part}/{label}/{n}" for part in ("train", "test") for label in ("cat", "dog") for n in range(4)]
    contents = {name: flat(key, size=(8, 8)) for key, name in enumerate(names)}
    renamed = {name.replace("cat/", "wild cat/").replace("dog/3", "dog/0000"): each for name, each in contents.items()}
    swapped = {**contents, "test/cat/0": contents["test/dog/0"], "test/dog/0": contents["test/cat/0"]}
    plain = read(fill(tmp_path / "plain", contents)).test_fingerprint
    assert read(tmp_path / "plain", resize=4).test_fingerprint == plain
    assert read(fill(tmp_path / "renamed", renamed)).test_fingerprint == plain
    assert read(fill(tmp_path / "swapped", swapped)).test_fingerprint != plain


def test_a_folder_is_found_from_the_studys_folder_and_from_home(tmp_path, monkeypatch):
    fill(tmp_path / "mine" / "photos", photos())
    monkeypatch.setenv("HOME", str(tmp_path))
    by_path = read(tmp_path / "mine" / "photos")
    for source, base_dir in (
        ("photos", tmp_path / "mine"),
        ("~/mine/photos", Path("/nowhere")),
        ("../mine/photos", tmp_path / "mine"),
    ):
        assert read(source, base_dir=base_dir).paths == by_path.paths


@pytest.mark.parametrize(
    ("source", "complaint", "nearest"),
    [
        ("fotos", "there is no folder", "photos"),
        ("fotos/summer", "there is no folder", "photos/summer"),
        ("zzz", "there is no folder", ""),
        ("a.txt", "is a file", ""),
        ("a.txt/photos", "there is no folder", ""),
        ("x" * 300, "File name too long", ""),
    ],
)
def test_a_folder_that_is_not_there_is_named_with_the_nearest(tmp_path, source, complaint, nearest):
    fill(tmp_path, {"photos/summer/a/1": b"", "a.txt": b""})
    with pytest.raises(DataError, match=complaint) as caught:
        read(source, base_dir=tmp_path)
    assert caught.value.nearest == (str(tmp_path / nearest) if nearest else "")
    assert caught.value.allowed


def test_images_of_several_sizes_are_an_error_that_says_what_to_do(root):
    contents = {
        **photos(3, size=(375, 500)),
        **photos(5, classes=["cows"], size=(30, 40)),
        "dogs/x": flat(9, size=(7, 7)),
    }
    told = []
    with pytest.raises(DataError, match=r"have 3 sizes, most often 500 x 375 \(6 of 12\)") as caught:
        read(fill(root, contents), told=told)
    assert caught.value.where == "data.resize"
    assert "data.resize = 64" in caught.value.allowed
    assert {reading.what for reading in told} == {f"reading {root.name}", f"measuring {root.name}"}


def test_a_damaged_file_that_claims_another_size_is_no_size(root):
    contents = {**photos(), "cats/claims.png": png(noise(1, 4, 4, 3), colour=RGB, claims=(40, 40))}
    found = read(fill(root, contents), on_bad_image="skip")
    assert found.arrays.train_images.shape == (16, 3, 4, 4)
    assert [each.partition(":")[0] for each in found.skipped] == ["cats/claims.png"]


HARM = {
    "cats/empty.png": b"",
    "cats/notes.txt": b"not an image",
    "dogs/cut.jpg": saved(smooth(1, 40, 40), "JPEG")[:400],
    "dogs/li\nne.png": b"text",
    "beside.png": flat(1),
}


def test_bad_files_stop_all_at_once_with_both_ways_out(root):
    fill(root, {**photos(), **HARM})
    (root / "dogs" / "lost").symlink_to("nowhere")
    with pytest.raises(DataError, match="6 files are") as caught:
        read(root, resize=4)
    for line in (
        "cats/empty.png: is empty",
        "cats/notes.txt: is no image",
        "dogs/cut.jpg: cannot be decoded",
        "dogs/li\\nne.png: is no image",
        "beside.png: lies beside the class directories",
        "dogs/lost: is a link that leads nowhere",
    ):
        assert f"\n    {line}" in caught.value.wrong
    assert "remove" in caught.value.allowed
    assert 'data.on_bad_image = "skip"' in caught.value.allowed
    told = []
    found = read(root, resize=4, on_bad_image="skip", told=told)
    # what was decoded before the error is not decoded again
    assert not [reading for reading in told if reading.what.startswith("decoding")]
    assert [f"\n    {each}" in caught.value.wrong for each in found.skipped] == [True] * 6
    clean = read(fill(root.parent / "clean", photos()), resize=4)
    for mine, theirs in zip(found.arrays, clean.arrays, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    # the fact is about the images that are used, not about what lies beside them
    assert found.files[0].name == "folder photos: 20 images"
    assert (found.files[0].bytes, found.files[0].sha256) == (clean.files[0].bytes, clean.files[0].sha256)


def test_of_many_bad_files_ten_are_named(root):
    fill(root, {**photos(), **{f"cats/bad{n:02}": b"x" for n in range(14)}})
    with pytest.raises(DataError, match="14 files are") as caught:
        read(root)
    assert caught.value.wrong.count("\n") == 11
    assert caught.value.wrong.endswith("and 4 more")


@pytest.mark.parametrize(
    ("contents", "complaint"),
    [
        ({**photos(1)}, "class 'cats' has one image in"),
        ({**photos(), "cows/1": flat(1)}, "class 'cows' has one image in"),
        ({"train/a/1": flat(1), "train/b/x.txt": b"x", "test/b/1": flat(2)}, "class 'b' has no images in the training"),
        ({"train/a/1": flat(1), "train/b/1": flat(2), "test/b/x.txt": b"x"}, "has a test directory, but no image"),
        ({**{f"train/{name}": each for name, each in photos().items()}, "val/cats/.x": b""},
         "has a validation directory, but no image in it"),
    ],
)  # fmt: skip
def test_too_few_images_are_an_error(root, contents, complaint):
    with pytest.raises(DataError, match=complaint):
        read(fill(root, contents), on_bad_image="skip")


def test_an_empty_class_directory_is_an_error_and_a_class_without_test_images_is_none(root):
    fill(root, {"train/a/1": flat(1), "train/b/1": flat(2), "test/b/1": flat(3)})
    assert read(root).arrays.test_labels.tolist() == [1]
    (root / "train" / "c").mkdir()
    with pytest.raises(DataError, match="class 'c' has no images in the training images of") as caught:
        read(root)
    assert "remove the directory c" in caught.value.allowed


def test_a_bad_file_is_told_before_the_class_that_lacks_it(root):
    with pytest.raises(DataError, match=r"b/1: is no image"):
        read(fill(root, {"a/1": flat(1), "a/2": flat(2), "b/1": b"x", "b/2": flat(3)}))


def test_progress_is_told_from_none_to_all(root):
    told = []
    read(fill(root, photos()), told=told)
    by_what = {}
    for reading in told:
        by_what.setdefault((reading.what, reading.unit), []).append((reading.done, reading.total))
    name = root.name
    assert list(by_what) == [
        (f"reading {name}", "files"),
        (f"measuring {name}", "images"),
        (f"decoding {name}", "images"),
    ]
    for pairs in by_what.values():
        assert (pairs[0], pairs[-1]) == ((0, 20), (20, 20))
        assert [done for done, _ in pairs] == sorted(done for done, _ in pairs)


def test_the_files_in_the_cache_are_the_ones_that_workers_open(tmp_path):
    root = fill(tmp_path / "photos", photos())
    spec = DataSpec(source="folder:photos", resize=3)
    images = load_images(spec, base_dir=root.parent)
    assert images.image_shape == (3, 3, 3)
    assert is_mapped(images.train_images)
    shared = share_images(images)
    assert shared.paths == images.paths
    assert shared.paths[0].is_relative_to(tmp_path / "cache")
    np.testing.assert_array_equal(open_images(shared).test_images, images.test_images)


@pytest.mark.parametrize("change", ["content", "removed", "added", "renamed", "resize"])
def test_a_changed_folder_is_decoded_anew_and_an_unchanged_one_is_not(root, change):
    fill(root, photos())
    first, told = read(root), []
    assert read(root, told=told).paths == first.paths
    assert {reading.what.split()[0] for reading in told} <= {"reading"}
    if change == "content":
        (root / "cats" / "3.png").write_bytes(flat(77))
    elif change == "removed":
        (root / "cats" / "3.png").unlink()
    elif change == "added":
        (root / "cats" / "new.png").write_bytes(flat(77))
    elif change == "renamed":
        # the last of one class becomes the first of the next: the same contents in the same order
        (root / "cats" / "9.png").rename(root / "dogs" / "-.png")
    second = read(root, resize=2 if change == "resize" else None)
    assert second.paths != first.paths
    assert (second.files[0].sha256 == first.files[0].sha256) is (change == "resize")
    names = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.png"))
    if change != "resize":
        assert rows([*second.arrays.train_images, *second.arrays.test_images]) == rows(expected(root, names))
    assert len(second.arrays.train_images) + len(second.arrays.test_images) == len(names)


def test_four_hundred_damaged_files_are_decoded_or_listed(root):
    words = np.random.Generator(np.random.Philox(key=12))
    originals = [saved(smooth(6, 20, 30), kind) for kind in ("PNG", "JPEG", "WEBP", "BMP")]
    contents = photos(4, size=(20, 30))
    for number in range(400):
        damaged = bytearray(originals[number % 4])
        for place in words.integers(0, len(damaged), size=3):
            damaged[place] = int(words.integers(0, 256))
        contents[f"cats/mutated {number}"] = bytes(damaged[: int(words.integers(len(damaged) // 2, len(damaged) * 2))])
    found = read(fill(root, contents), resize=6, on_bad_image="skip")
    assert len(found.arrays.train_images) + len(found.arrays.test_images) + len(found.skipped) == 408
    assert 50 < len(found.skipped) < 350
    assert all(each.startswith("cats/mutated ") and "\n" not in each for each in found.skipped)


def test_the_sum_of_a_folder_is_that_of_its_files(tmp_path):
    one, two = (fill(tmp_path / name, photos()) for name in ("one", "two"))
    assert read(one).files[0].sha256 == read(two).files[0].sha256
    assert read(one).paths == read(two).paths
    digests = {hashlib.sha256(path.read_bytes()).hexdigest() for path in one.rglob("*.png")}
    assert len(digests) == 20
    (two / "cats" / "0.png").write_bytes(png(noise(5, 4, 4), colour=GREY))
    assert read(one).files[0].sha256 != read(two).files[0].sha256
