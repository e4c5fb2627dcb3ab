import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paribus.core import DataFacts
from paribus.figures import visible
from paribus.report import MOST_BYTES, DataEntry, Part, Times, render
from paribus.report.page import _bundle, render_with

TIMES = re.compile("<!-- times:begin -->.*<!-- times:end -->", re.DOTALL)


class Text(HTMLParser):
    """What a page says, without scripts and styles, and the text of each <bdi>."""

    def __init__(self, page):
        super().__init__()
        self.open, self.said, self.names, self.tags = [], [], [], []
        self.feed(page)

    def handle_starttag(self, tag, _attrs):
        self.tags.append(tag)
        self.open.append(tag)
        if tag == "bdi":
            self.names.append("")

    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        if not {"script", "style"} & set(self.open):
            self.said.append(data)
        if "bdi" in self.open:
            self.names[-1] += data


def plain(content):
    """Return the page without its figures: what most sentences need, and quick."""
    return render_with(content, {})


def said(page):
    return " ".join(" ".join(Text(page).said).split())


@pytest.fixture(scope="module")
def page(make_content):
    lost = [("lr = 10", seed) for seed in range(5)] + [("lr = 1", 2)]
    return render(make_content(diverged=lost))


def test_a_reader_finds_question_answer_and_evidence_in_that_order(page):
    order = [
        "Does the learning rate matter for this MLP on MNIST?",
        "Yes: a learning rate of 0.01 lowers test accuracy",
        "Verdicts:",
        "What was compared",
        "What was found",
        "Every condition",
        "Differences from the baseline",
        "How they learned",
        "Best configuration",
        "How it was done",
        "784 \N{MULTIPLICATION SIGN} 512 + 512",
        "How to repeat it",
        "Study file",
        "Every run",
    ]
    text = said(page)
    places = [text.index(order[0], text.index("Skip"))]
    for each in order[1:]:
        places.append(text.index(each, places[-1]))
    assert places == sorted(places)


def test_numbers_are_those_of_the_content(make_content, page):
    content = make_content(diverged=[("lr = 10", seed) for seed in range(5)] + [("lr = 1", 2)])
    text = said(page)
    for each in content.conditions:
        if each.mean is not None:
            assert f"{100 * each.mean:.2f}" in text
    assert "535,818" in text
    assert "44" * 32 in text
    assert content.choice.sha256 in text


def test_a_diverged_run_shows_no_accuracy(make_content):
    content = make_content(["a", "b"], seeds=2, diverged=[("b", 0), ("b", 1)])
    # Even where the store hands numbers over: 0.1234 is nowhere else.
    runs = tuple(replace(run, test_accuracy=0.1234) if run.state == "diverged" else run for run in content.runs)
    text = said(plain(replace(content, runs=runs)))
    assert "12.34" not in text
    assert text.count("diverged: loss not finite at update 431") == 2


def test_a_sealed_report_has_no_test_column(make_content):
    content = make_content(["a", "b"], seeds=2, sealed=True)
    text = said(plain(content))
    assert "test set sealed" in text
    assert "The test set is sealed: its columns are left out." in text
    assert "Validation accuracy at the last epoch" in text
    assert "test_accuracy" not in text
    assert re.search(r"test accuracy, % 98.33 sealed", text)


def test_words_are_explained_where_they_are_used(make_content):
    text = said(plain(make_content(["a", "b"], seeds=3)))
    for word in ("n", "mean", "SD", "difference", "p", "p of equivalence"):
        assert f"{word} " in text
    assert "negligible" not in text
    assert "equivalent" not in text.replace("p of equivalence", "")


@pytest.mark.parametrize("count", [1, 12])
def test_few_and_many_conditions(make_content, count):
    text = said(plain(make_content([f"c{index}" for index in range(count)], seeds=1)))
    assert ("One condition, c0" in text.replace(" ,", ",")) == (count == 1)
    assert ("Differences" in text) == (count > 1)
    assert "95\xa0% interval" in plain(make_content(["c"], seeds=1))


def test_a_study_in_which_everything_diverged_is_told_without_a_number(make_content):
    names = ["a", "b"]
    text = said(render(make_content(names, seeds=2, diverged=[(name, seed) for name in names for seed in (0, 1)])))
    assert "No run has a test accuracy, so there is nothing to draw." in text
    assert "every run diverged" in text


def test_a_study_without_a_single_epoch_can_be_reported(make_content):
    content = make_content(["a"], seeds=1)
    waiting = replace(content.runs[0], state="waiting", epochs=0, test_accuracy=None, train_accuracy=None)
    page = render(
        replace(content, curves=(), batches=(), runs=(waiting,), times=Times(), published=(), choice=None, notes="")
    )
    assert "No epoch has been recorded yet." in said(page)


