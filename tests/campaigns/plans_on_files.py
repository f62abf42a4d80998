"""A plan and a table as an evaluator gives them, and the numbers R printed for the same."""

import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest

from campaigns.effects import Effect, EffectEstimate
from campaigns.one_table import effects_of_file
from tests.campaigns.made_up import REFERENCE


DID = "wave: {column: after, before: 0, after: 1}, arm: {column: arm, campaign: 1, comparison: 0}"
ARM = "arm: {column: arm, campaign: 1, comparison: 0}"
CHANGE = "wave: {column: after, before: 0, after: 1}"


def printed_by_r(name: str) -> Mapping[str, Mapping[str, float]]:
    """The results of one R script."""
    results: Mapping[str, Mapping[str, float]] = json.loads((REFERENCE / name).read_text("utf-8"))["results"]
    return results


def effects_of(
    folder: Path, rows: pd.DataFrame, *, columns: str, analysis: str, outcome: str = "score", more: str = ""
) -> list[Effect]:
    """All effects of a plan on a table."""
    plan, data = folder / "plan.yaml", folder / "data.parquet"  # read in this process: many small files
    plan.write_text(
        f"outcomes: [{{id: y, column: {outcome}}}]\ncolumns: {{{columns}}}\nanalysis: {{{analysis}}}\n{more}",
        "utf-8",
    )
    rows.to_parquet(data, index=False)
    return list(effects_of_file(plan, data).effects)


def the_effect(folder: Path, rows: pd.DataFrame, **plan: str) -> EffectEstimate:
    """The only effect of a plan on a table."""
    (effect,) = effects_of(folder, rows, **plan)
    assert isinstance(effect, EffectEstimate), effect
    return effect


def agrees(effect: EffectEstimate, expected: Mapping[str, float], *, rel: float = 1e-8) -> None:
    """Every number R printed is the effect's, too."""
    for name, value in expected.items():
        assert getattr(effect, name) == pytest.approx(value, rel=rel, abs=1e-12), name


def caveats(effect: EffectEstimate) -> list[str]:
    """The codes of what is said beside an effect."""
    return [note.code for note in effect.caveats]
