"""What a source's files need beside a mirror: a place, room, a lock, and words when it cannot be done."""

import dataclasses
import gzip
import hashlib
import io
import json
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from types import SimpleNamespace

import mirror as manners
import numpy as np
import pytest
from mirror import contents, install, noise, published

from paribus.core import DataError
from paribus.data import download_source, load_images
from paribus.data.catalog import SOURCES, Archive, Layout
from paribus.data.download import OFFLINE
from paribus.study import DataSpec

CHILD = Path(__file__).with_name("child.py")
SIZE = 200_000


@pytest.mark.usefixtures("network")
def test_a_study_whose_files_are_nowhere_downloads_them_once(monkeypatch, context, family, tmp_path):
    files, heard = family("mnist"), []
    with manners.serving(context) as only:
        only.files = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in files.contents.items()}
        install(monkeypatch, "mnist", dataclasses.replace(SOURCES["mnist"].layouts[0], mirrors=(only.address,)))
        images = load_images(DataSpec(source="mnist"), data_dir=tmp_path / "elsewhere", tell=heard.append)
        np.testing.assert_array_equal(images.train_images[:, 0], files.train)
        np.testing.assert_array_equal(images.test_labels, files.test_labels)
        assert sorted(only.asked) == sorted((name, "") for name in only.files)
        assert contents(tmp_path / "cache/data/mnist") == only.files
        assert load_images(DataSpec(source="mnist")).fingerprint == images.fingerprint
        assert len(only.asked) == 4
    for name, content in only.files.items():
        done = [reading.done for reading in heard if reading.what == f"downloading {name}"]
        assert (done[0], done[-1], done) == (0, len(content), sorted(done))
    assert {(reading.unit, reading.total) for reading in heard} == {("bytes", len(c)) for c in only.files.values()}


def test_only_what_is_missing_is_fetched_and_a_full_folder_asks_nobody(two, tmp_path, monkeypatch):
    (tmp_path / "own").mkdir()
    (tmp_path / "own/labels").write_bytes(two.files["labels"])
    assert download_source("mnist", folder=tmp_path / "own") == tmp_path / "own"
    assert two.first.asked == [("images", "")]
    assert contents(tmp_path / "own") == two.files
    monkeypatch.setenv(OFFLINE, "1")
    assert download_source("mnist", folder=tmp_path / "own") == tmp_path / "own"
    assert len(two.first.asked) == 1


@pytest.mark.parametrize("ending", ["", "/{name}"])
def test_a_mirror_of_ones_own_is_asked_first(two, tmp_path, ending):
    own = two.second.address.removesuffix("/{name}") + ending
    download_source("mnist", folder=tmp_path / "own", mirror=own)
    assert two.first.asked == []
    assert contents(tmp_path / "own") == two.files


@pytest.mark.parametrize("own", ["http://localhost:1", "localhost", "file:///tmp", "https://", "https://[::1"])
def test_a_mirror_of_ones_own_has_to_be_https(two, own):
    with pytest.raises(DataError, match="is no https address"):
        download_source("mnist", mirror=own)
    assert two.first.asked == []


@pytest.mark.parametrize(("name", "said"), [("minst", "did you mean: mnist"), ("digits", "needs no download")])
def test_a_source_without_files_is_refused(name, said):
    with pytest.raises(DataError, match=said):
        download_source(name)


def test_a_damaged_file_is_named_and_left_alone(two, tmp_path):
    (tmp_path / "labels").write_bytes(b"mine")
    with pytest.raises(DataError, match="is damaged") as caught:
        download_source("mnist", folder=tmp_path)
    assert caught.value.where == str(tmp_path / "labels")
    assert (tmp_path / "labels").read_bytes() == b"mine"
    assert two.first.asked == []


def test_too_little_room_is_said_before_anything_is_asked(two, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=10_000))
    with pytest.raises(DataError, match=r"has 0\.0 MB free, and mnist needs 1\.4 MB"):
        download_source("mnist", folder=tmp_path / "own")
    assert two.first.asked == []


def test_a_disk_that_fills_up_on_the_way_is_no_fault_of_the_mirror(two, tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DataError, match="cannot be written to: No space left on device"):
        download_source("mnist", folder=tmp_path / "own")
    assert two.second.asked == []
    assert contents(tmp_path / "own").keys() == {"images.part"}


def test_a_folder_that_cannot_be_made_is_named(two, tmp_path):
    (tmp_path / "own").write_text("a file")
    with pytest.raises(DataError, match="cannot be written to"):
        download_source("mnist", folder=tmp_path / "own/mnist")
    assert two.first.asked == []


def test_offline_nobody_is_asked(two, tmp_path, monkeypatch):
    monkeypatch.setenv(OFFLINE, "1")
    with pytest.raises(DataError, match="is not downloaded: PARIBUS_OFFLINE is set") as caught:
        download_source("mnist")
    assert all(file.sha256 in caught.value.allowed for file in two.listed)
    with pytest.raises(DataError, match="2 of 2 files of mnist are not here") as caught:
        load_images(DataSpec(source="mnist"), data_dir=tmp_path)
    assert "\n  mnist: is not downloaded: PARIBUS_OFFLINE is set\n" in str(caught.value)
    assert two.first.asked == []


