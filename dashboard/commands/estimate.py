"""``estimate``: a plan and one file of data, effects out."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """How the table of effects is written."""

    JSON = "json"
    CSV = "csv"


def estimate(
    plan: Annotated[Path, typer.Argument(help="The plan: outcomes, columns and analysis, as YAML.")],
    data: Annotated[Path, typer.Option(help="One file: CSV, CSV.gz, XLSX, Parquet, .dta or .sav.")],
    format_: Annotated[Format, typer.Option("--format", help="json or csv.")] = Format.JSON,
    output: Annotated[Path | None, typer.Option(help="Write here instead of to the screen.")] = None,
    language: Annotated[str, typer.Option(help="Language of caveats and reasons: en or ko.")] = "en",
) -> None:
    """Estimate what a plan asks of one file of data, without a workspace.

    Exit code 4 says that nothing at all was estimable; the reasons are in the output.
    """
    from campaigns.effect_rows import effect_row
    from campaigns.effects import EffectEstimate
    from campaigns.one_table import effects_of_file

    found = effects_of_file(plan, data)
    rows = [
        effect_row(effect, plan_sha256=found.plan_sha256, data_sha256=found.data_sha256, language=language)
        for effect in found.effects
    ]
    _write(rows, format_, output)
    if not any(isinstance(effect, EffectEstimate) for effect in found.effects):
        raise typer.Exit(4)


def _write(rows: list[dict[str, object]], format_: Format, output: Path | None) -> None:
    from surveys.problems import CannotProceed

    text = _as_json(rows) if format_ is Format.JSON else _as_csv(rows)
    if output is None:
        print(text, end="")
        return
    try:
        output.write_text(text, "utf-8", newline="")
    except OSError as error:
        raise CannotProceed(
            str(output), "the file cannot be written.", f"Check folder and rights ({error.strerror})."
        ) from error


def _as_json(rows: list[dict[str, object]]) -> str:
    import json

    return json.dumps(rows, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _as_csv(rows: list[dict[str, object]]) -> str:
    import csv
    import io

    from campaigns.effect_rows import COLUMNS, flat

    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat(row) for row in rows)
    return text.getvalue()


def register(app: typer.Typer) -> None:
    """Add this family's verbs to the command line."""
    app.command()(estimate)
