"""Layer expressions: a name from torch.nn with literal arguments, and the place where it stands."""

from collections.abc import Mapping
from dataclasses import dataclass

from paribus.core import ModelError
from paribus.study import Expression, ExpressionError, Grammar, Value, parse_expression

__all__ = ["Expression", "Site", "Value", "parse"]

_FORM = 'a torch.nn name with literal arguments: "ReLU", "Linear(512)", "Conv2d(32, 5, padding=2)"'


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


def parse(site: Site, *, names: Mapping[str, int]) -> Expression:
    """Take the expression at `site` apart; `names` are the words usable as numbers ("classes").

    Raises:
        ModelError: for anything but NAME or NAME(literal, ..., key=literal, ...).
    """
    try:
        return parse_expression(site.text, grammar=Grammar("a layer expression", _FORM, names))
    except ExpressionError as error:
        raise site.error(error.reason, allowed=error.allowed, nearest=error.nearest) from None
