import hashlib
import os
import pickle
import struct

import numpy as np
import pytest

from paribus.core import DataError
from paribus.data.catalog import SOURCES
from paribus.data.cifar import read_binary, read_python


def python2_pickle(pixels, labels, *, kind=b"u1"):
    """Write a batch as Python 2 and numpy 1 did, operation by operation (protocol 2, byte strings)."""
    dtype = b"cnumpy\ndtype\nU" + bytes([len(kind)]) + kind + b"K\x00K\x01\x87R"
    dtype += b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
    array += b"(K\x01" + b"K" + bytes([len(pixels)]) + b"M\x00\x0c\x86" + dtype
    array += b"\x89T" + struct.pack("<i", pixels.nbytes) + pixels.tobytes() + b"tb"
    listed = b"](" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    return b"\x80\x02}(U\x06labels" + listed + b"U\x04data" + array + b"u."


def pixels_of(rows):
    return np.arange(rows * 3072, dtype=np.uint32).astype(np.uint8).reshape(rows, 3072)


def test_a_python_2_batch_is_read():
    images, labels = read_python(python2_pickle(pixels_of(3), [7, 0, 9]), where="b")
    np.testing.assert_array_equal(images, pixels_of(3).reshape(3, 3, 32, 32))
    assert labels.tolist() == [7, 0, 9]


class Hostile:
    """What runs when it is unpickled: a folder appears."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


def test_a_hostile_pickle_is_refused_and_not_executed(tmp_path):
    content = pickle.dumps({b"data": Hostile(tmp_path / "harm"), b"labels": []})
    with pytest.raises(DataError, match=r"asks for (posix|nt)\.mkdir, which was not executed") as caught:
        read_python(content, where="data_batch_1")
    assert caught.value.where == "data_batch_1"
    assert not (tmp_path / "harm").exists()
    pickle.loads(content)  # noqa: S301 - shows that it is hostile: without the reader's care it does harm
    assert (tmp_path / "harm").exists()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "no pickle that can be read"),
        (python2_pickle(pixels_of(2), [1, 2])[:-3], "no pickle that can be read"),
        (python2_pickle(pixels_of(2), [1, 2], kind=b"O8"), "not of bytes"),
        (python2_pickle(pixels_of(2), [1, 2, 3]), "not of a batch"),
        (python2_pickle(pixels_of(2), [1, 10]), "not of a batch"),
        (pickle.dumps([1, 2]), "not of a batch"),
        (pickle.dumps({b"data": b"", b"labels": [1]}), "not of a batch"),
    ],
)
def test_what_is_no_batch_is_named(content, complaint):
    with pytest.raises(DataError, match=complaint):
        read_python(content, where="b")


def test_binary_rows_are_a_label_and_three_planes():
    row = bytes([4]) + b"r" * 1024 + b"g" * 1024 + b"b" * 1024
    images, labels = read_binary(row * 2, where="b")
    assert labels.tolist() == [4, 4]
    assert images[1, :, 31, 31].tobytes() == b"rgb"
    with pytest.raises(DataError, match="6,147 bytes"):
        read_binary(row * 2 + b"\0", where="b")


def test_both_real_layouts_hold_the_same_images(real_data):
    """The published checksum of the binary batch is that of the Python batch, interleaved."""
    python, binary = (layout.files[0] for layout in SOURCES["cifar10"].layouts)
    images, labels = read_python((real_data / "cifar-10-batches-py" / python.name).read_bytes(), where="b")
    content = np.hstack([labels[:, np.newaxis].astype(np.uint8), images.reshape(-1, 3072)]).tobytes()
    assert (len(content), hashlib.sha256(content).hexdigest()) == (binary.bytes, binary.sha256)
    again, same_labels = read_binary(content, where="b")
    np.testing.assert_array_equal(again, images)
    np.testing.assert_array_equal(same_labels, labels)
