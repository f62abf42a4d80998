"""What the clock at a site showed, where a file was written in universal time."""

from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
from babel.core import get_global
from numpy.typing import NDArray


def local_clock(
    wall: NDArray[np.datetime64], offset: NDArray[np.float64], country: str | None
) -> NDArray[np.datetime64]:
    """The time of day at the site.

    A clock that wrote its own offset showed local time, and so did one that wrote none. One that wrote universal time is
    moved to the country's own, if the country has one; where it has several, or is not known, the time of day is
    not known either (NaT).

    Parameters
    ----------
    wall
        The clock as written.
    offset
        Its minutes ahead of universal time; NaN where it wrote none.
    country
        Two letters of ISO 3166.
    """
    universal = offset == 0
    if not universal.any():
        return wall
    zones = zones_of(country) if country else ()
    known = len(zones) == 1
    ahead = np.array([_ahead(zones[0], moment) if known else np.nan for moment in wall])
    moved = wall + np.nan_to_num(ahead).astype("timedelta64[m]")
    local = np.where(universal, moved, wall)
    return np.where(universal & np.isnan(ahead), np.datetime64("NaT", "s"), local)


@cache
def zones_of(country: str) -> tuple[str, ...]:
    """The time zones of a country that differ today, by one name each."""
    names = sorted(zone for zone, place in get_global("zone_territories").items() if place == country)
    by_rule: dict[tuple[float, ...], str] = {}
    for name in names:
        try:
            rule = tuple(
                _ahead(name, np.datetime64(f"2026-{month:02d}-15T12:00", "s")) for month in range(1, 13)
            )
        except (KeyError, ValueError, OSError):
            continue  # a name the system's list of zones does not hold
        by_rule.setdefault(rule, name)
    return tuple(by_rule.values())


def _ahead(zone: str, moment: np.datetime64) -> float:
    """Minutes the zone is ahead of universal time at a moment of universal time."""
    if np.isnat(moment):
        return float("nan")
    at = moment.astype("datetime64[s]").item().replace(tzinfo=ZoneInfo("UTC"))
    passed = at.astimezone(ZoneInfo(zone)).utcoffset()
    return passed.total_seconds() / 60 if passed is not None else float("nan")
