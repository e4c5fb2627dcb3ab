import gzip
import hashlib

import pytest

from paribus.core import DataError
from paribus.data import load_images
from paribus.data.catalog import SOURCES
from paribus.study import DataSpec


def flip(path, *, at):
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def cut(path):
    path.write_bytes(path.read_bytes()[:-9])


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("harm", [cut, lambda path: flip(path, at=100), lambda path: path.write_bytes(b"")])
def test_damage_is_found_and_named_with_both_checksums(tmp_path, family, packed, harm):
    folder = family("mnist").write(tmp_path / "mnist", packed=packed)
    path = folder / ("train-images-idx3-ubyte.gz" if packed else "train-images-idx3-ubyte")
    expected = hashlib.sha256(path.read_bytes()).hexdigest()
    harm(path)
    with pytest.raises(DataError, match="is damaged") as caught:
        load_images(DataSpec(source="mnist"), data_dir=tmp_path)
    assert caught.value.where == str(path)
    assert hashlib.sha256(path.read_bytes()).hexdigest() in caught.value.wrong
    assert expected in caught.value.allowed
    assert "remove it" in caught.value.next_command


def test_a_file_that_somebody_packed_again_is_accepted_for_its_content(tmp_path, family):
    files = family("mnist")
    folder = files.write(tmp_path / "mnist", packed=True)
    name = "train-images-idx3-ubyte"
    (folder / f"{name}.gz").write_bytes(gzip.compress(files.contents[name], compresslevel=1, mtime=1))
    images = load_images(DataSpec(source="mnist"), data_dir=tmp_path)
    assert images.files[0].sha256 != SOURCES["mnist"].layouts[0].files[0].packed_sha256


def test_a_file_that_grows_beyond_its_size_when_unpacked_is_refused(tmp_path, family):
    folder = family("mnist").write(tmp_path / "mnist", packed=True)
    (folder / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(bytes(1 << 20)))
    with pytest.raises(DataError, match="is damaged"):
        load_images(DataSpec(source="mnist"), data_dir=tmp_path)


@pytest.mark.parametrize("wanted", ["fashion-mnist", "kmnist"])
def test_files_of_another_source_with_the_same_names_are_recognised(tmp_path, family, wanted):
    family("mnist").write(tmp_path)
    family(wanted)
    with pytest.raises(DataError, match=f"is a file of mnist, not of {wanted}"):
        load_images(DataSpec(source=wanted), data_dir=tmp_path)


def test_unpacked_kmnist_has_no_published_checksum_and_says_so(tmp_path, family):
    folder = family("kmnist").write(tmp_path / "kmnist")
    images = load_images(DataSpec(source="kmnist"), data_dir=tmp_path)
    assert all("no checksum is published" in fact.name for fact in images.files)
    cut(folder / "t10k-images-idx3-ubyte")
    with pytest.raises(DataError, match="is damaged"):
        load_images(DataSpec(source="kmnist"), data_dir=tmp_path)


def test_a_file_that_cannot_be_read_is_named(tmp_path, family, monkeypatch):
    folder = family("mnist").write(tmp_path / "mnist")

    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
    with pytest.raises(DataError, match="cannot be read: Permission denied") as caught:
        load_images(DataSpec(source="mnist"), data_dir=tmp_path)
    assert caught.value.where == str(folder / "train-images-idx3-ubyte")
