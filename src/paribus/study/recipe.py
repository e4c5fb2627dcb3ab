"""A recipe: every setting of one training, complete and frozen. Field names are those of the study file."""

import re
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

BUILT_IN_SOURCES = ("digits", "mnist", "fashion-mnist", "kmnist", "cifar10")

Fraction = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]


class Frozen(BaseModel):
    """The strict base of all study types: unknown keys are errors, nothing is coerced, nothing changes."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", validate_default=True)


class Standardization(Frozen):
    """Fixed per-channel statistics of pixels / 255; one value serves all channels."""

    mean: Annotated[tuple[Finite, ...], Field(min_length=1)]
    std: Annotated[tuple[Positive, ...], Field(min_length=1)]


class DataSpec(Frozen):
    """[data]: which images, how they are split and normalised."""

    source: str
    validation: Annotated[int, Field(ge=0)] | Fraction = 0
    split: Literal["fixed", "seed"] = "fixed"
    normalize: Literal["train", False] | Standardization = "train"
    train_images: Count | None = None
    resize: Annotated[int, Field(ge=1, le=1024)] | None = None

    @field_validator("source")
    @classmethod
    def _known_source(cls, value: str) -> str:
        if value not in BUILT_IN_SOURCES:
            raise ValueError(f"unknown source|{value}|{'|'.join(BUILT_IN_SOURCES)}")
        return value


class ModelSpec(Frozen):
    """[model]: layer expressions with torch.nn's names, or a class of the user's own."""

    layers: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    module: str | None = None
    init: Literal[
        "default", "kaiming_normal", "kaiming_uniform", "xavier_normal", "xavier_uniform", "orthogonal", "zeros"
    ] = "default"

    @field_validator("module")
    @classmethod
    def _file_and_class(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r".+\.py:[A-Za-z_]\w*", value):
            raise ValueError("must be FILE.py:CLASS, for example nets.py:CNNNetExp4")
        return value

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.layers is None) == (self.module is None):
            raise ValueError('must have exactly one of layers = [...] and module = "FILE.py:CLASS"')
        if self.module is not None and self.init != "default":
            raise ValueError("init works on layers only: a module of your own initialises itself")
        return self


class StepSchedule(Frozen):
    """Learning rate times gamma after every step_size epochs (torch's StepLR)."""

    step_size: Count
    gamma: Positive = 0.1


class CosineSchedule(Frozen):
    """From lr to eta_min along half a cosine over all updates (torch's CosineAnnealingLR, stepped every update)."""

    eta_min: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0


class OneCycleSchedule(Frozen):
    """Up from lr / div_factor to lr, down to a final_div_factor-th of the start (torch's OneCycleLR, cosine)."""

    pct_start: Annotated[float, Field(gt=0, lt=1)] = 0.3
    div_factor: Positive = 25.0
    final_div_factor: Positive = 1e4


class Schedule(Frozen):
    """How the learning rate changes; exactly one of the four (a constant rate is the word "constant")."""

    exponential: Positive | None = None
    step: StepSchedule | None = None
    cosine: CosineSchedule | None = None
    onecycle: OneCycleSchedule | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(value is not None for value in (self.exponential, self.step, self.cosine, self.onecycle)) != 1:
            raise ValueError("must name exactly one of exponential, step, cosine, onecycle")
        return self


class TrainSpec(Frozen):
    """[train]: loss, optimizer, schedule and length."""

    optimizer: Literal["SGD", "Adam", "AdamW"] = "SGD"
    lr: Positive
    momentum: Fraction = 0.0
    nesterov: bool = False
    weight_decay: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    betas: tuple[Fraction, Fraction] = (0.9, 0.999)
    batch_size: Count
    epochs: Count | None = None
    steps: Count | None = None
    loss: Literal["cross_entropy", "nll", "mse"] = "cross_entropy"
    label_smoothing: Fraction = 0.0
    schedule: Literal["constant"] | Schedule = "constant"
    augment: tuple[str, ...] = ()

    @field_validator("augment")
    @classmethod
    def _no_augmentation_yet(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if value:
            raise ValueError("augmentation is not in this version; allowed: []")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.epochs is None) == (self.steps is None):
            raise ValueError("must have exactly one of epochs = N and steps = N")
        if self.nesterov and not (self.optimizer == "SGD" and self.momentum > 0):
            raise ValueError("nesterov = true needs SGD with a momentum above 0")
        if self.optimizer != "SGD" and self.momentum > 0:
            raise ValueError(f"momentum belongs to SGD; {self.optimizer} has betas")
        if self.optimizer == "SGD" and "betas" in self.model_fields_set:
            raise ValueError("betas belong to Adam and AdamW; SGD has momentum")
        if self.label_smoothing > 0 and self.loss != "cross_entropy":
            raise ValueError(f"label_smoothing belongs to cross_entropy, not {self.loss}")
        return self


class Recipe(Frozen):
    """Everything that one training is told, but the seed."""

    data: DataSpec
    model: ModelSpec
    train: TrainSpec
