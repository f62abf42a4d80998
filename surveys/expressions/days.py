"""Days and moments as numbers: whole days since 1970, as forms count them."""

import math
import re
from dataclasses import dataclass
from datetime import date, timedelta


EPOCH = date(1970, 1, 1).toordinal()
LAST_DAY = date.max.toordinal() - EPOCH
# A clock time without an offset is some place's: at most this far from UTC, in days.
WIDEST_OFFSET = 14 / 24

_MOMENT = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})"
    r"(?:[T ](?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2}(?:\.\d+)?))?"
    r"\s*(?P<offset>Z|[+-]\d{2}(?::?\d{2})?)?)?"
)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?\s*(?:Z|[+-]\d{2}(?::?\d{2})?)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A day of the calendar and, where it was written, the time on the local clock."""

    day: int  # days since 1970-01-01
    time: float | None = None  # fraction of the day
    offset: float | None = None  # of the local clock from UTC, fraction of a day


def moment(text: str) -> Moment | None:
    """The ISO date or date and time a text is, else None."""
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        return None
    try:
        day = date.fromisoformat(found["day"]).toordinal() - EPOCH
    except ValueError:
        return None
    if found["hour"] is None:
        return Moment(day=day)
    time = _fraction(found["hour"], found["minute"], found["second"])
    return None if time is None else Moment(day=day, time=time, offset=_offset(found["offset"]))


def clock(text: str) -> float | None:
    """The fraction of a day that a time such as ``14:30`` stands for, else None."""
    found = _CLOCK.fullmatch(text.strip())
    return None if found is None else _fraction(*found.groups())


def day_number(day: date) -> int:
    """Days from 1970-01-01 to a day."""
    return day.toordinal() - EPOCH


def iso_day(number: float) -> str:
    """The ISO date of a day number; "" where there is none."""
    if math.isnan(number) or not -EPOCH < number <= LAST_DAY:
        return ""
    return date.fromordinal(EPOCH + math.floor(number)).isoformat()


def format_moment(text: str, pattern: str) -> str | None:
    """A moment written to a form's pattern (``%Y``, ``%m``, ``%d``, ``%H`` ...).

    None where it cannot be said: month and weekday names depend on the device's language.
    """
    if not text.strip():
        return ""
    when = moment(text)
    if when is None:
        return None
    fields = _fields(when)
    parts = re.findall(r"%(.)|([^%]+)", pattern)
    if "".join(f"%{code}" if code else plain for code, plain in parts) != pattern:
        return None
    written = [plain if plain else fields.get(code) for code, plain in parts]
    return None if None in written else "".join(part or "" for part in written)


def _fields(when: Moment) -> dict[str, str]:
    day = date.fromordinal(EPOCH + when.day)
    since_midnight = timedelta(days=when.time or 0.0) + timedelta(microseconds=1)
    hour, rest = divmod(since_midnight.seconds, 3600)
    minute, second = divmod(rest, 60)
    return {
        "Y": f"{day.year:04d}",
        "y": f"{day.year % 100:02d}",
        "m": f"{day.month:02d}",
        "n": f"{day.month}",
        "d": f"{day.day:02d}",
        "e": f"{day.day}",
        "H": f"{hour:02d}",
        "h": f"{hour}",
        "M": f"{minute:02d}",
        "S": f"{second:02d}",
        "3": f"{since_midnight.microseconds // 1000:03d}",
        "%": "%",
    }


def _fraction(hour: str, minute: str, second: str | None) -> float | None:
    seconds = float(second or 0)
    if int(hour) > 23 or int(minute) > 59 or seconds >= 61:
        return None
    return (int(hour) * 3600 + int(minute) * 60 + seconds) / 86400


def _offset(text: str | None) -> float | None:
    if text is None:
        return None
    if text == "Z":
        return 0.0
    digits = text[1:].replace(":", "").ljust(4, "0")
    size = (int(digits[:2]) * 60 + int(digits[2:])) / 1440
    return -size if text[0] == "-" else size
