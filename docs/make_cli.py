"""Print docs/cli.md, the page of all commands, from what the commands say of themselves; for `make docs`."""

import inspect

import typer
from typer.testing import CliRunner

from paribus.cli import app

INTRODUCTION = """\
# Commands

In the order in which they are used. `make docs` writes this page from the program's own help; a test compares
the two.

Results go to standard output, everything else to standard error. Exit codes: 0 done; 1 something outside
the study went wrong; 2 the study or the command has to be changed; 130 interrupted. `--debug` shows where an
error comes from."""


def page() -> str:
    """Return the whole page as Markdown."""
    return "\n\n".join([INTRODUCTION, *(_section(name) for name in commands())]) + "\n"


def commands() -> list[str]:
    """Return the names of the commands, in the order in which they are used."""
    return list(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def _section(name: str) -> str:
    shown = CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "100"}, catch_exceptions=False)
    return f"## paribus {name}\n\n```text\n{inspect.cleandoc(shown.output)}\n```"


if __name__ == "__main__":
    print(page(), end="")
