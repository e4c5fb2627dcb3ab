"""A list of layer expressions, placed one after the other: which shape reaches each, and which leaves it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from paribus.core import ModelError, nearest
from paribus.models.arguments import bind, takes_device
from paribus.models.expressions import Expression, Site, Value, parse
from paribus.models.layers import FEATURES, IMAGE, LAYERS
from paribus.models.shapes import output_shape

# Above this, something was mistyped: 256 MB of float32 for one image's features, 1 GB of parameters.
_MOST_FEATURES = 2**26
_MOST_PARAMETERS = 2**28
_RANKS = {FEATURES: "a row of features [N]", IMAGE: "an image [C, H, W]"}


@dataclass(frozen=True, slots=True)
class Placed:
    """A layer in its place: expression, module on the meta device, shapes (no batch) before and after it."""

    text: str
    module: nn.Module
    takes: tuple[int, ...]
    gives: tuple[int, ...]


def place(texts: Sequence[str], *, image_shape: tuple[int, int, int], classes: int) -> tuple[Placed, ...]:
    """Return the layers in order, input sizes inferred from the image shape on; nothing is drawn or computed.

    Raises:
        ModelError: naming the layer, its position and the shape that reached it.
    """
    placed: list[Placed] = []
    parameters = 0
    shape: tuple[int, ...] = image_shape
    for index, text in enumerate(texts):
        site = Site(index, text.strip(), shape)
        module = _instantiate(parse(site, names={"classes": classes}), site=site)
        shape = output_shape(module, site=site)
        placed.append(Placed(site.text, module, site.reached, shape))
        parameters += sum(each.numel() for each in module.parameters())
        if parameters > _MOST_PARAMETERS:
            raise site.error(f"takes the network over {_MOST_PARAMETERS:,} parameters")
        if math.prod(shape) > _MOST_FEATURES:
            raise site.error(f"gives {list(shape)}, more than {_MOST_FEATURES:,} numbers for one image")
    _check_last(placed[-1], index=len(placed) - 1, classes=classes)
    return tuple(placed)


def _instantiate(expression: Expression, *, site: Site) -> nn.Module:
    kind = LAYERS.get(expression.name)
    if kind is None:
        near = nearest(expression.name, LAYERS)
        raise site.error("is not on the list of layers", allowed=", ".join(LAYERS), nearest=near)
    arguments: dict[str, Value | torch.device] = {**bind(expression, kind=kind, site=site)}
    if len(site.reached) not in kind.ranks:
        hint = ': add "Flatten" before it' if kind.ranks == (FEATURES,) else ""
        raise site.error(f"takes {' or '.join(_RANKS[rank] for rank in kind.ranks)}{hint}")
    if kind.inferred:
        arguments[kind.inferred] = site.reached if kind.inferred == "normalized_shape" else site.reached[0]
    if "dim" in kind.arguments:
        arguments.setdefault("dim", 1)
    if takes_device(kind.torch_class):
        arguments["device"] = torch.device("meta")
    try:
        return kind.torch_class(**arguments)
    except (RuntimeError, ValueError, TypeError, AssertionError) as error:
        raise site.error(f"is refused by torch: {error}") from None


def _check_last(last: Placed, *, index: int, classes: int) -> None:
    if last.gives == (classes,):
        return
    where = f"model.layers[{index}]"
    if len(last.gives) == IMAGE:
        end = '"Flatten"' if math.prod(last.gives) == classes else '"Flatten", "Linear(classes)"'
        wrong = f'the last layer "{last.text}" gives {list(last.gives)}, not [{classes}], one number a class'
        raise ModelError(where, wrong=wrong, allowed=f"after it: {end}")
    wrong = f'the last layer "{last.text}" gives {last.gives[0]:,} numbers but there are {classes} classes'
    raise ModelError(where, wrong=wrong, allowed='"Linear(classes)" as the last layer with parameters')
