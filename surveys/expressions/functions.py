"""The functions of XPath and of the collecting apps that a table of answers can carry."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from surveys.expressions.days import WIDEST_OFFSET, clock, format_moment, iso_day, moment
from surveys.expressions.operations import (
    Setting,
    Single,
    Value,
    chosen_by,
    compared,
    each_kind,
    exactly,
    to_numbers,
    to_texts,
    to_truths,
)
from surveys.expressions.patterns import match_whole
from surveys.expressions.values import (
    Bounds,
    Floats,
    Numbers,
    Texts,
    Truths,
    constant_number,
    constant_text,
    everywhere,
    nothing_known,
    numbers_from,
    numbers_to_texts,
    texts_from,
    texts_unknown,
    truths_from,
    truths_of_words,
)


Compute = Callable[[Setting, Sequence[Value]], Value]

# More patterns than this in one column are not tried: a form has a handful.
MOST_PATTERNS = 50
MANY = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function: how many arguments it takes and how it is worked out."""

    compute: Compute
    least: int
    most: int


def _of_texts(function: Callable[..., str | None]) -> Compute:
    return lambda _, values: texts_from(function, *map(to_texts, values))


def _truth_of_texts(condition: Callable[..., bool | None]) -> Compute:
    return lambda _, values: truths_from(condition, *map(to_texts, values))


def _number_of_texts(function: Callable[..., "float | Bounds | None"]) -> Compute:
    return lambda _, values: numbers_from(function, *map(to_texts, values))


def _number(function: Callable[..., Floats]) -> Compute:
    """A function of exact numbers."""

    def compute(_: Setting, values: Sequence[Value]) -> Value:
        numbers = [exactly(to_numbers(value)) for value in values]
        result = np.asarray(function(*(number.low for number in numbers)), dtype=np.float64)
        return Numbers(low=result, high=result, unknown=np.any([n.unknown for n in numbers], axis=0))

    return compute


def _never_falling(function: Callable[..., Floats]) -> Compute:
    """A function that never falls as its arguments rise, so that bounds stay bounds."""

    def compute(_: Setting, values: Sequence[Value]) -> Value:
        numbers = [to_numbers(value) for value in values]
        return Numbers(
            low=function(*(number.low for number in numbers)),
            high=function(*(number.high for number in numbers)),
            unknown=np.any([number.unknown for number in numbers], axis=0),
        )

    return compute


def _by_kind(function: Callable[[Single], Value]) -> Compute:
    """A function of one argument that treats numbers and texts differently."""
    return lambda _, values: each_kind(function, values[0])


# Choices and conditions


def _if(_: Setting, values: Sequence[Value]) -> Value:
    return chosen_by(to_truths(values[0]), values[1], values[2])


def _coalesce(setting: Setting, values: Sequence[Value]) -> Value:
    chosen = values[-1]
    for value in reversed(values[:-1]):
        chosen = chosen_by(_filled(value, setting), value, chosen)
    return chosen


def _once(setting: Setting, values: Sequence[Value]) -> Value:
    own = setting.own or texts_unknown(setting.rows)
    return chosen_by(_filled(own, setting), own, values[0])


def _filled(value: Value, setting: Setting) -> Truths:
    return compared("!=", to_texts(value), constant_text("", setting.rows))


def _selected(answer: str, choice: str) -> bool:
    return f" {choice.strip()} " in f" {' '.join(answer.split())} "


def _selected_at(answer: str, position: str) -> str | None:
    index = _whole(position)
    if index is None or index < 0:
        return None
    choices = answer.split()
    return choices[index] if index < len(choices) else ""


def _regex(setting: Setting, values: Sequence[Value]) -> Value:
    answers, patterns = to_texts(values[0]), to_texts(values[1])
    if len(patterns.words) > MOST_PATTERNS:
        return nothing_known(setting.rows)
    if len(patterns.words) == 1:
        return truths_of_words(match_whole(answers.words, patterns.words[0]), answers)
    held = {
        (word, pattern): matches
        for pattern in patterns.words
        for word, matches in zip(answers.words, match_whole(answers.words, pattern), strict=True)
    }
    return truths_from(lambda word, pattern: held[word, pattern], answers, patterns)


# Texts


