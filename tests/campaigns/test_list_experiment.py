"""A published list experiment from its counts, and designs that could not have come about."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from campaigns.list_experiment import list_experiment
from tests.campaigns.command_line import awareness
from tests.shared import SHARED, needs_shared


SHORT, LONG = (8, 132, 222, 227), (19, 123, 229, 219, 34)  # the race survey of 1991, statements held


def counts() -> tuple[np.ndarray, np.ndarray]:
    held = np.concatenate([np.repeat(np.arange(4.0), SHORT), np.repeat(np.arange(5.0), LONG)])
    return held, np.arange(len(held)) >= sum(SHORT)


def test_the_race_survey_comes_out_as_published() -> None:
    found = list_experiment(*counts(), listed=3)
    assert found.share == pytest.approx(0.0678, abs=5e-5)
    assert found.std_error == pytest.approx(0.0496, abs=5e-5)
    assert (found.n_long, found.n_short) == (624, 589)
    assert found.all_held == pytest.approx(227 / 589)
    assert found.none_held == pytest.approx(8 / 589)
    implied = [
        (
            sum(SHORT[: y + 1]) / 589 - sum(LONG[: y + 1]) / 624,
            sum(LONG[: y + 2]) / 624 - sum(SHORT[: y + 1]) / 589,
        )
        for y in range(3)
    ]
    assert found.smallest == pytest.approx(min(min(pair) for pair in implied))
    assert found.smallest < 0  # by chance
    assert found.p_design > 0.05


def test_a_list_that_changes_the_other_answers_is_found_out() -> None:
    """Whoever has the longer list holds fewer statements: nobody could hold the sensitive one a negative time."""
    rng = np.random.default_rng(1)
    long = np.arange(800) % 2 == 0
    held = rng.binomial(3, np.where(long, 0.35, 0.6)).astype(float)
    found = list_experiment(held, long, listed=3)
    assert found.share < 0
    assert found.p_design < 0.001
    assert found.smallest < -0.1


def test_a_design_that_holds_is_seldom_doubted() -> None:
    rng = np.random.default_rng(3)
    doubted = 0
    for _ in range(300):
        long = rng.random(400) < 0.5
        held = rng.binomial(3, 0.5, 400) + long * (rng.random(400) < 0.3)
        doubted += list_experiment(held.astype(float), long, listed=3).p_design < 0.05
    assert doubted <= 300 * 0.05 + 3 * np.sqrt(300 * 0.05 * 0.95)


PLAN = """
outcomes: [{id: anger, score: {list_experiment: {column: y, items: 3}}}]
columns: {arm: {column: treat, campaign: 1, comparison: 0}}
analysis: {design: randomised, standard_errors: HC2, p_value: normal}
"""


@needs_shared
@pytest.mark.parametrize(("where", "share", "error"), [("", 0.0678, 0.0496), ("where: {south: 1}\n", 0.2587, 0.1058), ("where: {south: 0}\n", 0.0054, 0.0560)])  # fmt: skip
def test_the_study_comes_out_of_score_and_of_estimate(
    tmp_path: Path, where: str, share: float, error: float
) -> None:
    plan, data = tmp_path / "plan.yaml", SHARED / "studies" / "h27_list_experiment" / "data.csv"
    plan.write_text(PLAN + where, "utf-8")
    (scored,) = json.loads(awareness("score", plan, "--data", data).stdout)
    (effect,) = json.loads(awareness("estimate", plan, "--data", data).stdout)
    found = scored["list_experiment"]
    assert (found["share"], found["std_error"]) == (
        pytest.approx(share, abs=6e-5),
        pytest.approx(error, abs=6e-5),
    )
    assert effect["estimate"] == pytest.approx(found["share"])
    assert effect["std_error"] == pytest.approx(found["std_error"])


def test_what_a_list_score_lacks_is_said(tmp_path: Path) -> None:
    plan, data = tmp_path / "plan.yaml", tmp_path / "data.csv"
    pd.DataFrame({"y": [1, 2], "treat": [0, 1]}).to_csv(data, index=False)
    plan.write_text(PLAN.replace(", items: 3", ""), "utf-8")
    run = awareness("score", plan, "--data", data)
    assert run.returncode == 2
    assert "items" in run.stderr
