"""One version: what the package says it is, is what the changelog tells of."""

import re
import tomllib
from pathlib import Path


ROOT = Path(__file__).parents[1]


def test_the_package_has_the_version_the_changelog_begins_with() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    newest = re.search(r"^## (\S+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
    assert newest
    assert declared == newest[1]
