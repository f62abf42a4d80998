"""``awareness pool`` and ``awareness adjust``: tables of effects, from wherever they come."""

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

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
    import pandas as pd

    from campaigns import multiplicity, pooling


class PoolMethod(StrEnum):
    """How sites are weighted."""

    REML = "REML"
    DL = "DL"
    PM = "PM"
    FIXED = "fixed"
    EQUAL = "equal"


class PoolInterval(StrEnum):
    """How the interval of an average is made."""

    KNAPP_HARTUNG = "knapp_hartung"
    KNAPP_HARTUNG_FLOORED = "knapp_hartung_floored"
    NORMAL = "normal"


class AdjustMethod(StrEnum):
    """How p-values are adjusted for their number."""

    HOLM = "holm"
    BH = "bh"
    BY = "by"
    SHARPENED_Q = "sharpened_q"


Table = Annotated[Path, typer.Argument(metavar="TABLE.csv", help="A CSV file with one row per effect.")]


def register(app: typer.Typer) -> None:
    """Add this family's verbs to the command line."""
    app.command()(pool)
    app.command()(adjust)


def pool(
    table: Table,
    method: Annotated[
        PoolMethod, typer.Option(help="equal: arithmetic mean; fixed: inverse variance.")
    ] = PoolMethod.REML,
    interval: Annotated[
        PoolInterval | None,
        typer.Option(
            help="By default knapp_hartung_floored; with equal, by the degrees of freedom of the sites."
        ),
    ] = None,
    by: Annotated[
        str | None, typer.Option(help="Column that names groups, each averaged on its own.")
    ] = None,
    moderator: Annotated[list[str] | None, typer.Option(help="Column that may explain differences.")] = None,
    nested: Annotated[
        str | None, typer.Option(help="Column of the groups effects lie in: a three-level average beside.")
    ] = None,
    confidence: Annotated[float, typer.Option(min=0.5, max=0.999)] = 0.95,
    language: Annotated[str, typer.Option(help="Language of the caveats: en or ko.")] = "en",
    table_format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Average effects over sites: columns estimate, std_error (or variance) and, if known, df."""
    from campaigns.tables_of_effects import pool_table, read_table

    result = pool_table(
        read_table(table),
        str(table),
        method=cast("pooling.Method", method.value),
        interval=cast("pooling.Interval | None", interval.value if interval else None),
        by=by,
        moderators=tuple(moderator or ()),
        nested=nested,
        confidence=confidence,
        language=language,
    )
    if result is None:
        typer.echo(f"{table}: no row holds an estimate and its error.", err=True)
        raise typer.Exit(NOTHING_ESTIMABLE)
    csv = format_of(table_format, output) is TableFormat.CSV
    write_result(_pooled_as_csv(result, by) if csv else as_json(result), output)


def adjust(
    table: Table,
    method: Annotated[AdjustMethod, typer.Option(help="holm, bh, by, or Anderson's sharpened q-values.")],
    family: Annotated[str | None, typer.Option(help="Column that names the families.")] = None,
    table_format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Adjust the column p_value for the number of tests; the table comes back with p_adjusted."""
    from campaigns.tables_of_effects import adjust_table, read_table

    adjusted = adjust_table(
        read_table(table), str(table), method=cast("multiplicity.Method", method.value), family=family
    )
    csv = format_of(table_format, output) is TableFormat.CSV
    write_result(adjusted.to_csv(index=False) if csv else as_json(_records(adjusted)), output)


def _records(table: "pd.DataFrame") -> list[dict[str, object]]:
    import pandas as pd

    numbers = {name: pd.to_numeric(table[name], errors="coerce") for name in table.columns}
    typed = pd.DataFrame(
        {
            name: column if column.notna().equals(table[name].notna()) else table[name]
            for name, column in numbers.items()
        }
    )
    whole = typed.astype(object).where(typed.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in whole.to_dict("records")]


def _pooled_as_csv(result: dict[str, object], by: str | None) -> str:
    import pandas as pd

    lists = {"groups", "moderators", "caveats", "leave_one_out", "shrunken", "nested"}
    overall = {name: value for name, value in result.items() if name not in lists}
    overall |= {name: json.dumps(result[name], ensure_ascii=False) for name in sorted(lists - {"caveats"})}
    rows = [overall | {"caveats": " ".join(cast("list[str]", result["caveats"]))}]
    if by is not None:
        groups = cast("list[dict[str, object]]", result["groups"])
        rows = [{"group": ""} | rows[0]]
        rows += [group | {"caveats": " ".join(cast("list[str]", group["caveats"]))} for group in groups]
    return pd.DataFrame(rows, dtype=object).to_csv(index=False)
