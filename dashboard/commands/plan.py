"""``awareness plan``: lock what was decided before the data, show it, and hold what was run against it."""

import getpass
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.commands.results import (
    FormatOption,
    OutputOption,
    TableFormat,
    as_json,
    format_of,
    write_result,
)


if TYPE_CHECKING:
    from campaigns.effects import LockedPlan
    from campaigns.plan_lock import PlanLine


verbs = typer.Typer(
    no_args_is_help=True, help="Lock the analysis plan, show it, compare it with what was run."
)

Folder = Annotated[
    Path | None, typer.Option("--workspace", help="The workspace; otherwise AWARENESS_WORKSPACE.")
]
CampaignId = Annotated[str, typer.Option("--campaign", help="Id of the campaign.")]
Language = Annotated[str, typer.Option(help="Language of the sentences: en or ko.")]


def register(app: typer.Typer) -> None:
    """Add ``plan`` and its verbs to the command line."""
    app.add_typer(verbs, name="plan")


@verbs.command()
def lock(
    campaign: CampaignId,
    workspace: Folder = None,
    by: Annotated[str | None, typer.Option(help="Who locks it; by default who is logged in.")] = None,
    note: Annotated[str, typer.Option(help="Why, or what changed since the last version.")] = "",
    late: Annotated[
        bool, typer.Option(help="Lock although data of the last wave are there; estimates stay exploratory.")
    ] = False,
) -> None:
    """Lock the plan as the campaign file states it now, before data of the last wave arrive."""
    from campaigns.records import lock_plan
    from campaigns.registry import load_campaign
    from dashboard.settings import load_workspace
    from surveys.catalogue import Catalogue

    place = load_workspace(workspace)
    loaded = load_campaign(place.campaign_file(campaign))
    with Catalogue(place.database_url) as catalogue:
        locked = lock_plan(catalogue, loaded, by=by or getpass.getuser(), why=note, late=late)
    print(
        f"{campaign}: version {locked.version} locked at {locked.locked_at:%Y-%m-%d %H:%M} UTC, {locked.sha256}"
    )


@verbs.command()
def show(
    campaign: CampaignId,
    workspace: Folder = None,
    version: Annotated[
        int | None, typer.Option(help="By default the one that estimates are held against.")
    ] = None,
    output: OutputOption = None,
) -> None:
    """Print a locked plan as JSON: who locked it when, its hash, and everything it fixes."""
    from campaigns.plan_lock import binding
    from surveys.problems import CannotProceed

    locks = _locks(workspace, campaign)
    chosen = (
        binding(locks) if version is None else next((one for one in locks if one.version == version), None)
    )
    if chosen is None:
        known = ", ".join(str(one.version) for one in locks) or "none"
        raise CannotProceed(
            "--version", f"{campaign} has no locked plan of that version.", f"There are: {known}."
        )
    values = asdict(chosen) | {
        "locked_at": chosen.locked_at.isoformat(),
        "versions": [one.version for one in locks],
    }
    write_result(as_json(values), output)


@verbs.command()
def compare(
    campaign: CampaignId,
    workspace: Folder = None,
    language: Language = "en",
    table_format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Every estimate that was planned and what came of it, then those that were not planned."""
    from campaigns.plan_lock import binding, compare_with_run
    from dashboard.commands.evaluate import evaluation_of
    from dashboard.reports import known_language
    from surveys.languages import say
    from surveys.problems import CannotProceed

    known_language(language)
    chosen = binding(_locks(workspace, campaign))
    if chosen is None:
        raise CannotProceed(
            campaign, say("plan.report.none", language, campaign=campaign), "awareness plan lock"
        )
    lines = compare_with_run(chosen, evaluation_of(workspace, campaign, None))
    rows = [_row(line, language) for line in lines]
    csv = format_of(table_format, output) is TableFormat.CSV
    write_result(_as_csv(rows) if csv else as_json(rows), output)


def _locks(workspace: Path | None, campaign: str) -> "list[LockedPlan]":
    from campaigns.records import locked_plans
    from dashboard.settings import load_workspace
    from surveys.catalogue import Catalogue

    place = load_workspace(workspace)
    place.campaign_file(campaign)
    with Catalogue(place.database_url) as catalogue:
        return locked_plans(catalogue, campaign)


def _row(line: "PlanLine", language: str) -> dict[str, object]:
    from surveys.languages import say

    why = None
    if line.told is not None:
        kind = (
            f"reasons.{line.told.code}.what"
            if line.status == "not_run"
            else f"plan.exploratory.{line.told.code}"
        )
        why = say(kind, language, **line.told.values)
    return asdict(line) | {"deviations": list(line.deviations), "told": why}


def _as_csv(rows: list[dict[str, object]]) -> str:
    import pandas as pd

    flat = [row | {"deviations": " ".join(str(key) for key in _list(row["deviations"]))} for row in rows]
    return pd.DataFrame(flat, dtype=object).to_csv(index=False)


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
