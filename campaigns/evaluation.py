"""The method section as one function: score, estimate, adjust, pool, contrast."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import cast

import ibis
import ibis.expr.types as ir

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
from campaigns.estimation import estimate
from campaigns.inference import StandardErrors
from campaigns.multiplicity import adjusted, by_formula
from campaigns.plan_multiplicity import STEP_DOWN
from campaigns.roles import contrast_roles, pools_of
from campaigns.scoring import scored
from campaigns.specification import PValue, Specification, StepDown, StepDownMethod
from campaigns.weights import weighed


WITHOUT_CLUSTERS = {"CR0": "HC0", "CR1": "HC1", "CR1S": "HC1", "CR2": "HC2", "CR3": "HC3"}


def evaluate(
    campaign: Campaign,
    answers: Sequence[Path],
    *,
    as_of_upload: int | None,
    data_sha256: str,
    asked: Sequence[Asked] = (),
) -> Evaluation:
    """Everything that can be concluded about a campaign from one state of its data. Exact; see ``disclosure``.

    Parameters
    ----------
    answers
        The current answers of its sites and waves, as ``surveys.columns`` writes them.
    as_of_upload, data_sha256
        Which state of the data that is; kept with the result.
    asked
        The questionnaires the answers came under; what was not asked alike says so and enters no average.
    """
    effects = _complete(_effects(campaign, answers), campaign)
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


def fingerprint(answers: Iterable[Path]) -> str:
    """One SHA-256 over the contents of the files, in the order given: the stamp of the data."""
    digest = hashlib.sha256()
    for path in answers:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def specification_of(
    campaign: Campaign, design: str, sites: Sequence[Site], table: ir.Table
) -> Specification:
    """The plan of a campaign for the sites of one design; a covariate of text enters as indicators."""
    analysis = campaign.analysis
    schema = table.schema()
    of_text = tuple(name for name in analysis.covariates if schema[name].is_string())
    return Specification(
        design=design,
        outcomes=tuple(outcome.id for outcome in campaign.outcomes),
        standard_errors=cast("StandardErrors", _standard_errors(campaign)),
        p_value=cast("PValue", analysis.p_value),
        draws=analysis.draws,
        seed=analysis.seed,
        second_opinion=analysis.second_opinion,
        confidence=analysis.confidence,
        covariates=tuple(name for name in analysis.covariates if name not in of_text),
        categorical=(*of_text, *analysis.categorical),
        fixed_effects=analysis.fixed_effects,
        subgroups=analysis.subgroups,
        margins={o.id: analysis.margin[o.family] for o in campaign.outcomes if o.family in analysis.margin},
        roles={site.id: site.role.value for site in sites},
        sites=tuple(site.id for site in sites),
        before=analysis.before,
        after=analysis.after,
        arms=tuple(arm for arm in campaign.columns.arm_values if arm != "comparison"),
        step_down=_step_down(campaign),
    )


def _step_down(campaign: Campaign) -> StepDown | None:
    """Exploratory outcomes are adjusted on their own, so that they cost the planned ones nothing."""
    if campaign.analysis.multiplicity not in STEP_DOWN:
        return None
    return StepDown(
        method=cast("StepDownMethod", campaign.analysis.multiplicity),
        families={o.id: o.family for o in campaign.outcomes if o.tier is not Tier.EXPLORATORY},
        in_subgroups=False,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """The scored rows of the sites that share a design, and how their effects are to be estimated."""

    rows: ir.Table
    specification: Specification


@contextmanager
def analyses(campaign: Campaign, answers: Sequence[Path]) -> Iterator[list[Analysis]]:
    """The analyses of a campaign, one a design; their rows can be read while the context lasts."""
    if not answers:
        yield []
        return
    connection = ibis.duckdb.connect()
    try:
        table = connection.read_parquet([str(path) for path in answers], union_by_name=True)
        sites = [site.id for site in campaign.sites]
        waves = [*campaign.analysis.before, *campaign.analysis.after]
        here = table.filter(table["@site"].isin(sites), table["@wave"].isin(waves))
        # Scored once and kept: several queries follow, and long expressions take longer to plan than to run.
        outcomes = scored(weighed(here, campaign), campaign)
        if not campaign.weighted and "@weight" in outcomes.columns:
            outcomes = outcomes.drop("@weight")
        rows = connection.create_table("scores", outcomes, temp=True)
        yield [_analysis(rows, campaign, design, group) for design, group in sites_by_design(campaign)]
    finally:
        connection.disconnect()


def _effects(campaign: Campaign, answers: Sequence[Path]) -> list[Effect]:
    with analyses(campaign, answers) as found:
        return [effect for one in found for effect in estimate(one.rows, one.specification)]


def _analysis(rows: ir.Table, campaign: Campaign, design: str, sites: Sequence[Site]) -> Analysis:
    here = rows.filter(rows["@site"].isin([site.id for site in sites]))
    if campaign.columns.arm and not DESIGNS[design].compares:
        here = here.mutate(**{"@arm": here["@arm"].fill_null("campaign")})  # where there is one group only
    told = specification_of(campaign, design, sites, here)
    if design == "exposure":
        met = ibis.cases((here["@received"] == 1, "campaign"), (here["@received"] == 0, "comparison"))
        here, told = here.mutate(**{"@arm": met}), replace(told, arms=("campaign",))
    return Analysis(rows=here, specification=told)


def sites_by_design(campaign: Campaign) -> list[tuple[str, list[Site]]]:
    """The designs of a campaign, each with the sites that have it."""
    designs = [site.design or campaign.analysis.design for site in campaign.sites]
    return [
        (design, [site for site, own in zip(campaign.sites, designs, strict=True) if own == design])
        for design in dict.fromkeys(designs)
    ]


def _standard_errors(campaign: Campaign) -> str:
    """The plan's, or its nearest kin where the campaign has no clusters: then every person is one."""
    named = campaign.analysis.standard_errors
    return named if campaign.columns.cluster else WITHOUT_CLUSTERS.get(named, named)


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
