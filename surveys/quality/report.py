"""All checks of one site and wave, ranked by what they could do to the result, and the tables beside them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from surveys.instrument import Instrument
from surveys.missing import Missing
from surveys.quality import (
    assignment,
    backchecks,
    consent,
    duplicates,
    duration,
    field_days,
    interviewer_effects,
    nonresponse,
    outliers,
    places,
    quotas,
    straight_lining,
)
from surveys.quality.damage import with_damage
from surveys.quality.findings import SEVERITIES, Checked, CheckName, Found
from surveys.quality.interviews import Flags, Interviews, substantive
from surveys.quality.nonresponse import QuestionMissing, missing_by_question, share_missing
from surveys.quality.quotas import QuotaProgress
from surveys.quality.setting import Setting


Check = Callable[[Interviews, Setting], Checked]

CHECKS: Mapping[CheckName, Check] = {
    "quotas": quotas.check_quotas,
    "consent": consent.check_consent,
    "window": field_days.check_window,
    "night": field_days.check_night,
    "overlap": field_days.check_overlap,
    "too_many": field_days.check_too_many,
    "late": field_days.check_late,
    "places": places.check_places,
    "duration": duration.check_duration,
    "dont_know": lambda interviews, _: nonresponse.check_reason(interviews, Missing.DONT_KNOW),
    "refused": lambda interviews, _: nonresponse.check_reason(interviews, Missing.REFUSED),
    "missing": nonresponse.check_missing,
    "outliers": outliers.check_outliers,
    "duplicates": duplicates.check_duplicates,
    "interviewer_effects": interviewer_effects.check_interviewer_effects,
    "assignment": assignment.check_assignment,
    "backchecks": backchecks.check_backchecks,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class InterviewerRow:
    """What one interviewer, or the team, brought in. Shares are 0-1; None where the files do not say."""

    interviewer: str | None  # None: the whole team
    interviews: int
    days: int
    minutes: float | None  # median
    dont_know: float | None  # share of the questions put
    refused: float | None
    straight_lined: float | None
    at_night: int
    alike: int  # interviews that copy another or nearly do
    mismatch: float | None  # of answers asked again
    findings: int  # in which this interviewer is named


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedInterview:
    """An interview that some finding names, so that the team can look it up. No answer is in it."""

    id: str
    interviewer: str | None
    day: str | None
    started: str | None  # by the clock of the site
    minutes: float | None
    cluster: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityReport:
    """What is wrong at one site in one wave, worst first."""

    interviews: int
    declined: int
    checks: tuple[Checked, ...]  # in the order of CHECKS
    ranked: tuple[tuple[CheckName, Found], ...]
    interviews_named: tuple[NamedInterview, ...]
    interviewers: tuple[InterviewerRow, ...]  # the team as a whole last
    missing: tuple[QuestionMissing, ...]
    quotas: tuple[QuotaProgress, ...]
    days: tuple[tuple[str, int], ...]

    def check(self, name: CheckName) -> Checked:
        """One check by its name."""
        return next(one for one in self.checks if one.check == name)

    @property
    def affected(self) -> int:
        """Interviews named by a finding that has to be mended or looked into."""
        return len({i for _, one in self.ranked if one.severity != "note" for i in one.interviews})


def quality_report(interviews: Interviews, setting: Setting, instrument: Instrument) -> QualityReport:
    """Make every check on the interviews of one site and wave."""
    made = [run(interviews, setting) for run in CHECKS.values()]
    made.insert(_place_of("dont_know"), straight_lining.check(interviews, setting, instrument))
    checks = [replace(one, found=tuple(with_damage(one.found, interviews, setting))) for one in made]
    ranked = ranking(checks)
    return QualityReport(
        interviews=len(interviews),
        declined=consent.declined(setting.refusals),
        checks=tuple(checks),
        ranked=ranked,
        interviews_named=_named(interviews, ranked),
        interviewers=_interviewers(interviews, setting, instrument, ranked),
        missing=missing_by_question(interviews),
        quotas=quotas.progress(interviews, setting),
        days=field_days.interviews_by_day(interviews),
    )


def ranking(checks: list[Checked]) -> tuple[tuple[CheckName, Found], ...]:
    """Every finding by what it could do: first the damage, then how urgent it is, then how many it touches."""
    found = [(one.check, what) for one in checks for what in one.found]

    def weight(entry: tuple[CheckName, Found]) -> tuple[float, int, int, str, str, str]:
        what = entry[1]
        harm = 0.0 if what.damage is None or what.severity == "note" else round(what.damage.relative, 9)
        order = SEVERITIES.index(what.severity)
        return (-harm, order, -what.count, what.code, what.interviewer or "", what.question or "")

    return tuple(sorted(found, key=weight))


def _place_of(name: CheckName) -> int:
    return list(CHECKS).index(name)


def _interviewers(
    interviews: Interviews,
    setting: Setting,
    instrument: Instrument,
    ranked: tuple[tuple[CheckName, Found], ...],
) -> tuple[InterviewerRow, ...]:
    asked = substantive(interviews)
    unknown = np.full(len(interviews), np.nan)
    dont_know = share_missing(asked.values(), Missing.DONT_KNOW) if asked else unknown
    refused = share_missing(asked.values(), Missing.REFUSED) if asked else unknown
    lined = _straight_lined(interviews, instrument)
    night = _named_in(interviews, ranked, "at_night")
    alike = _named_in(interviews, ranked, "copied", "nearly_copied")
    again = setting.backchecks
    second = backchecks.compare(interviews, again) if again is not None and len(again) else None

    def row(name: str | None, his: Flags) -> InterviewerRow:
        return InterviewerRow(
            interviewer=name,
            interviews=int(his.sum()),
            days=len(np.unique(interviews.day[his & ~np.isnat(interviews.day)])),
            minutes=_middle(interviews.minutes[his]),
            dont_know=_average(dont_know[his]),
            refused=_average(refused[his]),
            straight_lined=_average(lined[his]),
            at_night=int((night & his).sum()),
            alike=int((alike & his).sum()),
            mismatch=_mismatch(second, his),
            findings=sum(one.interviewer == name for _, one in ranked),
        )

    rows = [row(name, his) for name, his in interviews.interviewers()]
    return (*rows, row(None, np.ones(len(interviews), dtype=bool))) if rows else ()


def _mismatch(second: backchecks.Backchecks | None, his: Flags) -> float | None:
    compared = 0 if second is None else int(second.compared[his].sum())
    return int(second.differed[his].sum()) / compared if second is not None and compared else None


def _named(interviews: Interviews, ranked: tuple[tuple[CheckName, Found], ...]) -> tuple[NamedInterview, ...]:
    wanted = {name for _, found in ranked for name in found.interviews}
    places = [place for place, name in enumerate(interviews.ids.tolist()) if name in wanted]
    return tuple(
        NamedInterview(
            id=interviews.ids[place],
            interviewer=interviews.interviewer[place],
            day=_moment(interviews.day[place]),
            started=_moment(interviews.started[place], "T"),
            minutes=float(interviews.minutes[place]) if np.isfinite(interviews.minutes[place]) else None,
            cluster=interviews.cluster[place],
        )
        for place in places
    )


def _moment(at: np.datetime64, after: str = "") -> str | None:
    """A day, or the hour and minute of a moment; None where it is not known."""
    if np.isnat(at):
        return None
    return str(at).rsplit(after, 1)[-1][:5] if after else str(at)


def _straight_lined(interviews: Interviews, instrument: Instrument) -> np.ndarray:
    """1 where all of a grid got one answer, 0 where not, NaN where no grid was answered in full."""
    found = np.full(len(interviews), np.nan)
    for grid in straight_lining.grids_of(instrument, interviews.answers):
        same, complete, _ = straight_lining.straight_lines([interviews.answers[name] for name in grid])
        found = np.where(complete, np.fmax(found, same.astype(float)), found)
    return found


def _named_in(interviews: Interviews, ranked: tuple[tuple[CheckName, Found], ...], *codes: str) -> np.ndarray:
    named = {one for _, found in ranked if found.code in codes for one in found.interviews}
    return np.array([one in named for one in interviews.ids.tolist()], dtype=bool)


def _middle(values: np.ndarray) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else None


def _average(values: np.ndarray) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else None
