"""The house as text: its Python files as syntax trees, its documents, and what counts as a line of code."""

import ast
import functools
import io
import re
import tokenize
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "paribus"
# What the gallery keeps beside its study files are other people's networks, as they were handed in.
BORROWED = PACKAGE / "gallery"

_SILENT = {
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NEWLINE,
    tokenize.NL,
}
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Source:
    """One Python file."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self):
        """Path below the root of the repository, as it is shown."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def room(self):
        """Name of the room the file stands in; empty for files that stand in none."""
        parts = self.path.relative_to(PACKAGE).parts if self.path.is_relative_to(PACKAGE) else ()
        return parts[0] if len(parts) > 1 else ""

    def at(self, node):
        """Return "file:line" of a node, for messages."""
        return f"{self.name}:{node.lineno}"


@functools.cache
def sources():
    """Return the product: every file of the package that is ours."""
    return tuple(each for each in _read(PACKAGE) if not each.path.is_relative_to(BORROWED))


@functools.cache
def test_sources():
    """Return every Python file below tests."""
    return _read(ROOT / "tests")


test_sources.__test__ = False  # its name is for people, not for pytest


def rooms():
    """Return the names of the rooms."""
    return sorted(each.parent.name for each in PACKAGE.glob("*/__init__.py"))


@functools.cache
def door(room):
    """Return a room's `__all__` as it is written down; empty when there is none."""
    init = PACKAGE / room / "__init__.py"
    tree = ast.parse(init.read_text(encoding="utf-8")) if init.exists() else ast.Module([], [])
    for node in tree.body:
        if isinstance(node, ast.Assign) and dotted(node.targets[0]) == "__all__":
            return tuple(ast.literal_eval(node.value))
    return ()


def in_order(name):
    """Return the sorting key of `__all__`: constants, then classes, then functions; ruff's order too."""
    kind = 0 if name.isupper() else 1 if name[:1].isupper() else 2
    return kind, [(int(digits or 0), word) for digits, word in re.findall(r"(\d+)|(\D+)", name)]


def documents():
    """Return the Markdown files that belong to the repository."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def functions(tree):
    """Return every function of a tree, methods and inner ones included."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def code_lines(source):
    """Return the numbers of the lines that hold code: no blank line, no comment, no docstring."""
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type not in _SILENT:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(source.tree):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            text = node.body[0]
            lines.difference_update(range(text.lineno, text.end_lineno + 1))
    return lines


def dotted(node):
    """Return "a.b.c" for a name or an attribute of names, "" for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (start := dotted(node.value)):
        return f"{start}.{node.attr}"
    return ""


def calls(tree):
    """Return (dotted name of what is called, the call) for every call in a tree."""
    return [(dotted(node.func), node) for node in ast.walk(tree) if isinstance(node, ast.Call)]


def keywords(call):
    """Return the names of a call's keyword arguments."""
    return {each.arg for each in call.keywords}


def _read(folder):
    return tuple(
        Source(path, text := path.read_text(encoding="utf-8"), ast.parse(text, str(path)))
        for path in sorted(folder.rglob("*.py"))
    )
