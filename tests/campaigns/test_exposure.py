"""Exposure that people chose: the doubly robust comparison against R, and what is said beside it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from campaigns.doubly_robust import CannotCompare, compare_exposed, e_value
from tests.campaigns.command_line import Run, awareness


R = json.loads((Path(__file__).parents[1] / "reference" / "exposure.json").read_text("utf-8"))
DATA = pd.DataFrame(R["data"])


def run(
    folder: Path, outcome: str, columns: dict[str, Any], data: pd.DataFrame = DATA, **analysis: object
) -> Run:
    arm = {"column": "exposed", "campaign": "1", "comparison": "0"}
    plan = {
        "outcomes": [{"id": "o", "column": outcome}],
        "columns": {"arm": arm, **columns},
        "analysis": {"design": "exposure", **analysis},
    }
    (folder / "plan.yaml").write_text(yaml.safe_dump(plan), "utf-8")
    data.to_csv(folder / "data.csv", index=False)
    return awareness("estimate", folder / "plan.yaml", "--data", folder / "data.csv")


COVARIATES = {"covariates": ["x", {"categorical": "z"}]}


@pytest.mark.parametrize(
    ("case", "outcome", "columns"),
    [
        ("plain", "y", {}),
        ("weighted", "y", {"weight": "w"}),
        ("clustered", "y", {"weight": "w", "cluster": "village"}),
        ("binary", "knows", {"cluster": "village"}),
    ],
)
def test_the_comparison_is_that_of_the_stacked_equations_in_r(
    tmp_path: Path, case: str, outcome: str, columns: dict[str, str]
) -> None:
    found = json.loads(run(tmp_path, outcome, columns, **COVARIATES).stdout)[0]
    assert found["estimate"] == pytest.approx(R[case]["estimate"], rel=1e-9)
    assert found["std_error"] == pytest.approx(R[case]["std_error"], rel=1e-7)
    assert found["mean_comparison_after"] == pytest.approx(R[case]["mean_comparison_after"], rel=1e-9)
    assert (found["estimand"], found["term"]) == ("association", "effect")
    assert any(caveat.startswith("E-value") for caveat in found["caveats"])


def test_without_covariates_it_is_the_difference_in_means_and_says_that_nothing_is_adjusted_for(
    tmp_path: Path,
) -> None:
    found = json.loads(run(tmp_path, "y", {}).stdout)[0]
    means = DATA.groupby("exposed")["y"].mean()
    assert found["estimate"] == pytest.approx(means[1] - means[0], rel=1e-12)
    variances = DATA.groupby("exposed")["y"].apply(lambda y: y.var(ddof=0) / len(y))
    assert found["std_error"] == pytest.approx(float(variances.sum()) ** 0.5, rel=1e-9)
    assert any("No covariate" in caveat for caveat in found["caveats"])


def test_one_right_model_is_enough() -> None:
    random = np.random.default_rng(11)
    n = 40_000
    x = random.normal(size=n)
    bend = np.exp(x / 2)
    by_bend = random.random(n) < 1 / (1 + np.exp(-(bend - 1.2)))
    by_x = random.random(n) < 1 / (1 + np.exp(-x))
    constant = np.ones(n)
    for exposed, outcome in (
        (by_x, 0.5 * by_x + bend + random.normal(size=n)),  # the chance is right, the outcome is not
        (by_bend, 0.5 * by_bend + x + random.normal(size=n)),  # the outcome is right, the chance is not
    ):
        found = compare_exposed(outcome, exposed.astype(float), np.column_stack([constant, x]), constant)
        assert abs(found.estimate - 0.5) < 4 * found.variance**0.5
        naive = outcome[exposed].mean() - outcome[~exposed].mean()
        assert abs(naive - 0.5) > 10 * found.variance**0.5


def test_e_values_are_those_of_the_paper() -> None:
    assert e_value(3.9) == pytest.approx(7.26, abs=0.005)
    assert e_value(1 / 3.9) == pytest.approx(e_value(3.9))
    assert e_value(1.0) == 1.0


def test_covariates_that_decide_exposure_leave_nobody_to_compare(tmp_path: Path) -> None:
    decided = DATA.assign(x=np.where(DATA["exposed"] == 1, DATA["x"].abs() + 1, -DATA["x"].abs() - 1))
    ended = run(tmp_path, "y", {}, decided, covariates=["x"])
    assert ended.returncode == 4
    assert "exactly who was exposed" in json.loads(ended.stdout)[0]["not_estimable"]["reason"]


def test_covariates_that_say_the_same_twice_are_named() -> None:
    random = np.random.default_rng(2)
    x = random.normal(size=50)
    with pytest.raises(CannotCompare, match="covariates_dependent"):
        compare_exposed(x, (x > 0).astype(float), np.column_stack([np.ones(50), x, 2 * x]), np.ones(50))


def test_only_interviews_after_the_campaign_count(tmp_path: Path) -> None:
    waves = DATA.assign(wave=["before", "after"] * (len(DATA) // 2))
    columns = {"wave": {"column": "wave", "before": "before", "after": "after"}}
    found = json.loads(run(tmp_path, "y", columns, waves, **COVARIATES).stdout)[0]
    assert found["n"] == len(DATA) // 2
