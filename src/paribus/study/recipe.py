"""A recipe: every setting of one training, complete and frozen. Field names are those of the study file."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from paribus.core import nearest
from paribus.study.augmentations import check_order, checked_augmentation
from paribus.study.refusals import refusal
from paribus.study.values import shown

BUILT_IN_SOURCES = ("digits", "mnist", "fashion-mnist", "kmnist", "cifar10")

Fraction = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1, le=10**9)]

LARGEST = "largest"

_FOLDER = "folder:"


def is_folder(source: str) -> bool:
    """Return whether a source is a folder of images: "folder:PATH"."""
    return source.startswith(_FOLDER) and source != _FOLDER


def is_code(source: str) -> bool:
    """Return whether a source is a function in a file of the user's own: "FILE.py:NAME"."""
    return re.fullmatch(r".+\.py:[A-Za-z_]\w*", source) is not None


class Frozen(BaseModel):
    """The strict base of all study types: unknown keys are errors, nothing is coerced, nothing changes."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", validate_default=True)


class Standardization(Frozen):
    """Fixed per-channel statistics of pixels / 255; one value serves all channels."""

    mean: Annotated[tuple[Finite, ...], Field(min_length=1)]
    std: Annotated[tuple[Positive, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _as_many(self) -> Self:
        if len(self.mean) != len(self.std) and 1 not in (len(self.mean), len(self.std)):
            wrong = f"has {len(self.mean)} means, but {len(self.std)} standard deviations"
            raise refusal(wrong, allowed="one of each per channel, or one for all channels")
        return self


class DataSpec(Frozen):
    """[data]: which images, how they are split and normalised."""

    source: str
    validation: Annotated[int, Field(ge=0, le=10**9)] | Fraction | Literal["given"] = Field(
        default=0,
        description='a count (5000), a fraction below 1 (0.1), 0 for no validation split, or "given": the one that '
        "the source brings along",
    )
    split: Literal["fixed", "seed"] = "fixed"
    normalize: Literal["train", False] | Standardization = Field(
        default="train", description='"train", false, or { mean = [0.5], std = [0.5] }'
    )
    train_images: Count | None = None
    resize: Annotated[int, Field(ge=1, le=1024)] | None = None
    on_bad_image: Literal["stop", "skip"] = "stop"

    @field_validator("source")
    @classmethod
    def _known_source(cls, value: str) -> str:
        if value in BUILT_IN_SOURCES or is_folder(value) or is_code(value):
            return value
        allowed = f'{", ".join(BUILT_IN_SOURCES)}, "folder:PATH", "FILE.py:NAME"'
        near = nearest(value, BUILT_IN_SOURCES)
        raise refusal(f"{shown(value)} is no known source", allowed=allowed, nearest=near)

    @field_validator("normalize", mode="before")
    @classmethod
    def _false_is_no_number(cls, value: object) -> object:
        # pydantic takes 0 for False
        if isinstance(value, int | float) and value is not False:
            raise refusal(f"{shown(value)} is not allowed", allowed='"train", false, or { mean = [0.5], std = [0.5] }')
        return value


class ModelSpec(Frozen):
    """[model]: layer expressions with torch.nn's names, or a class of the user's own."""

    layers: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    module: str | None = None
    init: Literal[
        "default",
        "kaiming_normal",
        "kaiming_uniform",
        "xavier_normal",
        "xavier_uniform",
        "orthogonal",
        "zeros",
    ] = "default"

    @field_validator("module")
    @classmethod
    def _file_and_class(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r".+\.py:[A-Za-z_]\w*", value):
            raise refusal(f"{shown(value)} names no class", allowed='"FILE.py:CLASS", for example "nets.py:CNNNetExp4"')
        return value

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.layers is None) == (self.module is None):
            found = "has neither layers nor module" if self.layers is None else "has both layers and module"
            raise refusal(found, allowed='one of layers = ["Flatten", ...] and module = "FILE.py:CLASS"')
        if self.module is not None and self.init != "default":
            wrong = f"{shown(self.init)} works on layers only: a module of your own initialises itself"
            raise refusal(wrong, allowed='"default"', at="init")
        return self


class StepSchedule(Frozen):
    """Learning rate times gamma after every step_size epochs (torch's StepLR)."""

    step_size: Count
    gamma: Positive = 0.1


class CosineSchedule(Frozen):
    """From lr to eta_min along half a cosine over all updates (torch's CosineAnnealingLR, every update)."""

    eta_min: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0


class OneCycleSchedule(Frozen):
    """Up from lr / div_factor to lr, down to a final_div_factor-th of that (torch's OneCycleLR, cosine)."""

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
        named = [name for name, value in self if value is not None]
        if len(named) != 1:
            wrong = f"names {' and '.join(named)}" if named else "names no schedule"
            raise refusal(wrong, allowed="exactly one of exponential, step, cosine, onecycle")
        return self


class TrainSpec(Frozen):
    """[train]: loss, optimizer, schedule and length."""

    optimizer: Literal["SGD", "Adam", "AdamW"] = "SGD"
    lr: Positive
    momentum: Fraction = 0.0
    nesterov: bool = False
    weight_decay: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    betas: tuple[Fraction, Fraction] = (0.9, 0.999)
    batch_size: Count | Literal["largest"] = Field(
        description='a whole number from 1, for example batch_size = 32; or "largest": the largest that fits'
    )
    epochs: Count | None = None
    steps: Count | None = None
    loss: Literal["cross_entropy", "nll", "mse"] = "cross_entropy"
    label_smoothing: Fraction = 0.0
    schedule: Literal["constant"] | Schedule = Field(
        default="constant",
        description='"constant", { exponential = 0.95 }, { step = { step_size = 10 } }, { cosine = {} }, '
        "or { onecycle = {} }",
    )
    augment: tuple[Annotated[str, AfterValidator(checked_augmentation)], ...] = ()
    precision: Literal["float32", "bfloat16", "tf32"] = "float32"

    @property
    def batch(self) -> int:
        """The batch size as a number; the word "largest" has become one before anything is computed with it."""
        assert isinstance(self.batch_size, int), "the largest batch was not looked for"
        return self.batch_size

    @field_validator("augment")
    @classmethod
    def _in_order(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        check_order(value)
        return value

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if (self.epochs is None) == (self.steps is None):
            found = "has neither epochs nor steps"
            if self.epochs is not None:
                found = f"has both epochs = {self.epochs} and steps = {self.steps}"
            raise refusal(found, allowed="one of epochs = 20 and steps = 1000")
        return self

    @model_validator(mode="after")
    def _settings_of_the_optimizer(self) -> Self:
        if self.nesterov and not (self.optimizer == "SGD" and self.momentum > 0):
            found = f"true with {self.optimizer} and momentum = {self.momentum}"
            raise refusal(found, allowed="true needs SGD with a momentum above 0", at="nesterov")
        if self.optimizer != "SGD" and self.momentum > 0:
            found = f"{self.momentum} with {self.optimizer}"
            raise refusal(found, allowed=f"momentum belongs to SGD; {self.optimizer} has betas", at="momentum")
        if self.optimizer == "SGD" and "betas" in self.model_fields_set:
            found = f"{shown(self.betas)} with SGD"
            raise refusal(found, allowed="betas belong to Adam and AdamW; SGD has momentum", at="betas")
        return self

    @model_validator(mode="after")
    def _smoothing_of_the_loss(self) -> Self:
        if self.label_smoothing > 0 and self.loss != "cross_entropy":
            found = f"{self.label_smoothing} with {self.loss}"
            raise refusal(found, allowed='label smoothing belongs to loss = "cross_entropy"', at="label_smoothing")
        return self


class Recipe(Frozen):
    """Everything that one training is told, but the seed."""

    data: DataSpec
    model: ModelSpec
    train: TrainSpec

    @property
    def identity(self) -> dict[str, object]:
        """What makes it another recipe, as plain values: all that is not as it is by default.

        A setting that a later version adds leaves finished runs what they are (docs/decisions/0007).
        """
        return self.model_dump(mode="json", exclude_defaults=True)
