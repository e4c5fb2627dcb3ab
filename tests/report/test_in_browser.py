"""The report in a real Chromium with the network off: what a reader sees, and what nobody may do."""

import shutil
from dataclasses import replace

import pytest

from paribus.core import DataFacts, FileFact
from paribus.figures import visible
from paribus.report import DataEntry, Part, write

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    '"><img src=x onerror=alert(3)>',
    "{{ 7 * 7 }}{% raw %}",
    "' onmouseover='alert(4)",
    "&lt;b&gt; &amp;amp; &#x41;",
    "]]><!-- --><![CDATA[",
    "\u202egnitset RTL \u2066isolate",
    "line\u2028and\u2029paragraph",
    "\x1b[31mred\x07\x00",
    "javascript:alert(5)",
    "https://example.org/a.png",
    "${alert(6)} `x` \\u003cscript\\u003e",
    "long " * 60,
    "日本語 العربية 👩\u200d🔬",
    "=HYPERLINK(1)",
    "  spaces  around  ",
    "url(#clip0) expression(alert(7))",
    "__proto__",
    "null",
)


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("no Chromium on this machine")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


class Visit:
    """One look at a report, and everything that went wrong meanwhile."""

    def __init__(self, browser, path, **settings):
        self.troubles = []
        self.context = browser.new_context(offline=True, **settings)
        self.context.route(lambda url: not url.startswith("file:"), lambda route: route.abort())
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self.troubles.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))
        self.page.on("dialog", lambda dialog: (self.troubles.append(dialog.message), dialog.dismiss()))
        self.page.on("request", lambda request: self._note(request.url, path))
        self.page.goto(path.as_uri())

    def _note(self, url, path):
        if url != path.as_uri():
            self.troubles.append(f"request: {url}")

    def ready(self):
        """Wait until every chart is drawn: each is, once it comes near."""
        self.settled()
        for each in self.page.query_selector_all("figure[data-chart]"):
            each.scroll_into_view_if_needed()
            self.page.wait_for_function("figure => figure.classList.contains('is-live')", arg=each)
        self.settled()
        return self

    def settled(self):
        self.page.wait_for_selector("html[data-charts=ready]", timeout=30_000)
        return self

    def panels(self, name):
        """Return what the drawn chart holds: thick lines, thin lines, diverged ones, bands."""
        count = """(figure) => [["lines", "stroke-width='2'"], ["thin", "stroke-width='0.8'"],
            ["lost", "stroke-dasharray]:not([stroke-dasharray=''"]].map(([, at]) =>
            figure.querySelectorAll(`.live .mark-line path[${at}]`).length)
            .concat(figure.querySelectorAll(".live .mark-area path[d^=M]").length)"""
        return self.page.eval_on_selector(f"#figure-{name}", count)

    def ticks(self, name):
        read = "nodes => nodes.map(node => node.textContent)"
        return self.page.eval_on_selector_all(f"#figure-{name} .live .role-axis-label text", read)


@pytest.fixture
def visit(browser):
    made = []

    def begin(path, **settings):
        made.append(Visit(browser, path, **settings))
        return made[-1]

    yield begin
    for each in made:
        each.context.close()


@pytest.fixture(scope="module")
def report(make_content, tmp_path_factory):
    return write(make_content(diverged=[("lr = 10", 0)], epochs=4), directory=tmp_path_factory.mktemp("report"))


def test_charts_come_alive_without_a_complaint_or_a_request(visit, report):
    seen = visit(report).ready()
    assert seen.page.locator("figure.is-live").count() == seen.page.locator("figure").count() == 6
    assert not seen.page.locator(".still").first.is_visible()
    seen.page.locator("#figure-dots .live .mark-symbol path").first.hover(force=True)
    tip = seen.page.locator("#vg-tooltip-element.visible")
    tip.wait_for(timeout=5000)
    assert "lr = 0.1" in tip.inner_text()
    assert seen.troubles == []


def test_a_legend_entry_hides_its_condition_in_every_chart_of_lines_and_dots(visit, report):
    seen = visit(report).ready()
    before = {name: seen.panels(name) for name in ("loss", "accuracy")}
    entry = seen.page.locator("#figure-loss .legend", has_text="lr = 0.03")
    entry.click()
    seen.settled()
    assert entry.get_attribute("aria-pressed") == "false"
    for name, (lines, *_) in before.items():
        assert seen.panels(name)[0] == lines - 3  # one in each of three panels
    assert "lr = 0.03" not in seen.page.text_content("#figure-dots .live svg")
    assert "lr = 0.03" in seen.page.text_content("#figure-differences .live svg")  # evidence stays
    assert "4 of 5 conditions" in seen.page.inner_text(".selector summary")
    entry.click()
    seen.settled()
    assert {name: seen.panels(name) for name in before} == before
    assert seen.troubles == []


