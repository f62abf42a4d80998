"""What a replication must come to: every effect with how it was estimated, every average with what it is made of."""

from collections.abc import Mapping, Sequence

import pandas as pd

from campaigns import multiplicity
from campaigns.campaign import Campaign, Tier
from campaigns.designs import DESIGNS
from campaigns.effects import Effect, EffectEstimate, Evaluation, PooledEffect
from campaigns.estimation import ONLY_ARM
from campaigns.extract import GROUP_OF, Extract, in_terms_of
from campaigns.plan import Plan
from campaigns.plan_multiplicity import STEP_DOWN
from campaigns.roles import averaged_effects
from campaigns.specification import Specification


NUMBERS = ("estimate", "std_error", "df", "statistic", "p_value", "p_adjusted", "conf_low", "conf_high")
FAMILY = ("family", "adjusted_by")


def expected_effects(effects: Sequence[Effect], extract: Extract) -> pd.DataFrame:
    """One row an effect: id, whom it is of, how it is estimated, and the numbers at full precision."""
    told = {site: one for one in extract.specifications for site in one.sites}
    rows = []
    for place, effect in enumerate(effects, start=1):
        specification = told.get(effect.subject.site or "") or extract.specifications[0]
        rows.append({"id": f"E{place:04d}", **_about(effect, specification, extract), **_numbers(effect)})
    return pd.DataFrame(rows, dtype=object)


def _about(effect: Effect, specification: Specification, extract: Extract) -> dict[str, object]:
    subject, design = effect.subject, DESIGNS[specification.design]
    here = in_terms_of(extract, specification)
    variable, _, value = (subject.subgroup or "").partition("=")
    if variable in specification.covariates:
        variable = GROUP_OF + variable
    variable = extract.renamed.get(variable, variable)
    arms = specification.arms or _arms(extract, specification)
    term = extract.told("arm", subject.term)
    arm = term if term in arms else arms[0]
    estimated = effect if isinstance(effect, EffectEstimate) else None
    return {
        "outcome": extract.renamed.get(subject.outcome, subject.outcome),
        "site": _site(effect, extract),
        "subgroup_variable": variable,
        "subgroup_value": extract.told(variable, value),
        "term": term,
        "arm": arm,
        "arms": "|".join((arm,) if design.each_arm_alone else arms),
        "references": "|".join(specification.comparison) if specification.design == "event_study" else "",
        "design": specification.design,
        "estimand": subject.estimand,
        "needs": "|".join(design.needs),
        "model": specification.model,
        "standard_errors": estimated.standard_errors if estimated else specification.standard_errors,
        "p_method": estimated.p_method if estimated else specification.p_value,
        "confidence": specification.confidence,
        "draws": specification.draws,
        "seed": specification.seed,
        "bootstrap_weights": specification.bootstrap_weights,
        "lonely_units": specification.lonely_units,
        "comparison_group": specification.comparison_group,
        "covariates": "|".join(here.covariates),
        "adjustment": specification.adjustment,
        "indicators": "|".join(dict.fromkeys((*here.fixed_effects, *here.categorical))),
        "interacted": "|".join(here.categorical),
        "clusters": "|".join(_clusters(effect, specification, extract)),
    }


def _site(effect: Effect, extract: Extract) -> str | None:
    return None if effect.subject.site is None else extract.told("site", effect.subject.site)


def _arms(extract: Extract, specification: Specification) -> tuple[str, ...]:
    if "arm" not in extract.rows:
        return (ONLY_ARM,)
    found = sorted(set(extract.rows["arm"]) - {"", "comparison", *specification.comparison})
    return tuple(found) or (ONLY_ARM,)


def _clusters(effect: Effect, specification: Specification, extract: Extract) -> list[str]:
    """The columns of clusters whose rows add up in the variance."""
    rows, design = extract.rows, DESIGNS[specification.design]
    if effect.subject.site is not None and "site" in rows:
        rows = rows[rows["site"] == _site(effect, extract)]
    there = [part for part in ("cluster", "cluster2") if part in rows and (rows[part] != "").any()]
    clustered = specification.clustered or specification.p_value == "wild_cluster_bootstrap"
    if design.by_rows or specification.standard_errors == "linearised":
        return there[:1]
    return there if clustered else []


def _numbers(effect: Effect) -> dict[str, object]:
    counts = effect.counts
    sizes = {"n": counts.n, "n_clusters": counts.n_clusters} if counts else {"n": None, "n_clusters": None}
    if isinstance(effect, EffectEstimate):
        return {**sizes, **{name: getattr(effect, name) for name in NUMBERS}, "not_estimable": None}
    return {**sizes, **dict.fromkeys(NUMBERS), "not_estimable": effect.code}


