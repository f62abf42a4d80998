"""``awareness score``: how a plan's outcomes come out of one file, and how well they measure."""

import json
from collections.abc import Mapping, Sequence
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
    from campaigns.measurement import OutcomeMeasure


def register(app: typer.Typer) -> None:
    """Add ``score`` to the command line."""
    app.command()(score)


def score(
    plan: Annotated[
        Path, typer.Argument(help="The plan: outcomes and columns, as YAML. It needs no analysis.")
    ],
    data: Annotated[Path, typer.Option(help="One file: CSV, CSV.gz, XLSX, Parquet, .dta or .sav.")],
    scores: Annotated[
        Path | None, typer.Option(help="Write the score of every row used here, as CSV.")
    ] = None,
    table_format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Score one file as a plan says: spread, reliability, ceiling and weights of every outcome.

    Exit code 4 says that no row has any score.
    """
    from campaigns.measurement import scores_of_file

    found = scores_of_file(plan, data)
    values = [_values(measure, found.plan_sha256, found.data_sha256) for measure in found.outcomes]
    csv = format_of(table_format, output) is TableFormat.CSV
    write_result(_as_csv(values) if csv else as_json(values), output)
    if scores is not None:
        write_result(found.scores.to_pandas().to_csv(index=False), scores)
    if not any(measure.n for measure in found.outcomes):
        raise typer.Exit(NOTHING_ESTIMABLE)


def _values(measure: "OutcomeMeasure", plan_sha256: str, data_sha256: str) -> dict[str, object]:
    reliability = measure.reliability
    return {
        "outcome": measure.outcome,
        "n": measure.n,
        "mean": measure.mean,
        "sd": measure.sd,
        "alpha": reliability.alpha,
        "alpha_low": reliability.alpha_low,
        "alpha_high": reliability.alpha_high,
        "omega": reliability.omega,
        "item_rest": {item.item: item.item_rest for item in measure.items if item.item_rest is not None},
        "ceiling": measure.ceiling,
        "floor": measure.floor,
        "weights": measure.weights,
        "n_complete": reliability.n,
        "items": [
            {
                "item": item.item,
                "n": item.n,
                "mean": item.mean,
                "sd": item.sd,
                "item_rest": item.item_rest,
                "alpha_if_dropped": item.alpha_if_dropped,
                "weight": item.weight,
                "missing": dict(item.missing),
            }
            for item in measure.items
        ],
        **_extras(measure),
        "plan_sha256": plan_sha256,
        "data_sha256": data_sha256,
    }


def _extras(measure: "OutcomeMeasure") -> dict[str, object]:
    """What the kind of score has to say beyond its mean; empty where it does not apply."""
    extras = asdict(measure.extras)
    rules = {rule: extras.pop(f"dont_know_{rule}") for rule in ("incorrect", "missing")}
    return {"dont_know": None if set(rules.values()) == {None} else rules, **extras}


def _as_csv(values: Sequence[Mapping[str, object]]) -> str:
    """One row an outcome; what is a list or a mapping stands as JSON in its cell."""
    import pandas as pd

    rows = [
        {
            name: json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list, tuple)) else value
            for name, value in row.items()
        }
        for row in values
    ]
    return pd.DataFrame(rows, dtype=object).to_csv(index=False)