def test_the_selector_works_by_level_and_by_keyboard_alone_and_never_hides_everything(visit, make_content, tmp_path):
    content = make_content(["a", "b", "c", "d"], seeds=2, epochs=2)
    levels = {name: {"train.lr": rate, "train.momentum": "0.9" if name in "ac" else "0"} for name, rate in
              zip("abcd", ("0.1", "0.1", "1", "1"), strict=True)}  # fmt: skip
    seen = visit(write(replace(content, levels=levels), directory=tmp_path)).ready()
    key = seen.page.keyboard
    seen.page.focus(".selector summary")
    key.press("Enter")
    key.press("Tab")
    assert seen.page.evaluate("document.activeElement.parentNode.textContent") == "0.1"
    assert seen.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    key.press("Space")
    seen.settled()
    assert seen.ticks("dots")[-2:] == ["c", "d"]
    partly = "nodes => nodes.map(node => [node.parentNode.textContent, node.checked, node.indeterminate])"
    boxes = seen.page.eval_on_selector_all(".selector input", partly)
    assert boxes[:4] == [["0.1", False, False], ["1", True, False], ["0.9", False, True], ["0", False, True]]
    key.press("Tab")
    key.press("Space")  # would hide the rest
    seen.settled()
    assert seen.ticks("dots")[-2:] == ["c", "d"]
    assert seen.page.locator(".selector input:checked").count() == 3
    key.press("Escape")
    assert seen.page.evaluate("document.activeElement.tagName") == "SUMMARY"
    assert not seen.page.locator(".selector fieldset").first.is_visible()
    assert seen.troubles == []


def test_the_axis_of_a_loss_goes_from_logarithmic_to_linear_and_back(visit, report):
    seen = visit(report).ready()
    axis = seen.page.locator("#figure-loss label", has_text="Axis").locator("select")
    assert axis.input_value() == "log"
    assert "loss, logarithmic" in seen.page.text_content("#figure-loss .live svg")
    logarithmic = seen.ticks("loss")
    axis.select_option("linear")
    seen.settled()
    linear = seen.ticks("loss")
    assert "logarithmic" not in seen.page.text_content("#figure-loss .live svg")
    assert linear != logarithmic
    assert "2" in linear
    crosses = seen.page.locator("#figure-loss .live .mark-symbol path[stroke-width='2.4']")
    assert crosses.count() == 3
    axis.select_option("log")
    seen.settled()
    assert seen.ticks("loss") == logarithmic
    assert crosses.count() == 3
    assert seen.page.locator("#figure-accuracy select").count() == 1  # no axis to choose
    assert seen.troubles == []


def test_seeds_or_their_band_can_be_shown_alone_and_diverged_runs_stay(visit, report):
    seen = visit(report).ready()
    lines, thin, lost, bands = seen.panels("loss")
    assert min(lines, thin, lost, bands) > 0
    spread = seen.page.locator("#figure-loss label", has_text="Spread").locator("select")
    spread.select_option("seeds")
    seen.settled()
    assert seen.panels("loss") == [lines, thin, lost, 0]
    spread.select_option("band")
    seen.settled()
    assert seen.panels("loss") == [lines, 0, lost, bands]
    assert seen.troubles == []


def test_a_tooltip_on_a_line_says_condition_split_epoch_seed_and_value(visit, report):
    seen = visit(report).ready()
    seen.page.eval_on_selector("#figure-accuracy", "figure => figure.scrollIntoView({block: 'center'})")
    seen.page.locator("#figure-accuracy .live .mark-symbol path[opacity='0']").last.hover(force=True)
    tip = seen.page.locator("#vg-tooltip-element.visible")
    tip.wait_for(timeout=5000)
    said = tip.inner_text()
    words = ["split", "test", "condition", "seed", "epoch", "accuracy"]
    assert [word for word in words if word not in said] == []
    assert "%" in said
    assert seen.troubles == []


def test_a_word_explains_itself_to_a_key_without_scripts_and_on_paper(visit, report):
    seen = visit(report, java_script_enabled=False)
    meaning = seen.page.locator("#word-c-SD")
    assert not meaning.is_visible()
    seen.page.focus("button[popovertarget=word-c-SD]")
    seen.page.keyboard.press("Enter")
    assert meaning.is_visible()
    assert "how far one seed lies from another" in meaning.inner_text()
    box = meaning.bounding_box()
    assert box["x"] >= 0
    assert box["y"] >= 0
    seen.page.keyboard.press("Escape")
    assert not meaning.is_visible()
    seen.page.emulate_media(media="print")
    assert meaning.is_visible()


def test_many_conditions_have_a_panel_each_and_a_legend_of_splits(visit, make_content, tmp_path):
    seen = visit(write(make_content([f"c{i}" for i in range(8)], seeds=2, epochs=2), directory=tmp_path)).ready()
    assert seen.panels("loss")[0] == 8 * 3
    seen.page.locator("#figure-loss .legend", has_text="test").click()
    seen.settled()
    assert seen.panels("loss")[0] == 8 * 2
    seen.page.locator(".selector summary").click()
    seen.page.get_by_label("c3", exact=True).uncheck()
    seen.settled()
    assert seen.panels("loss")[0] == 7 * 2
    assert seen.troubles == []


