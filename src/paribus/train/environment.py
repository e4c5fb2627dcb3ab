"""The machine and the versions that a run's bits may depend on, and the settings that keep them still."""

import platform
from importlib.metadata import version

import numpy as np
import torch

from paribus.core import digest
from paribus.train.job import Plan


def settle(plan: Plan) -> None:
    """Fix threads and precision for this process: one plan, one set of bits."""
    torch.set_num_threads(plan.threads)
    # use_deterministic_algorithms(warn_only=True) does the same, and imports a compiler for 1.7 s.
    torch.set_deterministic_debug_mode("warn")
    # Full float32 on every device: reduced precision is a setting of the recipe, never a default of the machine.
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = False


def environment(plan: Plan) -> dict[str, str]:
    """Return what the numbers may depend on: versions, processor or GPU, instruction set, operating system."""
    device = torch.device(plan.device)
    path = {"path": "plain PyTorch"}
    if plan.path == "native":
        linear = "tiles (dark pixels skipped)" if plan.linear == "sparse" else plan.linear
        path = {"path": f"native, {linear} for Linear, {plan.convolution} for Conv2d"}
        path |= {name: version(name) for name in ("numba", "scipy")}
    return {
        "python": platform.python_version(),
        "torch": str(torch.__version__),  # a class of torch's, which would be imported where it is read
        "numpy": np.__version__,
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "threads": str(plan.threads),
        **path,
    }


def environment_digest(facts: dict[str, str]) -> str:
    """Return the digest that epoch records carry; runs with different ones are labelled mixed numerics."""
    return digest(facts)


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123  a pseudo file, read line by line
            names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()
