"""Luck, don't knows, decoys and benchmarks, by tables worked out by hand."""

import json
from pathlib import Path

import pandas as pd
import pytest

from campaigns.guessing import Answered, guess_corrected
from tests.campaigns.command_line import awareness


# person, before, after on one item with four options, "b" right; dk: don't know
ANSWERS = [
    ("p1", "b", "b"), ("p2", "a", "b"), ("p3", "dk", "b"), ("p4", "dk", "b"), ("p5", "c", "c"), ("p6", "b", "a"),
    ("p7", "dk", "dk"), ("p8", "a", "dk"), ("p9", "b", None),
]  # fmt: skip


def survey() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"id": person, "wave": wave, "q": answer}
            for person, *answers in ANSWERS
            for wave, answer in zip(("pre", "post"), answers, strict=True)
        ]
    )


def scored(folder: Path, rows: pd.DataFrame, plan: str) -> list[dict[str, object]]:
    file, data = folder / "plan.yaml", folder / "data.csv"
    file.write_text(plan, "utf-8")
    rows.to_csv(data, index=False)
    run = awareness("score", file, "--data", data)
    assert run.returncode == 0, run.stderr
    return list(json.loads(run.stdout))


KNOWS = """
outcomes: [{id: knows, score: {proportion_correct: {q: b}, dont_know: incorrect, options: 4}}]
columns: {wave: {column: wave, before: pre, after: post}, respondent: id}
missing_codes: {dk: dont_know}
"""


def test_right_minus_wrong_over_the_other_options_takes_luck_out() -> None:
    assert guess_corrected(Answered(right=6, wrong=3, dont_know=1), 4) == pytest.approx(0.5)
    assert guess_corrected(Answered(right=25, wrong=75, dont_know=0), 4) == pytest.approx(0.0)
    assert guess_corrected(Answered(right=6, wrong=3, dont_know=1), None) is None
    assert guess_corrected(Answered(right=0, wrong=0, dont_know=0), 4) is None


def test_the_table_of_transitions_and_both_rules_for_dont_know(tmp_path: Path) -> None:
    (found,) = scored(tmp_path, survey(), KNOWS)
    # 17 answers: b b b b b b b = 3 before + 4 after; wrong a c a = 3 before, c a = 2 after; dk 3 + 2
    assert found["guessing"] == [
        {
            "item": "q", "right": 7, "wrong": 5, "dont_know": 5, "options": 4,
            "share_right": pytest.approx(7 / 17), "share_corrected": pytest.approx((7 - 5 / 3) / 17),
        }
    ]  # fmt: skip
    assert found["dont_know"] == {"incorrect": pytest.approx(7 / 17), "missing": pytest.approx(7 / 12)}
    assert found["difficulty"] == {"q": pytest.approx(7 / 17)}
    (moved,) = found["transitions"]  # type: ignore[misc]
    assert moved["n"] == 8
    assert moved["counts"] == {
        "right": {"right": 1, "wrong": 1, "dont_know": 0},
        "wrong": {"right": 1, "wrong": 1, "dont_know": 1},
        "dont_know": {"right": 2, "wrong": 0, "dont_know": 1},
    }
    assert moved["gain"] == pytest.approx(4 / 8 - 2 / 8)
    assert moved["guess_corrected_gain"] == pytest.approx((4 - 2 / 3) / 8 - (2 - 3 / 3) / 8)


def test_every_arm_has_a_table_of_transitions_of_its_own(tmp_path: Path) -> None:
    reached = survey().assign(arm=lambda rows: rows["id"].isin(["p1", "p2", "p3", "p4"]).astype(int))
    plan = KNOWS.replace(
        "respondent: id}", 'respondent: id, arm: {column: arm, campaign: "1", comparison: "0"}}'
    )
    (found,) = scored(tmp_path, reached, plan)
    everybody, campaign, comparison = found["transitions"]  # type: ignore[misc]
    assert [one["arm"] for one in (everybody, campaign, comparison)] == [None, "campaign", "comparison"]
    assert everybody["n"] == campaign["n"] + comparison["n"] == 8
    assert campaign["counts"]["dont_know"] == {"right": 2, "wrong": 0, "dont_know": 0}
    assert campaign["gain"] == pytest.approx(4 / 4 - 1 / 4)
    assert comparison["counts"]["dont_know"] == {"right": 0, "wrong": 0, "dont_know": 1}
    assert comparison["gain"] == pytest.approx(0 / 4 - 1 / 4)


