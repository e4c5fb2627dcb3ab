"""Checks of what a network gives: its output, in evaluation and in training mode, for one image and for several."""

import torch
from torch import Tensor, nn

from paribus.core import Streams
from paribus.models import step_randomness
from paribus.testing.contract import Finding, bad, good
from paribus.testing.trial import BATCH, Trial, alike, forward

# Layers that are meant to do something else in training.
_OTHER_IN_TRAINING = (nn.modules.dropout._DropoutNd, nn.modules.batchnorm._NormBase, nn.RReLU)  # noqa: SLF001
_CLOSE = 1e-4  # of sums of probabilities in single precision
_WILD = 20.0  # times as large as normalised pixels: what is bounded now is bounded always


def output(trial: Trial) -> list[Finding]:
    """Check that there is one number for each class of each image."""
    wanted = f"[{BATCH}, {trial.classes}] of floating point: a row for each image, a number for each class"
    for mode in (False, True):
        words = "training" if mode else "evaluation"
        made = forward(trial.make(0).train(mode), trial.images(0))
        if not isinstance(made, Tensor):
            return [bad(f"in {words} mode it returns a {type(made).__name__}, not one tensor {wanted}")]
        if made.shape != (BATCH, trial.classes) or not made.is_floating_point():
            return [bad(f"in {words} mode it makes {list(made.shape)} ({made.dtype}) of {BATCH} images, not {wanted}")]
    return [good(f"an image {list(trial.image_shape)} gives {trial.classes} numbers")]


def quiet_evaluation(trial: Trial) -> list[Finding]:
    """Check that the same images give the same output twice in evaluation mode."""
    module = trial.make(0).eval()
    first, second, again = (forward(module, trial.images(0), step=step) for step in (0, 1, 0))
    if torch.equal(first, second) and torch.equal(first, again):
        return [good("the same images give the same output twice in evaluation mode")]
    if torch.equal(first, again):
        cause = "it draws random numbers: write F.dropout(x, training=self.training), or use nn.Dropout"
    else:
        cause = "it changes itself, or draws from a generator that is not torch's"
    return [bad(f"in evaluation mode the same images give other outputs the second time: {cause}")]


def rows(trial: Trial) -> list[Finding]:
    """Check that an image gives the same numbers alone and among others, in evaluation mode."""
    module, images = trial.make(0).eval(), trial.images(0)[:3]
    together = forward(module, images)
    try:
        alone = [forward(module, image[None]) for image in images]
    except Exception as error:  # noqa: BLE001 - the last batch of an epoch may have one image
        return [bad(f"a batch of one image fails ({trial.told(error)}): is there a squeeze() without a dimension?")]
    if any(each.shape != (1, trial.classes) for each in alone):
        made = list(alone[0].shape)
        return [
            bad(f"of a batch of one image it makes {made}, not [1, {trial.classes}]: squeeze() without a dimension?")
        ]
    if not alike(together, torch.cat(alone)):
        return [
            bad(
                "an image's output depends on the other images of its batch, in evaluation mode too: is something "
                "normalised, summed or put through softmax along the batch (dim=0), or is a batch reshaped?"
            )
        ]
    return [good("an image gives the same numbers alone and in a batch of three")]


def modes(trial: Trial) -> list[Finding]:
    """Check that training mode differs from evaluation mode by dropout and batch normalisation only."""
    module = trial.make(0)
    measured = forward(module.eval(), trial.images(0))
    module.train()
    for each in module.modules():
        if isinstance(each, _OTHER_IN_TRAINING):
            each.eval()
    before = {name: value.clone() for name, value in module.named_buffers()}
    first, second = (forward(module, trial.images(0), step=step) for step in (0, 1))
    if alike(measured, first):
        return [good("training mode differs from evaluation mode by dropout and normalisation layers, or not at all")]
    if not torch.equal(first, second):
        return [good("what it draws in training mode by function (F.dropout) follows from the run's own stream")]
    if any(not torch.equal(before[name], value) for name, value in module.named_buffers()):
        return [good("it keeps statistics of its own in training mode, in buffers that are saved")]
    return [
        bad(
            "in training mode it computes something else although dropout and normalisation layers are off: forward "
            "asks self.training, so what is trained is not what is measured"
        )
    ]


def ending(trial: Trial) -> list[Finding]:
    """Check that what comes out is what the loss takes."""
    made = torch.cat(
        [
            forward(trial.make(seed).eval(), trial.images(batch) * scale)
            for seed in (0, 1)
            for batch, scale in ((0, 1.0), (1, _WILD))
        ]
    )
    kind = _kind(made)
    if trial.loss == "mse":
        return [good(f"mse takes what it gives ({kind})")]
    if trial.loss == "nll":
        if kind == "log-probabilities":
            return [good("it gives log-probabilities, which nll takes")]
        return [bad(f'it gives {kind}, but loss = "nll" takes log-probabilities: end with log_softmax(x, dim=1)')]
    return [_for_cross_entropy(kind)]


def _for_cross_entropy(kind: str) -> Finding:
    if kind == "scores":
        return good("it gives scores, which cross_entropy takes")
    if kind == "log-probabilities":
        return good('it gives log-probabilities: cross_entropy leaves them as they are; loss = "nll" would say so')
    ends = {
        "probabilities": "it ends in a softmax, and cross_entropy applies another",
        "numbers from 0 to 1": "it ends in a sigmoid or the like, and cross_entropy takes scores of any size",
        "no negative numbers": "it ends in a ReLU or the like: scores below 0 are lost, and with them their gradients",
    }
    return bad(f"its output is {kind}: {ends[kind]}; leave the last activation out")


def _kind(made: Tensor) -> str:
    if bool((made >= 0).all()) and bool(((made.sum(dim=1) - 1).abs() < _CLOSE).all()):
        return "probabilities"
    if bool((made <= 0).all()) and bool((made.logsumexp(dim=1).abs() < _CLOSE).all()):
        return "log-probabilities"
    if bool((made >= 0).all()) and bool((made > 0).any()):
        if bool((made <= 1).all()):
            return "numbers from 0 to 1"
        if bool((made == 0).any()):
            return "no negative numbers"
    return "scores"


def in_place(trial: Trial) -> list[Finding]:
    """Check that forward leaves the images that it is given as they are."""
    for mode in (False, True):
        module, images = trial.make(0).train(mode), trial.images(0)
        with torch.no_grad(), step_randomness(module, streams=Streams(seed=0), step=0):
            module(images)
        if not torch.equal(images, trial.images(0)):
            return [
                bad("forward changes its input images in place (x -= ..., x.clamp_(), inplace=True): write x = x - ...")
            ]
    return [good("forward leaves its images as they are")]


def other_memory_format(trial: Trial) -> list[Finding]:
    """Check that the output is the same in channels_last."""
    images = trial.images(0)
    plain = forward(trial.make(0).eval(), images)
    other = trial.make(0).eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    try:
        made = forward(other, images.contiguous(memory_format=torch.channels_last))
    except RuntimeError as error:
        line = trial.told(error)
        return [
            good(f"contiguous images only, which is what it gets; channels_last fails ({line}): flatten(1) for view")
        ]
    if not alike(plain, made):
        return [bad("the output changes with the memory format (channels_last): forward reads strides or storage")]
    return [good("the output is the same in channels_last")]
