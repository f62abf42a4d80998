"""Attrition: rates and bounds against R, published bounds, and what the bounds promise."""

import json
from pathlib import Path

import numpy as np
import pytest

from campaigns.attrition import attrition_rates, lee_bounds, response_weights, tipping_point


R = json.loads((Path(__file__).parents[1] / "reference" / "attrition.json").read_text("utf-8"))


@pytest.mark.parametrize("case", R["rates"], ids=lambda case: str(case["counts"]))
def test_rates_are_those_of_r(case: dict[str, float]) -> None:
    found = attrition_rates(*case["counts"])  # type: ignore[misc]
    for name in ("difference", "p_value", "conf_low", "conf_high"):
        assert getattr(found, name) == pytest.approx(case[name], rel=1e-9), name


@pytest.mark.parametrize("name", sorted(R["lee"]))
def test_bounds_and_their_errors_are_those_of_the_paper_written_out_in_r(name: str) -> None:
    case = R["lee"][name]
    found = lee_bounds(np.array(case["outcome"], float), np.array(case["campaign"], bool))
    for key, value in case["expected"].items():
        assert getattr(found, key) == pytest.approx(value, rel=1e-9), key
    assert found.trimmed_arm == ("comparison" if name == "reversed" else "campaign")


def test_the_bounds_of_a_trial_in_the_gambia() -> None:
    comparison, campaign = (12, 50, 63, 102, 55), (17, 54, 75, 87, 46)  # aspiration 1 to 5 after six months
    gone = (416 - sum(comparison), 380 - sum(campaign))
    outcome = np.concatenate(
        [np.repeat([1.0, 2, 3, 4, 5], counts) for counts in (comparison, campaign)]
        + [np.full(sum(gone), np.nan)]
    )
    arm = np.repeat([False, True, False, True], [sum(comparison), sum(campaign), *gone])
    found = lee_bounds(outcome, arm)
    assert (round(found.lower, 3), round(found.upper, 3)) == (-0.299, 0.011)
    assert attrition_rates(279, 380, 282, 416).is_differential


def test_the_effect_on_those_found_in_either_arm_lies_within_the_bounds() -> None:
    random = np.random.default_rng(4)
    n = 60_000
    ability = random.normal(size=n)
    campaign = random.random(n) < 0.5
    always = ability > -0.8  # the campaign makes the least able easier to find
    found = always | (campaign & (ability > -1.4))
    outcome = np.where(found, 0.3 * campaign + ability, np.nan)
    bounds = lee_bounds(outcome, campaign)
    assert bounds.conf_low < 0.3 < bounds.conf_high
    naive = float(np.nanmean(outcome[campaign]) - np.nanmean(outcome[~campaign]))
    assert abs(naive - 0.3) > 0.05


def test_equal_losses_leave_a_point() -> None:
    outcome = np.array([1.0, 2, 3, np.nan, 2, 3, 5, np.nan])
    bounds = lee_bounds(outcome, np.repeat([True, False], 4))
    assert bounds.lower == bounds.upper == pytest.approx(2 - 10 / 3)
    assert bounds.trimmed_arm == "none"


def test_a_tipping_point_is_where_the_interval_just_covers_zero() -> None:
    random = np.random.default_rng(6)
    campaign = np.repeat([True, False], 200)
    outcome = random.normal(size=400) + 0.8 * campaign
    outcome[:40] = np.nan
    shift = tipping_point(outcome, campaign)
    assert shift is not None
    assert shift < 0
    found = np.isfinite(outcome)
    means = [outcome[arm & found].mean() for arm in (campaign, ~campaign)]
    moved = 0.8 * means[0] + 0.2 * (means[0] + shift) - means[1]
    spread = np.sqrt(
        sum(outcome[arm & found].var(ddof=1) / (arm & found).sum() for arm in (campaign, ~campaign))
    )
    assert moved == pytest.approx(1.959964 * spread, rel=1e-6)
    assert tipping_point(np.where(campaign, outcome - 0.8, outcome), campaign) is None
    assert tipping_point(np.where(found, outcome, 0.0), campaign) is None


def test_weights_of_those_found_bring_back_those_lost() -> None:
    random = np.random.default_rng(9)
    n = 50_000
    x = random.normal(size=n)
    found = random.random(n) < 1 / (1 + np.exp(-0.5 - x))
    weights = response_weights(found, np.column_stack([np.ones(n), x]))
    assert x[found].mean() > 0.2
    assert np.average(x, weights=weights) == pytest.approx(x.mean(), abs=0.03)
    assert weights[~found].sum() == 0


def test_bounds_of_an_outcome_that_nobody_varies_in_are_its_difference() -> None:
    campaign = np.repeat([True, False], 6)
    same = np.where(np.arange(12) == 2, np.nan, 1.0)
    found = lee_bounds(same, campaign)
    assert (found.lower, found.upper, found.conf_low, found.conf_high) == (0.0, 0.0, 0.0, 0.0)


def test_trimming_leaves_somebody() -> None:
    campaign = np.repeat([True, False], [3, 40])
    outcome = np.concatenate([[1.0, 2.0, 3.0], np.full(38, np.nan), [1.0, 4.0]])
    found = lee_bounds(outcome, campaign)
    assert (found.lower, found.upper) == (1.0 - 2.5, 3.0 - 2.5)
