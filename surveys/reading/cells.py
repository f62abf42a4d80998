"""What a spreadsheet's cell says, as text."""

import math
import unicodedata
from datetime import date, time, timedelta
from decimal import Decimal
from functools import lru_cache


# A spreadsheet keeps 15 significant digits; a longer whole number has lost its last ones.
LARGEST_WHOLE_NUMBER = 10**15


def text_of(value: object) -> str:
    """The cell as exact text: whole numbers without a point, ISO dates and times, TRUE or FALSE, NFC."""
    if isinstance(value, str):
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return text_of_number(value)
    if isinstance(value, date | time):  # and so a date with a time
        return value.isoformat()
    if isinstance(value, timedelta):
        return text_of_duration(value)
    return str(value)


@lru_cache(maxsize=1 << 14)  # answers repeat
def text_of_number(value: float) -> str:
    """The shortest text that gives this number back, never in scientific notation."""
    if not math.isfinite(value):
        return str(value)
    if value.is_integer():
        return str(int(value))
    text = repr(value)
    return format(Decimal(text), "f") if "e" in text else text


def text_of_duration(value: timedelta) -> str:
    """Hours, minutes and seconds, as in 30:15:00."""
    seconds = round(value.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def lost_digits(value: float) -> bool:
    """Whether a number is too long for a spreadsheet to have kept all its digits."""
    return not -LARGEST_WHOLE_NUMBER < value < LARGEST_WHOLE_NUMBER
