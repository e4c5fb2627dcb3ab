"""The three losses, and how an output becomes probabilities."""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from paribus.study import TrainSpec


def loss_of(
    output: Tensor,
    labels: Tensor,
    *,
    spec: TrainSpec,
    reduction: Literal["mean", "sum"] = "mean",
    smooth: bool = True,
) -> Tensor:
    """Return the loss of outputs [B, classes] against labels [B].

    `cross_entropy` takes scores (it applies log-softmax itself), `nll` log-probabilities, `mse` compares with
    one-hot targets, averaged over the classes. `smooth` is off when a network is measured rather than trained,
    so that losses of different label smoothing can be compared.
    """
    if spec.loss == "cross_entropy":
        smoothing = spec.label_smoothing if smooth else 0.0
        return functional.cross_entropy(output, labels, reduction=reduction, label_smoothing=smoothing)
    if spec.loss == "nll":
        return functional.nll_loss(output, labels, reduction=reduction)
    target = functional.one_hot(labels, output.shape[1]).to(output.dtype)
    squared = functional.mse_loss(output, target, reduction="none").mean(dim=1)
    return squared.mean() if reduction == "mean" else squared.sum()


def probabilities(output: Tensor, *, spec: TrainSpec) -> Tensor:
    """Return class probabilities [B, classes] of outputs; for `mse` the raw outputs, which are no probabilities."""
    if spec.loss == "cross_entropy":
        return torch.softmax(output, dim=1)
    return output.exp() if spec.loss == "nll" else output
