import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from paribus.study import Expression, ExpressionError, Grammar, parse_expression

GRAMMAR = Grammar("a thing", 'like "Thing(3)"', {"many": 10})
WITHOUT_WORDS = Grammar("a thing", 'like "Thing(3)"', {})
QUIET = settings(deadline=None, max_examples=60)  # a busy machine is no failure


def test_an_expression_is_taken_apart():
    text = ' Thing(3, -0.5, (1, 2), many, key="word", flag=True, none=None) '
    assert parse_expression(text, grammar=GRAMMAR) == Expression(
        "Thing", (3, -0.5, (1, 2), 10), {"key": "word", "flag": True, "none": None}
    )
    assert parse_expression("Thing", grammar=GRAMMAR) == Expression("Thing", (), {})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("__import__('os').system('true')", "is not a thing"),
        ("Thing(print())", "no literal"),
        ("Thing(2 ** 99)", "no literal"),
        ("Thing(*(3,))", "no literal"),
        ("Thing(**{})", "has **"),
        ("Thing(1e999)", "not finite"),
        ("Thing(((3, 3), 3))", "tuple of other things"),
        ("Thing(a=1, a=2)", "has the argument a twice"),
        ("Thing(mny)", "the unknown word mny"),
        ("(" * 500, "more than 200 characters"),
    ],
)
def test_everything_but_a_name_with_literals_is_refused(text, reason):
    with pytest.raises(ExpressionError, match=re.escape(reason)):
        parse_expression(text, grammar=GRAMMAR)


def test_the_word_that_was_meant_is_offered_where_there_are_words():
    with pytest.raises(ExpressionError, match="mny") as caught:
        parse_expression("Thing(mny)", grammar=GRAMMAR)
    assert caught.value.nearest == "many"
    with pytest.raises(ExpressionError, match="mny") as caught:
        parse_expression("Thing(mny)", grammar=WITHOUT_WORDS)
    assert caught.value.allowed.endswith("None")


@QUIET
@given(text=st.text(max_size=40) | st.from_regex(r"[A-Za-z]{1,5}\([-0-9a-z_=,.'\"()\[\]* ]{0,30}\)", fullmatch=True))
@example(text="\x00")
@example(text="\ud800")
def test_random_text_gives_an_expression_or_the_one_error(text):
    try:
        expression = parse_expression(text, grammar=GRAMMAR)
    except ExpressionError as error:
        assert error.reason  # noqa: PT017  # either outcome is right, a third is not
    else:
        assert expression.name.isidentifier()
