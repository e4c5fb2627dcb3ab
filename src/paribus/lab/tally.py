"""Where a study stands while it trains, counted from what the workers say."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from paribus.core import EpochRecord, Outcome
from paribus.lab.progress import Ended, Snapshot, Working
from paribus.lab.standing import Board
from paribus.study import Run
from paribus.train import Event, Progress, Started, steps_per_epoch, total_steps


@dataclass(slots=True)
class Tally:
    """Counts the events of one session.

    Attributes:
        runs: identity -> run, of the runs to train.
        runs_total, runs_done: of the whole study.
        board: of its conditions, None where one run alone is trained again.
        split: what the board's accuracies are measured on.
    """

    runs: Mapping[str, Run]
    runs_total: int
    runs_done: int
    board: Board | None = None
    split: str = "validation"
    epochs_done: int = 0
    seen: dict[str, int] = field(default_factory=dict)  # training images, by run
    to_see: dict[str, int] = field(default_factory=dict)
    epochs: dict[str, tuple[int, int]] = field(default_factory=dict)  # finished before this session, and all, by run
    began: dict[str, float] = field(default_factory=dict)
    last: dict[str, EpochRecord] = field(default_factory=dict)
    start: float | None = None
    pace: tuple[float, int] | None = None  # when, and how many images, speed is counted from

    def plan(self, run: str, *, train_images: int, steps_done: int) -> None:
        """Note how many training images a run still has to see."""
        spec = self.runs[run].recipe.train
        batch = min(spec.batch, train_images)
        steps, each = total_steps(spec, images=train_images), steps_per_epoch(spec, images=train_images)
        self.to_see[run] = (steps - steps_done) * batch
        self.epochs[run] = -(-steps_done // each), -(-steps // each)

    def hear(self, event: Event) -> Snapshot:
        """Count one event and return where the study stands."""
        ended = None
        if isinstance(event, Started):
            self.began[event.run] = time.monotonic()
            self.start = self.start or time.monotonic()
            self._work(event.run)
        elif isinstance(event, Progress):
            self.seen[event.run] = self.seen.get(event.run, 0) + event.images
            # From the first images on: before them a worker may have had to load, or to compile.
            self.pace = self.pace or (time.monotonic(), sum(self.seen.values()))
            self._work(event.run)
        elif isinstance(event, EpochRecord):
            self.epochs_done += event.epoch > 0
            self.last[event.run] = event
            self._work(event.run)
        elif isinstance(event, Outcome):
            self.runs_done += 1
            self.seen[event.run] = self.to_see[event.run] = self.seen.get(event.run, 0)
            ended = self._ended(event)
            if self.board is not None:
                self.board.put(ended.condition, ended.seed, ended.state, accuracy=ended.accuracy)
        return self.snapshot(ended)

    def _work(self, run: str) -> None:
        """Tell the board how far a run is."""
        if self.board is None:
            return
        asked, last, (before, epochs) = self.runs[run], self.last.get(run), self.epochs[run]
        # Seen in this session, of what this session has to show: the share of a resumed run starts where it stood.
        rest = self.seen.get(run, 0) / self.to_see[run] if self.to_see[run] else 1.0
        share = (before + rest * (epochs - before)) / epochs if epochs else 1.0
        self.board.work(asked.condition, Working(asked.seed, last.epoch if last else before, epochs, min(share, 1.0)))

    def _ended(self, outcome: Outcome) -> Ended:
        run, last = self.runs[outcome.run], self.last.get(outcome.run)
        validated = last is not None and last.validation_accuracy is not None
        accuracy = (last.validation_accuracy if validated else last.clean_accuracy) if last else None
        return Ended(
            number=self.runs_done,
            runs=self.runs_total,
            condition=run.condition,
            seed=run.seed,
            state=outcome.state,
            message=outcome.message,
            accuracy=accuracy,
            split="validation" if validated else "training",
            seconds=time.monotonic() - self.began.get(outcome.run, time.monotonic()),
        )

    def snapshot(self, ended: Ended | None = None) -> Snapshot:
        """Return where the study stands."""
        done, total = sum(self.seen.values()), sum(self.to_see.values())
        began, before = self.pace or (time.monotonic(), 0)
        elapsed = time.monotonic() - began
        speed = (done - before) / elapsed if done > before and elapsed > 0 else None
        return Snapshot(
            stage="training" if self.start else "starting workers",
            runs_done=self.runs_done,
            runs=self.runs_total,
            epochs_done=self.epochs_done,
            images_done=done,
            images=total,
            images_per_second=speed,
            seconds_left=max(0.0, total - done) / speed if speed else None,
            ended=ended,
            standings=self.board.standings() if self.board else (),
            split=self.split,
        )
