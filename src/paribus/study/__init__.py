"""In: the text of a study file, and changes to it. Out: a Study, its conditions and its runs, all frozen.

Never: imports torch, loads an image, decides where or how fast something is trained.
"""

from paribus.study.augmentations import (
    AUGMENTATIONS,
    Augmentation,
    ColorJitter,
    Mixup,
    RandomCrop,
    RandomErasing,
    RandomHorizontalFlip,
    RandomResizedCrop,
    RandomRotation,
    RandomVerticalFlip,
    augmentations,
    check_fit,
)
from paribus.study.design import Design, Published, SequentialSeeds
from paribus.study.expand import SCHEMA_VERSION, Condition, Run, expand, runs
from paribus.study.expressions import Expression, ExpressionError, Grammar, Value, parse_expression
from paribus.study.gallery import gallery_names, gallery_text, load_gallery, resolve
from paribus.study.largest import asks_for_largest, memory_key, with_batch
from paribus.study.levels import Level
from paribus.study.load import load_study, parse_study
from paribus.study.quick import is_quick, quick
from paribus.study.recipe import (
    BUILT_IN_SOURCES,
    CosineSchedule,
    DataSpec,
    ModelSpec,
    OneCycleSchedule,
    Recipe,
    Schedule,
    Standardization,
    StepSchedule,
    TrainSpec,
    is_code,
    is_folder,
)
from paribus.study.starting import bare_study, starting_text
from paribus.study.study import Study, directory_name
from paribus.study.tuning import Candidate, candidates, mean_accuracy, pick, possible, tuning_runs
from paribus.study.values import toml_text

__all__ = [
    "AUGMENTATIONS",
    "BUILT_IN_SOURCES",
    "SCHEMA_VERSION",
    "Augmentation",
    "Candidate",
    "ColorJitter",
    "Condition",
    "CosineSchedule",
    "DataSpec",
    "Design",
    "Expression",
    "ExpressionError",
    "Grammar",
    "Level",
    "Mixup",
    "ModelSpec",
    "OneCycleSchedule",
    "Published",
    "RandomCrop",
    "RandomErasing",
    "RandomHorizontalFlip",
    "RandomResizedCrop",
    "RandomRotation",
    "RandomVerticalFlip",
    "Recipe",
    "Run",
    "Schedule",
    "SequentialSeeds",
    "Standardization",
    "StepSchedule",
    "Study",
    "TrainSpec",
    "Value",
    "asks_for_largest",
    "augmentations",
    "bare_study",
    "candidates",
    "check_fit",
    "directory_name",
    "expand",
    "gallery_names",
    "gallery_text",
    "is_code",
    "is_folder",
    "is_quick",
    "load_gallery",
    "load_study",
    "mean_accuracy",
    "memory_key",
    "parse_expression",
    "parse_study",
    "pick",
    "possible",
    "quick",
    "resolve",
    "runs",
    "starting_text",
    "toml_text",
    "tuning_runs",
    "with_batch",
]
