"""One contrast in depth, as a value: what `compare` returns."""

import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paribus.stats import (
        ClassDifference,
        ContrastEstimate,
        ImageScreen,
        Improvement,
        McNemar,
        Pairing,
        TwoErrors,
    )


@dataclass(frozen=True)
class Comparison:
    """Condition A against condition B of one study.

    Attributes:
        study, directory: whose.
        condition, baseline: A and B.
        response: "test" or "validation".
        declared: whether this contrast was planned, so that its verdict counts.
        estimate: difference, interval, test.
        improvement, pairing: over seeds.
        errors: both sources of error; None while sealed.
        networks: exact McNemar for the two networks of the smallest common seed; None while sealed.
        network_seed: that seed.
        classes: differences class by class; empty while sealed.
        screen: images fixed and broken; None while sealed.
        sentences: what may be said, in order.
        sealed: why parts are missing; empty where none are.
        by_seed: seed, accuracies of A and of B, their difference, for the seeds that both have.
    """

    study: str
    directory: Path
    condition: str
    baseline: str
    response: str
    declared: bool
    estimate: "ContrastEstimate"
    improvement: "Improvement"
    pairing: "Pairing"
    errors: "TwoErrors | None"
    networks: "McNemar | None"
    network_seed: int | None
    classes: "tuple[ClassDifference, ...]"
    screen: "ImageScreen | None"
    sentences: tuple[str, ...]
    sealed: str
    by_seed: tuple[tuple[int, tuple[float, float], float], ...]

    def json(self) -> dict[str, Any]:
        """Return the comparison as the command prints it with --json."""
        screen = self.screen
        found = {
            "study": self.study,
            "directory": str(self.directory),
            "condition": self.condition,
            "baseline": self.baseline,
            "response": self.response,
            "declared": self.declared,
            "estimate": dataclasses.asdict(self.estimate),
            "improvement": dataclasses.asdict(self.improvement),
            "pairing": dataclasses.asdict(self.pairing),
            "errors": dataclasses.asdict(self.errors) if self.errors else None,
            "networks": {**dataclasses.asdict(self.networks), "seed": self.network_seed} if self.networks else None,
            "classes": [dataclasses.asdict(each) for each in self.classes],
            "images": {"fixed": list(screen.fixed), "broken": list(screen.broken), "reason": screen.reason}
            if screen
            else None,
            "sentences": list(self.sentences),
            "sealed": self.sealed,
        }
        return {key: _finite(value) for key, value in found.items()}


def _finite(value: Any) -> Any:
    """Return a value that JSON has a word for: degrees of freedom without end have none."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
