"""What may be said over the sites of a role, and of one role beside another."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import cast

import numpy as np
from scipy import stats

from campaigns import multiplicity
from campaigns.campaign import Campaign, Role, Tier
from campaigns.effects import (
    Contrast,
    Effect,
    EffectEstimate,
    Note,
    NotEstimable,
    PooledEffect,
    RolePool,
    is_weak,
    verdict_of,
)
from campaigns.pooling import SMALLEST_AVERAGE, SMALLEST_RANDOM_EFFECTS, Method, average_sites, pool_effects


MAIN_TERMS = ("effect", "simple_overall", "dose")  # the one number of a design that gives several
SUPPRESSED = "suppressed_small"
NOT_ASKED_ALIKE = (
    "asked_differently",
    "other_than_at_first_site",
)  # caveats of effects that no average may hold


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gathered:
    """The effects of one outcome that may be averaged together, and why the others may not."""

    estimates: Mapping[str, EffectEstimate]  # site -> effect, in the order of the campaign file
    left_out: Mapping[str, Note]


def pools_of(effects: Sequence[Effect], campaign: Campaign) -> tuple[RolePool, ...]:
    """The averages of every outcome by role, their p-values adjusted within families."""
    pools = [pool for outcome in campaign.outcomes for pool in pool_by_role(effects, campaign, outcome.id)]
    return _pools_adjusted(pools, campaign)


def pool_by_role(effects: Sequence[Effect], campaign: Campaign, outcome: str) -> tuple[RolePool, ...]:
    """The averages of one outcome: one for each role of the campaign, then one over all sites (role None).

    Only estimates of one estimand are averaged; a change is never averaged with an effect. Sites count equally, as
    declared in advance, from two sites up; random effects stand beside from five sites up, or where the plan
    named a method beforehand.
    """
    gathered = _gather(effects, campaign, outcome)
    roles: list[str | None] = [*_roles(campaign), None] if campaign.analysis.pool_by == "role" else [None]
    return tuple(_pool(gathered, campaign, outcome, role) for role in roles)


def contrast_roles(effects: Sequence[Effect], campaign: Campaign, outcome: str) -> tuple[Contrast, ...]:
    """The differences between the roles' averages of one outcome, with Holm over them.

    A single site stands for its role, and the contrast then says that it compares campaigns, not roles. Changes are
    not contrasted: what happened anyway differs between countries.
    """
    gathered = _gather(effects, campaign, outcome)
    if any(e.subject.estimand == "change" for e in gathered.estimates.values()):
        return ()
    averages = {}
    for role in _roles(campaign):
        chosen = _of_role(gathered.estimates, campaign, role)
        if chosen:
            averages[role] = _average(list(chosen.values()), campaign.analysis.confidence)
    pairs = list(combinations(averages, 2)) if campaign.analysis.pool_by == "role" else []
    plain = [
        _contrast(outcome, first, second, averages, campaign.analysis.confidence) for first, second in pairs
    ]
    corrected = multiplicity.adjusted([contrast.p_value for contrast in plain], "holm")
    return tuple(_adjusted(contrast, cast("float", p)) for contrast, p in zip(plain, corrected, strict=True))


def main_effect(effects: Sequence[Effect]) -> Effect | None:
    """The one number among a site's terms that stands for the campaign; None where several arms compete."""
    terms = {effect.subject.term: effect for effect in effects}
    for term in MAIN_TERMS:
        if term in terms:
            return terms[term]
    return effects[0] if len(effects) == 1 else None


def averaged_effects(
    effects: Sequence[Effect], campaign: Campaign, outcome: str
) -> Mapping[str, EffectEstimate]:
    """The sites' effects that averages of an outcome are made of, in the order of the campaign file."""
    return _gather(effects, campaign, outcome).estimates


