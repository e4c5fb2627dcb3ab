"""In: jobs (a recipe, its randomness, shared images, a plan). Out: epoch records and outcomes, through a callback.

Never: writes a file, knows the store, lets a torch object out. This door needs no torch and no NumPy; the workers do.
"""

from paribus.train.augment import augmented
from paribus.train.device import check_precision, settle_device
from paribus.train.job import Job, Plan, Resume
from paribus.train.largest import Largest, Trial, largest_batch
from paribus.train.messages import Call, Environment, Event, Progress, Started
from paribus.train.planning import (
    Network,
    Planned,
    Question,
    Timing,
    agreed,
    as_plain,
    described,
    from_plain,
    planned,
    timed,
)
from paribus.train.pool import Pool
from paribus.train.process import apart
from paribus.train.schedule import images_measured, learning_rate, steps_per_epoch, total_steps
from paribus.train.speed import Speed, measure_speed
from paribus.train.weights import weights_difference

__all__ = [
    "Call",
    "Environment",
    "Event",
    "Job",
    "Largest",
    "Network",
    "Plan",
    "Planned",
    "Pool",
    "Progress",
    "Question",
    "Resume",
    "Speed",
    "Started",
    "Timing",
    "Trial",
    "agreed",
    "apart",
    "as_plain",
    "augmented",
    "check_precision",
    "described",
    "from_plain",
    "images_measured",
    "largest_batch",
    "learning_rate",
    "measure_speed",
    "planned",
    "settle_device",
    "steps_per_epoch",
    "timed",
    "total_steps",
    "weights_difference",
]
