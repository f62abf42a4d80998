"""The flow of clusters and people that reporting standards ask for."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import ibis
import pandas as pd

from campaigns.campaign import Campaign, Outcome, Quota, Site, Tier
from campaigns.disclosure import rounded
from campaigns.disclosure_policy import POLICY, Policy
from campaigns.scoring import scored


FLOW_COLUMNS = (
    "site", "arm", "clusters_without_interviews", "clusters_before", "clusters_lost", "clusters_added", "clusters_after",
    "people_before", "analysed_before", "not_analysed_before", "people_after", "analysed_after", "not_analysed_after",
    "people_followed", "people_lost", "people_new", "received_after", "withheld",
)  # fmt: skip


def flow_table(campaign: Campaign, answers: Sequence[Path], policy: Policy = POLICY) -> pd.DataFrame:
    """Clusters and people by site and arm, from the first comparison wave to the last, as they may be shared.

    Parts are rounded and totals are their sums, so that the flow adds up. *Analysed* are those with a score on the first
    primary outcome and all that the plan needs of them. Where people of a site were found again by their pseudonyms, those
    followed, lost and new are told, too; who has no pseudonym is lost or new. Clusters without interviews are those that the
    campaign file assigns to an arm by a quota, or of a site without arms has in its sampling plan.
    """
    if not answers:
        return pd.DataFrame(columns=list(FLOW_COLUMNS))
    people = scores_of(campaign, answers)
    rows = []
    for site in campaign.sites:
        own = people[people["@site"] == site.id]
        arms = _arms(site, own, campaign)
        panel = _found_again(own, campaign) if len(own) else frozenset()
        for arm in arms:
            here = own if arm is None else own[own["@arm"] == arm]
            rows.append(_flow_of(here, site, arm, campaign, policy, panel))
    return pd.DataFrame(rows, columns=list(FLOW_COLUMNS), dtype=object)


def scores_of(campaign: Campaign, answers: Sequence[Path]) -> pd.DataFrame:
    """One row an interview of the campaign's sites, with the scores of its outcomes."""
    connection = ibis.duckdb.connect()
    try:
        table = connection.read_parquet([str(path) for path in answers], union_by_name=True)
        here = table.filter(table["@site"].isin([site.id for site in campaign.sites]))
        people: pd.DataFrame = scored(here, campaign).to_pyarrow().to_pandas()
        return people
    finally:
        connection.disconnect()


def primary_outcome(campaign: Campaign) -> Outcome:
    """The first primary outcome; the first of all where none is."""
    return next((o for o in campaign.outcomes if o.tier is Tier.PRIMARY), campaign.outcomes[0])


def _arms(site: Site, people: pd.DataFrame, campaign: Campaign) -> list[str | None]:
    if not campaign.columns.arm or not people["@arm"].notna().any():
        return [None]
    there = {*people["@arm"].dropna(), *(arm for arm in map(_quota_arm, site.quotas) if arm)}
    return [arm for arm in campaign.columns.arm_values if arm in there]


def _quota_arm(quota: Quota) -> str | None:
    return quota.by.get("arm")


def clusters_assigned(site: Site, arm: str | None) -> frozenset[str]:
    """The clusters that the campaign file gives to an arm; of a site without arms those of its sampling plan."""
    quotas = [quota.by for quota in site.quotas if "cluster" in quota.by]
    named = {by["cluster"] for by in quotas if arm is None or by.get("arm") == arm}
    plans = site.weights.sampling if arm is None and site.weights is not None else ()
    return frozenset(named | {name for plan in plans for s in plan.strata.values() for name in s.clusters})


def _found_again(people: pd.DataFrame, campaign: Campaign) -> frozenset[str]:
    """The pseudonyms of a site that are in a wave before and in one after."""
    if "@respondent" not in people.columns:
        return frozenset()
    analysis = campaign.analysis
    before, after = (
        set(people.loc[people["@wave"].isin(waves), "@respondent"].dropna())
        for waves in (analysis.before, analysis.after)
    )
    return frozenset(before & after)


def _followed(
    waves: Mapping[str, pd.DataFrame], totals: Mapping[str, object], panel: frozenset[str], policy: Policy
) -> dict[str, object]:
    """Followed, lost and new people of an arm, so that the totals of both waves are their sums."""
    people = {wave: int(str(totals[f"people_{wave}"])) for wave in ("before", "after")}
    own = rounded(int(waves["before"]["@respondent"].isin(panel).sum()), policy)
    followed = min(own, *people.values())
    return {
        "people_followed": followed,
        "people_lost": people["before"] - followed,
        "people_new": people["after"] - followed,
    }


def _flow_of(
    people: pd.DataFrame,
    place: Site,
    arm: str | None,
    campaign: Campaign,
    policy: Policy,
    panel: frozenset[str],
) -> dict[str, object]:
    analysis, site = campaign.analysis, place.id
    waves = {
        "before": people[people["@wave"].isin(analysis.before)],
        "after": people[people["@wave"].isin(analysis.after)],
    }
    row: dict[str, object] = {"site": site, "arm": arm or ""}
    if any(0 < len(rows) < policy.respondents for rows in waves.values()):
        return {**row, "withheld": f"<{policy.respondents}"}
    for wave, rows in waves.items():
        analysed = int(_analysed(rows, campaign).sum())
        parts = rounded(analysed, policy), rounded(len(rows) - analysed, policy)
        row |= {f"people_{wave}": sum(parts), f"analysed_{wave}": parts[0], f"not_analysed_{wave}": parts[1]}
    if panel:
        row |= _followed(waves, row, panel, policy)
    if "@cluster" in people.columns:
        assigned = clusters_assigned(place, arm)
        if assigned:
            row["clusters_without_interviews"] = len(assigned - set(people["@cluster"].dropna()))
        before, after = (set(waves[wave]["@cluster"].dropna()) for wave in ("before", "after"))
        row |= {
            "clusters_before": len(before),
            "clusters_lost": len(before - after),
            "clusters_added": len(after - before),
            "clusters_after": len(after),
        }
    if "@received" in people.columns and waves["after"]["@received"].notna().any():
        row["received_after"] = rounded(int((waves["after"]["@received"] == 1).sum()), policy)
    return row


def _analysed(rows: pd.DataFrame, campaign: Campaign) -> pd.Series:
    analysis = campaign.analysis
    needed = [
        primary_outcome(campaign).id,
        *analysis.covariates,
        *analysis.categorical,
        *analysis.fixed_effects,
    ]
    needed += ["@cluster"] if campaign.columns.cluster else []
    needed += ["@weight"] if "@weight" in rows.columns else []
    return rows[[name for name in dict.fromkeys(needed) if name in rows.columns]].notna().all(axis=1)
