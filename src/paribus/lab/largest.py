"""batch_size = "largest" becomes a number as soon as the images are known, and stays it for as long as the study lives.

The number is a fact of the study: every condition that needs the same memory, every seed, every later session and
every reader has the same one, whatever is free on their machine by then.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from paribus.core import Streams, StudyError, digest
from paribus.data import split_images
from paribus.lab.crew import core_count, worker_count
from paribus.lab.prepare import Shelf, model_source
from paribus.lab.progress import Snapshot, Watch
from paribus.lab.settling import asking_for_largest
from paribus.store import Store, open_reader
from paribus.study import Recipe, Study, check_fit, possible
from paribus.train import Trial, largest_batch


@dataclass(frozen=True, slots=True)
class Found:
    """What the word means in a study.

    Attributes:
        study: the study, with the numbers.
        facts: key -> what is to be kept of each number, found now or before.
    """

    study: Study
    facts: Mapping[str, Mapping[str, Any]]


def find_largest(
    study: Study,
    *,
    directory: Path,
    shelf: Shelf,
    device: str,
    workers: int | None,
    watch: Watch,
    seconds: float | None = None,
) -> Found:
    """Return a study whose batch sizes are numbers; what its directory knows is not looked for again.

    Args:
        study: any study.
        directory: where it lives, or will.
        shelf: has its images.
        device: where it will be trained.
        workers: processes that will train, None for as many as there are by default.
        watch: hears of the sizes that are tried.
        seconds: when to stop looking; a number that is not found by then is one that is known to fit.

    Raises:
        StudyError: not even one image fits, or a condition has the number that "largest" turns out to be.
        ParibusError: what the images or the network raise.
    """
    asked = asking_for_largest(study)
    if not asked:
        return Found(study, {})
    every = possible(replace(study, picks={}, largest={}))
    count = worker_count(device, wanted=workers, missing=len(every) * study.design.most_seeds)
    known, facts = _known(directory), {}
    until = None if seconds is None else time.monotonic() + seconds
    for asked_key, recipe in reversed(asked.items()):
        source = model_source(recipe.model, base_dir=study.base_dir)
        key = digest([asked_key, source])  # another network in the same file needs other memory
        left = None if until is None else max(0.0, until - time.monotonic())
        found = known.get(key) or _search(
            study, recipe, shelf, device=device, workers=count, cores=core_count(device, wanted=workers), watch=watch,
            seconds=left,
        )  # fmt: skip
        facts[key] = {**found, "asked": asked_key}
    study = replace(study, largest=_numbers(facts))
    _refuse_twins(study)
    return Found(study, facts)


def keep_largest(store: Store, found: Found) -> Study:
    """Write the numbers down before anything is trained with them; what was written first stays."""
    known = store.reader.facts("largest")
    for key, fact in found.facts.items():
        if key not in known:
            store.put_fact("largest", key, fact)
    numbers = _numbers({key: known.get(key, fact) for key, fact in found.facts.items()})
    if numbers:
        earlier = store.reader.facts("study").get("largest", {})
        store.put_fact("study", "largest", {**earlier, **numbers})
    return replace(found.study, largest=numbers)


def _numbers(facts: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    return {fact["asked"]: fact["batch_size"] for fact in facts.values()}


def _known(directory: Path) -> Mapping[str, Mapping[str, Any]]:
    if not (directory / "study.db").is_file():
        return {}
    with open_reader(directory) as store:
        return store.facts("largest")


def _search(
    study: Study,
    recipe: Recipe,
    shelf: Shelf,
    *,
    device: str,
    workers: int,
    cores: int,
    watch: Watch,
    seconds: float | None,
) -> dict[str, Any]:
    """Return a number, and how it came to be."""
    images, shared = shelf.take(recipe.data)
    check_fit(recipe.train.augment, image_shape=images.image_shape)
    streams = Streams(0, study.design.vary_streams)
    most = len(split_images(images, recipe.data, streams=streams).train)
    trial = Trial(recipe, streams, shared, study.base_dir, device, limit=None, workers=workers, cores=cores)
    found = largest_batch(
        trial,
        most=most,
        seconds=seconds,
        told=lambda size: watch(Snapshot(f"finding the largest batch: {size:,} images")),
    )
    return {
        "batch_size": found.batch,
        "certain": found.certain,
        "images": most,
        "device": device,
        "workers": workers,
        "peak_memory_bytes": found.peak,
        "limit_bytes": found.limit,
        "tried": found.tried,
    }


def _refuse_twins(study: Study) -> None:
    """Refuse a condition that turns out to be another one: the same run cannot stand in two of them."""
    seen: dict[str, str] = {}
    for name, recipe in possible(study):
        twin = seen.setdefault(digest(recipe.identity), name)
        if twin != name:
            raise StudyError(
                "train.batch_size",
                wrong=f'"{twin}" and "{name}" are the same recipe here: the largest batch is {recipe.train.batch:,}',
                allowed="conditions that differ: leave one of the two out",
            )
