import hashlib
import json
import os
import time
from pathlib import Path

import pytest

from paribus.core import DataError
from paribus.data import index, tell_nobody
from paribus.data.index import hash_files, read_unchanged
from paribus.data.layout import Listed, list_folder

YEAR_NANOSECONDS = 365 * 24 * 3600 * 10**9


@pytest.fixture
def folder(tmp_path):
    """Six files in two classes that were last changed a year ago."""
    root = tmp_path / "photos"
    for number in range(6):
        path = root / f"class {number % 2}" / f"{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"content {number}")
        aged(path)
    return root


def aged(path):
    year_ago = time.time_ns() - YEAR_NANOSECONDS
    os.utime(path, ns=(year_ago, year_ago))


@pytest.fixture
def hashed(tmp_path, monkeypatch):
    """Return a function that hashes a folder and says which files were read for it."""
    read = []
    plain = index._hash
    monkeypatch.setattr(index, "_hash", lambda file: read.append(file.name) or plain(file))

    def run(root, files=None):
        read.clear()
        files = list_folder(root).files if files is None else files
        found = hash_files(root, files, folder=tmp_path / "indices", name="photos", tell=tell_nobody)
        return {each.file.name: each.sha256 for each in found}, sorted(read)

    return run


def expected(root):
    paths = [path for path in root.rglob("*") if path.is_file()]
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def test_files_are_read_once_and_later_only_those_that_changed(folder, hashed):
    assert hashed(folder) == (expected(folder), sorted(expected(folder)))
    assert hashed(folder) == (expected(folder), [])
    same_size_and_time = folder / "class 0" / "2.txt"
    before = same_size_and_time.stat()
    same_size_and_time.write_text("CONTENT 2")
    os.utime(same_size_and_time, ns=(before.st_atime_ns, before.st_mtime_ns))
    (folder / "class 1" / "new.txt").write_text("new")
    (folder / "class 0" / "0.txt").unlink()
    aged(folder / "class 1" / "1.txt")  # as it was, but for its times
    assert hashed(folder) == (expected(folder), ["class 0/2.txt", "class 1/1.txt", "class 1/new.txt"])


def test_a_file_that_was_replaced_by_renaming_is_read(folder, hashed):
    hashed(folder)
    path = folder / "class 0" / "0.txt"
    before = path.stat()
    other = folder.parent / "other.txt"
    other.write_text("CONTENT 0")
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)
    assert hashed(folder) == (expected(folder), ["class 0/0.txt"])


@pytest.mark.parametrize(("age_seconds", "read_again"), [(-5, True), (0, True), (1.5, True), (10, False)])
def test_a_file_not_older_than_the_index_is_read_again_even_when_it_looks_the_same(
    tmp_path, hashed, age_seconds, read_again
):
    path = tmp_path / "photo"
    path.write_text("content")
    modified = time.time_ns() - int(age_seconds * 10**9)
    file = Listed(str(path), "photo", "train", 0, (7, modified, modified, 1))
    first, _ = hashed(tmp_path, [file])
    path.write_text("CONTENT")  # with all that is known of it the same: within one tick of the clock
    second, read = hashed(tmp_path, [file])
    assert bool(read) is read_again
    assert (second != first) is read_again


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"version": 1}', '{"version": 2, "begun": 9, "files": {}}', "[" * 100_000,
     '{"version": 1, "begun": 9999999999999999999, "files": {"class 0/0.txt": [1, 2]}}',
     '{"version": 1, "begun": "x", "files": []}', "\xff"],
)  # fmt: skip
def test_an_index_that_is_damaged_is_not_believed(folder, hashed, tmp_path, content):
    hashed(folder)
    [place] = (tmp_path / "indices").iterdir()
    place.write_text(content, encoding="latin-1")
    assert hashed(folder) == (expected(folder), sorted(expected(folder)))
    assert hashed(folder) == (expected(folder), [])


def test_an_index_belongs_to_its_folder_and_names_no_file_outside(folder, hashed, tmp_path):
    hashed(folder)
    other = tmp_path / "others"
    for path in folder.rglob("*.txt"):
        copy = other / path.relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(path.read_text().upper())
        aged(copy)
    assert hashed(other) == (expected(other), sorted(expected(other)))
    assert hashed(folder) == (expected(folder), [])
    tables = [json.loads(path.read_text())["files"] for path in (tmp_path / "indices").iterdir()]
    assert all(set(table) == set(expected(folder)) for table in tables)


def test_where_no_index_can_be_written_files_are_read_every_time(folder, hashed, tmp_path):
    (tmp_path / "indices").write_text("a file where the folder should be")
    assert hashed(folder) == hashed(folder) == (expected(folder), sorted(expected(folder)))


def test_a_file_that_cannot_be_opened_has_a_reason_and_is_tried_again(folder, tmp_path):
    files = list_folder(folder).files
    path = folder / "class 0" / "0.txt"
    away = tmp_path / "away.txt"
    path.rename(away)
    for _ in range(2):
        first, *rest = hash_files(folder, files, folder=tmp_path / "indices", name="photos", tell=tell_nobody)
        assert (first.sha256, first.reason) == ("", "cannot be read: No such file or directory")
        assert all(each.sha256 and not each.reason for each in rest)
    away.rename(path)
    first, *_ = hash_files(folder, files, folder=tmp_path / "indices", name="photos", tell=tell_nobody)
    assert first.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_file_that_changes_after_it_was_hashed_is_noticed(folder, tmp_path):
    each, other, *_ = hash_files(
        folder, list_folder(folder).files, folder=tmp_path / "indices", name="photos", tell=tell_nobody
    )
    assert read_unchanged(each) == Path(each.file.path).read_bytes()
    Path(each.file.path).write_text("another")
    with pytest.raises(DataError, match=r"class 0/0\.txt changed while the folder was read"):
        read_unchanged(each)
    Path(other.file.path).unlink()
    with pytest.raises(DataError, match="can no longer be read: No such file"):
        read_unchanged(other)