def test_hostile_strings_are_shown_and_do_nothing(visit, make_content, tmp_path):
    content = make_content(HOSTILE, seeds=1, epochs=2)
    everywhere = "".join(HOSTILE)
    facts = content.data[0].facts
    data = DataFacts(
        **{name: getattr(facts, name) for name in DataFacts.__slots__}
        | {"classes": HOSTILE[:10], "files": tuple(FileFact(name, 1, "00") for name in HOSTILE)}
    )
    finding = dict.fromkeys(("code", "where", "evidence", "fix"), everywhere) | {"severity": "stop", "muted": False}
    content = replace(
        content,
        name=everywhere,
        question=everywhere,
        answer=(everywhere,),
        notes=everywhere,
        study_file=everywhere,
        data=(DataEntry(data, HOSTILE),),
        findings=(finding,),
        settings={everywhere: everywhere},
        runs=tuple(replace(run, state="failed", message=run.condition) for run in content.runs),
    )
    seen = visit(write(content, directory=tmp_path)).ready()
    text = "nodes => nodes.map(node => node.textContent)"
    expected = [visible(name) for name in HOSTILE]
    assert seen.page.eval_on_selector_all("#compared tbody th bdi", text) == expected
    assert seen.page.eval_on_selector_all("#runs tbody .remark", text) == expected
    assert seen.page.eval_on_selector_all("#method table:has(code) tbody th bdi", text) == expected
    assert seen.page.text_content("#question") == visible(everywhere)
    assert seen.page.text_content("#study-file") == visible(everywhere)
    assert seen.page.locator("figure.is-live").count() == seen.page.locator("figure").count()
    assert seen.troubles == []


def test_the_policy_stops_a_script_that_slips_in(visit, report, tmp_path):
    text = report.read_text("utf-8")
    hacked = tmp_path / "hacked.html"
    hacked.write_text(
        text.replace("<main>", "<main><script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"),
        "utf-8",
    )
    seen = visit(hacked).ready()
    assert seen.page.evaluate("window.hacked") is None
    assert len([each for each in seen.troubles if "Content Security Policy" in each]) >= 2


def test_without_scripts_and_in_print_the_still_pictures_stand(visit, report):
    bare = visit(report, java_script_enabled=False)
    assert bare.page.locator(".still svg").first.is_visible()
    assert bare.page.locator("text=What was found").is_visible()
    assert bare.troubles == []
    seen = visit(report).ready()
    seen.page.emulate_media(media="print")
    assert seen.page.locator("#figure-loss .still").is_visible()
    assert not seen.page.locator("#figure-loss .live").is_visible()
    assert seen.page.locator("#times table").is_visible()
    assert seen.page.pdf(format="A4").startswith(b"%PDF")
    assert seen.troubles == []


def test_on_a_telephone_captions_end_at_the_edge_and_long_names_widen_no_table(visit, make_content, tmp_path):
    def widths(names, directory):
        content = make_content(names, seeds=2, epochs=2)
        part = Part("Part", "Words.", ("Said.",), ("condition", "difference"), tuple((name, 0.01) for name in names))
        seen = visit(write(replace(content, parts=(part,)), directory=directory), viewport=small).ready()
        seen.page.eval_on_selector_all("details", "nodes => nodes.forEach(node => node.open = true)")
        rights = "nodes => nodes.map(node => node.getBoundingClientRect().right)"
        assert max(seen.page.eval_on_selector_all("caption span", rights)) <= small["width"]
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= small["width"]
        return seen.page.eval_on_selector_all("table", "nodes => nodes.map(node => node.offsetWidth)")

    small = {"width": 400, "height": 800}
    usual = widths(["optimizer=SGD", "optimizer=Adam"], tmp_path / "usual")
    long = widths(["x" * 200, "optimizer=Adam " * 13], tmp_path / "long")
    assert long == usual
    assert len(usual) > 6


def luminance(visited, selector, name):
    colour = visited.page.eval_on_selector(selector, f"node => getComputedStyle(node).{name}")
    red, green, blue = (int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))
    return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255


@pytest.mark.parametrize(("scheme", "dark"), [("light", False), ("dark", True)])
def test_page_and_charts_follow_the_readers_scheme(visit, report, scheme, dark):
    seen = visit(report, color_scheme=scheme).ready()
    assert (luminance(seen, "html", "backgroundColor") < 0.2) == dark
    assert (luminance(seen, "#figure-dots .live text", "fill") > 0.7) == dark


def test_a_narrow_screen_needs_no_sideways_scrolling(visit, report):
    seen = visit(report, viewport={"width": 400, "height": 800}).ready()
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 400
    widths = seen.page.eval_on_selector_all(".live svg", "nodes => nodes.map(node => node.clientWidth)")
    assert max(widths) <= 400
    wider = visit(report, viewport={"width": 480, "height": 800}).ready()
    cut = wider.page.eval_on_selector_all(".scroll", "nodes => nodes.map(node => node.scrollWidth - node.clientWidth)")
    assert max(cut) == 0
