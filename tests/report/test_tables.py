import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paribus.report.tables import tables


def read(text):
    head, *rows = csv.reader(io.StringIO(text, newline=""))
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_numbers_read_back_exactly(make_content):
    content = make_content(diverged=[("lr = 10", seed) for seed in range(5)])
    found = {name: read(text) for name, text in tables(content).items()}
    for row, estimate in zip(found["conditions"], content.conditions, strict=True):
        assert (row["condition"], row["mean"]) == (estimate.name, "" if estimate.mean is None else repr(estimate.mean))
    assert [float(row["difference"]) for row in found["contrasts"] if row["difference"]] == [
        each.difference for each in content.contrasts if each.difference is not None
    ]
    assert [float(row["validation_loss"]) for row in found["epochs"]] == [row.validation_loss for row in content.curves]
    assert [row["state"] for row in found["runs"]] == [run.state for run in content.runs]
    assert found["conditions"][0]["train.lr"] == "0.1"


def test_sealed_and_undefined_cells_are_empty(make_content):
    found = tables(make_content(sealed=True))
    assert {row["test_accuracy"] for row in read(found["runs"])} == {""}
    assert {row["test_loss"] for row in read(found["epochs"])} == {""}


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@cmd", "\tx"])
def test_text_is_never_a_formula_and_numbers_stay_numbers(make_content, name):
    content = make_content(["base", name], seeds=2)
    found = {table: read(text) for table, text in tables(content).items()}
    assert found["conditions"][1]["condition"] == f"'{name}"
    assert found["contrasts"][0]["condition"] == f"'{name}"
    assert float(found["contrasts"][0]["difference"]) == content.contrasts[0].difference < 0


@given(st.text())
def test_any_text_survives_as_one_cell(make_content, text):
    content = make_content(["base"], seeds=1)
    run = replace(content.runs[0], message=text)
    (row,) = read(tables(replace(content, runs=(run,)))["runs"])
    assert len(row["message"]) - len(text) in (0, 1)
    assert row["train_accuracy"] == "0.9991"
