"""Numbers, dates and times as people and exporters write them: read where certain, refused where not.

``1,25`` is 1.25 and never 125; ``1,234`` could be either and is refused. ``03/04/2026`` is refused
unless its column proves which comes first. Buddhist and Solar Hijri years are refused, not converted.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from surveys.sources import DayOrder


EARLIEST_YEAR, LATEST_YEAR = 1900, 9999
BUDDHIST_YEARS = range(2400, 2700)  # 543 years ahead
HIJRI_YEARS = range(1300, 1500)  # Solar and lunar Hijri

_WHOLE = re.compile(r"[+-]?\d+")
_POINT = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_COMMA = re.compile(r"([+-]?)(\d*),(\d+)")
_TRAILING_ZEROS = re.compile(r"([+-]?\d+)\.0*")
_ISO = re.compile(
    r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})"
    r"(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(\.\d+)?)?\s?(Z|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?"
)
_DAY_MONTH = re.compile(
    r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?:,?[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s?([AaPp][Mm])?)?"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED_MONTH = re.compile(
    r"(?:([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})|(\d{1,2})[ -]([A-Za-z]{3,9})[ -](\d{4}))"
    r"(?:,? (\d{1,2}):(\d{2})(?::(\d{2}))?\s?([AaPp][Mm])?)?"
)
# Year first with points, as in 2026. 9. 2., or with words for year, month and day; a clock with its half before or after.
_YEAR_FIRST = re.compile(
    r"(\d{4})\s?(?:[./-]|년|年)\s?(\d{1,2})\s?(?:[./-]|월|月)\s?(\d{1,2})\s?(?:\.|일|日)?"
    r"(?:[,T]?\s*(오전|오후|上午|下午|午前|午後|[AaPp][Mm])?\s*(\d{1,2}):(\d{2})(?::(\d{2}))?\s*(오전|오후|[AaPp]\.?[Mm]\.?)?)?"
    r"(?:\s*(?:GMT|UTC)\s?([+-]\d{1,2})(?::?(\d{2}))?)?"
)
_AFTERNOON = frozenset({"오후", "下午", "午後", "pm", "p.m."})
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(\.\d+)?)?\s?(Z|[+-]\d{2}:?\d{2})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number, day or time in its canonical spelling, or why it cannot be told."""

    text: str = ""
    fault: str | None = None


def western_digits(text: str) -> str:
    """Thai, Burmese, Persian, Devanagari and other decimal digits as 0 to 9; all else unchanged."""
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.decimal(character)) if character.isdecimal() else character for character in text
    ).replace("−", "-")


def writes_decimal_commas(texts: Iterable[str]) -> bool:
    """Whether a column proves that its comma is a decimal comma, as 0,75 and 1,5 do and 1,234 does not."""
    return any(_proves_decimal_comma(western_digits(text.strip())) for text in texts)


def _proves_decimal_comma(text: str) -> bool:
    found = _COMMA.fullmatch(text)
    return found is not None and (len(found[3]) != 3 or found[2] in ("", "0") or len(found[2]) > 3)


def read_number(answer: str, *, whole: bool, decimal_comma: bool = False) -> Quantity:
    """A number with a decimal point and without a plus, otherwise as written."""
    text = western_digits(answer.strip()).replace("٫", ",")
    if text[:1] == "+" and text[1:2] not in "+-":
        text = text[1:]
    if _WHOLE.fullmatch(text):
        return Quantity(text=text)
    comma = _COMMA.fullmatch(text)
    if comma is not None:
        if not decimal_comma and not _proves_decimal_comma(text):
            return Quantity(fault="ambiguous_number")
        text = f"{comma[1]}{comma[2] or '0'}.{comma[3]}"
    elif decimal_comma and re.fullmatch(r"[+-]?[1-9]\d{0,2}\.\d{3}", text):
        return Quantity(fault="ambiguous_number")
    if whole:
        zeros = _TRAILING_ZEROS.fullmatch(text)
        return Quantity(text=zeros[1]) if zeros else Quantity(fault="not_a_whole_number")
    return Quantity(text=text) if _POINT.fullmatch(text) else Quantity(fault="not_a_number")


