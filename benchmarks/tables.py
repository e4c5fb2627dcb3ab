"""Measurements to tables, and to the files of results/."""

import json
import statistics
from dataclasses import asdict

COLUMNS = ("cold s, min", "median", "processor s", "images/s, best", "median", "per processor s")
HEAD = f"| contender | n | {' | '.join(COLUMNS)} | accuracy | GF/s | load |"
RULE = "| --- |" + " ---: |" * 10
LEGEND = (
    "Cold seconds: wall, from process start to result, import, compilation and decoding included. Images a "
    "second: training updates only, first epoch excluded (a * marks where there was only one). Per processor "
    "s: the same by processor time. GF/s: a 1024 x 1024 x 1024 float32 product on one thread, median of those "
    "just before each process. Load: the median one-minute average. What Paribus compiles once for a machine "
    "was compiled before (suite `start` measures it); the others compile in every process."
)


def by_contender(measurements, case):
    """Return the measurements of a case that did not fail, by contender, in order."""
    found = {}
    for each in measurements:
        if each.case == case:
            found.setdefault(each.contender, [])
            if not each.error:
                found[each.contender].append(each)
    return found


def median_cold(measurements, case, contender):
    """Return the median cold seconds, or None when every attempt failed."""
    made = by_contender(measurements, case).get(contender, [])
    return statistics.median(each.cold_seconds for each in made) if made else None


def values(made, key):
    """Return what contenders said under a key, where they did."""
    return [each.found[key] for each in made if each.found.get(key) is not None]


def rate_table(measurements):
    """Return the median images a second of every contender in every case, as lines of Markdown."""
    cases = list(dict.fromkeys(each.case for each in measurements))
    lines = [f"| images/s | {' | '.join(cases)} |", "| --- |" + " ---: |" * len(cases)]
    for contender in dict.fromkeys(each.contender for each in measurements):
        cells = []
        for case in cases:
            found = values(by_contender(measurements, case).get(contender, []), "images_per_second")
            cells.append(f"{statistics.median(found):,.0f}" if found else "")
        lines.append(f"| {contender} | {' | '.join(cells)} |")
    return lines


def table(measurements, case):
    """Return a case as lines of Markdown."""
    lines = [f"## {case}", "", HEAD, RULE]
    for contender, made in by_contender(measurements, case).items():
        if not made:
            error = next(each.error for each in measurements if (each.case, each.contender) == (case, contender))
            lines.append(f"| {contender} | failed: {' '.join(error.split())[-120:]} |" + " |" * 9)
            continue
        cold, rates = [each.cold_seconds for each in made], values(made, "images_per_second")
        alone, accuracy = values(made, "images_per_processor_second"), values(made, "accuracy")
        star = "" if all(each.found.get("warm") for each in made) else "*"
        cells = (
            contender,
            str(len(made)),
            f"{min(cold):.2f}",
            f"{statistics.median(cold):.2f}",
            f"{statistics.median(each.processor_seconds for each in made):.1f}",
            f"{max(rates):,.0f}{star}" if rates else "",
            f"{statistics.median(rates):,.0f}{star}" if rates else "",
            f"{statistics.median(alone):,.0f}" if alone else "",
            f"{statistics.mean(accuracy):.2%}" if accuracy else "",
            f"{statistics.median(each.probe['gflops'] for each in made):.0f}",
            f"{statistics.median(each.load for each in made):.1f}",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return [*lines, ""]


def page(suite, measurements, *, about, summary):
    """Return a suite's results as a page of Markdown."""
    hardware = f"{about['processor']}, {about['cores']} cores, {about['memory_gib']} GiB, {about['system']}"
    caches = ", ".join(f"{key} {value}" for key, value in about["caches"].items())
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items() if version)
    lines = [f"# {suite.TITLE}", ""]
    if about["quick"]:
        lines += ["**Quick run: it shows that everything works, and nothing else.**", ""]
    lines += [suite.NOTE, "", LEGEND, ""]
    lines += [f"- {hardware}; {caches}", f"- Python {about['python']}, {versions}; commit {about['commit']}"]
    lines += [f"- {about['date']}, n = {about['repeats']}, contenders in turn; `{about['command']}`", ""]
    for case in dict.fromkeys(each.case for each in measurements):
        lines += table(measurements, case)
    return "\n".join([*lines, *(["## In short", "", *summary, ""] if summary else [])])


def write(folder, suite, measurements, *, about, summary):
    """Write NAME.md and NAME.json; return the page."""
    folder.mkdir(parents=True, exist_ok=True)
    text = page(suite, measurements, about=about, summary=summary)
    (folder / f"{suite.NAME}.md").write_text(text)
    whole = {"about": about, "summary": summary, "measurements": [asdict(each) for each in measurements]}
    (folder / f"{suite.NAME}.json").write_text(json.dumps(whole, indent=1) + "\n")
    return text
