"""Documents that cannot drift: what they name has to exist, and what exists has to be named."""

import ast
import re
import runpy
import shlex
import textwrap
import tomllib
from typing import get_args

import pytest
from house import PACKAGE, ROOT, documents, dotted

import paribus
from paribus.core import STREAMS
from paribus.stats import Verdict

README = ROOT / "README.md"
GLOSSARY = ROOT / "docs" / "glossary.md"
# These keep what was true when it was written: their commands are not checked.
HISTORY = ("CHANGELOG.md", "docs/log.md", "docs/decisions/")
TREE = "src/paribus/"
UNNAMED = {"__init__.py", "__pycache__", "py.typed"}
SHELLS = {"sh", "bash", "console", "shell"}
FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)[^)]*\)")
WORDS = {"study", "recipe", "factor", "level", "condition", "baseline", "run", "seed", "block", "cohort"}
WORDS |= {"split", "metric", "response", "effect", "contrast", "estimate", "verdict", "look", "exhibit"}
WORDS |= {"paired difference", "t interval", "Holm", "smallest effect", "seeds needed", "sealed", "loss"}


def blocks(text):
    """Return (language, content) of each fenced block of a Markdown text."""
    return [(language, textwrap.dedent(content)) for _, language, content in FENCE.findall(text)]


def read(path):
    return path.read_text(encoding="utf-8")


def named(path):
    return path.relative_to(ROOT).as_posix()


def pages():
    """Return the documents that describe the present."""
    return [path for path in documents() if not named(path).startswith(HISTORY)]


@pytest.fixture(scope="module")
def reference():
    """The page of all commands as it should be: command -> its section."""
    return sections(runpy.run_path(str(ROOT / "docs" / "make_cli.py"))["page"]())


def sections(page):
    """Return command -> what the page says of it, in order."""
    parts = re.split(r"^## paribus (\S+)$", page, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def options(text):
    return set(re.findall(r"(?<![\w-])--[a-z][\w-]*", text))


def test_the_tree_in_the_readme_names_what_is_there():
    trees = [content for _, content in blocks(read(README)) if content.lstrip().startswith(TREE)]
    assert len(trees) == 1, f"one fenced block of README.md starts with the line {TREE}"
    entries = tree_entries(trees[0])
    there = {each.name for each in PACKAGE.iterdir() if each.is_file() or any(each.glob("*.*"))}
    assert entries.keys() == there - UNNAMED
    assert [name for name, remark in entries.items() if not remark] == []


def tree_entries(tree):
    """Return name -> remark of the outermost entries below the tree's first line."""
    lines = [re.fullmatch(r"([ │├└─]*)(\S+) *(.*)", line) for line in tree.strip().splitlines()[1:] if line.strip()]
    depth = min(len(each[1]) for each in lines)
    return {each[2].rstrip("/"): each[3] for each in lines if len(each[1]) == depth}


def test_the_page_of_commands_says_what_the_commands_say(reference):
    written = sections(read(ROOT / "docs" / "cli.md"))
    remake = "docs/cli.md is behind the commands: make docs"
    assert list(written) == list(reference), remake
    assert {name: options(text) for name, text in written.items()} == {
        name: options(text) for name, text in reference.items()
    }, remake


def test_every_command_stands_in_the_readme(reference):
    text = read(README)
    assert [name for name in reference if not re.search(rf"\bparibus {name}\b", text)] == []


@pytest.mark.parametrize("path", pages(), ids=named)
def test_commands_in_documents_exist(path, reference):
    for command in commands_in(read(path)):
        assert command.partition(" ")[0] in reference, command
        unknown = options(command) - options(reference[command.partition(" ")[0]]) - {"--debug"}
        assert not unknown, command


def commands_in(text):
    """Return what follows "paribus" in shell blocks and in inline code."""
    lines = [line for kind, content in blocks(text) if kind in SHELLS for line in content.splitlines()]
    lines += re.findall(r"(?<!`)`(paribus [^`\n]+)`(?!`)", FENCE.sub("", text))
    found = []
    for line in lines:
        words = shlex.split(line.strip().removeprefix("$ "), comments=True)
        if words[:1] == ["paribus"] and len(words) > 1 and words[1][0].islower():
            found.append(" ".join(words[1:]))
    return found


@pytest.mark.parametrize("path", documents(), ids=named)
def test_code_in_documents_can_be_read(path):
    for language, content in blocks(read(path)):
        if language == "python":
            tree = ast.parse(content)
            used = {
                node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and dotted(node.value) == "pb"
            }
            assert used <= set(paribus.__all__)
        elif language == "toml":
            tomllib.loads(content)


@pytest.mark.parametrize("path", documents(), ids=named)
def test_links_lead_somewhere(path):
    dead = []
    for target in LINK.findall(re.sub(r"`[^`\n]*`", "", FENCE.sub("", read(path)))):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        if not there.exists() or (anchor and anchor not in anchors(read(there))):
            dead.append(target)
    assert dead == []


def anchors(text):
    """Return the anchors that headings get on the usual sites."""
    headings = re.findall(r"^#+ +(.+?) *$", FENCE.sub("", text), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def test_the_glossary_has_the_words_of_the_house():
    headings = re.findall(r"^### (.+)$", read(GLOSSARY), flags=re.MULTILINE)
    explained = {word.strip() for heading in headings for word in heading.split(",")}
    assert {*WORDS, *get_args(Verdict)} - explained == set()
    streams = read(GLOSSARY).partition("### stream")[2].partition("###")[0]
    assert [stream for stream in STREAMS if stream not in streams] == []
