"""The wild cluster bootstrap from one vector a cluster is that of refitting every draw from the rows."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from campaigns.effects import EffectEstimate
from tests.campaigns.made_up import interviews
from tests.campaigns.plans_on_files import ARM, DID, agrees, caveats, effects_of, printed_by_r, the_effect


R_BOOTSTRAP = printed_by_r("wild_bootstrap.json")
WILD = "p_value: wild_cluster_bootstrap"


def villages(number: int) -> pd.DataFrame:
    rows = interviews().drop(columns=["@wave", "@arm", "@cluster"])
    return rows[rows["village"].isin([f"v{i:02d}" for i in range(number)])]


CASES: dict[str, dict[str, str]] = {
    "did": {
        "columns": f"{DID}, cluster: village",
        "analysis": f"design: difference_in_differences, standard_errors: CR1, {WILD}",
    },
    "did_weighted_effects": {
        "columns": f"{DID}, cluster: village, weight: weight",
        "analysis": f"design: difference_in_differences, standard_errors: CR1, {WILD}, covariates: [female], "
        "fixed_effects: [village]",
    },
    "after_only": {
        "columns": f"{ARM}, cluster: village",
        "analysis": f"design: randomised, standard_errors: CR1, {WILD}, covariates: [age]",
        "outcome": "knows",
        "more": "where: {after: 1}",
    },
    "webb": {
        "columns": f"{DID}, cluster: village",
        "analysis": f"design: difference_in_differences, standard_errors: CR1, {WILD}, bootstrap_weights: webb",
    },
}  # fmt: skip
CLUSTERS = {"did": 8, "did_weighted_effects": 8, "after_only": 10, "webb": 5}


@pytest.mark.parametrize("case", sorted(R_BOOTSTRAP))
def test_every_pattern_refitted_from_rows_by_r_gives_the_same_test_and_interval(
    case: str, tmp_path: Path
) -> None:
    effect = the_effect(tmp_path, villages(CLUSTERS[case]), **CASES[case])
    agrees(effect, R_BOOTSTRAP[case])
    assert effect.p_method == "wild_cluster_bootstrap"
    assert "bootstrap_every_pattern" in caveats(effect)


def test_four_clusters_by_hand(tmp_path: Path) -> None:
    """Means 1, 3 against 0, 2 (one interview each): of 16 sign patterns 12 are at least as far out as the observed.

    Under the null every residual is taken from the grand mean 1.5: -0.5, 1.5 and -1.5, 0.5. The effect is 1 and its
    variance by scores is (1 + 1 + 1 + 1)/4 = 1. A pattern v has the effect (-.5 v1 + 1.5 v2 + 1.5 v3 - .5 v4)/2 and, with a and b
    the two differences inside the arms, the variance (a^2 + b^2)/8: |t*| >= |t| wherever effect^2 >= (a^2 + b^2)/8.
    """
    rows = pd.DataFrame({"arm": [1, 1, 0, 0], "score": [1.0, 3.0, 0.0, 2.0], "village": list("abcd")})
    counted = 0
    for pattern in range(16):
        v = [1 if pattern >> i & 1 else -1 for i in range(4)]
        u = [-0.5 * v[0], 1.5 * v[1], -1.5 * v[2], 0.5 * v[3]]
        effect = (u[0] + u[1] - u[2] - u[3]) / 2
        counted += effect**2 >= ((u[0] - u[1]) ** 2 + (u[2] - u[3]) ** 2) / 8 - 1e-12
    found = the_effect(
        tmp_path,
        rows,
        columns=f"{ARM}, cluster: village",
        analysis=f"design: randomised, standard_errors: CR0, {WILD}",
    )
    assert found.p_value == pytest.approx(counted / 16)
    assert np.isinf(found.conf_low)
    assert np.isinf(found.conf_high)
    assert found.verdict == "inconclusive"
    assert "interval_unbounded" in caveats(found)


def test_sixteen_clusters_are_gone_through_and_seventeen_are_drawn(tmp_path: Path) -> None:
    plan = {"columns": f"{DID}, cluster: village"}
    base = f"design: difference_in_differences, {WILD}"
    sixteen = the_effect(tmp_path, villages(16), analysis=base, **plan)
    assert (sixteen.p_value * 2**16) % 1 == pytest.approx(0, abs=1e-6)
    drawn = the_effect(tmp_path, villages(17), analysis=f"{base}, draws: 1999, seed: 3", **plan)
    assert (drawn.p_value * 2000) % 1 == pytest.approx(0, abs=1e-6)
    assert "bootstrap_draws" in caveats(drawn)
    again = the_effect(
        tmp_path,
        villages(17).sample(frac=1, random_state=1),
        analysis=f"{base}, draws: 1999, seed: 3",
        **plan,
    )
    assert again.p_value == drawn.p_value


def test_a_level_that_the_draws_cannot_reach_leaves_the_interval_open(tmp_path: Path) -> None:
    found = the_effect(
        tmp_path,
        villages(17),
        columns=f"{DID}, cluster: village",
        analysis=f"design: difference_in_differences, {WILD}, draws: 199, confidence: 0.999",
    )
    assert (found.conf_low, found.conf_high) == (-np.inf, np.inf)


def test_draws_come_close_to_the_enumeration(tmp_path: Path) -> None:
    """Webb's weights for eight clusters are drawn; those of Rademacher for the same data are all gone through."""
    plan = {"columns": f"{ARM}, cluster: village", "outcome": "knows", "more": "where: {after: 1}"}
    base = f"design: randomised, {WILD}"
    exact = the_effect(tmp_path, villages(12), analysis=base, **plan)
    drawn = the_effect(tmp_path, villages(12), analysis=f"{base}, bootstrap_weights: webb", **plan)
    assert drawn.p_value == pytest.approx(exact.p_value, abs=0.03)