def test_findings_have_a_section_only_where_there_are_any(make_content):
    content = make_content(["a"], seeds=1)
    finding = {
        "code": "S2",
        "severity": "stop",
        "where": "design.seeds",
        "evidence": "one seed",
        "fix": "more",
        "muted": False,
    }
    assert "Findings" not in said(plain(content))
    text = said(plain(replace(content, findings=(finding, {**finding, "severity": "note", "muted": True}))))
    assert text.index("S2 one seed") < text.index("What was compared")
    assert "note, muted" in text


def test_the_same_content_gives_the_same_bytes(make_content):
    assert render(make_content(["a"], seeds=2)) == render(make_content(["a"], seeds=2))


def test_two_reports_differ_between_the_marks_and_nowhere_else(make_content):
    content = make_content(["a", "b"], seeds=2)
    other = replace(content, times=Times(facts={"started": "another day", "host": "<!-- times:end -->"}))
    first, second = plain(content), plain(other)
    assert first != second
    assert TIMES.sub("", first) == TIMES.sub("", second)
    assert first.count("<!-- times:begin -->") == second.count("<!-- times:end -->") == 1


def test_the_policy_names_digests_and_no_source(page):
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)[1].replace("&#39;", "'")
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert parts["default-src"] == "'none'"
    assert re.fullmatch(r"('sha256-[\w+/]{43}=' ?){2}", parts["script-src"])
    assert re.fullmatch(r"'sha256-[\w+/]{43}='", parts["style-src"])
    assert "unsafe" not in policy
    assert "http" not in policy
    assert not re.search(r"<[^<>]+ style=", page.replace(re.search("<script>.*</script>", page, re.DOTALL)[0], ""))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=3, unique=True), st.text())
def test_any_name_is_shown_as_it_is(make_content, names, question):
    content = replace(make_content(names, seeds=1), question=question, study_file=question)
    parsed = Text(render_with(content, {}))
    assert {visible(name) for name in names} <= set(parsed.names)
    assert visible(question) in parsed.names
    assert parsed.tags.count("script") == 2
    assert parsed.tags.count("style") == 1


def test_a_thousand_runs_stay_below_the_limit(make_content):
    content = make_content([f"condition {index}" for index in range(1000)], seeds=1, epochs=2)
    page = render(content)
    assert len(page.encode()) <= MOST_BYTES
    text = said(page)
    assert "Thinned: the first 24 of 1,000 conditions are drawn." in text
    assert "1,000 runs" in text


def test_long_names_and_ten_thousand_classes_are_cut_with_a_note(make_content):
    classes = tuple(f"class {index} {'x' * 300}" for index in range(10_000))
    counts = (5,) * 10_000
    facts = DataFacts("folder:x", classes, (3, 8, 8), counts, counts, counts, "none", "fixed", (), "a", "b")
    content = make_content([f"{'name ' * 150}{index}" for index in range(1000)], seeds=1, epochs=1)
    page = plain(replace(content, data=(DataEntry(facts, tuple(content.levels)),), study_file="x" * 3_000_000))
    assert len(page.encode()) <= MOST_BYTES
    text = said(page)
    assert re.search(r"The first \d+ of 1,000 runs are printed; all are in tables/runs.csv", text)
    assert "9,980 more" in text
    assert "Only its beginning is printed." in text


def test_reports_need_no_torch():
    code = "import sys, paribus.report; print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


PART = Part("A title", "What it means.", ("It was found.", "<script>alert(1)</script>"), ("condition", "difference"),
            (("<b>x</b>", 0.01), ("y", None)))  # fmt: skip


def test_a_part_stands_among_the_findings_and_a_timed_one_among_the_times_only(make_content):
    timed = replace(PART, title="Timed title", timed=True)
    page = plain(make_content(changes={"parts": (PART, timed)}))
    times = TIMES.search(page).group()
    assert "Timed title" in times
    assert "A title" not in times
    assert "A title" in TIMES.sub("", page)
    assert "Timed title" not in TIMES.sub("", page)


def test_what_a_part_says_is_text_whatever_is_in_it(make_content):
    page = plain(make_content(changes={"parts": (PART,)}))
    assert {"<script>alert(1)</script>", "<b>x</b>"} <= {each.strip() for each in Text(page).said}
    assert "+1.00 pp" in said(page)


def test_conditions_with_the_same_seeds_say_so_and_uneven_ones_say_why(make_content):
    content = make_content()
    assert "the same 5 seeds" in said(plain(content))
    fewer = tuple(run for run in content.runs if run.seed < 3 or run.condition == content.baseline)
    uneven = said(plain(replace(content, runs=fewer)))
    assert "the same 5 seeds" not in uneven
    assert "seeds were added where validation left a comparison undecided" in uneven


DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def test_no_control_of_direction_reaches_the_file(make_content):
    hidden = "photo\u202egnp.exe \u2066x"
    content = make_content(["a", hidden], seeds=2)
    facts = replace(content.data[0].facts, classes=(hidden, *content.data[0].facts.classes[1:]))
    part = replace(PART, sentences=(hidden,), rows=((hidden, 0.01),))
    changes = {"question": hidden, "study_file": hidden, "notes": hidden, "parts": (part,), "settings": {"x": hidden}}
    page = render(replace(content, data=(DataEntry(facts, tuple(content.levels)),), **changes))
    assert page.count("photo\ufffdgnp.exe") > 10
    assert not DIRECTION.search(re.sub("<script>.*?</script>", "", page, flags=re.DOTALL))  # Vega's own has some


def changed_contrasts(content, **changes):
    return replace(content, contrasts=tuple(replace(each, **changes) for each in content.contrasts))


def test_seeds_needed_are_a_range_or_the_reason_why_there_is_none(make_content):
    content = make_content(["a", "b"], seeds=2)
    for n, needed, cell in (
        (5, (9, 21), "9 to 21"),
        (5, (9, 9), "9"),
        (2, (299, 635), "too few seeds to tell"),
        (5, None, "\N{EN DASH}"),
    ):
        page = plain(changed_contrasts(content, n=n, seeds_needed=needed))
        assert re.findall(r'<td class="num wrap">(.*?)</td>', page) == [cell]
        assert ("so few seeds leave the spread too uncertain" in page) == (cell == "too few seeds to tell")


def test_a_verdict_says_once_that_it_is_about_other_seeds_on_these_images(make_content):
    content = make_content(["a", "b"], seeds=3)
    explained = "verdicts are about other seeds on the test images used here"
    assert said(plain(changed_contrasts(content, verdict="equivalent"))).count(explained) == 1
    assert explained not in said(plain(changed_contrasts(content, verdict="undecided")))


@pytest.mark.parametrize(
    ("counts", "words", "not_said"),
    [
        ([3, 8], ["Where n is below 8, validation was clear by then.", "Where n is 8, the limit was reached."], []),
        ([3, 5], ["Where n is below 8, validation was clear"], ["limit was reached"]),
        ([8, 8], ["Where n is 8, the limit was reached."], ["Where n is below"]),
    ],
)
def test_seeds_until_decided_say_when_why_they_ended_and_what_looking_costs(make_content, counts, words, not_said):
    content = make_content(["a", "b", "c"], seeds=3)
    contrasts = tuple(replace(each, n=n) for each, n in zip(content.contrasts, counts, strict=True))
    text = said(plain(replace(content, contrasts=contrasts, judged_at=(3, 5, 8))))
    assert "validation was looked at with 3, 5 and 8 seeds" in text
    assert "p-values and intervals are corrected for these looks" in text
    assert "at least this large, at any of 3 looks (paired t, Holm's correction)" in text
    assert all(each in text for each in words)
    assert not any(each in text for each in not_said)
    assert "looked at with" not in said(plain(replace(content, contrasts=contrasts)))


def test_a_study_that_adds_seeds_and_is_not_finished_says_so(make_content):
    content = make_content(["a", "b"], seeds=3, changes={"judged_at": (3, 5)})
    waiting = replace(content.runs[0], state="waiting")
    text = said(plain(replace(content, runs=(*content.runs[1:], waiting))))
    assert "only what was open got more. The study is not finished. p-values" in text


def test_the_smallest_effect_is_said_once_above_the_differences(make_content):
    page = plain(make_content(["a", "b"], seeds=3))
    (caption,) = re.findall("<caption><span>(Condition minus.*?)</span></caption>", page)
    assert caption == "Condition minus baseline. The smallest effect that matters is 0.2 pp, as the study declares."


def test_what_a_labelled_level_is_stands_below_its_label_and_a_long_one_is_cut(make_content):
    content = make_content(["a", "b"], seeds=1)
    layers = f"layers = [{', '.join(['Linear(100)'] * 20)}]"
    values = {"a": {"train.lr": "[RandomCrop(padding=4), <b>]"}, "b": {"train.lr": layers}}
    text = said(plain(replace(content, values=values)))
    assert "[RandomCrop(padding=4), <b>]" in text
    assert f"{layers[:79]}…" in text
    assert layers[:80] not in text
    assert "What ends with “…” stands whole in the study file" in text
    short = said(plain(replace(content, values={"a": values["a"]})))
    assert "stands whole in the study file" not in short


def test_scripts_are_made_once_on_a_machine_and_again_when_what_was_kept_is_damaged(tmp_path, monkeypatch):
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path))
    made = []
    monkeypatch.setattr("vl_convert.javascript_bundle", lambda *given: made.append(given) or "a\nb</script>")
    assert [_bundle.__wrapped__() for _ in range(2)] == ["a\nb<\\/script>"] * 2
    assert len(made) == 1
    (file,) = (tmp_path / "scripts").iterdir()
    for damaged in ("", file.read_text(encoding="utf-8")[:-1], "no digest"):
        file.write_text(damaged, encoding="utf-8")
        assert _bundle.__wrapped__() == "a\nb<\\/script>"
    assert len(made) == 4
