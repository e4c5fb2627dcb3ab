import dataclasses
import gzip
import hashlib
import os
import ssl
import struct
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import trustme
from mirror import install, noise, published, serving

from paribus.data import Arrays, Collected, fetch, make_images
from paribus.data.catalog import SOURCES, Layout, Published

REAL = os.environ.get("PARIBUS_DATA")


@pytest.fixture(autouse=True)
def own_folders(monkeypatch, tmp_path):
    monkeypatch.delenv("PARIBUS_DATA", raising=False)
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PARIBUS_OFFLINE", "1")


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


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


@pytest.fixture(scope="session")
def context(authority):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(made)
    return made


@pytest.fixture
def network(monkeypatch, authority, tmp_path):
    """Trust our own certificates, use no proxy, wait for nothing."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.delenv("PARIBUS_OFFLINE")
    monkeypatch.setattr(fetch, "_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(fetch, "_TIMEOUT_SECONDS", 10.0)


@pytest.fixture
def two(monkeypatch, context, network):  # noqa: ARG001 - it sets the scene
    """Two mirrors of two files, in place of MNIST."""
    files = {name: noise(200_000, key=key) for key, name in enumerate(("images", "labels"))}
    with serving(context) as first, serving(context) as second:
        first.files = second.files = files
        listed = tuple(published(*file) for file in files.items())
        install(monkeypatch, "mnist", Layout("idx", ("mnist",), listed, (first.address, second.address)))
        yield SimpleNamespace(first=first, second=second, files=files, listed=listed)
