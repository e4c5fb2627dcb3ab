"""What pictures of a network are drawn from: histograms of its parameters, its filters, its feature maps."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from paribus.core import Histogram, Inside, Picture, Planes
from paribus.models import step_randomness
from paribus.train.bench import Bench, Part
from paribus.train.precision import forward, products
from paribus.train.schedule import steps_per_epoch, total_steps

_BINS = 60
_BLOCK = 2**16  # numbers that are counted at once: about what a core's cache holds
_ALL_UNTIL, _LATER = 10, 40  # histograms are kept of so many epochs at the start, then of about so many more
_PICTURES, _FILTERS, _MAPS = 3, 64, 16
_LEAST_MAPS = 4  # fewer pictures rather than fewer maps
_FILTER_BYTES, _MOST_BYTES = 60_000, 150_000  # of one run, before compression

Numbers = npt.NDArray[np.floating]


def epoch_histograms(bench: Bench, *, epoch: int) -> tuple[Histogram, ...]:
    """Return the histograms after an epoch; empty for most epochs of a long training, never for the last one.

    Empty too where a user's module does not take this: that is no reason for a run to fail.
    """
    spec, images = bench.recipe.train, len(bench.parts["train"])
    last = math.ceil(total_steps(spec, images=images) / steps_per_epoch(spec, images=images))
    if not is_kept(epoch, last=last):
        return ()
    try:
        return histograms(bench.model)
    except Exception:  # noqa: BLE001  user code may raise anything
        return ()


def is_kept(epoch: int, *, last: int) -> bool:
    """Tell whether the histograms of an epoch are kept: of all at the start, then evenly spaced, and of the last."""
    stride = max(1, math.ceil((last - _ALL_UNTIL) / _LATER))
    return epoch <= _ALL_UNTIL or epoch == last or (epoch - _ALL_UNTIL) % stride == 0


def histograms(model: nn.Module) -> tuple[Histogram, ...]:
    """Return how the numbers of each parameter are spread, in 60 bins; a parameter that layers share comes once.

    Numbers that are not finite are left out.
    """
    found = []
    for name, kind, parameter in _parameters(model):
        low, high, counts = _spread(_numbers(parameter).reshape(-1))
        found.append(Histogram(name, kind, low, high, counts))
    return tuple(found)


def _parameters(model: nn.Module) -> Iterator[tuple[str, str, nn.Parameter]]:
    """Yield each floating point parameter of a network, frozen ones too: its layer, its name there, itself."""
    seen: set[nn.Parameter] = set()
    for module, name in _layers(model).items():
        for kind, parameter in module.named_parameters(recurse=False):
            if parameter not in seen and parameter.is_floating_point() and parameter.numel():
                seen.add(parameter)
                yield name, kind, parameter


def _layers(model: nn.Module) -> dict[nn.Module, str]:
    """Return the modules that have parameters of their own, with number and name, in the order of definition."""
    own = [
        (path, module)
        for path, module in model.named_modules()
        if next(module.parameters(recurse=False), None) is not None
    ]
    return {module: f"{number}. {_title(path, module)}" for number, (path, module) in enumerate(own, start=1)}


def _title(path: str, module: nn.Module) -> str:
    """Return what a layer is called: as in torch, with the attribute that it is in a user's module."""
    # By the weights, not by attributes: those of a user's subclass may be anything.
    sizes: tuple[object, ...] = tuple(next(module.parameters(recurse=False)).shape)
    if isinstance(module, nn.Linear) and len(sizes) == 2:
        sizes = sizes[::-1]
    elif isinstance(module, nn.Conv2d) and len(sizes) == 4:
        made, taken, height, width = sizes
        sizes = (taken, made, height if height == width else f"{height}x{width}")
    said = f"{type(module).__name__}({', '.join(map(str, sizes))})"
    return said if not path or path.isdigit() else f"{path}: {said}"


def _spread(values: Numbers) -> tuple[float, float, tuple[int, ...]]:
    """Return the smallest number, the largest, and how many lie in each bin between them."""
    low, high = values.min(), values.max()
    if not (math.isfinite(low) and math.isfinite(high)):
        values = values[np.isfinite(values)]
        return _spread(values) if len(values) else (0.0, 0.0, ())
    if not float(high) - float(low) > 0:  # equal; or tiny, and a user's module has told the processor to take it for 0
        return float(low), float(high), (len(values),)
    ends = float(low), float(high)
    if ends[1] - ends[0] > float(np.finfo(values.dtype).max):  # halves lie in the same bins
        values, low, high = values / 2, low / 2, high / 2
    counts = np.zeros(_BINS, dtype=np.intp)
    for start in range(0, len(values), _BLOCK):
        place = values[start : start + _BLOCK] - low
        place /= high - low
        place *= _BINS
        counts += np.bincount(np.minimum(place, _BINS - 1, out=place).astype(np.uint8), minlength=_BINS)
    return *ends, tuple(counts.tolist())


def _numbers(values: Tensor) -> Numbers:
    """Return a tensor as an array of float32 or float64 that is read only."""
    held = values.detach().cpu()
    return (held if held.dtype in (torch.float32, torch.float64) else held.float()).numpy()


def inside(bench: Bench) -> Inside:
    """Return what a trained network looks like inside; call it last: a user's module may change when it runs.

    Feature maps are outputs of convolutions, before what follows them (an activation, usually), in evaluation mode,
    for the first validation image of each of the first classes; where there is no validation split, for training
    images. Filters are the weights of the first layer that an image meets: of a convolution larger than 1 x 1, or of
    a linear layer that takes the flattened image. Images are of the run's own split, so that they are the same for
    all runs on the same data but for `split = "seed"`. Where there would be too many bytes, there are fewer filters,
    maps and pictures, evenly chosen: about 150 KB in all.

    Returns:
        An empty one where a user's module does not take this: that is no reason for a run to fail.
    """
    try:
        return _inside(bench)
    except Exception:  # noqa: BLE001  user code may raise anything
        return Inside()


