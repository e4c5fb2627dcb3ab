import os
import unicodedata

import pytest
from pictures import fill, flat

from paribus.core import DataError
from paribus.data.layout import list_folder, shown

IMAGE = flat(1)


def listed(root):
    return [(file.part, file.name) for file in list_folder(root).files]


def test_class_directories_are_sorted_and_so_are_the_files_below_them(tmp_path):
    names = ["dogs/b.png", "dogs/a/z.png", "cats/10.png", "cats/9.png", "Ants/x.txt", "dogs/a/a/1", "dogs/ab.png"]
    found = list_folder(fill(tmp_path, dict.fromkeys(names, IMAGE)))
    assert found.classes == ("Ants", "cats", "dogs")
    assert found.parts == ()
    assert [file.name for file in found.files] == sorted(names)
    assert [found.classes[file.label] for file in found.files] == [name.partition("/")[0] for name in sorted(names)]
    assert {file.part for file in found.files} == {"train"}
    assert found.bad == ()


@pytest.mark.parametrize(
    "names", [("train", "val", "test"), ("Training", "VALID", "Testing"), ("TRAIN", "validation", "test")]
)
def test_parts_have_the_names_that_people_give_them(tmp_path, names):
    train, validation, test = names
    files = [f"{train}/a/1", f"{train}/b/1", f"{validation}/b/1", f"{test}/a/1", f"{test}/a/2"]
    found = list_folder(fill(tmp_path, dict.fromkeys(files, IMAGE)))
    assert found.parts == ("train", "validation", "test")
    assert [(file.part, file.name, file.label) for file in found.files] == [
        ("train", files[0], 0),
        ("train", files[1], 1),
        ("validation", files[2], 1),
        ("test", files[3], 0),
        ("test", files[4], 0),
    ]


def test_a_directory_called_train_that_holds_images_is_a_class(tmp_path):
    found = list_folder(fill(tmp_path, dict.fromkeys(["bus/1", "train/1", "test/1"], IMAGE)))
    assert found.classes == ("bus", "test", "train")
    assert found.parts == ()


def test_what_systems_leave_behind_and_notes_beside_the_classes_are_ignored(tmp_path):
    litter = [".DS_Store", "a/.DS_Store", "a/Thumbs.db", "b/desktop.ini", "__MACOSX/a/._1", ".git/config", "a/.x/1"]
    notes = ["README.md", "labels.csv"]
    fill(tmp_path, {**dict.fromkeys(["a/1", "b/1"], IMAGE), **dict.fromkeys([*litter, *notes], b"text")})
    found = list_folder(tmp_path)
    assert [file.name for file in found.files] == ["a/1", "b/1"]
    assert found.bad == ()


def test_images_beside_the_class_directories_are_bad(tmp_path):
    names = ["train/a/1", "train/b/1", "train/astray", "astray.png"]
    found = list_folder(fill(tmp_path, dict.fromkeys(names, IMAGE)))
    assert found.bad == tuple((name, "lies beside the class directories") for name in ("train/astray", "astray.png"))


def test_links_are_followed_and_those_that_lead_nowhere_are_bad(tmp_path):
    root = fill(tmp_path / "root", dict.fromkeys(["a/1", "b/1"], IMAGE))
    elsewhere = fill(tmp_path / "elsewhere", {"2": IMAGE, "deep/3": IMAGE})
    (root / "c").symlink_to(elsewhere)
    (root / "a" / "linked").symlink_to(root / "b" / "1")
    (root / "a" / "nowhere").symlink_to(tmp_path / "nothing")
    (root / "a" / "itself").symlink_to("itself")
    (root / "a" / "up").symlink_to(root)
    (root / "a" / "here").symlink_to(root / "a")
    (root / "b" / "there").symlink_to(elsewhere)
    (root / "b" / "there again").symlink_to(elsewhere)
    os.mkfifo(root / "b" / "pipe")
    assert [name for _, name in listed(root)] == [
        "a/1", "a/linked", "b/1", "b/there again/2", "b/there again/deep/3", "c/2", "c/deep/3",
    ]  # fmt: skip
    assert sorted(list_folder(root).bad) == [
        ("a/here", "is a link to a folder that is read already"),
        ("a/itself", "is a link that leads to itself"),
        ("a/nowhere", "is a link that leads nowhere"),
        ("a/up", "is a link to a folder that is read already"),
        ("b/pipe", "is no file, but a device or a pipe"),
        ("b/there", "is a link to a folder that is read already"),
    ]


