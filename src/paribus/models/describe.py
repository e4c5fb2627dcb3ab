"""A network in numbers: the parameter table with the sum of each layer written out, shapes, multiply-adds."""

import math
from collections.abc import Iterator
from pathlib import Path

from torch import Tensor, nn

from paribus.core import LayerFact, ModelFacts
from paribus.models.adapter import IMAGES, try_out
from paribus.models.arithmetic import multiply_adds, sum_of, written
from paribus.models.chain import Placed, place
from paribus.models.own_file import find
from paribus.study import ModelSpec


def describe(spec: ModelSpec, *, image_shape: tuple[int, int, int], classes: int, base_dir: Path) -> ModelFacts:
    """Return the table of a network: a row a layer, in the order in which an image meets them.

    Layer expressions are only placed, not computed. A module of the user's own runs on two black images,
    and its rows are the layers without layers inside them: what forward does by function (F.relu, x.view,
    @) is invisible, and so are its multiply-adds. Layers that are never called, and parameters that belong
    to no such layer, have rows at the end. Multiply-adds are those of linear layers and convolutions.

    Raises:
        ModelError: as `build` does.
    """
    if spec.module is not None:
        own = find(spec.module, base_dir=base_dir)
        watch = _Watch()
        module = try_out(own, image_shape=image_shape, classes=classes, hooks=watch.attend)
        return _facts(tuple(_own_rows(module, watch)), source=own.source)
    placed = place(spec.layers or (), image_shape=image_shape, classes=classes)
    return _facts(tuple(_placed_row(each) for each in placed), source="")


def _placed_row(layer: Placed) -> LayerFact:
    parameters = sum(each.numel() for each in layer.module.parameters())
    work = multiply_adds(layer.module, takes=math.prod(layer.takes), gives=math.prod(layer.gives))
    return LayerFact(layer.text, layer.gives, parameters, sum_of(layer.module), work)


def _facts(rows: tuple[LayerFact, ...], *, source: str) -> ModelFacts:
    parameters = sum(row.parameters for row in rows)
    return ModelFacts(rows, parameters, sum(row.multiply_adds for row in rows), source)


class _Watch:
    """What the leaves of a user's module gave for one image, by module, in the order of their first call."""

    def __init__(self) -> None:
        self.shapes: dict[nn.Module, tuple[int, ...]] = {}
        self.multiply_adds: dict[nn.Module, int] = {}

    def attend(self, module: nn.Module) -> None:
        """Put a hook on every leaf of the module."""
        for leaf in module.modules():
            if not list(leaf.children()):
                leaf.register_forward_hook(self._note)

    def _note(self, leaf: nn.Module, arguments: tuple[object, ...], output: object) -> None:
        self.shapes.setdefault(leaf, tuple(output.shape[1:]) if isinstance(output, Tensor) else ())
        takes, gives = (each.numel() // IMAGES if isinstance(each, Tensor) else 0 for each in (*arguments[:1], output))
        work = multiply_adds(leaf, takes=takes, gives=gives)
        self.multiply_adds[leaf] = self.multiply_adds.get(leaf, 0) + work


def _own_rows(module: nn.Module, watch: _Watch) -> Iterator[LayerFact]:
    names = {each: name for name, each in module.named_modules()}
    seen: set[nn.Parameter] = set()  # a parameter that two layers share counts once
    for leaf, shape in watch.shapes.items():
        title = f"{names[leaf]}: {type(leaf).__name__}" if names[leaf] else type(leaf).__name__
        yield _own_row(leaf, title, shape=shape, work=watch.multiply_adds[leaf], seen=seen)
    for each, name in names.items():
        if each not in watch.shapes and list(each.parameters(recurse=False)):
            note = "parameters of its own" if list(each.children()) else "not called as a layer"
            title = f"{name}: {type(each).__name__}" if name else type(each).__name__
            yield _own_row(each, f"{title} ({note})", shape=(), work=0, seen=seen)


def _own_row(module: nn.Module, title: str, *, shape: tuple[int, ...], work: int, seen: set[nn.Parameter]) -> LayerFact:
    own = list(module.parameters(recurse=False))
    fresh = [parameter for parameter in own if parameter not in seen]
    seen.update(fresh)
    text = sum_of(module) if len(fresh) == len(own) else written(fresh)
    return LayerFact(title, shape, sum(each.numel() for each in fresh), text, work)
