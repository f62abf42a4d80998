"""One test over all roles: the contrast's own with two, the right size with three."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from campaigns.role_test import roles_alike
from campaigns.roles import contrast_roles
from tests.campaigns.examples import campaign_in, effect


def test_with_two_roles_it_is_the_contrasts_own_test(tmp_path: Path) -> None:
    campaign = campaign_in(tmp_path)
    effects = [
        effect("npl", 0.10, df=9.0),
        effect("bgd", 0.04, 0.03, df=14.0),
        effect("tha", 0.02, 0.025, df=6.0),
    ]
    found = roles_alike(effects, campaign, "signs")
    (contrast,) = contrast_roles(effects, campaign, "signs")
    assert found is not None
    assert found.p_value == pytest.approx(contrast.p_value)
    assert found.df == pytest.approx(contrast.df)


def test_with_three_roles_and_known_errors_it_is_a_chi_squared_test(tmp_path: Path) -> None:
    campaign = campaign_in(tmp_path)
    effects = [effect(site, value, df=np.inf) for site, value in (("npl", 0.1), ("tha", 0.05), ("kor", 0.0))]
    found = roles_alike(effects, campaign, "signs")
    assert found is not None
    assert found.statistic * 2 == pytest.approx(((np.array([0.1, 0.05, 0.0]) - 0.05) ** 2).sum() / 0.02**2)
    assert found.df == np.inf


def test_equal_roles_are_rejected_one_time_in_twenty(tmp_path: Path) -> None:
    campaign = campaign_in(tmp_path)
    random = np.random.default_rng(12)
    dfs = {"npl": 6, "bgd": 10, "tha": 8, "idn": 5, "kor": 7}
    made = {site: effect(site) for site in dfs}
    rejected = 0
    for _ in range(2000):
        drawn = [
            replace(
                made[site],
                estimate=random.normal(scale=0.02),
                std_error=0.02 * np.sqrt(random.chisquare(df) / df),
                df=float(df),
            )
            for site, df in dfs.items()
        ]
        found = roles_alike(drawn, campaign, "signs")
        assert found is not None
        rejected += found.p_value < 0.05
    assert 0.03 < rejected / 2000 < 0.07


def test_one_role_cannot_be_compared(tmp_path: Path) -> None:
    assert roles_alike([effect("npl"), effect("bgd")], campaign_in(tmp_path), "signs") is None
