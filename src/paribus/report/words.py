"""What the words of a report mean, one sentence each: printed small, beside the table that uses them."""

from collections.abc import Mapping, Sequence

from paribus.report.content import ReportContent

_VERDICTS: Mapping[str, str] = {
    "different": "the mean difference is unlikely to be chance (p ≤ {alpha} after correction).",
    "negligible": "there is a difference, shown to be smaller than the smallest effect that matters.",
    "equivalent": "any difference is shown to be smaller than the smallest effect that matters.",
    "undecided": "the seeds so far show neither a difference nor equivalence; it does not mean equal.",
    "diverged": "a run's loss was not finite, so no test is made; the survivors' difference proves nothing.",
    "no verdict": "there are too few results to say anything; the reason stands in the table.",
}


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
    """Return what the table of differences needs: only verdicts that occur in it."""
    words = [
        (
            "difference",
            "mean over seeds of the condition minus the baseline with the same seed, in percentage points.",
        ),
        (
            f"{level(content)} interval",
            "differences that the data are compatible with (paired t, not corrected).",
        ),
        (
            "p",
            "how often chance alone gives a difference at least this large (paired t, Holm's correction).",
        ),
    ]
    if any(each.equivalence_p_adjusted is not None for each in content.contrasts):
        words.append(
            (
                "p of equivalence",
                "how often two that differ by the smallest effect look this close (two one-sided tests).",
            )
        )
    if any(each.seeds_needed for each in content.contrasts):
        words.append(
            (
                "seeds needed",
                "about how many would decide with a chance of 80 %, given the spread so far.",
            )
        )
    used = {each.verdict or "no verdict" for each in content.contrasts}
    return words + [(word, text.format(alpha=f"{content.alpha:g}")) for word, text in _VERDICTS.items() if word in used]


def level(content: ReportContent) -> str:
    """Return the confidence of the intervals ("95 %")."""
    return f"{100 * (1 - content.alpha):g}\N{NO-BREAK SPACE}%"
