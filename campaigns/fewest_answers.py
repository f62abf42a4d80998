"""How few said yes, or did not, to what may harm who is known by the answer: outcomes of class S."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import ibis
import pandas as pd

from campaigns.campaign import Campaign, Outcome
from campaigns.effects import Effect
from campaigns.membership import as_levels
from campaigns.scoring import scored


def with_fewest_answers(
    effects: Sequence[Effect], campaign: Campaign, answers: Sequence[Path]
) -> list[Effect]:
    """The effects of sensitive outcomes with the fewest people above the lowest answer, or below the highest, in an arm and wave.

    People above nought are those who said yes, people below one those who did not; of a share of several answers both
    are those of whom something is told.
    """
    sensitive = [o for o in campaign.outcomes if o.item_class == "S" and o.unit == "proportion"]
    if not sensitive or not answers:
        return list(effects)
    people = _people(campaign, answers)
    outcomes = {outcome.id: outcome for outcome in sensitive}
    return [_counted(effect, outcomes.get(effect.subject.outcome), people, campaign) for effect in effects]


def _people(campaign: Campaign, answers: Sequence[Path]) -> pd.DataFrame:
    connection = ibis.duckdb.connect()
    try:
        table = connection.read_parquet([str(path) for path in answers], union_by_name=True)
        waves = [*campaign.analysis.before, *campaign.analysis.after]
        here = table.filter(table["@wave"].isin(waves))
        rows: pd.DataFrame = scored(here, campaign).to_pyarrow().to_pandas()
        return rows
    finally:
        connection.disconnect()


def _counted(effect: Effect, outcome: Outcome | None, people: pd.DataFrame, campaign: Campaign) -> Effect:
    if outcome is None or effect.counts is None:
        return effect
    own = people[(people["@site"] == effect.subject.site) & people[outcome.id].notna()]
    if effect.subject.subgroup is not None:
        variable, _, level = effect.subject.subgroup.partition("=")
        own = own[as_levels(own[variable]) == level]
    wave = own["@wave"].isin(campaign.analysis.before).map({True: "before", False: "after"})
    arm = own["@arm"].fillna("") if "@arm" in own.columns else pd.Series("", index=own.index)
    fewest = [
        min(int((group > 0).sum()), int((group < 1).sum()))
        for _, group in own[outcome.id].groupby([wave, arm])
    ]
    return replace(effect, counts=replace(effect.counts, fewest_answers=min(fewest, default=0)))
