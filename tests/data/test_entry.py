import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from pictures import fill, flat

from paribus.core import DataError
from paribus.data import tell_nobody
from paribus.data.folders import temporary_folder
from paribus.data.photographs import read_folder
from paribus.study import DataSpec

COUNT = 40
# Reads a folder, says when decoding has begun, and waits there for what is done to it.
WAITING = """
import sys, time
from pathlib import Path
from paribus.data.photographs import read_folder
from paribus.study import DataSpec
def tell(reading):
    if reading.what.startswith("decoding") and reading.done == int(sys.argv[2]):
        print("decoding", flush=True)
        time.sleep(60)
read_folder(DataSpec(source="folder:" + sys.argv[1], resize=3), base_dir=Path(), tell=tell)
"""


@pytest.fixture
def root(tmp_path):
    return fill(tmp_path / "photos", {f"{n % 2}/{n:02}.png": flat(n) for n in range(COUNT)})


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache" / "photographs"


def read(root, *, tell=tell_nobody):
    return read_folder(DataSpec(source=f"folder:{root}", resize=3), base_dir=Path(), tell=tell)


def entries(cache):
    return sorted(path.name for path in cache.iterdir() if path.is_dir())


def interrupted(root, *, by, at):
    """Read a folder in a process of its own, send it a signal while it decodes; return exit code and seconds."""
    source = str(Path(sys.modules["paribus.data"].__file__).parents[2])
    command = [sys.executable, "-c", WAITING, str(root), str(at)]
    environment = {**os.environ, "PYTHONPATH": source}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        assert process.stdout.readline() == b"decoding\n"
        begun = time.monotonic()
        process.send_signal(by)
        return process.wait(timeout=30), time.monotonic() - begun


def same(one, other):
    for mine, theirs in zip(one.arrays, other.arrays, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert one.test_fingerprint == other.test_fingerprint


@pytest.mark.parametrize("at", [0, COUNT])
def test_a_killed_ingestion_leaves_nothing_that_looks_complete(root, cache, at):
    assert interrupted(root, by=signal.SIGKILL, at=at)[0] == -signal.SIGKILL
    [left] = entries(cache)
    assert left.endswith(".part")
    told = []
    found = read(root, tell=told.append)
    assert f"decoding {root.name}" in {reading.what for reading in told}
    assert len(found.arrays.train_images) + len(found.arrays.test_images) == COUNT
    assert len(entries(cache)) == 2
    day_ago = time.time() - 90_000
    for path in ((cache / left), *(cache / left).iterdir()):
        os.utime(path, (day_ago, day_ago))
    (root / "0" / "00.png").unlink()
    read(root)
    assert [name for name in entries(cache) if name.endswith(".part")] == []


@pytest.mark.parametrize("written", range(5))
def test_a_write_that_is_interrupted_leaves_no_entry(root, cache, monkeypatch, written):
    files = []

    def settle(file):
        files.append(file.name)
        if len(files) > written:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("paribus.data.entry._settle", settle)
        with pytest.raises(KeyboardInterrupt, match=r"^$"):
            read(root)
    assert entries(cache) == []
    assert len(read(root).arrays.train_images) == 32


def test_ctrl_c_stops_at_once_and_leaves_nothing(root, cache):
    code, seconds = interrupted(root, by=signal.SIGINT, at=0)
    assert code in (1, 130, -signal.SIGINT)
    assert seconds < 5  # idle machines take a tenth of a second
    assert entries(cache) == []


def test_of_two_processes_at_the_same_folder_one_writes_the_entry_and_both_have_it(root, cache):
    within = []

    def tell(reading):
        if reading.what.startswith("decoding") and not within:
            within.append(None)
            within.append(read(root))

    outer = read(root, tell=tell)
    assert len(entries(cache)) == 1
    assert outer.paths == within[1].paths
    same(outer, within[1])


@pytest.mark.parametrize(
    "harm",
    [
        lambda entry: flip(entry / "train-images.npy"),
        lambda entry: flip(entry / "test-labels.npy"),
        lambda entry: (entry / "test-images.npy").unlink(),
        lambda entry: (entry / "facts.json").write_text("{}"),
        lambda entry: (entry / "facts.json").write_text("not JSON"),
        lambda entry: (entry / "facts.json").unlink(),
    ],
)
def test_an_entry_that_is_damaged_is_written_again(root, cache, harm):
    before = read(root)
    arrays = [array.copy() for array in before.arrays]
    [entry] = entries(cache)
    harm(cache / entry)
    again = read(root)
    assert entries(cache) == [entry]
    for mine, theirs in zip(again.arrays, arrays, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    told = []
    read(root, tell=told.append)
    assert [reading for reading in told if reading.what.startswith("decoding")] == []


def flip(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def test_arrays_are_read_only_and_nothing_in_the_entry_is_a_pickle(root, cache):
    found = read(root)
    with pytest.raises(ValueError, match="read-only"):
        found.arrays.train_images[0] = 0
    [entry] = entries(cache)
    assert sorted(path.name for path in (cache / entry).iterdir()) == [
        "facts.json",
        "test-images.npy",
        "test-labels.npy",
        "train-images.npy",
        "train-labels.npy",
    ]
    assert [np.load(path, allow_pickle=False).shape for path in found.paths] == [
        (32, 3, 3, 3),
        (32,),
        (8, 3, 3, 3),
        (8,),
    ]
    assert json.loads((cache / entry / "facts.json").read_text())["bad"] == []


def test_where_the_cache_cannot_be_written_a_temporary_folder_is_used(root, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    found = read(root)
    assert found.paths[0].is_relative_to(temporary_folder())
    assert read(root).paths == found.paths
    assert len(found.arrays.train_images) == 32


def test_a_cache_that_is_full_is_an_error_only_where_no_folder_has_room(root, cache, monkeypatch):
    plain, full = tempfile.TemporaryFile, []

    class Full:
        """A scratch file on a disk without room."""

        def __enter__(self):
            return self

        def __exit__(self, *_about):
            return None

        def write(self, _content):
            raise OSError(28, "No space left on device")

    def scratch(dir):  # noqa: A002 - the name that the standard library gives it
        return Full() if any(Path(dir).is_relative_to(each) for each in full) else plain(dir=dir)

    monkeypatch.setattr("tempfile.TemporaryFile", scratch)
    full.append(cache)
    found = read(root)
    assert found.paths[0].is_relative_to(temporary_folder())
    assert entries(cache) == []
    full.append(temporary_folder())
    (root / "0" / "00.png").unlink()
    with pytest.raises(DataError, match="cannot be written to the cache, nor here: No space left on device") as caught:
        read(root)
    assert "PARIBUS_CACHE" in caught.value.allowed
