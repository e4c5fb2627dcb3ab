"""Initial weights: a generator for each tensor, so that nothing outside a layer moves its numbers."""

import math
from collections.abc import Callable, Iterable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import init as torch_init

from paribus.core import Streams

_WEIGHTS: Mapping[str, Callable[[Tensor, torch.Generator], Tensor]] = {
    # torch's own default for Linear and Conv2d: U(+-1/sqrt(fan_in)), in He et al.'s form (2015)
    "default": lambda w, g: torch_init.kaiming_uniform_(w, a=math.sqrt(5), generator=g),
    "kaiming_normal": lambda w, g: torch_init.kaiming_normal_(w, generator=g),
    "kaiming_uniform": lambda w, g: torch_init.kaiming_uniform_(w, generator=g),
    "xavier_normal": lambda w, g: torch_init.xavier_normal_(w, generator=g),
    "xavier_uniform": lambda w, g: torch_init.xavier_uniform_(w, generator=g),
    "orthogonal": lambda w, g: torch_init.orthogonal_(w, generator=g),
    "zeros": lambda w, _: torch_init.zeros_(w),
}


def initialise(modules: Iterable[nn.Module], *, init: str, streams: Streams) -> None:
    """Give layers on the meta device their numbers on the CPU, in float32.

    `init` says how the weights of Linear and Conv2d are drawn (torch.nn.init, its defaults); their biases
    are U(+-1/sqrt(fan_in)) for "default" and 0 otherwise. All other layers start as torch starts them, with
    constants. The key of a tensor is (position among the layers that draw, 0 for the weight and 1 for the
    bias): other layers put in or taken out change no weight.
    """
    ordinal = 0
    for module in modules:
        _materialise(module)
        if isinstance(module, nn.Linear | nn.Conv2d):
            _draw(module, init=init, ordinal=ordinal, streams=streams)
            ordinal += 1
        elif callable(reset := getattr(module, "reset_parameters", None)):
            reset()  # constants: no layer of the allow-list but the two above draws


def _materialise(module: nn.Module) -> None:
    # Not Module.to_empty: empty_like of a meta tensor imports sympy, 0.7 s for nothing.
    for name, parameter in list(module.named_parameters(recurse=False)):
        setattr(module, name, nn.Parameter(torch.empty(parameter.shape, dtype=torch.float32)))
    for name, buffer in list(module.named_buffers(recurse=False)):
        dtype = torch.float32 if buffer.is_floating_point() else buffer.dtype
        setattr(module, name, torch.empty(buffer.shape, dtype=dtype))


def _draw(module: nn.Linear | nn.Conv2d, *, init: str, ordinal: int, streams: Streams) -> None:
    weight, bias = (torch.Generator().manual_seed(streams.key("init", ordinal, tensor)) for tensor in (0, 1))
    _WEIGHTS[init](module.weight, weight)
    if module.bias is None:
        return
    if init == "default":
        bound = 1 / math.sqrt(module.weight[0].numel())  # fan_in
        torch_init.uniform_(module.bias, -bound, bound, generator=bias)
    else:
        torch_init.zeros_(module.bias)
