"""Every item and outcome by site, wave and arm: how many answered, mean, spread, and why answers are missing.

For evaluators, who need means, SDs and n to use a study in a meta-analysis. It is by arm, so it never stands on a page of
fieldwork. A group of fewer people than may be shown is withheld, and so are shares that would tell on one or two of them.
"""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pandas as pd

from campaigns.campaign import Campaign, Outcome
from campaigns.coarser import Coarser
from campaigns.disclosure import too_few
from campaigns.disclosure_policy import POLICY, Policy
from campaigns.scoring import item_columns, outcome_column
from surveys.languages import pick
from surveys.missing import Missing


ITEM_COLUMNS = (
    "outcome", "item", "site", "wave", "arm", "n", "mean", "std_dev", *(f"share_{reason.value}" for reason in Missing),
    "share_other_missing", "withheld",
)  # fmt: skip
WHOLE = ""  # in the column ``item``: the outcome itself
SHARES = tuple(name for name in ITEM_COLUMNS if name.startswith("share_"))


def item_table(campaign: Campaign, answers: Sequence[Path], policy: Policy = POLICY) -> pd.DataFrame:
    """One row an item, and one an outcome, by site, wave and arm, as it may be shared.

    Items of an index measured against a reference group are given as they were answered in the index's own points.
    """
    if not answers:
        return pd.DataFrame(columns=list(ITEM_COLUMNS))
    connection = ibis.duckdb.connect()
    try:
        table = connection.read_parquet([str(path) for path in answers], union_by_name=True)
        waves = [wave.id for wave in campaign.main_waves]
        here = table.filter(
            table["@site"].isin([site.id for site in campaign.sites]), table["@wave"].isin(waves)
        )
        rows = [row for outcome in campaign.outcomes for row in _of_outcome(here, outcome, campaign)]
    finally:
        connection.disconnect()
    found = pd.DataFrame(
        [_shown(row, campaign.outcome(str(row["outcome"])), policy) for row in rows],
        columns=list(ITEM_COLUMNS),
        dtype=object,
    )
    order = {site.id: place for place, site in enumerate(campaign.sites)}
    order_of_wave = {wave.id: place for place, wave in enumerate(campaign.main_waves)}
    outcomes = {outcome.id: place for place, outcome in enumerate(campaign.outcomes)}
    keys = found.assign(
        o=found["outcome"].map(outcomes), s=found["site"].map(order), w=found["wave"].map(order_of_wave)
    )
    return found.loc[keys.sort_values(["o", "item", "s", "w", "arm"], kind="stable").index].reset_index(
        drop=True
    )


def item_names(campaign: Campaign, language: str) -> dict[str, str]:
    """What people call each outcome."""
    return {outcome.id: pick(outcome.title, language) for outcome in campaign.outcomes}


def _of_outcome(answers: ir.Table, outcome: Outcome, campaign: Campaign) -> Iterator[dict[str, object]]:
    values = {WHOLE: outcome_column(answers, outcome, campaign)}
    values |= item_columns(answers, outcome.score)
    arm = answers["@arm"].fill_null("") if "@arm" in answers.columns else ibis.literal("")
    for item, value in values.items():
        why = f"{item}@missing"
        reason = answers[why] if item != WHOLE and why in answers.columns else ibis.literal("").nullif("")
        one = answers.select(
            site=answers["@site"], wave=answers["@wave"], arm=arm, value=value, reason=reason
        )
        missing = one.value.isnull()
        grouped = one.group_by("site", "wave", "arm").aggregate(
            people=one.count(),
            n=one.value.count(),
            mean=one.value.mean(),
            std_dev=one.value.std(how="sample"),
            zeros=(one.value <= 0).fill_null(False).sum(),
            ones=(one.value >= 1).fill_null(False).sum(),
            **{f"share_{name.value}": (one.reason == name.value).fill_null(False).sum() for name in Missing},
            share_other_missing=(missing & one.reason.isnull()).sum(),
        )
        for row in grouped.to_pyarrow().to_pylist():
            yield {"outcome": outcome.id, "item": item, **row}


def _shown(row: dict[str, object], outcome: Outcome, policy: Policy) -> dict[str, object]:
    """Counts rounded, shares and means as levels are; nothing of a group too small, or of few answers that could harm."""
    place = {name: row[name] for name in ("outcome", "item", "site", "wave", "arm")}
    people, n = int(str(row["people"])), int(str(row["n"]))
    if people < policy.fewest() or too_few([n], policy.fewest()):
        return {**place, "withheld": f"<{policy.fewest()}"}
    if policy.rounds and outcome.item_class == "S" and _few(row) < policy.sensitive_answers:
        return {**place, "withheld": f"<{policy.sensitive_answers}"}
    if not policy.rounds:
        exact = {name: _share_of(row[name], people) for name in SHARES}
        return {**place, "n": n, "mean": row["mean"], "std_dev": row["std_dev"], **exact, "withheld": None}
    coarser = Coarser(policy=policy)
    mean, std_dev = _number(row["mean"]), _number(row["std_dev"])
    binary = row["zeros"] + row["ones"] == n  # type: ignore[operator]
    if mean is not None:
        unit = outcome.unit if row["item"] == WHOLE else "points"
        mean = coarser.share(mean, n) if binary else coarser.level(mean, unit, n)
    if std_dev is not None:  # of yes or no it would tell the share more finely
        std_dev = None if binary else coarser.number(std_dev, "standard_deviations")
    if binary and mean is not None:
        std_dev = round(math.sqrt(mean * (1 - mean)), 2)
    shares = {name: _share(_share_of(row[name], people), coarser) for name in SHARES}
    return {**place, "n": coarser.count(n), "mean": mean, "std_dev": std_dev, **shares, "withheld": None}


def _few(row: dict[str, object]) -> int:
    """The fewest who gave the lowest answer, or the highest, of a question with two."""
    return min(int(str(row["n"])) - int(str(row["zeros"])), int(str(row["n"])) - int(str(row["ones"])))


def _number(value: object) -> float | None:
    return value if isinstance(value, float) and math.isfinite(value) else None


def _share_of(count: object, people: int) -> float:
    return int(str(count)) / people


def _share(share: float, coarser: Coarser) -> float:
    """None is nil, and so few that they could be told are given as the smallest share."""
    return 0.0 if share == 0 else coarser.share(share)
