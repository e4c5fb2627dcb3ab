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
    """Return the loss of outputs [B, classes] against labels: int64 [B], or mixed ones, shares [B, classes].

    `cross_entropy` takes scores (it applies log-softmax itself), `nll` log-probabilities, `mse` compares with
    one-hot targets, averaged over the classes. The first two are linear in the labels: with mixed ones they are the
    means of the losses of each label, weighted by its share; `mse` compares with the shares themselves. `smooth` is
    off when a network is measured rather than trained, so that losses of different label smoothing can be compared.
    """
    mixed = labels.ndim == 2
    if spec.loss == "cross_entropy":
        smoothing = spec.label_smoothing if smooth else 0.0
        return functional.cross_entropy(output, labels, reduction=reduction, label_smoothing=smoothing)
    if spec.loss == "nll":
        if mixed:
            return _reduced(-(labels * output).sum(dim=1), reduction)
        return functional.nll_loss(output, labels, reduction=reduction)
    target = labels if mixed else functional.one_hot(labels, output.shape[1]).to(output.dtype)
    return _reduced(functional.mse_loss(output, target, reduction="none").mean(dim=1), reduction)


def _reduced(losses: Tensor, reduction: Literal["mean", "sum"]) -> Tensor:
    return losses.mean() if reduction == "mean" else losses.sum()


def probabilities(output: Tensor, *, spec: TrainSpec) -> Tensor:
    """Return class probabilities [B, classes] of outputs; for `mse` the raw outputs, which are no probabilities."""
    if spec.loss == "cross_entropy":
        return torch.softmax(output, dim=1)
    return output.exp() if spec.loss == "nll" else output
