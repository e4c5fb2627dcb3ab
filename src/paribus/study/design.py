"""[design]: which conditions are compared, over how many seeds, and what difference would matter."""

import re
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from paribus.core import STREAMS, Stream
from paribus.study.recipe import Frozen
from paribus.study.refusals import refusal
from paribus.study.values import shown

_MOST_SEEDS = 10_000


class SequentialSeeds(Frozen):
    """Seeds that are added, only where a contrast is undecided: from `start` up to `most`."""

    start: Annotated[int, Field(ge=2, le=_MOST_SEEDS)]
    most: Annotated[int, Field(ge=3, le=_MOST_SEEDS)]
    until: Literal["decided"]

    @model_validator(mode="after")
    def _room_to_add(self) -> Self:
        if self.start >= self.most:
            found = f"{self.start} to {self.most} leaves nothing to add"
            raise refusal(found, allowed='{ start = 3, most = 20, until = "decided" }', at="most")
        return self


class Design(Frozen):
    """How the question is put.

    Attributes:
        kind: which combinations of levels are conditions.
        baseline: level of each factor that the others are compared with; complete in a Study (path to label).
        conditions: for "explicit" only, the levels or values of each condition, and perhaps its label.
        seeds: number of seeds, which are 0, 1, ...; or where to start and where to stop adding.
        tune_seeds: number of seeds, of their own, on which the settings of [tune] are chosen.
        vary_streams: the randomness that differs from seed to seed.
        metric: the response.
        smallest_effect: the smallest difference that would matter, as a fraction (the file has "0.2pp").
        alpha: error rate of the verdicts.
    """

    kind: Literal["one-at-a-time", "grid", "explicit"] = "one-at-a-time"
    baseline: dict[str, object] = Field(default={})
    conditions: tuple[dict[str, object], ...] = ()
    seeds: Annotated[int, Field(ge=1, le=_MOST_SEEDS)] | SequentialSeeds = Field(
        default=5, description='1 or more, or { start = 3, most = 20, until = "decided" }'
    )
    tune_seeds: Annotated[int, Field(ge=1, le=_MOST_SEEDS)] = 3
    vary_streams: Annotated[tuple[Stream, ...], Field(min_length=1)] = STREAMS
    metric: Literal["accuracy"] = "accuracy"
    smallest_effect: Annotated[float, Field(gt=0, lt=1)] | None = None
    alpha: Annotated[float, Field(gt=0, lt=0.5)] = 0.05

    @field_validator("vary_streams")
    @classmethod
    def _in_order(cls, value: tuple[Stream, ...]) -> tuple[Stream, ...]:
        return tuple(each for each in STREAMS if each in value)

    @field_validator("smallest_effect", mode="before")
    @classmethod
    def _in_percentage_points(cls, value: object) -> object:
        if value is None:
            return value
        if not isinstance(value, str):
            raise refusal(f"{shown(value)} has no unit", allowed='percentage points, for example "0.2pp"')
        number = re.fullmatch(r"\s*([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*pp\s*", value)
        if number is None or not 0 < Decimal(number[1]) < 100:
            raise refusal(f"{shown(value)} is no difference of accuracies", allowed='"0.2pp": above 0, below 100')
        return float(Decimal(number[1]) / 100)

    @model_validator(mode="after")
    def _a_smallest_effect_to_decide_by(self) -> Self:
        if isinstance(self.seeds, SequentialSeeds) and self.smallest_effect is None:
            raise refusal(
                "is missing: seeds are added until a difference is shown, or shown to be smaller than this",
                allowed='smallest_effect = "0.2pp"',
                at="smallest_effect",
            )
        return self

    @property
    def most_seeds(self) -> int:
        """The largest number of seeds that a condition may get."""
        return self.seeds.most if isinstance(self.seeds, SequentialSeeds) else self.seeds

    @model_validator(mode="after")
    def _conditions_where_explicit(self) -> Self:
        if self.kind == "explicit" and not self.conditions:
            example = 'conditions = [{ "train.lr" = 0.1 }, { "train.lr" = 0.01 }]'
            raise refusal("is missing", allowed=f'kind = "explicit" needs {example}', at="conditions")
        if self.kind != "explicit" and self.conditions:
            found = f"are given, but kind is {shown(self.kind)}"
            raise refusal(found, allowed='conditions belong to kind = "explicit"', at="conditions")
        return self


class Published(Frozen):
    """[[published]]: what somebody else reported for a condition; accuracies are fractions, losses means."""

    condition: str
    test_accuracy: Annotated[float, Field(ge=0, le=1)] | None = None
    train_accuracy: Annotated[float, Field(ge=0, le=1)] | None = None
    test_loss: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    train_loss: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    source: str = ""
