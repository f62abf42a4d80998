"""The threats to a campaign's effects, from the answers of its workspace, and what of them may be shared."""

import math
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from campaigns.campaign import Campaign
from campaigns.coarser import Coarser
from campaigns.disclosure import too_few
from campaigns.disclosure_policy import POLICY, Policy
from campaigns.effects import Effect
from campaigns.effects_of_sites import answers_in, sites_by_design, sites_in, specification_of
from campaigns.roles import SUPPRESSED
from campaigns.scoring import met, scored
from campaigns.threat_rows import Threat
from campaigns.threats import CHECKS, Check, threats
from campaigns.weights import weighed


SHARES = ("at_highest", "at_lowest")  # of answers: what all or nobody said would tell on each of them


def threats_of_campaign(
    campaign: Campaign,
    answers: Sequence[Path],
    effects: Sequence[Effect],
    policy: Policy = POLICY,
    *,
    checks: Mapping[str, Check] = CHECKS,
    types: Mapping[str, dt.DataType] | None = None,
) -> list[Threat]:
    """What threatens the effects at every site, as it may be shared.

    Parameters
    ----------
    answers
        The current answers of the campaign's sites and waves, as ``surveys.columns`` writes them.
    effects
        Its effects, protected already: what stands beside a withheld one is withheld with it.
    checks
        Those to make.
    types
        The columns of all files of the campaign, where these are some of them.
    """
    if not answers:
        return []
    connection = ibis.duckdb.connect()
    try:
        table = answers_in(connection, answers, types)
        waves = [*campaign.analysis.before, *campaign.analysis.after]
        here = weighed(table.filter(table["@wave"].isin(waves)), campaign)
        there = _by_design(here, campaign, sites_in(answers), effects, checks)
        return [one for found in there for one in protected(found, policy)]
    finally:
        connection.disconnect()


def protected(found: Sequence[Threat], policy: Policy = POLICY) -> list[Threat]:
    """Small groups withheld, counts rounded, numbers to three decimals."""
    return [_withheld(one, policy) if _is_small(one, policy) else _shown(one, policy) for one in found]


def _by_design(
    table: ir.Table,
    campaign: Campaign,
    present: AbstractSet[str],
    effects: Sequence[Effect],
    checks: Mapping[str, Check],
) -> Iterator[list[Threat]]:
    bounds = {outcome.id: outcome.range for outcome in campaign.outcomes if outcome.range is not None}
    items = {outcome.id: outcome.score.items for outcome in campaign.outcomes}
    for design, sites in sites_by_design(campaign):
        names = [site.id for site in sites]
        if present.isdisjoint(names):
            continue
        here = table.filter(table["@site"].isin(names))
        rows = scored(here, campaign, _beside(here, campaign))
        beside = [effect for effect in effects if effect.subject.site in names]
        specification = specification_of(campaign, design, sites, rows)
        frame = rows.to_pyarrow().to_pandas()
        yield list(threats(frame, specification, beside, items=items, bounds=bounds, checks=checks))


def _beside(answers: ir.Table, campaign: Campaign) -> dict[str, ir.Value]:
    """Every item as it was answered, who asked, and what was recalled."""
    analysis = campaign.analysis
    known = {outcome.id for outcome in campaign.outcomes}
    known |= {*analysis.covariates, *analysis.categorical, *analysis.fixed_effects, *analysis.subgroups}
    items = {item for outcome in campaign.outcomes for item in outcome.score.items} - known
    found = {item: answers[item] for item in sorted(items) if item in answers.columns}
    if campaign.columns.interviewer and "@interviewer" in answers.columns:
        found["@interviewer"] = answers["@interviewer"]
    for part, key in (("exposure", "recalled"), ("decoy", "decoy")):
        question = campaign.columns.exposure.get(key)
        if question is not None:
            found[f"@{part}"] = met(answers, question)
    return found


def _is_small(threat: Threat, policy: Policy) -> bool:
    people = [n for n in (threat.n_campaign, threat.n_comparison, threat.smallest_n) if n is not None]
    clusters = [] if threat.smallest_clusters is None else [threat.smallest_clusters]
    return too_few(people, policy.fewest()) or too_few(clusters, policy.fewest_clusters())


def _withheld(threat: Threat, policy: Policy) -> Threat:
    empty = Threat(threat=threat.threat, measure=threat.measure, reason=SUPPRESSED)
    return replace(
        empty,
        about=threat.about,
        site=threat.site,
        arm=threat.arm,
        wave=threat.wave,
        values={"respondents": policy.fewest(), "clusters": policy.fewest_clusters()},
    )


def _shown(threat: Threat, policy: Policy) -> Threat:
    coarser = Coarser(policy=policy)

    def near(value: float | None) -> float | None:
        if value is None or not math.isfinite(value):
            return None
        return coarser.share(value) if threat.measure in SHARES else coarser.number(value, "proportion")

    def people(n: int | None) -> int | None:
        return None if n is None else coarser.count(n)

    return replace(
        threat,
        campaign=near(threat.campaign),
        comparison=near(threat.comparison),
        estimate=near(threat.estimate),
        std_error=near(threat.std_error),
        df=None if threat.df is None or not math.isfinite(threat.df) else round(threat.df, 1),
        conf_low=near(threat.conf_low),
        conf_high=near(threat.conf_high),
        p_value=None if threat.p_value is None else coarser.p_value(threat.p_value),
        n_campaign=people(threat.n_campaign),
        n_comparison=people(threat.n_comparison),
        smallest_n=people(threat.smallest_n),
    )