def day_order(texts: Iterable[str]) -> DayOrder | Literal["unknown", "mixed"] | None:
    """Which of day and month a column of ``03/04/2026`` writes first; None where it writes no such dates."""
    day_first = month_first = seen = False
    for text in texts:
        found = _DAY_MONTH.fullmatch(western_digits(text.strip()))
        if found is None or len(found[4]) != 4:
            continue
        if _other_calendar(int(found[4])):
            continue  # refused by itself, whichever comes first
        first, second = int(found[1]), int(found[3])
        seen = seen or first != second
        day_first |= first > 12 >= second
        month_first |= second > 12 >= first
    if day_first and month_first:
        return "mixed"
    if day_first or month_first:
        return "day_first" if day_first else "month_first"
    return "unknown" if seen else None


def read_day(answer: str, order: DayOrder | None = None) -> Quantity:
    """The local day of a date or a date with a time, as YYYY-MM-DD."""
    moment = _read(answer, order)
    return moment if moment.fault else Quantity(text=moment.text[:10])


def read_moment(answer: str, order: DayOrder | None = None) -> Quantity:
    """A date with its time, ISO, with its own offset where it has one."""
    return _read(answer, order)


def read_time(answer: str) -> Quantity:
    """A time of day."""
    text = western_digits(answer.strip())
    found = _TIME.fullmatch(text)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59 or int(found[3] or 0) > 59:
        return Quantity(fault="not_a_time")
    return Quantity(text=text)


def _read(answer: str, order: DayOrder | None) -> Quantity:
    text = western_digits(answer.strip())
    found = _ISO.fullmatch(text)
    if found is not None:
        day = _day(int(found[1]), int(found[3]), int(found[4]))
        clock = _clock(found[5], found[6], found[7], None)
        if day.fault or clock is None:
            return day if day.fault else Quantity(fault="not_a_date")
        return Quantity(text=f"{day.text}{clock}{found[8] or ''}{found[9] or ''}" if clock else day.text)
    found = _DAY_MONTH.fullmatch(text)
    if found is not None:
        if len(found[4]) != 4:
            return Quantity(fault="two_digit_year")
        if _other_calendar(int(found[4])):
            return Quantity(fault="other_calendar")
        first, second = int(found[1]), int(found[3])
        if order is None and first != second:
            return Quantity(fault="ambiguous_date")
        month, day_of_month = (second, first) if order == "day_first" else (first, second)
        return _joined(_day(int(found[4]), month, day_of_month), _clock(*found.group(5, 6, 7, 8)))
    found = _NAMED_MONTH.fullmatch(text)
    if found is not None:
        name, year = (found[1] or found[5]).lower(), int(found[3] or found[6])
        if name[:3] in _MONTHS:
            month = _MONTHS.index(name[:3]) + 1
            return _joined(_day(year, month, int(found[2] or found[4])), _clock(*found.group(7, 8, 9, 10)))
    found = _YEAR_FIRST.fullmatch(text)
    return _year_first(found) if found is not None else Quantity(fault="not_a_date")


def _year_first(found: re.Match[str]) -> Quantity:
    half = (found[4] or found[8] or "").lower()
    word = None if not half else "pm" if half in _AFTERNOON else "am"
    moment = _joined(
        _day(int(found[1]), int(found[2]), int(found[3])), _clock(found[5], found[6], found[7], word)
    )
    if moment.fault or found[9] is None or found[5] is None:
        return moment
    return Quantity(text=f"{moment.text}{found[9][0]}{int(found[9][1:]):02d}:{found[10] or '00'}")


def _joined(day: Quantity, clock: str | None) -> Quantity:
    if day.fault or clock is None:
        return day if day.fault else Quantity(fault="not_a_date")
    return Quantity(text=day.text + clock)


def _other_calendar(year: int) -> bool:
    return year in BUDDHIST_YEARS or year in HIJRI_YEARS


def _day(year: int, month: int, day: int) -> Quantity:
    if _other_calendar(year):
        return Quantity(fault="other_calendar")
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        return Quantity(fault="not_a_date")
    try:
        return Quantity(text=date(year, month, day).isoformat())
    except ValueError:
        return Quantity(fault="no_such_day")


def _clock(hour: str | None, minute: str | None, second: str | None, half: str | None) -> str | None:
    """``T08:56:00`` or nothing; None where there is no such time."""
    if hour is None:
        return ""
    hours = int(hour)
    if half is not None:
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + (12 if half.lower() == "pm" else 0)
    if hours > 23 or int(minute or 0) > 59 or int(second or 0) > 59:
        return None
    return f"T{hours:02d}:{minute}" + (f":{second}" if second is not None else "")
