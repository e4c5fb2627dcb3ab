"""What speaks against the images of a study: found by check and run, kept in the store, shown with the results."""

from collections.abc import Container

from paribus.core import DataFacts, Streams
from paribus.data import Finding, Images, find_copies, find_duplicates, find_imbalance, split_images
from paribus.lab.prepare import Prepared, Shelf
from paribus.study import DataSpec

_QUICKLY_COMPARED = 256 * 2**20  # bytes of pixels: a second or two


def data_findings(prepared: Prepared, shelf: Shelf, *, known: Container[str] = ()) -> dict[str, tuple[Finding, ...]]:
    """Return key of data facts -> what speaks against these images, warnings first; without the keys in `known`."""
    tables = {each.data: each.run.recipe.data for each in reversed(prepared.runs) if each.data not in known}
    streams = Streams(0, prepared.study.design.vary_streams)
    return {
        key: _findings(prepared.data[key], shelf.take(spec)[0], spec, streams=streams) for key, spec in tables.items()
    }


def _findings(facts: DataFacts, images: Images, spec: DataSpec, *, streams: Streams) -> tuple[Finding, ...]:
    found = list(find_imbalance(facts))
    if facts.skipped:
        count = len(facts.skipped)
        files = f"{count:,} {'file' if count == 1 else 'files'} of {facts.source} left out"
        fix = "paribus data show lists them, each with its reason"
        found.append(Finding("data-skipped", "note", "data.on_bad_image", files, fix))
    if images.train_images.nbytes + images.test_images.nbytes <= _QUICKLY_COMPARED:
        found += find_copies(find_duplicates(images, split_images(images, spec, streams=streams)))
    return tuple(sorted(found, key=lambda each: each.severity == "note"))
