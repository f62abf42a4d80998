"""What holds for every test."""

import os

from hypothesis import settings


# A busy machine is not a slow function. In CI the same examples are tried every time, so that a failure stays.
settings.register_profile("everyday", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "everyday")
