"""A quality report in words: the ranked findings as sentences, and its tables with their titles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from campaigns.campaign import Campaign
from campaigns.fieldwork_quality import Reach, Size, reach_of
from dashboard import wording
from dashboard.quality import SiteQuality
from surveys.instrument import Instrument
from surveys.languages import pick, say
from surveys.missing import Missing
from surveys.quality.findings import Checked, CheckName, Found, Severity
from surveys.quality.nonresponse import QuestionMissing


Kind = Literal["text", "count", "share", "number"]
Cell = str | int | float | None
TableName = Literal["interviewers", "missing", "quotas", "days"]

SHOWN_LABEL = 90  # letters of a question in a sentence
COLUMNS: Mapping[TableName, Mapping[str, Kind]] = {
    "interviewers": {
        "interviewer": "text", "interviews": "count", "days": "count", "per_day": "number", "minutes": "number",
        "dont_know": "share", "refused": "share", "straight_lined": "share", "at_night": "count", "alike": "count",
        "mismatch": "share", "findings": "count",
    },
    "missing": {
        "question": "text", "asked": "count", "missing": "share", "dont_know": "count", "refused": "count",
        "not_applicable": "count", "blank": "count", "lost": "count", "kept_back": "count",
        "not_asked": "count",
    },
    "quotas": {
        "quota": "text", "held": "count", "target": "count", "to_do": "count", "days_left": "count",
        "needed": "count", "state": "text",
    },
    "days": {"day": "text", "interviews": "count"},
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One finding, ready to be read."""

    rank: int
    check: CheckName
    check_title: str
    code: str
    severity: Severity
    severity_said: str
    said: str
    todo: str
    size: Size
    size_said: str
    count: int
    of: int
    share: float
    interviewer: str | None
    question: str | None  # as the reader knows it
    interviews: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One of the tables beside the findings."""

    name: TableName
    columns: tuple[str, ...]  # keys of the titles
    titles: tuple[str, ...]
    kinds: tuple[Kind, ...]
    rows: tuple[tuple[Cell, ...], ...]


def lines_of(quality: SiteQuality, language: str) -> list[Line]:
    """Every finding in the order of the ranking."""
    return [
        _line(rank, check, found, quality, language)
        for rank, (check, found) in enumerate(quality.report.ranked, start=1)
    ]


def tables_of(quality: SiteQuality, language: str) -> dict[TableName, Table]:
    """The tables of interviewers, missing answers, quotas and days."""
    report = quality.report
    rows: dict[TableName, list[tuple[Cell, ...]]] = {
        "interviewers": [
            (
                row.interviewer or say("quality.parts.team", language), row.interviews, row.days, row.interviews / row.days if row.days else None,
                row.minutes, row.dont_know, row.refused, row.straight_lined, row.at_night, row.alike,
                row.mismatch, row.findings,
            )
            for row in report.interviewers
        ],
        "missing": [
            (
                question_label(row.question, quality, language), row.asked, row.share,
                *(_missing(row, name) for name in COLUMNS["missing"] if name in {*Missing, "kept_back"}),
            )
            for row in report.missing
        ],
        "quotas": [
            (
                quota_label(one.by, quality, language), one.held, one.target, one.to_do, one.days_left,
                one.per_day, say(f"quality.quota_states.{one.state}", language),
            )
            for one in report.quotas
        ],
        "days": [(day, count) for day, count in report.days],
    }  # fmt: skip
    return {name: _table(name, cells, language) for name, cells in rows.items()}


def headline(quality: SiteQuality, language: str) -> str:
    """What is wrong most, in a sentence."""
    site = pick(quality.campaign.site(quality.site).title, language)
    urgent = _urgent(lines_of(quality, language))
    if not urgent:
        return say("quality.page.clear", language, site=site, interviews=quality.report.interviews)
    return say("quality.page.headline", language, site=site, said=urgent[0].said)


def lead(quality: SiteQuality, language: str) -> str:
    """How many interviews it is about, and what to do today."""
    urgent = _urgent(lines_of(quality, language))
    if not urgent:
        return say("quality.page.clear_lead", language)
    if not quality.report.affected:
        return say("quality.page.lead_none", language, todo=urgent[0].todo)
    return say(
        "quality.page.lead" if len(urgent) > 1 else "quality.page.lead_one", language,
        affected=quality.report.affected, interviews=quality.report.interviews, findings=len(urgent),
        todo=urgent[0].todo,
    )  # fmt: skip


def counted(check: CheckName, language: str) -> tuple[str, str]:
    """A check's title, and how it is counted."""
    return say(f"quality.checks.{check}.title", language), say(f"quality.checks.{check}.counted", language)


def not_made(checks: Sequence[Checked], language: str) -> list[tuple[str, str]]:
    """The checks that could not be made, with the reason and what would make them possible."""
    return [
        (counted(one.check, language)[0], say(f"quality.impossible.{one.impossible}", language))
        for one in checks
        if one.impossible is not None
    ]


