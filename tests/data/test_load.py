import dataclasses
import hashlib

import numpy as np
import pytest

from paribus.core import DataError
from paribus.data import load_images
from paribus.data.catalog import SOURCES, Published
from paribus.study import DataSpec


@pytest.mark.parametrize(
    ("source", "folder", "packed", "dotted"),
    [
        ("mnist", "MNIST/raw", False, False),
        ("mnist", "mnist", True, False),
        ("mnist", ".", True, False),
        ("mnist", ".", False, True),
        ("fashion-mnist", "FashionMNIST/raw", True, False),
        ("fashion-mnist", "fashion-mnist", False, False),
        ("kmnist", "KMNIST/raw", True, False),
    ],
)
def test_idx_files_are_read_in_the_layouts_people_have(tmp_path, family, source, folder, packed, dotted):
    files = family(source)
    files.write(tmp_path / folder, packed=packed, dotted=dotted)
    images = load_images(DataSpec(source=source), data_dir=tmp_path)
    np.testing.assert_array_equal(images.train_images, files.train[:, np.newaxis])
    np.testing.assert_array_equal(images.train_labels, files.train_labels)
    np.testing.assert_array_equal(images.test_images, files.test[:, np.newaxis])
    np.testing.assert_array_equal(images.test_labels, files.test_labels)
    assert images.train_labels.dtype == np.int64
    assert [fact.sha256 for fact in images.files] == [
        hashlib.sha256((tmp_path / folder / fact.name).read_bytes()).hexdigest() for fact in images.files
    ]


@pytest.mark.parametrize("where", ["data-dir", "PARIBUS_DATA", "cache"])
def test_files_are_looked_for_in_three_places(tmp_path, monkeypatch, family, where):
    family("mnist").write(tmp_path / "cache/data/mnist" if where == "cache" else tmp_path / "own/mnist")
    if where == "PARIBUS_DATA":
        monkeypatch.setenv("PARIBUS_DATA", str(tmp_path / "own"))
    data_dir = tmp_path / "own" if where == "data-dir" else None
    assert load_images(DataSpec(source="mnist"), data_dir=data_dir).source == "mnist"


def test_resize_changes_the_fingerprint_but_not_the_identity_of_the_test_set(tmp_path, family):
    family("mnist").write(tmp_path / "mnist")
    plain = load_images(DataSpec(source="mnist"), data_dir=tmp_path)
    small = load_images(DataSpec(source="mnist", resize=3), data_dir=tmp_path)
    assert small.image_shape == (1, 3, 3)
    assert small.fingerprint != plain.fingerprint
    assert small.test_fingerprint == plain.test_fingerprint


def binary_source(monkeypatch, folder, *, labels):
    """Write six binary batches of four images each; return the pixels, [24, 3, 32, 32]."""
    pixels = np.arange(24 * 3072, dtype=np.uint32).astype(np.uint8).reshape(24, 3072)
    layout = SOURCES["cifar10"].layouts[1]
    files = []
    folder.mkdir(parents=True)
    for index, file in enumerate(layout.files):
        rows = range(4 * index, 4 * index + 4)
        content = b"".join(bytes([labels[row]]) + pixels[row].tobytes() for row in rows)
        (folder / file.name).write_bytes(content)
        files.append(Published(file.name, len(content), hashlib.sha256(content).hexdigest()))
    changed = dataclasses.replace(layout, files=tuple(files))
    source = dataclasses.replace(SOURCES["cifar10"], layouts=(SOURCES["cifar10"].layouts[0], changed))
    monkeypatch.setitem(SOURCES, "cifar10", source)
    return pixels.reshape(24, 3, 32, 32)


def test_binary_batches_become_five_for_training_and_one_for_test(tmp_path, monkeypatch):
    labels = [row % 10 for row in range(24)]
    pixels = binary_source(monkeypatch, tmp_path / "cifar-10-batches-bin", labels=labels)
    images = load_images(DataSpec(source="cifar10"), data_dir=tmp_path)
    np.testing.assert_array_equal(images.train_images, pixels[:20])
    np.testing.assert_array_equal(images.test_images, pixels[20:])
    assert [*images.train_labels, *images.test_labels] == labels


def test_a_label_without_a_class_is_an_error(tmp_path, monkeypatch):
    binary_source(monkeypatch, tmp_path / "cifar10", labels=[11] + [0] * 23)
    with pytest.raises(DataError, match="labels go from 0 to 11"):
        load_images(DataSpec(source="cifar10"), data_dir=tmp_path)


@pytest.mark.parametrize(("source", "per_class"), [("mnist", 5421), ("cifar10", 5000)])
def test_the_real_files_are_read(real_data, source, per_class):
    images = load_images(DataSpec(source=source), data_dir=real_data)
    assert images.train_images.shape == (SOURCES[source].train, *SOURCES[source].image_shape)
    assert images.test_images.shape == (10_000, *SOURCES[source].image_shape)
    # Published counts: 5,421 fives are the fewest in MNIST; CIFAR-10 has 5,000 of each.
    assert np.bincount(images.train_labels).min() == per_class
    if source == "mnist":
        assert images.train_labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
