"""Tables of networks: the same numbers on the screen, as Markdown, as LaTeX and as JSON, read back from each."""

import json
import math
import re
from dataclasses import replace

import pytest

from paribus.cli.forms import Form
from paribus.cli.networks import show_networks, written
from paribus.core import LayerFact, ModelFacts
from paribus.lab import Check
from paribus.lab.check import TrainedBy

TIMES = "\N{MULTIPLICATION SIGN}"
HOSTILE = r"a_b & 50% #1 {x} \y ~ ^ $z$ | *w* <i>"


def check_of(**models):
    return Check(
        study=None, runs=0, models=models, levels={}, data=(), seconds=0.0, memory_bytes=0, workers=1, power=()
    )


def network(name="Linear(10)"):
    layers = (
        LayerFact("Conv2d(6, 5)", (6, 24, 24), 156, "5*5*1*6 + 6", 86_400),
        LayerFact("Flatten", (3456,), 0, "", 0),
        LayerFact(name, (10,), 34_570, "3456*10 + 10", 34_560),
    )
    return ModelFacts(layers, 34_726, 120_960, "")


def markdown_cells(text):
    """Return the cells of each row of the tables, as a reader of Markdown sees them: unescaped, without stars."""
    rows = [line for line in text.splitlines() if line.startswith("|")]
    cells = [re.split(r"(?<!\\)\|", row)[1:-1] for row in rows]
    unescaped = [[re.sub(r"\\(.)", r"\1", cell.strip().replace("**", "")) for cell in row] for row in cells]
    return [row for row in unescaped if not set(row[0]) <= {"-", ":"}]


def latex_cells(text):
    """Return the cells of each row of the tables, as TeX sets them."""
    words = {r"\textbackslash{}": "\0", r"\textasciitilde{}": "~", r"\textasciicircum{}": "^", r"\textbar{}": "|",
             r"\textless{}": "<", r"\textgreater{}": ">", r"$\times$": TIMES}  # fmt: skip
    found = []
    for line in text.splitlines():
        row = line.strip()
        if not row.endswith(r"\\"):
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)&", row.removesuffix(r"\\"))]
        for written_as, meant in words.items():
            cells = [cell.replace(written_as, meant) for cell in cells]
        assert not re.search(r"(?<!\\)[%#_$]", " ".join(cells)), "not escaped"
        found.append([re.sub(r"\\(.)", r"\1", cell).replace("\0", "\\") for cell in cells])
    return found


READERS = {Form.markdown: markdown_cells, Form.latex: latex_cells}


@pytest.mark.parametrize("form", Form)
def test_special_characters_come_through_as_they_are(form):
    cells = READERS[form](written(check_of(a=network(HOSTILE)), form))
    assert cells[3][0] == HOSTILE
    assert {len(row) for row in cells} == {5}


@pytest.mark.parametrize("form", Form)
def test_a_network_that_conditions_share_stands_there_once(form):
    said = written(check_of(a=network(), b=network(), c=network("Linear(20)")), form)
    assert "etwork of a; b" in said
    assert "etwork of c" in said
    assert len([row for row in READERS[form](said) if row[0] == "total"]) == 2
    assert "etwork of all 2 conditions" in written(check_of(a=network(), b=network()), form)


@pytest.mark.parametrize("form", Form)
def test_columns_of_numbers_are_aligned_on_the_right(form):
    said = written(check_of(a=network()), form)
    if form is Form.latex:
        assert r"\begin{tabular}{llrlr}" in said
    else:
        table = [line for line in said.splitlines() if line.startswith("|")]
        assert len(set(map(len, table))) == 1
        rule = [cell.strip() for cell in table[1].strip("|").split("|")]
        assert [cell.endswith(":") for cell in rule] == [False, False, True, False, True]


@pytest.fixture(scope="module")
def checked(tmp_path_factory, paribus):
    """Return a function that checks a small study with a native and a plain network."""
    folder = tmp_path_factory.mktemp("checked")
    (folder / "s.toml").write_text(
        """
question = "Does batch normalisation matter?"
data = { source = "digits", validation = 0.2 }
train = { lr = 0.1, batch_size = 32, epochs = 1 }
design = { seeds = 2, smallest_effect = "2pp" }
[vary]
model = [
    { label = "plain", layers = ["Conv2d(4, 3)", "ReLU", "Flatten", "Linear(classes)"] },
    { label = "odd", layers = ["Conv2d(4, 3)", "PReLU", "Flatten", "Linear(classes)"] },
]
""",
        encoding="utf-8",
    )

    def run(*words):
        return paribus("check", "s.toml", *words, cwd=folder)

    return run


@pytest.fixture(scope="module")
def answer(checked):
    return json.loads(checked("--json").stdout)


def test_every_form_has_the_numbers_of_the_json_and_nothing_else_is_on_standard_output(checked, answer):
    wanted = [
        [(layer["parameters"], layer["multiply_adds"]) for layer in condition["layers"]]
        for condition in answer["conditions"]
    ]
    for form, read in READERS.items():
        done = checked("--table", form.value)
        assert done.returncode == 0, done.stderr
        tables, rows = [], []
        for row in read(done.stdout):
            if row[0] == "total":
                assert number(row[2]) == sum(parameters for parameters, _ in rows)
                assert number(row[4]) == sum(adds for _, adds in rows)
                tables.append(rows)
                rows = []
            elif row[0] != "layer":
                rows.append((number(row[2]), number(row[4])))
                assert summed(row[3]) == number(row[2])
        assert tables == wanted
        assert "power" not in done.stdout


def test_check_says_by_which_path_each_network_is_trained_and_why(checked, answer):
    said = checked().stdout
    paths = {each["name"]: each["path"] for each in answer["conditions"]}
    assert paths["plain"]["path"] == "native"
    assert paths["plain"]["why"] == ""
    assert paths["odd"] | {"images_per_second": 0} == {
        "path": "reference", "why": "PReLU has no native form", "images_per_second": 0
    }  # fmt: skip
    assert paths["odd"]["images_per_second"] > 0
    assert "path        native (compiled); about " in said
    assert "path        plain torch, because PReLU has no native form; about " in said


def test_paths_that_differ_say_whose_they_are(capsys):
    fast, slow = (TrainedBy("native", "", speed) for speed in (9000.0, 20.0))
    shared = replace(check_of(a=network(), b=network(), c=network()), paths={"a": fast, "b": slow, "c": fast})
    show_networks(shared)
    paths = [line for line in capsys.readouterr().out.splitlines() if line.startswith("path")]
    assert [line.partition(" native")[0].rstrip() for line in paths] == ["path (a; c)", "path (b)"]
    show_networks(replace(shared, paths=dict.fromkeys("abc", fast)))
    paths = [line for line in capsys.readouterr().out.splitlines() if line.startswith("path")]
    assert [line.partition("native")[0] for line in paths] == ["path        "]


def test_a_table_and_json_exclude_each_other(checked):
    done = checked("--table", "latex", "--json")
    assert done.returncode == 2
    assert "exclude each other" in done.stderr


def number(cell):
    return int(cell.replace(",", "") or 0)


def summed(cell):
    """Return what a sum comes to: "5 x 5 x 1 x 6 + 6", with real multiplication signs."""
    return sum(math.prod(int(each) for each in part.split(TIMES)) for part in cell.split("+")) if cell else 0
