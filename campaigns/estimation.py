"""One table and one specification become effects, or the reasons why there are none."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

import ibis
import ibis.expr.types as ir
import numpy as np

from campaigns.caveats import with_caveats
from campaigns.cells import Cells, compress
from campaigns.designs import DESIGNS, Design
from campaigns.effects import Effect, EffectEstimate, Subject
from campaigns.inference import WEIGHT_OF_EACH_ROW
from campaigns.linking_waves import linked
from campaigns.regression import Answers, Chosen, Question
from campaigns.specification import PValue, Specification
from surveys.problems import CannotProceed


__all__ = ["Specification", "estimate"]


def estimate(table: ir.Table, specification: Specification) -> list[Effect]:
    """Effects of every outcome at every site, in all and by subgroup.

    Parameters
    ----------
    table
        One row an interview: the outcomes (numbers; null where there is none), the covariates, and those of
        ``@site, @wave, @arm, @cluster, @stratum, @weight, @respondent, @baseline, @fpc`` that there are.
    specification
        The design and how it is to be estimated.

    Returns
    -------
    list
        In the order outcome, site, subgroup (none first), arm. The results do not depend on the order of rows.
    """
    design = _offered(specification)
    table, weighted = _with_weights(table)
    found: dict[str, list[Effect]] = {}
    for outcomes, prepared, baseline in _prepared(table, specification, design):
        keys = _keys(prepared, specification, baseline)
        if weighted and specification.standard_errors in WEIGHT_OF_EACH_ROW:
            keys.append("@weight")
        cells = compress(
            prepared,
            outcomes=outcomes,
            by=keys,
            weight="@weight" if weighted else None,
            squares=not specification.clustered,
        )
        analysis = _Analysis(cells=cells, specification=specification, design=design, baseline=baseline)
        for outcome in outcomes:
            found[outcome] = list(analysis.effects(outcome))
    return [effect for outcome in specification.outcomes for effect in found[outcome]]


def _offered(specification: Specification) -> Design:
    """The design, if it is one that can be estimated."""
    if specification.design not in DESIGNS:
        raise CannotProceed(
            "analysis.design",
            f"{specification.design} is not offered yet.",
            f"Use one of: {', '.join(DESIGNS)}.",
        )
    if specification.p_value not in get_args(PValue):
        raise CannotProceed(
            "analysis.p_value",
            f"{specification.p_value} is not offered yet.",
            f"Use one of: {', '.join(get_args(PValue))}.",
        )
    return DESIGNS[specification.design]


def _with_weights(table: ir.Table) -> tuple[ir.Table, bool]:
    """The table with weights as numbers, and whether there are any. A site without weights counts each row once."""
    if "@weight" not in table.columns:
        return table, False
    weight = table["@weight"].try_cast("float64")
    sites = table["@site"] if "@site" in table.columns else ibis.literal("")
    known = table.group_by(site=sites).aggregate(known=weight.count()).to_pyarrow().to_pylist()
    if not any(row["known"] for row in known):
        return table.drop("@weight"), False
    without = [row["site"] for row in known if not row["known"]]
    if without:
        weight = sites.isin(without).ifelse(1.0, weight)
    return table.mutate(**{"@weight": weight}), True


def _prepared(
    table: ir.Table, specification: Specification, design: Design
) -> Iterator[tuple[tuple[str, ...], ir.Table, str | None]]:
    """The outcomes that can share one scan, the table to scan, and the column of the outcome before."""
    if "baseline" not in design.needs:
        yield specification.outcomes, table, None
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
        yield specification.outcomes, table.mutate(**changes), None
        return
    for outcome in specification.outcomes:
        yield (outcome,), table, before[outcome]


def _keys(table: ir.Table, specification: Specification, baseline: str | None) -> list[str]:
    parts = ["@site", "@wave", "@arm", "@cluster"]
    if specification.standard_errors == "linearised":
        parts += ["@stratum", "@fpc"]
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

    cells: Cells
    specification: Specification
    design: Design
    baseline: str | None

    def effects(self, outcome: str) -> Iterator[Effect]:
        for site in self._sites():
            here = self._among("@site", [site]) if site is not None else self._everywhere()
            yield from self._effects_among(outcome, site, None, here, here)
            for name in self.specification.subgroups:
                key = self.cells.keys[name]
                for code, text in enumerate(key.labels()):
                    level = here & (key.codes == code)
                    if level.any():
                        yield from self._effects_among(outcome, site, f"{name}={text}", level, here)

    def _effects_among(
        self, outcome: str, site: str | None, subgroup: str | None, chosen: Chosen, here: Chosen
    ) -> Iterator[Effect]:
        arms = self._arms()
        for together in [(arm,) for arm in arms] if self.design.each_arm_alone else [arms]:
            answers = Answers(
                Question(
                    cells=self.cells,
                    specification=self.specification,
                    design=self.design,
                    outcome=outcome,
                    arms=together,
                    chosen=chosen,
                    here=here,
                    baseline=self.baseline,
                )
            )
            for arm in together:
                subject = Subject(
                    outcome=outcome,
                    site=site,
                    role=self.specification.roles.get(site) if site is not None else None,
                    subgroup=subgroup,
                    design=self.design.name,
                    estimand=self.design.estimand,
                    term="effect" if len(arms) == 1 else arm,
                )
                effect = answers.effect(arm, subject)
                if isinstance(effect, EffectEstimate):
                    effect = with_caveats(effect, self.specification)
                yield effect

    def _sites(self) -> list[str | None]:
        if "@site" not in self.cells.keys:
            return [None]
        found = self.cells.keys["@site"].labels()
        declared = self.specification.sites or tuple(self.specification.roles)
        return [*declared, *(site for site in found if site not in declared)]

    def _arms(self) -> tuple[str, ...]:
        if "@arm" not in self.cells.keys:
            return ("campaign",)
        if self.specification.arms:
            return self.specification.arms
        found = self.cells.keys["@arm"].labels()
        return tuple(arm for arm in found if arm not in self.specification.comparison) or ("campaign",)

    def _everywhere(self) -> Chosen:
        return np.ones(len(self.cells.rows), dtype=bool)

    def _among(self, part: str, values: Sequence[str]) -> Chosen:
        return self.cells.keys[part].among(values) if part in self.cells.keys else self._everywhere()
