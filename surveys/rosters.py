"""The rows of a roster as one cell of the interview they belong to, so that they share its fate.

A row is a mapping with ``@number``, its place among the rows of its interview as received, from 1, and each question's
canonical text, with ``NAME@missing`` where there is a reason. What is absent has neither.
"""

import json
from collections.abc import Mapping, Sequence


NUMBER = "@number"

Row = Mapping[str, str | int]


def cell_of(rows: Sequence[Row]) -> str:
    """The cell that holds these rows."""
    return json.dumps([dict(row) for row in rows], ensure_ascii=False, separators=(",", ":"))


def rows_of_cell(cell: str) -> list[Row]:
    """The rows that a cell holds."""
    rows: list[Row] = json.loads(cell)
    return rows


def in_words(cell: str) -> str:
    """The cell for a person who compares two versions: the answers of each row."""
    rows = (
        ", ".join(f"{name}: {value}" for name, value in row.items() if "@" not in name)
        for row in rows_of_cell(cell)
    )
    return "; ".join(f"({words})" for words in rows)
