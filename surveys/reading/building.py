"""Rows as they come, gathered into a RawTable without holding them twice."""

import unicodedata
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from surveys.reading.grid import Grid
from surveys.reading.limits import Limits
from surveys.reading.refusal import refused, shown
from surveys.reading.table import RawTable


CELLS_AT_ONCE = 400_000  # held as Python text before they are packed
INVISIBLE_AT_START = "\ufeff\u200b"  # left at the front of a header by some exports


class TableBuilder:
    """Takes rows of text one by one; blank cells become null, blank rows are left out."""

    def __init__(self, name: str, header: Sequence[str], limits: Limits) -> None:
        if len(header) > limits.columns:
            raise refused("too_many_columns", found=len(header), limit=limits.columns, sheet=shown(name))
        self.name = name
        self.columns = tuple(header_text(cell) for cell in header)
        self._limits = limits
        self._schema = schema_of(len(self.columns))
        self._waiting: list[list[str | None]] = []
        self._batches: list[pa.RecordBatch] = []
        self._lines: list[int] = []
        self._broken: dict[int, str] = {}

    def add(self, cells: Sequence[str | None], line: int, broken: str | None = None) -> None:
        """Keep one row, as wide as the header; ``broken`` marks it as not to be trusted."""
        kept = [cell if cell and not cell.isspace() else None for cell in cells]
        if broken is None and not any(kept):
            return
        if broken is not None:
            self._broken[len(self._lines)] = broken
        self._lines.append(line)
        self._waiting.append(kept)
        if len(self._lines) > self._limits.rows:
            raise refused("too_many_rows", found=line, limit=self._limits.rows, sheet=shown(self.name))
        if len(self._waiting) * len(self.columns) >= CELLS_AT_ONCE:
            self._pack()

    def finish(self) -> RawTable:
        """The table of everything added."""
        self._pack()
        return RawTable(
            name=self.name,
            columns=self.columns,
            rows=pa.Table.from_batches(self._batches, schema=self._schema),
            lines=np.asarray(self._lines, dtype=np.int64),
            broken_rows=self._broken,
        )

    def _pack(self) -> None:
        if self._waiting and self.columns:
            arrays = [pa.array(column, pa.large_string()) for column in zip(*self._waiting, strict=True)]
            self._batches.append(pa.record_batch(arrays, schema=self._schema))
        self._waiting = []


def schema_of(columns: int) -> pa.Schema:
    """The schema of a table of text: c0, c1, ..."""
    return pa.schema([(f"c{number}", pa.large_string()) for number in range(columns)])


def header_text(cell: str) -> str:
    """A column's name: NFC, without space around it."""
    return unicodedata.normalize("NFC", cell).lstrip(INVISIBLE_AT_START).strip()


def table_of_grid(grid: Grid, limits: Limits) -> RawTable | None:
    """The sheet as a table under its first row that holds anything; None where it holds nothing."""
    rows = iter(grid.rows)
    header = next((row for row in rows if any(cell.strip() for cell in row.cells)), None)
    if header is None:
        return None
    builder = TableBuilder(grid.name, header.cells, limits)
    for row in rows:
        builder.add(row.cells, row.line, row.broken)
    return without_empty_columns(builder.finish())


def without_empty_columns(table: RawTable) -> RawTable:
    """The table without columns that have neither a name nor a value."""
    kept = [
        number
        for number, name in enumerate(table.columns)
        if name or table.rows.column(number).null_count < table.rows.num_rows
    ]
    if len(kept) == len(table.columns):
        return table
    return replace(
        table,
        columns=tuple(table.columns[number] for number in kept),
        rows=table.rows.select(kept).rename_columns([f"c{number}" for number in range(len(kept))]),
    )
