import pytest

from paribus.core import STREAMS, StudyError
from paribus.stats.responses import check_alpha
from paribus.study import Design


@pytest.mark.parametrize(("text", "fraction"), [("0.2pp", 0.002), ("2 pp", 0.02), ("0.28pp", 0.0028), ("15pp", 0.15)])
def test_percentage_points_become_the_nearest_fraction(text, fraction):
    assert Design.model_validate({"smallest_effect": text}).smallest_effect == fraction


@pytest.mark.parametrize("text", ["0.2", "0.2%", "-1pp", "0pp", "100pp", "1e1pp", "pp", "٣pp", "1" * 20 + "pp"])
def test_anything_else_is_no_effect(text):
    with pytest.raises(ValueError, match="is no difference of accuracies"):
        Design.model_validate({"smallest_effect": text})


def test_streams_have_one_order():
    assert Design.model_validate({"vary_streams": ("order", "init", "init")}).vary_streams == ("init", "order")
    assert Design().vary_streams == STREAMS


@pytest.mark.parametrize("alpha", [0.0, 0.5, 0.6])
def test_an_error_rate_that_no_test_can_have_is_refused_before_training(alpha):
    with pytest.raises(StudyError, match="no error rate"):
        check_alpha(alpha)
    with pytest.raises(ValueError, match="alpha"):
        Design.model_validate({"alpha": alpha})