def _gather(effects: Sequence[Effect], campaign: Campaign, outcome: str) -> _Gathered:
    estimates: dict[str, EffectEstimate] = {}
    left_out: dict[str, Note] = {}
    for site in campaign.sites:
        here = [
            e
            for e in effects
            if e.subject.site == site.id and e.subject.outcome == outcome and e.subject.subgroup is None
        ]
        effect = main_effect(here)
        if isinstance(effect, EffectEstimate):
            estimates[site.id] = effect
        else:
            left_out[site.id] = _why_absent(effect, several=bool(here))
    for site_id, effect in list(estimates.items()):
        if any(note.code in NOT_ASKED_ALIKE for note in effect.caveats):
            left_out[site_id] = Note(code="left_out_asked_differently")
            del estimates[site_id]
    estimand = _estimand([e.subject.estimand for e in estimates.values()])
    for site_id, effect in list(estimates.items()):
        if effect.subject.estimand != estimand:
            code = "left_out_change" if effect.subject.estimand == "change" else "left_out_estimand"
            left_out[site_id] = Note(code=code)
            del estimates[site_id]
    return _Gathered(estimates=estimates, left_out=left_out)


def _why_absent(effect: Effect | None, *, several: bool) -> Note:
    if isinstance(effect, NotEstimable):
        return Note(
            code="left_out_suppressed" if effect.code.startswith("suppressed_") else "left_out_not_estimable"
        )
    return Note(code="left_out_several_arms" if several else "left_out_no_data")


def _estimand(found: Sequence[str]) -> str | None:
    """The estimand of most sites; a change only where there is nothing else."""
    ranked = Counter(estimand for estimand in found if estimand != "change").most_common(1)
    return ranked[0][0] if ranked else next(iter(found), None)


def _roles(campaign: Campaign) -> list[str]:
    present = {site.role for site in campaign.sites}
    return [role.value for role in Role if role in present]


def _of_role(
    estimates: Mapping[str, EffectEstimate], campaign: Campaign, role: str | None
) -> dict[str, EffectEstimate]:
    return {site: e for site, e in estimates.items() if role is None or campaign.site(site).role == role}


def _pool(gathered: _Gathered, campaign: Campaign, outcome: str, role: str | None) -> RolePool:
    chosen = _of_role(gathered.estimates, campaign, role)
    effects = list(chosen.values())
    analysis = campaign.analysis
    average = _average(effects, analysis.confidence) if len(effects) >= SMALLEST_AVERAGE else None
    random_effects = _random_effects(effects, campaign)
    margin = analysis.margin.get(campaign.outcome(outcome).family)
    return RolePool(
        outcome=outcome,
        role=role,
        sites=tuple(chosen),
        left_out={
            site: why
            for site, why in gathered.left_out.items()
            if role is None or campaign.site(site).role == role
        },
        average=average,
        random_effects=random_effects,
        n=sum(effect.counts.n for effect in effects),
        verdict=verdict_of(average.conf_low, average.conf_high, margin) if average else None,
        caveats=_caveats(effects, role),
    )


def _caveats(effects: Sequence[EffectEstimate], role: str | None) -> tuple[Note, ...]:
    notes = []
    if len(effects) == 1 and role is not None:
        notes.append(Note(code="one_site_in_role"))
    if SMALLEST_AVERAGE <= len(effects) < SMALLEST_RANDOM_EFFECTS:
        notes.append(Note(code="these_sites_only", values={"k": len(effects)}))
    if effects and effects[0].subject.estimand == "change":
        notes.append(Note(code="average_of_changes"))
    if any(is_weak(effect.counts) for effect in effects):
        notes.append(Note(code="weak_sites"))
    return tuple(notes)


def _average(effects: Sequence[EffectEstimate], confidence: float) -> PooledEffect:
    return average_sites(
        [e.estimate for e in effects],
        [e.std_error**2 for e in effects],
        [e.df for e in effects],
        confidence=confidence,
    )