def families_of_campaign(evaluation: Evaluation, exact: Evaluation) -> list[tuple[str, str]]:
    """Of each effect the family it was adjusted in and by which method; blank where a member of it is withheld."""
    campaign = evaluation.campaign
    keys = [_family(effect, campaign) for effect in evaluation.effects]
    whole = {
        key: all(
            isinstance(kept, EffectEstimate)
            for own, kept, made in zip(keys, evaluation.effects, exact.effects, strict=True)
            if own == key and isinstance(made, EffectEstimate)
        )
        for key in set(keys)
    }
    return [(key, _method(key, campaign)) if key and whole[key] else ("", "") for key in keys]


def _family(effect: Effect, campaign: Campaign) -> str:
    if effect.subject.subgroup is not None:
        return ""
    outcome = campaign.outcome(effect.subject.outcome)
    kind = "exploratory" if outcome.tier is Tier.EXPLORATORY else "planned"
    return f"{effect.subject.site or ''}/{outcome.family}/{kind}"


def _method(family: str, campaign: Campaign) -> str:
    if family.endswith("exploratory"):
        return "sharpened_q"
    planned = campaign.analysis.multiplicity
    return planned if planned in STEP_DOWN else multiplicity.by_formula(planned)


def families_of_plan(expected: pd.DataFrame, effects: Sequence[Effect], plan: Plan) -> list[tuple[str, str]]:
    """Of each effect of a plan on one file the family, in the terms of the rows, and the method."""
    if plan.multiplicity is None:
        return [("", "")] * len(effects)
    method = (
        plan.multiplicity if plan.multiplicity in STEP_DOWN else multiplicity.by_formula(plan.multiplicity)
    )
    family = {outcome.id: outcome.family for outcome in plan.outcomes}
    where = (
        expected[["site", "subgroup_variable", "subgroup_value"]]
        .fillna("")
        .itertuples(index=False, name=None)
    )
    return [
        ("/".join([*map(str, place), family[effect.subject.outcome]]), method)
        for place, effect in zip(where, effects, strict=True)
    ]


def expected_averages(evaluation: Evaluation, effects: pd.DataFrame) -> pd.DataFrame:
    """One row an average over sites: the effects it is made of and the numbers at full precision."""
    campaign = evaluation.campaign
    ids = {id(effect): name for effect, name in zip(evaluation.effects, effects["id"], strict=True)}
    rows = []
    for pool in evaluation.pools:
        members = averaged_effects(evaluation.effects, campaign, pool.outcome)
        names = [ids[id(members[site])] for site in pool.sites]
        for pooled in (pool.average, pool.random_effects):
            if isinstance(pooled, PooledEffect):
                own = {
                    name: getattr(pooled, name)
                    for name in (*NUMBERS[:3], "p_value", "conf_low", "conf_high", "tau2")
                }
                about = {"outcome": pool.outcome, "role": pool.role, "method": pooled.method}
                rows.append(
                    {**about, "effects": "|".join(names), "confidence": campaign.analysis.confidence, **own}
                )
    return _with_ids(rows, AVERAGE_COLUMNS, "A")


AVERAGE_COLUMNS = (
    "outcome", "role", "method", "effects", "confidence", "estimate", "std_error", "df", "p_value", "conf_low",
    "conf_high", "tau2",
)  # fmt: skip


def expected_contrasts(evaluation: Evaluation, effects: pd.DataFrame) -> pd.DataFrame:
    """One row a difference between two roles: the effects on either side and the numbers at full precision."""
    campaign = evaluation.campaign
    ids = {id(effect): name for effect, name in zip(evaluation.effects, effects["id"], strict=True)}
    rows = []
    for contrast in evaluation.contrasts:
        members = averaged_effects(evaluation.effects, campaign, contrast.outcome)
        sides = {
            side: "|".join(
                ids[id(e)] for site, e in members.items() if campaign.site(site).role.value == role
            )
            for side, role in (("first_effects", contrast.first), ("second_effects", contrast.second))
        }
        own = {name: getattr(contrast, name) for name in (*NUMBERS[:3], *NUMBERS[4:])}
        about = {"outcome": contrast.outcome, "first": contrast.first, "second": contrast.second}
        rows.append({**about, **sides, "confidence": campaign.analysis.confidence, **own})
    return _with_ids(rows, CONTRAST_COLUMNS, "C")


CONTRAST_COLUMNS = (
    "outcome", "first", "second", "first_effects", "second_effects", "confidence", "estimate", "std_error", "df",
    "p_value", "p_adjusted", "conf_low", "conf_high",
)  # fmt: skip


def _with_ids(rows: Sequence[Mapping[str, object]], columns: Sequence[str], letter: str) -> pd.DataFrame:
    found = pd.DataFrame(rows, columns=list(columns), dtype=object)
    found.insert(0, "id", [f"{letter}{place:04d}" for place in range(1, len(rows) + 1)])
    return found
