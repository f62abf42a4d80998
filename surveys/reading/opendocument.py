"""OpenDocument spreadsheets (.ods) as grids of text, read as a stream."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException

from surveys.reading.archives import open_archive, stream_member, verify_members
from surveys.reading.cells import LARGEST_WHOLE_NUMBER, text_of, text_of_number
from surveys.reading.grid import Grid, GridRow
from surveys.reading.limits import Limits
from surveys.reading.refusal import refused, shown


SPREADSHEET = b"application/vnd.oasis.opendocument.spreadsheet"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
# Texts that LibreOffice shows for a failed formula; only believed where the cell says it holds a formula.
ERRORS = ("#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "Err:")


def open_ods(path: Path, limits: Limits) -> Iterator[Grid]:
    """The sheets of an OpenDocument spreadsheet, in their order.

    Raises
    ------
    FileRefused
        Not a spreadsheet, encrypted, with macros, damaged, or larger than the limits.
    """
    with open_archive(path, limits) as archive:
        members = {member.filename: member for member in archive.infolist()}
        verify_members(archive)
        _check_kind(archive, members)
        content = b"".join(stream_member(archive, members["content.xml"]))
    root = _parsed(content)
    hidden = _hidden_styles(root)
    for table in root.iter(f"{TABLE}table"):
        yield Grid(
            name=table.get(f"{TABLE}name", ""),
            visible=table.get(f"{TABLE}style-name") not in hidden,
            rows=iter(_padded(list(_rows(table, limits)))),
        )


def _check_kind(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> None:
    kind = members.get("mimetype")
    if (
        kind is None
        or b"".join(stream_member(archive, kind)).strip() != SPREADSHEET
        or "content.xml" not in members
    ):
        raise refused("content_mismatch", extension="ods")
    manifest = members.get("META-INF/manifest.xml")
    if manifest is not None and b"encryption-data" in b"".join(stream_member(archive, manifest)):
        raise refused("workbook_encrypted")
    if any(name.startswith(("Basic/", "Scripts/")) and not name.endswith("/") for name in members):
        raise refused("workbook_macros")


def _parsed(content: bytes) -> Element:
    try:
        root: Element = defusedxml.ElementTree.fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        raise refused("xml_declaration", member="content.xml") from error
    except (ParseError, ValueError, LookupError) as error:
        raise refused("file_damaged") from error
    return root


def _hidden_styles(root: Element) -> set[str | None]:
    return {
        style.get(f"{STYLE}name")
        for style in root.iter(f"{STYLE}style")
        for properties in style.iter(f"{STYLE}table-properties")
        if properties.get(f"{TABLE}display") == "false"
    }


def _padded(rows: list[GridRow]) -> list[GridRow]:
    width = max((len(row.cells) for row in rows), default=0)
    return [GridRow(row.line, row.cells + [""] * (width - len(row.cells)), row.broken) for row in rows]


def _rows(table: Element, limits: Limits) -> Iterator[GridRow]:
    line = 1
    for row in _walk_rows(table):
        repeats = _repeats(row, "number-rows-repeated")
        cells, broken = _cells(row, limits, shown(table.get(f"{TABLE}name", "")))
        if not any(cells):
            line += repeats
            continue
        if line + repeats > limits.rows + 2:
            raise refused("too_many_rows", found=line + repeats - 1, limit=limits.rows, sheet="")
        for _ in range(repeats):
            yield GridRow(line, cells, broken)
            line += 1


def _walk_rows(table: Element) -> Iterator[Element]:
    for child in table:
        if child.tag == f"{TABLE}table-row":
            yield child
        elif child.tag in (f"{TABLE}table-header-rows", f"{TABLE}table-row-group", f"{TABLE}table-rows"):
            yield from _walk_rows(child)


def _cells(row: Element, limits: Limits, sheet: str) -> tuple[list[str], str | None]:
    cells: list[str] = []
    broken: str | None = None
    blanks = 0  # kept back, so that a sheet padded to its last column costs nothing
    for cell in row:
        if cell.tag not in (f"{TABLE}table-cell", f"{TABLE}covered-table-cell"):
            continue
        text, problem = _text(cell)
        repeats = _repeats(cell, "number-columns-repeated")
        broken = broken or problem
        if not text:
            blanks += repeats
            continue
        if len(cells) + blanks + repeats > limits.columns:
            raise refused(
                "too_many_columns", found=len(cells) + blanks + repeats, limit=limits.columns, sheet=sheet
            )
        cells += [""] * blanks + [text] * repeats
        blanks = 0
        if len(text) > limits.cell_characters:
            broken = broken or "cell_too_long"
    return cells, broken


def _repeats(element: Element, attribute: str) -> int:
    written = element.get(f"{TABLE}{attribute}", "1")
    if not (written.isascii() and written.isdigit() and len(written) < 9):
        raise refused("file_damaged")
    return max(int(written), 1)


def _text(cell: Element) -> tuple[str, str | None]:
    kind = cell.get(f"{OFFICE}value-type")
    display = "\n".join(_paragraph(paragraph) for paragraph in cell.findall(f"{TEXT}p"))
    if cell.get(f"{CALC}value-type") == "error" or (
        cell.get(f"{TABLE}formula") and display.startswith(ERRORS)
    ):
        return "", "cell_error"
    if kind in ("float", "percentage", "currency"):
        return _number(cell.get(f"{OFFICE}value", ""))
    if kind == "boolean":
        return cell.get(f"{OFFICE}boolean-value", "").upper(), None
    if kind == "date":
        return cell.get(f"{OFFICE}date-value", "").removesuffix("T00:00:00"), None
    if kind == "time":
        return _time(cell.get(f"{OFFICE}time-value", "")), None
    if cell.get(f"{TABLE}formula") and kind is None:
        return "", "cell_not_calculated"
    return text_of(cell.get(f"{OFFICE}string-value") or display), None


def _number(written: str) -> tuple[str, str | None]:
    try:
        value = float(written)
    except ValueError:
        return "", "cell_error"
    return text_of_number(value), "number_lost_digits" if abs(value) >= LARGEST_WHOLE_NUMBER else None


def _paragraph(element: Element) -> str:
    parts = [element.text or ""]
    for child in element:
        if child.tag == f"{TEXT}s":
            parts.append(" " * _spaces(child))
        elif child.tag == f"{TEXT}tab":
            parts.append("\t")
        elif child.tag == f"{TEXT}line-break":
            parts.append("\n")
        elif child.tag != f"{OFFICE}annotation":
            parts.append(_paragraph(child))
        parts.append(child.tail or "")
    return "".join(parts)


def _spaces(element: Element) -> int:
    written = element.get(f"{TEXT}c", "1")
    return min(int(written), 32_767) if written.isascii() and written.isdigit() else 1


def _time(written: str) -> str:
    """``PT09H30M00S`` as 09:30:00."""
    digits = written.removeprefix("PT").replace("H", ":").replace("M", ":").removesuffix("S")
    parts = digits.split(":")
    if len(parts) != 3 or not all(part.replace(".", "").isdigit() for part in parts):
        return written
    return ":".join(part.zfill(2) for part in parts)
