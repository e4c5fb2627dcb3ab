"""What holds for every test."""

import os
from pathlib import Path

from hypothesis import settings

# A property is true or false, not late: how long an example takes depends on what else the machine does. `make test`
# tries the same examples every time, so that what was green stays green; `make torture` draws new ones, and more.
settings.register_profile("house", deadline=None, derandomize=True)
settings.register_profile("torture", deadline=None, max_examples=2000, print_blob=True)
settings.load_profile("house")

# Compiled code is kept from test to test, though many have a cache of their own: compiling takes half a minute.
os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(__file__).parents[1] / ".pytest_cache" / "compiled"))

# Hundreds of processes are started here: as users' do, they keep the modules that Python has compiled.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_collection_finish(session):
    """Have two processes compile one precision each, at the same time, instead of both of them both."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if worker and any(item.path.name.startswith("test_native") for item in session.items):
        import torch  # noqa: PLC0415  not for tests of other rooms
        from engine import compile_engine  # noqa: PLC0415

        compile_engine((torch.float32, torch.float64)[int(worker.removeprefix("gw")) % 2])