def _length(text: str) -> float | Bounds:
    """Characters at the least, UTF-16 units at the most: the apps count the latter, people the former."""
    if text.isascii():
        return len(text)
    return Bounds(low=len(text), high=len(text.encode("utf-16-le", "surrogatepass")) // 2)


def _substr(text: str, start: str, end: str | None = None) -> str | None:
    first = _whole(start)
    last = len(text) if end is None else _whole(end)
    if first is None or last is None or any(ord(character) > 0xFFFF for character in text):
        return None
    first = max(0, first + len(text) if first < 0 else first)
    last = max(0, last + len(text) if last < 0 else last)
    return text[first:last]


def _translate(text: str, characters: str, replacements: str) -> str:
    table: dict[int, str] = {}
    for at, character in enumerate(characters):
        table.setdefault(ord(character), replacements[at : at + 1])
    return text.translate(table)


def _whole(text: str) -> int | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if math.isfinite(number) else None


# Days and times


def _today(setting: Setting, _: Sequence[Value]) -> Value:
    none = np.zeros(setting.rows, dtype=np.bool_)
    return Numbers(low=setting.first_day, high=setting.last_day, unknown=none, days=True)


def _now(setting: Setting, _: Sequence[Value]) -> Value:
    """Some moment of today: apps differ on whether the hour counts."""
    none = np.zeros(setting.rows, dtype=np.bool_)
    return Numbers(low=setting.first_day, high=setting.last_day + 1, unknown=none, days=True)


def _date(value: Single) -> Value:
    if isinstance(value, Numbers):
        low, high = np.floor(value.low), np.floor(value.high)
        return Numbers(low=low, high=high, unknown=value.unknown, days=True)
    days = numbers_from(_day_of, to_texts(value))
    return Numbers(low=days.low, high=days.high, unknown=days.unknown, days=True)


def _day_of(text: str) -> float | None:
    if not text.strip():
        return math.nan
    when = moment(text)
    if when is not None:
        return when.day
    number = _whole(text)
    return None if number is None else math.floor(float(text))


def _date_time(value: Single) -> Value:
    if isinstance(value, Numbers):
        return Numbers(low=value.low, high=value.high, unknown=value.unknown, days=True)
    days = numbers_from(_moment_of, to_texts(value))
    return Numbers(low=days.low, high=days.high, unknown=days.unknown, days=True)


def _moment_of(text: str) -> float | Bounds | None:
    when = moment(text)
    if when is None:
        return _day_of(text)
    return Bounds(low=when.day, high=when.day + (when.time or 0.0))


def _decimal_date_time(value: Single) -> Value:
    if not isinstance(value, Numbers):
        return numbers_from(_fractional_days, to_texts(value))
    low, high = value.low - WIDEST_OFFSET, value.high + WIDEST_OFFSET
    return Numbers(low=low, high=high, unknown=value.unknown)


def _fractional_days(text: str) -> float | Bounds | None:
    when = moment(text)
    if when is None:
        return _day_of(text)
    local = when.day + (when.time or 0.0)
    if when.offset is not None:
        return local - when.offset
    return Bounds(low=local - WIDEST_OFFSET, high=local + WIDEST_OFFSET)


def _decimal_time(text: str) -> float | None:
    if not text.strip():
        return math.nan
    when = moment(text)
    return clock(text) if when is None else when.time


def _format_date(_: Setting, values: Sequence[Value]) -> Value:
    pattern = to_texts(values[1])
    return each_kind(lambda value: _formatted(value, pattern), values[0])


def _formatted(value: Single, pattern: Texts) -> Value:
    if not isinstance(value, Numbers):
        return texts_from(format_moment, to_texts(value), pattern)
    ends = [texts_from(format_moment, _iso(bound, value), pattern) for bound in (value.low, value.high)]
    same = compared("=", *ends).true
    written = Texts(codes=ends[0].codes, words=ends[0].words, unknown=ends[0].unknown | ~same)
    if pattern.words != ("%Y",):
        return written
    # A year reckoned from a day that is known within bounds is itself a number within bounds.
    low, high = _years(value.low), _years(value.high)
    years = Numbers(low=low, high=high, unknown=value.unknown | np.isnan(low) | np.isnan(high))
    return chosen_by(Truths(true=same, false=~same), written, years)


def _iso(days: Floats, number: Numbers) -> Texts:
    return numbers_to_texts(Numbers(low=days, high=days, unknown=number.unknown, days=True))


def _years(days: Floats) -> Floats:
    distinct, codes = np.unique(days, return_inverse=True)
    written = [iso_day(float(day)) for day in distinct]
    years = [float(day[:4]) if day else math.nan for day in written]
    return np.array(years, dtype=np.float64)[codes.reshape(-1)]


# Numbers


def _round(number: Floats, places: Floats | None = None) -> Floats:
    scale = 1.0 if places is None else np.power(10.0, np.trunc(places))
    return np.asarray(np.floor(number * scale + 0.5) / scale, dtype=np.float64)


def _round_to(setting: Setting, values: Sequence[Value]) -> Value:
    compute = _never_falling(_round) if len(values) == 1 else _number(_round)
    return compute(setting, values)


def _combined(operation: np.ufunc) -> Compute:
    """Several numbers made one; where one of them is blank the apps disagree."""

    def compute(_: Setting, values: Sequence[Value]) -> Value:
        numbers = [to_numbers(value) for value in values]
        blank = np.any([np.isnan(number.low) for number in numbers], axis=0)
        return Numbers(
            low=operation.reduce([number.low for number in numbers]),
            high=operation.reduce([number.high for number in numbers]),
            unknown=np.any([number.unknown for number in numbers], axis=0) | blank,
        )

    return compute


# These add up a roster when given one argument alone.
AGGREGATES = frozenset({"sum", "max", "min"})

# These depend on the day of the interview.
CLOCKS = frozenset({"today", "now"})

FUNCTIONS: dict[str, Function] = {
    # conditions
    "true": Function(compute=lambda setting, _: everywhere(setting.rows, True), least=0, most=0),
    "false": Function(compute=lambda setting, _: everywhere(setting.rows, False), least=0, most=0),
    "not": Function(compute=lambda _, values: ~to_truths(values[0]), least=1, most=1),
    "boolean": Function(compute=lambda _, values: to_truths(values[0]), least=1, most=1),
    "boolean-from-string": Function(
        compute=_truth_of_texts(lambda text: text in ("1", "true")), least=1, most=1
    ),
    "if": Function(compute=_if, least=3, most=3),
    "coalesce": Function(compute=_coalesce, least=1, most=MANY),
    "once": Function(compute=_once, least=1, most=1),
    # choices
    "selected": Function(compute=_truth_of_texts(_selected), least=2, most=2),
    "selected-at": Function(compute=_of_texts(_selected_at), least=2, most=2),
    "count-selected": Function(
        compute=_number_of_texts(lambda text: float(len(text.split()))), least=1, most=1
    ),
    # texts
    "string": Function(compute=lambda _, values: to_texts(values[0]), least=1, most=1),
    "string-length": Function(compute=_number_of_texts(_length), least=1, most=1),
    "concat": Function(compute=_of_texts(lambda *texts: "".join(texts)), least=1, most=MANY),
    "join": Function(compute=_of_texts(lambda between, *texts: between.join(texts)), least=2, most=MANY),
    "contains": Function(compute=_truth_of_texts(lambda text, part: part in text), least=2, most=2),
    "starts-with": Function(compute=_truth_of_texts(str.startswith), least=2, most=2),
    "ends-with": Function(compute=_truth_of_texts(str.endswith), least=2, most=2),
    "substr": Function(compute=_of_texts(_substr), least=2, most=3),
    "substring-before": Function(
        compute=_of_texts(lambda text, mark: text.partition(mark)[0] if mark and mark in text else ""),
        least=2,
        most=2,
    ),
    "substring-after": Function(
        compute=_of_texts(lambda text, mark: text.partition(mark)[2] if mark else text), least=2, most=2
    ),
    "translate": Function(compute=_of_texts(_translate), least=3, most=3),
    "normalize-space": Function(compute=_of_texts(lambda text: " ".join(text.split())), least=1, most=1),
    "regex": Function(compute=_regex, least=2, most=2),
    # numbers
    "number": Function(compute=_never_falling(np.positive), least=1, most=1),
    "int": Function(compute=_never_falling(np.trunc), least=1, most=1),
    "floor": Function(compute=_never_falling(np.floor), least=1, most=1),
    "ceiling": Function(compute=_never_falling(np.ceil), least=1, most=1),
    "round": Function(compute=_round_to, least=1, most=2),
    "abs": Function(compute=_number(np.abs), least=1, most=1),
    "pow": Function(compute=_number(np.power), least=2, most=2),
    "sqrt": Function(compute=_number(np.sqrt), least=1, most=1),
    "exp": Function(compute=_number(np.exp), least=1, most=1),
    "exp10": Function(compute=_number(lambda number: np.power(10.0, number)), least=1, most=1),
    "log": Function(compute=_number(np.log), least=1, most=1),
    "log10": Function(compute=_number(np.log10), least=1, most=1),
    "sin": Function(compute=_number(np.sin), least=1, most=1),
    "cos": Function(compute=_number(np.cos), least=1, most=1),
    "tan": Function(compute=_number(np.tan), least=1, most=1),
    "asin": Function(compute=_number(np.arcsin), least=1, most=1),
    "acos": Function(compute=_number(np.arccos), least=1, most=1),
    "atan": Function(compute=_number(np.arctan), least=1, most=1),
    "atan2": Function(compute=_number(np.arctan2), least=2, most=2),
    "pi": Function(compute=lambda setting, _: constant_number(math.pi, setting.rows), least=0, most=0),
    "sum": Function(compute=_combined(np.add), least=1, most=MANY),
    "max": Function(compute=_combined(np.maximum), least=1, most=MANY),
    "min": Function(compute=_combined(np.minimum), least=1, most=MANY),
    # days and times
    "today": Function(compute=_today, least=0, most=0),
    "now": Function(compute=_now, least=0, most=0),
    "date": Function(compute=_by_kind(_date), least=1, most=1),
    "date-time": Function(compute=_by_kind(_date_time), least=1, most=1),
    "decimal-date-time": Function(compute=_by_kind(_decimal_date_time), least=1, most=1),
    "decimal-time": Function(compute=_number_of_texts(_decimal_time), least=1, most=1),
    "format-date": Function(compute=_format_date, least=2, most=2),
    "format-date-time": Function(compute=_format_date, least=2, most=2),
}
