"""The commands, in the order in which they are used."""

import dataclasses
import io
import json
import os
import shlex
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from paribus.cli.data import data_app
from paribus.cli.forms import Form
from paribus.cli.misuse import show_misuse
from paribus.cli.options import STUDIES, AsJson, DataDir, Device, Folder, Overrides, StudyArgument, Version, Workers
from paribus.cli.safe import plain
from paribus.core import ParibusError

if TYPE_CHECKING:
    from paribus.lab import Results

_ORDER = ("gallery", "new", "data")


class _InOrder(TyperGroup):
    """Commands in the order in which they are used, which is not the one in which typer keeps them."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command; Ctrl-C ends it with one word, where typer would say nothing."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            typer.echo("stopped", err=True)
            raise typer.Exit(INTERRUPTED) from None

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  the signature of click
        """Return the names of the commands."""
        return [*_ORDER, *(name for name in self.commands if name not in _ORDER)]


app = typer.Typer(
    name="paribus",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    cls=_InOrder,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

INTERRUPTED = 130


@app.callback()
def options(*, version: Version = False) -> None:
    """A laboratory for controlled experiments on image classifiers. All else equal.

    Start with:  paribus run quickstart

    Your own question:  paribus new mine, edit mine.toml, paribus check mine.toml, paribus run mine.toml
    """  # noqa: D401  what the program is, as its help says


@app.command(short_help="List the built-in studies, or print one.")
def gallery(
    name: Annotated[str | None, typer.Argument(help="print this study")] = None, *, as_json: AsJson = False
) -> None:
    """List the built-in studies; with a name, print one.

    Example:  paribus gallery quickstart > mine.toml
    """
    from paribus.cli import views  # noqa: PLC0415  rooms are imported when a verb needs them
    from paribus.study import gallery_names, gallery_text, load_gallery  # noqa: PLC0415

    if name is not None:
        text = gallery_text(name)
        _print_json({"name": name, "text": text}) if as_json else print(text, end="")  # noqa: T201  to be redirected
        return
    studies = [load_gallery(each) for each in gallery_names()]
    if as_json:
        listed = [{"name": each.name, "question": each.question, "takes": each.takes} for each in studies]
        _print_json({"studies": listed})
    else:
        views.show_gallery(studies)


@app.command(short_help="Write a commented study file, to edit.")
def new(
    name: Annotated[str, typer.Argument(help="name of the study; NAME.toml is written")],
    *,
    images: Annotated[
        str, typer.Option("--data", metavar="SOURCE", help="images to ask about: a folder, FILE.py:NAME, mnist, ...")
    ] = "",
    template: Annotated[
        str, typer.Option("--from", metavar="STUDY", help="gallery study to start from; default: one that fits")
    ] = "",
) -> None:
    """Write a commented study file to edit; with --data, one that fits your images.

    Example:  paribus new mine --data photos
    """
    from paribus import lab  # noqa: PLC0415  rooms are imported when a verb needs them
    from paribus.cli import live, printing  # noqa: PLC0415
    from paribus.core import StudyError  # noqa: PLC0415

    path = Path(name.removesuffix(".toml") + ".toml")
    if not path.name.removesuffix(".toml").strip("."):
        raise StudyError("NAME", wrong=f"{name!r} is no name", allowed="letters, digits, - and _")
    if os.path.lexists(path):
        raise StudyError(str(path), wrong="is there already", allowed="a name that is free")
    with live.Live(printing.stderr) as watch:
        made = lab.start(path.stem, data=images, template=template, folder=path.parent, watch=watch)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(made.text)
    except FileExistsError:
        raise StudyError(str(path), wrong="is there already", allowed="a name that is free") from None
    except (OSError, ValueError) as error:  # ValueError: a name with a zero in it
        wrong = f"cannot be written: {getattr(error, 'strerror', None) or error}"
        raise StudyError(str(path), wrong=wrong, allowed="a name in a folder that is there") from error
    for note in made.notes:
        typer.echo(f"note: {plain(note)}", err=True)
    quoted = shlex.quote(str(path))
    made_for = f", for {made.source}" if made.source else ""
    typer.echo(plain(f"{path} is written, from {made.template}{made_for}. Look at it, then:"))
    steps = ["check", "run"] if not made.source else ["data show", "check", "run"]
    for step in steps:
        typer.echo(f"  paribus {step} {plain(quoted)}")


app.add_typer(data_app)


@app.command(short_help="Look before training: networks, time, power.")
def check(
    study: StudyArgument,
    overrides: Overrides = None,
    *,
    data_dir: DataDir = None,
    device: Device = "cpu",
    workers: Workers = None,
    table: Annotated[Form | None, typer.Option(help="print the networks alone, to be pasted or redirected")] = None,
    as_json: AsJson = False,
) -> None:
    """Validate a study; show networks, runs, time, memory, and what its seeds can show. Trains nothing.

    Of every network it shows the parameters as a sum, and how it will be trained: "native" is compiled code. In --json
    that is "path" of each condition: {"path": "native" or "reference", "why": ..., "images_per_second": ...}.

    Example:  paribus check quickstart design.seeds=10

    Example:  paribus check quickstart --table latex > networks.tex
    """
    from paribus import lab  # noqa: PLC0415
    from paribus.cli import live, printing, views  # noqa: PLC0415
    from paribus.cli.contracts import contract_findings  # noqa: PLC0415
    from paribus.cli.networks import written  # noqa: PLC0415
    from paribus.cli.sources import show_findings  # noqa: PLC0415
    from paribus.core import StudyError  # noqa: PLC0415

    if table is not None and as_json:
        raise StudyError("paribus check", wrong="--table and --json exclude each other", allowed="one of them")
    wanted = lab.load(study, *(overrides or ()))
    with live.Live(printing.stderr) as watch:
        found = lab.check(wanted, data_dir=data_dir, device=device, workers=workers, measure=table is None, watch=watch)
    if table is not None:
        typer.echo(written(found, table))
        return
    found = dataclasses.replace(found, findings=(*found.findings, *contract_findings(found)))
    if as_json:
        _print_json(found.json())
    else:
        views.show_check(found)
        show_findings(found.findings)


@app.command(short_help="Train, choose, open the test set once, report.")
def run(
    study: StudyArgument,
    overrides: Overrides = None,
    *,
    quick: Annotated[bool, typer.Option("--quick", help="a smoke-sized study; never opens the test set")] = False,
    sealed: Annotated[bool, typer.Option("--sealed", help="leave the test set closed; `reveal` opens it")] = False,
    data_dir: DataDir = None,
    device: Device = "cpu",
    workers: Workers = None,
    report: Annotated[bool, typer.Option("--report/--no-report", help="write report.html")] = True,
    verify: Annotated[bool, typer.Option("--verify", help="train one finished run again, and compare")] = False,
    folder: Folder = STUDIES,
    as_json: AsJson = False,
) -> None:
    """Train what is missing, choose on validation, open the test set once, write the report.

    Run it again to go on after a stop, or after adding levels or seeds: finished runs are never repeated.

    With --verify, one finished run, taken at random, is then trained again by the reference loop, and its numbers are
    compared with those that are stored; exit code 1 says that they differ.

    Example:  paribus run quickstart train.epochs=5 design.seeds=3
    """
    from paribus import lab  # noqa: PLC0415
    from paribus.cli import live, printing, views  # noqa: PLC0415

    signal.signal(signal.SIGTERM, _interrupt)
    place = lab.find(study, *(overrides or ()), folder=folder)
    try:
        with live.Live(printing.stderr) as watch:
            results = lab.run(
                place, data_dir=data_dir, device=device, workers=workers,
                quick=quick, sealed=sealed, report=report, verify=verify, watch=watch,
            )  # fmt: skip
    except KeyboardInterrupt:
        views.show_stopped(shlex.join(["paribus", *sys.argv[1:]]))
        raise typer.Exit(INTERRUPTED) from None
    if as_json:
        _print_json(results.json())
    else:
        views.show_results(results)
        _print_notes(results)
    agrees = _show_verified(results, silent=as_json) if verify else True
    if results.failed or not agrees:
        raise typer.Exit(1)


@app.command(short_help="Show how far a study is, or all studies.")
def status(
    study: Annotated[str | None, typer.Argument(metavar="STUDY", help="without it, all studies of the folder")] = None,
    overrides: Overrides = None,
    *,
    folder: Folder = STUDIES,
    as_json: AsJson = False,
) -> None:
    """Show each condition's runs (done, running, diverged, failed), accuracy so far, and verdicts when there are any.

    It only reads: a study that is being trained elsewhere can be looked at any time. The test set stays sealed.

    Example:  paribus status quickstart
    """
    from paribus import lab  # noqa: PLC0415
    from paribus.cli import views  # noqa: PLC0415

    if study is None:
        found, broken = lab.statuses(folder)
        if as_json:
            _print_json({"studies": [each.json() for each in found]})
        elif found or not broken:
            views.show_studies(found, folder=folder)
        for error in broken:
            typer.echo(f"paribus: {plain(str(error))}", err=True)
        return
    results = lab.status(lab.find(study, *(overrides or ()), folder=folder))
    if as_json:
        _print_json(results.json())
    else:
        views.show_status(results)
        _print_notes(results)


@app.command(short_help="Open the test set of a sealed study.")
def reveal(
    study: StudyArgument,
    overrides: Overrides = None,
    *,
    reason: Annotated[str, typer.Option(help="why the test set is opened now; it is logged")],
    folder: Folder = STUDIES,
    as_json: AsJson = False,
) -> None:
    """Open the test set of a study that was run with --sealed.

    Example:  paribus reveal quickstart --reason "the design is final"
    """
    from paribus import lab  # noqa: PLC0415
    from paribus.cli import views  # noqa: PLC0415

    results = lab.reveal(lab.find(study, *(overrides or ()), folder=folder), reason=reason)
    _print_json(results.json()) if as_json else views.show_results(results)


@app.command(short_help="Write the report again from what is stored.")
def report(
    study: StudyArgument,
    overrides: Overrides = None,
    *,
    inside: Annotated[
        list[str] | None,
        typer.Option(metavar="CONDITION", help="look into this one, too; may be given several times"),
    ] = None,
    folder: Folder = STUDIES,
    as_json: AsJson = False,
) -> None:
    """Rebuild the report from what is stored; needs neither torch nor the data.

    Example:  paribus report paribus-studies/quickstart-1a2b3c4d --inside sigmoid
    """
    from paribus import lab  # noqa: PLC0415

    results = lab.status(lab.find(study, *(overrides or ()), folder=folder))
    path = results.report(inside=inside or ())
    _print_json(results.json()) if as_json else typer.echo(path)


@app.command(short_help="Compare two conditions in depth.")
def compare(
    study: StudyArgument,
    condition: Annotated[str, typer.Argument(metavar="A", help="a condition of the study")],
    baseline: Annotated[str, typer.Argument(metavar="B", help="the one it is compared with")],
    *,
    sheet: Annotated[Path | None, typer.Option(metavar="FILE.png", help="pictures; default: in the study")] = None,
    folder: Folder = STUDIES,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Compare two conditions in depth: seed by seed, image by image, class by class.

    Example:  paribus compare quickstart tanh ReLU
    """
    from paribus import lab  # noqa: PLC0415
    from paribus.cli.comparison import show_comparison, show_pictures  # noqa: PLC0415

    place = lab.find(study, folder=folder)
    found = lab.compare(place, condition, baseline)
    if as_json:
        _print_json(found.json())
        return
    show_comparison(found)
    path = sheet or found.directory / "figures" / "fixed-and-broken.png"
    try:
        if sheet is None:
            path.parent.mkdir(exist_ok=True)
        drawn = lab.picture(place, found, path, data_dir=data_dir)
    except (ParibusError, OSError) as error:  # the numbers stand without pictures, unless those were asked for
        if sheet is not None:
            raise
        show_pictures(f"none: {plain(str(error))}")
        return
    if drawn:
        show_pictures(str(path))


