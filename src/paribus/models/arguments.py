"""The arguments of a layer: bound to torch's names, and checked before torch sees them."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import nn

from paribus.core import nearest
from paribus.models.expressions import Expression, Site, Value
from paribus.models.layers import LayerKind

_LARGEST_SIZE = 4096
_LARGEST_COUNT = 65_536


@dataclass(frozen=True, slots=True)
class _Argument:
    allowed: str
    accepts: Callable[[Value], bool]


def _is_int(value: Value, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _is_number(value: Value, low: float, high: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def _one_or_pair(value: Value, low: int) -> bool:
    pair = value if isinstance(value, tuple) and len(value) == 2 else (value,)
    return all(_is_int(each, low, _LARGEST_SIZE) for each in pair)


_COUNT = _Argument(f"a whole number from 1 to {_LARGEST_COUNT:,}", lambda v: _is_int(v, 1, _LARGEST_COUNT))
_SIZE = _Argument(f"a whole number from 1 to {_LARGEST_SIZE:,}, or a pair of them", lambda v: _one_or_pair(v, 1))
_FLAG = _Argument("True or False", lambda v: isinstance(v, bool))
_NUMBER = _Argument("a number", lambda v: _is_number(v, -1e6, 1e6))
_POSITIVE = _Argument("a number above 0", lambda v: _is_number(v, 1e-30, 1e6))

# A name means the same wherever it stands, as in torch.nn, but for "Conv2d.padding".
_ARGUMENTS: Mapping[str, _Argument] = {
    **dict.fromkeys(("out_features", "out_channels", "groups", "num_groups"), _COUNT),
    **dict.fromkeys(("kernel_size", "stride", "dilation", "output_size"), _SIZE),
    **dict.fromkeys(("bias", "ceil_mode", "count_include_pad", "affine", "elementwise_affine"), _FLAG),
    **dict.fromkeys(("negative_slope", "init", "alpha", "min_val", "max_val", "threshold"), _NUMBER),
    **dict.fromkeys(("eps", "beta"), _POSITIVE),
    "padding": _Argument("a whole number from 0, or a pair of them", lambda v: _one_or_pair(v, 0)),
    "Conv2d.padding": _Argument(
        'a whole number from 0, a pair of them, "same" or "valid"',
        lambda v: v in ("same", "valid") or _one_or_pair(v, 0),
    ),
    "p": _Argument("a probability, 0 to 1", lambda v: _is_number(v, 0, 1)),
    "momentum": _Argument("a number from 0 to 1, or None", lambda v: v is None or _is_number(v, 0, 1)),
    "approximate": _Argument('"none" or "tanh"', lambda v: v in ("none", "tanh")),
    # 0 would be the batch: a softmax over images.
    "dim": _Argument("1 or -1", lambda v: _is_int(v, 1, 1) or _is_int(v, -1, -1)),
}


def bind(expression: Expression, *, kind: LayerKind, site: Site) -> dict[str, Value]:
    """Return the arguments by torch's names; positions count as in torch, without the inferred input size.

    Raises:
        ModelError: for arguments that are unknown, missing, given twice or out of range.
    """
    defaults = _torch_defaults(kind.torch_class)
    names = [name for name in defaults if name != kind.inferred]
    allowed = ", ".join(kind.arguments) or "no arguments"
    if len(expression.positional) > len(names):
        raise site.error("has too many arguments", allowed=allowed)
    bound: dict[str, Value] = {}
    for name, value in [*zip(names, expression.positional, strict=False), *expression.keyword.items()]:
        if name not in kind.arguments:
            wrong = f"has the argument {name}, which cannot be given here"
            raise site.error(wrong, allowed=allowed, nearest=nearest(name, kind.arguments))
        if name in bound:
            raise site.error(f"has the argument {name} twice", allowed=allowed)
        argument = _ARGUMENTS.get(f"{expression.name}.{name}") or _ARGUMENTS[name]
        if not argument.accepts(value):
            raise site.error(f"has {name} = {value!r}", allowed=f"{name}: {argument.allowed}")
        bound[name] = value
    missing = [name for name in kind.arguments if defaults[name] is inspect.Parameter.empty and name not in bound]
    if missing:
        raise site.error(f"lacks {' and '.join(missing)}", allowed=allowed)
    return bound


def takes_device(torch_class: type[nn.Module]) -> bool:
    """Whether the layer has numbers of its own, and can be told where they live."""
    return "device" in _torch_defaults(torch_class)


def _torch_defaults(torch_class: type[nn.Module]) -> dict[str, object]:
    parameters = inspect.signature(torch_class).parameters
    named = inspect.Parameter.POSITIONAL_OR_KEYWORD  # Identity takes *args, and does nothing with them
    return {name: each.default for name, each in parameters.items() if each.kind is named}
