import numpy as np
import pytest

from paribus.core import DataError
from paribus.data.idx import read_idx

# Two images of 2 x 3, byte by byte, as the page of the format has it.
CONTENT = bytes.fromhex("00000803 00000002 00000002 00000003 000102030405 060708090aff")


def test_values_come_row_by_row():
    expected = [[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 255]]]
    assert read_idx(CONTENT, where="x", shape=(2, 2, 3)).tolist() == expected


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "its header is "),
        (CONTENT.replace(b"\x08", b"\x0d", 1), "its header is 00 00 0d 03"),
        (CONTENT[:-1], "11 values after its header"),
        (CONTENT + b"\0", "13 values after its header"),
        (np.zeros((2, 2, 3), np.uint8).tobytes() * 3, "its header is 00 00 00 00"),
    ],
)
def test_what_is_no_such_file_is_named(content, complaint):
    with pytest.raises(DataError, match=complaint) as caught:
        read_idx(content, where="train", shape=(2, 2, 3))
    assert caught.value.where == "train"
