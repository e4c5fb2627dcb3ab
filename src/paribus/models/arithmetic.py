"""How a layer's parameters add up, and how many multiply-adds it does."""

from collections.abc import Sequence

from torch import nn

_DENSE = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
_TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


def sum_of(module: nn.Module) -> str:
    """Return the sum as one writes it by hand: in*out + out, in*k*k*out + out (in per group), 2*channels."""
    own = dict(module.named_parameters(recurse=False))
    if isinstance(module, (*_DENSE, *_TRANSPOSED)) and "weight" in own and set(own) <= {"weight", "bias"}:
        first, second, *kernel = own["weight"].shape  # out, in, k, k; the other way round in a transposed layer
        taken, given = (first, second) if isinstance(module, _TRANSPOSED) else (second, first)
        product = "*".join(str(size) for size in (taken, *kernel, given))
        return f"{product} + {own['bias'].numel()}" if "bias" in own else product
    return written(list(own.values()))


def written(parameters: Sequence[nn.Parameter]) -> str:
    """Return the sum of tensors from their shapes alone; equal shapes become one product."""
    products = ["*".join(str(size) for size in each.shape) or "1" for each in parameters]
    if len(products) > 1 and len(set(products)) == 1:
        return f"{len(products)}*{products[0]}"
    return " + ".join(products)


def multiply_adds(module: nn.Module, *, takes: int, gives: int) -> int:
    """Return the multiply-adds of linear layers and convolutions for one image, 0 for all others.

    Args:
        module: the layer.
        takes: numbers of one image that come in.
        gives: numbers of one image that go out; each costs one multiply-add for every weight behind it.
    """
    if isinstance(module, _DENSE):
        return gives * module.weight[0].numel()
    if isinstance(module, _TRANSPOSED):
        return takes * module.weight[0].numel()
    return 0
