"""The precision of one training's arithmetic: what its recipe says, inside a block and nowhere else.

Weights, gradients of weights, the optimizer's state and losses are float32 in all of them.
"""

from contextlib import AbstractContextManager, nullcontext
from types import TracebackType

import torch
from torch import Tensor

from paribus.study import TrainSpec
from paribus.train.bench import Bench

_NOTHING: AbstractContextManager[None] = nullcontext()


class _TF32(AbstractContextManager[None]):
    """Products of float32 matrices and convolutions may be TF32 on CUDA, until the end of the block."""

    def __enter__(self) -> None:
        self._before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = self._before


def products(spec: TrainSpec) -> AbstractContextManager[None]:
    """Return the block for forward and backward: products may be TF32 in it where the recipe says so."""
    return _TF32() if spec.precision == "tf32" else _NOTHING


def forward(bench: Bench, images: Tensor) -> Tensor:
    """Return what the network makes of images [B, C, H, W]: [B, classes], in the floats of the weights.

    With bfloat16, torch.autocast decides which layers compute in it: products and convolutions do. Its blocks are
    for forward alone, and the backward pass takes each layer's own precision. The loss is computed outside, from
    float32: autocast does the same inside on every device.
    """
    if bench.recipe.train.precision != "bfloat16":
        output: Tensor = bench.model(images)
        return output
    with torch.autocast(bench.shift.device.type, dtype=torch.bfloat16):
        output = bench.model(images)
    return output.to(bench.shift.dtype)
