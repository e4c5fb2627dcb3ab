import pytest

from paribus.core import StudyError
from paribus.stats import smallest_effect


def test_the_declared_effect_stands():
    effect, said = smallest_effect(0.002, images=100)
    assert effect == 0.002
    assert "0.2 pp" in said
    assert "declares" in said


@pytest.mark.parametrize(
    ("images", "accuracy", "effect"),
    [(10_000, 0.97, 0.001), (10_000, 0.6, 0.00245), (10_000, 0.9, 0.0015), (360, 0.9, 0.0079)],
)
def test_the_fallback_is_half_a_standard_error_but_a_tenth_of_a_point(images, accuracy, effect):
    fallback, said = smallest_effect(None, images=images, accuracy=accuracy)
    assert fallback == pytest.approx(effect, abs=1e-5)
    assert "fallback" in said
    assert f"{images:,} images" in said


@pytest.mark.parametrize("declared", [0.0, -0.1, 2.0, float("nan")])
def test_refuses_an_effect_that_is_no_difference(declared):
    with pytest.raises(StudyError, match=r"design\.smallest_effect: .* is no difference"):
        smallest_effect(declared, images=100)


def test_refuses_no_images_and_no_fraction():
    with pytest.raises(StudyError, match="0 images cannot measure"):
        smallest_effect(None, images=0)
    with pytest.raises(StudyError, match="97 is no fraction"):
        smallest_effect(None, images=10, accuracy=97)
