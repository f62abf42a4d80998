"""What the arms and clusters of a campaign were like before: balance by site and how alike the people of a cluster are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pandas as pd

from campaigns.balance import ALIKE, balance
from campaigns.campaign import Campaign
from campaigns.disclosure_policy import POLICY, Policy
from campaigns.effects import Evaluation
from campaigns.flow import primary_outcome, scores_of
from campaigns.threat_rows import Threat
from campaigns.threats_of_campaign import threats_of_campaign
from surveys.quality.team import resemblance


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """One arm of a site against the comparison group, as it may be shared."""

    site: str
    arm: str
    compared: int  # variables
    apart: Mapping[str, float]  # variable -> normalised difference, where larger than ``ALIKE``


@dataclass(frozen=True, slots=True, kw_only=True)
class Intracluster:
    """The share of variance that lies between clusters, arms kept apart, rounded."""

    icc: float
    low: float
    high: float
    clusters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Both, of the sites of which something may be shown."""

    balance: tuple[Balance, ...] = ()
    clusters: Mapping[str, Intracluster] = field(default_factory=dict)  # site -> of the first primary outcome


def baseline_of(evaluation: Evaluation, answers: Sequence[Path], policy: Policy = POLICY) -> Baseline:
    """Balance and intracluster correlations before the campaign, as they may be shared."""
    campaign = evaluation.campaign
    if not answers:
        return Baseline()
    found = threats_of_campaign(
        campaign, answers, (), policy, checks={"balance": partial(balance, tested=False)}
    )
    return Baseline(balance=tuple(_balances(found)), clusters=dict(_intracluster(campaign, answers, policy)))


def _balances(found: Sequence[Threat]) -> Iterator[Balance]:
    shown = [one for one in found if not one.reason]
    for site, arm in dict.fromkeys((one.site, one.arm) for one in shown):
        own = [one for one in shown if (one.site, one.arm) == (site, arm)]
        single = {one.about: one.estimate for one in own}
        yield Balance(
            site=site or "",
            arm=arm or "",
            compared=len(single),
            apart={name: value for name, value in single.items() if value is not None and abs(value) > ALIKE},
        )


def _intracluster(
    campaign: Campaign, answers: Sequence[Path], policy: Policy
) -> Iterator[tuple[str, Intracluster]]:
    if campaign.columns.cluster is None:
        return
    people = scores_of(campaign, answers)
    people = people[people["@wave"].isin(campaign.analysis.before or campaign.analysis.after)]
    for site in campaign.sites:
        found = _of_site(people[people["@site"] == site.id], primary_outcome(campaign).id, policy)
        if found is not None:
            yield site.id, found


def _of_site(people: pd.DataFrame, outcome: str, policy: Policy) -> Intracluster | None:
    known = people[people[outcome].notna() & people["@cluster"].notna()]
    arms = known["@arm"].fillna("") if known["@arm"].notna().any() else pd.Series("", index=known.index)
    groups = known.groupby(arms)
    few = min((len(rows) for _, rows in groups), default=0) < policy.respondents
    if few or min((rows["@cluster"].nunique() for _, rows in groups), default=0) < policy.clusters:
        return None
    found = resemblance(
        known[outcome].to_numpy(float), known["@cluster"].to_numpy(object), arms.to_numpy(object)
    )
    if found is None:
        return None
    return Intracluster(
        icc=round(found.icc, 3),
        low=round(found.conf_low, 3),
        high=round(found.conf_high, 3),
        clusters=found.interviewers,
    )
