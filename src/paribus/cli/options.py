"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

StudyArgument = Annotated[str, typer.Argument(metavar="STUDY", help="a study file, a gallery name, or a directory")]
Overrides = Annotated[
    list[str] | None,
    typer.Argument(metavar="a.b=VALUE", help="settings to change: train.epochs=3, vary.train.lr=[0.1,0.3]"),
]
AsJson = Annotated[bool, typer.Option("--json", help="print one JSON object on standard output")]
Folder = Annotated[Path, typer.Option("--dir", help="folder of studies")]
DataDir = Annotated[Path | None, typer.Option("--data-dir", help="where to look for data files first")]
Device = Annotated[str, typer.Option(help="cpu, cuda, cuda:1, or auto")]
Workers = Annotated[int | None, typer.Option(min=1, help="processes, and cores, that train; default: one per core")]

STUDIES = Path("paribus-studies")


def _print_version(wanted: bool) -> None:  # noqa: FBT001  as typer calls it
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415

        typer.echo(f"paribus {version('paribus')}")
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", help="print the version", callback=_print_version, is_eager=True)]
