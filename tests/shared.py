"""Where the shared study material lies, beside the project, for the tests that use it."""

from pathlib import Path

import pytest


SHARED = Path(__file__).resolve().parents[2] / "shared"

needs_shared = pytest.mark.skipif(
    not (SHARED / "DESIGN.md").is_file(),
    reason="the shared study material is not beside the project",
)
