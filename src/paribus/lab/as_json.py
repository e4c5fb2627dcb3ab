"""Results as the commands print them with --json: stable names, full precision, null where undefined or sealed."""

from typing import Any

from paribus.lab.results import Results, chosen
from paribus.stats import ConditionEstimate, ContrastEstimate
from paribus.store import Run


def results_json(results: Results) -> dict[str, Any]:
    """Return the object of `run`, `status` and `report`."""
    choice = chosen(results)
    report = results.directory / "report.html"
    return {
        "study": results.study.name,
        "directory": str(results.directory),
        "report": str(report) if report.exists() else None,
        "response": results.response,
        "largest": list(results.largest),
        "runs": [_run(results, run) for run in results.runs],
        "tuning": [_run(results, run) for run in results.tuning],
        "tuned": {name: dict(labels) for name, labels in results.study.picks.items()},
        "conditions": [_condition(each) for each in results.estimates],
        "contrasts": [_contrast(each) for each in results.contrasts],
        "choice": dict(zip(("condition", "rule", "sha256"), choice, strict=True)) if choice else None,
        "looks": results.looks,
        "findings": list(results.findings),
        "verified": results.verified.json() if results.verified else None,
    }


def _run(results: Results, run: Run) -> dict[str, Any]:
    epoch = results.last.get(run.id)
    done = run.state != "diverged"
    opened = results.test.get(run.id)
    return {
        "condition": run.condition,
        "seed": run.seed,
        "state": run.state,
        "epochs": run.epochs,
        "train_accuracy": epoch.clean_accuracy if epoch and done else None,
        "validation_accuracy": results.validation_accuracy(run),
        "test_accuracy": results.test_accuracy(run),
        "train_loss": epoch.train_loss if epoch and done else None,
        "test_loss": opened[-1].test_loss if opened and run.state == "done" else None,
        "seconds": run.seconds,
        "peak_memory_bytes": run.peak_memory_bytes,
        "weights_sha256": run.weights_sha256,
    }


def _condition(estimate: ConditionEstimate) -> dict[str, Any]:
    return {
        "name": estimate.name,
        "n": estimate.n,
        "mean": estimate.mean,
        "sd": estimate.sd,
        "interval": list(estimate.interval) if estimate.interval else None,
    }


def _contrast(estimate: ContrastEstimate) -> dict[str, Any]:
    return {
        "condition": estimate.condition,
        "baseline": estimate.baseline,
        "n": estimate.n,
        "difference": estimate.difference,
        "interval": list(estimate.interval) if estimate.interval else None,
        "p": estimate.p,
        "p_adjusted": estimate.p_adjusted,
        "verdict": estimate.verdict,
        "seeds_needed": list(estimate.seeds_needed) if estimate.seeds_needed else None,
    }
