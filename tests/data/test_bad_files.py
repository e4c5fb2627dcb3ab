"""Many files that are no images, said in few lines: together they count every file once."""

import re

from hypothesis import given
from hypothesis import strategies as st

from paribus.data import bad_file_lines, counted_endings

NOTHING = "is no image; only PNG, JPEG, WEBP and BMP images are read"


def test_thousands_of_files_with_one_reason_are_one_line_with_their_endings():
    skipped = [f"a/{n}.ogg: {NOTHING}" for n in range(3600)] + [f"a/{n}.TXT: {NOTHING}" for n in range(400)]
    assert bad_file_lines(skipped) == (f"3,600 .ogg, 400 .txt: {NOTHING} (the first: a/0.ogg)",)


def test_few_files_are_named_each_with_its_reason_and_come_last():
    skipped = ["a/1.png: is empty", *(f"a/{n}.gif: is a GIF image" for n in range(9)), "b/2: is empty"]
    assert bad_file_lines(skipped) == (
        "9 .gif: is a GIF image (the first: a/0.gif)", "a/1.png: is empty", "b/2: is empty",
    )  # fmt: skip


def test_reasons_of_decoders_that_differ_in_detail_are_one():
    skipped = [f"a/{n}.jpg: cannot be decoded: byte {n} is wrong" for n in range(5)]
    assert bad_file_lines(skipped) == ("5 .jpg: cannot be decoded (the first: a/0.jpg)",)


def test_of_many_endings_the_commonest_are_named():
    assert counted_endings([(".a", 5), (".b", 4), (".c", 3), (".d", 2), (".e", 1), (".f", 1)]) == (
        "5 .a, 4 .b, 3 .c, 2 .d, 2 others"
    )


REASONS = st.sampled_from(["is empty", "is no image", "cannot be decoded: x", "cannot be decoded: y"])
FILES = st.lists(st.tuples(st.sampled_from(["", ".a", ".b", ".c", ".d", ".e"]), REASONS), max_size=60)


@given(FILES)
def test_every_file_is_in_exactly_one_line(files):
    lines = bad_file_lines([f"f{at}{ending}: {reason}" for at, (ending, reason) in enumerate(files)])
    named = sum(line.startswith("f") for line in lines)
    numbers = [line.partition(":")[0] for line in lines if not line.startswith("f")]
    counted = sum(int(number) for each in numbers for number in re.findall(r"(?:^|, )(\d+) ", each))
    assert named + counted == len(files)
    assert len(lines) <= 3 * 3
