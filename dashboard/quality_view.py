"""A quality report as the page draws it: every number already written as its reader reads it."""

from typing import Any

from dashboard import wording
from dashboard.links import Address
from dashboard.quality import SiteQuality
from dashboard.quality_words import (
    Cell,
    Kind,
    Line,
    Table,
    campaign_places,
    clear,
    counted,
    headline,
    lead,
    lines_of,
    not_made,
    quota_label,
    tables_of,
)
from dashboard.weights_words import MARGINS, how_made, margin_rows, note_said, spread, trimming
from surveys.languages import say
from surveys.quality.quotas import QuotaProgress


SHOWN = 12  # interviews a finding names on the page; the sheet names all
NOTHING = "–"


def view_of(quality: SiteQuality, address: Address) -> dict[str, Any]:
    """Everything on the page of one site and wave."""
    language, report = address.language, quality.report
    site, wave = campaign_places(quality.campaign, quality.site, quality.wave, language)
    if not report.interviews:
        return {
            "headline": say("quality.page.nothing_title", language, site=site, wave=wave),
            "lead": say("quality.page.nothing_text", language),
            "quotas": [_quota(one, quality, language) for one in report.quotas],
            "empty": True,
        }
    lines = lines_of(quality, language)
    tables = tables_of(quality, language)
    source = say(
        "quality.page.source", language, site=site, wave=wave, upload=quality.upload or 0,
        day=wording.day(quality.day, language),
    )  # fmt: skip
    return {
        "headline": headline(quality, language),
        "lead": lead(quality, language),
        "findings": [_finding(line, quality, language) for line in lines],
        "quotas": [_quota(one, quality, language) for one in report.quotas],
        "interviewers": _table(tables["interviewers"]),
        "missing": _table(tables["missing"]),
        "days": _days(report.days),
        "weights": _weights(quality, language),
        "clear": _clear(quality, language),
        "not_made": [list(one) for one in not_made(report.checks, language)],
        "declined": say("quality.page.declined", language, count=report.declined) if report.declined else "",
        "source": source,
        "sheet": address.to("/download/quality.xlsx", site=quality.site, wave=quality.wave),
        "empty": False,
    }


def _finding(line: Line, quality: SiteQuality, language: str) -> dict[str, Any]:
    named = {one.id: one for one in quality.report.interviews_named}
    shown = [named[name] for name in line.interviews[:SHOWN]]
    rest = len(line.interviews) - len(shown)
    return {
        "key": f"{line.code} {line.interviewer or ''} {line.question or ''}",
        "severity": line.severity,
        "severity_said": line.severity_said,
        "check": line.check_title,
        "said": line.said,
        "todo": line.todo,
        "size": line.size,
        "size_said": line.size_said,
        "how": counted(line.check, language)[1],
        "named": say("quality.page.interviews_named", language, count=len(line.interviews)) if shown else "",
        "interviews": [
            [
                one.id,
                one.interviewer or NOTHING,
                one.day or NOTHING,
                one.started or NOTHING,
                _number(one.minutes),
            ]
            for one in shown
        ],
        "more": say("quality.page.more", language, count=rest) if rest else "",
    }


def _quota(one: QuotaProgress, quality: SiteQuality, language: str) -> dict[str, Any]:
    left = ""
    if one.to_do and one.per_day is not None:
        left = say(
            "quality.page.quotas_left", language, count=one.to_do, per_day=one.per_day, days=one.days_left
        )
    elif one.to_do and one.state != "complete":
        left = say("quality.page.quotas_wanting", language, count=one.to_do)
    return {
        "label": quota_label(one.by, quality, language),
        "held": f"{one.held:,}",
        "target": f"{one.target:,}",
        "share": one.share,
        "state": one.state,
        "state_said": say(f"quality.quota_states.{one.state}", language),
        "left": left,
    }


def _table(table: Table) -> dict[str, Any]:
    return {
        "titles": list(table.titles),
        "numeric": [kind != "text" for kind in table.kinds],
        "rows": [
            [_written(cell, kind) for cell, kind in zip(row, table.kinds, strict=True)] for row in table.rows
        ],
    }


def _weights(quality: SiteQuality, language: str) -> dict[str, Any] | None:
    """What the weights cost, the margins, and what is to be mended; None where nothing is weighted."""
    report = quality.weights
    if report is None:
        return None
    return {
        "said": [one for one in (spread(report, language), trimming(report, language)) if one],
        "notes": [list(note_said(note, quality, language)) for note in report.notes],
        "how": how_made(quality, report, language),
        "margins": {
            "titles": [say(f"weights.columns.{name}", language) for name in MARGINS],
            "numeric": [kind != "text" for kind in MARGINS.values()],
            "rows": [
                [_written(cell, kind) for cell, kind in zip(row, MARGINS.values(), strict=True)]
                for row in margin_rows(quality, report, language)
            ],
        },
    }


def _days(days: tuple[tuple[str, int], ...]) -> list[dict[str, Any]]:
    most = max((count for _, count in days), default=1) or 1
    return [{"day": day, "count": f"{count:,}", "share": count / most} for day, count in days]


def _clear(quality: SiteQuality, language: str) -> str:
    titles = clear(quality.report.checks, language)
    return (
        say("quality.page.clear_checks", language, checks=wording.and_list(titles, language))
        if titles
        else ""
    )


def _written(cell: Cell, kind: Kind) -> str:
    if cell is None:
        return NOTHING
    if isinstance(cell, str):
        return cell
    if kind == "share":
        return f"{cell:.1%}"
    return _number(cell) if kind == "number" else f"{cell:,}"


def _number(value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.1f}"
