"""Whether all rows of a run are there: a checksum cannot tell of a row that is not found."""

from collections.abc import Iterable, Sequence

from paribus.store.codec import DamageError
from paribus.store.database import Database
from paribus.store.records import Run


def require_epochs(file: Database, keys: Sequence[tuple[int, int]], *, table: str, runs: Sequence[Run]) -> None:
    """Raise a DamageError unless the rows found are epochs 0 to the last of each run, as in the table's twin.

    Args:
        file: of the study; metrics and test metrics of an epoch are written together, in two tables.
        keys: (sequence of the run, epoch) of the rows found, in order.
        table: that they are from, "epochs" or "sealed_epochs".
        runs: whose rows they should be.

    """
    found = _by_run(keys)
    twin = _by_run(_keys(file, "epochs" if table == "sealed_epochs" else "sealed_epochs", runs=runs))
    for run in runs:
        epochs = found.pop(run.sequence, [])
        begun = bool(epochs or run.epochs or run.state == "done")
        if epochs != twin.get(run.sequence, []) or epochs != list(range(run.epochs + 1 if begun else 0)):
            raise DamageError(f"table {table} (epochs of run {run.id[:8]})", run=run.id)
    if found:
        raise DamageError(f"table {table} (runs that nobody declared)")


def _keys(file: Database, table: str, *, runs: Sequence[Run]) -> list[tuple[int, int]]:
    where, values = ("WHERE run = ?", (runs[0].sequence,)) if len(runs) == 1 else ("", ())
    # Keys only: no test value is read here.
    return [(row[0], row[1]) for row in file.rows(f"SELECT run, epoch FROM {table} {where}", values)]  # noqa: S608


def _by_run(keys: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for run, epoch in keys:
        found.setdefault(run, []).append(epoch)
    return found