def test_the_interval_holds_exactly_the_values_that_are_not_refused(tmp_path: Path) -> None:
    rows = villages(12).query("after == 1").dropna(subset="score")
    plan = {"columns": f"{ARM}, cluster: village", "analysis": f"design: randomised, {WILD}"}
    found = the_effect(tmp_path, rows, **plan)
    for bound, step in ((found.conf_low, 1e-6), (found.conf_high, -1e-6)):
        for moved, refused in ((bound - step, True), (bound + step, False)):
            shifted = rows.assign(score=rows["score"] - moved * rows["arm"])
            assert (the_effect(tmp_path, shifted, **plan).p_value <= 0.05) is refused


def test_a_constant_that_is_the_effect_is_tested_against_nil(tmp_path: Path) -> None:
    """Means far from zero are measured from a round number inside; the null is still zero."""
    rows = villages(10).query("after == 1 and score == score")
    rows = rows.assign(before=0.0, score=rows["score"] + 5000)
    found = the_effect(
        tmp_path,
        rows,
        columns="baseline: before, cluster: village",
        analysis=f"design: paired_pre_post, standard_errors: CR1, {WILD}",
    )
    assert found.p_value == pytest.approx(2 / 2**10)
    assert found.conf_low < found.estimate < found.conf_high
    assert found.conf_high - found.conf_low < 100


def test_several_arms_share_the_comparison_group(tmp_path: Path) -> None:
    rows = villages(12).copy()
    rows.loc[rows["village"].isin(["v02", "v06", "v10"]), "arm"] = 2
    found = effects_of(
        tmp_path,
        rows,
        columns="wave: {column: after, before: 0, after: 1}, arm: {column: arm, campaign: [1, 2], comparison: 0}, "
        "cluster: village",
        analysis=f"design: difference_in_differences, standard_errors: CR1S, {WILD}",
    )
    for effect in found:
        assert isinstance(effect, EffectEstimate)
        assert effect.conf_low < effect.estimate < effect.conf_high
