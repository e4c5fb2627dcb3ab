import base64
import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from paribus.core import Histogram, Inside, Picture, Planes
from paribus.figures import visible
from paribus.report import MOST_BYTES, Example, Inspection, Sample
from paribus.report.page import render_with

HOSTILE = (
    "<script>alert(1)</script>",
    "\u202egnitset RTL",
    "long " * 60,
    '"><img src=x onerror=alert(3)>',
    "日本語 👩\u200d🔬",
    "{{ 7 * 7 }}",
    "a",
    "b",
    "c",
    "d",
)
MINUS = "\N{MINUS SIGN}"
LAYERS = ("1. Conv2d(1, 6, 5)", "2. Linear(84, 10)")


def noise(*shape, key=0):
    return np.random.Generator(np.random.Philox(key=key)).integers(0, 256, shape, dtype=np.uint8)


def picture(index, label, *, shape=(1, 12, 12)):
    return Picture(index, label, shape, noise(*shape, key=index).tobytes())


def example(index, *, true=4, predicted=9, confidence=0.9987, right=1, shape=(1, 12, 12)):
    return Example(picture(index, true, shape=shape), predicted, confidence, right, seeds=5)


def histograms(width):
    counts = tuple(range(1, 31)) + tuple(range(30, 0, -1))
    return tuple(Histogram(layer, kind, -width, width, counts) for layer in LAYERS for kind in ("weight", "bias"))


def planes(of, image=None):
    values = noise(6, 1, 5, 5)
    return Planes(LAYERS[0], of, 6, values.shape, -0.5, 0.5, values.tobytes(), image)


def inspection(*, classes=tuple("0123456789"), shape=(1, 12, 12), grid=21):
    counts = np.diag([4900] * len(classes))
    counts[4, [9, 4]] = 31, 4879
    counts[7, [2, 7]] = 12, 4888
    return Inspection(
        condition="two convolutions",
        role="best",
        seed=0,
        classes=classes,
        inside=Inside((picture(3, 3, shape=shape),), (planes("filters"), planes("maps", 0))),
        histograms=tuple((epoch, histograms(0.1 * (epoch + 1))) for epoch in range(4)),
        wrong=tuple(example(index, shape=shape) for index in range(grid)),
        right=tuple(example(100 + index, predicted=4, right=5, shape=shape) for index in range(grid)),
        hard=tuple(example(200 + index, right=0, shape=shape) for index in range(grid)),
        hard_total=1234,
        confusion=tuple(tuple(row) for row in counts.tolist()),
    )


def sealed(whole):
    return replace(whole, wrong=(), right=(), hard=(), hard_total=0, confusion=(), note="The test set is sealed.")


class Seen(HTMLParser):
    """What stands in the section: text, images with their attributes, every attribute's name."""

    def __init__(self, page):
        super().__init__()
        self.text, self.images, self.attributes, self.names = "", [], set(), []
        start = page.index('<section id="inside">')
        self.markup = page[start : page.index("</section>", start)]
        self.feed(self.markup)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag, attrs):
        self.attributes |= {name for name, _ in attrs}
        if tag == "img":
            self.images.append(dict(attrs))
        if tag == "bdi":
            self.names.append("")

    def handle_data(self, data):
        self.text += data
        if self.names:
            self.names[-1] += data

    def handle_endtag(self, tag):
        if tag == "bdi":
            self.names.append("")


@pytest.fixture(scope="module")
def content(make_content):
    return make_content(["a", "b"], seeds=1)


def seen(content, **changes):
    return Seen(render_with(replace(content, **changes), {}))


def test_a_report_without_inspections_and_samples_has_no_such_section(content):
    assert 'id="inside"' not in render_with(content, {})


def test_a_mistake_says_what_it_is_what_was_said_and_how_surely(content):
    found = seen(content, inspections=(inspection(),))
    assert "is 4 says 9 99.8 % sure 1 of 5 right" in found.text
    assert "1,234 test images are got wrong by all 5 networks of this condition" in found.text
    assert "here the 14 they are most sure of" in found.text
    assert "is 4 99.8 % sure is 4 99.8 % sure" in found.text


