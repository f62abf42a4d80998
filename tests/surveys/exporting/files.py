"""Rows as bytes: delimited text, workbooks, archives."""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from xml.sax.saxutils import escape, quoteattr

import xlsxwriter


Rows = Sequence[Sequence[object]]
ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
ODS_NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
)


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


def open_document(sheets: Mapping[str, Rows]) -> bytes:
    """An .ods workbook; numbers, dates and truth as such, text as text, None and "" as nothing."""
    tables = "".join(
        f"<table:table table:name={quoteattr(name)}>{''.join(map(_ods_row, rows))}</table:table>"
        for name, rows in sheets.items()
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {ODS_NAMES}><office:body>'
        f"<office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    return archive({"mimetype": ODS_TYPE.encode(), "content.xml": content.encode()})


def _ods_row(row: Sequence[object]) -> str:
    return f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>"


def _ods_cell(value: object) -> str:
    kind, written = "string", ""
    if value is None or value == "":
        return "<table:table-cell/>"
    if isinstance(value, bool):
        kind, written = "boolean", f' office:boolean-value="{str(value).lower()}"'
    elif isinstance(value, int | float):
        kind, written = "float", f' office:value="{value!r}"'
    elif isinstance(value, date):
        kind, written = "date", f' office:date-value="{value.isoformat()}"'
    # text:s keeps runs of spaces, as an office program writes them
    lines = "".join(f"<text:p>{_ods_text(line)}</text:p>" for line in str(value).split("\n"))
    return f'<table:table-cell office:value-type="{kind}"{written}>{lines}</table:table-cell>'


def _ods_text(line: str) -> str:
    return escape(line).replace("\t", "<text:tab/>").replace(" ", "<text:s/>")


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
