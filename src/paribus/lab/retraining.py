"""What was trained on other images than those of now: it is kept, and trained again on these."""

from collections.abc import Sequence

from paribus.lab.prepare import Prepared, PreparedRun
from paribus.store import Run

_ENDED = ("done", "diverged")


def other_images(stored: Sequence[Run], prepared: Prepared, *, missing: Sequence[PreparedRun]) -> str:
    """Return a sentence about runs that were finished on other images and are trained again; empty for none.

    Args:
        stored: all runs of the study, those that it no longer asks for too.
        prepared: the study with its images as they are now.
        missing: the runs that are trained next.
    """
    now = {each.run.key: prepared.data[each.data].fingerprint for each in missing}
    again = {
        run.key
        for run in stored
        if run.state in _ENDED and now.get(run.key, run.data_fingerprint) != run.data_fingerprint
    }
    if not again:
        return ""
    runs, are = ("run", "it is") if len(again) == 1 else ("runs", "they are")
    return (
        f"the images are not those of the {len(again):,} finished {runs} (another fingerprint): "
        f"{are} trained again on the images as they are now"
    )
