"""The report and what lies beside it, on disk: each file whole or not at all."""

import os
from pathlib import Path

from paribus.core import StoreError
from paribus.report.content import ReportContent
from paribus.report.drawings import NAMES, drawings
from paribus.report.page import render_with
from paribus.report.tables import tables


def write(content: ReportContent, *, directory: Path) -> Path:
    """Write report.html, figures/*.svg and tables/*.csv into the directory; return the report's path.

    Every file is replaced in one step, and the report last, so a reader never sees half of one. Figures of an
    earlier report that this one does not have are removed.

    Raises:
        StoreError: the directory cannot be written.
    """
    try:
        return _write(content, directory)
    except OSError as error:
        raise StoreError(
            str(directory),
            wrong=f"the report cannot be written: {error.strerror or error}",
            allowed="a directory that can be written, on a disk with room",
        ) from error


def _write(content: ReportContent, directory: Path) -> Path:
    figures = drawings(content)
    for folder in ("figures", "tables"):
        (directory / folder).mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        path = directory / "figures" / f"{name}.svg"
        if name in figures:
            _replace(path, figures[name].svg)
        else:
            path.unlink(missing_ok=True)
    for name, text in tables(content).items():
        _replace(directory / "tables" / f"{name}.csv", text)
    return _replace(directory / "report.html", render_with(content, figures))


def _replace(path: Path, text: str) -> Path:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return path
