"""Levels by arm and wave: right against a second implementation, and withheld where they would tell on somebody."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.disclosure_policy import POLICY
from campaigns.levels import Level, _protected, mean_level
from tests.dashboard.fixtures import CAMPAIGN


def sample(seed: int, clusters: int = 12, size: int = 9) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    codes = np.repeat(np.arange(clusters), size)
    values = (draw.random(len(codes)) + draw.normal(0, 0.2, clusters)[codes] > 0.5).astype(float)
    return pd.DataFrame({"y": values, "w": draw.uniform(0.5, 3, len(codes)), "g": codes})


def test_a_mean_and_its_interval_agree_with_a_regression_on_a_constant_clustered() -> None:
    rows = sample(1)
    mean, low, high = mean_level(rows["y"].to_numpy(), rows["w"].to_numpy(), rows["g"].to_numpy(), 0.95)
    fit = sm.WLS(rows["y"], np.ones(len(rows)), weights=rows["w"]).fit(
        cov_type="cluster", cov_kwds={"groups": rows["g"], "df_correction": True}, use_t=True
    )
    n, g = len(rows), rows["g"].nunique()
    # statsmodels multiplies by (n-1)/(n-k) besides, which for a constant alone is one
    assert n > g
    assert mean == pytest.approx(fit.params.iloc[0], rel=1e-12)
    assert (low, high) == pytest.approx(tuple(fit.conf_int().iloc[0]), rel=1e-9)


def test_a_mean_and_its_interval_agree_with_a_plain_second_implementation() -> None:
    rows = sample(2, clusters=5)
    mean, low, high = mean_level(rows["y"].to_numpy(), rows["w"].to_numpy(), rows["g"].to_numpy(), 0.9)
    total = sum(rows["w"])
    by_hand = sum(w * y for w, y in zip(rows["w"], rows["y"], strict=True)) / total
    sums = [
        sum(w * (y - by_hand) for w, y in zip(own["w"], own["y"], strict=True))
        for _, own in rows.groupby("g")
    ]
    error = math.sqrt(5 / 4 * sum(one**2 for one in sums)) / total
    assert mean == pytest.approx(by_hand)
    assert (high - low) / 2 == pytest.approx(2.131846786 * error)  # t(4) at 0.95, from a printed table


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), factor=st.floats(0.1, 50))
def test_the_scale_of_weights_changes_nothing_and_the_mean_lies_within(seed: int, factor: float) -> None:
    rows = sample(seed)
    y, w, g = (rows[name].to_numpy() for name in "ywg")
    assert mean_level(y, w * factor, g, 0.95) == pytest.approx(mean_level(y, w, g, 0.95))
    mean, low, high = mean_level(y, w, g, 0.95)
    assert low <= mean <= high


def test_one_cluster_has_a_mean_and_no_interval() -> None:
    mean, low, high = mean_level(np.array([0.0, 1.0]), np.ones(2), np.array(["a", "a"]), 0.95)
    assert mean == 0.5
    assert math.isnan(low)
    assert math.isnan(high)


def level(**changes: object) -> Level:
    plain = Level(
        outcome="signs", site="npl", arm="campaign", when="before", mean=0.3333, conf_low=0.2811, conf_high=0.3877,
        n=203, n_clusters=9, fewest_answers=60,
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


def test_levels_are_shown_as_whole_percentages_of_rounded_counts() -> None:
    (shown,) = _protected([level()], CAMPAIGN, set(), POLICY)
    assert (shown.mean, shown.conf_low, shown.conf_high, shown.n) == (0.33, 0.28, 0.39, 205)
    assert shown.fewest_answers is None


def test_one_small_group_withholds_all_levels_of_the_outcome() -> None:
    small = level(arm="comparison", n=9)
    other = level(outcome="hotline")
    shown = _protected([level(), small, other], CAMPAIGN, set(), POLICY)
    assert [one.withheld for one in shown] == [True, True, False]
    assert shown[0].mean is None
    assert shown[0].n == 0


def test_levels_beside_a_withheld_effect_are_withheld_with_it() -> None:
    (shown,) = _protected([level()], CAMPAIGN, {"signs"}, POLICY)
    assert shown.withheld


def test_few_answers_of_a_sensitive_outcome_withhold_it() -> None:
    sensitive = replace(
        CAMPAIGN,
        outcomes=tuple(replace(o, item_class="S" if o.id == "signs" else "K") for o in CAMPAIGN.outcomes),
    )
    few = level(fewest_answers=POLICY.sensitive_answers - 1)
    assert _protected([few], sensitive, set(), POLICY)[0].withheld
    assert not _protected([few], CAMPAIGN, set(), POLICY)[0].withheld
