"""Counted randomness of a network in training: masks are functions of (seed, step, layer)."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType

import torch
from torch import Tensor, nn

from paribus.core import Streams

_NOTHING: AbstractContextManager[None] = nullcontext()


class CountedDropout(nn.Module):
    """Dropout (Srivastava et al. 2014; scaled by 1 / (1 - p), as torch's) whose mask has a key, not a state.

    Args:
        p: probability of a zero.
        channels: drop whole channels of [B, C, H, W] (Dropout2d) instead of single numbers.
    """

    def __init__(self, p: float, *, channels: bool) -> None:
        super().__init__()
        self.p, self.channels = p, channels
        self.key: int | None = None  # of the current step; step_randomness sets it

    def forward(self, x: Tensor) -> Tensor:
        """Return x with a fresh mask of the current step, or x itself in evaluation mode.

        Raises:
            RuntimeError: in training mode outside of step_randomness.
        """
        if not self.training or self.p == 0:
            return x
        if self.key is None:
            raise RuntimeError("a dropout layer in training mode works inside step_randomness only")
        if self.p == 1:
            return x * 0
        return x * self.mask(x.shape, key=self.key, dtype=x.dtype, device=x.device)

    def mask(self, shape: Sequence[int], *, key: int, dtype: torch.dtype, device: torch.device) -> Tensor:
        """Return the mask of a key for inputs [B, N] or [B, C, H, W]: 0 or 1 / (1 - p), [B, C, 1, 1] for channels."""
        if self.p == 1:
            return torch.zeros(*(shape[:2] if self.channels else shape), dtype=dtype, device=device)
        drawn = (*shape[:2], 1, 1) if self.channels else tuple(shape)
        generator = torch.Generator(device).manual_seed(key)
        # float32 whatever x is: a float64 network meets the same masks.
        # On the CPU rand and lt_ take a quarter of bernoulli_'s time.
        mask = torch.rand(drawn, generator=generator, dtype=torch.float32, device=device).lt_(1 - self.p)
        return mask.to(dtype).div_(1 - self.p)

    def extra_repr(self) -> str:
        """Return what stands between the brackets when the layer is printed."""
        return f"p={self.p}, channels={self.channels}"


class LayerStack(nn.Sequential):
    """The layers of a study file in order; `counted` are its dropout layers, by their ordinal."""

    counted: tuple[CountedDropout, ...] = ()


class ForkedGenerators(AbstractContextManager[None]):
    """torch's global generators of some devices, seeded with `key` inside the block and put back after it.

    Python's and NumPy's own generators are not touched.
    """

    __slots__ = ("_generators", "_key", "_states")

    def __init__(self, *, key: int, devices: Iterable[torch.device]) -> None:
        self._key = key
        self._generators = [torch.default_generator]
        for device in {each for each in devices if each.type == "cuda"}:
            index = torch.cuda.current_device() if device.index is None else device.index
            self._generators.append(torch.cuda.default_generators[index])
        self._states: list[Tensor] = []

    def __enter__(self) -> None:
        self._states = [generator.get_state() for generator in self._generators]
        for generator in self._generators:
            generator.manual_seed(self._key)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for generator, state in zip(self._generators, self._states, strict=True):
            generator.set_state(state)


class _KeyedLayers(AbstractContextManager[None]):
    """The counted layers of a stack, with their keys of one step inside the block."""

    __slots__ = ("_layers", "_step", "_streams")

    def __init__(self, layers: tuple[CountedDropout, ...], *, streams: Streams, step: int) -> None:
        self._layers, self._streams, self._step = layers, streams, step

    def __enter__(self) -> None:
        for ordinal, layer in enumerate(self._layers):
            layer.key = self._streams.key("dropout", self._step, ordinal)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for layer in self._layers:
            layer.key = None


def step_randomness(module: nn.Module, *, streams: Streams, step: int) -> AbstractContextManager[None]:
    """Return the block for forward and backward of update `step`; randomness in it follows from the number.

    Layers of a study file: masks keyed by (dropout stream, step, ordinal among the dropout layers). A
    module of the user's own: torch's global generator of the CPU, and of the CUDA device that the module is
    on, seeded from (dropout stream, step) and put back afterwards. It may stand around an evaluation too: a
    module whose F.dropout forgets `training=self.training` draws there as well.

    Args:
        module: what `build` returned, itself: not wrapped, not compiled.
        streams: the run's randomness.
        step: the update, counted over the whole run.
    """
    if not isinstance(module, LayerStack):
        first = next(module.parameters(), None)
        devices = () if first is None else (first.device,)
        return ForkedGenerators(key=streams.key("dropout", step), devices=devices)
    if module.counted:
        return _KeyedLayers(module.counted, streams=streams, step=step)
    return _NOTHING
