"""Paribus: a laboratory for controlled experiments on image classifiers. All else equal.

    import paribus as pb

    study = pb.load("quickstart", "design.seeds=3")
    results = pb.run(study)
    print(results.effects())

The names below are imported when they are first used, so that `import paribus` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paribus.core import ParibusError
    from paribus.lab import Check, Results, Table, check, load, reveal, run, status
    from paribus.study import Study

_HOMES = {
    "Check": "lab",
    "ParibusError": "core",
    "Results": "lab",
    "Study": "study",
    "Table": "lab",
    "check": "lab",
    "load": "lab",
    "reveal": "lab",
    "run": "lab",
    "status": "lab",
}
__all__ = [
    "Check",
    "ParibusError",
    "Results",
    "Study",
    "Table",
    "check",
    "load",
    "reveal",
    "run",
    "status",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'paribus' has no attribute {name!r}")
    return getattr(import_module(f"paribus.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
