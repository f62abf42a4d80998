"""Logit, Poisson and ordered logit report the difference in the outcome's own unit, with the variances of R."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from campaigns.effects import NotEstimable
from tests.campaigns.made_up import interviews
from tests.campaigns.plans_on_files import ARM, CHANGE, DID, agrees, effects_of, printed_by_r, the_effect


R_MODELS = printed_by_r("models.json")
KNOWS, SIGNS, LEVEL = ("knows", "logit"), ("signs", "poisson"), ("level", "ordered_logit")
# outcome and model, design, columns, what else the analysis says, whether weighted
CASES: dict[str, tuple[tuple[str, str], str, str, str, bool]] = {
    "logit": (KNOWS, "randomised", ARM, "covariates: [female, age], fixed_effects: [district]", False),
    "logit_weighted": (KNOWS, "randomised", ARM, "covariates: [female]", True),
    "logit_did": (KNOWS, "difference_in_differences", DID, "covariates: [female]", False),
    "logit_did_weighted": (KNOWS, "difference_in_differences", DID, "covariates: []", True),
    "logit_change": (KNOWS, "pre_post", CHANGE, "covariates: [age]", False),
    "poisson": (SIGNS, "randomised", ARM, "covariates: [female, age]", False),
    "poisson_did_weighted": (SIGNS, "difference_in_differences", DID, "fixed_effects: [district]", True),
    "ordered": (LEVEL, "randomised", ARM, "covariates: [female, age]", False),
    "ordered_did_weighted": (LEVEL, "difference_in_differences", DID, "covariates: []", True),
}


def survey() -> pd.DataFrame:
    rows = interviews()
    rows["signs"] = np.maximum(0, np.floor(rows["score"] / 12) - 2)
    rows["level"] = pd.cut(rows["score"], [-np.inf, 44, 50, 56, np.inf], labels=False) + 1
    return rows.drop(columns=["@wave", "@arm", "@cluster"])


@pytest.mark.parametrize("case", sorted(R_MODELS))
def test_average_marginal_effects_and_their_errors_are_those_of_r(case: str, tmp_path: Path) -> None:
    name = max((name for name in CASES if case.startswith(name)), key=len)
    kind = case.removeprefix(f"{name}_")
    (outcome, model), design, columns, more, weighted = CASES[name]
    rows = survey()
    if design == "randomised":
        rows = rows[rows["after"] == 1]
    if design == "pre_post":
        rows = rows[rows["arm"] == 1]
    cluster = "[village, age]" if "two_way" in kind else "village"
    columns += f", cluster: {cluster}" + (", weight: weight" if weighted else "")
    columns += ", stratum: district" if kind == "linearised" else ""
    errors = kind.removeprefix("two_way_")
    effect = the_effect(
        tmp_path,
        rows,
        outcome=outcome,
        columns=columns,
        analysis=f"design: {design}, model: {model}, standard_errors: {errors}, {more}",
    )
    agrees(effect, R_MODELS[case], rel=1e-7)


def test_without_covariates_a_logit_says_the_difference_in_proportions(tmp_path: Path) -> None:
    rows = survey().query("after == 1")
    plan = {"columns": f"{ARM}, cluster: village", "outcome": "knows"}
    for errors in ("CR0", "CR1S"):
        linear = the_effect(tmp_path, rows, analysis=f"design: randomised, standard_errors: {errors}", **plan)
        logit = the_effect(
            tmp_path, rows, analysis=f"design: randomised, standard_errors: {errors}, model: logit", **plan
        )
        assert logit.estimate == pytest.approx(linear.estimate, rel=1e-9)
        assert logit.std_error == pytest.approx(linear.std_error, rel=1e-9)


def test_two_ordered_answers_are_a_logit(tmp_path: Path) -> None:
    plan = {"columns": f"{DID}, cluster: village, weight: weight", "outcome": "knows"}
    base = "design: difference_in_differences, standard_errors: CR1S, covariates: [age]"
    logit = the_effect(tmp_path, survey(), analysis=f"{base}, model: logit", **plan)
    ordered = the_effect(tmp_path, survey(), analysis=f"{base}, model: ordered_logit", **plan)
    assert ordered.estimate == pytest.approx(logit.estimate, rel=1e-8)
    assert ordered.std_error == pytest.approx(logit.std_error, rel=1e-8)


def test_several_arms_each_have_the_effect_on_everybody(tmp_path: Path) -> None:
    rows = survey().query("after == 1").copy()
    rows.loc[rows["village"].isin(["v02", "v06", "v10", "v14"]), "arm"] = 2
    found = effects_of(
        tmp_path,
        rows,
        outcome="knows",
        columns="arm: {column: arm, campaign: [1, 2], comparison: 0}, cluster: village",
        analysis="design: randomised, model: logit, standard_errors: CR1",
    )
    by_arm = rows.groupby("arm")["knows"].mean()
    for effect in found:
        expected = by_arm[int(effect.subject.term)] - by_arm[0]
        assert getattr(effect, "estimate", None) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("outcome", "model", "code"),
    [
        ("score", "logit", "not_binary"),
        ("below_zero", "poisson", "negative_counts"),
        ("score", "ordered_logit", "too_many_levels"),
        ("all_know", "logit", "no_variation"),
        ("campaign_knows", "logit", "separation"),
        ("campaign_knows", "ordered_logit", "separation"),
        ("campaign_alone_counts", "poisson", "separation"),
    ],
)
def test_an_outcome_that_the_model_cannot_carry_is_not_estimated(
    outcome: str, model: str, code: str, tmp_path: Path
) -> None:
    rows = survey().query("after == 1")
    rows = rows.assign(
        below_zero=rows["knows"] - 1,
        all_know=1,
        campaign_knows=np.where(rows["arm"] == 1, 1, rows["knows"]),
        campaign_alone_counts=np.where(rows["arm"] == 1, rows["signs"], 0),
    )
    (effect,) = effects_of(
        tmp_path,
        rows,
        outcome=outcome,
        columns=ARM,
        analysis=f"design: randomised, model: {model}, standard_errors: HC1",
    )
    assert isinstance(effect, NotEstimable)
    assert effect.code == code
    assert effect.reason("en") != effect.reason("ko")
    assert effect.remedy()
