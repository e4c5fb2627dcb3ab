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
    group = typer.main.get_command(app)
    return group.list_commands(typer.Context(group))  # type: ignore[attr-defined]


def _section(*words: str) -> str:
    """Return the help of a command, and that of the commands below it."""
    shown = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "100"}, catch_exceptions=False)
    section = f"{'#' * (len(words) + 1)} paribus {' '.join(words)}\n\n```text\n{inspect.cleandoc(shown.output)}\n```"
    command = typer.main.get_command(app)
    for word in words:
        command = command.commands[word]  # type: ignore[attr-defined]
    return "\n\n".join([section, *(_section(*words, name) for name in getattr(command, "commands", ()))])


if __name__ == "__main__":
    print(page(), end="")
