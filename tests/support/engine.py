"""The compiled code of the native path, made before the first test asks for it."""

from pathlib import Path

import torch
from making import make_images, make_recipe

from paribus.core import Streams
from paribus.train import Plan
from paribus.train.bench import lay_out
from paribus.train.loop import path_of, train_epoch


def compile_engine(dtype: torch.dtype) -> None:
    """Compile what trains and measures in one precision, or load what was compiled before."""
    plan = Plan(path="native", linear="tiles", convolution="tiles")
    bench = lay_out(make_recipe(), streams=Streams(0), images=make_images(), base_dir=Path(), plan=plan, dtype=dtype)
    path = path_of(bench)
    train_epoch(path, epoch=1, first_step=0, steps=1)
    path.measure(bench.parts["test"])
    path.outputs(path.pixels(bench.parts["test"], torch.arange(2)), number=0)
