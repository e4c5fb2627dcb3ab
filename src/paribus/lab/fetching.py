"""Built-in sources brought to this machine."""

from collections.abc import Sequence

from paribus.core import DataError, nearest
from paribus.data import download_source, source_status
from paribus.lab.about_images import Fetched
from paribus.lab.progress import Snapshot, Watch, watch_nothing


def fetched(names: Sequence[str], *, mirror: str = "", watch: Watch = watch_nothing) -> tuple[Fetched, ...]:
    """Download what is missing of the built-in sources; all names are looked at before anything is downloaded.

    Args:
        names: of the sources.
        mirror: an https address that is tried first.
        watch: is told how far it is.

    Raises:
        DataError: there is no such source, or no place to get it from.
    """
    known = {status.name: status for status in source_status()}
    for name in names:
        if name not in known:
            allowed = ", ".join(each for each in known if known[each].files)
            raise DataError(
                "paribus data get",
                wrong=f"no source {name!r} to download",
                allowed=allowed,
                nearest=nearest(name, known),
            )
    found = []
    for name in dict.fromkeys(names):
        status = known[name]
        if status.available:
            found.append(Fetched(name, status.folder, downloaded=False))
            continue
        folder = download_source(name, mirror=mirror, tell=lambda told: watch(Snapshot(told.what, reading=told)))
        found.append(Fetched(name, folder, downloaded=True))
    return tuple(found)
