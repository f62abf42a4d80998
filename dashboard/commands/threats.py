"""``threats``: what could make the effects of a plan come out wrong, measured from the same file."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.commands.results import (
    NOTHING_ESTIMABLE,
    FormatOption,
    OutputOption,
    TableFormat,
    as_json,
    format_of,
    write_result,
)


if TYPE_CHECKING:
    from campaigns.threat_rows import Threat


def register(app: typer.Typer) -> None:
    """Add ``threats`` to the command line."""
    app.command()(threats)


def threats(
    plan: Annotated[
        Path | None, typer.Argument(help="The plan: outcomes, columns and analysis, as YAML.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="One file: CSV, CSV.gz, XLSX, Parquet, .dta or .sav.")
    ] = None,
    campaign: Annotated[
        str | None, typer.Option(help="In place of a plan: id of a campaign of the workspace.")
    ] = None,
    workspace: Annotated[
        Path | None, typer.Option(help="The workspace; otherwise AWARENESS_WORKSPACE.")
    ] = None,
    table_format: FormatOption = None,
    output: OutputOption = None,
    language: Annotated[str, typer.Option(help="Language of readings and reasons: en or ko.")] = "en",
) -> None:
    """Measure balance, attrition, non-response, contamination, ceiling, interviewers, mode and every null.

    Of a plan and a file in full; of a campaign of a workspace as it may be shared. Exit code 4 says that there was
    nothing to measure.
    """
    import pandas as pd

    rows = [
        {**_values(threat, language), **stamps} for threat, stamps in _found(plan, data, campaign, workspace)
    ]
    csv = format_of(table_format, output) is TableFormat.CSV
    write_result(pd.DataFrame(rows, dtype=object).to_csv(index=False) if csv else as_json(rows), output)
    if not rows:
        raise typer.Exit(NOTHING_ESTIMABLE)


def _found(
    plan: Path | None, data: Path | None, campaign: str | None, workspace: Path | None
) -> list[tuple["Threat", dict[str, str]]]:
    """The threats, each with the stamps of what it was made from."""
    from surveys.problems import CannotProceed

    if campaign is not None and plan is None and data is None:
        return _of_campaign(campaign, workspace)
    if plan is None or data is None or campaign is not None:
        raise CannotProceed(
            "threats",
            "it takes either a plan with --data or a --campaign.",
            "Write threats PLAN.yaml --data FILE, or threats --workspace FOLDER --campaign ID.",
        )
    from campaigns.threats import threats_of_file

    found = threats_of_file(plan, data)
    stamps = {"plan_sha256": found.plan_sha256, "data_sha256": found.data_sha256}
    return [(threat, stamps) for threat in found.threats]


def _of_campaign(campaign_id: str, folder: Path | None) -> list[tuple["Threat", dict[str, str]]]:
    from campaigns.disclosure import protect
    from campaigns.evaluation import evaluate
    from campaigns.registry import load_campaign
    from campaigns.threats_of_campaign import threats_of_campaign
    from dashboard.evaluations import policy_of
    from dashboard.settings import load_workspace
    from surveys import columns
    from surveys.catalogue import Catalogue

    place = load_workspace(folder)
    campaign = load_campaign(place.campaign_file(campaign_id))
    with Catalogue(place.database_url) as catalogue:
        answers = columns.refresh(catalogue, place.columns, campaign.id, as_of=None)
        newest = catalogue.newest_upload(campaign.id)
    policy, data_sha256 = policy_of(place), columns.fingerprint(answers)
    evaluation = protect(evaluate(campaign, answers, as_of_upload=newest, data_sha256=data_sha256), policy)
    stamps = {"plan_sha256": campaign.sha256, "data_sha256": data_sha256}
    return [(threat, stamps) for threat in threats_of_campaign(campaign, answers, evaluation.effects, policy)]


def _values(threat: "Threat", language: str) -> dict[str, object]:
    """The threat's numbers, then in words what they come to and why one is absent."""
    import math

    from surveys.languages import say

    plain = asdict(threat)
    reason, filled = plain.pop("reason"), plain.pop("values")
    numbers = {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in plain.items()
    }
    reading = say(f"threats.{threat.threat}.{threat.label}", language) if threat.label else None
    said = [say(f"reasons.{reason}.{part}", language, **filled) for part in ("what", "fix")] if reason else []
    return {**numbers, "reading": reading, "not_estimable": " ".join(said) or None}
