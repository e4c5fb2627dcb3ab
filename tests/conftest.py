"""What holds for every test."""

import os
from pathlib import Path

from hypothesis import settings

# A property is true or false, not late: how long an example takes depends on what else the machine does.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

# Compiled code is kept from test to test, though many have a cache of their own: compiling takes half a minute.
os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(__file__).parents[1] / ".pytest_cache" / "compiled"))
