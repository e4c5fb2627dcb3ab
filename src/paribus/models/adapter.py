"""The adapter for a user's own nn.Module: seeded, tried on two images, run unchanged."""

import inspect
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from paribus.core import ModelError, Streams, frame
from paribus.models.own_file import WHERE, OwnFile, find_class
from paribus.models.randomness import ForkedGenerators

IMAGES = 2  # more than one, so that a forward which mixes batch and features up is found out


def construct(own: OwnFile, *, image_shape: tuple[int, int, int], streams: Streams) -> nn.Module:
    """Return Class(), with torch's generator seeded from the init stream; in training mode, on the CPU.

    Lazy layers get their sizes from one forward pass in evaluation mode.

    Raises:
        ModelError: with the user's own line where the constructor fails or wants arguments.
    """
    return instantiate(find_class(own), name=own.class_name, path=own.path, image_shape=image_shape, streams=streams)


def instantiate(
    network: Callable[[], nn.Module], *, name: str, path: Path, image_shape: tuple[int, int, int], streams: Streams
) -> nn.Module:
    """Return network(), as `construct` does.

    Args:
        network: a class, or a function; called without arguments.
        name: what messages call it.
        path: the file whose lines they name.
        image_shape: C, H, W.
        streams: the run's randomness.

    Raises:
        ModelError: with the user's own line where the constructor fails or wants arguments.
    """
    _check_arguments(network, name=name)
    with ForkedGenerators(key=streams.key("init"), devices=()):
        try:
            module = network()
        except Exception as error:
            raise ModelError(WHERE, wrong=f"{name}() raises: {frame(error, path)}") from error
        if not isinstance(module, nn.Module):
            wrong = f"{name}() makes a {type(module).__name__}, not a network"
            raise ModelError(WHERE, wrong=wrong, allowed="a torch.nn.Module")
        if any(is_lazy(parameter) for parameter in module.parameters()):
            _forward(module, path=path, image_shape=image_shape)
    return module.train()


def try_out(
    own: OwnFile,
    *,
    image_shape: tuple[int, int, int],
    classes: int,
    hooks: Callable[[nn.Module], None] | None = None,
) -> nn.Module:
    """Run a network of its own on two black images in evaluation mode, and return it; `hooks` sees it before.

    Raises:
        ModelError: where forward raises (file, line, exception), or gives anything but [2, classes].
    """
    module = construct(own, image_shape=image_shape, streams=Streams(seed=0))
    if hooks is not None:
        hooks(module)
    with ForkedGenerators(key=0, devices=()):
        result = _forward(module, path=own.path, image_shape=image_shape)
    if not isinstance(result, Tensor):
        wrong = f"{own.class_name} returns a {type(result).__name__}, not one tensor"
        raise ModelError(WHERE, wrong=wrong, allowed=f"a tensor [B, {classes}]")
    if result.shape != (IMAGES, classes) or not result.is_floating_point():
        made = f"{list(result.shape)} ({result.dtype})"
        wrong = f"{own.class_name} makes {made} of {IMAGES} images {list(image_shape)}"
        allowed = f"[{IMAGES}, {classes}] of floating point: a row an image, a number a class"
        raise ModelError(WHERE, wrong=wrong, allowed=allowed)
    return module


def _check_arguments(network: Callable[[], nn.Module], *, name: str) -> None:
    required = [
        each
        for each, parameter in inspect.signature(network).parameters.items()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]
    if required:
        wrong = f"the constructor of {name} needs {', '.join(required)}"
        allowed = "a class that can be made without arguments: give defaults, or derive one that fixes them"
        raise ModelError(WHERE, wrong=wrong, allowed=allowed)


def _forward(module: nn.Module, *, path: Path, image_shape: tuple[int, int, int]) -> object:
    images = torch.zeros(IMAGES, *image_shape)
    try:
        with torch.no_grad():
            return module.eval()(images)
    except Exception as error:
        wrong = f"forward raises on a batch {list(images.shape)}: {frame(error, path)}"
        raise ModelError(WHERE, wrong=wrong) from error
