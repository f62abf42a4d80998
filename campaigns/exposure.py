"""Exposure that people chose or happened to have: a doubly robust comparison, and what could explain it away."""

import math
from collections.abc import Iterator

import ibis.expr.types as ir
import numpy as np

from campaigns.designs.exposure import DESIGN
from campaigns.doubly_robust import (
    ALIKE,
    OVERLAP,
    CannotCompare,
    Comparison,
    compare_exposed,
    e_value,
    risk_ratio,
)
from campaigns.dropped_rows import causes
from campaigns.effects import Counts, Effect, Note, Subject
from campaigns.inference import interval
from campaigns.rows import Absent, Found, Rows, clusters_among, effect_of, slices
from campaigns.sample import Floats
from campaigns.specification import Specification


ONE = "effect"  # the term where only one arm is compared
OUTSIDE = 0.05  # share of respondents outside the overlap, above which it is said


def exposure_effects(table: ir.Table, specification: Specification) -> list[Effect]:
    """The association of exposure with every outcome, by site and subgroup, one an arm.

    Parameters
    ----------
    table
        One row an interview: the outcomes, the covariates, ``@arm`` (who was exposed) and of ``@wave``, ``@cluster``,
        ``@weight`` and ``@site`` those that there are. With waves only interviews after the campaign count.
    """
    if "@wave" in table.columns:
        table = table.filter(table["@wave"].isin(list(specification.after)))
    labels = [*specification.categorical, *specification.fixed_effects]
    subject = Subject(outcome="", design=DESIGN.name, estimand=DESIGN.estimand)
    found = slices(
        table, specification, numbers=specification.covariates, labels=["@arm", *labels], subject=subject
    )
    return [effect_of(rows, one) for rows in found for one in _associations(rows, labels)]


def _associations(rows: Rows, labels: list[str]) -> Iterator[Found | Absent]:
    arms = rows.specification.arms or tuple(
        arm for arm in rows.labels["@arm"] if arm not in rows.specification.comparison
    )
    for arm in arms or ("campaign",):
        exposed, unexposed = rows.where("@arm", (arm,)), rows.where("@arm", rows.specification.comparison)
        yield _association(rows, labels, exposed, unexposed, ONE if len(arms) < 2 else arm)


def _association(
    rows: Rows, labels: list[str], exposed: np.ndarray, unexposed: np.ndarray, term: str
) -> Found | Absent:
    used = exposed | unexposed
    counts = Counts(
        n=int(used.sum()),
        n_clusters=clusters_among(rows, used),
        n_campaign_after=int(exposed.sum()),
        n_comparison_after=int(unexposed.sum()),
        clusters_campaign=clusters_among(rows, exposed),
        clusters_comparison=clusters_among(rows, unexposed),
        dropped=rows.dropped + rows.n - int(used.sum()),
        causes=(*rows.causes, *causes({"@other_arm": rows.n - int(used.sum())})),
    )
    missing = _who_is_missing(counts)
    if missing is not None:
        return Absent(term=term, code=missing, values={}, counts=counts)
    cluster = None if rows.cluster is None else np.unique(rows.cluster[used], return_inverse=True)[1]
    outcome = rows.outcome[used]
    try:
        found = compare_exposed(
            outcome, exposed[used].astype(float), _design(rows, labels, used), rows.weight[used], cluster
        )
    except CannotCompare as reason:
        return Absent(term=term, code=reason.code, values={}, counts=counts)
    return Found(
        term=term,
        estimate=found.estimate,
        variance=found.variance,
        counts=counts,
        mean_comparison_after=found.mean_unexposed,
        notes=(*_notes(found, rows), _explained_by(found, outcome, rows.specification.confidence)),
    )


def _who_is_missing(counts: Counts) -> str | None:
    if not counts.n:
        return "no_rows"
    if not counts.n_campaign_after:
        return "no_campaign_after"
    if not counts.n_comparison_after:
        return "no_comparison_after"
    return "one_cluster_in_all" if counts.n_clusters == 1 else None


def _design(rows: Rows, labels: list[str], used: np.ndarray) -> Floats:
    """The constant, the numeric covariates around their means, and the categories but the first."""
    columns = [np.ones(int(used.sum()))]
    for name in rows.specification.covariates:
        values = rows.numbers[name][used]
        spread = float(values.std())
        columns.append((values - values.mean()) / (spread if spread > 0 else 1.0))
    for name in labels:
        codes = rows.codes[name][used]
        columns.extend((codes == code).astype(float) for code in np.unique(codes)[1:])
    return np.column_stack(columns)


def _notes(found: Comparison, rows: Rows) -> Iterator[Note]:
    yield Note(code="association_not_effect")
    if not (
        rows.specification.covariates or rows.specification.categorical or rows.specification.fixed_effects
    ):
        yield Note(code="nothing_adjusted_for")
    if found.outside_overlap > OUTSIDE:
        values = {
            "share": f"{found.outside_overlap:.0%}",
            "low": f"{OVERLAP[0]:g}",
            "high": f"{OVERLAP[1]:g}",
        }
        yield Note(code="poor_overlap", values=values)
    if found.largest_difference > ALIKE:
        yield Note(code="groups_not_alike", values={"difference": f"{found.largest_difference:.2f}"})


def _explained_by(found: Comparison, outcome: Floats, confidence: float) -> Note:
    """How strong an unmeasured cause would have to be; of the estimate, and of the nearer end of its interval."""
    tested = interval(found.estimate, found.variance**0.5, math.inf, confidence)
    low, high = tested.low, tested.high
    nearest = 0.0 if low <= 0 <= high else (low if low > 0 else high)
    values = {
        "estimate": f"{e_value(risk_ratio(found, outcome, found.estimate)):.2f}",
        "interval": f"{e_value(risk_ratio(found, outcome, nearest)):.2f}",
    }
    return Note(code="e_value", values=values)
