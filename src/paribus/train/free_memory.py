"""How much memory this machine can give away now, without pushing anything else out. Needs no torch."""

import os
from collections.abc import Iterator
from pathlib import Path

_PROC, _CGROUPS = Path("/proc"), Path("/sys/fs/cgroup")
_KIB = 1024


def free_memory(*, proc: Path = _PROC, cgroups: Path = _CGROUPS) -> int:
    """Return bytes: what Linux calls available, and no more than the process's control groups leave it.

    Where the system does not say (macOS), half of the machine's memory.

    Args:
        proc: where the kernel tells of memory and of this process.
        cgroups: where its control groups are mounted.
    """
    available = _available(proc / "meminfo")
    if available is None:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    return max(0, min([available, *_left_in_groups(proc / "self" / "cgroup", cgroups)]))


def _available(meminfo: Path) -> int | None:
    for line in _lines(meminfo):
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * _KIB
    return None


def _left_in_groups(own: Path, cgroups: Path) -> Iterator[int]:
    """Yield what each group that the process is in leaves free, and each group around it; both versions of cgroups."""
    for line in _lines(own):
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            yield from _walk(cgroups, path, limit="memory.max", used="memory.current", cache="inactive_file")
        elif "memory" in controllers.split(","):
            limit, used = "memory.limit_in_bytes", "memory.usage_in_bytes"
            yield from _walk(cgroups / "memory", path, limit=limit, used=used, cache="total_inactive_file")


def _walk(root: Path, path: str, *, limit: str, used: str, cache: str) -> Iterator[int]:
    """Yield what is free below each limit from a group up to the root. Files that were read once can be dropped."""
    group = root / path.lstrip("/")
    for each in (group, *group.parents):
        most, now = _number(each / limit), _number(each / used)
        if most is not None and now is not None:
            dropped = (line.split() for line in _lines(each / "memory.stat"))
            yield most - now + next((int(value) for name, value in dropped if name == cache), 0)
        if each == root:
            return


def _number(file: Path) -> int | None:
    text = next(iter(_lines(file)), "")
    return int(text) if text.isdecimal() else None  # "max" is no limit


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
