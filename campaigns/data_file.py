"""One file of data, any format, as columns a plan can name: texts, numbers, and which are missing."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from campaigns.schema import did_you_mean
from surveys.missing import declared_reason
from surveys.problems import CannotProceed, FileRefused, Problem
from surveys.reading import RawFile, read_file


MISSING = frozenset({"", "NA", "N/A", "NaN", "nan", "<NA>", "."})  # as R, pandas and Stata write it
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
WHOLE = re.compile(r"([+-]?\d+)\.0+")  # 1.0 for 1, as pandas writes a whole number beside a blank
MIDNIGHT = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ]00:00(:00(\.0+)?)?"
)  # a date, as programs without dates write it
LOGICAL = {"true": "1", "false": "0"}  # as R, pandas and Parquet write yes and no
SHOWN = 3  # values quoted in a complaint
NUMERIC = (
    "Name a numeric column, use a score, declare codes that are no answer under missing_codes, or name a covariate of "
    "words as {categorical: ...}."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """The columns of one file. Values are texts, except in Parquet, whose types are kept."""

    file: str
    sha256: str
    rows: int
    columns: Mapping[str, pa.ChunkedArray]
    repeated: frozenset[str] = frozenset()  # headers that stand twice
    decimal_comma: bool = False
    own_codes: Mapping[str, Mapping[str, str]] = field(
        default_factory=dict
    )  # column -> code -> missing reason, declared in the file itself
    missing_codes: Mapping[str, str] = field(default_factory=dict)  # the same for all columns, by the plan
    value_labels: Mapping[str, Mapping[str, str]] = field(
        default_factory=dict
    )  # column -> code -> label, of a statistics file

    def require(self, column: str, where: str) -> pa.ChunkedArray:
        """The column of that name; a complaint about ``where`` if there is none or more than one."""
        if column in self.repeated:
            raise CannotProceed(
                where, f'the column "{column}" stands more than once in {self.file}.', "Rename one of them."
            )
        if column not in self.columns:
            raise CannotProceed(
                where,
                f'{self.file} has no column "{column}".',
                f"Write a column's name as in the file.{did_you_mean(column, list(self.columns))}",
            )
        return self.columns[column]

    def labels(self, column: str, where: str) -> pa.Array:
        """The column as texts, null where missing; a whole number is the same with or without .0."""
        return self._translated(column, where, _label, self.codes_of(column))

    def answers(self, column: str, where: str) -> pa.Array:
        """As ``labels``, and a number with a decimal comma has a point."""
        return self._translated(column, where, self._answer, self.codes_of(column))

    def reasons(self, column: str, where: str) -> pa.Array:
        """Why there is no answer, null where there is one or nothing says why."""
        codes = self.codes_of(column)
        encoded = pc.dictionary_encode(self.require(column, where)).combine_chunks()
        reasons = [reason_in(codes, _as_text(value)) for value in encoded.dictionary.to_pylist()]
        return pc.take(pa.array(reasons, pa.string()), encoded.indices)

    def codes_of(self, column: str) -> dict[str, str]:
        """The codes that are no answer in this column, and what they mean; the plan outranks the file."""
        return {
            _label(code): why
            for code, why in (
                *self.own_codes.get(column, {}).items(),
                *((self.code_of(column, named), why) for named, why in self.missing_codes.items()),
            )
        }

    def code_of(self, column: str, value: str) -> str:
        """The code in the column of what a plan names: the value itself, or, in a statistics file, the code it labels.

        A code outranks a label of the same text.
        """
        labelled = self.value_labels.get(column, {})
        codes = [code for code, label in labelled.items() if label.strip() == value.strip()]
        if len(codes) != 1 or canonical(value) in {canonical(code) for code in labelled}:
            return value
        there = {canonical(_as_text(one)) for one in self._distinct(column, column)}
        return value if canonical(value) in there else codes[0]

    def matched(self, column: str, where: str, meaning: Mapping[str, str]) -> pa.Array:
        """What each value means, null where it means nothing. 1, 1.0 and "1" are the same value.

        A value the plan names here is one, even where it stands for no answer elsewhere.
        """
        by_value = {canonical(self.code_of(column, value)): means for value, means in meaning.items()}
        own = {_label(code): why for code, why in self.own_codes.get(column, {}).items()}
        return self._translated(column, where, lambda text: by_value.get(canonical(text)), own)

    def without(self, column: str, where: str, named: Sequence[str]) -> tuple[str, ...]:
        """Those of the values named that no row of the column has."""
        there = {canonical(_as_text(value)) for value in self._distinct(column, where)}
        return tuple(value for value in named if canonical(self.code_of(column, value)) not in there)

    def values(self, column: str, where: str) -> tuple[str, ...]:
        """The values of the column, as texts, numbers by size before words."""
        texts = {_label(_as_text(value)) for value in self._distinct(column, where)} - MISSING
        return tuple(sorted(texts, key=lambda text: (not NUMBER.fullmatch(text), _size(text), text)))

    def _distinct(self, column: str, where: str) -> list[object]:
        found: list[object] = pc.unique(self.require(column, where)).drop_null().to_pylist()
        return found

    def numbers(
        self, column: str, where: str, words: Mapping[str, str] | None = None, *, remedy: str = NUMERIC
    ) -> pa.Array:
        """The column as float64, null where missing; a complaint if a value is neither a number nor one of ``words``."""
        array = self.require(column, where)
        codes = self.codes_of(column)
        if not _is_text(array.type):
            found = pc.cast(array, pa.float64()).combine_chunks()
            no_answer = pa.array([float(code) for code in codes if NUMBER.fullmatch(code)], pa.float64())
            given = pc.and_(pc.is_finite(found), pc.invert(pc.is_in(found, no_answer)))
            return pc.if_else(given, found, pa.scalar(None, pa.float64()))
        encoded = pc.dictionary_encode(array).combine_chunks()
        values: list[float | None] = []
        wrong: list[str] = []
        for text in encoded.dictionary.to_pylist():
            stripped = text.strip()
            plain = (LOGICAL | dict(words or {})).get(stripped.lower(), stripped)
            plain = plain.replace(",", ".") if self.decimal_comma else plain
            if stripped in MISSING or reason_in(codes, stripped):
                values.append(None)
            elif NUMBER.fullmatch(plain) and np.isfinite(float(plain)):
                values.append(float(plain))
            else:
                wrong.append(stripped)
        if wrong:
            raise CannotProceed(
                where,
                f'the column "{column}" of {self.file} holds values that are no numbers, such as '
                f"{', '.join(repr(value[:20]) for value in wrong[:SHOWN])}.",
                remedy,
            )
        return pc.take(pa.array(values, pa.float64()), encoded.indices)

    def _answer(self, text: str) -> str:
        pointed = text.replace(",", ".") if self.decimal_comma else text
        return _label(pointed if NUMBER.fullmatch(pointed) else text)

    def _translated(
        self, column: str, where: str, translate: Callable[[str], str | None], codes: Mapping[str, str]
    ) -> pa.Array:
        """Each distinct value translated once; null for a blank and for a code that is no answer."""
        array = self.require(column, where)
        encoded = pc.dictionary_encode(array).combine_chunks()
        texts = [None if value is None else _as_text(value) for value in encoded.dictionary.to_pylist()]
        known = [
            None if text is None or text in MISSING or reason_in(codes, text) else translate(text)
            for text in texts
        ]
        return pc.take(pa.array(known, pa.string()), encoded.indices)


def read_data(path: Path, needed: Sequence[str], missing_codes: Mapping[str, str] | None = None) -> DataFile:
    """The file's columns: of Parquet those needed, of anything else all.

    Parameters
    ----------
    missing_codes
        Codes that are no answer in any column, and why (``surveys.missing.Missing``).

    Raises
    ------
    CannotProceed
        There is no such file, or it is a folder.
    FileRefused
        The file cannot be read.
    """
    if path.is_dir():
        raise CannotProceed(str(path), "this is a folder.", "Give the path of one file with --data.")
    if not path.is_file():
        raise CannotProceed(str(path), "there is no such file.", "Check the path given with --data.")
    if path.suffix.lower() in (".parquet", ".pq"):
        return _read_parquet(path, needed, missing_codes or {})
    raw = _read(path)
    headers = raw.interviews.columns
    rows = raw.interviews.rows
    return DataFile(
        file=path.name,
        sha256=raw.sha256,
        rows=rows.num_rows,
        columns={header: rows.column(position) for position, header in enumerate(headers)},
        repeated=frozenset(header for header in headers if headers.count(header) > 1),
        decimal_comma=raw.decimal_comma,
        own_codes=_own_codes(raw.declared_missing or {}, raw.value_labels or {}),
        missing_codes=missing_codes or {},
        value_labels=raw.value_labels or {},
    )


def _read(path: Path) -> RawFile:
    """The file's rows; a row that could not be taken apart would move every number behind it."""
    try:
        raw = read_file(path)
    except FileRefused as refused:
        raise FileRefused(
            refused.problem, *refused.problems[1:], doubts=refused.doubts, where=str(path)
        ) from None
    if raw.interviews.broken_rows:
        row, code = min(raw.interviews.broken_rows.items())
        line = raw.interviews.lines[row]
        raise FileRefused(
            Problem(code=code, row=row + 1, line=line), where=f"{path}, row {row + 1} (line {line})"
        )
    return raw


