import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from paribus.core import ModelError
from paribus.models.expressions import Expression, Site, parse

QUIET = settings(deadline=None, max_examples=60)  # a busy machine is no failure


def read(text: str) -> Expression:
    return parse(Site(2, text, (1, 28, 28)), names={"classes": 10})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ReLU", Expression("ReLU", (), {})),
        (" ReLU() ", Expression("ReLU", (), {})),
        ("Linear(classes)", Expression("Linear", (10,), {})),
        ("Linear(out_features=classes)", Expression("Linear", (), {"out_features": 10})),
        (
            'Conv2d(32, (5, 3), padding="same", bias=False)',
            Expression("Conv2d", (32, (5, 3)), {"padding": "same", "bias": False}),
        ),
        ("LeakyReLU(-0.1)", Expression("LeakyReLU", (-0.1,), {})),
        ("BatchNorm1d(momentum=None)", Expression("BatchNorm1d", (), {"momentum": None})),
        ("MaxPool2d(())", Expression("MaxPool2d", ((),), {})),
    ],
)
def test_literals_arrive_as_written(text, expected):
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("__import__('os').system('true')", "is not a layer expression"),
        ("Linear(__import__('os'))", "has an argument that is no literal"),
        ("lambda: 0", "is not a layer expression"),
        ("(lambda: Linear)(3)", "is not a layer expression"),
        ("nn.Linear(3)", "is not a layer expression"),
        ("torch.nn.ReLU", "is not a layer expression"),
        ("Linear(3).weight", "is not a layer expression"),
        ("Linear(2 ** 99)", "has an argument that is no literal"),
        ("Linear([3 for x in y])", "has an argument that is no literal"),
        ("Linear(-True)", "has an argument that is no literal"),
        ("Linear(-'3')", "has an argument that is no literal"),
        ("Linear(b'3')", "has an argument that is no literal"),
        ("Linear(3j)", "has an argument that is no literal"),
        ("Linear(1e999)", "has a number that is not finite"),
        ("Linear(((3, 3), 3))", "has a tuple of other things than numbers"),
        ("Linear((3, 'a'))", "has a tuple of other things than numbers"),
        ("Linear(*(3,))", "has an argument that is no literal"),
        ("Linear(**{})", "has **"),
        ("Linear(3", "is not a layer expression"),
        ("Linear(a=1, a=2)", "has the argument a twice"),
        ("", "is not a layer expression"),
        ("ReLU; ReLU", "is not a layer expression"),
        ("(" * 150 + "ReLU" + ")" * 40, "is not a layer expression"),
        ("(" * 500, "has more than 200 characters"),
        ("Linear(clases)", "has the unknown word clases"),
    ],
)
def test_everything_else_is_refused_with_its_place(text, reason):
    with pytest.raises(ModelError, match=re.escape(reason)) as caught:
        read(text)
    assert caught.value.where == "model.layers[2]"
    assert "[1, 28, 28]" in caught.value.wrong


def test_the_word_that_was_meant_is_offered():
    with pytest.raises(ModelError, match="did you mean: classes"):
        read("Linear(clases)")


CALLS = st.from_regex(r"[A-Za-z_][A-Za-z_0-9.]{0,8}\(?[-0-9a-z_=,.'\"()\[\]* ]{0,30}\)?", fullmatch=True)


@QUIET
@given(text=st.text(max_size=60) | CALLS)
@example(text="\x00")
@example(text="'\\d'")
@example(text="\ud800")
@example(text="Linear(" + "9" * 150 + ")")
def test_random_text_gives_an_expression_or_the_one_error(text):
    try:
        expression = read(text)
    except ModelError as error:
        assert error.where == "model.layers[2]"  # noqa: PT017  # either outcome is right, a third is not
    else:
        assert expression.name.isidentifier()
