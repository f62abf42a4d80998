"""Whoever stores something new says so in docs/data-protection.md."""

import importlib
import re
from pathlib import Path

import pytest

from surveys.record.tables import metadata


INVENTORY = (Path(__file__).parents[2] / "docs/data-protection.md").read_text("utf-8")
ROWS = dict(re.findall(r"^\| `(\w+)` \| `([\w ]+)` \|", INVENTORY, re.MULTILINE))
for module in ("campaigns.records", "campaigns.release_records"):  # declare theirs on the same metadata
    importlib.import_module(module)


@pytest.mark.parametrize("table", sorted(metadata.tables))
def test_every_stored_column_is_in_the_inventory(table: str) -> None:
    stored = [column.name for column in metadata.tables[table].columns]
    assert ROWS.get(table, "").split() == stored, f"describe {table} in docs/data-protection.md"


def test_the_inventory_names_no_table_that_is_gone() -> None:
    assert set(ROWS) == set(metadata.tables)
