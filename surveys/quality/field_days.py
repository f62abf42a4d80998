"""Interviews at a time when none should be: outside the wave, at night, two at once, too many a day, sent late."""

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from surveys.quality import duration
from surveys.quality.findings import Checked, found_where
from surveys.quality.interviews import Flags, Interviews
from surveys.quality.setting import Setting


NIGHT_BEGINS, NIGHT_ENDS = 22, 6  # nobody is interviewed at home between these hours
OVERLAP_SECONDS = 60  # clocks are read to the minute
SEND_WITHIN_DAYS = 3  # a fault found later can hardly be mended with the respondent
CHANCE_OF_A_DAY = 0.01  # of calling any interviewer's day too full by chance
FEWEST_DAYS = 10
ONE_DAY = np.timedelta64(1, "D")


def check_window(interviews: Interviews, setting: Setting) -> Checked:
    """Interviews of a day before the wave opened or after it closed, or of no known day."""
    unknown = np.isnat(interviews.day)
    found = []
    for edge, code in ((setting.opens, "before_opening"), (setting.closes, "after_closing")):
        if edge is not None:
            limit = np.datetime64(edge, "D")
            beyond = interviews.day < limit if code == "before_opening" else interviews.day > limit
            found += found_where(
                interviews, beyond & ~unknown, code, "look", values={"day": edge.isoformat()}
            )
    if unknown.all() and len(interviews):
        return Checked(check="window", impossible="no_day")
    found += found_where(interviews, unknown, "no_day", "note")
    if setting.opens is None and setting.closes is None and not found:
        return Checked(check="window", looked_at=len(interviews), impossible="no_window")
    return Checked(check="window", looked_at=int((~unknown).sum()), found=tuple(found))


def check_night(interviews: Interviews, setting: Setting) -> Checked:
    """Interviews begun between ten in the evening and six in the morning, by the clock of the site."""
    known = ~np.isnat(interviews.started)
    if not known.any():
        return Checked(check="night", impossible="no_clock")
    hour = np.full(len(interviews), 12, dtype=np.int64)
    clock = interviews.started[known]
    hour[known] = (clock - clock.astype("datetime64[D]")).astype("timedelta64[h]").astype(np.int64)
    night = (hour >= NIGHT_BEGINS) | (hour < NIGHT_ENDS)
    found = []
    for name, his in (*interviews.interviewers(), (None, interviews.interviewer == None)):  # noqa: E711
        found += found_where(
            interviews, night & his, "at_night", "look", of=int((known & his).sum()), interviewer=name
        )
    expected = {"from": NIGHT_BEGINS, "to": NIGHT_ENDS}
    return Checked(check="night", looked_at=int(known.sum()), found=tuple(found), expected=expected)


def check_overlap(interviews: Interviews, setting: Setting) -> Checked:
    """Interviews by one interviewer that went on at the same time."""
    known = ~np.isnat(interviews.started) & np.isfinite(interviews.minutes) & (interviews.minutes > 0)
    if not known.any():
        return Checked(check="overlap", impossible="no_clock")
    usual = duration.limits(interviews.minutes)
    longest = (
        usual[1] if usual else float(np.nanmax(interviews.minutes))
    )  # a form left open blocks nobody's day
    seconds = np.minimum(np.nan_to_num(interviews.minutes), longest) * 60
    found = []
    for name, his in interviews.interviewers():
        at_once = overlapping(interviews.started, seconds, his & known)
        found += found_where(
            interviews, at_once, "at_once", "act", of=int((his & known).sum()), interviewer=name
        )
    return Checked(check="overlap", looked_at=int(known.sum()), found=tuple(found))


def overlapping(started: NDArray[np.datetime64], seconds: NDArray[np.float64], where: Flags) -> Flags:
    """Those among ``where`` that share more than a minute with another of them."""
    places = np.flatnonzero(where)
    begins = started[places].astype("datetime64[s]").astype(np.int64)
    ends = begins + seconds[places]
    order = np.argsort(begins, kind="stable")
    flagged = np.zeros(len(started), dtype=bool)
    open_until, holder = -np.inf, -1
    for place in order:
        if min(open_until, ends[place]) - begins[place] > OVERLAP_SECONDS:
            flagged[places[place]] = flagged[places[holder]] = True
        if ends[place] > open_until:
            open_until, holder = ends[place], place
    return flagged


def check_too_many(interviews: Interviews, setting: Setting) -> Checked:
    """Days on which an interviewer brought in more interviews than the team's days explain."""
    counts = _per_day(interviews)
    if len(counts) < FEWEST_DAYS:
        return Checked(check="too_many", impossible="too_few_days")
    limit = busiest_day([count for _, _, count in counts])
    found = []
    for name, day, count in counts:
        if count > limit:
            there = (interviews.interviewer == name) & (interviews.day == day)
            found += found_where(
                interviews, there, "full_day", "look",
                of=int((interviews.interviewer == name).sum()), interviewer=name, values={"day": str(day), "limit": limit},
            )  # fmt: skip
    return Checked(
        check="too_many", looked_at=len(counts), found=tuple(found),
        expected={"limit": limit, "median": float(np.median([count for *_, count in counts]))},
    )  # fmt: skip


def busiest_day(counts: list[int]) -> int:
    """The most interviews a day that chance explains: a Poisson count around the median, over all these days.

    Days also differ for good reasons (distance, weather), so the spread is widened where the days' own robust
    spread is larger than Poisson's.
    """
    median = float(np.median(counts))
    spread = duration.MAD_TO_SD * float(np.median(np.abs(np.array(counts) - median)))
    sure = 1 - CHANCE_OF_A_DAY / len(counts)
    by_chance = float(stats.poisson.ppf(sure, median))
    return int(max(by_chance, np.floor(median + float(stats.norm.ppf(sure)) * spread)))


def check_late(interviews: Interviews, setting: Setting) -> Checked:
    """Interviews that reached the server more than three days after they were held."""
    known = ~np.isnat(interviews.received) & ~np.isnat(interviews.day)
    if not known.any():
        return Checked(check="late", impossible="no_server_time")
    waited = interviews.received.astype("datetime64[D]") - interviews.day
    late = known & (waited > SEND_WITHIN_DAYS * ONE_DAY)
    found = []
    if late.any():
        longest = int(waited[late].max() / ONE_DAY)
        found = found_where(
            interviews, late, "sent_late", "note", of=int(known.sum()), values={"longest": longest}
        )
    return Checked(
        check="late", looked_at=int(known.sum()), found=tuple(found), expected={"days": SEND_WITHIN_DAYS}
    )


def interviews_by_day(interviews: Interviews) -> tuple[tuple[str, int], ...]:
    """How many interviews each day brought, from the first day to the last, days without any among them."""
    known = interviews.day[~np.isnat(interviews.day)]
    if not len(known):
        return ()
    days, counts = np.unique(known, return_counts=True)
    held = dict(zip(days.tolist(), counts.tolist(), strict=True))
    span = np.arange(days[0], days[-1] + ONE_DAY, ONE_DAY)
    if len(span) > 400:  # a wrong year would draw a decade of nothing
        span = days
    return tuple((day.isoformat(), held.get(day, 0)) for day in span.tolist())


def _per_day(interviews: Interviews) -> list[tuple[str, np.datetime64, int]]:
    rows = []
    for name, his in interviews.interviewers():
        days, counts = np.unique(interviews.day[his & ~np.isnat(interviews.day)], return_counts=True)
        rows += [(name, day, int(count)) for day, count in zip(days, counts, strict=True)]
    return rows
