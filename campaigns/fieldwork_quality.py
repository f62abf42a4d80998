"""The quality of one site's fieldwork, with what the campaign knows: windows, quotas, outcomes, back-checks."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from campaigns.campaign import Campaign, Outcome, Site, Tier, Wave
from campaigns.countries import alpha_2
from campaigns.registry import fieldwork_of
from campaigns.scoring import outcome_column
from campaigns.weights import weighed, weights_report
from surveys.instrument import Instrument
from surveys.quality.findings import Damage
from surveys.quality.interviews import NOTHING_KEPT_BACK, Interviews, interviews_of
from surveys.quality.report import QualityReport, quality_report
from surveys.quality.setting import Measure, PlannedQuota, Refusals, Setting
from surveys.weights_made import WeightsReport


Size = Literal["none", "small", "near_margin", "beyond_margin"]

# What a finding could do is told in classes, so that no outcome of an arm can be worked back from it.
CLASSES = (0.005, 0.01, 0.02, 0.03, 0.05, 0.10, 0.15, 0.20, 0.30, 0.50, 1.0)  # of the outcome's range
SHARED_NAMES = (
    0.2  # of a site's clusters; when more bear another site's names, both count 1, 2, 3 and it proves nothing
)
NO_MARGIN = 0.05  # of the range, where the plan declares none


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far a finding could move or blur the result, as a class."""

    size: Size
    up_to: float  # in the outcome's unit; 0 where nothing is touched
    outcome: Outcome | None


def quality_of(
    campaign: Campaign,
    instrument: Instrument,
    files: Sequence[Path],
    *,
    site: str,
    wave: str,
    today: date,
    refusals: Refusals | None = None,
    kept_back: Mapping[str, Collection[str]] = NOTHING_KEPT_BACK,
) -> QualityReport:
    """Every check on the interviews of one site and wave.

    Parameters
    ----------
    files
        The current answers of the campaign's sites and waves, as ``surveys.columns`` writes them.
    refusals
        Rows of the uploaded files that stayed out.
    kept_back
        Of each question the ids of the interviews whose text is kept back.
    """
    place, round_ = campaign.site(site), next(one for one in campaign.waves if one.id == wave)
    shelf = _Shelf.of(files)
    interviews = _interviews(campaign, instrument, place, _weighed(campaign, shelf, site, wave), kept_back)
    again = next((one.id for one in campaign.waves if one.backcheck_of == wave), None)
    second = shelf.table(site, again) if again is not None else None
    setting = Setting(
        today=today,
        opens=round_.opens,
        closes=round_.closes,
        measures=_measures(campaign, shelf, site, wave, interviews) if len(interviews) else (),
        dont_know_counts=frozenset(
            item
            for one in campaign.outcomes
            if one.score.dont_know == "incorrect"
            for item in one.score.items
        ),
        quotas=_planned(place, round_),
        earlier_clusters=_earlier_clusters(campaign, shelf, site, wave),
        clusters_elsewhere=_clusters_elsewhere(shelf, site, wave),
        backchecks=None if second is None else _interviews(campaign, instrument, place, second),
        refusals=refusals or Refusals(),
    )
    return quality_report(interviews, setting, instrument)


def weights_at(campaign: Campaign, files: Sequence[Path], *, site: str, wave: str) -> WeightsReport | None:
    """The weights of one site and wave in numbers; None where nothing is weighted or nobody was interviewed."""
    path = _Shelf.of(files).paths.get((site, wave))
    if path is None:
        return None
    connection = ibis.duckdb.connect()
    try:
        return weights_report(connection.read_parquet(path), campaign, site=site, wave=wave)
    finally:
        connection.disconnect()


