"""The method section as one function: score, estimate, adjust, pool, contrast."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import cast

from campaigns.campaign import Campaign, Site, Tier
from campaigns.claims import told_verdict
from campaigns.comparability import Asked, with_comparability
from campaigns.designs import DESIGNS
from campaigns.effects import (
    Effect,
    EffectEstimate,
    Evaluation,
    Note,
    NotEstimable,
    Subject,
)
from campaigns.effects_of_sites import KeptEffects, effects_of_sites
from campaigns.fewest_answers import with_fewest_answers
from campaigns.multiplicity import adjusted, by_formula
from campaigns.plan_multiplicity import STEP_DOWN
from campaigns.roles import contrast_roles, pools_of


def evaluate(
    campaign: Campaign,
    answers: Sequence[Path],
    *,
    as_of_upload: int | None,
    data_sha256: str,
    asked: Sequence[Asked] = (),
    kept: KeptEffects | None = None,
) -> Evaluation:
    """Everything that can be concluded about a campaign from one state of its data. Exact; see ``disclosure``.

    Parameters
    ----------
    answers
        The current answers of its sites and waves, as ``surveys.columns`` writes them: a folder a site.
    as_of_upload, data_sha256
        Which state of the data that is; kept with the result.
    asked
        The questionnaires the answers came under; what was not asked alike says so and enters no average.
    kept
        Effects of an earlier evaluation: those of sites whose answers are what they were are not made again.
    """
    effects = _complete(effects_of_sites(campaign, answers, kept), campaign)
    effects = with_fewest_answers(effects, campaign, answers)
    effects = _adjusted_within_families(effects, campaign)
    effects = with_comparability(effects, campaign, asked) if asked else effects
    outcomes = [outcome.id for outcome in campaign.outcomes]
    return Evaluation(
        campaign=campaign,
        effects=tuple(effects),
        pools=pools_of(effects, campaign),
        contrasts=tuple(contrast for o in outcomes for contrast in contrast_roles(effects, campaign, o)),
        as_of_upload=as_of_upload,
        data_sha256=data_sha256,
        made_at=datetime.now(UTC),
    )


def _complete(effects: Iterable[Effect], campaign: Campaign) -> list[Effect]:
    """The effects in the order of outcomes and sites, with a reason where a site has none."""
    found: dict[tuple[str, str | None], list[Effect]] = {}
    for effect in effects:
        found.setdefault((effect.subject.outcome, effect.subject.site), []).append(effect)
    return [
        effect
        for outcome in campaign.outcomes
        for site in campaign.sites
        for effect in found.get((outcome.id, site.id)) or [_no_data(outcome.id, site, campaign)]
    ]


def _no_data(outcome: str, site: Site, campaign: Campaign) -> NotEstimable:
    design = site.design or campaign.analysis.design
    subject = Subject(
        outcome=outcome, site=site.id, role=site.role.value, design=design, estimand=DESIGNS[design].estimand
    )
    return NotEstimable(subject=subject, code="no_interviews_at_site")


def _adjusted_within_families(effects: Sequence[Effect], campaign: Campaign) -> list[Effect]:
    """P-values adjusted among the outcomes of a family at a site, subgroups left out; exploratory ones by
    sharpened q-values, on their own, so that they cost the planned ones nothing.
    """
    outcomes = {outcome.id: outcome for outcome in campaign.outcomes}

    def family(place: int) -> tuple[str, str, bool]:
        subject = effects[place].subject
        outcome = outcomes[subject.outcome]
        return (subject.site or "", outcome.family, outcome.tier is Tier.EXPLORATORY)

    result = list(effects)
    places = [
        place
        for place, effect in enumerate(effects)
        if isinstance(effect, EffectEstimate) and effect.subject.subgroup is None
    ]
    for (_, _, exploratory), group in groupby(sorted(places, key=family), key=family):
        members = list(group)
        estimates = [cast("EffectEstimate", effects[place]) for place in members]
        for place, e, p in zip(
            members, estimates, _adjusted(estimates, campaign, exploratory=exploratory), strict=True
        ):
            result[place] = _told_with(replace(e, p_adjusted=p), campaign)
    return result


def _adjusted(
    estimates: Sequence[EffectEstimate], campaign: Campaign, *, exploratory: bool
) -> list[float | None]:
    """The p-values of one family, adjusted; those adjusted in steps have been drawn with their estimates."""
    if exploratory:
        return adjusted([e.p_value for e in estimates], "sharpened_q")
    drawn = [e.p_adjusted for e in estimates]
    if campaign.analysis.multiplicity in STEP_DOWN and None not in drawn:
        return drawn
    return adjusted([e.p_value for e in estimates], by_formula(campaign.analysis.multiplicity))


def _told_with(effect: EffectEstimate, campaign: Campaign) -> EffectEstimate:
    """The effect, and the caveat that its interval alone would say more than the family of tests allows."""
    outcome = campaign.outcome(effect.subject.outcome)
    if told_verdict(effect, outcome, campaign.analysis.confidence) == effect.verdict:
        return effect
    return replace(effect, caveats=(*effect.caveats, Note(code="not_after_adjustment")))
