"""Output shapes by arithmetic: running layers on torch's meta device would cost a second of imports."""

import math

from torch import nn

from paribus.models.expressions import Site

_ADAPTIVE = (nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)
_POOLS = (nn.MaxPool2d, nn.AvgPool2d)


def output_shape(module: nn.Module, *, site: Site) -> tuple[int, ...]:
    """Return the shape (no batch) that a layer of the allow-list makes of the one that reached it.

    Raises:
        ModelError: where no window fits into the image.
    """
    if isinstance(module, nn.Linear):
        return (module.out_features,)
    if isinstance(module, nn.Flatten):
        return (math.prod(site.reached),)
    if isinstance(module, _ADAPTIVE):
        size = module.output_size
        height, width = size if isinstance(size, tuple) else (size, size)
        return (site.reached[0], height or site.reached[1], width or site.reached[2])
    if isinstance(module, nn.Conv2d):
        return (module.out_channels, *_windows(module, site=site))
    if isinstance(module, _POOLS):
        return (site.reached[0], *_windows(module, site=site))
    return site.reached


def _windows(layer: nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d, *, site: Site) -> tuple[int, int]:
    """Return height and width, the numbers of windows, by the formulas of torch's Conv2d and MaxPool2d."""
    if layer.padding == "same":
        return site.reached[1], site.reached[2]
    kernel, stride = _pair(layer.kernel_size), _pair(layer.stride)
    padding = (0, 0) if isinstance(layer.padding, str) else _pair(layer.padding)
    dilation = (1, 1) if isinstance(layer, nn.AvgPool2d) else _pair(layer.dilation)
    pool = isinstance(layer, _POOLS)
    ceil = pool and bool(layer.ceil_mode)
    if pool and any(2 * padding[axis] > kernel[axis] for axis in (0, 1)):
        raise site.error("pads by more than half of its window", allowed="padding: up to half of kernel_size")
    spans = [dilation[axis] * (kernel[axis] - 1) + 1 for axis in (0, 1)]
    counts = [_count(site.reached[1 + axis], spans[axis], stride[axis], padding[axis], ceil=ceil) for axis in (0, 1)]
    if min(counts) < 1:
        allowed = "a window no larger than the image that reaches it: a pool less, a smaller kernel, or padding"
        raise site.error(f"has a window of {spans[0]} x {spans[1]}, which does not fit", allowed=allowed)
    return counts[0], counts[1]


def _count(size: int, span: int, stride: int, padding: int, *, ceil: bool) -> int:
    room = size + 2 * padding - span
    if not ceil:
        return room // stride + 1
    count = math.ceil(room / stride) + 1
    # The last window has to start inside the image or its left padding.
    return count - 1 if (count - 1) * stride >= size + padding else count


def _pair(value: int | tuple[int, ...]) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (value[0], value[1])
