"""Clusters in two ways add up as sandwich::vcovCL adds them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from campaigns.effects import NotEstimable
from tests.campaigns.made_up import interviews
from tests.campaigns.plans_on_files import ARM, DID, agrees, caveats, effects_of, printed_by_r, the_effect


R_TWO_WAY = printed_by_r("two_way.json")
CASES = {
    "did": ("village, age", "", ""),
    "nested": ("household, village", "", ""),
    "weighted": ("age, village", ", weight: weight", "covariates: [female], fixed_effects: [district]"),
}


def survey() -> pd.DataFrame:
    return interviews().drop(columns=["@wave", "@arm", "@cluster"])


@pytest.mark.parametrize("case", sorted(R_TWO_WAY))
def test_two_way_errors_are_those_of_sandwich(case: str, tmp_path: Path) -> None:
    name, _, kind = case.rpartition("_")
    ways, weight, more = CASES[name]
    effect = the_effect(
        tmp_path,
        survey(),
        columns=f"{DID}, cluster: [{ways}]{weight}",
        analysis=f"design: difference_in_differences, standard_errors: {kind}, {more}",
    )
    agrees(effect, R_TWO_WAY[case])


def test_the_order_of_the_two_ways_does_not_matter(tmp_path: Path) -> None:
    found = [
        the_effect(
            tmp_path,
            survey(),
            columns=f"{DID}, cluster: [{ways}]",
            analysis="design: difference_in_differences, standard_errors: CR1S",
        )
        for ways in ("village, age", "age, village")
    ]
    assert found[0].counts == found[1].counts
    assert found[0].counts.n_clusters == 24
    assert found[0].std_error == pytest.approx(found[1].std_error, rel=1e-12)


def crossed(rng: np.random.Generator) -> pd.DataFrame:
    """Three interviews for each of two rows and two columns of an arm; scores cancel along rows and columns."""
    cancelling = np.array([[1.0, -1], [-1, 1]])
    return pd.DataFrame(
        [
            {"a": f"{arm}{i}", "b": f"{arm}{j}", "arm": arm, "score": cancelling[i, j] + 2 * arm}
            for arm in (0, 1)
            for i in (0, 1)
            for j in (0, 1)
            for _ in range(3)
        ]
    ).assign(age=lambda rows: rng.normal(size=len(rows)))


def test_a_variance_below_zero_is_repaired_and_said(tmp_path: Path) -> None:
    """What cancels in rows and in columns leaves less than nothing once the parts they share are taken away."""
    plan = {
        "columns": f"{ARM}, cluster: [a, b]",
        "analysis": "design: randomised, standard_errors: CR0, covariates: [age]",
    }
    effect = the_effect(tmp_path, crossed(np.random.default_rng(1)), **plan)
    assert "two_way_repaired" in caveats(effect)
    assert effect.std_error > 0
    years = crossed(np.random.default_rng(1)).assign(age=lambda rows: 12 * rows["age"] + 700)
    assert the_effect(tmp_path, years, **plan).std_error == pytest.approx(effect.std_error, rel=1e-7)


def test_a_variance_of_which_nothing_is_left_is_none(tmp_path: Path) -> None:
    (effect,) = effects_of(
        tmp_path,
        crossed(np.random.default_rng(1)),
        columns=f"{ARM}, cluster: [a, b]",
        analysis="design: randomised, standard_errors: CR0",
    )
    assert isinstance(effect, NotEstimable)
    assert effect.code == "two_way_not_positive"


def test_a_single_cluster_of_one_way_is_refused(tmp_path: Path) -> None:
    (effect,) = effects_of(
        tmp_path,
        survey().assign(one="x"),
        columns=f"{DID}, cluster: [village, one]",
        analysis="design: difference_in_differences, standard_errors: CR1",
    )
    assert isinstance(effect, NotEstimable)
    assert effect.code == "one_cluster_of_two_ways"
