"""[design]: which conditions are compared, over how many seeds, and what difference would matter."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from paribus.core import STREAMS, Stream
from paribus.study.recipe import Frozen
from paribus.study.refusals import refusal
from paribus.study.values import shown

_MOST_SEEDS = 10_000


class Design(Frozen):
    """How the question is put.

    Attributes:
        kind: which combinations of levels are conditions.
        baseline: level of each factor that the others are compared with; complete in a Study (path to label).
        conditions: for "explicit" only, the levels or values of each condition, and perhaps its label.
        seeds: number of seeds, which are 0, 1, ...
        vary_streams: the randomness that differs from seed to seed.
        metric: the response.
        smallest_effect: the smallest difference that would matter, as a fraction (the file has "0.2pp").
        alpha: error rate of the verdicts.
    """

    kind: Literal["one-at-a-time", "grid", "explicit"] = "one-at-a-time"
    baseline: dict[str, object] = Field(default={})
    conditions: tuple[dict[str, object], ...] = ()
    seeds: Annotated[int, Field(ge=1, le=_MOST_SEEDS)] = 5
    vary_streams: Annotated[tuple[Stream, ...], Field(min_length=1)] = STREAMS
    metric: Literal["accuracy"] = "accuracy"
    smallest_effect: Annotated[float, Field(gt=0, lt=1)] | None = None
    alpha: Annotated[float, Field(gt=0, lt=0.5)] = 0.05

    @field_validator("seeds", mode="before")
    @classmethod
    def _no_sequential_seeds_yet(cls, value: object) -> object:
        if isinstance(value, Mapping):
            raise refusal(f"{shown(value)}: seeds until decided are not in this version", allowed="seeds = 5")
        return value

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
