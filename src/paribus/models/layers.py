"""The allow-list: which layers of torch.nn a study file may name, with which arguments, on which shapes."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import nn

FEATURES, IMAGE = 1, 3  # dimensions of a shape without its batch: [N] and [C, H, W]


@dataclass(frozen=True, slots=True)
class LayerKind:
    """One name of the allow-list.

    Attributes:
        torch_class: the class of torch.nn that the name means.
        arguments: its arguments that may be given; names, order and defaults are torch's.
        ranks: lengths of the shapes (no batch) that it takes.
        inferred: torch's argument for the input size, filled in from the shape that reaches the layer.
    """

    torch_class: type[nn.Module]
    arguments: tuple[str, ...] = ()
    ranks: tuple[int, ...] = (FEATURES, IMAGE)
    inferred: str = ""


_CONV = ("out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "bias")
_MAX_POOL = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")
_AVG_POOL = ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad")
_BATCH_NORM = ("eps", "momentum", "affine")

LAYERS: Mapping[str, LayerKind] = {
    "Linear": LayerKind(nn.Linear, ("out_features", "bias"), (FEATURES,), "in_features"),
    "Conv2d": LayerKind(nn.Conv2d, _CONV, (IMAGE,), "in_channels"),
    "MaxPool2d": LayerKind(nn.MaxPool2d, _MAX_POOL, (IMAGE,)),
    "AvgPool2d": LayerKind(nn.AvgPool2d, _AVG_POOL, (IMAGE,)),
    "AdaptiveAvgPool2d": LayerKind(nn.AdaptiveAvgPool2d, ("output_size",), (IMAGE,)),
    "AdaptiveMaxPool2d": LayerKind(nn.AdaptiveMaxPool2d, ("output_size",), (IMAGE,)),
    "BatchNorm1d": LayerKind(nn.BatchNorm1d, _BATCH_NORM, (FEATURES,), "num_features"),
    "BatchNorm2d": LayerKind(nn.BatchNorm2d, _BATCH_NORM, (IMAGE,), "num_features"),
    "LayerNorm": LayerKind(nn.LayerNorm, ("eps", "elementwise_affine", "bias"), inferred="normalized_shape"),
    "GroupNorm": LayerKind(nn.GroupNorm, ("num_groups", "eps", "affine"), inferred="num_channels"),
    "Dropout": LayerKind(nn.Dropout, ("p",)),
    "Dropout2d": LayerKind(nn.Dropout2d, ("p",), (IMAGE,)),
    "Flatten": LayerKind(nn.Flatten),
    "Identity": LayerKind(nn.Identity),
    "ReLU": LayerKind(nn.ReLU),
    "ReLU6": LayerKind(nn.ReLU6),
    "LeakyReLU": LayerKind(nn.LeakyReLU, ("negative_slope",)),
    "PReLU": LayerKind(nn.PReLU, ("init",)),
    "ELU": LayerKind(nn.ELU, ("alpha",)),
    "SELU": LayerKind(nn.SELU),
    "GELU": LayerKind(nn.GELU, ("approximate",)),
    "SiLU": LayerKind(nn.SiLU),
    "Mish": LayerKind(nn.Mish),
    "Hardswish": LayerKind(nn.Hardswish),
    "Hardtanh": LayerKind(nn.Hardtanh, ("min_val", "max_val")),
    "Sigmoid": LayerKind(nn.Sigmoid),
    "Tanh": LayerKind(nn.Tanh),
    "Softplus": LayerKind(nn.Softplus, ("beta", "threshold")),
    "Softsign": LayerKind(nn.Softsign),
    "Softmax": LayerKind(nn.Softmax, ("dim",)),
    "LogSoftmax": LayerKind(nn.LogSoftmax, ("dim",)),
}
