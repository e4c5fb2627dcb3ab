"""What the words of a report mean, one sentence each: printed small, beside the table that uses them."""

from collections.abc import Mapping, Sequence

from paribus.report.content import ReportContent

_VERDICTS: Mapping[str, str] = {
    "different": "the mean difference is unlikely to be chance (p ≤ {alpha} after correction).",
    "negligible": "there is a difference, and it is shown to be smaller than the smallest effect that matters.",
    "equivalent": "any difference is shown to be smaller than the smallest effect that matters.",
    "undecided": "the seeds so far show neither a difference nor equivalence; it does not mean equal.",
    "diverged": "at least one run's loss was not finite, so no test is made; a difference among survivors describes, it "
    "does not prove.",
    "no verdict": "there are too few results to say anything; the reason stands in the table.",
}


def condition_words(content: ReportContent) -> Sequence[tuple[str, str]]:
    """Return what the table of conditions needs."""
    words = [
        ("n", "the number of seeds with a result: the independent repetitions, never images."),
        ("mean", f"the average {content.response} accuracy over seeds, at the last epoch."),
        ("sd", "the standard deviation over seeds, in percentage points (pp): how much one seed differs from another."),
        (
            f"{level(content)} interval",
            "where the mean of many more seeds plausibly lies (Student's t); it is about the mean, not about the next run.",
        ),
    ]
    if any(each.diverged for each in content.conditions):
        words.append(("diverged", "a run whose loss was not finite: counted here, and part of no mean."))
    return words


def contrast_words(content: ReportContent) -> Sequence[tuple[str, str]]:
    """Return what the table of differences needs: only verdicts that occur in it."""
    words = [
        ("difference", "mean over seeds of the condition minus the baseline with the same seed, in percentage points."),
        (f"{level(content)} interval", "the differences that the data are compatible with (paired t, not corrected)."),
        (
            "p",
            "how often chance alone would give a difference at least this large if there were none (paired t), corrected "
            "by Holm's method for the number of comparisons.",
        ),
    ]
    if any(each.equivalence_p_adjusted is not None for each in content.contrasts):
        words.append(
            (
                "p of equivalence",
                "how often chance alone would make the two look this close if they differed by the smallest effect "
                "(two one-sided tests, Holm).",
            )
        )
    if any(each.seeds_needed for each in content.contrasts):
        words.append(
            ("seeds needed", "about how many seeds would decide with a chance of 80 %, given the spread seen so far.")
        )
    used = {each.verdict or "no verdict" for each in content.contrasts}
    return words + [
        (word, text.format(alpha=f"{content.alpha:g}")) for word, text in _VERDICTS.items() if word in used
    ]


def level(content: ReportContent) -> str:
    """Return the confidence of the intervals ("95 %")."""
    return f"{100 * (1 - content.alpha):g} %"
