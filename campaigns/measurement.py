"""How well a plan measures: every score with its spread, its reliability, and what each item contributes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from campaigns.campaign import INDEX_KINDS, Score
from campaigns.measurement_extras import Extras, extras_of
from campaigns.one_table import ROW, answers_of_file, references_of
from campaigns.plan import load_plan
from campaigns.reliability import Reliability, reliability_of
from campaigns.sample import Floats
from campaigns.scores import range_of, unit_of
from campaigns.scoring import Reference, item_columns, score_column
from surveys.missing import Missing
from surveys.record.payloads import MISSING


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemMeasure:
    """One item as the score counts it. ``mean`` of a right-or-wrong item is its difficulty: the share who got it right."""

    item: str
    n: int
    mean: float | None
    sd: float | None
    item_rest: float | None
    alpha_if_dropped: float | None
    weight: float | None
    missing: Mapping[str, int] = field(default_factory=dict)  # reason -> answers missing for it


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeMeasure:
    """One score over all rows used; nothing is weighted. ``ceiling`` is the share at the highest possible score."""

    outcome: str
    n: int
    mean: float | None
    sd: float | None
    floor: float | None
    ceiling: float | None
    reliability: Reliability
    items: tuple[ItemMeasure, ...]
    extras: Extras

    @property
    def weights(self) -> dict[str, float]:
        """The weights of an index; empty where every item counts the same by definition."""
        return {item.item: item.weight for item in self.items if item.weight is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What came of a plan's scores: a summary of each, and the score of every row used."""

    outcomes: tuple[OutcomeMeasure, ...]
    scores: pa.Table  # ``row`` (from 1, in the file) and one column an outcome
    plan_sha256: str
    data_sha256: str


def scores_of_file(plan_file: Path, data_file: Path) -> Measurement:
    """All scores that a plan makes of a file of data, whatever it means to estimate from them.

    Raises
    ------
    CannotProceed
        The plan is wrong, or names what the data do not have.
    FileRefused
        The data cannot be read.
    """
    plan = load_plan(plan_file, for_scores=True)
    answers = answers_of_file(plan, data_file)
    rows = ibis.memtable(answers.table)
    references = references_of(rows, answers.scores)
    asked = {
        outcome.id: _Asked(outcome.id, answers.scores.get(outcome.id), references.get(outcome.id))
        for outcome in plan.outcomes
    }
    scores = rows.select(row=rows[ROW], **{name: one.score_in(rows) for name, one in asked.items()})
    scored = scores.order_by("row").to_pyarrow()
    return Measurement(
        outcomes=tuple(_measure(one, rows, scored, plan.confidence) for one in asked.values()),
        scores=scored,
        plan_sha256=plan.sha256,
        data_sha256=answers.data_sha256,
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """One outcome of the plan: a score, or a numeric column as it stands."""

    outcome: str
    score: Score | None
    reference: Reference | None

    def score_in(self, rows: ir.Table) -> ir.FloatingValue:
        if self.score is None:
            return rows[self.outcome].cast("float64")
        return score_column(rows, self.score, self.reference)

    def items_in(self, rows: ir.Table) -> dict[str, ir.FloatingValue]:
        if self.score is None:
            return {self.outcome: rows[self.outcome].cast("float64")}
        return item_columns(rows, self.score, self.reference)

    @property
    def weights(self) -> Mapping[str, float]:
        """The weights of an index, by item, summing to one."""
        if self.score is None or self.reference is None or self.score.kind not in INDEX_KINDS:
            return {}
        return self.reference.weights or dict.fromkeys(self.score.items, 1 / len(self.score.items))

    @property
    def bounds(self) -> tuple[float, float] | None:
        return None if self.score is None else range_of(self.score, unit_of(self.score))


def _measure(asked: _Asked, rows: ir.Table, scored: pa.Table, confidence: float) -> OutcomeMeasure:
    scores = _numbers(scored, asked.outcome)
    given = scores[~np.isnan(scores)]
    items = asked.items_in(rows)
    names = list(items)
    table = rows.select(row=rows[ROW], **{f"item {at}": items[name] for at, name in enumerate(names)})
    found = table.order_by("row").to_pyarrow()
    matrix = np.column_stack([_numbers(found, f"item {at}") for at in range(len(names))])
    reliability = reliability_of(matrix, confidence)
    return OutcomeMeasure(
        outcome=asked.outcome,
        n=len(given),
        mean=_mean(given),
        sd=_deviation(given),
        floor=_share_at(given, asked.bounds, 0),
        ceiling=_share_at(given, asked.bounds, 1),
        reliability=reliability,
        items=tuple(
            _item(name, matrix[:, at], reliability, at, asked.weights.get(name), _missing(rows, name))
            for at, name in enumerate(names)
        ),
        extras=extras_of(rows, asked.score, confidence),
    )


def _item(
    name: str,
    values: Floats,
    reliability: Reliability,
    at: int,
    weight: float | None,
    missing: Mapping[str, int],
) -> ItemMeasure:
    given = values[~np.isnan(values)]
    return ItemMeasure(
        item=name,
        n=len(given),
        mean=_mean(given),
        sd=_deviation(given),
        item_rest=reliability.item_rest[at],
        alpha_if_dropped=reliability.alpha_if_dropped[at],
        weight=weight,
        missing=missing,
    )


def _missing(rows: ir.Table, item: str) -> dict[str, int]:
    """Why answers to an item are not there: counts by reason, those without a stated reason as ``blank``."""
    if f"{item}{MISSING}" not in rows.columns:
        return {}
    blank = rows[item].isnull()
    reason = rows[f"{item}{MISSING}"].fill_null(Missing.BLANK)
    counts = rows.filter(blank).select(reason=reason).group_by("reason").aggregate(n=ibis._.count())
    found = {row["reason"]: row["n"] for row in counts.to_pyarrow().to_pylist()}
    return {reason: found[reason] for reason in Missing if reason in found}


def _numbers(table: pa.Table, name: str) -> Floats:
    values: Floats = table[name].to_numpy(zero_copy_only=False).astype(float)
    return values


def _mean(given: Floats) -> float | None:
    return float(given.mean()) if given.size else None


def _deviation(given: Floats) -> float | None:
    return float(given.std(ddof=1)) if given.size > 1 else None


def _share_at(given: Floats, bounds: tuple[float, float] | None, end: int) -> float | None:
    if bounds is None or not given.size:
        return None
    return float(np.isclose(given, bounds[end]).mean())
