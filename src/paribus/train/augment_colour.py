"""ColorJitter, a batch at a time: pixels in 0 to 255, results clamped to it and not rounded.

The formulas are those of torchvision.transforms.v2.functional on float images, times 255.
"""

import torch
from torch import Tensor

from paribus.train.augment_draws import JITTERS

_GREY = (0.2989, 0.587, 0.114)  # luma of red, green, blue (ITU-R BT.601, as torchvision has it)
_WHITE = 255.0


def jittered(images: Tensor, factors: Tensor, order: Tensor, *, names: tuple[str, ...]) -> Tensor:
    """Change brightness, contrast, saturation and hue in place, in an order of each image's own.

    Args:
        images: floats [B, C, H, W] in 0 to 255; on grey images saturation and hue change nothing.
        factors: [B, 4], as JITTERS; hue in turns.
        order: int64 [B, 4] on the CPU: position in JITTERS of what comes first, second, ...
        names: which of JITTERS are asked for.
    """
    changing = names if images.shape[1] == 3 else tuple(name for name in names if name in JITTERS[:2])
    for turn in order.unbind(1):
        for name in changing:
            number = JITTERS.index(name)
            # Known on the CPU, so that a GPU need not be asked how many there are.
            which = (turn == number).nonzero().flatten().to(images.device)
            if len(which):
                factor = factors[:, number].index_select(0, which).view(-1, 1, 1, 1)
                images.index_copy_(0, which, _CHANGES[name](images.index_select(0, which), factor))
    return images


def _brightness(images: Tensor, factor: Tensor) -> Tensor:
    return images.mul_(factor).clamp_(0, _WHITE)


def _contrast(images: Tensor, factor: Tensor) -> Tensor:
    grey = _grey(images).flatten(1).mean(dim=1, dtype=torch.float64).to(images.dtype)
    return _blended(images, grey.view(-1, 1, 1, 1), factor)


def _saturation(images: Tensor, factor: Tensor) -> Tensor:
    return _blended(images, _grey(images), factor)


def _hue(images: Tensor, turns: Tensor) -> Tensor:
    """Turn the hue (in sixths of a circle) and keep value and chroma: RGB to HSV and back in one go."""
    red, green, blue = images.unbind(1)
    high = images.amax(1)
    chroma = high - images.amin(1)
    divisor = torch.where(chroma == 0, 1, chroma)
    among_greens = torch.where(high == green, 2 + (blue - red) / divisor, 4 + (red - green) / divisor)
    hue = torch.where(high == red, (green - blue) / divisor, among_greens) + 6 * turns[:, 0]
    sixths = torch.stack([hue + 5, hue + 3, hue + 1], dim=1).remainder_(6)
    return high[:, None] - chroma[:, None] * torch.minimum(sixths, 4 - sixths).clamp_(0, 1)


def _grey(images: Tensor) -> Tensor:
    """Return luma [B, 1, H, W]; a grey image is its own."""
    if images.shape[1] == 1:
        return images
    red, green, blue = images.unbind(1)
    return (red * _GREY[0]).add_(green * _GREY[1]).add_(blue * _GREY[2])[:, None]


def _blended(images: Tensor, other: Tensor, factor: Tensor) -> Tensor:
    return images.mul(factor).add_(other * (1 - factor)).clamp_(0, _WHITE)


_CHANGES = {"brightness": _brightness, "contrast": _contrast, "saturation": _saturation, "hue": _hue}
