"""Columns of values while an expression is evaluated, each saying in which rows it is not known."""

import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from surveys.expressions.days import clock, iso_day, moment


Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

# Two numbers nearer than this are equal, as the collecting apps have it: 0.1 + 0.2 = 0.3.
TOLERANCE = 1e-12
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Truths:
    """For every row true, false or, where neither is set, unknown. Joined by Kleene's rules."""

    true: Bools
    false: Bools

    @property
    def unknown(self) -> Bools:
        """Rows in which it cannot be said."""
        return ~(self.true | self.false)

    def __and__(self, other: "Truths") -> "Truths":
        return Truths(true=self.true & other.true, false=self.false | other.false)

    def __or__(self, other: "Truths") -> "Truths":
        return Truths(true=self.true | other.true, false=self.false & other.false)

    def __invert__(self) -> "Truths":
        return Truths(true=self.false, false=self.true)

    def __len__(self) -> int:
        return len(self.true)


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """Text of every row, as codes into the few distinct words; "" is blank."""

    codes: Codes
    words: tuple[str, ...]
    unknown: Bools


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """A number for every row, known to lie between ``low`` and ``high``; NaN is no number.

    Most are known exactly, and then ``low`` and ``high`` are equal. Today's date at the time of an old interview,
    or the length of a text that apps count differently, is known only to lie within bounds.
    """

    low: Floats
    high: Floats
    unknown: Bools
    days: bool = False  # they count days, so as text they are dates


def known(truth: Bools) -> Truths:
    """Truths without an unknown."""
    return Truths(true=truth, false=~truth)


def nothing_known(rows: int) -> Truths:
    """Unknown in every row."""
    return Truths(true=_none(rows), false=_none(rows))


def everywhere(rows: int, truth: bool) -> Truths:
    """The same truth in every row."""
    return known(np.full(rows, truth))


def texts_of(values: Any) -> Texts:
    """A column of answers (pyarrow, pandas, numpy or a list; null or NaN is blank) with its distinct words."""
    if isinstance(values, Texts):
        return values
    column = pa.chunked_array([values]) if isinstance(values, pa.Array) else values
    if not isinstance(column, pa.ChunkedArray):
        column = pa.chunked_array([pa.array(values, pa.large_string(), from_pandas=True)])
    column = pc.fill_null(column.cast(pa.large_string()), "")
    coded = column.combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    codes = coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return Texts(codes=codes, words=tuple(coded.dictionary.to_pylist()), unknown=_none(len(codes)))


class Answers(Mapping[str, Any]):
    """Columns of answers by question name, each encoded at most once however many expressions read it.

    Pass it wherever a plain mapping is taken when many expressions are judged over one table.
    """

    def __init__(self, columns: Mapping[str, Any], *, rows: int | None = None) -> None:
        self._columns = columns
        self._encoded: dict[str, Texts] = {}
        present = (len(values) for values in columns.values() if values is not None)
        self.rows = next(present, 0) if rows is None else rows

    def __getitem__(self, name: str) -> Any:
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def without(self, names: Collection[str]) -> "Answers":
        """The same answers as if the file did not hold some of them; what was encoded stays so."""
        if not names:
            return self
        kept = {name: values for name, values in self._columns.items() if name not in names}
        rest = Answers(kept, rows=self.rows)
        rest._encoded = self._encoded
        return rest

    def texts(self, name: str) -> Texts | None:
        """The encoded column, None where the file does not hold it."""
        values = self._columns.get(name)
        if values is None:
            return None
        if name not in self._encoded:
            self._encoded[name] = texts_of(values)
        return self._encoded[name]


# From one kind to another


def texts_unknown(rows: int) -> Texts:
    """Text that is known in no row."""
    return Texts(codes=np.zeros(rows, dtype=np.int64), words=("",), unknown=_all(rows))


def numbers_unknown(rows: int) -> Numbers:
    """Numbers that are known in no row."""
    nowhere = np.full(rows, np.nan)
    return Numbers(low=nowhere, high=nowhere, unknown=_all(rows))


def constant_text(word: str, rows: int) -> Texts:
    """The same text in every row."""
    return Texts(codes=np.zeros(rows, dtype=np.int64), words=(word,), unknown=_none(rows))


def constant_number(low: float, rows: int, high: float | None = None, *, days: bool = False) -> Numbers:
    """The same number, or the same bounds, in every row."""
    lows = np.full(rows, low, dtype=np.float64)
    highs = lows if high is None else np.full(rows, high, dtype=np.float64)
    return Numbers(low=lows, high=highs, unknown=_none(rows), days=days)


def texts_to_numbers(texts: Texts) -> Numbers:
    """Text read as numbers: decimal notation, or ISO dates as days since 1970; else NaN.

    The apps differ on what a date and time is as a number, whole days or a fraction, so both bounds are kept;
    for a bare time they agree on nothing, so that stays unknown.
    """
    bounds = np.array([_word_bounds(word) for word in texts.words], dtype=np.float64).reshape(-1, 3)
    taken = bounds[texts.codes]
    unknown = texts.unknown | taken[:, 2].astype(np.bool_)
    return Numbers(low=taken[:, 0], high=taken[:, 1], unknown=unknown)


