"""In: the text of a study file, and changes to it. Out: a Study, its conditions and its runs, all frozen.

Never: imports torch, loads an image, decides where or how fast something is trained.
"""

from paribus.study.design import Design, Published
from paribus.study.expand import SCHEMA_VERSION, Condition, Run, expand, runs
from paribus.study.gallery import gallery_names, gallery_text, load_gallery, resolve
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
from paribus.study.study import Study, directory_name

__all__ = [
    "BUILT_IN_SOURCES",
    "SCHEMA_VERSION",
    "Condition",
    "CosineSchedule",
    "DataSpec",
    "Design",
    "Level",
    "ModelSpec",
    "OneCycleSchedule",
    "Published",
    "Recipe",
    "Run",
    "Schedule",
    "Standardization",
    "StepSchedule",
    "Study",
    "TrainSpec",
    "directory_name",
    "expand",
    "gallery_names",
    "gallery_text",
    "is_code",
    "is_folder",
    "is_quick",
    "load_gallery",
    "load_study",
    "parse_study",
    "quick",
    "resolve",
    "runs",
]
