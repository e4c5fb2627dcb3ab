"""A user's own network as a chain of layers, where its forward is one; or the reason why it is not."""

import copy
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import fx, nn
from torch.nn import functional

from paribus.train.native_program import Unsupported

_LAYERS: Mapping[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "relu_": nn.ReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "relu6": nn.ReLU6,
    "hardtanh": nn.Hardtanh,
    "selu": nn.SELU,
    "softsign": nn.Softsign,
    "softplus": nn.Softplus,
    "silu": nn.SiLU,
    "gelu": nn.GELU,
    "mish": nn.Mish,
    "hardswish": nn.Hardswish,
    "softmax": nn.Softmax,
    "log_softmax": nn.LogSoftmax,
    "max_pool2d": nn.MaxPool2d,
    "avg_pool2d": nn.AvgPool2d,
    "flatten": nn.Flatten,
}
_FUNCTIONS: Mapping[Callable[..., Any], str] = {
    getattr(room, name): name for room in (torch, functional) for name in _LAYERS if hasattr(room, name)
}
_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
_SHAPES = ("view", "reshape")
_NO_DATA = ("size", "dim", "shape")  # asked of a tensor to reshape it


def chain_of(module: nn.Module) -> list[nn.Module]:
    """Return the layers that a network's forward is made of, one after the other.

    Modules with parameters are the network's own; functions become modules. It must be the same chain in training and
    in evaluation mode.

    Raises:
        Unsupported: forward is no such chain.
    """
    copied = copy.deepcopy(module)
    before = _state(copied)
    was_training = module.training
    try:
        _chain(copied)
        if _state(copied) != before:
            raise Unsupported("forward keeps numbers of its own")
        chains = [_chain(module.train(mode)) for mode in (True, False)]
    finally:
        module.train(was_training)
    if [repr(each) for each in chains[0]] != [repr(each) for each in chains[1]]:
        raise Unsupported("forward does something else in evaluation mode")
    _check_parameters(module, chains[0])
    return chains[0]


def _chain(module: nn.Module) -> list[nn.Module]:
    try:
        graph = fx.symbolic_trace(module).graph
    except Exception as error:  # a user's forward may do anything
        raise Unsupported(f"forward is no plain chain of layers ({type(error).__name__})") from error
    layers: list[nn.Module] = []
    current: fx.Node | None = None
    for node in graph.nodes:
        if node.op == "placeholder":
            if current is not None:
                raise Unsupported("forward takes more than one argument")
            current = node
        elif node.op == "output":
            if node.args[0] is not current:
                raise Unsupported("forward returns something else than its last layer")
        elif not _is_about_shape(node):
            if not node.args or node.args[0] is not current or _data(node) != [current]:
                raise Unsupported("forward is no plain chain of layers")
            layers.append(_layer(node, module))
            current = node
    return layers


def _state(module: nn.Module) -> dict[str, str]:
    """Return what a network and its layers hold beside tensors and layers."""
    return {
        f"{name}.{key}": repr(value)
        for name, each in module.named_modules()
        for key, value in vars(each).items()
        if not key.startswith("_")
    }


def _layer(node: fx.Node, module: nn.Module) -> nn.Module:
    if node.op == "call_module":
        layer: nn.Module = module.get_submodule(str(node.target))
        if isinstance(layer, nn.Dropout | nn.Dropout2d) and layer.p > 0:
            raise Unsupported("dropout in a network of one's own draws from torch's generator")
        return layer
    name = _FUNCTIONS.get(node.target, "") if callable(node.target) else str(node.target)
    if node.op == "call_method" and name in _SHAPES:
        if len(node.args) != 3:  # itself, images, features
            raise Unsupported(f"{name} to something else than [images, features]")
        return nn.Flatten()
    if name not in _LAYERS:
        raise Unsupported(f"{getattr(node.target, '__name__', node.target)} has no native form")
    named = {key: value for key, value in node.kwargs.items() if key not in ("inplace", "_stacklevel")}
    if named.pop("dtype", None) is not None:
        raise Unsupported(f"{name} with a type of its own")
    if any(isinstance(value, fx.Node) for value in (*node.args[1:], *named.values())):
        raise Unsupported(f"{name} with numbers that depend on the images")
    try:
        return _LAYERS[name](*node.args[1:], **named)
    except TypeError as error:
        raise Unsupported(f"{name}: {error}") from error


def _is_about_shape(node: fx.Node) -> bool:
    """Tell whether a step only asks for sizes, or picks or computes with them."""
    if node.op == "call_method" and node.target in _NO_DATA:
        return True
    if node.op != "call_function" or node.target in _FUNCTIONS:
        return False
    if node.target is getattr:
        return node.args[1] in _NO_DATA
    givers = node.all_input_nodes
    return bool(givers) and all(_is_about_shape(each) for each in givers)


def _data(node: fx.Node) -> list[fx.Node]:
    return [each for each in node.all_input_nodes if not _is_about_shape(each)]


def _check_parameters(module: nn.Module, layers: list[nn.Module]) -> None:
    used = [id(parameter) for layer in layers for parameter in layer.parameters()]
    if sorted(used) != sorted(id(parameter) for parameter in module.parameters()):
        raise Unsupported("parameters are used twice, or outside of layers")
    if not all(parameter.requires_grad for parameter in module.parameters()):
        raise Unsupported("parameters that are not trained")
    if next(module.buffers(), None) is not None:
        raise Unsupported("buffers")
    if any(getattr(one, name) for one in module.modules() for name in _HOOKS) or any(
        parameter._backward_hooks or parameter._post_accumulate_grad_hooks  # noqa: SLF001  torch has no other name
        for parameter in module.parameters()
    ):
        raise Unsupported("hooks")
