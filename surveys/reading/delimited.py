"""Text tables (CSV, TSV, Excel's Unicode text) read record by record, never shifting a cell."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from surveys.reading.building import TableBuilder, without_empty_columns
from surveys.reading.encodings import decode
from surveys.reading.limits import Limits
from surveys.reading.refusal import refused
from surveys.reading.regular import SWALLOWING_WIDTH, read_regular
from surveys.reading.table import RawTable


DELIMITERS = (",", ";", "\t", "|")
SAMPLE_RECORDS = 200
SAMPLE_CHARACTERS = 400_000
SEPARATOR_LINE = re.compile(
    r"""\A["']?sep=(?P<delimiter>[^\r\n"']|\\t)["']?[,;\t|]*(?:\r\n|\n|\r)""", re.IGNORECASE
)
LARGE = 256 << 10  # characters from which a regular file takes the fast way


@dataclass(frozen=True, slots=True, kw_only=True)
class DelimitedText:
    """A text table with how it was written."""

    table: RawTable
    encoding: str
    delimiter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where the records of a text begin and how their cells are parted."""

    text: str  # without Excel's ``sep=`` line
    delimiter: str
    skipped: int  # lines before the text: 1 where there was a ``sep=`` line
    spaced: bool = False  # a space follows every delimiter, as people write lists


def read_delimited(
    content: bytes, name: str, limits: Limits, *, delimiter: str | None = None
) -> DelimitedText:
    """The one table of a text file.

    Raises
    ------
    FileRefused
        No text, an uncertain encoding, broken quoting, no rows.
    """
    decoded = decode(content)
    layout = layout_of(decoded.text, delimiter)
    regular = len(layout.text) > LARGE and not layout.spaced
    fast = read_regular(layout.text, layout.delimiter, name, limits) if regular else None
    table = fast if fast is not None else _read_carefully(layout, name, limits)
    if layout.skipped:
        table = replace(table, lines=table.lines + layout.skipped)
    return DelimitedText(
        table=without_empty_columns(table), encoding=decoded.encoding, delimiter=layout.delimiter
    )


def layout_of(text: str, delimiter: str | None = None) -> Layout:
    """The delimiter, told by Excel's ``sep=`` line or by what parts the first records most evenly."""
    if not text.strip():
        raise refused("no_text")
    hint = SEPARATOR_LINE.match(text)
    if hint:
        told = hint["delimiter"].replace("\\t", "\t")
        return Layout(text=text[hint.end() :], delimiter=told, skipped=1)
    found = delimiter or _sniffed(text)
    return Layout(text=text, delimiter=found, skipped=0, spaced=_space_follows(text, found))


def _space_follows(text: str, delimiter: str) -> bool:
    """Whether one space stands behind every delimiter of the whole text that has a cell behind it."""
    first = text.partition("\n")[0]
    if f"{delimiter} " not in first or delimiter.isspace():
        return False
    followed = re.compile(rf"{re.escape(delimiter)}(?![ \r\n{re.escape(delimiter)}]|\Z)")
    return followed.search(text) is None


def records(text: str, delimiter: str, *, spaced: bool = False) -> Iterator[list[str]]:
    """Each record's cells; [] for an empty line.

    Raises
    ------
    FileRefused
        A quote is never closed, or text follows a closing quote.
    """
    csv.field_size_limit(max(len(text), 1 << 17))
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=spaced
    )
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise refused("quote_unclosed", line=line) from error
        yield cells


def _sniffed(text: str) -> str:
    sample = text[:SAMPLE_CHARACTERS]
    whole = len(sample) == len(text)
    for strict in (True, False):  # a file with one broken quote still has a delimiter
        scores = {found: _evenness(sample, found, whole=whole, strict=strict) for found in DELIMITERS}
        best = max(DELIMITERS, key=lambda delimiter: scores[delimiter])
        if scores[best][0] > 0:
            return best
    return ","


def _evenness(sample: str, delimiter: str, *, whole: bool, strict: bool) -> tuple[float, int]:
    """How many of the first records are as wide as the first, and how wide; (0, 0) where it parts nothing."""
    if delimiter not in sample:
        return 0.0, 0
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, strict=strict)
    kept: list[list[str]] = []
    try:
        kept.extend(cells for cells in islice(reader, SAMPLE_RECORDS) if any(cell.strip() for cell in cells))
    except csv.Error as error:
        if whole or "unexpected end" not in str(error):
            return 0.0, 0
    if not whole and 2 < len(kept) < SAMPLE_RECORDS:
        kept.pop()  # perhaps cut in the middle
    width = len(_without_blank_end(kept[0])) if kept else 0
    if width < 2:
        return 0.0, 0
    even = sum(len(cells) >= width >= len(_without_blank_end(cells)) for cells in kept) / len(kept)
    return round(even, 1), width


def _read_carefully(layout: Layout, name: str, limits: Limits) -> RawTable:
    numbered = enumerate(records(layout.text, layout.delimiter, spaced=layout.spaced), start=1)
    header: Sequence[str] = ()
    for _, cells in numbered:
        header = _without_blank_end(cells)
        if header:
            break
    width = len(header)
    builder = TableBuilder(name, header, limits)
    composed = layout.text.isascii() or unicodedata.is_normalized("NFC", layout.text)
    for line, cells in numbered:
        broken = None
        if len(cells) != width:
            cells, broken = _fitted(cells, width)
        if not composed:
            cells = [unicodedata.normalize("NFC", cell) for cell in cells]
        if width >= SWALLOWING_WIDTH:
            _check_not_swallowed(cells, layout.delimiter, width, line)
        builder.add(cells, line, broken)
    return builder.finish()


def _fitted(cells: list[str], width: int) -> tuple[list[str], str | None]:
    """A record as wide as the header; only blank cells at the end may be taken away without a word."""
    filled = _without_blank_end(cells)
    if not filled:
        return [""] * width, None
    if len(filled) > width:
        return cells[:width], "row_too_many_cells"
    if len(cells) < width:
        return cells + [""] * (width - len(cells)), "row_too_few_cells"
    return cells[:width], None


def _check_not_swallowed(cells: Sequence[str], delimiter: str, width: int, line: int) -> None:
    for cell in cells:
        if "\n" in cell and any(part.count(delimiter) >= width - 1 for part in cell.split("\n")):
            raise refused("quote_unclosed", line=line)


def _without_blank_end(cells: list[str]) -> list[str]:
    last = len(cells)
    while last and not cells[last - 1].strip():
        last -= 1
    return cells[:last]
