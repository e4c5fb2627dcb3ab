"""Which test images each network gets right: from the predictions of opened runs and the labels of the test set."""

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from paribus.lab.results import Results
from paribus.store import StoreReader

if TYPE_CHECKING:
    from paribus.stats import Correct

Labels = NDArray[np.int64]


def packed(labels: Labels) -> str:
    """Return labels as they are kept among the facts of a study."""
    return base64.b64encode(labels.astype("<u2").tobytes()).decode()


def test_labels(results: Results, store: StoreReader, condition: str) -> Labels | None:
    """Return the labels of a condition's test images; None in a store from before they were kept."""
    kept = store.facts("labels").get(table_of(results, condition))
    return None if kept is None else np.frombuffer(base64.b64decode(kept), dtype="<u2").astype(np.int64)


def same_images(results: Results, first: str, second: str) -> bool:
    """Return whether two conditions are judged on the same test images, whatever size they see them in."""
    data = results.facts["data"]
    tables = [data.get(table_of(results, each)) for each in (first, second)]
    prints = {table["test_fingerprint"] for table in tables if table is not None}
    return None not in tables and len(prints) == 1


def table_of(results: Results, condition: str) -> str:
    """Return the key of a condition's data table, "" where none is known yet."""
    used = results.facts["study"]["data"]
    return next((key for key, names in used.items() if condition in names), "")


def correct(results: Results, store: StoreReader) -> "Mapping[str, Correct]":
    """Return condition -> which test images each of its networks gets right; empty while the test set is sealed."""
    from paribus.stats import Correct  # noqa: PLC0415  SciPy: training does not wait for it

    if results.look is None:
        return {}
    view = store.sealed(results.look)
    found: dict[str, Correct] = {}
    for condition in results.conditions:
        runs = [run for run in results.runs if run.condition == condition.name]
        labels = test_labels(results, store, condition.name)
        done = [run for run in runs if run.state == "done"]
        if labels is None or not done:
            continue
        rows = []
        for run in done:
            predictions = view.predictions(run.id)
            assert predictions is not None
            rows.append(np.frombuffer(predictions.classes, dtype="<u2") == labels)
        lost = sum(run.state == "diverged" for run in runs)
        found[condition.name] = Correct(condition.name, tuple(run.seed for run in done), np.stack(rows), lost)
    return found
