"""One table and one specification become effects, or the reasons why there are none."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import ibis
import ibis.expr.types as ir
import numpy as np

from campaigns.caveats import with_caveats, with_drops
from campaigns.cells import Cells, compress
from campaigns.cluster_inspection import ClusterInspection, inspect_clusters
from campaigns.designs import DESIGNS, Design
from campaigns.effects import Effect, EffectEstimate, Subject
from campaigns.event_study import with_events, with_pre_trend
from campaigns.exposure import exposure_effects
from campaigns.families import Answered, adjusted_in_steps
from campaigns.linking_waves import linked
from campaigns.question import Chosen, Question
from campaigns.regression import Answers
from campaigns.specification import WEIGHT_OF_EACH_ROW, Specification, StandardErrors
from campaigns.staggered import staggered_effects
from surveys.problems import CannotProceed


__all__ = ["Specification", "estimate", "estimate_with_each", "inspect"]

T = TypeVar("T")

ONLY_ARM = "campaign"  # where the table does not tell arms apart


def estimate(table: ir.Table, specification: Specification) -> list[Effect]:
    """Effects of every outcome at every site, in all and by subgroup.

    Parameters
    ----------
    table
        One row an interview: the outcomes (numbers; null where there is none), the covariates, and those of
        ``@site, @wave, @arm, @cluster, @cluster2, @stratum, @weight, @respondent, @baseline, @fpc, @block, @unit`` that
        there are.
    specification
        The design and how it is to be estimated.

    Returns
    -------
    list
        In the order outcome, site, subgroup (none first), arm. The results do not depend on the order of rows.
    """
    design = _offered(specification)
    if design.by_rows:
        found = BY_ROWS[design.name](table, specification)
    else:
        found = adjusted_in_steps(_each(table, specification, design, _answered), specification)
    return [with_caveats(e, specification) if isinstance(e, EffectEstimate) else with_drops(e) for e in found]


def estimate_with_each(
    table: ir.Table, specification: Specification, kinds: Sequence[StandardErrors]
) -> dict[StandardErrors, list[Effect]]:
    """The effects of ``estimate`` with several standard errors of one fit; of designs made from cells.

    Parameters
    ----------
    kinds
        All of them cluster-robust, or none; ``linearised`` needs the sample's design and has a fit of its own.
    """
    first = replace(specification, standard_errors=kinds[0])

    def each_kind(answers: Answers, subjects: Mapping[str, Subject]) -> list[dict[StandardErrors, Effect]]:
        told = {kind: answers.with_standard_errors(kind) for kind in kinds}
        return [
            {kind: one.effect(arm, subject) for kind, one in told.items()}
            for arm, subject in subjects.items()
        ]

    found = _each(table, first, _offered(first), each_kind)
    return {kind: [effects[kind] for effects in found] for kind in kinds}


def inspect(table: ir.Table, specification: Specification) -> list[ClusterInspection]:
    """The clusters behind every effect of ``estimate``, in its order; none for designs made from rows."""
    design = _offered(specification)
    if design.by_rows:
        return []
    plain = replace(specification, standard_errors="CR0", p_value="t", second_opinion=True, step_down=None)
    return _each(table, plain, design, _inspections)


def _answered(answers: Answers, subjects: Mapping[str, Subject]) -> list[Answered]:
    found = [answers.effect(arm, subject) for arm, subject in subjects.items()]
    if answers.question.design.name == "event_study":
        found = with_pre_trend(found, answers)
    return [Answered(effect=e, answers=answers, arm=arm) for arm, e in zip(subjects, found, strict=True)]


def _inspections(answers: Answers, subjects: Mapping[str, Subject]) -> list[ClusterInspection]:
    return [inspect_clusters(answers, arm, subject) for arm, subject in subjects.items()]


def _each(
    table: ir.Table,
    specification: Specification,
    design: Design,
    answer: Callable[[Answers, Mapping[str, Subject]], list[T]],
) -> list[T]:
    """What ``answer`` makes of every regression and its arms, in the order outcome, site, subgroup, arm."""
    if design.name == "event_study":
        table, specification = with_events(table, specification)
    table, weighted = _with_weights(table)
    by_outcome: dict[str, list[T]] = {}
    for outcomes, scanned, baseline in _prepared(table, specification, design):
        prepared = _with_units(scanned, specification, design)
        keys = _keys(prepared, specification, baseline)
        if _answers_in_key(prepared, specification):
            keys += outcomes
        cells = compress(
            prepared,
            outcomes=outcomes,
            by=keys,
            weight="@weight" if weighted else None,
            squares=not specification.clustered or specification.model != "linear",
            from_zero=specification.model != "linear",
        )
        analysis = _Analysis(
            sites=_by_site(cells, specification),
            arms=_arms(cells, specification),
            specification=specification,
            design=design,
            baseline=baseline,
        )
        for outcome in outcomes:
            asked = analysis.asked(outcome)
            by_outcome[outcome] = [each for answers, subjects in asked for each in answer(answers, subjects)]
    return [each for outcome in specification.outcomes for each in by_outcome[outcome]]


BY_ROWS: Mapping[str, Callable[[ir.Table, Specification], list[Effect]]] = {
    "staggered": staggered_effects,
    "exposure": exposure_effects,
}


def _offered(specification: Specification) -> Design:
    """The design, if it is one that can be estimated."""
    if specification.design not in DESIGNS:
        raise CannotProceed(
            "analysis.design",
            f"{specification.design} is not offered yet.",
            f"Use one of: {', '.join(DESIGNS)}.",
        )
    return DESIGNS[specification.design]


def _with_weights(table: ir.Table) -> tuple[ir.Table, bool]:
    """The table with weights as numbers, and whether it has any. A row without one is left out, and counted."""
    if "@weight" not in table.columns:
        return table, False
    return table.mutate(**{"@weight": table["@weight"].try_cast("float64")}), True


def _with_units(table: ir.Table, specification: Specification, design: Design) -> ir.Table:
    """The table with the persons that tests adjusted together draw, where it names no clusters.

    A row without a respondent is a person by itself; its number depends on what it holds, not on where it stands.
    """
    dealt_over_waves = specification.deals_out and any(name.endswith("before") for name in design.groups)
    named = {"@cluster", "@unit"} & set(table.columns)
    if specification.step_down is None or named or (dealt_over_waves and "@respondent" not in table.columns):
        return table
    order = [table[name] for name in sorted(table.columns) if name != "@row"]
    unit = ibis.literal("row ") + ibis.row_number().over(ibis.window(order_by=order)).cast("string")
    if "@respondent" in table.columns:
        unit = table["@respondent"].cast("string").fill_null(unit)
    return table.mutate(**{"@unit": unit})


def _prepared(
    table: ir.Table, specification: Specification, design: Design
) -> Iterator[tuple[tuple[str, ...], ir.Table, str | None]]:
    """The outcomes that can share one scan, the table to scan, and the column of the outcome before."""
    if "baseline" not in design.needs:
        for outcomes in _scanned_together(table, specification):
            yield outcomes, table, None
        return
    if "@baseline" in table.columns:
        before = dict.fromkeys(specification.outcomes, "@baseline")
    else:
        table = linked(table, specification.outcomes, before=specification.before, after=specification.after)
        before = {outcome: f"@before {outcome}" for outcome in specification.outcomes}
    if design.differences:
        changes = {
            outcome: table[outcome].cast("float64") - table[before[outcome]].cast("float64")
            for outcome in specification.outcomes
        }
        for outcomes in _scanned_together(table, specification):
            yield outcomes, table.mutate(**changes), None
        return
    for outcome in specification.outcomes:
        yield (outcome,), table, before[outcome]


def _scanned_together(table: ir.Table, specification: Specification) -> list[tuple[str, ...]]:
    if _answers_in_key(table, specification):
        return [(outcome,) for outcome in specification.outcomes]
    return [specification.outcomes]


def _answers_in_key(table: ir.Table, specification: Specification) -> bool:
    """Whether cells must hold one answer: likelihoods need its value; people dealt out one by one are told apart by it."""
    units = {"@cluster", "@unit"} & set(table.columns)
    return specification.model != "linear" or (specification.p_value == "randomisation" and not units)


def _keys(table: ir.Table, specification: Specification, baseline: str | None) -> list[str]:
    parts = ["@site", "@wave", "@arm", "@cluster", "@cluster2"]
    if specification.standard_errors == "linearised":
        parts += ["@stratum", "@fpc"]
    if specification.may_deal_out:
        parts.append("@block")
    if specification.p_value == "randomisation" or specification.step_down is not None:
        parts.append("@unit")
    if specification.p_value == "randomisation":
        parts += ["@weight"] if "@cluster" not in table.columns and "@unit" not in table.columns else []
    if specification.standard_errors in WEIGHT_OF_EACH_ROW:
        parts.append("@weight")
    parts += [f"@{part}" for part in DESIGNS[specification.design].needs if part in ("received", "dose")]
    named = [
        *(part for part in parts if part in table.columns),
        *specification.covariates,
        *specification.categorical,
        *specification.fixed_effects,
        *specification.subgroups,
    ]
    return list(dict.fromkeys([*named, *([baseline] if baseline else [])]))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Analysis:
    """The cells of one scan and everything asked of them."""

    sites: Mapping[str | None, Cells]
    arms: tuple[str, ...]
    specification: Specification
    design: Design
    baseline: str | None

    def asked(self, outcome: str) -> Iterator[tuple[Answers, dict[str, Subject]]]:
        for site, cells in self.sites.items():
            yield from self._asked_of(outcome, site, None, cells, np.ones(len(cells.rows), dtype=bool))
            for name in self.specification.subgroups:
                key = cells.keys[name]
                for code, text in enumerate(key.labels()):
                    level = key.codes == code
                    if level.any():
                        yield from self._asked_of(outcome, site, f"{name}={text}", cells, level)

    def _asked_of(
        self, outcome: str, site: str | None, subgroup: str | None, cells: Cells, chosen: Chosen
    ) -> Iterator[tuple[Answers, dict[str, Subject]]]:
        for together in [(arm,) for arm in self.arms] if self.design.each_arm_alone else [self.arms]:
            answers = Answers(
                Question(
                    cells=cells,
                    specification=self.specification,
                    design=self.design,
                    outcome=outcome,
                    arms=together,
                    chosen=chosen,
                    baseline=self.baseline,
                )
            )
            yield (
                answers,
                {
                    arm: Subject(
                        outcome=outcome,
                        site=site,
                        role=self.specification.roles.get(site) if site is not None else None,
                        subgroup=subgroup,
                        design=self.design.name,
                        estimand=self.design.estimand,
                        term="effect" if len(self.arms) == 1 and not self.design.named_terms else arm,
                    )
                    for arm in together
                },
            )


def _by_site(cells: Cells, specification: Specification) -> dict[str | None, Cells]:
    """The cells of each site, in the order declared, then as found; of the whole where there are no sites."""
    found = cells.keys["@site"].labels() if "@site" in cells.keys else ()
    declared = specification.sites or tuple(specification.roles)
    if not (found or declared):
        return {None: cells}
    names = [*declared, *(site for site in found if site not in declared)]
    return {site: cells.part(cells.keys["@site"].among([site])) for site in names}


def _arms(cells: Cells, specification: Specification) -> tuple[str, ...]:
    if specification.arms or "@arm" not in cells.keys:
        return specification.arms or (ONLY_ARM,)
    found = cells.keys["@arm"].labels()
    return tuple(arm for arm in found if arm not in specification.comparison) or (ONLY_ARM,)
