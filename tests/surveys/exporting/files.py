"""Rows as bytes: delimited text, workbooks, archives."""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence

import xlsxwriter


Rows = Sequence[Sequence[object]]


def delimited(
    rows: Rows,
    *,
    delimiter: str = ",",
    quoting: int = csv.QUOTE_MINIMAL,
    ending: str = "\n",
    codec: str = "utf-8",
) -> bytes:
    """A CSV file."""
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, quoting=quoting, lineterminator=ending).writerows(rows)  # type: ignore[arg-type]
    return stream.getvalue().encode(codec)


def workbook(sheets: Mapping[str, Rows]) -> bytes:
    """An .xlsx workbook; numbers as numbers, text as text."""
    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(stream, options) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return stream.getvalue()


def archive(members: Mapping[str, bytes]) -> bytes:
    """A .zip."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return stream.getvalue()


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> list[list[object]]:
    """A header and its rows, checked to be as wide."""
    made = [list(row) for row in rows]
    assert all(len(row) == len(header) for row in made)
    return [list(header), *made]
