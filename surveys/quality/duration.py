"""Interviews that took implausibly little or much time."""

import numpy as np

from surveys.quality.findings import Checked, Found, Severity, found_where
from surveys.quality.interviews import Flags, Floats, Interviews
from surveys.quality.setting import Setting


FEWEST = 20  # interviews before a usual length can be told
FAR = 3.5  # robust standard deviations of the logarithm; 1 in 2,000 undisturbed interviews lies beyond
SHORT, LONG = 0.6, 2.0  # and no closer to the median than this, so that a well-drilled team is not blamed
FEW_SHORT, FEW_SHORT_SHARE = 3, 0.01  # short interviews up to which one looks, above which one acts
MAD_TO_SD = 1.4826  # of a normal distribution


def limits(minutes: Floats) -> tuple[float, float, float] | None:
    """Shortest and longest plausible length and the median; None with too few lengths to tell.

    Lengths are skewed, so median and median absolute deviation are of their logarithms (Leys et al. 2013, J Exp Soc
    Psychol 49:764-766): one interview left open over night moves neither.
    """
    known = minutes[np.isfinite(minutes) & (minutes > 0)]
    if len(known) < FEWEST:
        return None
    logs = np.log(known)
    middle = float(np.median(logs))
    spread = MAD_TO_SD * float(np.median(np.abs(logs - middle)))
    median = float(np.exp(middle))
    return (
        min(float(np.exp(middle - FAR * spread)), SHORT * median),
        max(float(np.exp(middle + FAR * spread)), LONG * median),
        median,
    )


def check_duration(interviews: Interviews, setting: Setting) -> Checked:
    """Too short, too long, ended before it began, or of unknown length."""
    minutes = interviews.minutes
    known = np.isfinite(minutes)
    if not known.any():
        return Checked(check="duration", impossible="no_clock")
    usual = limits(minutes)
    found: list[Found] = []
    backwards = known & (minutes <= 0)
    found += found_where(interviews, backwards, "clock_backwards", "look", values=_range(minutes, backwards))
    if usual is not None:
        shortest, longest, median = usual
        values = {"shortest": shortest, "longest": longest, "median": median}
        short, long = known & (minutes > 0) & (minutes < shortest), known & (minutes > longest)
        found += found_where(
            interviews, short, "too_short", _urgency(short), values={**values, **_range(minutes, short)}
        )
        found += found_where(interviews, long, "too_long", "note", values={**values, **_range(minutes, long)})
    found += found_where(interviews, ~known, "no_duration", "note")
    expected = {} if usual is None else {"shortest": usual[0], "longest": usual[1], "median": usual[2]}
    return Checked(
        check="duration",
        looked_at=int(known.sum()),
        found=tuple(found),
        expected=expected,
        impossible="too_few" if usual is None and not found else None,
    )


def _urgency(short: Flags) -> Severity:
    return "act" if short.sum() > max(FEW_SHORT, FEW_SHORT_SHARE * len(short)) else "look"


def _range(minutes: Floats, where: Flags) -> dict[str, float]:
    seen = minutes[where]
    return {"least": float(seen.min()), "most": float(seen.max())} if len(seen) else {}
