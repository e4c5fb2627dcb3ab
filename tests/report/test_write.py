from xml.etree import ElementTree as ET

import pytest

from paribus.core import StoreError
from paribus.report import render, write


def names(directory):
    return sorted(path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file())


def test_the_directory_holds_report_figures_and_tables_and_nothing_half(make_content, tmp_path):
    content = make_content(["a", "b"], seeds=2)
    path = write(content, directory=tmp_path / "study")
    assert path == tmp_path / "study" / "report.html"
    assert path.read_bytes() == render(content).encode()
    assert names(tmp_path / "study") == [
        *(
            f"figures/{name}.svg"
            for name in ("accuracy", "batch-accuracy", "batch-loss", "differences", "dots", "loss")
        ),
        "report.html",
        *(f"tables/{name}.csv" for name in ("conditions", "contrasts", "epochs", "runs")),
    ]
    for figure in (tmp_path / "study" / "figures").iterdir():
        ET.parse(figure)  # noqa: S314


def test_a_figure_that_is_no_longer_true_does_not_stay(make_content, tmp_path):
    write(make_content(["a", "b"], seeds=2), directory=tmp_path)
    (tmp_path / "figures" / "mine.svg").write_text("kept")
    write(make_content(["a"], seeds=2), directory=tmp_path)
    assert "figures/differences.svg" not in names(tmp_path)
    assert "figures/mine.svg" in names(tmp_path)


def test_a_directory_that_cannot_be_written_is_an_error_for_people(make_content, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="the report cannot be written"):
        write(make_content(["a"], seeds=1), directory=tmp_path / "file")


def test_an_interrupted_write_leaves_the_old_report(make_content, tmp_path, monkeypatch):
    first = write(make_content(["a"], seeds=1), directory=tmp_path).read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreError, match="No space left"):
        write(make_content(["b"], seeds=1), directory=tmp_path)
    assert (tmp_path / "report.html").read_bytes() == first
    assert not [name for name in names(tmp_path) if name.endswith(".part")]
