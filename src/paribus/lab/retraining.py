"""What was trained on other images, or from another file, than those of now: it is kept, and trained again."""

from collections.abc import Sequence
from pathlib import PurePath

from paribus.lab.prepare import Prepared, PreparedRun, identity
from paribus.store import Run

_ENDED = ("done", "diverged")


def trained_again(stored: Sequence[Run], prepared: Prepared, *, missing: Sequence[PreparedRun]) -> str:
    """Return a sentence about finished runs that are trained again, and why; empty for none.

    Args:
        stored: all runs of the study, those that it no longer asks for too.
        prepared: the study with its images as they are now.
        missing: the runs that are trained next.
    """
    now = {each.run.key: each for each in missing}
    last = {run.key: run for run in sorted(stored, key=lambda run: run.sequence) if run.state in _ENDED}
    images, files, names = 0, 0, set()
    for key in now.keys() & last.keys():
        before, each = last[key], now[key]
        images += before.data_fingerprint != prepared.data[each.data].fingerprint
        if before.id != identity(key, fingerprint=before.data_fingerprint, source=each.source):
            files += 1
            names.add(PurePath(str(each.run.recipe.model.module).rpartition(":")[0]).as_posix())
    said = []
    if images:
        runs, are = ("run", "it is") if images == 1 else ("runs", "they are")
        said.append(
            f"the images are not those of the {images:,} finished {runs} (another fingerprint): "
            f"{are} trained again on the images as they are now"
        )
    if files:
        runs, are = ("run was", "it is") if files == 1 else ("runs were", "they are")
        have = "has" if len(names) == 1 else "have"
        said.append(
            f"{', '.join(sorted(names))} {have} changed since {files:,} {runs} finished (any edit counts): "
            f"{are} trained again, and what was trained before is kept"
        )
    return "; ".join(said)