def _random_effects(effects: Sequence[EffectEstimate], campaign: Campaign) -> PooledEffect | None:
    planned = campaign.analysis.pool_method
    if planned == "equal" or len(effects) < (SMALLEST_AVERAGE if planned else SMALLEST_RANDOM_EFFECTS):
        return None
    pooled = pool_effects(
        [e.estimate for e in effects],
        [e.std_error**2 for e in effects],
        method=cast("Method", planned or "REML"),
        confidence=campaign.analysis.confidence,
    )
    return _with_caveats(pooled)


def _with_caveats(pooled: PooledEffect) -> PooledEffect:
    return replace(pooled, caveats=objections(pooled))


def objections(pooled: PooledEffect) -> tuple[Note, ...]:
    """What the policy says against a pooled effect that was computed because it was asked for."""
    notes = []
    if pooled.k == 1:
        notes.append(Note(code="one_site_pooled"))
    elif pooled.k < SMALLEST_RANDOM_EFFECTS and pooled.method in ("REML", "DL", "PM"):
        notes.append(Note(code="few_sites_random_effects", values={"k": pooled.k}))
    if pooled.k == 2 and pooled.method in ("REML", "DL", "PM"):
        notes.append(Note(code="no_prediction_interval"))
    if pooled.method == "fixed" and pooled.k > 1:
        notes.append(Note(code="fixed_effect_pool"))
    if pooled.method == "equal" and 1 < pooled.k < SMALLEST_RANDOM_EFFECTS:
        notes.append(Note(code="these_sites_only", values={"k": pooled.k}))
    if pooled.interval == "knapp_hartung" and pooled.k > 1 and pooled.method != "equal":
        notes.append(
            Note(code="knapp_hartung_not_floored" if pooled.std_error > 0 else "knapp_hartung_no_scatter")
        )
    return tuple(notes)


def _contrast(
    outcome: str, first: str, second: str, averages: Mapping[str, PooledEffect], confidence: float
) -> Contrast:
    one, other = averages[first], averages[second]
    parts = np.array([one.std_error**2, other.std_error**2])
    lost = float((parts**2 / np.array([one.df, other.df])).sum())
    df = float(parts.sum() ** 2 / lost) if lost > 0 else float("inf")
    std_error, estimate = float(np.sqrt(parts.sum())), one.estimate - other.estimate
    reach = float(stats.t.ppf(1 - (1 - confidence) / 2, df)) * std_error
    p_value = float(2 * stats.t.sf(abs(estimate) / std_error, df)) if std_error > 0 else float(estimate == 0)
    alone = one.k == 1 or other.k == 1
    return Contrast(
        outcome=outcome,
        first=first,
        second=second,
        estimate=estimate,
        std_error=std_error,
        df=df,
        p_value=p_value,
        p_adjusted=p_value,
        conf_low=estimate - reach,
        conf_high=estimate + reach,
        caveats=(Note(code="campaigns_not_roles" if alone else "these_sites_only_contrast"),),
    )


def _adjusted(contrast: Contrast, p_adjusted: float) -> Contrast:
    return replace(contrast, p_adjusted=p_adjusted)


def _pools_adjusted(pools: Sequence[RolePool], campaign: Campaign) -> tuple[RolePool, ...]:
    """Averages with their p-values adjusted among the outcomes of a family, role by role."""
    result = list(pools)
    groups: dict[tuple[str | None, str, bool], list[int]] = {}
    for place, pool in enumerate(pools):
        if pool.average is not None:
            outcome = campaign.outcome(pool.outcome)
            key = (pool.role, outcome.family, outcome.tier is Tier.EXPLORATORY)
            groups.setdefault(key, []).append(place)
    for (_, _, exploratory), places in groups.items():
        planned = multiplicity.by_formula(campaign.analysis.multiplicity)
        method: multiplicity.Method = "sharpened_q" if exploratory else planned
        p_values = [cast("PooledEffect", pools[place].average).p_value for place in places]
        for place, p in zip(places, multiplicity.adjusted(p_values, method), strict=True):
            result[place] = replace(pools[place], p_adjusted=p)
    return tuple(result)
