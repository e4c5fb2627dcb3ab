import re
import sys
import textwrap

import pytest
import torch

from paribus.core import ModelError
from paribus.models.own_file import find, find_class

NET = """
    import torch
    from torch import nn

    class Net(nn.Module):
        pass

    class Other(Net):
        pass

    def helper(): ...
"""


def write(directory, text, *, name="nets.py"):
    (directory / name).write_text(textwrap.dedent(text))
    return find(f"{name}:Net", base_dir=directory)


def test_the_file_is_found_from_the_studys_directory(tmp_path):
    (tmp_path / "sub").mkdir()
    write(tmp_path / "sub", NET)
    assert find_class(find("sub/nets.py:Other", base_dir=tmp_path)).__name__ == "Other"


def test_a_changed_file_is_another_class_and_the_same_file_the_same(tmp_path):
    first = find_class(write(tmp_path, NET))
    assert find_class(write(tmp_path, NET)) is first
    changed = find_class(write(tmp_path, NET.replace("pass", "changed = True", 1)))
    assert changed.changed
    assert not hasattr(first, "changed")


def test_files_beside_it_can_be_imported_and_leave_nothing_behind(tmp_path):
    for each, value in (("a", 1), ("b", 2)):
        (tmp_path / each).mkdir()
        (tmp_path / each / "paribus_test_sibling.py").write_text(f"VALUE = {value}\n")
    text = NET.replace("pass", "from paribus_test_sibling import VALUE", 1)
    paths, modules = list(sys.path), set(sys.modules)
    found = [find_class(write(tmp_path / each, text)).VALUE for each in ("a", "b")]
    assert found == [1, 2]
    assert sys.path == paths
    assert all(name.startswith("paribus_own_") for name in set(sys.modules) - modules)


def test_importing_moves_no_generator(tmp_path):
    state = torch.get_rng_state()
    find_class(write(tmp_path, NET + "\n    torch.manual_seed(7)\n    torch.rand(3)\n"))
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\ny = x +\n", "cannot be imported: nets.py, line 2: SyntaxError"),
        ("import torch\nimport not_there_at_all\n", "nets.py, line 2: ModuleNotFoundError: No module named"),
        ("def f():\n    raise ValueError('no\\nmore')\nf()\n", "nets.py, line 2: ValueError: no"),
        ("import sys\nsys.exit(3)\n", "nets.py, line 2: SystemExit: 3"),
        ("\xff", "nets.py"),
        (NET.replace("Net", "Nett"), "has no class Net\n  did you mean: Nett\n  allowed: Nett, Other"),
        ("x = 1\n", "has no class Net\n  allowed: a class derived from torch.nn.Module"),
        (NET + "\n    Net = helper\n", "Net in nets.py is not a subclass of torch.nn.Module"),
        (NET + "\n    Net = Net()\n", "Net in nets.py is not a subclass of torch.nn.Module"),
    ],
)
def test_what_is_wrong_with_the_file_is_named(tmp_path, text, message):
    (tmp_path / "nets.py").write_bytes(textwrap.dedent(text).encode("latin-1"))
    own = find("nets.py:Net", base_dir=tmp_path)
    for _ in range(2):  # a failed import is not remembered as a success
        with pytest.raises(ModelError, match=re.escape(message)) as caught:
            find_class(own)
        assert caught.value.where == "model.module"


def test_a_directory_is_no_file(tmp_path):
    (tmp_path / "nets.py").mkdir()
    with pytest.raises(ModelError, match=r"nets\.py cannot be read: Is a directory"):
        find("nets.py:Net", base_dir=tmp_path)
