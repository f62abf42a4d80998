"""The fast way through a large text table, taken only where its layout is proven regular."""

import csv
import io
import re
import unicodedata

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from surveys.reading.building import header_text, schema_of
from surveys.reading.limits import Limits
from surveys.reading.refusal import refused
from surveys.reading.table import RawTable


QUOTE = ord('"')
NEWLINE = ord("\n")
RETURN = ord("\r")
PIECE = 8 << 20
# In a table of at least this width, a line of a cell with as many delimiters as a row is a row that a stray
# quote swallowed.
SWALLOWING_WIDTH = 5
LARGEST_REPETITION = 900  # of a part of a pattern, in the native library


def read_regular(text: str, delimiter: str, name: str, limits: Limits) -> RawTable | None:
    """The table, or None where anything about the layout needs the careful reader.

    Regular means: every quote opens or closes a whole cell, none stays open, lines end in one manner, no record
    is empty, and every record has as many cells as the header.
    """
    if "\r" in text and text.count("\r") != text.count("\r\n"):
        return None
    content = text.encode("utf-8").rstrip(b"\r\n") + b"\n"
    if b"\n\n" in content or b"\n\r" in content or content[:1] in b"\r\n":
        return None
    quoted = b'"' in content
    if quoted and not _quotes_are_regular(content, ord(delimiter)):
        return None
    header = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    if len(header) > limits.columns or not header[-1].strip():
        return None
    rows = _parsed(content, delimiter, len(header), quoted=quoted)
    if rows is None:
        return None
    if rows.num_rows > limits.rows:
        raise refused("too_many_rows", found=rows.num_rows, limit=limits.rows, sheet=name)
    if quoted and _swallowed(rows, delimiter, len(header)):
        return None
    return _finished(name, header, rows, composed=unicodedata.is_normalized("NFC", text))


def _quotes_are_regular(content: bytes, delimiter: int) -> bool:
    """Whether each opening quote follows, and each closing one precedes, a cell's border or another quote."""
    data = np.frombuffer(content, dtype=np.uint8)
    opening = True
    for start in range(0, len(data), PIECE):
        places = np.flatnonzero(data[start : start + PIECE] == QUOTE) + start
        opens, closes = (places[::2], places[1::2]) if opening else (places[1::2], places[::2])
        before = data[np.maximum(opens - 1, 0)]
        after = data[np.minimum(closes + 1, len(data) - 1)]
        starts_cell = (before == delimiter) | (before == NEWLINE) | (before == QUOTE) | (opens == 0)
        ends_cell = (after == delimiter) | (after == NEWLINE) | (after == RETURN) | (after == QUOTE)
        if not (starts_cell.all() and ends_cell.all()):
            return False
        opening ^= bool(len(places) % 2)
    return opening


def _parsed(content: bytes, delimiter: str, width: int, *, quoted: bool) -> pa.Table | None:
    from pyarrow import csv as native

    names = schema_of(width).names
    try:
        return native.read_csv(
            pa.py_buffer(content),
            read_options=native.ReadOptions(column_names=names, skip_rows_after_names=1, block_size=PIECE),
            parse_options=native.ParseOptions(
                delimiter=delimiter, quote_char='"' if quoted else False, newlines_in_values=quoted,
                ignore_empty_lines=False,
            ),
            convert_options=native.ConvertOptions(
                column_types=schema_of(width), null_values=[""], strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )  # fmt: skip
    except pa.ArrowInvalid:  # a record of another width, or longer than a piece
        return None


def _swallowed(rows: pa.Table, delimiter: str, width: int) -> bool:
    """Whether some cell of several lines holds what looks like a row."""
    if width < SWALLOWING_WIDTH:
        return False
    part = rf"[^\n]*(?:{re.escape(delimiter)}[^\n]*){{{min(width - 1, LARGEST_REPETITION)}}}"
    for column in rows.columns:
        several = column.filter(pc.match_substring(column, "\n"))
        if len(several) and pc.any(pc.match_substring_regex(several, part)).as_py():
            return True
    return False


def _finished(name: str, header: list[str], rows: pa.Table, *, composed: bool) -> RawTable:
    columns = [_cleaned(column, composed=composed) for column in rows.columns]
    table = pa.table(columns, schema=rows.schema)
    lines = np.arange(2, table.num_rows + 2, dtype=np.int64)
    if min((column.null_count for column in columns), default=0):
        filled = np.zeros(table.num_rows, dtype=bool)
        for column in columns:
            filled |= pc.is_valid(column).to_numpy()
        if not filled.all():
            table, lines = table.filter(pa.array(filled)), lines[filled]
    return RawTable(name=name, columns=tuple(map(header_text, header)), rows=table, lines=lines)


def _cleaned(column: pa.ChunkedArray, *, composed: bool) -> pa.ChunkedArray:
    blank = pc.utf8_is_space(column)
    if pc.any(blank).as_py():
        column = pc.if_else(blank, pa.scalar(None, pa.large_string()), column)
    return column if composed else pc.utf8_normalize(column, form="NFC")
