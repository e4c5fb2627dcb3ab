"""What is loaded when. The walls between rooms themselves are import-linter's, in `make lint`."""

import ast
import importlib.metadata
import re
import resource
import subprocess
import sys
import tomllib

import pytest
from house import ROOT, door, sources

HEAVY = ("torch", "scipy", "altair", "sklearn")
WITHOUT_TORCH = ("core", "study", "data", "store", "stats", "figures", "report", "train")
# Halves of a declared dependency that are released apart: pydantic's errors, jinja2's escaped text.
COMPANIONS = {"pydantic-core", "markupsafe"}
MOST_HELP_SECONDS = 0.3

# Runs the program as the shell does, then says what it loaded.
COMMAND = """
import sys
sys.argv = ["paribus", *sys.argv[1:]]
from paribus.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, f"exit code {end.code}"
print("LOADED", *sorted({name.partition(".")[0] for name in sys.modules}))
"""


def loaded(code, *arguments, cwd):
    """Return the top-level modules that a fresh interpreter has loaded after `code`, and what it printed."""
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    printed, _, names = done.stdout.rpartition("LOADED ")
    return set(names.split()), printed


@pytest.mark.parametrize("arguments", [("--help",), ("gallery",), ("status",)], ids=" ".join)
def test_quick_commands_load_nothing_heavy(arguments, tmp_path):
    modules, printed = loaded(COMMAND, *arguments, cwd=tmp_path)
    assert modules.isdisjoint({*HEAVY, "numpy", "PIL"})
    assert printed.strip()


def test_help_is_there_at_once(tmp_path):
    def seconds():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        loaded(COMMAND, "--help", cwd=tmp_path)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

    # processor time, the best of three: what else the machine does is not our doing
    assert min(seconds() for _ in range(3)) < MOST_HELP_SECONDS


def test_importing_paribus_loads_nothing_heavy(tmp_path):
    code = "import sys, paribus, paribus.cli; print('LOADED', *{n.partition('.')[0] for n in sys.modules})"
    modules, _ = loaded(code, cwd=tmp_path)
    assert "paribus" in modules
    assert modules.isdisjoint(HEAVY)


def test_doors_that_need_no_torch_load_none(tmp_path):
    code = """
import importlib, sys
for room in sys.argv[1:]:
    importlib.import_module(f"paribus.{room}")
    assert "torch" not in sys.modules, f"paribus.{room} loads torch"
print("LOADED", *sys.modules)
"""
    loaded(code, *WITHOUT_TORCH, cwd=tmp_path)


def test_third_party_imports_are_the_declared_dependencies():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {plain(re.split(r"[<>=!~\[; ]", each)[0]) for each in project["dependencies"]}
    belongs = importlib.metadata.packages_distributions()
    used = {plain(name) for module in imported() for name in belongs.get(module, [module])}
    assert used - COMPANIONS == declared


def imported():
    """Return the top-level names of other people's modules that the product imports, anywhere in a file."""
    modules = set()
    for source in sources():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Import):
                modules.update(each.name.partition(".")[0] for each in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{source.at(node)}: imports are absolute"
                modules.add(node.module.partition(".")[0])
    return modules - set(sys.stdlib_module_names) - {"paribus"}


def plain(name):
    """Return a distribution's name in its normal form."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_rooms_enter_each_other_by_the_door():
    through_the_wall = []
    for source in sources():
        for node, module, name in entries(source.tree):
            house, room, *inside = (*module.split("."), "")[:3]
            if house != "paribus" or room in ("", source.room):
                continue
            if any(inside) or name not in (None, *door(room)):
                through_the_wall.append(f"{source.at(node)} {module} {name or ''}")
    assert through_the_wall == []


def entries(tree):
    """Return (node, module, name) for everything that a file imports; the name is None for a whole module."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            found += [(node, node.module, each.name) for each in node.names]
        elif isinstance(node, ast.Import):
            found += [(node, each.name, None) for each in node.names]
    return found