def clear(checks: Sequence[Checked], language: str) -> list[str]:
    """The titles of the checks that found nothing."""
    return [counted(one.check, language)[0] for one in checks if one.impossible is None and not one.found]


def quota_label(by: Mapping[str, str], quality: SiteQuality, language: str) -> str:
    """Whom a quota counts: ``Sex: Female, Arm: campaign``."""
    if not by:
        return say("quality.parts.all", language)
    return ", ".join(
        f"{part_label(name, quality, language)}: {value_label(name, value, quality.instrument, language)}"
        for name, value in by.items()
    )


def question_label(name: str, quality: SiteQuality, language: str) -> str:
    """A question as the form asks it, an outcome by its title, else the name itself."""
    titles = {one.id: one.title for one in quality.campaign.outcomes}
    asked = quality.instrument.question(name)
    said = quality.instrument.text_in(asked.labels, language) if asked is not None else ""
    if not said and name in titles:
        said = pick(titles[name], language)
    said = " ".join((said or name).split())
    return said if len(said) <= SHOWN_LABEL else f"{said[: SHOWN_LABEL - 1]}…"


def size_said(reach: Reach, *, blurs: bool, language: str) -> str:
    """What a finding could do, as a class and no finer."""
    if reach.outcome is None:
        return say("quality.size.none", language)
    amount = f"{float(f'{wording.shown(reach.up_to, reach.outcome.unit):.2g}'):g}"  # 100, not 1e+02
    up_to = say(f"quality.up_to.{reach.outcome.unit}", language, amount=amount)
    what = say(
        f"quality.size.{'blurs' if blurs else 'moves'}", language,
        outcome=pick(reach.outcome.title, language), up_to=up_to,
    )  # fmt: skip
    return f"{what} ({say(f'quality.size.{reach.size}', language)})"


def _line(rank: int, check: CheckName, found: Found, quality: SiteQuality, language: str) -> Line:
    reach = reach_of(found.damage, quality.campaign)
    question = question_label(found.question, quality, language) if found.question is not None else None
    values = _values(found, quality, question, language)
    blurs = found.damage is not None and found.damage.blurred > found.damage.turned
    return Line(
        rank=rank,
        check=check,
        check_title=counted(check, language)[0],
        code=found.code,
        severity=found.severity,
        severity_said=say(f"quality.severities.{found.severity}", language),
        said=say(f"quality.found.{found.code}", language, **values),
        todo=say(f"quality.todo.{found.code}", language, **values),
        size=reach.size,
        size_said=size_said(reach, blurs=blurs, language=language),
        count=found.count,
        of=found.of,
        share=found.share,
        interviewer=found.interviewer,
        question=question,
        interviews=found.interviews,
    )


def _values(found: Found, quality: SiteQuality, question: str | None, language: str) -> dict[str, object]:
    values = {**found.values, "count": found.count, "of": found.of, "share": found.share}
    values["interviewer"] = found.interviewer or "?"
    values["question"] = question or ""
    if "reason" in found.values:
        values["reason"] = say(f"quality.reasons.{found.values['reason']}", language)
    if isinstance(found.values.get("by"), Mapping):
        values["by"] = quota_label(found.values["by"], quality, language)  # type: ignore[arg-type]
    return values


def part_label(name: str, quality: SiteQuality, language: str) -> str:
    """A part or a question as its reader knows it."""
    if name in ("arm", "cluster", "stratum"):
        return say(f"quality.parts.{name}", language)
    return question_label(name, quality, language)


def value_label(name: str, value: str, instrument: Instrument, language: str) -> str:
    """An answer by its label."""
    if name == "arm" and value in ("campaign", "comparison"):
        return say(f"quality.arms.{value}", language)
    asked = instrument.question(name)
    for choice in (instrument.choices_of(asked) if asked is not None else None) or ():
        if choice.name.casefold() == value.casefold():
            return instrument.text_in(choice.labels, language) or value
    return value


def _missing(row: QuestionMissing, name: str) -> int:
    """How many answers to a question are missing for a reason, or kept back."""
    return row.kept_back if name == "kept_back" else row.by_reason[Missing(name)]


def _urgent(lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if line.severity != "note"]


def _table(name: TableName, rows: Sequence[tuple[Cell, ...]], language: str) -> Table:
    columns = COLUMNS[name]
    return Table(
        name=name,
        columns=tuple(columns),
        titles=tuple(say(f"quality.sheet.columns.{column}", language) for column in columns),
        kinds=tuple(columns.values()),
        rows=tuple(rows),
    )


def campaign_places(campaign: Campaign, site: str, wave: str, language: str) -> tuple[str, str]:
    """The titles of a site and a wave."""
    titles = {one.id: one.title for one in campaign.waves}
    return pick(campaign.site(site).title, language), pick(titles[wave], language)
