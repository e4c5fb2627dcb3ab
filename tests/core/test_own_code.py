import sys

import pytest

from paribus.core import frame, import_own, importable


def test_the_bytes_that_are_given_are_run_whatever_the_file_holds_by_now(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("VALUE = 'new'\n")
    module = import_own(path, content=b"VALUE = 'digested'\n")
    assert module.VALUE == "digested"
    assert module.__file__ == str(path)
    assert import_own(path, content=b"VALUE = 'digested'\n") is module
    assert import_own(path, content=path.read_bytes()).VALUE == "new"


def test_neighbours_can_be_imported_inside_the_block_only(tmp_path):
    (tmp_path / "paribus_neighbour.py").write_text("VALUE = 1\n")
    with importable(tmp_path):
        assert __import__("paribus_neighbour").VALUE == 1
    assert "paribus_neighbour" not in sys.modules
    with pytest.raises(ModuleNotFoundError, match="paribus_neighbour"):
        __import__("paribus_neighbour")


def test_an_error_is_told_by_the_innermost_line_of_the_users_file(tmp_path):
    path = tmp_path / "mine.py"
    text = b"import json\n\ndef inner():\n    json.loads('{')\n\ndef outer():\n    inner()\n"
    module = import_own(path, content=text)
    with pytest.raises(ValueError, match="Expecting") as caught:
        module.outer()
    assert frame(caught.value, path).startswith("mine.py, line 4: JSONDecodeError: Expecting")
