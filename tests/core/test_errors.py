import pickle

import pytest

from paribus.core import DataError, ParibusError, StudyError, nearest


def test_an_error_reads_as_place_name_choice_and_command():
    error = StudyError(
        "train.lrr", wrong="unknown key", allowed="lr, momentum", nearest="lr", next_command="paribus check x.toml"
    )
    assert str(error).splitlines() == [
        "train.lrr: unknown key",
        "  did you mean: lr",
        "  allowed: lr, momentum",
        "  next: paribus check x.toml",
    ]


def test_what_is_not_known_takes_no_line():
    assert str(DataError("mnist", wrong="is damaged")) == "mnist: is damaged"


def test_an_error_comes_back_whole_from_another_process():
    error = StudyError("train.lr", wrong="-1 is not allowed", allowed="above 0", nearest="a", next_command="b")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (type(copy), copy.__dict__, str(copy)) == (StudyError, error.__dict__, str(error))
    assert isinstance(copy, ParibusError)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("epoch", "epochs"), ("LR", "lr"), ("kr", "lr"), ("momentun", "momentum"), ("zzz", ""), ("", "")],
)
def test_the_nearest_name_is_the_one_meant_or_none(typed, meant):
    assert nearest(typed, ["epochs", "lr", "momentum", "batch_size"]) == meant
