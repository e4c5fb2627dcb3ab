import pytest

from paribus.stats import named
from paribus.stats.names import listed


@pytest.mark.parametrize("name", ["ReLU", "lr=0.1", "kernel=3x3", "Größe", "a.b:c"])
def test_a_name_of_one_word_stays_as_it_is(name):
    assert named(name) == name


@pytest.mark.parametrize(
    "name", ["flip and crop", "lr=0.1,batch_size=8", "a;b", "two\nlines", " ", "no\u00a0break", ""]
)
def test_any_other_name_is_quoted(name):
    assert named(name) == f"“{name}”"


def test_a_list_can_be_read_whatever_its_names():
    assert listed(["a"]) == "a"
    assert listed(["lr=0.1, batch_size=8", "b", "c and d"], "or") == "“lr=0.1, batch_size=8”, b or “c and d”"
