"""``estimate``: a plan and one file of data, effects out."""

from pathlib import Path
from typing import Annotated

import typer

from dashboard.commands.acting import in_the_readers_language
from dashboard.commands.results import (
    NOTHING_ESTIMABLE,
    FormatOption,
    OutputOption,
    TableFormat,
    as_json,
    format_of,
    write_bytes,
    write_result,
)


def estimate(
    plan: Annotated[Path, typer.Argument(help="The plan: outcomes, columns and analysis, as YAML.")],
    data: Annotated[Path, typer.Option(help="One file: CSV, CSV.gz, XLSX, Parquet, .dta or .sav.")],
    table_format: FormatOption = None,
    output: OutputOption = None,
    clusters: Annotated[
        Path | None,
        typer.Option(help="Write here what each cluster carries, as .json or .csv."),
    ] = None,
    bundle: Annotated[
        Path | None,
        typer.Option(
            help="Write a replication bundle here (.zip): de-identified rows, plan, numbers, scripts in R and Python."
        ),
    ] = None,
    why: Annotated[
        str,
        typer.Option(help="With --bundle: why rows are needed that few others are like; kept in the bundle."),
    ] = "",
    language: Annotated[str, typer.Option(help="Language of caveats and reasons: en or ko.")] = "en",
) -> None:
    """Estimate what a plan asks of one file of data, without a workspace.

    Exit code 4 says that nothing at all was estimable; the reasons are in the output.
    """
    from campaigns.effects import EffectEstimate
    from campaigns.export import EXPORT_FORMATS, effect_table
    from campaigns.exported_tables import ExportedTables
    from campaigns.one_table import effects_of_file

    if clusters is not None:
        _write_clusters(plan, data, clusters)
    if bundle is not None:
        from campaigns.replication import bundle_of_file

        with in_the_readers_language(language):
            write_bytes(bundle_of_file(plan, data, why=why).content, bundle)
    found = effects_of_file(plan, data)
    table = effect_table(
        found.effects, language=language, plan_sha256=found.plan_sha256, data_sha256=found.data_sha256
    )
    tables = ExportedTables(effects=table, title=plan.stem, language=language, confidence=found.confidence)
    write_bytes(EXPORT_FORMATS[_format(table_format, output)](tables), output)
    if not any(isinstance(effect, EffectEstimate) for effect in found.effects):
        raise typer.Exit(NOTHING_ESTIMABLE)


def _format(table_format: TableFormat | None, output: Path | None) -> str:
    """The format named; or what the file ends in, where effects can be written so; or JSON."""
    from campaigns.export import EXPORT_FORMATS

    ending = "" if output is None else output.suffix.lower().lstrip(".")
    return (
        ending if table_format is None and ending in EXPORT_FORMATS else format_of(table_format, output).value
    )


def _write_clusters(plan: Path, data: Path, output: Path) -> None:
    """The clusters behind every effect: as nested objects, or in CSV one line a cluster."""
    import pandas as pd

    from campaigns.flat_files import table_as_csv
    from campaigns.one_table import clusters_of_file

    found = clusters_of_file(plan, data)
    if format_of(None, output) is TableFormat.JSON:
        write_result(as_json([inspection.as_record() for inspection in found]), output)
        return
    lines = [line for inspection in found for line in inspection.as_lines()]
    write_bytes(table_as_csv(pd.DataFrame(lines, dtype=object)), output)


def register(app: typer.Typer) -> None:
    """Add this family's verbs to the command line."""
    app.command()(estimate)
