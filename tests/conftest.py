"""What holds for every test."""

from hypothesis import settings

# A property is true or false, not late: how long an example takes depends on what else the machine does.
settings.register_profile("house", deadline=None)
settings.load_profile("house")
