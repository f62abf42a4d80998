"""``awareness score``, as a person runs it, and the numbers of R."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from campaigns.reliability import reliability_of
from tests.campaigns.command_line import awareness
from tests.shared import SHARED, needs_shared


R = json.loads((Path(__file__).parents[1] / "reference" / "reliability.json").read_text("utf-8"))
ITEMS = ["q1", "q2", "q3", "q4", "q5"]
BFI = SHARED / "reference" / "alpha_omega_bfi"
REVERSED = {"A": ["A1"], "C": ["C4", "C5"], "E": ["E1", "E2"], "N": [], "O": ["O2", "O5"]}
OUTCOMES = [
    {"id": "mean", "score": {"mean": ITEMS, "reverse": ["q4"], "scale": [1, 5]}},
    {"id": "icw_index", "score": {"icw_index": ITEMS, "reverse": ["q4"]}},
    {"id": "first_component", "score": {"first_component": ITEMS, "reverse": ["q4"]}},
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("score")
    pd.DataFrame(R["data"]).to_csv(place / "data.csv", index=False)
    return place


def scores(folder: Path, plan: dict[str, Any], data: Path | None = None, *more: str) -> list[dict[str, Any]]:
    (folder / "plan.yaml").write_text(yaml.safe_dump(plan), "utf-8")
    ended = awareness("score", folder / "plan.yaml", "--data", data or folder / "data.csv", *more)
    assert ended.returncode == 0, ended.stderr
    found: list[dict[str, Any]] = json.loads(ended.stdout)
    return found


def plan_with_arms() -> dict[str, Any]:
    arm = {"column": "group", "campaign": "campaign", "comparison": "comparison"}
    return {"outcomes": OUTCOMES, "columns": {"arm": arm}}


def test_reliability_is_that_of_r(folder: Path) -> None:
    found = scores(folder, plan_with_arms())[0]
    expected = R["mean"]
    assert list(found["item_rest"].values()) == pytest.approx(expected["item_rest"], rel=1e-9)
    dropped = [item["alpha_if_dropped"] for item in found["items"]]
    assert dropped == pytest.approx(expected["alpha_if_dropped"], rel=1e-9)
    assert found["omega"] == pytest.approx(expected["omega"], rel=1e-6)
    for name in ("n", "mean", "sd", "alpha", "alpha_low", "alpha_high", "n_complete", "ceiling"):
        assert found[name] == pytest.approx(expected[name], rel=1e-9), name


def test_weights_and_scores_of_indices_are_those_of_r(folder: Path) -> None:
    found = {
        row["outcome"]: row
        for row in scores(folder, plan_with_arms(), None, "--scores", str(folder / "s.csv"))
    }
    table = pd.read_csv(folder / "s.csv")
    assert table["row"].tolist() == list(range(1, len(R["data"]) + 1))
    for index in ("icw_index", "first_component"):
        assert list(found[index]["weights"].values()) == pytest.approx(R[index]["weights"], rel=1e-9)
        np.testing.assert_allclose(table[index], np.array(R[index]["scores"], float), rtol=1e-9, atol=1e-12)
        assert found[index]["mean"] == pytest.approx(R[index]["mean"], rel=1e-9)


@needs_shared
@pytest.mark.parametrize("scale", list("ACENO"))
def test_scales_computed_elsewhere(scale: str, tmp_path: Path) -> None:
    items = [f"{scale}{number}" for number in range(1, 6)]
    score = {"mean": items, "reverse": REVERSED[scale], "scale": [1, 6]}
    found = scores(tmp_path, {"outcomes": [{"id": scale, "score": score}]}, BFI / "data.csv")[0]
    expected = json.loads((BFI / "expected.json").read_text("utf-8"))["results"][scale]
    assert found["alpha"] == pytest.approx(expected["alpha_raw"], rel=1e-9)
    assert found["alpha_low"] == pytest.approx(expected["feldt_ci_low"], rel=1e-9)
    assert found["alpha_high"] == pytest.approx(expected["feldt_ci_high"], rel=1e-9)
    assert found["omega"] == pytest.approx(expected["omega_total_cfa_ml"], rel=1e-5)
    assert list(found["item_rest"].values()) == pytest.approx(expected["item_rest_r"], rel=1e-9)


def test_rows_left_out_by_the_plan_have_no_score_and_missing_reasons_are_counted(folder: Path) -> None:
    frame = pd.DataFrame(R["data"]).assign(know=["yes", "no", "dk", "ref"] * 60)
    frame.to_csv(folder / "know.csv", index=False)
    plan = {
        "outcomes": [{"id": "k", "score": {"proportion_correct": {"know": "yes"}}}],
        "missing_codes": {"dk": "dont_know", "ref": "refused"},
        "where": {"group": "campaign"},
    }
    found = scores(folder, plan, folder / "know.csv", "--scores", str(folder / "know_scores.csv"))[0]
    assert (found["n"], found["mean"], found["ceiling"]) == (90, pytest.approx(1 / 3), pytest.approx(1 / 3))
    assert found["items"][0]["missing"] == {"dont_know": 30, "refused": 30}
    assert found["alpha"] is None
    assert pd.read_csv(folder / "know_scores.csv")["row"].min() == 121


def test_a_csv_has_one_row_an_outcome(folder: Path) -> None:
    (folder / "plan.yaml").write_text(yaml.safe_dump(plan_with_arms()), "utf-8")
    output = folder / "out.csv"
    assert (
        awareness("score", folder / "plan.yaml", "--data", folder / "data.csv", "--output", output).returncode
        == 0
    )
    table = pd.read_csv(output)
    assert table["outcome"].tolist() == ["mean", "icw_index", "first_component"]
    assert json.loads(table["weights"][1]).keys() == set(ITEMS)


def test_no_score_at_all_ends_with_four(folder: Path) -> None:
    plan = {"outcomes": [{"id": "k", "column": "q1"}], "where": {"group": "nobody"}}
    (folder / "plan.yaml").write_text(yaml.safe_dump(plan), "utf-8")
    assert awareness("score", folder / "plan.yaml", "--data", folder / "data.csv").returncode == 4


def test_what_has_no_reliability_has_none() -> None:
    random = np.random.default_rng(1)
    one = reliability_of(random.normal(size=(40, 1)))
    assert (one.alpha, one.omega, one.item_rest) == (None, None, (None,))
    two = reliability_of(random.normal(size=(40, 2)))
    assert two.omega is None
    assert two.alpha is not None
    constant = reliability_of(np.column_stack([np.ones(40), random.normal(size=(40, 2))]))
    assert constant.omega is None
    assert constant.item_rest[0] is None
    nobody = reliability_of(np.full((5, 3), math.nan))
    assert (nobody.n, nobody.alpha) == (0, None)
