import pytest

from paribus.core import StudyError
from paribus.study import directory_name, expand, gallery_names, gallery_text, load_gallery, quick, resolve


@pytest.mark.parametrize("name", gallery_names())
def test_every_built_in_study_is_sound(name):
    study = load_gallery(name)
    assert study.name == name
    assert study.text == gallery_text(name)
    assert len(expand(study)) >= 1
    assert study.takes
    assert len(expand(quick(study))) == len(expand(study))


def test_the_first_study_is_small_and_complete():
    study = load_gallery("quickstart")
    assert [condition.name for condition in expand(study)] == ["ReLU", "tanh", "sigmoid"]
    assert (study.base.data.source, study.design.seeds, study.design.smallest_effect) == ("digits", 5, 0.02)
    assert study.base.data.validation > 0


def test_a_reference_is_a_file_a_name_or_a_directory(tmp_path, base, monkeypatch):
    (tmp_path / "mine.toml").write_text(base)
    mine = resolve(str(tmp_path / "mine.toml"), overrides=["train.epochs=3"])
    assert (mine.name, mine.base.train.epochs) == ("mine", 3)
    assert resolve("quickstart") == load_gallery("quickstart")
    directory = tmp_path / directory_name(mine)
    directory.mkdir()
    (directory / "study.toml").write_text(mine.text)
    monkeypatch.chdir(directory)
    for reference in (directory, directory / "study.toml", "."):
        again = resolve(str(reference), base_dir=tmp_path)
        assert again == mine
    assert resolve(".").base_dir == directory
    (directory / "study.toml").rename(directory / "study.db")
    with pytest.raises(StudyError, match=r"study\.toml is missing"):
        resolve(str(directory))


def test_what_is_no_study_gets_the_nearest_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "activation.toml").touch()
    for typed, near in (
        ("quikstart", "quickstart"),
        ("activaton.tml", "activation.toml"),
        ("\x00", ""),
        ("x" * 5000, ""),
    ):
        with pytest.raises(StudyError, match="is no study") as caught:
            resolve(typed)
        assert (caught.value.nearest, caught.value.next_command) == (near, "paribus gallery")
    with pytest.raises(StudyError, match="is no built-in study"):
        gallery_text("../study/recipe")
