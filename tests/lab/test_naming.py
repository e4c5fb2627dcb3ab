"""Names that nearly name images: what was meant is said, and no code is executed to find it out."""

import pytest

from paribus import lab
from paribus.core import StudyError
from paribus.lab.naming import misnamed

CODE = """
open("executed", "w").write("")
import nowhere

def stamps(size=28, *, colour=False): ...
def letters(): ...
def needs(path): ...
def needs_too(*, path): ...
async def later(): ...
def _own(): ...
class Coins: ...
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gen.py").write_text(CODE, encoding="utf-8")
    (tmp_path / "photos" / "cats").mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize("verb", [lab.show, lambda name: lab.start("mine", data=name)])
def test_a_file_of_code_is_told_which_functions_it_could_name(place, verb):
    with pytest.raises(StudyError, match="which function in it returns the images is not said") as caught:
        verb("gen.py")
    assert caught.value.nearest == "gen.py:stamps, gen.py:letters, gen.py:Coins"
    assert not (place / "executed").exists()


@pytest.mark.parametrize("code", ["def (", "x = 1", "\0", "(" * 100_000])
def test_code_that_defines_nothing_or_cannot_be_read_gets_the_form(place, code):
    (place / "gen.py").write_text(code, encoding="utf-8")
    assert misnamed("gen.py", where="x").nearest == "gen.py:NAME"


@pytest.mark.usefixtures("place")
def test_a_file_of_code_that_is_not_there_is_named_with_its_neighbour():
    with pytest.raises(StudyError, match=r'there is no file "gem.py"\n  did you mean: gen.py'):
        lab.show("gem.py")


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("photos/cats/1.PNG", "paribus data show photos"),
        ("photos/1.jpg", "paribus data show photos"),
        ("nowhere/deep/1.jpg", ""),
    ],
)
def test_an_image_is_told_to_give_its_folder(name, command):
    with pytest.raises(StudyError, match="is an image, and a source is a folder of images") as caught:
        lab.show(name)
    assert "give its folder" in caught.value.allowed
    assert caught.value.next_command == command


def test_other_names_are_not_spoken_of():
    assert misnamed("quickstart", where="x") is None
    assert misnamed("mine.toml", where="x") is None
