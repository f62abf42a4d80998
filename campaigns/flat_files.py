"""Tables as CSV, JSON and workbooks. No text becomes a formula."""

import io
import json
import math
from collections.abc import Mapping, Sequence

import pandas as pd
import xlsxwriter

from campaigns.exported_tables import ExportedTables, in_one_cell
from surveys.spreadsheets import defused


_WORKBOOK = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def effects_as_csv(tables: ExportedTables) -> bytes:
    """The effects alone: notes and further tables have no place in a CSV."""
    return table_as_csv(tables.effects)


def effects_as_json(tables: ExportedTables) -> bytes:
    """The effects as a list of objects."""
    return as_json(records(tables.effects))


def effects_as_workbook(tables: ExportedTables) -> bytes:
    """A sheet of effects, further tables, and a sheet of notes."""
    return workbook({"effects": tables.effects, **tables.more}, tables.notes)


def table_as_csv(table: pd.DataFrame) -> bytes:
    """A table as CSV in UTF-8; text that a spreadsheet would run as a formula is defused."""
    flat = pd.DataFrame(
        {name: [defused(in_one_cell(v)) for v in table[name]] for name in table.columns}, dtype=object
    )
    return flat.to_csv(index=False, lineterminator="\n").encode("utf-8")


def as_json(value: object) -> bytes:
    """JSON that a person can read, at full precision; a number that is not finite is an error."""
    return (json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode("utf-8")


def workbook(sheets: Mapping[str, pd.DataFrame], notes: Sequence[str] = ()) -> bytes:
    """A workbook with one sheet a table and, where there are any, one of notes."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, _WORKBOOK) as book:
        bold = book.add_format({"bold": True})
        for name, table in sheets.items():
            _write_sheet(book.add_worksheet(name), table, bold)
        if notes:
            sheet = book.add_worksheet("notes")
            sheet.set_column(0, 0, 120)
            for line, note in enumerate(notes):
                sheet.write_string(line, 0, note)
    return file.getvalue()


def records(table: pd.DataFrame) -> list[dict[str, object]]:
    """The rows as objects that JSON can hold; what is absent or infinite is null."""
    names = list(table.columns)
    return [
        {name: plain(value) for name, value in zip(names, row, strict=True)}
        for row in table.itertuples(index=False, name=None)
    ]


def plain(value: object) -> object:
    """A value as JSON can hold it."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if value is None or isinstance(value, str | int | float | dict | list | bool):
        return value
    return None if pd.isna(value) else str(value)  # type: ignore[call-overload]


def _write_sheet(sheet: xlsxwriter.worksheet.Worksheet, table: pd.DataFrame, bold: object) -> None:
    for column, name in enumerate(table.columns):
        sheet.write_string(0, column, name, bold)
        for line, value in enumerate(table[name], start=1):
            cell = in_one_cell(value)
            if isinstance(cell, int | float) and not isinstance(cell, bool) and math.isfinite(cell):
                sheet.write_number(line, column, cell)
            elif isinstance(cell, float) and math.isnan(cell):
                continue
            elif cell is not None:
                sheet.write_string(line, column, str(cell))
    sheet.freeze_panes(1, 0)
