"""The verb that checks the fieldwork while it can still be mended: ``quality``."""

import csv
import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboard.commands.acting import WorkspaceOption


if TYPE_CHECKING:
    from campaigns.campaign import Campaign
    from dashboard.quality import Qualities, SiteQuality

FORMATS = ("json", "csv", "xlsx")
COLUMNS = (
    "site", "wave", "rank", "check", "code", "severity", "message", "remedy", "count", "of", "share", "interviewer",
    "question", "outcome", "could_move_up_to", "size", "interviews",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add ``quality`` to the command line."""
    app.command()(quality)


def quality(
    campaign: Annotated[str, typer.Option(help="Id of the campaign.")],
    workspace: WorkspaceOption = None,
    site: Annotated[str | None, typer.Option(help="Only this site.")] = None,
    wave: Annotated[str | None, typer.Option(help="This wave; else the newest with interviews.")] = None,
    format: Annotated[str, typer.Option(help="json, csv, or xlsx for the weekly sheet.")] = "json",  # noqa: A002
    output: Annotated[Path | None, typer.Option(help="Write it here instead of printing it.")] = None,
    language: Annotated[str, typer.Option(help="Language of the sentences.")] = "en",
) -> None:
    """Check the interviews now held: what is wrong, with which of them, worst for the result first."""
    from campaigns.registry import load_campaign
    from dashboard.commands.files import require_id
    from dashboard.quality import Qualities
    from dashboard.reports import known_language
    from dashboard.settings import load_workspace
    from surveys.catalogue import Catalogue

    place = load_workspace(workspace)
    loaded = load_campaign(place.campaign_file(campaign))
    known_language(language)
    _known_format(format, output)
    require_id(site, "site", [one.id for one in loaded.sites], campaign)
    require_id(wave, "wave", [one.id for one in loaded.main_waves], campaign)
    with Catalogue(place.database_url) as catalogue:
        made = _made(Qualities(place, catalogue), loaded, site, wave)
    _write(_encoded(made, format, language), output)


def _made(
    qualities: "Qualities", campaign: "Campaign", site: str | None, wave: str | None
) -> "list[SiteQuality]":
    from surveys.problems import CannotProceed

    made = []
    for place in [site] if site is not None else [one.id for one in campaign.sites]:
        held = qualities.waves_with_interviews(campaign, place)
        wanted = [wave] if wave is not None else held[-1:]
        made += [qualities.current(campaign, place, one) for one in wanted if one in held]
    if not made:
        what = (
            "no interviews are held for this site and wave."
            if site or wave
            else "no interviews are held yet."
        )
        raise CannotProceed(campaign.id, what, "Upload a survey file first.")
    return made


def _encoded(made: "list[SiteQuality]", kind: str, language: str) -> bytes:
    if kind == "xlsx":
        return _sheet(made, language)
    reports = [as_dict(one, language) for one in made]
    if kind == "json":
        return f"{json.dumps(reports, ensure_ascii=False, indent=2)}\n".encode()
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for report in reports:
        for found in report["findings"]:
            row = {**found, "site": report["site"], "wave": report["wave"]}
            writer.writerow(row | {"interviews": " ".join(found["interviews"])})
    return text.getvalue().encode()


def _sheet(made: "list[SiteQuality]", language: str) -> bytes:
    from dashboard.quality_sheet import weekly_sheet
    from surveys.problems import CannotProceed

    if len(made) > 1:
        raise CannotProceed("--site", "a weekly sheet is for one site.", "Name the site.")
    return weekly_sheet(made[0], language)


def as_dict(quality: "SiteQuality", language: str) -> dict[str, Any]:
    """A report for programs: what was found, without any answer and any outcome by arm."""
    from campaigns.fieldwork_quality import reach_of
    from dashboard.quality_words import lines_of, tables_of

    report = quality.report
    found = []
    for line, (_, one) in zip(lines_of(quality, language), report.ranked, strict=True):
        reach = reach_of(one.damage, quality.campaign)
        found.append(
            {
                "rank": line.rank, "check": line.check, "code": line.code, "severity": line.severity,
                "message": line.said, "remedy": line.todo, "count": line.count, "of": line.of,
                "share": round(line.share, 6), "interviewer": line.interviewer, "question": one.question,
                "outcome": None if reach.outcome is None else reach.outcome.id,
                "could_move_up_to": round(reach.up_to, 6), "size": reach.size, "interviews": list(line.interviews),
            }
        )  # fmt: skip
    tables = tables_of(quality, language)
    return {
        "campaign": quality.campaign.id, "site": quality.site, "wave": quality.wave, "upload": quality.upload,
        "day": quality.day.isoformat(), "interviews": report.interviews, "affected": report.affected,
        "declined": report.declined, "findings": found,
        "checks": [
            {"check": one.check, "looked_at": one.looked_at, "found": len(one.found), "not_made": one.impossible}
            for one in report.checks
        ],
        "weights": _weights_as_dict(quality, language),
        **{
            name: [dict(zip(table.columns, row, strict=True)) for row in table.rows]
            for name, table in tables.items()
        },
    }  # fmt: skip


def _weights_as_dict(quality: "SiteQuality", language: str) -> dict[str, Any] | None:
    """The weights of the site and wave for programs; None where nothing is weighted."""
    from dashboard.weights_words import measures, note_said

    report = quality.weights
    if report is None:
        return None
    return {
        **{name: value for name, value, _ in measures(report)},
        "rounds": report.rounds, "low": report.low, "high": report.high,
        "margins": [
            {
                "question": line.question, "answer": line.label, "interviews": line.interviews,
                "before": round(line.before, 6), "after": round(line.after, 6), "population": round(line.target, 6),
            }
            for line in report.margins
        ],
        "notes": [
            {"code": note.code, **dict(zip(("message", "remedy"), note_said(note, quality, language), strict=True))}
            for note in report.notes
        ],
    }  # fmt: skip


def _known_format(kind: str, output: Path | None) -> None:
    from dashboard.settings import choose
    from surveys.problems import CannotProceed

    if kind not in FORMATS:
        raise CannotProceed("--format", f'"{kind}" is no format.', choose(kind, FORMATS, none=""))
    if kind == "xlsx" and output is None:
        raise CannotProceed(
            "--output", "a workbook cannot be printed.", "Say where it goes: --output quality.xlsx."
        )


def _write(body: bytes, output: Path | None) -> None:
    from surveys.problems import CannotProceed

    if output is None:
        sys.stdout.write(body.decode())
        return
    try:
        output.write_bytes(body)
    except OSError as error:
        what = f"the report cannot be written here ({error.strerror})."
        raise CannotProceed(str(output), what, "Choose another place.") from None
    print(f"{output}: written.")
