"""From content to one HTML file: templates filled; scripts and styles inlined, allowed by digest alone."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.metadata import version
from typing import Any

import jinja2
import vl_convert
from markupsafe import Markup

from paribus.data import keep, kept
from paribus.figures import VERDICTS, vegalite_version, visible
from paribus.report import numbers
from paribus.report.content import PublishedRow, ReportContent, RunRow
from paribus.report.drawings import Drawing, drawings
from paribus.report.inside import LEAST, LESS, PLENTY, Allowance, inside_view
from paribus.report.reading import reading
from paribus.report.words import condition_words, contrast_words, level, seeds_needed

MOST_BYTES = 5_000_000
_ACCURACIES = ("train_accuracy", "validation_accuracy", "test_accuracy")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a long study is printed: rows of a table, characters of a value and of the study file, pictures."""

    rows: int
    text: int
    study_file: int
    inside: Allowance


_LIMITS = (
    Limits(1000, 2000, 200_000, PLENTY),
    Limits(200, 400, 50_000, LESS),
    Limits(40, 120, 10_000, LEAST),
)


def render(content: ReportContent) -> str:
    """Return the report as one HTML document of at most 5 MB, which asks no network for anything.

    The same content gives the same bytes, and `content.times` shows only between `<!-- times:begin -->` and
    `<!-- times:end -->`. Long tables are cut, with a note, where the document would grow beyond its limit.
    """
    return render_with(content, drawings(content))


def render_with(content: ReportContent, figures: Mapping[str, Drawing]) -> str:
    """Return the report with figures that are drawn already."""
    for limits in _LIMITS:
        page = _fill(content, figures, limits)
        if len(page.encode()) <= MOST_BYTES:
            break
    return page


def _fill(content: ReportContent, figures: Mapping[str, Drawing], limits: Limits) -> str:
    style, script, bundle = _text("report.css") + _text("inside.css"), _text("report.js"), _bundle()
    environment = _environment(limits)
    return environment.get_template("page.html").render(
        c=content,
        figures=figures,
        limits=limits,
        inside=inside_view(content, allowance=limits.inside),
        study_file=Markup.escape(visible(content.study_file[: limits.study_file])),
        style=Markup(style),  # noqa: S704 - our own file
        bundle=Markup(bundle),  # noqa: S704 - vl-convert's own
        script=Markup(script),  # noqa: S704 - our own file
        policy=_policy(style=style, scripts=(bundle, script)),
        sealed=content.response == "validation",
        validated=any(run.validation_accuracy is not None for run in content.runs),
        factors=list(dict.fromkeys(path for levels in content.levels.values() for path in levels)),
        seeds=sorted({run.seed for run in content.runs}),
        added=len({sum(run.condition == each.name for run in content.runs) for each in content.conditions}) > 1,
        condition_words=condition_words(content),
        contrast_words=contrast_words(content),
        level=level(content),
        ours={row: _ours(row, content) for row in content.published},
        shapes=VERDICTS,
        reading=reading(content),
    )


def _environment(limits: Limits) -> jinja2.Environment:
    def shown(value: Any) -> Any:
        # Everything that is printed passes here, before it is escaped.
        if isinstance(value, Markup) or not isinstance(value, str):
            return value
        return visible(value if len(value) <= limits.text else value[: limits.text] + "…")

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_text),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "percent": numbers.percent,
        "points": numbers.points,
        "loss": numbers.loss,
        "probability": numbers.probability,
        "count": numbers.count,
        "plain": numbers.plain,
        "cell": numbers.cell,
        "seeds_needed": seeds_needed,
        "drawn": Markup,  # for a proven SVG, and JSON escaped for scripts
    }
    return environment


def _ours(row: PublishedRow, content: ReportContent) -> dict[str, str]:
    """Say beside a published number what our runs of the condition gave: mean, range, seeds."""
    show = numbers.percent if row.metric in _ACCURACIES else numbers.loss
    if row.metric not in RunRow.__slots__:
        return {"published": f"{row.value:g}", "mean": numbers.NONE, "range": numbers.NONE}
    runs = [run for run in content.runs if run.condition == row.condition]
    found = [value for run in runs if run.state == "done" and (value := getattr(run, row.metric)) is not None]
    if not found:
        sealed = row.metric.startswith("test") and content.response == "validation"
        lost = runs and all(run.state == "diverged" for run in runs)
        word = "sealed" if sealed else "diverged" if lost else numbers.NONE
        return {"published": show(row.value), "mean": word, "range": numbers.NONE}
    spread = f"{show(min(found))} to {show(max(found))}, {len(found)} seeds" if len(found) > 1 else "1 seed"
    return {"published": show(row.value), "mean": show(sum(found) / len(found)), "range": spread}


def _policy(*, style: str, scripts: tuple[str, ...]) -> str:
    """Return the Content-Security-Policy: nothing is allowed but these very texts and inline images."""
    allowed = " ".join(_digest(script) for script in scripts)
    return (
        f"default-src 'none'; script-src {allowed}; style-src {_digest(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _text(name: str) -> str:
    return resources.files("paribus.report").joinpath(name).read_text("utf-8")


@cache
def _bundle() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script, kept from before: to make it takes two seconds."""
    name = f"vega-{version('vl-convert-python')}-{vegalite_version()}.js"
    known, _, script = (kept("scripts", name) or "").partition("\n")
    if known != _digest(script):
        made = str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vegalite_version()))
        script = made.replace("</script", "<\\/script")
        keep("scripts", name, f"{_digest(script)}\n{script}")
    return script
