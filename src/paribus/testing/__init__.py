"""In: a network or a data set of a user's own, as a file's name or an object. Out: what speaks for it and against it.

Never: changes what it checks, moves torch's global generator, raises because of what it finds.
"""

from paribus.testing.check_model import check_model
from paribus.testing.check_source import check_source
from paribus.testing.contract import Contract

__all__ = ["Contract", "check_model", "check_source"]
