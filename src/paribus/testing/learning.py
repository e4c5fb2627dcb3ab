"""Checks of how a network learns: its first weights, its gradients, and that its state is all there is of it."""

import math

import numpy as np
import torch
from torch import Tensor, nn

from paribus.core import digest_bytes
from paribus.testing.contract import Finding, bad, good
from paribus.testing.trial import Trial, alike, forward, train_step

_SHOWN = 5  # names that one sentence lists
_FEW_STEPS = 3  # a layer that starts at zero passes gradients on after the first update
_OF_TORCH = frozenset(vars(nn.Module()))


def weights(trial: Trial) -> list[Finding]:
    """Check that a seed gives the same first weights every time, and other seeds give others."""
    first, again, other = (dict(trial.make(seed).named_parameters()) for seed in (0, 0, 1))
    if not first:
        return [bad("it has no parameters: there is nothing to train (layers in a list belong into nn.ModuleList)")]
    differ = [name for name, value in first.items() if not _same(value, again.get(name))]
    if differ:
        return [
            bad(
                f"two networks of one seed start from different weights ({_listed(differ)}): draw them from torch's "
                "own generator, not from numpy, random or the time"
            )
        ]
    if all(_same(value, other.get(name)) for name, value in first.items()):
        return [
            bad(
                "every seed gives the same first weights: the constructor sets a seed, or sets all weights; seeds "
                "would show less luck than there is"
            )
        ]
    kept = [name for name, value in first.items() if _is_drawn(value) and _same(value, other.get(name))]
    if kept:
        return [
            bad(
                f"{_listed(kept)} {_be(kept)} the same for every seed: the constructor sets a seed before it makes "
                "them (torch.manual_seed), or fills them in; seeds would show less luck than there is. Leave the seed "
                "out; what is meant to stay as it is, freeze (requires_grad)"
            )
        ]
    return [good("a seed gives the same first weights every time, another seed gives others")]


def sees_images(trial: Trial) -> list[Finding]:
    """Check that the output depends on the image."""
    for seed in (0, 1):
        module = trial.make(seed)
        for step in range(_FEW_STEPS):  # a last layer that starts at zero gives the same for all images at first
            if _tells_apart(module, trial):
                return [good("different images give different outputs")]
            train_step(module, trial, step=step)
    return [bad("every image gives the same output, also after training: forward multiplies by 0, or leaves x out")]


def finite_loss(trial: Trial) -> list[Finding]:
    """Check that the loss of the first batches is a number."""
    module = trial.make(0)
    for step in range(2):
        loss = train_step(module, trial, step=step)
        if not math.isfinite(loss):
            when = "before the first update" if step == 0 else "after one update with a learning rate of 0.05"
            return [bad(f"the loss is {loss} {when}: is there a logarithm, a division or an exp without a floor?")]
    return [good("the loss of the first batches is finite")]


def gradients(trial: Trial) -> list[Finding]:
    """Check that every parameter gets a gradient."""
    module = trial.make(0)
    train_step(module, trial, step=0)
    trainable = {name: value for name, value in module.named_parameters() if value.requires_grad}
    frozen = [name for name, value in module.named_parameters() if not value.requires_grad]
    without = [name for name, value in trainable.items() if value.grad is None]
    if not trainable:
        return [bad("no parameter can be trained: requires_grad is False for all of them")]
    if len(without) == len(trainable):
        return [bad("no gradient reaches any parameter: forward loses it (no_grad, detach, .data, numpy, argmax)")]
    if without:
        return [
            bad(f"no gradient reaches {_listed(without)}: forward does not use them, or detaches them; remove them")
        ]
    if _all_zero(trial):
        return [bad("the gradient of every parameter is exactly 0: forward multiplies by 0, or rounds (round, sign)")]
    if frozen:
        return [good(f"gradients reach every parameter but those that are frozen (requires_grad): {_listed(frozen)}")]
    return [good("gradients reach every parameter")]


def repeatable_step(trial: Trial) -> list[Finding]:
    """Check that a step of training is the same when it is repeated."""
    first, second = trial.make(0), trial.make(0)
    same_loss = train_step(first, trial, step=0) == train_step(second, trial, step=0)
    pairs = zip(first.named_parameters(), second.parameters(), strict=True)
    differ = [name for (name, one), other in pairs if not _same(one.grad, other.grad)]
    if same_loss and not differ:
        return [good("a training step repeats to the bit, dropout included")]
    return [
        bad(
            "a training step gives other numbers when it is repeated: forward draws from numpy, random or the time; "
            "torch's own generator is the one that follows the seed"
        )
    ]


