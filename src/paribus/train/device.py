"""Which device a study is trained on."""

from paribus.core import RunError


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
