import dataclasses
import gzip
import hashlib
import os
import struct
from pathlib import Path

import numpy as np
import pytest

from paribus.data import Arrays, Collected, make_images
from paribus.data.catalog import SOURCES, Published

REAL = os.environ.get("PARIBUS_DATA")


@pytest.fixture(autouse=True)
def own_folders(monkeypatch, tmp_path):
    monkeypatch.delenv("PARIBUS_DATA", raising=False)
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def real_data():
    if not REAL:
        pytest.skip("PARIBUS_DATA is not set: the real files are not here")
    return Path(REAL)


@pytest.fixture(scope="session")
def made():
    """Return images with given training labels; pixels are random but the same every time."""

    def make(labels, *, shape=(1, 2, 2), test=4):
        labels = np.asarray(labels, dtype=np.int64)
        classes = int(labels.max()) + 1
        noise = np.random.Generator(np.random.Philox(key=3))
        train = noise.integers(0, 256, size=(len(labels), *shape), dtype=np.uint8)
        check = noise.integers(0, 256, size=(test, *shape), dtype=np.uint8)
        arrays = (train, labels, check, np.arange(test, dtype=np.int64) % classes)
        return make_images("made", Collected(Arrays(*arrays), tuple(str(label) for label in range(classes))))

    return make


def idx_bytes(values):
    """Write the IDX format as its page describes it: magic 00 00 08 dimensions, sizes, bytes."""
    header = bytes([0, 0, 8, values.ndim]) + b"".join(struct.pack(">I", size) for size in values.shape)
    return header + values.tobytes()


class Family:
    """30 + 10 images, 4 x 4, in place of those of an IDX source; a test writes the files where it likes."""

    def __init__(self, monkeypatch, name):
        noise = np.random.Generator(np.random.Philox(key=len(name)))
        self.train = noise.integers(0, 256, size=(30, 4, 4), dtype=np.uint8)
        self.train_labels = noise.integers(0, 10, size=30, dtype=np.uint8)
        self.test = noise.integers(0, 256, size=(10, 4, 4), dtype=np.uint8)
        self.test_labels = noise.integers(0, 10, size=10, dtype=np.uint8)
        arrays = (self.train, self.train_labels, self.test, self.test_labels)
        real = SOURCES[name].layouts[0]
        self.contents = {file.name: idx_bytes(array) for file, array in zip(real.files, arrays, strict=True)}
        layout = dataclasses.replace(
            real, files=tuple(self._published(file, self.contents[file.name]) for file in real.files)
        )
        source = dataclasses.replace(SOURCES[name], image_shape=(1, 4, 4), train=30, test=10, layouts=(layout,))
        monkeypatch.setitem(SOURCES, name, source)

    @staticmethod
    def _published(file, content):
        packed = gzip.compress(content, mtime=0)
        # Where no checksum is published, none is made up.
        sha256 = hashlib.sha256(content).hexdigest() if file.sha256 else ""
        return Published(file.name, len(content), sha256, len(packed), hashlib.sha256(packed).hexdigest())

    def write(self, folder, *, packed=False, dotted=False):
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.contents.items():
            shown = name.replace("-idx", ".idx") if dotted else name
            path = folder / (f"{shown}.gz" if packed else shown)
            path.write_bytes(gzip.compress(content, mtime=0) if packed else content)
        return folder


@pytest.fixture
def family(monkeypatch):
    return lambda name: Family(monkeypatch, name)