def test_who_answers_twice_in_a_wave_moves_nowhere(tmp_path: Path) -> None:
    twice = pd.concat([survey(), pd.DataFrame([{"id": "p1", "wave": "post", "q": "a"}])])
    (found,) = scored(tmp_path, twice, KNOWS)
    assert found["transitions"][0]["n"] == 7  # type: ignore[index]


def test_without_declared_options_nothing_is_corrected(tmp_path: Path) -> None:
    (found,) = scored(tmp_path, survey(), KNOWS.replace(", options: 4", ""))
    assert found["guessing"][0]["share_corrected"] is None  # type: ignore[index]
    assert found["transitions"][0]["guess_corrected_gain"] is None  # type: ignore[index]


def test_recall_less_the_recall_of_a_campaign_that_never_was(tmp_path: Path) -> None:
    rows = pd.DataFrame(
        {"heard": ["yes"] * 6 + ["no"] * 3 + [None], "fake": ["yes"] * 2 + ["no"] * 6 + ["yes", "yes"]}
    )
    (found,) = scored(
        tmp_path, rows, "outcomes: [{id: r, score: {decoy_adjusted: {recalled: heard, decoy: fake}}}]\n"
    )
    # nine who answered both: 6 recall, 3 recall the decoy; differences 0 0 1 1 1 1 0 0 -1
    assert found["mean"] == pytest.approx(3 / 9)
    recall = found["recall"]
    assert isinstance(recall, dict)
    assert (recall["n"], recall["recalled"], recall["decoy"]) == (
        9,
        pytest.approx(6 / 9),
        pytest.approx(3 / 9),
    )
    assert recall["adjusted"] == pytest.approx(3 / 9)
    assert recall["std_error"] == pytest.approx(pd.Series([0, 0, 1, 1, 1, 1, 0, 0, -1]).std() / 3)
    assert (found["floor"], found["ceiling"]) == (pytest.approx(1 / 9), pytest.approx(4 / 9))


def test_beliefs_are_held_against_the_benchmark_and_not_against_more(tmp_path: Path) -> None:
    rows = pd.DataFrame({"belief": [0.12, 0.5, 0.02, 0.3, None]})
    plan = "outcomes: [{id: c, score: {calibration: {belief: belief, benchmark: 0.12, source: IOM, date: 2026-01-31}}}]\n"
    (found,) = scored(tmp_path, rows, plan)
    assert found["mean"] == pytest.approx((0 + 0.38 + 0.10 + 0.18) / 4)
    assert found["calibration"] == {
        "n": 4, "benchmark": 0.12, "source": "IOM", "date": "2026-01-31", "mean_belief": pytest.approx(0.235), "mean_error": pytest.approx(0.165), "over": 0.5,
        "under": 0.25, "exact": 0.25,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("score", "said"),
    [
        ("{calibration: {belief: belief}}", "benchmark"),
        ("{decoy_adjusted: {recalled: belief}}", "decoy"),
        ("{proportion_correct: {belief: b}, options: {other: 4}}", "other"),
        ("{proportion_correct: {belief: b}, options: 1}", "options"),
        ("{calibration: {belief: belief, benchmark: 1, of: 2}}", "of"),
        ("{calibration: {belief: belief, benchmark: 1, date: lately}}", "date"),
    ],
)
def test_what_is_absent_or_unknown_is_said(tmp_path: Path, score: str, said: str) -> None:
    plan, data = tmp_path / "plan.yaml", tmp_path / "data.csv"
    plan.write_text(f"outcomes: [{{id: c, score: {score}}}]\n", "utf-8")
    pd.DataFrame({"belief": ["b", "a"]}).to_csv(data, index=False)
    run = awareness("score", plan, "--data", data)
    assert run.returncode == 2
    assert said in run.stderr