def _inside(bench: Bench) -> Inside:
    part = bench.parts.get("validation", bench.parts["train"])
    chosen = _first_of_classes(part, classes=bench.classes)
    watch, names = _Watch(count=len(chosen)), _layers(bench.model)
    handles = [each.register_forward_hook(watch.note) for each in names if isinstance(each, nn.Linear | nn.Conv2d)]
    was_training = bench.model.training
    spec, streams = bench.recipe.train, bench.streams
    try:
        bench.model.eval()
        with torch.no_grad(), step_randomness(bench.model, streams=streams, step=-1), products(spec):
            forward(bench, bench.pixels(part, chosen))
    finally:
        bench.model.train(was_training)
        for handle in handles:
            handle.remove()
    _, *shape = part.images.shape
    filters = _filters(watch.first, names, shape=shape)
    left = _MOST_BYTES - sum(len(each.values) for each in filters)
    pictures, maps = _affordable(chosen, watch.maps, left=left, image_bytes=math.prod(shape))
    drawn = tuple(each for layer, kept in watch.maps.items() for each in _maps(names[layer], kept, pictures, maps))
    shown = tuple(_picture(part, int(index)) for index in chosen[:pictures]) if drawn else ()
    return Inside(shown, (*filters, *drawn))


def _first_of_classes(part: Part, *, classes: int) -> Tensor:
    """Return the indices of the first image of each of the first classes that are there."""
    labels, found = part.labels[part.index], []
    for label in range(classes):
        own = part.index[labels == label]
        if len(own):
            found.append(own.min())
        if len(found) == _PICTURES:
            break
    return torch.stack(found)


@dataclass(slots=True)
class _Kept:
    """Some output channels of a convolution, [pictures, kept, H, W], of `total`."""

    values: Tensor
    total: int


@dataclass(slots=True)
class _Watch:
    """What the layers of a network gave in one pass over `count` images, in the order of their first call."""

    count: int
    first: nn.Module | None = None
    maps: dict[nn.Module, _Kept] = field(default_factory=dict)

    def note(self, layer: nn.Module, _: object, output: object) -> None:
        """Keep a copy at once: the activation that follows may work in place."""
        self.first = self.first or layer
        if not isinstance(layer, nn.Conv2d) or not isinstance(output, Tensor) or layer in self.maps:
            return
        # A module may fold something else into the batch; and of a map of one pixel there is nothing to see.
        if output.ndim == 4 and len(output) == self.count and output[0, 0].numel() > 1:
            channels = _even(output.shape[1], _MAPS)
            self.maps[layer] = _Kept(output.detach()[:, channels].cpu().float(), output.shape[1])


def _even(total: int, most: int) -> list[int]:
    """Return at most so many places of `total`, evenly spaced."""
    kept = min(total, most)
    return [place * total // kept for place in range(kept)]


def _affordable(chosen: Tensor, maps: dict[nn.Module, _Kept], *, left: int, image_bytes: int) -> tuple[int, int]:
    """Return how many pictures, and how many maps of each layer for each of them, the bytes that are left allow."""
    one_of_each = sum(each.values[0, 0].numel() for each in maps.values())
    for pictures in range(len(chosen), 0, -1):
        most = (left // pictures - image_bytes) // max(one_of_each, 1)
        if most >= _LEAST_MAPS or (pictures == 1 and most > 0):
            return pictures, min(most, _MAPS)
    return 0, 0


def _filters(first: nn.Module | None, names: dict[nn.Module, str], *, shape: list[int]) -> tuple[Planes, ...]:
    if isinstance(first, nn.Conv2d) and math.prod(first.kernel_size) > 1:
        weight = first.weight
    elif isinstance(first, nn.Linear) and first.in_features == math.prod(shape):
        weight = first.weight.reshape(-1, *shape)
    else:
        return ()
    most = min(_FILTERS, _FILTER_BYTES // weight[0].numel())
    if not most:
        return ()
    total = len(weight)
    return (_planes(names[first], "filters", total, _numbers(weight.detach()[_even(total, most)]), image=None),)


def _maps(name: str, kept: _Kept, pictures: int, most: int) -> Iterator[Planes]:
    """Yield the feature maps of one layer: one set for each picture."""
    channels = _even(kept.values.shape[1], most) if most else []
    for picture in range(pictures):
        values = _numbers(kept.values[picture, channels])
        yield _planes(name, "maps", kept.total, values[:, np.newaxis], image=picture)


def _planes(name: str, of: str, total: int, values: Numbers, *, image: int | None) -> Planes:
    """Return numbers [N, C, H, W] as bytes."""
    numbers = np.nan_to_num(values.astype(np.float64), nan=0.0)
    low, high = float(numbers.min()), float(numbers.max())
    scaled = np.rint((numbers - low) * (255 / (high - low))) if high > low else np.zeros_like(numbers)
    count, channels, height, width = numbers.shape
    return Planes(
        layer=name,
        of="maps" if of == "maps" else "filters",
        total=total,
        shape=(count, channels, height, width),
        low=low,
        high=high,
        values=scaled.astype(np.uint8).tobytes(),
        image=image,
    )


def _picture(part: Part, index: int) -> Picture:
    pixels = part.images[index].cpu()
    channels, height, width = pixels.shape
    return Picture(index, int(part.labels[index]), (channels, height, width), pixels.contiguous().numpy().tobytes())