def test_what_every_seed_gets_wrong_is_not_shown_twice(content):
    first = tuple(example(index, right=index % 2) for index in range(6))
    hard = (*first[::2], *(example(100 + index, right=0) for index in range(4)))
    found = seen(content, inspections=(replace(inspection(), wrong=first, right=(), hard=hard, hard_total=9),))
    alts = [image["alt"] for image in found.images if image["alt"].startswith("Test image")]
    assert alts == [f"Test image {index}" for index in (0, 1, 2, 3, 4, 5, 100, 101, 102, 103)]
    assert "9 test images are got wrong by all 5 networks of this condition; 3 of them stand above; " in found.text
    assert "here of the others the 4 they are most sure of" in found.text


@pytest.mark.parametrize(
    ("known", "total", "said"),
    [
        (2, 2, "condition; all stand above. Look"),
        (1, 1, "1 test image is got wrong by all 5 networks of this condition; it stands above. Look"),
        (3, 3, "condition; 2 of them stand above; here is the other one. Look"),
    ],
)
def test_it_is_said_how_many_of_these_stand_above(content, known, total, said):
    hard = tuple(example(index, right=0) for index in range(known))
    one = replace(inspection(), wrong=hard[:2], right=(), hard=hard, hard_total=total)
    assert said in seen(content, inspections=(one,)).text


def test_a_sheet_says_how_many_of_the_classes_it_shows_where_it_lacks_some(content):
    names = tuple(f"class {index}" for index in range(30))
    plain = tuple(picture(index, index) for index in range(10))
    views = tuple((each,) * 4 for each in plain)
    both = tuple(Sample(names_of, ("a",), names, plain, rows) for names_of, rows in ((("flip",), views), ((), ())))
    found = seen(content, samples=both)
    assert found.text.count("Here are images of 10 of the 30 classes.") == 2
    assert sum(image["alt"] == "4 augmented views of it" for image in found.images) == 10
    whole = replace(both[0], classes=names[:10])
    assert "Here are images of" not in seen(content, samples=(whole,)).text


def test_the_diagonal_has_a_scale_of_its_own(content):
    counts = np.diag([100] * 10)
    counts[2, [2, 3]] = 0, 100
    counts[4, [4, 5]] = 62, 38
    found = seen(content, inspections=(replace(inspection(), confusion=tuple(map(tuple, counts.tolist()))),))
    assert 'class="right r0" title="2 recognised: 0 of 100 (0.00\xa0%)">0.0</td>' in found.markup
    assert 'class="right r5" title="4 recognised: 62 of 100 (62.00\xa0%)">62.0</td>' in found.markup
    assert found.markup.count('class="right r8"') == 8


@pytest.mark.parametrize(("confidence", "shown"), [(1.0, "99.9 %"), (0.99951, "99.9 %"), (0.5, "50.0 %")])
def test_no_answer_is_said_to_be_certain(content, confidence, shown):
    one = replace(inspection(), wrong=(example(1, confidence=confidence),))
    assert f"{shown} sure" in seen(content, inspections=(one,)).text
    assert "100.0 % sure" not in seen(content, inspections=(one,)).text


def test_outputs_that_are_no_probabilities_are_not_called_sure(content):
    one = replace(inspection(), wrong=(example(1, confidence=1.31),))
    assert "output 1.31" in seen(content, inspections=(one,)).text


def test_pairs_and_cells_are_counts_and_their_shares(content):
    found = seen(content, inspections=(inspection(),))
    assert "4 taken for 9: 31 of 4,910 (0.63 %)" in found.text
    assert found.text.index("4 taken for 9") < found.text.index("7 taken for 2: 12 of 4,900 (0.24 %)")
    assert 'class="h8" title="4 taken for 9: 31 of 4,910 (0.63\xa0%)">0.6</td>' in found.markup
    assert 'class="right r8" title="4 recognised: 4,879 of 4,910 (99.37\xa0%)">99.4</td>' in found.markup
    assert "counted over all 5 networks" in found.text


