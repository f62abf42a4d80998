"""``awareness published``: whether the numbers a report gives bear each other out."""

from pathlib import Path
from typing import Annotated

import typer

from dashboard.commands.results import (
    FormatOption,
    OutputOption,
    TableFormat,
    as_json,
    format_of,
    write_bytes,
    write_result,
)


def register(app: typer.Typer) -> None:
    """Add this verb to the command line."""
    app.command()(published)


def published(
    table: Annotated[
        Path,
        typer.Argument(
            metavar="TABLE.csv",
            help="One row per number: check, quantity, reported, and the other numbers in columns of their names.",
        ),
    ],
    table_format: FormatOption = None,
    output: OutputOption = None,
    language: Annotated[str, typer.Option(help="Language of the readings: en or ko.")] = "en",
) -> None:
    """Work out again the numbers a report prints from the others it prints, as far as their rounding allows.

    Checks: two_groups (mean_1, sd_1, n_1, mean_2, sd_2, n_2), paired_change (mean, sd, n), two_means (mean_1, std_error_1,
    mean_2, std_error_2), from_interval (estimate, conf_low, conf_high), change_in_percent (before, after), eta_squared (f, df_1, df_2).
    """
    from campaigns.published_table import judged
    from campaigns.tables_of_effects import read_table

    found = judged(read_table(table).fillna(""), file=str(table), language=language)
    if format_of(table_format, output) is TableFormat.CSV:
        write_bytes(_as_csv(found), output)
        return
    write_result(as_json(found), output)


def _as_csv(found: list[dict[str, object]]) -> bytes:
    import pandas as pd

    from campaigns.flat_files import table_as_csv

    return table_as_csv(pd.DataFrame(found, dtype=object))