def state(trial: Trial) -> list[Finding]:
    """Check that a network that takes another's state goes on as that one would."""
    module = trial.make(0)
    born = {name for name, _ in module.named_parameters()}
    train_step(module, trial, step=0)
    late = [name for name, _ in module.named_parameters() if name not in born]
    if late:
        return [bad(f"forward makes parameters that the optimizer never sees ({_listed(late)}): use nn.LazyLinear")]
    odd = [name for name, value in module.state_dict().items() if not isinstance(value, Tensor)]
    if odd:
        return [bad(f"its state holds what is no tensor ({_listed(odd)}): only tensors are saved; use register_buffer")]
    before = _attributes(module)
    train_step(module, trial, step=1)
    after = _attributes(module)
    changed = [name for name, value in after.items() if before.get(name) != value]
    if not repeatable_step(trial)[0].satisfied:
        return []  # then no network goes on as another does, whatever it takes over
    goes_on = _goes_on(module, trial)
    if goes_on and not changed:
        return [good("parameters and buffers are all of its state: a fresh network that takes them goes on the same")]
    if goes_on:
        return [
            bad(
                f"forward changes what no saved state keeps ({_listed(changed)}): a run that is resumed starts without "
                "it; use register_buffer, or do not keep it"
            )
        ]
    names = f" (forward changes {_listed(changed)})" if changed else ""
    return [
        bad(
            f"a fresh network that takes its parameters and buffers gives other outputs{names}: something that matters "
            "is neither; use register_buffer, nn.Parameter or nn.ModuleList"
        )
    ]


def _goes_on(module: nn.Module, trial: Trial) -> bool:
    """Return whether a network made from another seed, given the state, measures and trains as this one does."""
    fresh = trial.make(1)
    fresh.load_state_dict(module.state_dict())
    buffers = dict(module.named_buffers())
    with torch.no_grad():
        for name, value in fresh.named_buffers():  # those that are not in the state as well
            value.copy_(buffers[name])
    measured = [forward(each.eval(), trial.images(2)) for each in (module, fresh)]
    one, other = (train_step(each, trial, step=2) for each in (module, fresh))
    return alike(*measured) and math.isclose(one, other, rel_tol=1e-5)


def _tells_apart(module: nn.Module, trial: Trial) -> bool:
    """Return whether any two of several images have different outputs, in evaluation mode."""
    made = torch.cat([forward(module.eval(), trial.images(batch)) for batch in (0, 1)])
    return not torch.equal(made, made[:1].expand_as(made))


def _all_zero(trial: Trial) -> bool:
    """Return whether no parameter has any gradient but 0, for two seeds, in the first updates."""
    for seed in (0, 1):
        module = trial.make(seed)
        for step in range(_FEW_STEPS):
            train_step(module, trial, step=step)
            if any(value.grad is not None and bool((value.grad != 0).any()) for value in module.parameters()):
                return False
    return True


def _is_drawn(value: Tensor) -> bool:
    """Return whether a parameter is trained and not one number throughout, as biases and norms are at first."""
    return value.requires_grad and value.numel() > 1 and not torch.equal(value, value.flatten()[:1].expand_as(value))


def _be(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _attributes(module: nn.Module) -> dict[str, object]:
    """Return the plain attributes of a network and its layers, each as something that can be compared."""
    return {
        f"{path}.{name}" if path else name: _print(value)
        for path, each in module.named_modules()
        for name, value in vars(each).items()
        if name not in _OF_TORCH
    }


def _print(value: object) -> object:
    if isinstance(value, Tensor):
        content = value.detach().cpu().reshape(-1).contiguous().view(torch.uint8)
        return tuple(value.shape), digest_bytes(content.numpy().tobytes())
    if isinstance(value, np.ndarray):
        return value.shape, value.tobytes()
    if isinstance(value, list | tuple):
        return [_print(each) for each in value]
    if isinstance(value, dict):
        return {str(key): _print(each) for key, each in value.items()}
    plain = value is None or isinstance(value, bool | int | float | complex | str | bytes)
    return repr(value) if plain else type(value).__name__


def _same(first: Tensor | None, second: Tensor | None) -> bool:
    if first is None or second is None:
        return first is second
    return first.shape == second.shape and torch.equal(first, second)


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
