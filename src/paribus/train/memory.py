"""Peak memory of one run inside a process that trains many."""

import sys
from pathlib import Path

import torch

_CLEAR = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")
# torch's CPU allocator; CUDA outside of torch's allocator; cuBLAS and cuDNN; C++; the system; its linker.
_REFUSED = (
    "can't allocate memory",
    "out of memory",
    "alloc_failed",
    "bad_alloc",
    "cannot allocate memory",
    "failed to map",
)


def reset_peak(device: torch.device) -> None:
    """Start a new peak: of the GPU's allocator, or of this process where Linux lets it."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        return
    try:
        _CLEAR.write_text("5", encoding="ascii")  # 5: reset the high-water mark (proc(5))
    except OSError:
        return


def peak(device: torch.device) -> int | None:
    """Return the peak in bytes since `reset_peak`; None where it cannot be measured."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    try:
        lines = _STATUS.read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return _peak_of_process()


def _peak_of_process() -> int | None:
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415  not on Windows

    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size if sys.platform == "darwin" else size * 1024


def is_out_of_memory(error: Exception) -> bool:
    """Tell whether an error means that memory was refused, by torch, its libraries, Python or numpy."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    words = str(error).lower()
    return any(each in words for each in _REFUSED)
