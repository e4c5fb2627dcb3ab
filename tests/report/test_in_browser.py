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
        self.page.wait_for_selector("html[data-charts=ready]", timeout=30_000)
        return self


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
