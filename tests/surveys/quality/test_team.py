"""Interviewers against their team: R's numbers, and what must hold for any data."""

import json
from pathlib import Path

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from surveys.quality.team import deviations, holm, resemblance


REFERENCE = json.loads((Path(__file__).parents[2] / "reference" / "interviewers.json").read_text("utf-8"))
SETS = REFERENCE["sets"]


def columns(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    rows = SETS[name]["data"]
    values = np.array([row["y"] for row in rows], float)
    who = np.array([str(row["who"]) for row in rows], dtype=object)
    arms = np.array([str(row["arm"]) for row in rows], dtype=object)
    return values, who, arms if len(set(arms)) > 1 else None


@pytest.mark.parametrize("name", list(SETS))
def test_the_intraclass_correlation_is_r_s(name: str) -> None:
    found, r = resemblance(*columns(name)), SETS[name]
    assert found is not None
    assert found.icc == pytest.approx(r["icc"], abs=1e-10)
    assert found.conf_low == pytest.approx(r["conf_low"], abs=1e-10)
    assert found.conf_high == pytest.approx(r["conf_high"], abs=1e-10)
    assert (found.f, found.size) == pytest.approx((r["f"], r["n0"]), rel=1e-10)
    assert found.p_value == pytest.approx(r["p_value"], abs=1e-10)
    if r["icc"] > 0:  # a negative one multiplies nothing
        assert found.design_effect == pytest.approx(r["design_effect"], rel=1e-10)
        assert found.icc == pytest.approx(
            r["icc_reml"], abs=0.01
        )  # lme4 by REML: the same where groups are balanced


def test_balanced_groups_are_psych_s_icc1_and_lme4_s() -> None:
    found, r = resemblance(*columns("balanced")), SETS["balanced"]
    assert found is not None
    assert found.icc == pytest.approx(r["icc1"], abs=1e-10)
    assert (found.conf_low, found.conf_high) == pytest.approx((r["icc1_low"], r["icc1_high"]), abs=1e-8)
    assert found.icc == pytest.approx(r["icc_reml"], abs=1e-7)


def test_the_design_effect_of_a_difference_knows_who_works_where() -> None:
    crossed = resemblance(*columns("crossed"))
    assert crossed is not None
    assert crossed.design_effect_contrast == pytest.approx(
        SETS["crossed"]["design_effect_contrast"], rel=1e-10
    )
    values, who, _ = columns("balanced")
    alike = resemblance(values, who, np.array(["a", "b", "a"] * 40, dtype=object)[: len(values)])
    assert alike is not None
    assert alike.design_effect_contrast is not None
    assert alike.design_effect_contrast < 1.01 < alike.design_effect  # in both arms alike, they cancel out


@pytest.mark.parametrize("name", list(SETS))
def test_an_interviewer_s_difference_is_the_coefficient_of_lm(name: str) -> None:
    values, who, arms = columns(name)
    order = sorted(set(who), key=int)
    expected = dict(zip(order, SETS[name]["difference"], strict=True))
    found = deviations(values, who, arms)
    assert {one.interviewer for one in found} == {name for name in order if (who == name).sum() >= 10}
    for one in found:
        assert one.difference == pytest.approx(expected[one.interviewer], abs=1e-9)


def test_holm_is_p_adjust() -> None:
    assert holm(REFERENCE["holm"]["p"]) == pytest.approx(REFERENCE["holm"]["adjusted"], abs=1e-15)
    p = np.random.default_rng(3).random(50)
    assert holm(p.tolist()) == pytest.approx(multipletests(p, method="holm")[1].tolist(), abs=1e-15)
    assert holm([]) == []


def test_without_clusters_the_test_is_the_t_test_of_the_two_way_fit() -> None:
    import pandas as pd
    import statsmodels.formula.api as smf

    values, who, _ = columns("balanced")
    frame = pd.DataFrame({"y": values, "who": who})
    fit = smf.ols("y ~ C(who)", frame).fit()
    found = deviations(values, who)[0]
    others = [f"C(who)[T.{name}]" for name in sorted(set(who)) if name != found.interviewer]
    contrast = " + ".join(
        f"{1 / len(others)} * {name}" for name in others
    )  # equal groups: the others' plain mean
    test = fit.t_test(f"{contrast} = 0")
    assert found.std_error == pytest.approx(float(test.sd.item()), rel=1e-9)
    assert found.p_value == pytest.approx(float(test.pvalue), rel=1e-6)
    assert found.df == fit.df_resid


def test_three_interviews_prove_nothing_and_thirty_are_believed() -> None:
    rng = np.random.default_rng(8)
    usual = rng.normal(0, 1, 300)
    who = np.array([f"E{n % 6}" for n in range(300)], dtype=object)
    few = deviations(np.append(usual, [3.0] * 3), np.append(who, ["new"] * 3))
    assert "new" not in {one.interviewer for one in few}
    many = deviations(np.append(usual, rng.normal(2, 1, 30)), np.append(who, ["new"] * 30))
    odd = next(one for one in many if one.interviewer == "new")
    assert odd.p_adjusted < 1e-6
    assert 0 < odd.shrunken < odd.difference


def test_an_interviewer_of_one_odd_ward_is_not_blamed_for_it() -> None:
    rng = np.random.default_rng(4)
    who, ward, values = [], [], []
    for place in range(24):
        shift = rng.normal(0, 1)
        for _ in range(20):
            who.append(f"E{place % 4}")
            ward.append(f"w{place}")
            values.append(shift + rng.normal(0, 1))
    y, names, wards = np.array(values), np.array(who, dtype=object), np.array(ward, dtype=object)
    naive, knowing = deviations(y, names), deviations(y, names, cluster=wards)
    assert all(a.std_error > 2 * b.std_error for a, b in zip(knowing, naive, strict=True))
    assert {one.df for one in knowing} == {20.0}  # 24 wards less 4 interviewers
    assert min(one.p_adjusted for one in naive) < 0.01 < min(one.p_adjusted for one in knowing)
    together = resemblance(y, names, cluster=wards)
    assert together is not None
    assert together.p_value > 0.01


def test_false_alarms_are_as_rare_as_promised() -> None:
    rng = np.random.default_rng(12)
    who = np.array([f"E{n % 7}" for n in range(210)], dtype=object)
    arms = np.array(["a", "b"] * 105, dtype=object)
    alarms = sum(
        any(one.p_adjusted < 0.05 for one in deviations(rng.normal(0, 1, 210), who, arms)) for _ in range(300)
    )
    assert alarms <= 27  # 5 % of 300 and four standard errors


def test_what_the_campaign_did_is_not_taken_for_what_interviewers_do() -> None:
    rng = np.random.default_rng(2)
    who = np.array([f"E{n % 4}" for n in range(400)], dtype=object)
    arms = np.where((np.arange(400) % 4 < 2) == (rng.random(400) < 0.8), "campaign", "comparison").astype(
        object
    )
    values = np.where(arms == "campaign", 5.0, 0.0) + rng.normal(0, 1, 400)
    blind, knowing = resemblance(values, who), resemblance(values, who, arms)
    assert blind is not None
    assert knowing is not None
    assert blind.icc > 0.2 > 0.02 > knowing.icc


def test_nothing_is_said_where_nothing_can_be() -> None:
    who = np.array(["E1"] * 20, dtype=object)
    assert resemblance(np.arange(20.0), who) is None
    assert deviations(np.arange(20.0), who) == ()
    assert resemblance(np.ones(20), np.array(["E1", "E2"] * 10, dtype=object)) is None


def test_an_interviewer_alone_in_an_arm_is_not_compared() -> None:
    who = np.array(["E1"] * 20 + ["E2", "E3"] * 20, dtype=object)
    arms = np.array(["campaign"] * 20 + ["comparison"] * 40, dtype=object)
    found = deviations(np.random.default_rng(1).normal(0, 1, 60), who, arms)
    assert {one.interviewer for one in found} == {"E2", "E3"}
