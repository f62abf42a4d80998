"""A sheet while it is being read: rows of text with their numbers, one after the other."""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class GridRow:
    """One row of a sheet, blank ones included."""

    line: int  # the spreadsheet's own number, from 1
    cells: list[str]  # "" where blank
    broken: str | None = None  # code of a problem that makes the row untrustworthy


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """One sheet of a workbook; ``rows`` are all of one width and can be walked once."""

    name: str
    visible: bool
    rows: Iterator[GridRow] = field(repr=False)
