"""Layer expressions: a name from torch.nn with literal arguments, read with `ast` and never evaluated."""

import ast
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

from paribus.core import ModelError, nearest

Value = int | float | bool | str | tuple[int | float, ...] | None

_MOST_CHARACTERS = 200
_FORM = 'a torch.nn name with literal arguments: "ReLU", "Linear(512)", "Conv2d(32, 5, padding=2)"'
_ARGUMENTS = "numbers, pairs of numbers, text in quotes, True, False, None"


@dataclass(frozen=True, slots=True)
class Site:
    """Where a layer stands: its position in the list, its text, and the shape (no batch) that reached it."""

    index: int
    text: str
    reached: tuple[int, ...]

    def error(self, reason: str, *, allowed: str = "", nearest: str = "") -> ModelError:
        """Return the error that names layer, position and shape; `reason` follows the layer's name."""
        text = self.text if len(self.text) <= 60 else f"{self.text[:57]}..."
        wrong = f'"{text}" {reason} (the shape that reached it: {list(self.reached)})'
        return ModelError(f"model.layers[{self.index}]", wrong=wrong, allowed=allowed, nearest=nearest)


@dataclass(frozen=True, slots=True)
class Expression:
    """A layer expression taken apart; names among the arguments are already replaced by their numbers."""

    name: str
    positional: tuple[Value, ...]
    keyword: Mapping[str, Value]


def parse(site: Site, *, names: Mapping[str, int]) -> Expression:
    """Take the expression at `site` apart; `names` are the words usable as numbers ("classes").

    Raises:
        ModelError: for anything but NAME or NAME(literal, ..., key=literal, ...).
    """
    node = _syntax_tree(site)
    if isinstance(node, ast.Name):
        return Expression(node.id, (), {})
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        hint = "names stand without a prefix: " if isinstance(node, ast.Attribute | ast.Call) else ""
        raise site.error("is not a layer expression", allowed=hint + _FORM)
    keyword: dict[str, Value] = {}
    for each in node.keywords:
        if each.arg is None:
            raise site.error("has **, which layer expressions do not know", allowed=_FORM)
        if each.arg in keyword:
            raise site.error(f"has the argument {each.arg} twice")
        keyword[each.arg] = _value(each.value, site=site, names=names)
    positional = tuple(_value(each, site=site, names=names) for each in node.args)
    return Expression(node.func.id, positional, keyword)


def _syntax_tree(site: Site) -> ast.expr:
    if len(site.text) > _MOST_CHARACTERS:
        raise site.error(f"has more than {_MOST_CHARACTERS} characters", allowed=_FORM)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "invalid escape sequence": the text is refused further down
            return ast.parse(site.text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise site.error("is not a layer expression", allowed=_FORM) from None


def _value(node: ast.expr, *, site: Site, names: Mapping[str, int]) -> Value:
    if isinstance(node, ast.Tuple):
        numbers = [_value(each, site=site, names=names) for each in node.elts if not isinstance(each, ast.Tuple)]
        pair = tuple(each for each in numbers if isinstance(each, int | float))
        if len(pair) == len(node.elts):
            return pair
        raise site.error("has a tuple of other things than numbers", allowed=_ARGUMENTS)
    if isinstance(node, ast.Name):
        if node.id in names:
            return names[node.id]
        raise site.error(
            f"has the unknown word {node.id}",
            allowed=f"{_ARGUMENTS}; {', '.join(names)}",
            nearest=nearest(node.id, (*names, "True", "False", "None")),
        )
    return _literal(node, site=site)


def _literal(node: ast.expr, *, site: Site) -> Value:
    negative = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
    constant = node.operand if negative and isinstance(node, ast.UnaryOp) else node
    value = constant.value if isinstance(constant, ast.Constant) else ...
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(value, float) and not math.isfinite(value):
        raise site.error("has a number that is not finite", allowed=_ARGUMENTS)
    if negative and number:
        return -value  # type: ignore[operator, return-value]  # `number` says that it is one
    if not negative and (value is None or isinstance(value, int | float | str)):
        return value
    raise site.error("has an argument that is no literal", allowed=_ARGUMENTS)
