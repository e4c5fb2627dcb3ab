"""Expressions of a study file: a name with literal arguments, read with `ast` and never evaluated."""

import ast
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

from paribus.core import nearest

Value = int | float | bool | str | tuple[int | float, ...] | None

_MOST_CHARACTERS = 200
_ARGUMENTS = "numbers, pairs of numbers, text in quotes, True, False, None"


class ExpressionError(Exception):
    """What is wrong with an expression; whoever knows where it stands makes the user's error of it.

    Args:
        reason: what was wrong, to follow the expression's text.
        allowed: what is allowed.
        nearest: the word that was probably meant.
    """

    def __init__(self, reason: str, *, allowed: str = "", nearest: str = "") -> None:
        self.reason, self.allowed, self.nearest = reason, allowed, nearest
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Grammar:
    """What is read: `what` it is called, with its article; an example of its `form`; words that stand for numbers."""

    what: str
    form: str
    names: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression taken apart; names among the arguments are already replaced by their numbers."""

    name: str
    positional: tuple[Value, ...]
    keyword: Mapping[str, Value]


def parse_expression(text: str, *, grammar: Grammar) -> Expression:
    """Take an expression apart.

    Raises:
        ExpressionError: for anything but NAME or NAME(literal, ..., key=literal, ...).
    """
    node = _syntax_tree(text, grammar=grammar)
    if isinstance(node, ast.Name):
        return Expression(node.id, (), {})
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        hint = "names stand without a prefix: " if isinstance(node, ast.Attribute | ast.Call) else ""
        raise ExpressionError(f"is not {grammar.what}", allowed=hint + grammar.form)
    keyword: dict[str, Value] = {}
    for each in node.keywords:
        if each.arg is None:
            raise ExpressionError("has **, which is not known here", allowed=grammar.form)
        if each.arg in keyword:
            raise ExpressionError(f"has the argument {each.arg} twice")
        keyword[each.arg] = _value(each.value, names=grammar.names)
    positional = tuple(_value(each, names=grammar.names) for each in node.args)
    return Expression(node.func.id, positional, keyword)


def _syntax_tree(text: str, *, grammar: Grammar) -> ast.expr:
    if len(text) > _MOST_CHARACTERS:
        raise ExpressionError(f"has more than {_MOST_CHARACTERS} characters", allowed=grammar.form)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "invalid escape sequence": the text is refused further down
            return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise ExpressionError(f"is not {grammar.what}", allowed=grammar.form) from None


def _value(node: ast.expr, *, names: Mapping[str, int]) -> Value:
    if isinstance(node, ast.Tuple):
        numbers = [_value(each, names=names) for each in node.elts if not isinstance(each, ast.Tuple)]
        pair = tuple(each for each in numbers if isinstance(each, int | float))
        if len(pair) == len(node.elts):
            return pair
        raise ExpressionError("has a tuple of other things than numbers", allowed=_ARGUMENTS)
    if isinstance(node, ast.Name):
        if node.id in names:
            return names[node.id]
        raise ExpressionError(
            f"has the unknown word {node.id}",
            allowed="; ".join(filter(None, (_ARGUMENTS, ", ".join(names)))),
            nearest=nearest(node.id, (*names, "True", "False", "None")),
        )
    return _literal(node)


def _literal(node: ast.expr) -> Value:
    negative = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
    constant = node.operand if negative and isinstance(node, ast.UnaryOp) else node
    value = constant.value if isinstance(constant, ast.Constant) else ...
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(value, float) and not math.isfinite(value):
        raise ExpressionError("has a number that is not finite", allowed=_ARGUMENTS)
    if negative and number:
        return -value  # type: ignore[operator, return-value]  # `number` says that it is one
    if not negative and (value is None or isinstance(value, int | float | str)):
        return value
    raise ExpressionError("has an argument that is no literal", allowed=_ARGUMENTS)
