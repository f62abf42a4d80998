"""``estimate``: a plan and one file of data, effects out."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


NOTHING_ESTIMABLE = 4  # exit code: the table is written, and every row of it says why


class Format(StrEnum):
    """How the table of effects is written."""

    JSON = "json"
    CSV = "csv"


def estimate(
    plan: Annotated[Path, typer.Argument(help="The plan: outcomes, columns and analysis, as YAML.")],
    data: Annotated[Path, typer.Option(help="One file: CSV, CSV.gz, XLSX, Parquet, .dta or .sav.")],
    format_: Annotated[
        Format | None,
        typer.Option("--format", help="json or csv; without it, csv where --output ends in .csv, else json."),
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Write here instead of to the screen.")] = None,
    language: Annotated[str, typer.Option(help="Language of caveats and reasons: en or ko.")] = "en",
) -> None:
    """Estimate what a plan asks of one file of data, without a workspace.

    Exit code 4 says that nothing at all was estimable; the reasons are in the output.
    """
    from campaigns.effects import EffectEstimate
    from campaigns.export import EXPORT_FORMATS, effect_table
    from campaigns.one_table import effects_of_file

    found = effects_of_file(plan, data)
    table = effect_table(
        found.effects, language=language, plan_sha256=found.plan_sha256, data_sha256=found.data_sha256
    )
    written = format_ or _format_of(output)
    _write(EXPORT_FORMATS[written.value](table, (), None), output)
    if not any(isinstance(effect, EffectEstimate) for effect in found.effects):
        raise typer.Exit(NOTHING_ESTIMABLE)


def _format_of(output: Path | None) -> Format:
    return Format.CSV if output is not None and output.suffix.lower() == ".csv" else Format.JSON


def _write(content: bytes, output: Path | None) -> None:
    from surveys.problems import CannotProceed

    if output is None:
        print(content.decode("utf-8"), end="")
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        raise CannotProceed(
            str(output), "the file cannot be written.", f"Check folder and rights ({error.strerror})."
        ) from error


def register(app: typer.Typer) -> None:
    """Add this family's verbs to the command line."""
    app.command()(estimate)
