"""One driver per study: a lock that the system gives back when its process dies, however it dies."""

from pathlib import Path

from filelock import FileLock, Timeout

from paribus.core import StoreError
from paribus.store.database import explained
from paribus.store.records import Driver

FILE = "study.lock"
# A driver waits a little: whoever asks whether the lock is free holds it for an instant.
_WAIT_SECONDS = 1.0


def take(directory: Path) -> FileLock | None:
    """Return the lock of a study, or None when another driver has it."""
    lock = FileLock(directory / FILE, is_singleton=False)
    with explained(directory):
        try:
            lock.acquire(timeout=_WAIT_SECONDS, poll_interval=0.02)
        except Timeout:  # which is an OSError too
            return None
    return lock


def is_free(directory: Path) -> bool:
    """Return whether no driver works on a study; False where that cannot be asked (a read-only directory)."""
    if not (directory / FILE).exists():
        return True
    lock = FileLock(directory / FILE, is_singleton=False)
    try:
        lock.acquire(timeout=0)
    except OSError:
        return False
    lock.release()
    return True


def busy(directory: Path, driver: Driver | None) -> StoreError:
    """Return the error for a second driver."""
    who = f" (pid {driver.pid}, host {driver.host})" if driver else ""
    return StoreError(
        str(directory),
        wrong=f"another paribus run{who} is working on this study",
        allowed="one driver at a time; reading is always possible",
        next_command=f"paribus status {directory}",
    )