def test_names_may_be_anything_that_the_system_allows(tmp_path):
    names = ["a b/ü 😀.png", "a b/\n", "line\nbreak/1", "x" * 200 + "/" + "y" * 200, "a b/'\"<&>"]
    found = list_folder(fill(tmp_path, dict.fromkeys(names, IMAGE)))
    assert found.classes == ("a b", "line\\nbreak", "x" * 200)
    assert sorted(file.name for file in found.files) == sorted(names)
    assert [shown(name) for name in ("a\nb", "ü 😀", "\udcff", "\u2028")] == ["a\\nb", "ü 😀", "\\udcff", "\\u2028"]


def test_a_name_of_broken_utf_8_is_read(tmp_path):
    fill(tmp_path, dict.fromkeys(["b/1", "caf\udce9/1"], IMAGE))
    assert b"caf\xe9" in map(os.fsencode, (path.name for path in tmp_path.iterdir()))
    assert list_folder(tmp_path).classes == ("b", "caf\\udce9")


def test_composed_and_decomposed_spelling_is_one_name(tmp_path):
    composed, decomposed = (unicodedata.normalize(form, "café") for form in ("NFC", "NFD"))
    assert composed != decomposed
    fill(tmp_path / "one", dict.fromkeys([f"train/{composed}/1", "train/b/1", f"test/{decomposed}/1"], IMAGE))
    assert [(each.name, each.label) for each in list_folder(tmp_path / "one").files][-1] == (f"test/{composed}/1", 1)
    fill(tmp_path / "two", dict.fromkeys([f"{composed}/1", f"{decomposed}/1"], IMAGE))
    with pytest.raises(DataError, match="two directories called 'café', spelled in different Unicode characters"):
        list_folder(tmp_path / "two")


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        (["1.png", "2.png"], "holds no directories: the class of an image is the directory that it lies in"),
        (["a/1"], "has one class directory, a"),
        (["train/a/1", "test/a/1"], "train has one class directory, a"),
        (["train/a/1", "train/b/1", "dogs/1", "cats/1"], "has train, and beside them cats, dogs"),
        (["train/a/1", "train/b/1", "val/a/1", "valid/a/1"], "two of them mean the same"),
        (["test/a/1", "test/b/1"], "has test, but no directory train"),
        (["train/1", "train/2", "test/a/1"], "train holds no directories"),
        (["train/cats/1", "train/dogs/1", "test/cat/1"], "test has cat: no training images are called so"),
    ],
)
def test_a_layout_that_is_not_known_is_an_error(tmp_path, names, complaint):
    with pytest.raises(DataError, match=complaint) as caught:
        list_folder(fill(tmp_path, dict.fromkeys(names, IMAGE)))
    assert caught.value.allowed
    assert caught.value.nearest == ("cats" if "test/cat/1" in names else "")


def test_a_directory_that_may_not_be_read_is_an_error(tmp_path, monkeypatch):
    fill(tmp_path, dict.fromkeys(["a/1", "b/deep/1"], IMAGE))
    plain = os.scandir

    def scandir(path):
        if str(path).endswith("deep"):
            raise PermissionError(13, "Permission denied")
        return plain(path)

    monkeypatch.setattr("os.scandir", scandir)
    with pytest.raises(DataError, match=r"deep cannot be read: Permission denied"):
        list_folder(tmp_path)
