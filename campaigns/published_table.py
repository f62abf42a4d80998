"""A table of numbers from reports, each judged by the others printed beside it."""

import math

import pandas as pd

from campaigns.published import CHECKS, CannotRecompute, recompute
from campaigns.schema import did_you_mean
from surveys.languages import say
from surveys.problems import CannotProceed


ASKED = ("check", "quantity", "reported")


def judged(table: pd.DataFrame, *, file: str, language: str = "en") -> list[dict[str, object]]:
    """Every row with ``recomputed``, the range its rounding leaves, ``verdict`` and a reading.

    Parameters
    ----------
    table
        Text as printed: ``check`` (a key of CHECKS), ``quantity`` (what it gives), ``reported``, and the numbers it needs.

    Raises
    ------
    CannotProceed
        A column is absent, a check or quantity unknown, or something is no number; says the row and the remedy.
    """
    absent = [name for name in ASKED if name not in table.columns]
    if absent:
        raise CannotProceed(
            file, f"the column {absent[0]} is absent.", f"The table needs {', '.join(ASKED)} and the numbers."
        )
    rows = [{str(name): str(text) for name, text in row.items()} for row in table.to_dict("records")]
    return [_judged(row, f"{file}, row {number}", language) for number, row in enumerate(rows, start=1)]


def _judged(row: dict[str, str], where: str, language: str) -> dict[str, object]:
    kept = {name: text for name, text in row.items() if text.strip()}
    check, quantity, reported = (kept.get(name, "").strip() for name in ASKED)
    if check not in CHECKS:
        raise CannotProceed(where, f'"{check}" is no check.', _among(check, tuple(CHECKS)))
    rule = CHECKS[check]
    if quantity not in rule.gives:
        raise CannotProceed(where, f'{check} does not give "{quantity}".', _among(quantity, rule.gives))
    printed = {name: kept[name].strip() for name in (*rule.needs, *rule.may) if name in kept}
    for name, text in {"reported": reported, **printed}.items():
        if not _is_number(text):
            raise CannotProceed(
                f"{where}, {name}", f'"{text}" is no number.', "Write digits only, as printed: 58.6."
            )
    try:
        found = recompute(check, printed)[quantity]
    except CannotRecompute as reason:
        reading = say("published.cannot_say", language, missing=", ".join(reason.missing))
        return {**kept, "verdict": "cannot_say", "reading": reading}
    except (ZeroDivisionError, ValueError) as error:
        raise CannotProceed(
            where, "the numbers admit no such test.", "Check counts above 1 and spreads above 0."
        ) from error
    verdict = "agrees" if found.agrees(reported) else "disagrees"
    values = {
        "reported": reported, "low": f"{found.low:.4g}", "high": f"{found.high:.4g}", "recomputed": f"{found.value:.4g}",
    }  # fmt: skip
    return {
        **kept,
        "recomputed": found.value,
        "recomputed_low": found.low,
        "recomputed_high": found.high,
        "verdict": verdict,
        "reading": say(f"published.{verdict}", language, **values),
    }


def _among(value: str, allowed: tuple[str, ...]) -> str:
    return f"Use one of: {', '.join(allowed)}.{did_you_mean(value, allowed)}"


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
