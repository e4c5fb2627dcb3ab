import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from paribus.core import DataError
from paribus.data import open_images, share_images
from paribus.data.images import array_digest

FIELDS = ("train_images", "train_labels", "test_images", "test_labels")


def test_shared_images_are_the_same_images_mapped_and_read_only(made, tmp_path):
    images = made([0, 1, 2] * 5)
    shared = pickle.loads(pickle.dumps(share_images(images)))  # noqa: S301 - our own: as a worker gets it
    assert all(path.parent == tmp_path / "cache" / "arrays" for path in shared.paths)
    opened = open_images(shared)
    for field in FIELDS:
        np.testing.assert_array_equal(getattr(opened, field), getattr(images, field))
        assert getattr(opened, field).dtype == getattr(images, field).dtype
    for field in ("source", "classes", "files", "fingerprint", "test_fingerprint"):
        assert getattr(opened, field) == getattr(images, field)
    assert isinstance(opened.train_images.base, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        opened.train_images[0] = 0


def test_another_process_opens_them(made):
    shared = share_images(made([0, 1] * 4))
    code = (
        "import pickle, sys; from paribus.data import open_images; "
        "print(open_images(pickle.load(sys.stdin.buffer)).train_images.sum())"
    )
    source = str(Path(sys.modules["paribus.data"].__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": source}
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=pickle.dumps(shared),
        capture_output=True,
        check=True,
        env=environment,
    )
    assert int(done.stdout) == made([0, 1] * 4).train_images.sum()


def test_files_are_written_once_and_written_again_when_a_bit_has_flipped(made):
    images = made([0, 1, 2] * 5)
    paths = share_images(images).paths
    before = [path.stat().st_ino for path in paths]
    assert [path.stat().st_ino for path in share_images(images).paths] == before
    content = bytearray(paths[0].read_bytes())
    content[-1] ^= 1
    paths[0].write_bytes(content)
    opened = open_images(share_images(images))
    assert array_digest(*(getattr(opened, field) for field in FIELDS)) == images.fingerprint


@pytest.mark.parametrize(
    "harm",
    [lambda path: path.write_bytes(b""), lambda path: path.write_bytes(path.read_bytes()[:-1]), os.unlink],
)
def test_a_broken_or_missing_file_is_written_again_and_named_when_opened(made, harm):
    images = made([0, 1] * 5)
    shared = share_images(images)
    harm(shared.paths[2])
    with pytest.raises(DataError, match="shared images cannot be opened"):
        open_images(shared)
    share_images(images)
    np.testing.assert_array_equal(open_images(shared).test_images, images.test_images)


def test_an_array_that_was_changed_on_disk_is_not_trained_on(made):
    shared = share_images(made([0, 1] * 5))
    content = bytearray(shared.paths[1].read_bytes())
    content[-8] ^= 1  # one label
    shared.paths[1].write_bytes(content)
    with pytest.raises(DataError, match="changed on disk"):
        open_images(shared)


def test_where_the_cache_cannot_be_written_a_temporary_folder_is_used(made, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    images = made([0, 1] * 5)
    shared = share_images(images)
    assert tmp_path not in shared.paths[0].parents
    np.testing.assert_array_equal(open_images(shared).train_images, images.train_images)


def test_a_write_that_fails_leaves_nothing_behind(made, tmp_path, monkeypatch):
    def full(*_arguments, **_settings):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("numpy.save", full)
    with pytest.raises(DataError, match="No space left on device"):
        share_images(made([1, 0, 2]), folder=tmp_path / "arrays")
    assert list((tmp_path / "arrays").iterdir()) == []
