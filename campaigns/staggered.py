"""Rows become a panel or repeated cross-sections, and the effects by cohort and period come out of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np

from campaigns.designs.staggered import DESIGN
from campaigns.dropped_rows import causes
from campaigns.effects import Counts, Effect, Note, Subject
from campaigns.group_time import (
    FEWEST_OF_A_COHORT,
    NEVER,
    Panel,
    Term,
    group_time_effects,
    starts_of,
    variance_of,
)
from campaigns.rows import Absent, Found, Rows, effect_of, slices
from campaigns.sample import Integers
from campaigns.specification import Specification
from surveys.problems import CannotProceed


def staggered_effects(table: ir.Table, specification: Specification) -> list[Effect]:
    """Effects by cohort and period and their averages, of every outcome, site and subgroup.

    Parameters
    ----------
    table
        One row an interview or a unit in a period: the outcomes, ``@period``, ``@first_treated`` (blank or nil:
        never), and of ``@respondent`` (then a panel, of the units seen in every period), ``@cluster``,
        ``@weight`` and ``@site`` those that there are.

    Raises
    ------
    CannotProceed
        The plan asks for covariates or fixed effects, or a unit stands twice in a period or starts twice.
    """
    _refuse_what_has_no_part(specification)
    labels = ["@respondent"] if "@respondent" in table.columns else []
    subject = Subject(outcome="", design=DESIGN.name, estimand=DESIGN.estimand)
    found = slices(
        table, specification, numbers=["@period", "@first_treated"], labels=labels, subject=subject
    )
    return [effect_of(rows, one) for rows in found for one in _effects(rows)]


def _effects(rows: Rows) -> Iterator[Found | Absent]:
    if not rows.n:
        yield _absent(rows, "no_rows")
        return
    arranged = _panel(rows) if "@respondent" in rows.codes else _cross_sections(rows)
    terms = (
        [] if arranged is None else group_time_effects(arranged.panel, rows.specification.comparison_group)
    )
    if arranged is None or not terms:
        yield _absent(rows, "nobody_to_compare_with")
        return
    fewest = {cohort: arranged.clusters_of(cohort) for term in terms for cohort in term.cohorts}
    for term in terms:
        yield _found(rows, arranged, term, fewest)


ROUNDING = 1e-9  # of the largest influence: a unit that only cancels out


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arranged:
    """A panel, the cluster of each of its rows, and how many rows of the data are not in it."""

    panel: Panel
    cluster: Integers | None
    left_out: int

    def clusters_of(self, cohort: float) -> int:
        """Clusters of a cohort; units where there are no clusters."""
        members = self.panel.cohort == cohort
        return int(members.sum()) if self.cluster is None else len(np.unique(self.cluster[members]))


def _found(rows: Rows, arranged: _Arranged, term: Term, fewest: dict[float, int]) -> Found | Absent:
    used = np.abs(term.influence) > ROUNDING * np.abs(term.influence).max()
    compared = term.campaign_before + term.campaign_after + term.comparison_before + term.comparison_after
    counts = Counts(
        n=compared or int(np.isfinite(arranged.panel.outcomes).sum()),
        n_clusters=None if arranged.cluster is None else len(np.unique(arranged.cluster[used])),
        n_campaign_before=term.campaign_before or None,
        n_campaign_after=term.campaign_after or None,
        n_comparison_before=term.comparison_before or None,
        n_comparison_after=term.comparison_after or None,
        dropped=rows.dropped + arranged.left_out,
        causes=(*rows.causes, *causes({"@panel": arranged.left_out})),
    )
    small = {cohort: fewest[cohort] for cohort in term.cohorts if fewest[cohort] < FEWEST_OF_A_COHORT}
    if small and len(small) == len(term.cohorts):
        values = {"clusters": max(small.values()), "limit": FEWEST_OF_A_COHORT}
        return Absent(term=term.term, code="cohort_too_small", values=values, counts=counts)
    notes = [Note(code="before_the_start")] if term.before_start else []
    if small:
        names = ", ".join(f"{cohort:g}" for cohort in small)
        notes.append(Note(code="small_cohorts", values={"cohorts": names, "limit": FEWEST_OF_A_COHORT}))
    return Found(
        term=term.term,
        estimate=term.estimate,
        variance=variance_of(term.influence, arranged.cluster),
        counts=counts,
        mean_comparison_after=term.mean_comparison_after,
        notes=tuple(notes),
    )


def _panel(rows: Rows) -> _Arranged | None:
    """Units by periods; units that miss a period are left out, as R did."""
    period, unit = rows.numbers["@period"], rows.codes["@respondent"]
    periods, place = np.unique(period, return_inverse=True)
    units = len(rows.labels["@respondent"])
    times = np.bincount(unit * len(periods) + place, minlength=units * len(periods))
    if (times > 1).any():
        raise CannotProceed(
            "columns.respondent",
            "a respondent stands more than once in a period.",
            "Name the column that tells respondents apart, or leave respondent out for repeated cross-sections.",
        )
    outcomes = np.full((units, len(periods)), np.nan)
    outcomes[unit, place] = rows.outcome
    cohort = starts_of(rows.numbers["@first_treated"], periods)
    whole = np.isfinite(outcomes).all(axis=1)
    first = _constant(
        cohort, unit, units, "columns.first_treated", "a respondent starts at two different times."
    )
    cluster = None
    if rows.cluster is not None:
        cluster = _constant(
            rows.cluster.astype(float), unit, units, "columns.cluster", "a respondent lies in two clusters."
        )[whole]
        cluster = np.unique(cluster, return_inverse=True)[1]
    if len(periods) < 2 or not whole.any():
        return None
    at_first = place == 0
    weight = np.zeros(units)
    weight[unit[at_first]] = rows.weight[at_first]
    panel = Panel(
        outcomes=outcomes[whole], periods=periods, cohort=first[whole], weight=weight[whole], repeated=True
    )
    return _without_first(panel, cluster, rows.n)


def _cross_sections(rows: Rows) -> _Arranged | None:
    period = rows.numbers["@period"]
    periods, place = np.unique(period, return_inverse=True)
    if len(periods) < 2:
        return None
    outcomes = np.full((rows.n, len(periods)), np.nan)
    outcomes[np.arange(rows.n), place] = rows.outcome
    panel = Panel(
        outcomes=outcomes,
        periods=periods,
        cohort=starts_of(rows.numbers["@first_treated"], periods),
        weight=rows.weight,
        repeated=False,
    )
    return _without_first(panel, rows.cluster, rows.n)


def _without_first(panel: Panel, cluster: Integers | None, rows: int) -> _Arranged | None:
    """The panel without units that were treated from the first period on: nothing is known of them before."""
    kept = (panel.cohort == NEVER) | (panel.cohort > panel.periods[0])
    if not kept.any():
        return None
    left = Panel(
        outcomes=panel.outcomes[kept],
        periods=panel.periods,
        cohort=panel.cohort[kept],
        weight=panel.weight[kept],
        repeated=panel.repeated,
    )
    used = int(np.isfinite(left.outcomes).sum())
    codes = None if cluster is None else np.unique(cluster[kept], return_inverse=True)[1].astype(np.int64)
    return _Arranged(panel=left, cluster=codes, left_out=rows - used)


def _constant(values: np.ndarray, unit: Integers, units: int, where: str, what: str) -> np.ndarray:
    """One value for each unit, which must not change."""
    found = np.full(units, np.nan)
    found[unit] = values
    if (found[unit] != values).any():
        raise CannotProceed(where, what, "Correct the data, or leave the respondent out with where.")
    return found


def _absent(rows: Rows, code: str) -> Absent:
    return Absent(
        term="simple_overall",
        code=code,
        values={},
        counts=Counts(n=rows.n, dropped=rows.dropped, causes=rows.causes),
    )


def _refuse_what_has_no_part(specification: Specification) -> None:
    for key in ("covariates", "categorical", "fixed_effects"):
        if getattr(specification, key):
            raise CannotProceed(
                f"analysis.{key}",
                "staggered compares mean changes of cohorts and takes no covariates.",
                "Leave the key out, or take design: difference_in_differences.",
            )
