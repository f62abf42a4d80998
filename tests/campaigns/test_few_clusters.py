"""Where clusters are few, a better test stands beside the usual one and says why; what the plan names is honoured."""

from pathlib import Path

import pandas as pd
import pytest

from campaigns.effects import EffectEstimate, NotEstimable
from tests.campaigns.made_up import interviews
from tests.campaigns.plans_on_files import ARM, CHANGE, DID, caveats, effects_of, the_effect


BY_LOT = {"columns": f"{ARM}, cluster: village", "more": "where: {after: 1}"}
TWO_WAVES = {"columns": f"{DID}, cluster: village"}


def survey(villages: int) -> pd.DataFrame:
    rows = interviews().drop(columns=["@wave", "@arm", "@cluster"]).dropna(subset="score")
    return rows[rows["village"].isin([f"v{i:02d}" for i in range(villages)])]


def note(effect: EffectEstimate, code: str) -> dict[str, object]:
    (found,) = [note.values for note in effect.caveats if note.code == code]
    return dict(found)


@pytest.mark.parametrize(
    ("villages", "plan", "design", "code", "method"),
    [
        (24, TWO_WAVES, "difference_in_differences", "few_bootstrap_beside", "wild_cluster_bootstrap"),
        (12, BY_LOT, "randomised", "few_bootstrap_beside", "wild_cluster_bootstrap"),
        (10, BY_LOT, "randomised", "few_randomisation", "randomisation"),
        (8, TWO_WAVES, "difference_in_differences", "few_fragile_bootstrap", "wild_cluster_bootstrap"),
        (4, BY_LOT, "randomised", "few_nothing", "randomisation"),
    ],
)
def test_the_second_opinion_is_the_test_the_plan_could_have_named(
    villages: int, plan: dict[str, str], design: str, code: str, method: str, tmp_path: Path
) -> None:
    rows = survey(villages)
    silent = the_effect(tmp_path, rows, analysis=f"design: {design}", **plan)
    named = the_effect(tmp_path, rows, analysis=f"design: {design}, standard_errors: CR2, p_value: t", **plan)
    other = the_effect(tmp_path, rows, analysis=f"design: {design}, p_value: {method}", **plan)
    assert (silent.p_value, silent.conf_low, silent.df) == (named.p_value, named.conf_low, named.df)
    assert note(silent, code)["p"] == f"{other.p_value:.3g}"
    assert note(silent, code)["clusters"] == villages // 2
    assert code not in caveats(named)


def test_enough_clusters_need_no_second_opinion(tmp_path: Path) -> None:
    rows = survey(24)
    rows = rows.assign(village=rows["village"] + rows["female"].astype(str))
    effect = the_effect(tmp_path, rows, analysis="design: difference_in_differences", **TWO_WAVES)
    assert effect.counts.clusters_campaign == 24
    assert "few_bootstrap_beside" not in caveats(effect)


def test_a_change_in_two_clusters_has_no_test_left(tmp_path: Path) -> None:
    effect = the_effect(
        tmp_path,
        survey(4).query("arm == 1"),
        columns=f"{CHANGE}, cluster: village",
        analysis="design: pre_post",
    )
    assert "few_nothing_impossible" in caveats(effect)


def test_blocks_bind_the_second_opinion(tmp_path: Path) -> None:
    free = the_effect(tmp_path, survey(10), analysis="design: randomised", **BY_LOT)
    blocked = the_effect(
        tmp_path,
        survey(10),
        analysis="design: randomised",
        columns=f"{ARM}, cluster: village, block: district",
        more="where: {after: 1}",
    )
    assert note(free, "few_randomisation")["assignments"] == "252"
    assert note(blocked, "few_randomisation")["assignments"] == "72"  # 6 x 6 x 2


@pytest.mark.parametrize(
    ("villages", "plan", "design", "method", "code"),
    [
        (24, TWO_WAVES, "difference_in_differences", "t", "few_bootstrap_beside"),
        (10, BY_LOT, "randomised", "randomisation", "few_chosen_randomisation"),
        (8, TWO_WAVES, "difference_in_differences", "wild_cluster_bootstrap", "few_chosen_wild_cluster_bootstrap"),
    ],
)  # fmt: skip
def test_automatic_chooses_and_says_why(
    villages: int, plan: dict[str, str], design: str, method: str, code: str, tmp_path: Path
) -> None:
    effect = the_effect(tmp_path, survey(villages), analysis=f"design: {design}, p_value: automatic", **plan)
    assert effect.p_method == method
    assert code in caveats(effect)
    if method != "t":
        named = the_effect(
            tmp_path, survey(villages), analysis=f"design: {design}, p_value: {method}", **plan
        )
        assert (effect.p_value, effect.conf_low) == (named.p_value, named.conf_low)


def test_automatic_refuses_where_nothing_is_valid(tmp_path: Path) -> None:
    (effect,) = effects_of(tmp_path, survey(4), analysis="design: randomised, p_value: automatic", **BY_LOT)
    assert isinstance(effect, NotEstimable)
    assert effect.code == "no_valid_test"
    assert "three" in effect.remedy()


def test_what_the_plan_names_is_honoured_and_objected_to(tmp_path: Path) -> None:
    base = "design: difference_in_differences"
    plain = the_effect(tmp_path, survey(24), analysis=f"{base}, standard_errors: CR1S", **TWO_WAVES)
    assert note(plain, "uncorrected_errors") == {"clusters": 12, "errors": "CR1S"}
    normal = the_effect(tmp_path, survey(24), analysis=f"{base}, p_value: normal", **TWO_WAVES)
    assert "normal_with_few_clusters" in caveats(normal)
    fragile = the_effect(
        tmp_path, survey(8), analysis=f"{base}, p_value: wild_cluster_bootstrap", **TWO_WAVES
    )
    assert "fragile_bootstrap" in caveats(fragile)
