"""In: the [model] table, image shape, classes, seed streams. Out: a torch network; its table as plain facts.

Never: evaluates a layer expression, moves torch's global generator, changes a user's own module.
"""

from paribus.models.adapter import instantiate
from paribus.models.build import build, source_digest
from paribus.models.describe import describe
from paribus.models.randomness import CountedDropout, LayerStack, step_randomness

__all__ = ["CountedDropout", "LayerStack", "build", "describe", "instantiate", "source_digest", "step_randomness"]
