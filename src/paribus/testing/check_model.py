"""The contract of a network of one's own: what training, measuring and going on later rely on."""

import inspect
from collections.abc import Callable
from pathlib import Path

from torch import nn

from paribus.core import ModelError, Streams
from paribus.models import build, instantiate, source_digest
from paribus.study import ModelSpec, is_code
from paribus.testing.behaviour import ending, in_place, modes, other_memory_format, output, quiet_evaluation, rows
from paribus.testing.contract import Contract, Finding, bad, contract
from paribus.testing.learning import finite_loss, gradients, repeatable_step, sees_images, state, weights
from paribus.testing.trial import Loss, Trial

_WHERE = "model.module"

# What is checked at all, and what a network must pass for the next group to mean anything.
_GROUPS: tuple[tuple[Callable[[Trial], list[Finding]], ...], ...] = (
    (output,),
    (weights, quiet_evaluation),
    (sees_images,),
    (rows, modes, ending, in_place, finite_loss, gradients, repeatable_step, state, other_memory_format),
)


def check_model(
    network: str | Callable[[], nn.Module],
    *,
    image_shape: tuple[int, int, int],
    classes: int,
    loss: Loss = "cross_entropy",
    base_dir: Path = Path(),
) -> Contract:
    """Make a network several times, train it for a few steps on made-up images, and say what speaks for and against it.

    A file runs in a process of its own. A class or a function runs in this one, with torch's generator put back.

    Args:
        network: "FILE.py:CLASS", a class that can be made without arguments, or a function that makes a network.
        image_shape: C, H, W of what reaches it.
        classes: how many numbers it must give for an image, two or more.
        loss: that it is trained with, as in the study file.
        base_dir: where the path of a file starts.

    Returns:
        What holds and what does not. A network that cannot be made, or whose output has another form, is one sentence
        against it, and nothing else is checked.

    Raises:
        ModelError: there is no such file, or what was given is no name, class or function.
    """
    if isinstance(network, str):
        return _check_named(network, image_shape=image_shape, classes=classes, loss=loss, base_dir=base_dir)
    if isinstance(network, nn.Module) or not callable(network):
        wrong = f"this {type(network).__name__} is one network already, and several fresh ones are needed"
        raise ModelError(_WHERE, wrong=wrong, allowed='its class, a function that makes it, or "FILE.py:CLASS"')
    name, path = getattr(network, "__name__", type(network).__name__), _file_of(network)

    def make(seed: int) -> nn.Module:
        return instantiate(network, name=name, path=path, image_shape=image_shape, streams=Streams(seed))

    return _judge(name, Trial(make, path, image_shape, classes, loss))


def check_file(module: str, *, image_shape: tuple[int, int, int], classes: int, loss: Loss, base_dir: Path) -> Contract:
    """Check a network of a file in this process; `check_model` calls it in one of its own."""
    spec = ModelSpec(module=module)

    def make(seed: int) -> nn.Module:
        return build(spec, image_shape=image_shape, classes=classes, streams=Streams(seed), base_dir=base_dir)

    path = (base_dir / module.rpartition(":")[0]).resolve()
    return _judge(module, Trial(make, path, image_shape, classes, loss))


def _check_named(
    module: str, *, image_shape: tuple[int, int, int], classes: int, loss: Loss, base_dir: Path
) -> Contract:
    from paribus.train import apart  # noqa: PLC0415 - classes need no other process

    if not is_code(module):
        raise ModelError(_WHERE, wrong=f"{module!r} names no class", allowed='"FILE.py:CLASS"')
    source_digest(ModelSpec(module=module), base_dir=base_dir)  # a file that is not there is the caller's mistake
    try:
        return apart(check_file, module, image_shape=image_shape, classes=classes, loss=loss, base_dir=base_dir)
    except ModelError as error:
        return Contract(module, against=(_sentence(error),))


def _judge(name: str, trial: Trial) -> Contract:
    findings: list[Finding] = []
    try:
        trial.make(0)
    except ModelError as error:
        return Contract(name, against=(_sentence(error),))
    for group in _GROUPS:
        for check in group:
            findings += _found(check, trial)
        if not all(each.satisfied for each in findings):
            break
    return contract(name, findings)


def _found(check: Callable[[Trial], list[Finding]], trial: Trial) -> list[Finding]:
    try:
        return check(trial)
    except ModelError as error:
        return [bad(_sentence(error))]
    except Exception as error:  # noqa: BLE001 - whatever the user's network raises is a finding
        what = (check.__doc__ or "").removeprefix("Check that ").partition(".")[0]
        return [bad(f"it raises while it is checked that {what}: {trial.told(error)}")]


def _sentence(error: ModelError) -> str:
    parts = [error.wrong, f"did you mean {error.nearest}?" if error.nearest else ""]
    parts += [f"allowed: {error.allowed}" if error.allowed else ""]
    return "; ".join(part for part in parts if part)


def _file_of(network: Callable[[], nn.Module]) -> Path:
    try:
        return Path(inspect.getsourcefile(network) or "")
    except (TypeError, OSError):  # typed into an interpreter, or a partial
        return Path("network")