def reach_of(damage: Damage | None, campaign: Campaign) -> Reach:
    """What a finding could do, against the smallest difference that matters by the plan."""
    if damage is None or damage.relative <= 0:
        return Reach(size="none", up_to=0.0, outcome=None)
    outcome = campaign.outcome(damage.outcome)
    most = max(damage.turned, damage.blurred)
    span = most / damage.relative
    ceiling = next((step for step in CLASSES if damage.relative <= step + 1e-12), 1.0) * span
    margin = campaign.analysis.margin.get(outcome.family, NO_MARGIN * span)
    size: Size = "beyond_margin" if most > margin else "near_margin" if most > margin / 2 else "small"
    return Reach(size=size, up_to=ceiling, outcome=outcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shelf:
    """The files by the site and wave they hold."""

    paths: Mapping[tuple[str, str], Path]

    @classmethod
    def of(cls, files: Sequence[Path]) -> "_Shelf":
        found = {}
        for path in files:
            first = pq.read_table(path, columns=["@site", "@wave"]).slice(0, 1).to_pylist()
            if first:
                found[first[0]["@site"] or "", first[0]["@wave"] or ""] = path
        return cls(paths=found)

    def table(self, site: str, wave: str) -> pa.Table | None:
        path = self.paths.get((site, wave))
        return None if path is None else pq.read_table(path)

    def clusters(self, site: str, wave: str) -> frozenset[str]:
        path = self.paths[site, wave]
        if "@cluster" not in pq.read_schema(path).names:
            return frozenset()
        names = pq.read_table(path, columns=["@cluster"])["@cluster"].unique().to_pylist()
        return frozenset(name for name in names if name is not None)


def _weighed(campaign: Campaign, shelf: _Shelf, site: str, wave: str) -> pa.Table | None:
    """The interviews with the weights the campaign declares."""
    path = shelf.paths.get((site, wave))
    if path is None or not campaign.declares_weights:
        return shelf.table(site, wave)
    connection = ibis.duckdb.connect()
    try:
        return weighed(connection.read_parquet(path), campaign).to_pyarrow()
    finally:
        connection.disconnect()


def _interviews(
    campaign: Campaign,
    instrument: Instrument,
    site: Site,
    table: pa.Table | None,
    kept_back: Mapping[str, Collection[str]] = NOTHING_KEPT_BACK,
) -> Interviews:
    if table is None:
        table = pa.table({"@submission": pa.array([], pa.large_string())})
    fieldwork = fieldwork_of(campaign)
    parts = {*fieldwork.parts.values(), *([fieldwork.consent] if fieldwork.consent else [])}
    counted = {name for quota in site.quotas for name in quota.by}
    return interviews_of(
        table,
        instrument,
        parts=parts - counted,
        counted=counted,
        country=alpha_2(site.country),
        kept_back=kept_back,
    )


def _measures(
    campaign: Campaign, shelf: _Shelf, site: str, wave: str, interviews: Interviews
) -> tuple[Measure, ...]:
    """The primary outcomes of each interview."""
    outcomes = [one for one in campaign.outcomes if one.tier is Tier.PRIMARY]
    here = [str(path) for (place, _), path in sorted(shelf.paths.items()) if place == site]
    connection = ibis.duckdb.connect()
    try:
        table = connection.read_parquet(here, union_by_name=True)
        scores = table.select(
            "@submission", "@wave", **{one.id: outcome_column(table, one, campaign) for one in outcomes}
        )
        rows = scores.filter(scores["@wave"] == wave).to_pyarrow()
    finally:
        connection.disconnect()
    place_of = {one: at for at, one in enumerate(interviews.ids.tolist())}
    places = [place_of.get(one, -1) for one in rows["@submission"].to_pylist()]
    measures = []
    for one in outcomes:
        values = np.full(len(interviews) + 1, np.nan)  # the last is for rows without an id
        values[places] = rows[one.id].to_numpy()
        measures.append(_measure(one, values[:-1]))
    return tuple(measures)


def _measure(outcome: Outcome, values: np.ndarray) -> Measure:
    known = values[np.isfinite(values)]
    observed = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    low, high = outcome.range or observed
    return Measure(
        outcome=outcome.id,
        items=frozenset(outcome.score.items),
        values=values,
        low=low,
        high=high,
    )


def _planned(site: Site, wave: Wave) -> tuple[PlannedQuota, ...]:
    whole = [PlannedQuota(by={}, target=site.target[wave.id])] if site.target.get(wave.id) else []
    return (*whole, *(PlannedQuota(by=q.by, target=q.target) for q in site.quotas if q.wave == wave.id))


def _earlier_clusters(campaign: Campaign, shelf: _Shelf, site: str, wave: str) -> frozenset[str]:
    main = [one.id for one in campaign.main_waves]
    before = main[: main.index(wave)] if wave in main else main
    return frozenset().union(*(shelf.clusters(site, one) for one in before if (site, one) in shelf.paths))


def _clusters_elsewhere(shelf: _Shelf, site: str, wave: str) -> dict[str, str]:
    """Clusters of this wave that another site has and this site's other waves do not; none where sites share names."""
    if (site, wave) not in shelf.paths:
        return {}
    own = shelf.clusters(site, wave)
    usual = frozenset().union(
        *(shelf.clusters(*key) for key in shelf.paths if key[0] == site and key[1] != wave)
    )
    owners: dict[str, str] = {}
    for key in sorted(shelf.paths):
        if key[0] != site:
            for cluster in sorted(shelf.clusters(*key) & (own - usual)):
                owners.setdefault(cluster, key[0])
    return owners if len(owners) <= SHARED_NAMES * len(own) else {}
