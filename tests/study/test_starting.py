"""New study files made from built-in ones: what changes, and what does not."""

import difflib
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paribus.core import StudyError
from paribus.study import bare_study, gallery_names, gallery_text, starting_text
from paribus.study.starting import with_value
from paribus.study.values import toml_text

SMALL = """top = 1  # first
[data]  # where from
source = "a # b"   # remark
n = [1, 2]# near
[data2]
source = 3
"""


def lines(before, after):
    """Return the lines that were taken away and those that were added."""
    changed = [each for each in difflib.ndiff(before.split("\n"), after.split("\n")) if each[0] in "+-"]
    return [each[2:] for each in changed if each[0] == "-"], [each[2:] for each in changed if each[0] == "+"]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_a_value_changes_and_nothing_else_whatever_is_in_it(text):
    changed = with_value(SMALL, "source", text, section="data")
    assert tomllib.loads(changed) == {"top": 1, "data": {"source": text, "n": [1, 2]}, "data2": {"source": 3}}
    (was,), (now,) = lines(SMALL, changed)
    assert was == 'source = "a # b"   # remark'
    assert now.endswith("  # remark")
    assert now.removesuffix("# remark").rstrip(" ") == f"source = {toml_text(text)}"


def test_keys_are_added_and_taken_away_in_their_section():
    assert lines(SMALL, with_value(SMALL, "resize", 32, section="data")) == ([], ["resize = 32"])
    assert tomllib.loads(with_value(SMALL, "resize", 32, section="data"))["data"]["resize"] == 32
    assert lines(SMALL, with_value(SMALL, "n", None, section="data")) == (["n = [1, 2]# near"], [])
    assert with_value(SMALL, "m", None, section="data") == SMALL
    bare = with_value(SMALL, "source", 4, section="data", keep_remark=False)
    assert lines(SMALL, bare)[1] == ["source = 4"]


@pytest.mark.parametrize("name", gallery_names())
def test_every_built_in_study_can_be_started_from_with_other_images(name):
    changes = {"data.source": 'folder:my "photos" #1', "data.validation": 0.25, "data.resize": 40}
    text = starting_text(name, name="mine", changes=changes, head=["made for\n[data]"])
    before, after = tomllib.loads(gallery_text(name)), tomllib.loads(text)
    assert after["data"] == before["data"] | {"source": 'folder:my "photos" #1', "validation": 0.25, "resize": 40}
    for gone in ("published", "takes", "data"):
        before.pop(gone, None)
        after.pop(gone, None)
    assert after == before
    remarks = [line for line in gallery_text(name).split("\n") if line.startswith("#")]
    assert [line for line in text.split("\n") if line.startswith("#")][2:] == remarks


def test_a_change_that_the_study_does_not_allow_is_refused():
    with pytest.raises(StudyError, match=r"data.resize"):
        starting_text("quickstart", name="mine", changes={"data.resize": 0})


def test_a_source_alone_is_a_study_of_one_condition():
    study = bare_study('folder:a"b', name="a", overrides=["data.resize=9", "train.augment=['RandomVerticalFlip']"])
    assert study.base.data.source == 'folder:a"b'
    assert (study.base.data.resize, study.base.train.augment) == (9, ("RandomVerticalFlip",))
    with pytest.raises(StudyError, match="no known source"):
        bare_study("mnits", name="a")