def main() -> None:
    """Run the command line; errors that a user can mend are one paragraph and an exit code."""
    sys.exit(_run())


def _run() -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that lacks a character shows another
            stream.reconfigure(errors="replace")
    debug = "--debug" in sys.argv
    arguments = [word for word in sys.argv[1:] if word != "--debug"]
    try:
        code = app(args=arguments, standalone_mode=False)
    except ParibusError as error:
        if debug:
            raise
        typer.echo(f"paribus: {plain(str(error))}", err=True)
        return error.exit_code
    except OSError as error:
        if debug:
            raise
        typer.echo(f"paribus: {plain(str(error))}", err=True)
        return 1
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("stopped", err=True)
        return INTERRUPTED
    except Exception as error:
        code = show_misuse(error)
        if code is None:
            raise
    return code if isinstance(code, int) else 0


def _interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  the signature of a handler
    raise KeyboardInterrupt


def _show_verified(results: "Results", *, silent: bool) -> bool:
    from paribus.cli.verified import show_verified  # noqa: PLC0415

    if results.verified is None:
        typer.echo("paribus: nothing was verified: no run is done", err=True)
        return False
    if not silent:
        show_verified(results.verified)
    return results.verified.verdict == "agrees"


def _print_notes(results: "Results") -> None:
    for note in results.notes():
        typer.echo(f"note: {plain(note)}")


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, allow_nan=False, ensure_ascii=False))
