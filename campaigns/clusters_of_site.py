"""How many clusters really carry the effects at a site, as it may be shared: no cluster is named, none can be told.

The estimate without a cluster would tell what that cluster answered. So of all those estimates only that is told
which matters: whether one cluster alone decides the sign.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from campaigns.campaign import Campaign
from campaigns.cluster_inspection import ClusterInspection
from campaigns.coarser import Coarser
from campaigns.disclosure import WITHHELD
from campaigns.disclosure_policy import POLICY, Policy
from campaigns.effects import Effect, NotEstimable
from campaigns.effects_of_sites import analyses, sites_in, types_of
from campaigns.estimation import inspect


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteClusters:
    """The clusters behind one effect at a site."""

    outcome: str
    site: str
    term: str
    n_clusters: int
    size_cv: float | None  # standard deviation of respondents a cluster over their mean
    effective: float | None  # G*: as many clusters of one size would carry as much
    largest_share: float | None  # of what identifies the effect, in one cluster; 0-1
    smallest_p: float | None  # that the bootstrap over all patterns of signs can give
    one_decides_sign: bool | None  # None: it cannot be told


def clusters_of_site(
    campaign: Campaign, site: str, answers: Sequence[Path], effects: Sequence[Effect], policy: Policy = POLICY
) -> list[SiteClusters]:
    """One a whole-site effect that is shown; nothing where no clusters are named or too few stand behind it."""
    own = [path for path in answers if site in sites_in([path])]
    if not own or not campaign.columns.cluster:
        return []
    withheld = {
        (effect.subject.outcome, effect.subject.term)
        for effect in effects
        if isinstance(effect, NotEstimable) and effect.subject.site == site and effect.code in WITHHELD
    }
    coarser = Coarser(policy=policy, confidence=campaign.analysis.confidence)
    with analyses(campaign, own, types_of(answers)) as found:
        inspected = [one for each in found for one in inspect(each.rows, each.specification)]
    return [
        _shown(one, coarser)
        for one in inspected
        if one.subject.site == site
        and one.subject.subgroup is None
        and one.not_estimable is None
        and (one.subject.outcome, one.subject.term) not in withheld
        and (one.n_clusters or 0) >= policy.fewest_clusters()
    ]


def _shown(inspection: ClusterInspection, coarser: Coarser) -> SiteClusters:
    subject = inspection.subject
    shares = [each.partial_leverage for each in inspection.clusters]
    smallest = inspection.smallest_p_bootstrap
    return SiteClusters(
        outcome=subject.outcome,
        site=subject.site or "",
        term=subject.term,
        n_clusters=inspection.n_clusters or 0,
        size_cv=None if inspection.size_cv is None else round(inspection.size_cv, 1),
        effective=_whole(inspection.effective_if_alike or inspection.effective_if_independent),
        largest_share=coarser.share(max(shares)) if shares else None,
        smallest_p=None if smallest is None else coarser.p_value(smallest),
        one_decides_sign=_one_decides(inspection),
    )


def _one_decides(inspection: ClusterInspection) -> bool | None:
    without = [each.left_out_estimate for each in inspection.clusters]
    if inspection.estimate is None or not without or None in without:
        return None
    return any((one or 0.0) * inspection.estimate < 0 for one in without)


def _whole(value: float | None) -> float | None:
    return None if value is None else round(value)
