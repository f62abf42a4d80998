"""Where each arm stood in each wave: the mean of every outcome with its interval, as it may be shared.

Beside an effect, so that a reader can see what moved: both arms, or the comparison group alone. Never on a page of fieldwork.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from scipy.stats import t as student

from campaigns.campaign import Campaign, Outcome
from campaigns.coarser import Coarser
from campaigns.disclosure import WITHHELD, too_few
from campaigns.disclosure_policy import POLICY, Policy
from campaigns.effects import Effect, NotEstimable
from campaigns.effects_of_sites import analyses, sites_in, types_of
from campaigns.sample import Floats


When = Literal["before", "after"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """The mean of one outcome in one arm and wave of a site, or that it is withheld."""

    outcome: str
    site: str
    arm: str  # empty where the site has one group
    when: When
    mean: float | None = None  # in the outcome's unit
    conf_low: float | None = None  # None where one cluster, or one person, leaves nothing to tell it from
    conf_high: float | None = None
    n: int = 0
    n_clusters: int | None = None
    fewest_answers: int | None = None  # of a yes or no: the fewest who said either
    withheld: bool = False


def levels_of_site(
    campaign: Campaign, site: str, answers: Sequence[Path], effects: Sequence[Effect], policy: Policy = POLICY
) -> list[Level]:
    """Every outcome by arm and wave at one site, protected.

    Parameters
    ----------
    answers
        The answers that the campaign was evaluated from.
    effects
        Its protected effects: what stands beside a withheld one is withheld with it.
    """
    own = [path for path in answers if site in sites_in([path])]
    if not own:
        return []
    withheld = {
        effect.subject.outcome
        for effect in effects
        if isinstance(effect, NotEstimable)
        and effect.subject.site == site
        and effect.subject.subgroup is None
        and effect.code in WITHHELD
    }
    with analyses(campaign, own, types_of(answers)) as found:
        frames = [(one.rows.to_pyarrow().to_pandas(), one.specification) for one in found]
    exact = [
        level
        for rows, told in frames
        for outcome in told.outcomes
        for level in _of_outcome(rows[rows["@site"] == site], outcome, campaign, site)
    ]
    return _protected(exact, campaign, withheld, policy)


def mean_level(
    values: Floats, weights: Floats, clusters: np.ndarray, confidence: float
) -> tuple[float, float, float]:
    """A weighted mean and the ends of its interval; NaN where a single cluster leaves nothing to tell an error from.

    The variance is linearised, with clusters as the units drawn and t on their number less one:
    G/(G-1) sum_g (sum_i w_i (y_i - m))^2 / (sum w)^2, as R survey::svymean gives it with replacement.

    References
    ----------
    Lumley (2004), Journal of Statistical Software 9(8). Checked against a second implementation and the sandwich of
    statsmodels: tests/campaigns/test_levels.py
    """
    total = weights.sum()
    mean = float((weights * values).sum() / total)
    _, codes = np.unique(clusters, return_inverse=True)
    number = int(codes.max()) + 1
    if number < 2:
        return mean, math.nan, math.nan
    scores = np.bincount(codes, weights * (values - mean))
    error = math.sqrt(number / (number - 1) * float((scores**2).sum())) / total
    half = float(student.ppf((1 + confidence) / 2, number - 1)) * error
    return mean, mean - half, mean + half


def _of_outcome(rows: pd.DataFrame, outcome: str, campaign: Campaign, site: str) -> Iterator[Level]:
    """One level an arm and wave; weighted as the effects are."""
    waves: Mapping[When, tuple[str, ...]] = {
        "before": campaign.analysis.before,
        "after": campaign.analysis.after,
    }
    binary = campaign.outcome(outcome).unit == "proportion"
    arms = [arm for arm in campaign.columns.arm_values if "@arm" in rows and (rows["@arm"] == arm).any()]
    for arm in arms or [""]:
        for when, ids in waves.items():
            chosen = rows[rows["@wave"].isin(ids) & ((rows["@arm"] == arm) if arm else True)]
            chosen = chosen[chosen[outcome].notna()]
            if "@weight" in chosen:
                chosen = chosen[chosen["@weight"].notna() & (chosen["@weight"] > 0)]
            level = Level(outcome=outcome, site=site, arm=arm, when=when, n=len(chosen))
            if not len(chosen):
                continue
            values = chosen[outcome].to_numpy(float)
            weights = chosen["@weight"].to_numpy(float) if "@weight" in chosen else np.ones(len(chosen))
            named = "@cluster" in chosen and chosen["@cluster"].notna().all()
            clusters = chosen["@cluster"].to_numpy() if named else np.arange(len(chosen))
            mean, low, high = mean_level(values, weights, clusters, campaign.analysis.confidence)
            told = math.isfinite(low)
            yield replace(
                level,
                mean=mean,
                conf_low=low if told else None,
                conf_high=high if told else None,
                n_clusters=int(pd.unique(clusters).size) if named else None,
                fewest_answers=int(min((values <= 0).sum(), (values >= 1).sum())) if binary else None,
            )


def _protected(
    levels: Sequence[Level], campaign: Campaign, withheld: set[str], policy: Policy
) -> list[Level]:
    """All levels of an outcome go where one of them must: the others and the effect would tell it."""
    small = withheld | {
        one.outcome for one in levels if _is_small(one, campaign.outcome(one.outcome), policy)
    }
    coarser = Coarser(policy=policy, confidence=campaign.analysis.confidence)
    return [
        Level(outcome=one.outcome, site=one.site, arm=one.arm, when=one.when, withheld=True)
        if one.outcome in small
        else _shown(one, campaign.outcome(one.outcome), coarser)
        for one in levels
    ]


def _is_small(level: Level, outcome: Outcome, policy: Policy) -> bool:
    clusters = [] if level.n_clusters is None else [level.n_clusters]
    few = too_few([level.n], policy.fewest()) or too_few(clusters, policy.fewest_clusters())
    sensitive = policy.rounds and outcome.item_class == "S" and outcome.unit == "proportion"
    return few or (sensitive and (level.fewest_answers or 0) < policy.sensitive_answers)


def _shown(level: Level, outcome: Outcome, coarser: Coarser) -> Level:
    if not coarser.policy.rounds:
        return level

    def near(value: float | None) -> float | None:
        return None if value is None else coarser.level(value, outcome.unit)

    return replace(
        level,
        mean=near(level.mean),
        conf_low=near(level.conf_low),
        conf_high=near(level.conf_high),
        n=coarser.count(level.n),
        fewest_answers=None,
    )
