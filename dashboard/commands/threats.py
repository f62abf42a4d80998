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
    plan: Annotated[Path, typer.Argument(help="The plan: outcomes, columns and analysis, as YAML.")],
    data: Annotated[Path, typer.Option(help="One file: CSV, CSV.gz, XLSX, Parquet, .dta or .sav.")],
    table_format: FormatOption = None,
    output: OutputOption = None,
    language: Annotated[str, typer.Option(help="Language of readings and reasons: en or ko.")] = "en",
) -> None:
    """Measure balance, attrition, non-response, contamination, ceiling, interviewers, mode and every null of a plan.

    Exit code 4 says that there was nothing to measure.
    """
    import pandas as pd

    from campaigns.threats import threats_of_file

    found = threats_of_file(plan, data)
    stamps = {"plan_sha256": found.plan_sha256, "data_sha256": found.data_sha256}
    rows = [{**_values(threat, language), **stamps} for threat in found.threats]
    csv = format_of(table_format, output) is TableFormat.CSV
    write_result(pd.DataFrame(rows, dtype=object).to_csv(index=False) if csv else as_json(rows), output)
    if not rows:
        raise typer.Exit(NOTHING_ESTIMABLE)


def _values(threat: "Threat", language: str) -> dict[str, object]:
    """The threat's numbers, then in words what they come to and why one is absent."""
    import math

    from surveys.languages import say

    plain = asdict(threat)
    reason = plain.pop("reason")
    numbers = {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in plain.items()
    }
    reading = say(f"threats.{threat.threat}.{threat.label}", language) if threat.label else None
    absent = (
        f"{say(f'reasons.{reason}.what', language)} {say(f'reasons.{reason}.fix', language)}"
        if reason
        else None
    )
    return {**numbers, "reading": reading, "not_estimable": absent}
