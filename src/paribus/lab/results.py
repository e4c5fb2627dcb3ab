"""What a study's directory says: runs, estimates, verdicts, choice and looks, as tables, as JSON, as figures."""

import dataclasses
import functools
import html
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paribus.lab.largest_words import largest_sentences
from paribus.lab.looking import NO_RULE
from paribus.lab.numerics import Numerics, mixed
from paribus.lab.settling import looks_of
from paribus.lab.table import Table
from paribus.store import Choice, Epoch, Look, Run, SealedEpoch
from paribus.study import Condition, Study, expand

if TYPE_CHECKING:
    from paribus.lab.verified import Verified
    from paribus.stats import ConditionEstimate, ContrastEstimate, RunTable

_UNJUDGED = (
    "The test set is sealed and there is no validation split: nothing can be compared before the test set is opened."
)
_ALL_LOST = "Every run diverged: there is nothing to compare, and the test set stays sealed."


@dataclass(frozen=True, repr=False)
class Results:
    """A study as its directory holds it at one moment; read-only, and without torch.

    Attributes:
        study: the study, as its file in the directory says.
        directory: where it lives.
        runs: the runs that the study asks for.
        last: each run's latest epoch.
        test: each run's test loss and accuracy by epoch; empty while sealed.
        look: the look that opened the test set for all runs and the analysis that is declared, None while sealed.
        choice: what was chosen before that look, by the condition's present name.
        looks: how often this test set was opened, over all studies of the folder.
        facts: "data", "model" and "largest" facts by key, "study" facts.
        numerics: what the epochs of these runs were trained in; more than one are mixed.
        tuning: the runs on which settings were tuned, by candidate; they are not compared.
        final: whether no further run can be asked for: settings are tuned, and no seed will be added.
        verified: what became of training a run again by the reference loop, None unless `run` was asked to verify.
    """

    study: Study
    directory: Path
    runs: tuple[Run, ...]
    last: Mapping[str, Epoch]
    test: Mapping[str, tuple[SealedEpoch, ...]]
    look: Look | None
    choice: Choice | None
    looks: int
    facts: Mapping[str, Mapping[str, Any]]
    numerics: tuple[Numerics, ...]
    tuning: tuple[Run, ...] = ()
    final: bool = True
    verified: "Verified | None" = None

    def __repr__(self) -> str:
        states = ", ".join(f"{count} {state}" for state, count in Counter(run.state for run in self.runs).items())
        return f"<Results of {self.study.name}: {states}; {self.response} accuracy; {self.directory}>"

    def _repr_html_(self) -> str:
        words = f"<p><b>{html.escape(self.study.name)}</b>: {html.escape(self.answer())}</p>"
        return words + self.table()._repr_html_() + self.effects()._repr_html_()

    @property
    def response(self) -> str:
        """The split that the verdicts stand on: "test" after a look at all runs, "validation" before."""
        return "test" if self.look is not None else "validation"

    @property
    def mixed(self) -> str:
        """Which conditions were trained in what, where that is not the same for all; "" where it is."""
        return mixed(self.numerics)

    @functools.cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions of the study, baseline first."""
        return expand(self.study)

    @functools.cached_property
    def margin(self) -> tuple[float | None, str]:
        """The smallest effect, a fraction, and where it comes from; None where there are no images to judge by."""
        from paribus.stats import smallest_effect  # noqa: PLC0415  scipy: not for a look at the state of runs

        return smallest_effect(self.study.design.smallest_effect, images=self._images) if self.judged else (None, "")

    @functools.cached_property
    def estimates(self) -> "tuple[ConditionEstimate, ...]":
        """Each condition over its seeds."""
        from paribus.stats import describe  # noqa: PLC0415

        found = describe(self.responses, alpha=self.study.design.alpha)
        return found if self.judged else tuple(dataclasses.replace(each, reason=self._unjudged) for each in found)

    @functools.cached_property
    def contrasts(self) -> "tuple[ContrastEstimate, ...]":
        """Each declared contrast with its verdict."""
        from paribus.stats import contrasts  # noqa: PLC0415

        design, every = self.study.design, looks_of(self.study)
        found = contrasts(self.responses, smallest_effect=self.margin[0], alpha=design.alpha, looks=every)
        return found if self.judged else tuple(dataclasses.replace(each, reason=self._unjudged) for each in found)

    def sentences(self) -> dict[str, str]:
        """Return what each contrast allows to be said, by condition."""
        from paribus.stats import sentence  # noqa: PLC0415

        say = functools.partial(sentence, alpha=self.study.design.alpha, smallest_effect=self.margin[0])
        return {each.condition: say(each) for each in self.contrasts}

    def answer(self) -> str:
        """Return the study's answer in a sentence or two."""
        from paribus.stats import answer, spread  # noqa: PLC0415

        if not self.judged:
            return self._unjudged
        if not self.contrasts:
            return spread(self.estimates[0], alpha=self.study.design.alpha, response=f"{self.response} accuracy")
        return answer(self.contrasts, alpha=self.study.design.alpha, smallest_effect=self.margin[0])

    def table(self) -> Table:
        """Return one row per condition: seeds, mean, standard deviation and interval of the response."""
        columns = ("condition", "n", "diverged", "mean", "sd", "low", "high", "note")
        rows = [
            (e.name, e.n, e.diverged, e.mean, e.sd, *(e.interval or (None, None)), e.reason) for e in self.estimates
        ]
        return Table(columns, rows)

    def effects(self) -> Table:
        """Return one row per contrast with the baseline: difference, interval, p values, verdict."""
        columns = ("condition", "baseline", "n", "difference", "low", "high", "p", "p_adjusted", "verdict", "note")
        rows = [
            (
                *(c.condition, c.baseline, c.n, c.difference),
                *(c.interval or (None, None)),
                *(c.p, c.p_adjusted, c.verdict, c.reason),
            )
            for c in self.contrasts
        ]
        return Table(columns, rows)

    def figure(self, name: str = "accuracy") -> Any:
        """Return an Altair chart: dots, differences, loss, accuracy, batch-loss or batch-accuracy."""
        from paribus.lab.content import figure  # noqa: PLC0415  altair

        return figure(self, name)

    def report(self, *, inside: Sequence[str] = ()) -> Path:
        """Write the report, figures and tables from the store; return the report's path.

        Args:
            inside: conditions to look into, beside the baseline and the best one.

        Raises:
            StudyError: the study has no such condition.
        """
        from paribus.lab.content import write_report  # noqa: PLC0415  altair, jinja2

        return write_report(self, inside=inside)

    def json(self) -> dict[str, Any]:
        """Return the study as the commands print it with --json."""
        from paribus.lab.as_json import results_json  # noqa: PLC0415

        return results_json(self)

    @property
    def judged(self) -> bool:
        """Whether there is a split to judge by: test after a look, else validation if the study has one."""
        return self._images > 0

    @property
    def failed(self) -> tuple[Run, ...]:
        """The runs that an error ended."""
        return tuple(run for run in (*self.tuning, *self.runs) if run.state == "failed")

    @property
    def measured(self) -> bool:
        """Whether any run ended well: without one there is nothing to open the test set for."""
        return any(run.state == "done" for run in self.runs)

    @property
    def complete(self) -> bool:
        """Whether every run has ended, well or diverged, and no other will be asked for."""
        return self.final and all(run.state in ("done", "diverged") for run in self.runs)

    def test_accuracy(self, run: Run) -> float | None:
        """Return a run's test accuracy at the last epoch; None while sealed, and for a diverged run."""
        opened = self.test.get(run.id)
        return opened[-1].test_accuracy if opened and run.state == "done" else None

    def validation_accuracy(self, run: Run) -> float | None:
        """Return a run's validation accuracy at its latest epoch; None without a split, and for a diverged run."""
        epoch = self.last.get(run.id)
        return epoch.validation_accuracy if epoch and run.state != "diverged" else None

    @property
    def findings(self) -> tuple[dict[str, Any], ...]:
        """What speaks against the study's images: code, severity, where, evidence, fix, muted."""
        every = [finding for found in self.facts.get("findings", {}).values() for finding in found]
        return tuple({**each, "muted": False} for place, each in enumerate(every) if each not in every[:place])

    @property
    def largest(self) -> tuple[str, ...]:
        """Which batch "largest" is, in sentences; empty where no condition asks for it."""
        return largest_sentences(self.study, self.facts.get("largest", {}))

    def notes(self) -> tuple[str, ...]:
        """Return what a reader should know beside the numbers, in sentences; empty when there is nothing."""
        from paribus.lab.noting import notes  # noqa: PLC0415

        return notes(self)

    @property
    def _unjudged(self) -> str:
        return _ALL_LOST if self.complete and not self.measured else _UNJUDGED

    @functools.cached_property
    def responses(self) -> "RunTable":
        """The response of every finished run, by condition and seed; None for a diverged one."""
        from paribus.stats import RunTable  # noqa: PLC0415

        values: dict[str, dict[int, float | None]] = {each.name: {} for each in self.conditions}
        measure = self.test_accuracy if self.look is not None else self.validation_accuracy
        for run in self.runs:
            value = measure(run)
            if run.state == "diverged" or (run.state == "done" and value is not None):
                values[run.condition][run.seed] = value
        return RunTable(values=values, baseline=self.conditions[0].name, images=self._images)

    @property
    def _images(self) -> int:
        part = "test" if self.look is not None else "validation"
        return max((sum(facts[part]) for facts in self.facts["data"].values()), default=0)


def chosen(results: Results) -> tuple[str, str, str] | None:
    """Return condition, rule and digest of the choice; None when nothing was chosen."""
    choice = results.choice
    if choice is None or choice.value["condition"] is None:
        return None
    return choice.value["condition"], choice.value["rule"], choice.sha256


def response_note(results: Results) -> str:
    """Return what the response means and how it came to be, for readers of a table."""
    if results.response == "validation":
        return (
            "Accuracies are on the validation split: the test set is still sealed, "
            "so these numbers may be looked at again and again and prove less."
        )
    rule = results.choice.value["rule"] if results.choice else NO_RULE
    how = "after the choice was written" if rule != NO_RULE else "without a choice (there is no validation split)"
    return (
        f"Accuracies are on the test set, opened once for all runs together, {how}; "
        f"it is look {results.looks} at this test set in this folder of studies."
    )
