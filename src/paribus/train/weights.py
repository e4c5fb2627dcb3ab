"""How far the final weights of two trainings lie apart."""


def weights_difference(one: bytes, other: bytes) -> float:
    """Return the largest absolute difference of a weight, relative to the largest absolute weight of the first.

    Args:
        one: safetensors bytes, as an `Outcome` has them.
        other: likewise, of the same network.

    Returns:
        0 where all values are equal; infinity where the two have not the same tensors, or a value is no number.
    """
    import safetensors.torch  # noqa: PLC0415  torch: this room's door needs none
    import torch  # noqa: PLC0415

    first, second = safetensors.torch.load(one), safetensors.torch.load(other)
    if {name: value.shape for name, value in first.items()} != {name: value.shape for name, value in second.items()}:
        return float("inf")
    largest, apart = 0.0, 0.0
    for name, value in first.items():
        if not value.is_floating_point() or not value.numel():
            continue  # counts of batches and the like are no weights
        here, there = value.to(torch.float64), second[name].to(torch.float64)
        if not bool(here.isfinite().all() and there.isfinite().all()):
            return float("inf")
        largest = max(largest, here.abs().max().item())
        apart = max(apart, (here - there).abs().max().item())
    return apart / largest if largest else apart
