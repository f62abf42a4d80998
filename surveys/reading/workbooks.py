"""Excel workbooks (.xlsx, .xls) as grids of text, hidden sheets marked."""

import io
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from surveys.reading.archives import open_archive
from surveys.reading.cells import lost_digits, text_of, text_of_number
from surveys.reading.grid import Grid, GridRow
from surveys.reading.limits import Limits
from surveys.reading.ooxml import SheetScan, scan_workbook
from surveys.reading.refusal import refused, shown


COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP_START = b"PK\x03\x04"
ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
MACRO_STREAM = "_VBA_PROJECT_CUR".encode("utf-16-le")


def open_xlsx(path: Path, limits: Limits) -> Iterator[Grid]:
    """The worksheets of an .xlsx workbook, in their order.

    Raises
    ------
    FileRefused
        Encrypted, with macros, damaged, or larger than the limits.
    """
    import python_calamine

    _check_start(path)
    with open_archive(path, limits) as archive:
        scans = scan_workbook(archive, limits)
    try:
        workbook = python_calamine.CalamineWorkbook.from_path(str(path))
    except python_calamine.PasswordError as error:
        raise refused("workbook_encrypted") from error
    for sheet in workbook.sheets_metadata:
        if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet:
            yield Grid(
                name=sheet.name,
                visible=sheet.visible == python_calamine.SheetVisibleEnum.Visible,
                rows=_xlsx_rows(workbook, sheet.name, scans.get(sheet.name, SheetScan()), limits),
            )


def open_xls(path: Path, limits: Limits) -> Iterator[Grid]:
    """The worksheets of an Excel 97-2003 workbook, in their order.

    Raises
    ------
    FileRefused
        Encrypted, with macros, or not an .xls workbook at all.
    """
    import xlrd

    content = path.read_bytes()
    if not content.startswith(COMPOUND_FILE):
        raise refused("content_mismatch", extension="xls")
    if ENCRYPTED_STREAM in content:
        raise refused("workbook_encrypted")
    if MACRO_STREAM in content:
        raise refused("workbook_macros")
    try:
        book = xlrd.open_workbook(file_contents=content, logfile=io.StringIO())
    except xlrd.XLRDError as error:
        raise refused("workbook_encrypted" if "encrypt" in str(error).lower() else "file_damaged") from error
    for sheet in book.sheets():
        _check_extent(sheet.name, sheet.nrows, sheet.ncols, limits)
        yield Grid(
            name=sheet.name, visible=sheet.visibility == 0, rows=_xls_rows(sheet, book.datemode, limits)
        )


def row_of(line: int, values: list[Any], broken: str | None, limits: Limits) -> GridRow:
    """A row of cell values as text, marked where a value cannot be trusted."""
    cells: list[str] = []
    for value in values:
        if value.__class__ is float:
            if broken is None and lost_digits(value):
                broken = "number_lost_digits"
            cells.append(text_of_number(value))
        else:
            cells.append(value if value == "" else text_of(value))
    if broken is None and max(map(len, cells), default=0) > limits.cell_characters:
        broken = "cell_too_long"
    return GridRow(line, cells, broken)


def _check_start(path: Path) -> None:
    with path.open("rb") as stream:
        start = stream.read(len(COMPOUND_FILE))
        if start.startswith(ZIP_START):
            return
        encrypted = start == COMPOUND_FILE and ENCRYPTED_STREAM in stream.read()
    raise refused("workbook_encrypted") if encrypted else refused("content_mismatch", extension="xlsx")


def _xlsx_rows(workbook: Any, name: str, scan: SheetScan, limits: Limits) -> Iterator[GridRow]:
    sheet = workbook.get_sheet_by_name(name)
    for line, values in enumerate(sheet.iter_rows(), start=1):
        yield row_of(line, values, scan.flagged.get(line), limits)


def _check_extent(name: str, rows: int, columns: int, limits: Limits) -> None:
    if rows > limits.rows + 1:
        raise refused("too_many_rows", found=rows, limit=limits.rows, sheet=shown(name))
    if columns > limits.columns:
        raise refused("too_many_columns", found=columns, limit=limits.columns, sheet=shown(name))


def _xls_rows(sheet: Any, datemode: int, limits: Limits) -> Iterator[GridRow]:
    for index in range(sheet.nrows):
        values: list[object] = []
        broken = None
        for kind, value in zip(sheet.row_types(index), sheet.row_values(index), strict=True):
            cell, problem = _xls_cell(kind, value, datemode)
            values.append(cell)
            broken = broken or problem
        yield row_of(index + 1, values, broken, limits)


def _xls_cell(kind: int, value: Any, datemode: int) -> tuple[object, str | None]:
    import xlrd

    if kind == xlrd.XL_CELL_ERROR:
        return None, "cell_error"
    if kind == xlrd.XL_CELL_BOOLEAN:
        return bool(value), None
    if kind == xlrd.XL_CELL_DATE:
        moment = _moment(value, datemode)
        return moment, None if moment is not None else "date_impossible"
    return value, None


def _moment(value: float, datemode: int) -> date | time | None:
    import xlrd

    try:
        moment: datetime = xlrd.xldate_as_datetime(value, datemode)
    except (xlrd.xldate.XLDateError, ValueError, OverflowError):
        return None
    if 0 <= value < 1:
        return moment.time()
    return moment.date() if value == int(value) else moment
