import pytest

from paribus.core import DataError
from paribus.data import load_images, source_status
from paribus.data.catalog import SOURCES
from paribus.study import DataSpec


def test_missing_files_are_named_with_checksums_a_place_and_a_way_out(tmp_path):
    with pytest.raises(DataError, match="4 of 4 files of fashion-mnist are not here") as caught:
        load_images(DataSpec(source="fashion-mnist", validation=5000), data_dir=tmp_path)
    message = str(caught.value)
    for file in SOURCES["fashion-mnist"].layouts[0].files:
        assert f"{file.name}.gz" in message
        assert file.packed_sha256 in message
    assert str(tmp_path / "FashionMNIST" / "raw") in message
    assert "PARIBUS_DATA" in message
    assert "is not downloaded: PARIBUS_OFFLINE is set" in message
    assert caught.value.next_command == "add to the command: data.source=digits data.validation=0.2"


def test_a_folder_with_some_files_is_named_with_those_it_lacks(tmp_path, family):
    folder = family("mnist").write(tmp_path / "mnist")
    (folder / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError, match="1 of 4 files of mnist") as caught:
        load_images(DataSpec(source="mnist"), data_dir=tmp_path)
    assert f"these files in {folder}" in caught.value.allowed
    assert "t10k-labels" in caught.value.allowed
    assert "t10k-images" not in caught.value.allowed


def test_a_complete_set_is_preferred_to_an_incomplete_one_found_before(tmp_path, family):
    files = family("mnist")
    (files.write(tmp_path / "MNIST/raw") / "t10k-labels-idx1-ubyte").unlink()
    files.write(tmp_path / "mnist")
    status = {each.name: each for each in source_status(data_dir=tmp_path)}["mnist"]
    assert (status.available, status.folder) == (True, tmp_path / "mnist")


@pytest.mark.parametrize(("source", "packed"), [("mnist", False), ("kmnist", True)])
def test_of_two_forms_the_one_with_a_published_checksum_is_read(tmp_path, family, source, packed):
    files = family(source)
    files.write(tmp_path / source, packed=True)
    files.write(tmp_path / source, packed=False)
    images = load_images(DataSpec(source=source), data_dir=tmp_path)
    assert [fact.name.endswith(".gz") for fact in images.files] == [packed] * 4


def test_status_says_what_is_here_and_what_is_missing(tmp_path, family):
    folder = family("kmnist").write(tmp_path / "kmnist", packed=True)
    (folder / "train-labels-idx1-ubyte.gz").unlink()
    status = {each.name: each for each in source_status(data_dir=tmp_path)}
    assert list(status) == list(SOURCES)
    assert status["digits"].available
    assert not status["kmnist"].available
    assert status["kmnist"].folder == folder
    assert status["kmnist"].missing == ("train-labels-idx1-ubyte.gz",)
    assert (status["cifar10"].folder, len(status["cifar10"].missing)) == (None, 6)
    assert status["mnist"].files[0].name == "train-images-idx3-ubyte.gz"
