"""The commands about images: which sources there are, getting one, looking at one."""

import json
from pathlib import Path
from typing import Annotated

import typer

from paribus.cli.options import AsJson, DataDir
from paribus.core import StudyError

data_app = typer.Typer(name="data", no_args_is_help=False, rich_markup_mode=None)


@data_app.callback(invoke_without_command=True, short_help="List, download or look at images.")
def data(context: typer.Context, *, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the sources of images, get one, or look at one.

    Example:  paribus data show mnist
    """
    if context.invoked_subcommand is None:
        _list(data_dir=data_dir, as_json=as_json)
    elif data_dir is not None or as_json:
        raise StudyError(
            "paribus data", wrong="options come last", allowed=f"paribus data {context.invoked_subcommand} ..."
        )


@data_app.command(name="list", short_help="List the built-in sources, and where they are.")
def list_sources(*, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the built-in sources, and where their files were found.

    Example:  paribus data list --data-dir ~/data
    """
    _list(data_dir=data_dir, as_json=as_json)


@data_app.command(short_help="Download built-in sources, and verify them.")
def get(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="mnist, fashion-mnist, kmnist, cifar10")],
    *,
    mirror: Annotated[str, typer.Option(metavar="URL", help="an https address to try first")] = "",
    as_json: AsJson = False,
) -> None:
    """Download the files of built-in sources, and verify them by their published checksums.

    Example:  paribus data get mnist cifar10
    """
    from paribus import lab  # noqa: PLC0415  rooms are imported when a verb needs them
    from paribus.cli import live, printing  # noqa: PLC0415

    with live.Live(printing.stderr) as watch:
        fetched = lab.fetch(names, mirror=mirror, watch=watch)
    if as_json:
        listed = [
            {
                "source": each.name,
                "folder": str(each.folder) if each.folder else None,
                "downloaded": each.downloaded,
            }
            for each in fetched
        ]
        _print_json({"sources": listed})
        return
    for each in fetched:
        said = f"is in {each.folder}" if each.downloaded else f"is there already: {each.folder}"
        said = said if each.folder else "is built in"
        printing.say(printing.styled(each.name, "bold") + printing.styled(f" {said}"))


@data_app.command(short_help="Look at images before training on them.")
def show(
    source: Annotated[str, typer.Argument(metavar="SOURCE|STUDY", help="mnist, a folder, FILE.py:NAME, or a study")],
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="a.b=VALUE", help="settings to change: data.validation=0.1")
    ] = None,
    *,
    sheet: Annotated[Path | None, typer.Option(metavar="FILE.png", help="samples; default: NAME-samples.png")] = None,
    resize: Annotated[int | None, typer.Option(metavar="N", help="the same as data.resize=N")] = None,
    on_bad_image: Annotated[str | None, typer.Option(metavar="skip", help="the same as data.on_bad_image=skip")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Look at images before training on them: counts, sizes, bad files, duplicates, and a sheet of samples.

    Of a study it also shows what its augmentation makes of them.

    Example:  paribus data show photos --resize 64
    """
    from paribus import lab  # noqa: PLC0415
    from paribus.cli import live, printing, sources  # noqa: PLC0415

    changes = [*(overrides or ())]
    changes += [f"data.resize={resize}"] if resize is not None else []
    changes += [f"data.on_bad_image={on_bad_image}"] if on_bad_image is not None else []
    with live.Live(printing.stderr) as watch:
        found = lab.show(source, *changes, data_dir=data_dir, sheet=sheet, watch=watch)
    if as_json:
        _print_json(found.json())
    else:
        sources.show_data(found, asked=source)


def _list(*, data_dir: Path | None, as_json: bool) -> None:
    from paribus.cli import sources  # noqa: PLC0415
    from paribus.data import source_status  # noqa: PLC0415

    found = source_status(data_dir=data_dir)
    if as_json:
        _print_json({"sources": sources.sources_json(found)})
    else:
        sources.show_sources(found)


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, allow_nan=False, ensure_ascii=False))
