"""Numbers and dates as people read them, in the reader's language. Proportions become percentage points here."""

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime

from babel.dates import format_date, format_skeleton
from babel.lists import format_list

from campaigns.campaign import Outcome, Unit
from surveys.languages import say


MINUS = "\N{MINUS SIGN}"
ABOUT = "\N{ALMOST EQUAL TO}"
ARROW = "\N{RIGHTWARDS ARROW}"
ROUND_COUNTS_TO = 5  # counts on shared views, so that no single interview can be told from them
SMALLEST_P = 0.001

SCALE: dict[Unit, float] = {"proportion": 100.0, "points": 1.0, "standard_deviations": 1.0}
DECIMALS: dict[Unit, int] = {"proportion": 1, "points": 2, "standard_deviations": 2}


def shown(value: float, unit: Unit) -> float:
    """A value in the unit a screen shows it in: percentage points for proportions."""
    return value * SCALE[unit]


def number(value: float, unit: Unit) -> str:
    """A difference with its sign: ``+9.2``, ``−1.2``, ``0.0``."""
    return _signed(shown(value, unit), DECIMALS[unit], plus="+")


def bound(value: float, unit: Unit) -> str:
    """An end of an interval, without a plus sign: ``7.1``, ``−1.2``."""
    return _signed(shown(value, unit), DECIMALS[unit], plus="")


def interval(low: float, high: float, unit: Unit, language: str) -> str:
    """``7.1 to 11.4`` in English, ``7.1 ~ 11.4`` in Korean: a dash beside a minus sign cannot be read."""
    return say("screens.words.range", language, low=bound(low, unit), high=bound(high, unit))


def level(value: float, unit: Unit) -> str:
    """Where a group stands: ``38%``, ``3.62``."""
    return percent(value) if unit == "proportion" else _signed(value, DECIMALS[unit], plus="")


def tick(value: float) -> str:
    """A label of the axis, already in the unit shown: ``+5``, ``0``, ``−0.2``."""
    decimals = 0 if value == round(value) else 1 if value * 10 == round(value * 10) else 2
    return "0" if value == 0 else _signed(value, decimals, plus="+")


def unit(outcome_unit: Unit, language: str) -> str:
    """``pp`` or ``%p``; the name of any other unit."""
    return say(f"screens.units.{outcome_unit}.short", language)


def unit_in_words(outcome_unit: Unit, language: str) -> str:
    """``percentage points``; the name of any other unit."""
    return say(f"screens.units.{outcome_unit}.long", language)


def percent(share: float) -> str:
    """A share as a whole percentage: ``95%``."""
    return f"{share * 100:.0f}%"


def about(count: int) -> str:
    """A count as shared views show it: rounded to 5, and marked as such (``≈1,205``)."""
    rounded = ROUND_COUNTS_TO * math.floor(count / ROUND_COUNTS_TO + 0.5)
    return f"{ABOUT}{rounded:,}"


def before_after(before: int | None, after: int | None) -> str:
    """Interviews before and after: ``≈1,205 → 1,160``; only the one there is."""
    if before is None or after is None:
        there = before if after is None else after
        return "" if there is None else about(there)
    return f"{about(before)} {ARROW} {about(after).removeprefix(ABOUT)}"


def p_value(value: float) -> str:
    """``p = 0.021``; no digits below 0.001, where shared views stop."""
    return f"p \N{LESS-THAN OR EQUAL TO} {SMALLEST_P}" if value <= SMALLEST_P else f"p = {value:.3f}"


def month(day: date, language: str) -> str:
    """``Sep 2026``, ``2026년 9월``."""
    return format_skeleton("yMMM", datetime(day.year, day.month, 1), locale=language)


def months(opens: date | None, closes: date | None, language: str) -> str:
    """The months a wave was in the field; empty where the campaign file does not say."""
    known = [month(day, language) for day in (opens, closes) if day]
    if len(set(known)) < 2:
        return known[0] if known else ""
    return say("screens.words.range", language, low=known[0], high=known[1])


def day(moment: date, language: str) -> str:
    """``14 October 2026``, ``2026년 10월 14일``."""
    return format_date(moment, "long", locale=_locale(language))


def moment(at: datetime, language: str) -> str:
    """``14 Oct 2026, 09:30 UTC``, ``2026년 10월 14일 09:30 UTC``: a moment of the record."""
    utc = at.astimezone(UTC)
    named = format_skeleton("yMMMd", utc, locale="en_GB" if language == "en" else language)
    return f"{named} {utc:%H:%M} UTC"


def and_list(words: Sequence[str], language: str) -> str:
    """``Nepal, Thailand and Korea`` as the language joins a list."""
    return format_list(list(words), locale=_locale(language))


def role(name: str, language: str) -> str:
    """``Origin``, ``출신국``."""
    return say(f"screens.roles.{name}.title", language)


def family(name: str, language: str) -> str:
    """A family of outcomes by its usual title; an unusual one by its own name, tidied."""
    try:
        return say(f"screens.families.{name}", language)
    except KeyError:
        return name.replace("_", " ").capitalize()


def design(name: str, language: str) -> str:
    """A design by its name in words."""
    try:
        return say(f"screens.designs.{name}", language)
    except KeyError:
        return name.replace("_", " ")


def sites(count: int, language: str) -> str:
    """``1 site``, ``3 sites``; ``3개 지역``."""
    return say(f"screens.words.{'one_site' if count == 1 else 'sites'}", language, count=count)


def is_good(estimate: float, outcome: Outcome) -> bool:
    """Whether a difference of this sign is what the campaign hopes for."""
    return (estimate > 0) == (outcome.better == "higher")


def _locale(language: str) -> str:
    return "en_GB" if language == "en" else language


def _signed(value: float, decimals: int, *, plus: str) -> str:
    if math.isinf(value):
        return f"{MINUS if value < 0 else plus}∞"
    digits = f"{abs(value):,.{decimals}f}"
    if float(digits.replace(",", "")) == 0:
        return digits
    return f"{MINUS if value < 0 else plus}{digits}"
