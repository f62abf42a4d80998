"""What a file holds before anybody judges it: text, headers and line numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from surveys.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTable:
    """Rows of text as they stand in one sheet or file.

    ``rows`` holds one ``pa.large_string()`` column per header, by position, named
    "c0", "c1", ... because headers may repeat; a blank or absent cell is null; text is NFC and
    otherwise exact. ``lines[i]`` is the spreadsheet's own number of row i (the header is line 1).
    """

    name: str  # sheet or member of an archive; the file's name for a plain file
    columns: tuple[str, ...]
    rows: pa.Table
    lines: np.ndarray  # int64, one per row
    broken_rows: Mapping[int, str] = field(default_factory=dict)  # index of a row -> code; to be refused


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFile:
    """One upload as read: the table of interviews, its rosters, and what was noticed."""

    name: str  # the name the sender gave it, cleaned
    sha256: str
    size: int
    format: str  # key of reading.FILE_FORMATS: csv, xlsx, xls, ods, json, xml, zip, stata, spss
    dialect: str  # kobo, odk_central, surveycto, ona, limesurvey, google_forms, microsoft_forms, plain
    interviews: RawTable
    rosters: tuple[RawTable, ...] = ()
    encoding: str | None = None
    delimiter: str | None = None
    decimal_comma: bool = False  # numbers are written 1,25; values are still as in the file
    declared_missing: dict[str, dict[str, str]] | None = None  # header -> code -> missing reason or label
    value_labels: dict[str, dict[str, str]] | None = None  # header -> code -> label, Stata and SPSS
    warnings: tuple[Problem, ...] = ()
