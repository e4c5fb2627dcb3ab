"""What the words of a report mean, one sentence each: shown where the word is asked for, printed below its table."""

from collections.abc import Mapping, Sequence

from paribus.report.content import ReportContent
from paribus.report.numbers import NONE
from paribus.stats import TOO_FEW, ContrastEstimate, seeds_needed_phrase

_VERDICTS: Mapping[str, str] = {
    "different": "the mean difference is unlikely to be chance (p ≤ {alpha} after correction).",
    "negligible": "there is a difference, shown to be smaller than the smallest effect that matters.",
    "equivalent": "any difference is shown to be smaller than the smallest effect that matters.",
    "undecided": "the seeds so far show neither a difference nor equivalence; it does not mean equal.",
    "diverged": "a run's loss was not finite, so no test is made; the survivors' difference proves nothing.",
    "no verdict": "there are too few results to say anything; the reason stands in the table.",
}

_ON_THESE_IMAGES = (
    "verdicts are about other seeds on the {response} images used here; with other images, even of the same kind, a "
    "difference may be another."
)
_CLAIMS = {"different", "negligible", "equivalent"}


def condition_words(content: ReportContent) -> Sequence[tuple[str, str]]:
    """Return what the table of conditions needs."""
    words = [
        ("n", "the number of seeds with a result: the independent repetitions, never images."),
        ("mean", f"the average {content.response} accuracy over seeds, at the last epoch."),
        (
            "SD",
            "standard deviation over seeds, in percentage points (pp): how far one seed lies from another.",
        ),
        (
            f"{level(content)} interval",
            "where the mean of many more seeds plausibly lies (Student's t); no forecast of one run.",
        ),
    ]
    if any(each.diverged for each in content.conditions):
        words.append(("diverged", "a run whose loss was not finite: counted here, and part of no mean."))
    return words


def contrast_words(content: ReportContent) -> Sequence[tuple[str, str]]:
    """Return what the tables of differences need."""
    looks = len(content.judged_at)
    corrected = f", at any of {looks} looks" if looks else ""
    covers = f"not corrected for the number of comparisons, but for {looks} looks" if looks else "not corrected"
    chance = f"how often chance alone gives a difference at least this large{corrected}"
    alike = f"how often two that differ by the smallest effect look this close{corrected}"
    words: list[tuple[str, str]] = [
        (
            "difference",
            "mean over seeds of the condition minus the baseline with the same seed, in percentage points.",
        ),
        (f"{level(content)} interval", f"differences that the data are compatible with (paired t, {covers})."),
        ("p", f"{chance} (paired t, Holm's correction)."),
    ]
    if any(each.equivalence_p_adjusted is not None for each in content.contrasts):
        words.append(("p of equivalence", f"{alike} (two one-sided tests)."))
    if any(each.seeds_needed for each in content.contrasts):
        words.append(("seeds needed", _seeds_needed_meaning(content)))
    if content.judged_at:
        words.append(("seeds until decided", _until_decided(content)))
    return words


def verdict_words(content: ReportContent) -> Sequence[tuple[str, str]]:
    """Return what the verdicts mean: only those that occur."""
    used = {each.verdict or "no verdict" for each in content.contrasts}
    words: list[tuple[str, str]] = [
        (word, text.format(alpha=f"{content.alpha:g}")) for word, text in _VERDICTS.items() if word in used
    ]
    if used & _CLAIMS:
        words.append(("on these images", _ON_THESE_IMAGES.format(response=content.response)))
    return words


def seeds_needed(contrast: ContrastEstimate) -> str:
    """Return the cell of a table: "9 to 31", why it is not known, or a dash."""
    return seeds_needed_phrase(contrast).removeprefix("about ") or NONE


def _seeds_needed_meaning(content: ReportContent) -> str:
    said = "about how many would decide with a chance of 80 %, given the spread so far"
    if any(seeds_needed_phrase(each) == TOO_FEW for each in content.contrasts):
        return f"{said}; not said where so few seeds leave the spread too uncertain."
    return f"{said}."


def _until_decided(content: ReportContent) -> str:
    """Say at which numbers of seeds validation was looked at, why each condition stopped, and what that costs."""
    *before, most = content.judged_at
    reached = {each.n for each in content.contrasts}
    ends = []
    if any(n < most for n in reached):
        lost = ", or a run had diverged" if any(each.diverged for each in content.contrasts) else ""
        ends.append(f"Where n is below {most}, validation was clear by then{lost}.")
    if most in reached:
        ends.append(f"Where n is {most}, the limit was reached.")
    stopped = "The study is not finished." if _unfinished(content) else " ".join(ends)
    return (
        f"validation was looked at with {', '.join(map(str, before))} and {most} seeds, as far as needed, and only "
        f"what was open got more. {stopped} p-values and intervals are corrected for these looks: they are more "
        "cautious than with as many seeds fixed beforehand."
    )


def _unfinished(content: ReportContent) -> bool:
    return any(run.state in ("waiting", "running", "failed") for run in content.runs)


def level(content: ReportContent) -> str:
    """Return the confidence of the intervals ("95 %")."""
    return f"{100 * (1 - content.alpha):g}\N{NO-BREAK SPACE}%"
