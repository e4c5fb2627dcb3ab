"""The choice and the look: what is chosen on validation, written and hashed, before the test set is opened once."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from paribus.store import Epoch, Look, Run, Store, StoreReader

RULE = "highest mean validation accuracy over all seeds at the last epoch"
NO_RULE = "no validation split: nothing is chosen, all conditions are shown, and which is best is exploratory"


def choose(runs: Sequence[Run], last: Mapping[str, Epoch]) -> dict[str, Any]:
    """Return the choice as it is written down and hashed.

    A condition with a diverged run cannot be chosen. Ties go to the condition that the study names first.
    """
    means: dict[str, float] = {}
    for condition in dict.fromkeys(run.condition for run in runs):
        own = [run for run in runs if run.condition == condition]
        values = [last[run.id].validation_accuracy for run in own if run.state == "done"]
        kept = [value for value in values if value is not None]
        if len(kept) == len(own):
            means[condition] = fmean(kept)
    validated = any(epoch.validation_accuracy is not None for epoch in last.values())
    return {
        "condition": max(means, key=lambda name: means[name]) if means else None,
        "rule": RULE if validated else NO_RULE,
        "validation_accuracy": means,
        "runs": [run.id for run in runs],
    }


def open_test(store: Store, *, runs: Sequence[Run], test_fingerprints: Sequence[str], reason: str) -> None:
    """Open the test set for all runs of the study, after the choice is written; a look that is there already serves.

    Every run must be done or diverged. Conditions that see different test images are one look at each.
    """
    if look_at(store.reader, runs) is not None:
        return
    sha256 = store.record_choice(choose(runs, last_epochs(store.reader)))
    for fingerprint in test_fingerprints:
        store.record_look(
            test_fingerprint=fingerprint, choice_sha256=sha256, reason=reason, runs=[run.id for run in runs]
        )


def look_at(store: StoreReader, runs: Sequence[Run]) -> Look | None:
    """Return the latest look that covers all of these runs, None if there is none."""
    wanted = {run.id for run in runs}
    return next((look for look in reversed(store.looks()) if wanted <= set(look.runs)), None)


def last_epochs(store: StoreReader) -> dict[str, Epoch]:
    """Return each run's latest epoch."""
    return {epoch.run: epoch for epoch in store.epochs()}  # in order: the latest stays
