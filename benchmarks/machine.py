"""What a result was measured on: hardware, versions, date."""

import datetime as dt
import importlib.metadata
import os
import platform
import shutil
import subprocess

PACKAGES = ("paribus", "torch", "jax", "keras", "tensorflow-cpu", "lightning", "scikit-learn", "numpy", "numba")


def describe():
    """Return plain facts about this machine and the installed versions."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "date": dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
        "processor": _lscpu().get("Model name", platform.processor()),
        "cores": os.cpu_count(),
        "memory_gib": round(memory, 1),
        "caches": {key: value for key, value in _lscpu().items() if key.endswith("cache")},
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in PACKAGES},
        "commit": _output("git", "describe", "--always", "--dirty"),
        "load": os.getloadavg(),
    }


def _version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _lscpu():
    lines = (line.split(":", 1) for line in _output("lscpu").splitlines() if ":" in line)
    return {key.strip(): value.strip() for key, value in lines}


def _output(*command):
    if not shutil.which(command[0]):
        return ""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
