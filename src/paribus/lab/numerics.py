"""In what the runs were trained, condition by condition: what their last digits may depend on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from paribus.store import Run, StoreReader

_MOST_NAMED = 4
_NONE = "none"


@dataclass(frozen=True, slots=True)
class Numerics:
    """One environment, and the conditions whose runs have epochs in it; `facts` are versions, processor, path."""

    conditions: tuple[str, ...]
    facts: Mapping[str, str]


def numerics_of(store: StoreReader, runs: Iterable[Run]) -> tuple[Numerics, ...]:
    """Return the environments that runs were trained in; more than one are mixed numerics."""
    names = {run.id: run.condition for run in runs}
    used: dict[str, dict[str, None]] = {}
    for epoch in store.epochs():
        if epoch.run in names:
            used.setdefault(epoch.environment, {})[names[epoch.run]] = None
    return tuple(Numerics(tuple(used[name]), facts) for name, facts in store.environments().items() if name in used)


def values_of(found: Iterable[Numerics]) -> dict[str, list[str]]:
    """Return name -> its values in all environments, different ones only."""
    every = [each.facts for each in found]
    names = dict.fromkeys(name for facts in every for name in facts)
    return {name: list(dict.fromkeys(facts.get(name, _NONE) for facts in every)) for name in names}


def mixed(found: tuple[Numerics, ...]) -> str:
    """Say which conditions were trained in what, where that is not the same for all; "" where it is."""
    if len(found) < 2:
        return ""
    differing = [name for name, values in values_of(found).items() if len(values) > 1]
    if "path" in differing:  # the versions of what a path needs follow from it
        differing = [name for name in differing if name not in {"numba", "scipy"}]
    said = []
    for each in found:
        facts = ", ".join(f"{name} {each.facts.get(name, _NONE)}" for name in differing)
        names = list(each.conditions[:_MOST_NAMED])
        more = len(each.conditions) - len(names)
        said.append(f"{', '.join([*names, f'{more} more'] if more else names)}: {facts}")
    return f"{'; '.join(said)}. These agree but for rounding; `paribus run --verify` shows how closely."