def _word_bounds(word: str) -> Sequence[float]:
    stripped = word.strip()
    if _NUMBER.fullmatch(stripped):
        value = float(stripped)
        return value, value, 0.0
    when = moment(stripped) if "-" in stripped else None
    if when is not None:
        return when.day, when.day + (when.time or 0.0), 0.0
    return math.nan, math.nan, float(":" in stripped and clock(stripped) is not None)


def texts_to_truths(texts: Texts) -> Truths:
    """Any text but the blank is true."""
    return each_word(lambda word: word != "", texts)


def numbers_to_truths(numbers: Numbers) -> Truths:
    """Any number but zero and NaN is true."""
    exact = numbers.low == numbers.high
    surely = (exact & (numbers.low != 0)) | (numbers.low > 0) | (numbers.high < 0)
    never = np.isnan(numbers.low) | (exact & (numbers.low == 0))
    return Truths(true=surely & ~numbers.unknown, false=never & ~numbers.unknown)


def truths_to_numbers(truths: Truths) -> Numbers:
    """True is 1, false 0."""
    values = truths.true.astype(np.float64)
    return Numbers(low=values, high=values, unknown=truths.unknown)


def truths_to_texts(truths: Truths) -> Texts:
    """The words true and false."""
    return Texts(codes=truths.true.astype(np.int64), words=("false", "true"), unknown=truths.unknown)


def numbers_to_texts(numbers: Numbers) -> Texts:
    """Numbers as forms write them: whole ones without a point, days as ISO dates."""
    exact = (numbers.low == numbers.high) | np.isnan(numbers.low)
    distinct, codes = np.unique(numbers.low, return_inverse=True)
    codes = codes.reshape(-1)
    write = _written_day if numbers.days else _written
    written = [write(float(number)) for number in distinct]
    beyond = np.array([text is None for text in written], dtype=np.bool_)[codes]
    words = tuple(text or "" for text in written)
    return Texts(codes=codes, words=words, unknown=numbers.unknown | ~exact | beyond)


def _written_day(number: float) -> str | None:
    """A day as an ISO date, no number as blank, None beyond the calendar."""
    return iso_day(number) or ("" if math.isnan(number) else None)


def _written(number: float) -> str | None:
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if number.is_integer():
        return str(int(number))
    return format(Decimal(repr(number)), "f")


# Functions of words


def each_word(condition: Callable[[str], bool], texts: Texts) -> Truths:
    """A condition on one text, asked once per distinct word."""
    return truths_of_words([condition(word) for word in texts.words], texts)


def truths_of_words(held: Sequence[bool | None], texts: Texts) -> Truths:
    """What holds of every distinct word, brought to the rows; None where it cannot be said."""
    true = np.array([result is True for result in held], dtype=np.bool_)[texts.codes]
    false = np.array([result is False for result in held], dtype=np.bool_)[texts.codes]
    return Truths(true=true & ~texts.unknown, false=false & ~texts.unknown)


def each_combination(function: Callable[..., Any], *columns: Texts) -> tuple[Codes, list[Any], Bools]:
    """A function of several texts, called once per combination that occurs; codes, results, unknown."""
    rows = len(columns[0].codes)
    codes = np.zeros(rows, dtype=np.int64)
    combinations: list[tuple[str, ...]] = [()]
    unknown = _none(rows)
    for texts in columns:
        unknown = unknown | texts.unknown
        size = len(texts.words)
        mixed = codes * size + texts.codes
        if size == 1 or len(combinations) == 1:
            present, codes = np.arange(size * len(combinations)), mixed
        else:
            present, codes = np.unique(mixed, return_inverse=True)
        combinations = [(*combinations[at // size], texts.words[at % size]) for at in present.tolist()]
    return codes.reshape(-1), [function(*words) for words in combinations], unknown


def truths_from(condition: Callable[..., bool | None], *columns: Texts) -> Truths:
    """A condition on several texts; None where it cannot be said."""
    codes, results, unknown = each_combination(condition, *columns)
    return truths_of_words(results, Texts(codes=codes, words=(), unknown=unknown))


def texts_from(function: Callable[..., str | None], *columns: Texts) -> Texts:
    """A text made of several; None where it cannot be said."""
    codes, results, unknown = each_combination(function, *columns)
    unsaid = np.array([result is None for result in results], dtype=np.bool_)[codes]
    return Texts(codes=codes, words=tuple(result or "" for result in results), unknown=unknown | unsaid)


def numbers_from(function: Callable[..., "float | Bounds | None"], *columns: Texts) -> Numbers:
    """A number made of several texts; None where it cannot be said."""
    codes, results, unknown = each_combination(function, *columns)
    low = np.array([_bound(result, "low") for result in results], dtype=np.float64)[codes]
    high = np.array([_bound(result, "high") for result in results], dtype=np.float64)[codes]
    unsaid = np.array([result is None for result in results], dtype=np.bool_)[codes]
    return Numbers(low=low, high=high, unknown=unknown | unsaid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """A number known to lie between two others."""

    low: float
    high: float


def _bound(result: float | Bounds | None, side: str) -> float:
    if isinstance(result, Bounds):
        return result.low if side == "low" else result.high
    return math.nan if result is None else result


def _none(rows: int) -> Bools:
    return np.zeros(rows, dtype=np.bool_)


def _all(rows: int) -> Bools:
    return np.ones(rows, dtype=np.bool_)
