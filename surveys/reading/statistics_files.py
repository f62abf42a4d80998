"""Stata and SPSS files: codes as text, with the labels and the missing values they declare."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from surveys.problems import Problem
from surveys.reading.building import TableBuilder
from surveys.reading.cells import text_of
from surveys.reading.limits import Limits
from surveys.reading.reasons_beside import without_reasons_beside
from surveys.reading.refusal import refused
from surveys.reading.table import RawTable


LARGEST_EXACT = 2**53  # whole numbers beyond it have lost digits in any double
LARGEST_EXACT_SINGLE = 2**24  # and in Stata's float
SMALLEST_PLAUSIBLE = 1e-100  # denormal dust is a damaged file, not an answer
STATA_MISSING = frozenset("abcdefghijklmnopqrstuvwxyz")
TYPES_OF_TEXT = "string"
_SPSS_DATES = ("DATE", "ADATE", "EDATE", "JDATE", "SDATE")
_SPSS_BEGINS = date(1582, 10, 14)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsFile:
    """The table of a Stata or SPSS file and what the file says of its codes."""

    table: RawTable
    encoding: str | None
    declared_missing: dict[str, dict[str, str]]
    value_labels: dict[str, dict[str, str]]
    warnings: tuple[Problem, ...]


def read_spss(path: Path, name: str, limits: Limits) -> StatisticsFile:
    """A .sav or .zsav file; declared missing values stay in the data as their codes."""
    import pyreadstat

    return _read(pyreadstat.read_sav, path, name, limits)


def read_stata(path: Path, name: str, limits: Limits) -> StatisticsFile:
    """A .dta file; the extended missing values .a to .z stay in the data as ".a" to ".z"."""
    import pyreadstat

    return _read(pyreadstat.read_dta, path, name, limits)


def _read(reader: Any, path: Path, name: str, limits: Limits) -> StatisticsFile:
    _, told = reader(str(path), metadataonly=True, output_format="dict")
    if (told.number_rows or 0) > limits.rows:
        raise refused("too_many_rows", found=told.number_rows, limit=limits.rows, sheet=name)
    if (told.number_columns or 0) > limits.columns:
        raise refused("too_many_columns", found=told.number_columns, limit=limits.columns, sheet=name)
    values, meta = reader(str(path), user_missing=True, output_format="dict")
    columns = {column: _texts(column, values[column], meta) for column in meta.column_names}
    counts = {len(texts) for texts in columns.values()}
    if len(counts) > 1 or (told.number_rows is not None and counts != {told.number_rows}):
        raise refused("file_damaged")
    texts = [column for column in columns if meta.readstat_variable_types.get(column) == TYPES_OF_TEXT]
    labels = {column: _labels(column, meta) for column in meta.variable_value_labels}
    columns, declared = without_reasons_beside(columns, texts, _declared_missing(columns, meta), labels)
    return StatisticsFile(
        table=_table(name, columns, _broken(values, meta), limits),
        encoding=meta.file_encoding,
        declared_missing=declared,
        value_labels={**labels, **_ticked_and_not(columns, meta)},
        warnings=tuple(_float_warnings(values, meta)),
    )


def _texts(column: str, values: Sequence[Any], meta: Any) -> list[str]:
    kind = meta.readstat_variable_types.get(column)
    tagged = set(meta.missing_user_values.get(column, ()))
    if kind == TYPES_OF_TEXT:
        return [text_of(value) for value in values]
    if kind == "float":
        return [_single(value) if isinstance(value, float) else _tagged(value, tagged) for value in values]
    return [_tagged(value, tagged) for value in values]


def _tagged(value: Any, tagged: set[str]) -> str:
    if isinstance(value, str) and value in tagged:
        return f".{value}"
    if isinstance(value, float) and np.isnan(value):
        return ""
    return text_of(value)


def _single(value: float) -> str:
    """The shortest text that gives this single-precision number back: 0.1, not 0.10000000149."""
    if np.isnan(value):
        return ""
    return text_of(float(str(np.float32(value))))


def _broken(values: Mapping[str, Sequence[Any]], meta: Any) -> dict[int, str]:
    broken: dict[int, str] = {}
    for column, cells in values.items():
        numeric = meta.readstat_variable_types.get(column) != TYPES_OF_TEXT
        for row, value in enumerate(cells):
            code = _damage(value) if numeric else _text_damage(value)
            if code:
                broken.setdefault(row, code)
    return broken


def _damage(value: Any) -> str | None:
    if not isinstance(value, float) or np.isnan(value):
        return None
    if np.isinf(value) or 0 < abs(value) < SMALLEST_PLAUSIBLE or abs(value) > 1 / SMALLEST_PLAUSIBLE:
        return "number_damaged"
    return "number_lost_digits" if abs(value) >= LARGEST_EXACT else None


def _text_damage(value: Any) -> str | None:
    if isinstance(value, str) and any(character < " " and character not in "\t\r\n" for character in value):
        return "text_control"
    return None


def _table(
    name: str, columns: Mapping[str, list[str]], broken: Mapping[int, str], limits: Limits
) -> RawTable:
    builder = TableBuilder(name, tuple(columns), limits)
    for row, cells in enumerate(zip(*columns.values(), strict=True)):
        builder.add(cells, row + 2, broken.get(row))
    return builder.finish()


def _labels(column: str, meta: Any) -> dict[str, str]:
    tagged = set(meta.missing_user_values.get(column, ()))
    labels = meta.variable_value_labels[column]
    text = meta.readstat_variable_types.get(column) == TYPES_OF_TEXT
    form = str(meta.original_variable_types.get(column, ""))
    if form.rstrip("0123456789.") in _SPSS_DATES:
        return {_spss_day(code): text_of(label) for code, label in labels.items()}
    return {text_of(code) if text else _code(code, tagged): text_of(label) for code, label in labels.items()}


def _code(code: Any, tagged: set[str]) -> str:
    """The text of a labelled code; a letter that labels a number is one of Stata's missing values."""
    if isinstance(code, str) and (code in tagged or code in STATA_MISSING):
        return f".{code}"
    return text_of(code)