def test_many_classes_are_a_picture_with_the_same_words(content):
    counts = np.diag([10] * 40)
    counts[3, 5] = 2
    many = replace(inspection(), classes=tuple(f"c{index}" for index in range(40)), confusion=tuple(map(tuple, counts)))
    found = seen(content, inspections=(many,))
    assert 'class="confusion"' not in found.markup
    assert any("Confusion matrix of 40 classes" in image["alt"] for image in found.images)
    assert "c3 taken for c5: 2 of 12 (16.67 %)" in found.text


def test_a_sealed_inspection_shows_its_note_and_nothing_of_the_test_set(content):
    found = seen(content, inspections=(sealed(inspection()),))
    assert "The test set is sealed." in found.text
    assert "Filters of the first layer" in found.text
    assert "Weights and biases" in found.text
    for word in ("est image", "taken for", "got wrong", "recognised"):
        assert word not in found.text + " ".join(image["alt"] for image in found.images)


def test_names_are_text_whatever_they_are(content):
    whole = replace(inspection(classes=HOSTILE), condition="".join(HOSTILE), role=HOSTILE[0], note=HOSTILE[3])
    whole = replace(whole, wrong=(example(1, true=0, predicted=3),), hard=(example(2, true=3, predicted=2),))
    samples = (Sample((HOSTILE[3],), HOSTILE, HOSTILE, (picture(1, 0), picture(2, 1))),)
    found = seen(content, inspections=(whole,), samples=samples)
    assert "<script" not in found.markup
    assert "onerror" not in found.attributes
    assert "style" not in found.attributes
    assert f"{HOSTILE[0][:23]}…" in found.names
    assert visible(HOSTILE[1]) in found.names
    assert "\u202e" not in found.markup
    assert max(len(name) for name in found.names if name.startswith("long")) <= 24
    assert "{{ 7 * 7 }}" in found.names


def test_every_image_is_part_of_the_page_and_is_described(content):
    views = (Sample(("RandomHorizontalFlip()",), ("a",), ("x",) * 9, (picture(1, 0),), ((picture(2, 0),) * 3,)),)
    found = seen(content, inspections=(inspection(),), samples=views)
    # A strip belongs to the drawing above it, which is described.
    assert {image["class"] for image in found.images if not image["alt"]} == {"strip pixels"}
    assert "3 augmented views of it" in [image["alt"] for image in found.images]
    for image in found.images:
        assert image["src"].startswith("data:image/png;base64,")
        with Image.open(io.BytesIO(base64.b64decode(image["src"].partition(",")[2]))) as opened:
            opened.load()
    assert len(found.images) == 21 + 14 + 7 + 1 + 1 + 1 + 4 + 2
    assert "RandomHorizontalFlip()" in found.text


def test_panels_say_where_the_numbers_were_and_are(content):
    found = seen(content, inspections=(inspection(),))
    spoken = (
        f"weight of {LAYERS[0]}, 930 numbers: at the start from {MINUS}0.1 to 0.1, at the end from {MINUS}0.4 to 0.4"
    )
    assert f'aria-label="{spoken}"' in found.markup
    assert re.search(
        rf"<title>{MINUS}0\.\d+ to {MINUS}0\.\d+: 0\.0\s% at the start, \d\.\d\s% at the end", found.markup
    )
    assert "after epoch 3" in found.text


def test_a_usual_report_grows_by_less_than_half_a_megabyte(content):
    noisy = inspection(shape=(3, 32, 32), grid=40)  # noise is the worst case of compression
    plain = len(render_with(content, {}))
    assert len(render_with(replace(content, inspections=(noisy, noisy)), {})) - plain < 500_000


def test_a_report_with_many_inspections_of_photographs_is_thinned_and_says_so(content):
    large = inspection(shape=(3, 160, 160), grid=40)
    layers = tuple(replace(each, layer=f"{n}. Linear(4)") for n in range(60) for each in histograms(0.1)[:1])
    large = replace(large, histograms=tuple((epoch, layers) for epoch in range(24)))
    page = render_with(replace(content, inspections=(large,) * 40), {})
    assert len(page.encode()) <= MOST_BYTES
    text = Seen(page).text
    assert "Thinned: fewer images and panels are drawn" in text
    assert "more conditions were looked into" in text
    assert "more parameters are left out" in text
