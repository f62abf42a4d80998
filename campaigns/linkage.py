"""Who was found again: the share of a wave's respondents that are linked to a later wave, by site and arm."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import ibis

from campaigns.campaign import Campaign
from campaigns.linking_waves import seen_once


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkageRate:
    """One arm of one site."""

    site: str
    arm: str | None  # None: the campaign has no arms
    interviewed: int  # in the earlier wave
    linked: int  # of these, found again in the later one
    interviewed_later: int

    @property
    def share(self) -> float | None:
        """Linked as a share of those interviewed before, 0-1; attrition is the rest."""
        return self.linked / self.interviewed if self.interviewed else None


def linkage_rates(
    answers: Sequence[Path], campaign: Campaign, *, earlier: str, later: str
) -> list[LinkageRate]:
    """How many of each site and arm were found again, in declared order.

    A respondent counts as found where one interview of either wave bears the same pseudonym, after links were
    decided: exactly those whose own change a paired design uses.

    Parameters
    ----------
    answers
        The current answers of sites and waves, as ``surveys.columns`` writes them.
    """
    if not answers:
        return []
    connection = ibis.duckdb.connect()
    try:
        table = connection.read_parquet([str(path) for path in answers], union_by_name=True)
        parts = table.select(*("@site", "@wave", "@arm"), **{"@respondent": table["@respondent"]})
        before, after = (parts.filter(parts["@wave"] == wave) for wave in (earlier, later))
        person = ["@site", "@respondent"]
        found = seen_once(before.filter(before["@respondent"].notnull()), person).semi_join(
            seen_once(after.filter(after["@respondent"].notnull()), person), person
        )
        counts = [_counted(rows) for rows in (before, found, after)]
    finally:
        connection.disconnect()
    rates = [
        _rate(site.id, arm, *counts)
        for site in campaign.sites
        for arm in (*campaign.columns.arm_values, None)
    ]
    return [rate for rate in rates if rate.interviewed or rate.interviewed_later]


def waves_to_link(campaign: Campaign) -> tuple[str, str] | None:
    """The two waves a plan compares, or the first two there are; None where there is one wave only."""
    analysis, order = campaign.analysis, [wave.id for wave in campaign.main_waves]
    if analysis.before and analysis.after:
        return analysis.before[-1], analysis.after[0]
    return (order[0], order[1]) if len(order) > 1 else None


_Counts = Mapping[tuple[str, str | None], int]


def _rate(site: str, arm: str | None, before: _Counts, found: _Counts, after: _Counts) -> LinkageRate:
    place = (site, arm)
    return LinkageRate(
        site=site, arm=arm, interviewed=before.get(place, 0), linked=found.get(place, 0),
        interviewed_later=after.get(place, 0),
    )  # fmt: skip


def _counted(rows: ibis.expr.types.Table) -> dict[tuple[str, str | None], int]:
    grouped = rows.group_by("@site", "@arm").aggregate(n=rows.count()).to_pyarrow().to_pylist()
    return {(row["@site"], row["@arm"]): row["n"] for row in grouped}