def _read_parquet(path: Path, needed: Sequence[str], missing_codes: Mapping[str, str]) -> DataFile:
    try:
        file = pq.ParquetFile(path)
        there = file.schema_arrow.names
        table = file.read(columns=[name for name in dict.fromkeys(needed) if name in there])
    except (pa.ArrowInvalid, OSError) as error:
        raise FileRefused(Problem(code="file_damaged"), where=str(path)) from error
    empty = pa.chunked_array([], pa.string())
    with path.open("rb") as content:
        sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    return DataFile(
        file=path.name,
        sha256=sha256,
        rows=file.metadata.num_rows,
        columns=dict.fromkeys(there, empty) | {name: table[name] for name in table.column_names},
        missing_codes=missing_codes,
    )


def _own_codes(
    declared: Mapping[str, Mapping[str, str]], labels: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, str]]:
    """What a statistics file says of its codes that are no answer, by column."""
    return {
        column: {
            code: declared_reason(labels.get(column, {}).get(code, text) if text == code else text)
            for code, text in codes.items()
        }
        for column, codes in declared.items()
    }


def reason_in(codes: Mapping[str, str], text: str) -> str | None:
    """Why a cell is no answer; of several choices, where every one of them is none."""
    whole = codes.get(_label(text.strip()))
    if whole is not None or " " not in text:
        return whole
    each = [codes.get(word) for word in text.split()]
    return each[0] if each and None not in each else None


def canonical(text: str) -> str:
    """A value as it is compared: 1, 1.0 and "1" are the same, and so are TRUE and 1, and a date and its midnight."""
    stripped = LOGICAL.get(text.strip().lower(), text.strip())
    if not NUMBER.fullmatch(stripped):
        day = MIDNIGHT.fullmatch(stripped)
        return day.group(1) if day else stripped
    number = float(stripped)
    return str(int(number)) if number.is_integer() else repr(number)


def _size(text: str) -> float:
    return float(text) if NUMBER.fullmatch(text) else 0.0


def _label(text: str) -> str:
    whole = WHOLE.fullmatch(text)
    return whole.group(1) if whole else text


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return str(int(value))
    return str(value).strip()


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind)
        or pa.types.is_string_view(kind)
    )  # fmt: skip
