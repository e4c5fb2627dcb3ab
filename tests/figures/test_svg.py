from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paribus.figures import (
    BatchRow,
    batches_data,
    curves_data,
    differences_data,
    dots_data,
    draw_differences,
    draw_dots,
    draw_lines,
    to_svg,
    visible,
)
from paribus.stats import ConditionEstimate, ContrastEstimate

HOSTILE = [
    "<script>alert(1)</script>",
    "a & b \"c\" 'd'",
    "\u202eRTL",
    'clip0 url(#clip0) id="clip1"',
    "]]>",
    "\x00\x1b[31m",
]


def texts(svg):
    return [element.text for element in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314


def condition(name):
    return ConditionEstimate(name, ((0, 0.97), (1, 0.98)), 2, 0, 0.975, 0.007, (0.97, 0.98), "")


def contrast(name, verdict):
    return ContrastEstimate(
        name, "base", ((0, 0.1), (1, 0.2)), 2, 0, 0.15, 0.1, (0.1, 0.2), 0.1, 0.1, None, None, verdict, None, ""
    )


@pytest.mark.parametrize("conditions", [1, 3, 5, 12])
def test_curves_of_any_number_of_conditions_become_a_picture(rows_of, conditions):
    losses = {f"condition {index}": {0: [2.0, 0.5], 1: [2.1, 0.01]} for index in range(conditions)}
    diverged = [("condition 0", 1)]
    for metric in ("loss", "accuracy"):
        svg = to_svg(draw_lines(curves_data(rows_of(losses), metric=metric, diverged=diverged)).to_dict())
        shown = texts(svg)
        if conditions > 1:
            assert {f"condition {index}" for index in range(conditions)} <= set(shown)
        assert {"training", "validation"} <= set(shown)


def test_hostile_names_are_text_and_nothing_else():
    svg = to_svg(draw_dots(dots_data([condition(name) for name in HOSTILE])).to_dict())
    assert set(texts(svg)) >= {visible(name) for name in HOSTILE}
    assert not list(ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}script"))  # noqa: S314
    rows = [BatchRow(name, 0, [1.0, 2.0], [0.5, 0.6]) for name in HOSTILE]
    assert set(texts(to_svg(draw_lines(batches_data(rows)).to_dict()))) >= {visible(name) for name in HOSTILE}


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.text(max_size=25), min_size=1, max_size=3, unique=True))
def test_any_name_gives_well_formed_xml(names):
    data = dots_data([condition(name) for name in names])
    shown = texts(to_svg(draw_dots(data).to_dict()))
    assert {row.label for row in data.rows} <= set(shown)


def test_every_verdict_has_a_shape_and_a_word():
    verdicts = ["different", "negligible", "equivalent", "undecided", "diverged", None]
    data = differences_data([contrast(f"{each}", each) for each in verdicts], smallest_effect=0.01, alpha=0.05)
    svg = to_svg(draw_differences(data).to_dict())
    remarks = [text for text in texts(svg) if text and " pp" in text]
    assert [text.split()[-1] for text in remarks] == [
        "different",
        "negligible",
        "equivalent",
        "undecided",
        "diverged",
        "verdict",
    ]
    symbols = [
        element.get("d")
        for group in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}g")  # noqa: S314
        if "mark-symbol" in (group.get("class") or "") and "role-mark" in (group.get("class") or "")
        for element in group
    ]
    assert len(set(symbols)) == len(verdicts)


def test_the_same_chart_gives_the_same_bytes_and_ids_take_the_prefix():
    spec = draw_dots(dots_data([condition("a"), condition("b")])).to_dict()
    first = to_svg(spec, prefix="one-")
    assert first == to_svg(spec, prefix="one-")
    ids = [element.get("id") for element in ET.fromstring(first).iter() if element.get("id")]  # noqa: S314
    assert ids
    assert all(each.startswith("one-clip") for each in ids)
    assert "http://" not in first.replace("http://www.w3.org/", "")


def test_a_picture_asks_for_nothing():
    with pytest.raises(ValueError, match="External data url not allowed"):
        to_svg({"data": {"url": "https://example.org/a.json"}, "mark": "point", "encoding": {"x": {"field": "a"}}})
