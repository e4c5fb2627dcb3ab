from pathlib import Path

import pytest
from making import make_images

from paribus.core import Streams
from paribus.train import Plan
from paribus.train.bench import lay_out


@pytest.fixture
def make_bench():
    def make(recipe, *, seed=0, images=None, **options):
        plan = options.pop("plan", Plan())
        return lay_out(
            recipe,
            streams=Streams(seed),
            images=images or make_images(),
            base_dir=Path(),
            plan=plan,
            **options,
        )

    return make