def _spss_day(seconds: Any) -> str:
    """The day that a labelled number of a date column is shown as."""
    return text_of(_SPSS_BEGINS + timedelta(seconds=float(seconds)))


def _declared_missing(columns: Mapping[str, list[str]], meta: Any) -> dict[str, dict[str, str]]:
    declared: dict[str, dict[str, str]] = {}
    for column, tags in meta.missing_user_values.items():
        labels = _labels(column, meta) if column in meta.variable_value_labels else {}
        declared[column] = {f".{tag}": labels.get(f".{tag}", "") for tag in tags}
    for column, ranges in meta.missing_ranges.items():
        labels = _labels(column, meta) if column in meta.variable_value_labels else {}
        seen = [*labels, *dict.fromkeys(columns.get(column, ()))]
        codes = {code for code in seen if code and any(_within(code, found) for found in ranges)}
        codes |= {text_of(found["lo"]) for found in ranges if found["lo"] == found["hi"]}
        declared[column] = {code: labels.get(code, "") for code in sorted(codes)}
    return declared


def _ticked_and_not(columns: Mapping[str, list[str]], meta: Any) -> dict[str, dict[str, str]]:
    """What the values of a set of ticked choices mean, where SPSS counts one of them as ticked."""
    told: dict[str, dict[str, str]] = {}
    for found in meta.mr_sets.values():
        if not found["is_dichotomy"]:
            continue
        counted = text_of(found["counted_value"])
        for column in found["variable_list"]:
            values = dict.fromkeys(value for value in columns.get(column, ()) if value)
            told[column] = {value: "yes" if value == counted else "no" for value in values}
    return told


def _within(code: str, found: Mapping[str, Any]) -> bool:
    if isinstance(found["lo"], str | date):
        return text_of(found["lo"]) <= code <= text_of(found["hi"])
    try:
        return bool(found["lo"] <= float(code) <= found["hi"])
    except ValueError:
        return False


def _float_warnings(values: Mapping[str, Sequence[Any]], meta: Any) -> list[Problem]:
    return [
        Problem(code="float_whole_numbers", column=column)
        for column, cells in values.items()
        if meta.readstat_variable_types.get(column) == "float"
        and any(isinstance(value, float) and abs(value) > LARGEST_EXACT_SINGLE for value in cells)
    ]
