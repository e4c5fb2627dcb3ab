"""The choice and the look: what is chosen on validation, written and hashed, before the test set is opened once."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from paribus.core import StoreError, digest
from paribus.store import Epoch, Look, Run, Store, StoreReader
from paribus.study import Study, expand

RULE = "highest mean validation accuracy over all seeds at the last epoch"
NO_RULE = "no validation split: nothing is chosen, all conditions are shown, and which is best is exploratory"
NONE_LEFT = "none: every condition has a run that diverged"


def declared(study: Study) -> dict[str, Any]:
    """Return what a study declares of its analysis; conditions by their recipes, so that a label is only a word."""
    conditions = condition_names(study)
    seeds = study.design.seeds
    tuned = {path: [digest(level.value) for level in levels] for path, levels in study.tune.items()}
    tuning = {"tune": tuned, "tune_seeds": study.design.tune_seeds} if tuned else {}
    return {
        "baseline": next(iter(conditions)),
        "conditions": sorted(conditions),
        "seeds": seeds if isinstance(seeds, int) else seeds.model_dump(),
        **tuning,
        "metric": study.design.metric,
        "alpha": study.design.alpha,
        "smallest_effect": study.design.smallest_effect,
    }


def condition_names(study: Study) -> dict[str, str]:
    """Return digest of the recipe -> name of each condition, baseline first."""
    return {digest(each.recipe.identity): each.name for each in expand(study)}


def choose(study: Study, *, runs: Sequence[Run], last: Mapping[str, Epoch]) -> dict[str, Any]:
    """Return the choice as it is written down and hashed, with the analysis that it stands for.

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
        "rule": (RULE if means else NONE_LEFT) if validated else NO_RULE,
        "validation_accuracy": means,
        "runs": [run.id for run in runs],
        "names": condition_names(study),
        "declared": declared(study),
    }


def open_test(
    store: Store, study: Study, *, runs: Sequence[Run], test_fingerprints: Sequence[str], reason: str
) -> None:
    """Open the test set for all runs of the study, after the choice is written; a look that is there already serves.

    Every run must be done or diverged. Conditions that see different test images are one look at each.

    Raises:
        StoreError: it is not known which test images these are: a look that cannot be counted is none.
    """
    if not test_fingerprints:
        raise StoreError(
            str(store.directory),
            wrong="the test set cannot be opened: the store does not say which images it has",
            allowed="a study whose data was written down by `paribus run`",
        )
    opened = looks_at(store.reader, study, runs)
    sha256 = opened[-1].choice_sha256 if opened else None
    sha256 = sha256 or store.record_choice(choose(study, runs=runs, last=last_epochs(store.reader)))
    for fingerprint in sorted(set(test_fingerprints) - {look.test_fingerprint for look in opened}):
        store.record_look(
            test_fingerprint=fingerprint, choice_sha256=sha256, reason=reason, runs=[run.id for run in runs]
        )


def looks_at(store: StoreReader, study: Study, runs: Sequence[Run]) -> tuple[Look, ...]:
    """Return the looks at exactly these runs, whose choice was written for exactly this analysis.

    A run that was forgotten and trained again is seen by no look that was before.
    """
    wanted, analysis = {run.id for run in runs}, declared(study)
    done = {run.id for run in runs if run.state == "done"}
    return tuple(
        look
        for look in store.looks()
        if wanted == set(look.runs)
        and _value(store, look.choice_sha256).get("declared") == analysis
        and done <= {epoch.run for epoch in store.sealed(look).epochs()}
    )


def _value(store: StoreReader, sha256: str | None) -> Mapping[str, Any]:
    choice = store.choice(sha256) if sha256 else None
    return choice.value if choice else {}


def last_epochs(store: StoreReader) -> dict[str, Epoch]:
    """Return each run's latest epoch."""
    return {epoch.run: epoch for epoch in store.epochs()}  # in order: the latest stays
