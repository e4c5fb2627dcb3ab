"""From the [model] table to a network that can be trained."""

from pathlib import Path

import torch
from torch import nn

from paribus.core import Streams
from paribus.models.adapter import construct, try_out
from paribus.models.chain import place
from paribus.models.initialise import initialise
from paribus.models.own_file import find
from paribus.models.randomness import CountedDropout, LayerStack
from paribus.study import ModelSpec


def build(
    spec: ModelSpec,
    *,
    image_shape: tuple[int, int, int],
    classes: int,
    streams: Streams,
    base_dir: Path,
    dtype: torch.dtype = torch.float32,
) -> nn.Module:
    """Return the network on the CPU, initialised from the init stream, in training mode.

    Numbers are drawn in float32 and cast to `dtype` afterwards: a float64 network starts from the same
    values. Layer expressions become an nn.Sequential; its weights depend on (seed, position among Linear
    and Conv2d, shape) alone. A module of the user's own comes back unchanged; another instance is tried on
    two black images first.

    Args:
        spec: the [model] table.
        image_shape: C, H, W of what reaches the first layer.
        classes: how many numbers the network must give for each image.
        streams: the run's randomness.
        base_dir: where the paths of a study file start.
        dtype: of parameters and buffers.

    Raises:
        ModelError: naming the layer, its position and the shape that reached it, or the user's own line.
    """
    if spec.module is not None:
        own = find(spec.module, base_dir=base_dir)
        try_out(own, image_shape=image_shape, classes=classes)
        return construct(own, image_shape=image_shape, streams=streams).to(dtype)
    placed = place(spec.layers or (), image_shape=image_shape, classes=classes)
    modules = [_counted(layer.module) for layer in placed]
    initialise(modules, init=spec.init, streams=streams)
    stack = LayerStack(*modules)
    stack.counted = tuple(module for module in modules if isinstance(module, CountedDropout))
    return stack.to(dtype).train()


def source_digest(spec: ModelSpec, *, base_dir: Path) -> str:
    """Return the SHA-256 of the user's whole file, 64 hex digits; "" for layer expressions.

    Raises:
        ModelError: when there is no such file.
    """
    return "" if spec.module is None else find(spec.module, base_dir=base_dir).source


def _counted(module: nn.Module) -> nn.Module:
    if isinstance(module, nn.Dropout | nn.Dropout2d):
        return CountedDropout(module.p, channels=isinstance(module, nn.Dropout2d))
    return module
