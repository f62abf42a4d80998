"""A look through an .xlsx workbook's XML before a native reader is let near it.

The reader (calamine) allocates the whole rectangle that the cells span, turns error cells into blanks and shows a
formula that was never calculated as blank; none of that may happen unnoticed.
"""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException

from surveys.reading.archives import read_member, stream_member
from surveys.reading.limits import Limits
from surveys.reading.refusal import refused, shown


WORKBOOK_TYPE = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)", re.IGNORECASE)
CELL_PARTS = ("xl/worksheets/", "xl/sharedstrings")
TAIL = 64  # bytes of one piece that are looked at again with the next, so that nothing hides on the seam
WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00<", b"<\x00")

# Cells that hold something: sheets are often styled to their last column with empty ones.
REFERENCE = re.compile(rb"<(?:\w+:)?c\s(?:[^<>]*?\s)?r\s*=\s*[\"']([A-Za-z]+)([0-9]+)[\"'](?:[^<>]*[^<>/])?>")
ERROR = re.compile(rb"<(?:\w+:)?c\s(?:[^<>]*?\s)?t\s*=\s*[\"']e[\"'][^<>]*>")
# A formula with nothing, or an empty value, behind it. A text formula (t="str") may rightly give "".
UNCALCULATED = re.compile(
    rb"<(?:\w+:)?c(?:\s(?![^<>]*\bt\s*=\s*[\"']str[\"'])[^<>]*)?>\s*<(?:\w+:)?f\b[^<>]*(?:/>|>[^<]*</(?:\w+:)?f>)"
    rb"\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
# A text cell whose text is not named by a number: readers take the first text there is.
UNNAMED_TEXT = re.compile(rb"\bt=[\"']s[\"'][^<>]*>\s*<(?:\w+:)?v[^<>]*>(?!\s*[0-9]+\s*</)")
# Comments and raw sections, which may stand inside a value and are then read by some programs only.
INTERRUPTIONS = re.compile(rb"<!--|<!\[CDATA\[")
ROW_END = re.compile(rb"</(?:\w+:)?row>")
ROW_NUMBER = re.compile(rb"<(?:\w+:)?row\s(?:[^<>]*?\s)?r\s*=\s*[\"']([0-9]+)[\"']")
CELL_ROW = re.compile(rb"\sr\s*=\s*[\"'][A-Za-z]+([0-9]+)[\"']")


@dataclass(slots=True)
class SheetScan:
    """What the XML of one sheet says about its cells."""

    last_row: int = 0
    last_column: int = 0
    flagged: dict[int, str] = field(default_factory=dict)  # row number -> code of a problem


def scan_workbook(archive: zipfile.ZipFile, limits: Limits) -> dict[str, SheetScan]:
    """Each sheet's extent and its damaged rows, by sheet name.

    Raises
    ------
    FileRefused
        Not an .xlsx workbook; macros; document type declarations; cells beyond the limits; wrong checksums.
    """
    members = {
        member.filename.replace("\\", "/").lstrip("/").lower(): member for member in archive.infolist()
    }
    _check_kind(archive, members)
    _check_parts(archive, members)
    scans: dict[str, SheetScan] = {}
    for name, part in _sheet_parts(archive, members).items():
        member = members.get(part.lower())
        if member is not None:
            scans[name] = _scan_sheet(name, stream_member(archive, member), limits)
    return scans


def _check_kind(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> None:
    types = members.get("[content_types].xml")
    if types is None:
        raise refused("content_mismatch", extension="xlsx")
    content = read_member(archive, types)
    if b"macroEnabled" in content or any(name.endswith("vbaproject.bin") for name in members):
        raise refused("workbook_macros")
    if "xl/workbook.bin" in members or WORKBOOK_TYPE not in content:
        raise refused("content_mismatch", extension="xlsx")


def _check_parts(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> None:
    for name, member in members.items():
        is_xml = name.endswith((".xml", ".rels", ".vml"))
        tail = b""
        for number, piece in enumerate(stream_member(archive, member)):
            if not is_xml:
                continue
            if number == 0 and piece.startswith(WIDE_MARKS):
                raise refused("xml_declaration", member=shown(name))
            if DECLARATION.search(tail + piece):
                raise refused("xml_declaration", member=shown(name))
            if name.startswith(CELL_PARTS) and INTERRUPTIONS.search(tail + piece):
                raise refused("workbook_unusual", member=shown(name))
            tail = piece[-TAIL:]


def _sheet_parts(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> dict[str, str]:
    workbook = members.get("xl/workbook.xml")
    relations = members.get("xl/_rels/workbook.xml.rels")
    if workbook is None or relations is None:
        return _loose_parts(members)
    targets = {
        element.get("Id", ""): element.get("Target", "")
        for element in _parsed(read_member(archive, relations))
        if element.get("Target")
    }
    parts: dict[str, str] = {}
    for element in _parsed(read_member(archive, workbook)).iter():
        if element.tag.rsplit("}", 1)[-1] != "sheet":
            continue
        reference = next((value for key, value in element.items() if key.endswith("}id")), "")
        target = targets.get(reference, "")
        if target:
            parts[element.get("name", "")] = _resolved(target)
    return parts or _loose_parts(members)


def _loose_parts(members: dict[str, zipfile.ZipInfo]) -> dict[str, str]:
    return {name: name for name in members if name.startswith("xl/worksheets/") and name.endswith(".xml")}


def _resolved(target: str) -> str:
    if target.startswith("/"):
        return target.lstrip("/")
    return str(PurePosixPath("xl") / target).replace("xl/../", "")


def _parsed(content: bytes) -> Element:
    try:
        root: Element = defusedxml.ElementTree.fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        raise refused("xml_declaration", member="workbook.xml") from error
    except (ParseError, ValueError, LookupError) as error:
        raise refused("archive_damaged") from error
    return root


def _scan_sheet(name: str, pieces: Iterator[bytes], limits: Limits) -> SheetScan:
    scan = SheetScan()
    cells = 0
    letters: set[bytes] = set()
    seen: set[bytes] = set()
    for rows in _whole_rows(pieces):
        if UNNAMED_TEXT.search(rows):
            raise refused("workbook_unusual", member=shown(name))
        references = REFERENCE.findall(rows)
        cells += len(references)
        if references:
            columns, numbers = zip(*references, strict=True)
            letters.update(columns)
            here = set(numbers)
            if not seen.isdisjoint(here) or len(set(references)) < len(references):
                raise refused("workbook_unusual", member=shown(name))  # two values for one cell
            seen |= here
            scan.last_row = max(scan.last_row, *map(int, here))
        if b'"e"' in rows or b"'e'" in rows:
            _flag(scan, rows, ERROR, "cell_error")
        if b"<f" in rows or b":f" in rows:
            _flag(scan, rows, UNCALCULATED, "cell_not_calculated")
    scan.last_column = max((column_number(column) for column in letters), default=0)
    _check_extent(name, scan, cells, limits)
    return scan


def _whole_rows(pieces: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        block = rest + piece
        ends = [match.end() for match in ROW_END.finditer(block)]
        cut = ends[-1] if ends else 0
        if cut:
            yield block[:cut]
        rest = block[cut:]
    yield rest


def _flag(scan: SheetScan, rows: bytes, pattern: re.Pattern[bytes], code: str) -> None:
    for match in pattern.finditer(rows):
        own = CELL_ROW.search(rows, match.start(), match.end())
        if own:
            scan.flagged.setdefault(int(own.group(1)), code)
            continue
        numbered = [found.group(1) for found in ROW_NUMBER.finditer(rows, 0, match.start())]
        if not numbered:
            raise refused(code)
        scan.flagged.setdefault(int(numbered[-1]), code)


def _check_extent(name: str, scan: SheetScan, cells: int, limits: Limits) -> None:
    if scan.last_row > limits.rows + 1:
        raise refused("too_many_rows", found=scan.last_row, limit=limits.rows, sheet=shown(name))
    if scan.last_column > limits.columns:
        raise refused("too_many_columns", found=scan.last_column, limit=limits.columns, sheet=shown(name))
    area = scan.last_row * scan.last_column
    if area > limits.cells or (area > 2_000_000 and area > 100 * cells):
        raise refused("sheet_spread_out", rows=scan.last_row, columns=scan.last_column, sheet=shown(name))


def column_number(letters: bytes) -> int:
    """1 for A, 27 for AA, 16384 for XFD."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
