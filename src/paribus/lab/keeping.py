"""Test images that a report shows, kept when the test set is opened: a report is made where the images are not."""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain, zip_longest

from paribus.core import DataError, ParibusError, Picture
from paribus.data import Images, load_images, source_status
from paribus.lab.examples import opened, selection
from paribus.lab.matrices import table_of
from paribus.lab.pixels import packed, picture, unpacked
from paribus.lab.results import Results
from paribus.store import Store, StoreReader
from paribus.study import DataSpec
from paribus.train import apart

_MOST_CONDITIONS, _MOST_BYTES = 12, 1_500_000
_KIND = "pictures"

Take = Callable[[DataSpec], Images]


def kept_pictures(store: StoreReader, fingerprint: str) -> dict[int, Picture]:
    """Return the test images of a data set that are kept, by their place in the test set."""
    return {each.index: each for each in unpacked(store.facts(_KIND).get(fingerprint, {}))}


def keep_pictures(store: Store, results: Results, *, first: Sequence[str], take: Take) -> None:
    """Keep the pictures that reports on opened conditions need; nothing of a sealed test set, nothing twice.

    Args:
        store: of the study.
        results: what is opened.
        first: conditions whose images come before those of others.
        take: reads the images of a data table; one that is not at hand is left out.
    """
    for fingerprint, (spec, places) in _wanted(results, store.reader, first=first).items():
        kept = kept_pictures(store.reader, fingerprint)
        if set(places) <= set(kept):
            continue
        try:
            images = take(spec)
        except ParibusError:  # a report without pictures is better than no look; its note says what to do
            continue
        if images.fingerprint == fingerprint:
            labels = images.test_labels
            shown = [picture(images.test_images[each], index=each, label=int(labels[each])) for each in sorted(places)]
            store.put_fact(_KIND, fingerprint, packed(shown))


def at_hand(results: Results) -> Take:
    """Return what reads images that are on this machine, and downloads none."""

    def take(spec: DataSpec) -> Images:
        if any(each.name == spec.source and not each.available for each in source_status()):
            raise DataError(spec.source, wrong="is not on this machine")
        return load_images(spec, base_dir=results.study.base_dir, isolate=apart)

    return take


def _wanted(results: Results, store: StoreReader, *, first: Sequence[str]) -> Mapping[str, tuple[DataSpec, list[int]]]:
    """Return fingerprint -> data table and places: by turns among the first conditions, then among others."""
    others = [each.name for each in results.conditions if each.name not in first]
    recipes = {each.name: each.recipe for each in results.conditions}
    wanted: dict[str, tuple[DataSpec, list[int]]] = {}
    left = _MOST_BYTES
    for name, place in _by_turns(results, store, [first, others[: _MOST_CONDITIONS - len(first)]]):
        facts = results.facts["data"][table_of(results, name)]
        _, places = wanted.setdefault(facts["fingerprint"], (recipes[name].data, []))
        channels, height, width = facts["image_shape"]
        if place not in places and left >= channels * height * width:
            places.append(place)
            left -= channels * height * width
    return wanted


def _by_turns(results: Results, store: StoreReader, groups: Sequence[Sequence[str]]) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for group in groups:
        rows = []
        for name in group:
            seen = opened(results, store, name)
            rows.append([(name, place) for place in selection(seen).by_turns()] if seen is not None else [])
        found += [each for each in chain.from_iterable(zip_longest(*rows)) if each is not None]
    return found
