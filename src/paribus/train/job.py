"""What a worker is told: one run, the plan it executes under, and where to go on."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from paribus.core import Streams
from paribus.study import Recipe

if TYPE_CHECKING:  # NumPy is not needed to start workers
    from paribus.data import SharedImages

Library = Literal["tiles", "sparse", "scipy", "torch"]


@dataclass(frozen=True, slots=True)
class Plan:
    """How a run is executed: provenance, not identity. Fixed at the run's first start and kept on resume.

    Attributes:
        path: "reference", PyTorch's own layers and autograd; "native", compiled code for stacks of layers on the CPU.
        device: "cpu" or a CUDA device ("cuda", "cuda:1").
        threads: threads of PyTorch in a worker process; idle cores that help the native path change no bit.
        memory_format: layout of image batches and convolution weights.
        linear: whose matrix products the native path takes for Linear layers: our own tiles, or a library's; "sparse"
            is tiles and, for a Linear that takes the images themselves, products that skip dark pixels.
        convolution: likewise for Conv2d layers.
    """

    path: Literal["reference", "native"] = "reference"
    device: str = "cpu"
    threads: int = 1
    memory_format: Literal["contiguous", "channels_last"] = "contiguous"
    linear: Library = "scipy"
    convolution: Library = "scipy"


@dataclass(frozen=True, slots=True)
class Resume:
    """Where an interrupted run goes on: finished epochs, updates made, and the state bytes after them."""

    epoch: int
    step: int
    state: bytes


@dataclass(frozen=True, slots=True)
class Job:
    """One run to train: its identity, recipe and randomness, its images, its plan.

    Attributes:
        source: digest of the user's model file when the run got its identity, "" for layers.
    """

    run: str
    recipe: Recipe
    streams: Streams
    images: "SharedImages"
    base_dir: Path
    plan: Plan
    source: str = ""
    resume: Resume | None = None
