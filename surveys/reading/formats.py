"""Which files are read, how they are recognised, and by which reader."""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from surveys.problems import Problem
from surveys.reading.building import table_of_grid
from surveys.reading.bundles import read_statistics_members, read_text_members
from surveys.reading.conventions import lost_character_warnings, unmasked, without_tags, writes_decimal_commas
from surveys.reading.delimited import DelimitedText, layout_of, read_delimited, records
from surveys.reading.encodings import decode
from surveys.reading.grid import Grid
from surveys.reading.instances import read_instance
from surveys.reading.limits import Limits
from surveys.reading.opendocument import open_ods
from surveys.reading.records import read_records
from surveys.reading.refusal import refused, shown
from surveys.reading.sections import Sections, check_kind, choose, dialect_of
from surveys.reading.sheets import blocks_of, trimmed_rows
from surveys.reading.statistics_files import StatisticsFile, read_spss, read_stata
from surveys.reading.table import RawFile, RawTable
from surveys.reading.workbooks import COMPOUND_FILE, ZIP_START, open_xls, open_xlsx


GZIP_START = b"\x1f\x8b"
SPSS_STARTS = (b"$FL2", b"$FL3")
# Stata before 13: the release, then the order of bytes.
STATA_STARTS = (
    b"<stata_dta>",
    *(
        bytes((release, order))
        for release in (104, 105, 108, 110, 111, 112, 113, 114, 115)
        for order in (1, 2)
    ),
)
# What no text table begins with.
BINARY_STARTS = (
    ZIP_START, b"PK\x05\x06", GZIP_START, COMPOUND_FILE, *SPSS_STARTS, b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8",
    b"Rar!", b"7z\xbc\xaf", b"BZh", b"\xfd7zXZ", b"SQLite format 3", b"\x7fELF", b"MZ", b"\x80\x04\x95", b"\x80\x03", b"RDX",
    b"PAR1", b"{\\rtf", b"<stata_dta>",
)  # fmt: skip
FOREIGN_STARTS = (
    b"[{",
    b'{"',
    b"<!doctype",
    b"<html",
    b"<?xml",
    b"<table",
    b"<svg",
    b"<script",
    b"mime-version:",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file to be read, with what its reader may need."""

    path: Path
    name: str
    limits: Limits
    folder: Path  # the reading process's own, for members of archives
    sheet: str | None = None  # the sheet or member that holds the interviews, where the uploader said so

    @property
    def title(self) -> str:
        """The file's name without its ending."""
        return self.name.removesuffix(".gz").rsplit(".", 1)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a reader found: the interviews, their rosters, and how they were written."""

    sections: Sections
    dialect: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    declared_missing: dict[str, dict[str, str]] | None = None
    value_labels: dict[str, dict[str, str]] | None = None
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFormat:
    """The endings of a format's names and its reader."""

    endings: tuple[str, ...]
    read: Callable[[Source], Contents]


def read_text(source: Source) -> Contents:
    """A table of text, packed by gzip or not."""
    content = source.path.read_bytes()
    if source.name.lower().endswith(".gz"):
        content = _unpacked(content, source.limits)
    start = content[:64].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if content.startswith(BINARY_STARTS) or start.startswith(FOREIGN_STARTS):
        raise refused("content_mismatch", extension=_ending(source.name))
    tab = "\t" if source.name.lower().endswith(".tsv") else None
    found = read_delimited(content, source.title, source.limits, delimiter=tab)
    check_kind(found.table)
    return Contents(
        sections=Sections(interviews=found.table), encoding=found.encoding, delimiter=found.delimiter
    )


def read_xlsx(source: Source) -> Contents:
    """An Excel workbook."""
    return _of_grids(open_xlsx(source.path, source.limits), source)


def read_xls(source: Source) -> Contents:
    """An Excel 97-2003 workbook."""
    return _of_grids(open_xls(source.path, source.limits), source)


def read_ods(source: Source) -> Contents:
    """An OpenDocument spreadsheet."""
    if not _starts(source.path, ZIP_START):
        raise refused("content_mismatch", extension="ods")
    return _of_grids(open_ods(source.path, source.limits), source)


def read_json(source: Source) -> Contents:
    """Records from an interface; the interviews are the outermost."""
    found = read_records(source.path.read_bytes(), source.title, source.limits)
    interviews, *rosters = found.tables
    sections = Sections(interviews=interviews, rosters=tuple(rosters))
    kobo = {"_xform_id_string", "_uuid", "__version__", "formhub/uuid", "meta/rootUuid"} & set(
        interviews.columns
    )
    dialect = "kobo" if len(kobo) > 1 else None
    return Contents(sections=sections, dialect=dialect, encoding=found.encoding, warnings=found.warnings)


def read_xml(source: Source) -> Contents:
    """One interview as the phone sends it."""
    interviews, *rosters = read_instance(source.path.read_bytes(), source.title, source.limits)
    return Contents(sections=Sections(interviews=interviews, rosters=tuple(rosters)))


def read_zip(source: Source) -> Contents:
    """An archive of CSV files, or of Stata or SPSS files, with or without attachments."""
    if not _starts(source.path, ZIP_START):
        raise refused("content_mismatch", extension="zip")
    texts, warnings = read_text_members(source.path, source.limits)
    if texts:
        return _of_texts(texts, tuple(warnings), source)
    files = read_statistics_members(source.path, source.limits, source.folder)
    if not files:
        raise refused("archive_no_data")
    sections = choose([file.table for file in files], wanted=source.sheet)
    interviews = next(file for file in files if file.table is sections.interviews)
    return _of_statistics(interviews, sections, tuple(warnings))


def read_sav(source: Source) -> Contents:
    """An SPSS file."""
    if not _starts(source.path, *SPSS_STARTS):
        raise refused("content_mismatch", extension=_ending(source.name))
    file = read_spss(source.path, source.title, source.limits)
    return _of_statistics(file, Sections(interviews=file.table), ())


def read_dta(source: Source) -> Contents:
    """A Stata file."""
    if not _starts(source.path, *STATA_STARTS):
        raise refused("content_mismatch", extension="dta")
    file = read_stata(source.path, source.title, source.limits)
    return _of_statistics(file, Sections(interviews=file.table), ())


FILE_FORMATS: dict[str, FileFormat] = {
    "csv": FileFormat(endings=(".csv", ".tsv", ".txt", ".csv.gz"), read=read_text),
    "xlsx": FileFormat(endings=(".xlsx",), read=read_xlsx),
    "xls": FileFormat(endings=(".xls",), read=read_xls),
    "ods": FileFormat(endings=(".ods",), read=read_ods),
    "json": FileFormat(endings=(".json",), read=read_json),
    "xml": FileFormat(endings=(".xml",), read=read_xml),
    "zip": FileFormat(endings=(".zip",), read=read_zip),
    "spss": FileFormat(endings=(".sav", ".zsav"), read=read_sav),
    "stata": FileFormat(endings=(".dta",), read=read_dta),
}


def format_of(name: str) -> str:
    """The key in FILE_FORMATS that a file's name claims.

    Raises
    ------
    FileRefused
        Its ending is none of those read.
    """
    for key, file_format in FILE_FORMATS.items():
        if name.lower().endswith(file_format.endings):
            return key
    raise refused("format_unknown", extension=_ending(name))


def read_table_file(source: Source, sha256: str, size: int) -> RawFile:
    """The file's interviews and rosters, cleaned of tag rows, with every convention noted.

    Raises
    ------
    FileRefused
        It cannot be read, holds no interviews, or nobody can tell which table holds them.
    """
    key = format_of(source.name)
    contents = FILE_FORMATS[key].read(source)
    interviews, tags = without_tags(contents.sections.interviews)
    rosters = tuple(without_tags(roster)[0] for roster in contents.sections.rosters)
    _check_table(interviews)
    dialect = contents.dialect or dialect_of(interviews.columns)
    if dialect == "limesurvey":
        interviews = unmasked(interviews)
    return RawFile(
        name=source.name, sha256=sha256, size=size, format=key, dialect=dialect,
        interviews=interviews, rosters=rosters, encoding=contents.encoding, delimiter=contents.delimiter,
        decimal_comma=key in ("csv", "zip", "xlsx", "xls", "ods") and writes_decimal_commas(interviews),
        declared_missing=contents.declared_missing, value_labels=contents.value_labels,
        warnings=(*contents.warnings, *contents.sections.warnings, *tags, *lost_character_warnings(interviews)),
    )  # fmt: skip


def read_as_sheets(path: Path, name: str, limits: Limits) -> list[dict[str, object]]:
    """Every sheet of a workbook or of a questionnaire in CSV, hidden ones included."""
    return [
        {"name": grid.name, "visible": grid.visible, "rows": trimmed_rows(grid)}
        for grid in _sheet_grids(path, name, limits)
    ]


def _sheet_grids(path: Path, name: str, limits: Limits) -> Iterator[Grid]:
    key = format_of(name)
    if key == "xlsx":
        return open_xlsx(path, limits)
    if key == "xls":
        return open_xls(path, limits)
    if key == "ods":
        return open_ods(path, limits)
    if key == "csv" and not name.lower().endswith(".gz"):
        content = path.read_bytes()
        if content.startswith(BINARY_STARTS):
            raise refused("content_mismatch", extension=_ending(name))
        layout = layout_of(decode(content).text)
        return blocks_of(records(layout.text, layout.delimiter), name.rsplit(".", 1)[0])
    raise refused("not_a_workbook", extension=_ending(name))


def _of_grids(grids: Iterator[Grid], source: Source) -> Contents:
    hidden: list[str] = []
    tables: list[RawTable] = []
    for grid in grids:
        if not grid.visible:
            hidden.append(grid.name)
            continue
        table = table_of_grid(grid, source.limits)
        if table is not None:
            tables.append(table)
    if not tables:
        raise refused("sheets_hidden" if hidden else "no_rows")
    warnings = tuple(Problem(code="sheet_hidden", values={"sheet": shown(name)}) for name in hidden)
    sections = choose(tables, wanted=source.sheet)
    if len(tables) == 1:
        check_kind(sections.interviews)
    return Contents(sections=sections, warnings=warnings)


def _of_texts(texts: Sequence[DelimitedText], warnings: tuple[Problem, ...], source: Source) -> Contents:
    sections = choose([text.table for text in texts], wanted=source.sheet)
    used = next(text for text in texts if text.table is sections.interviews)
    return Contents(sections=sections, encoding=used.encoding, delimiter=used.delimiter, warnings=warnings)


def _of_statistics(file: StatisticsFile, sections: Sections, warnings: tuple[Problem, ...]) -> Contents:
    return Contents(
        sections=sections, encoding=file.encoding, declared_missing=file.declared_missing or None,
        value_labels=file.value_labels or None, warnings=(*warnings, *file.warnings),
    )  # fmt: skip


def _check_table(table: RawTable) -> None:
    named = [name for name in table.columns if name]
    if not table.rows.num_rows:
        raise refused("no_rows")
    too_wide = sum(code == "row_too_many_cells" for code in table.broken_rows.values())
    if len(named) < 2 and (len(table.columns) > 2 or 2 * too_wide > table.rows.num_rows):
        raise refused("no_header")


def _unpacked(content: bytes, limits: Limits) -> bytes:
    """What a gzip file holds, counted while it is unpacked."""
    if not content.startswith(GZIP_START):
        raise refused("content_mismatch", extension="gz")
    most = min(limits.unpacked_bytes, max(limits.compression_ratio * len(content), 1 << 20))
    unpacked = bytearray()
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
            while piece := stream.read(1 << 20):
                unpacked += piece
                if len(unpacked) > most:
                    raise refused("archive_bomb", member="csv")
    except (OSError, EOFError, zlib.error) as error:
        raise refused("archive_damaged") from error
    return bytes(unpacked)


def _starts(path: Path, *starts: bytes) -> bool:
    with path.open("rb") as stream:
        return stream.read(16).startswith(starts)


def _ending(name: str) -> str:
    return shown(name.rsplit(".", 1)[-1], 20) if "." in name else "?"