def test_a_study_whose_files_no_mirror_has_says_what_was_tried_and_what_else_to_do(two, tmp_path):
    two.first.manner, two.second.manner = manners.fail(503), manners.page
    with pytest.raises(DataError, match="2 of 2 files of mnist are not here") as caught:
        load_images(DataSpec(source="mnist"), data_dir=tmp_path)
    message = str(caught.value)
    tried = "localhost: HTTP 503; localhost: answers with a web page, not with the file"
    assert f"\n  mnist: cannot be downloaded: {tried}\n" in message
    assert all(file.sha256 in message for file in two.listed)
    assert caught.value.next_command == "add to the command: data.source=digits"


def child(two, tmp_path):
    """Start a download in a process of its own; it shares the cache with this one."""
    given = {"files": [dataclasses.asdict(file) for file in two.listed], "mirrors": [two.first.address]}
    (tmp_path / "catalog.json").write_text(json.dumps(given), encoding="utf-8")
    return subprocess.Popen([sys.executable, CHILD, tmp_path / "catalog.json"], stdout=subprocess.PIPE, text=True)


def wait_for(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_of_two_processes_one_downloads_and_the_other_waits(two, tmp_path):
    two.first.manners = [manners.stall(70_000)]
    folder, heard = tmp_path / "cache/data/mnist", []
    with child(two, tmp_path) as other:
        wait_for(lambda: (folder / "images.part").exists() and (folder / "images.part").stat().st_size == 70_000)

        def hear(reading):
            heard.append(reading.what)
            two.first.released.set()  # the other one's line is cut now, and it goes on

        assert download_source("mnist", tell=hear) == folder
        assert other.communicate()[0].strip() == str(folder)
        assert other.returncode == 0
    assert set(heard) == {"waiting for another process that downloads mnist"}
    assert two.first.asked == [("images", ""), ("images", "bytes=70000-"), ("labels", "")]
    assert contents(folder) == two.files


def test_a_download_that_was_killed_goes_on(two, tmp_path):
    two.first.manners = [manners.stall(70_000)]
    folder = tmp_path / "cache/data/mnist"
    with child(two, tmp_path) as killed:
        wait_for(lambda: (folder / "images.part").exists() and (folder / "images.part").stat().st_size == 70_000)
        killed.send_signal(signal.SIGKILL)
    assert contents(folder).keys() == {"images.part"}
    download_source("mnist")
    assert two.first.asked[1:] == [("images", "bytes=70000-"), ("labels", "")]
    assert contents(folder) == two.files


@pytest.fixture
def archived(monkeypatch, context, network):  # noqa: ARG001 - it sets the scene
    """A mirror of a packed tar file, in place of CIFAR-10's."""
    files = {file.name: noise(SIZE, key=key) for key, file in enumerate(SOURCES["cifar10"].layouts[0].files)}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as tar:
        for name, content in {"readme.html": b"<html>", **files}.items():
            member = tarfile.TarInfo(f"batches/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    packed = out.getvalue()
    with manners.serving(context) as only:
        only.files = {"packed.tar.gz": packed}
        archive = Archive("packed.tar.gz", len(packed), hashlib.sha256(packed).hexdigest(), "batches")
        listed = tuple(published(*file) for file in files.items())
        install(monkeypatch, "cifar10", Layout("cifar-python", ("cifar10",), listed, (only.address,), archive))
        yield SimpleNamespace(only=only, files=files, packed=packed, layout=SOURCES["cifar10"].layouts[0])


def test_of_an_archive_the_listed_files_remain_and_nothing_else(archived, tmp_path):
    heard = []
    archived.only.manners = [manners.cut(500_000)]
    folder = download_source("cifar10", tell=heard.append)
    assert folder == tmp_path / "cache/data/cifar10"
    assert contents(folder) == archived.files
    assert archived.only.asked == [("packed.tar.gz", ""), ("packed.tar.gz", "bytes=500000-")]
    assert {reading.what for reading in heard} == {"downloading packed.tar.gz", "unpacking packed.tar.gz"}
    (folder / "test_batch").unlink()
    download_source("cifar10")
    assert contents(folder) == archived.files


def test_an_archive_that_was_whole_when_unpacking_stopped_is_not_fetched_again(archived, tmp_path, monkeypatch):
    def stop(*_, **__):
        raise RuntimeError("the light went out")

    with monkeypatch.context() as patch:
        patch.setattr("paribus.data.download.extract", stop)
        with pytest.raises(RuntimeError, match="the light went out"):
            download_source("cifar10")
    install(monkeypatch, "cifar10", dataclasses.replace(archived.layout, mirrors=("https://localhost:1/{name}",)))
    folder = download_source("cifar10")
    assert folder == tmp_path / "cache/data/cifar10"
    assert contents(folder) == archived.files
    assert len(archived.only.asked) == 1


def test_an_archive_without_the_published_files_is_refused_and_leaves_nothing(archived, monkeypatch, tmp_path):
    changed = dataclasses.replace(archived.layout.files[-1], sha256="0" * 64)
    layout = dataclasses.replace(archived.layout, files=(*archived.layout.files[:-1], changed))
    install(monkeypatch, "cifar10", layout)
    with pytest.raises(DataError, match=r"packed\.tar\.gz has another batches/test_batch") as caught:
        download_source("cifar10")
    assert changed.sha256 in caught.value.allowed
    kept = contents(tmp_path / "cache/data/cifar10")
    assert kept == {name: content for name, content in archived.files.items() if name != "test_batch"}
