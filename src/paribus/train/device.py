"""Which device a study is trained on."""

from collections.abc import Iterable

from paribus.core import RunError, StudyError
from paribus.study import Recipe


def settle_device(device: str) -> str:
    """Return the device to train on: "auto" takes a GPU if there is one, a device that is there is itself.

    Raises:
        RunError: the device that was asked for is not there.
    """
    if device == "cpu":
        return device
    import torch  # noqa: PLC0415  only where the answer is not known without it

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    there = ["cuda", *(f"cuda:{number}" for number in range(count))] if count else []
    if device == "auto":
        return "cuda" if there else "cpu"
    if device not in there:
        allowed = ", ".join(["cpu", "auto", *there])
        raise RunError("--device", wrong=f"{device} is not available here", allowed=allowed)
    return device


def check_precision(recipes: Iterable[tuple[str, Recipe]], *, device: str) -> None:
    """Refuse a precision that a device does not have, before anything is trained in another one.

    Args:
        recipes: name and recipe of all that would be trained.
        device: where.

    Raises:
        StudyError: TF32 on the CPU, or on a GPU from before it (compute capability 8.0, 2020).
    """
    name = next((name for name, recipe in recipes if recipe.train.precision == "tf32"), None)
    if name is None or (device != "cpu" and _has_tf32(device)):
        return
    place = "the CPU has none" if device == "cpu" else f"{device} has none (compute capability below 8.0)"
    raise StudyError(
        "train.precision",
        wrong=f'"tf32" is arithmetic of NVIDIA GPUs, and {place} ({name})',
        allowed='"float32" or "bfloat16"' + ("; or a GPU: --device cuda" if device == "cpu" else ""),
    )


def _has_tf32(device: str) -> bool:
    import torch  # noqa: PLC0415  as above

    return torch.cuda.get_device_capability(torch.device(device)) >= (8, 0)
