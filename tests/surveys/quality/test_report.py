"""What findings could do to the result, by brute force; the ranking; and that the order of rows never matters."""

from datetime import date
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.quality.damage import largest_shift, shift_without, with_damage
from surveys.quality.findings import Found
from surveys.quality.interviews import interviews_of
from surveys.quality.report import CHECKS, quality_report
from surveys.quality.setting import PlannedQuota
from tests.surveys.quality.made import FACTS, FORM, GRID, drawn, made, measure, setting, table


def result(values: np.ndarray, weight: np.ndarray, arm: np.ndarray) -> float:
    """The weighted difference in means, plainly."""
    means = [
        sum(v * w for v, w, a in zip(values, weight, arm, strict=True) if a == one)
        / sum(w for w, a in zip(weight, arm, strict=True) if a == one)
        for one in ("campaign", "comparison")
    ]
    return means[0] - means[1]


def test_the_largest_shift_is_that_of_every_way_to_answer() -> None:
    rng = np.random.default_rng(7)
    for _ in range(20):
        arm = np.array(["campaign"] * 5 + ["comparison"] * 4, dtype=object)
        values, weight = rng.random(9), rng.uniform(0.5, 2, 9)
        affected = rng.random(9) < 0.5
        plain = result(values, weight, arm)
        worst = 0.0
        for turned in product((0.0, 1.0), repeat=int(affected.sum())):
            changed = values.copy()
            changed[affected] = turned
            worst = max(worst, abs(result(changed, weight, arm) - plain))
        assert largest_shift(values, weight, arm, affected, 0, 1, "comparison") == pytest.approx(
            worst, abs=1e-12
        )


def test_leaving_interviews_out_never_moves_more_than_turning_their_answers_can() -> None:
    rng = np.random.default_rng(8)
    for _ in range(200):
        n = 12
        arm = np.array(["campaign", "comparison"] * 6, dtype=object)
        values, weight, affected = rng.random(n), rng.uniform(0.5, 2, n), rng.random(n) < 0.4
        without = shift_without(values, weight, arm, affected, "comparison")
        if without is None:
            continue
        kept = ~affected
        plain = abs(result(values[kept], weight[kept], arm[kept]) - result(values, weight, arm))
        assert without == pytest.approx(plain, abs=1e-12)
        assert without <= largest_shift(values, weight, arm, affected, 0, 1, "comparison") + 1e-12


def test_with_one_group_the_mean_is_what_moves_and_missing_scores_move_nothing() -> None:
    arm = np.full(4, None, dtype=object)
    values = np.array([1.0, 0.0, np.nan, 1.0])
    affected = np.array([True, False, True, False])
    assert largest_shift(values, np.ones(4), arm, affected, 0, 1, "comparison") == pytest.approx(1 / 3)
    assert shift_without(values, np.ones(4), arm, affected, "comparison") == pytest.approx(abs(0.5 - 2 / 3))
    assert shift_without(values, np.ones(4), arm, np.ones(4, dtype=bool), "comparison") is None


def test_of_several_arms_the_worst_counts() -> None:
    arm = np.array(["radio", "radio", "street", "street", "comparison", "comparison"], dtype=object)
    values, affected = np.zeros(6), np.array([True, False, False, False, False, False])
    assert largest_shift(values, np.ones(6), arm, affected, 0, 1, "comparison") == pytest.approx(0.5)


def test_a_question_that_no_primary_outcome_uses_does_no_damage() -> None:
    interviews = made([{"f01": "yes", "f02": "no"}] * 4)
    unused, used, whole = (
        Found(code="far_out", severity="look", count=1, of=4, interviews=("i0001",), items=items)
        for items in (("f02",), ("f01",), ())
    )
    found = with_damage([unused, used, whole], interviews, setting(measures=[measure([1, 0, 1, 0])]))
    assert found[0].damage is None
    assert found[1].damage == found[2].damage
    assert found[1].damage is not None
    assert found[1].damage.turned == pytest.approx(0.25)


def spoilt(seed: int) -> list[dict[str, object]]:
    """Interviews with one of every thing that can be wrong."""
    rows = drawn(160, seed)
    for number, row in enumerate(rows):
        if row["interviewer"] == "E2":
            row.update(dict.fromkeys(GRID, "2"))
            row["duration"] = "6"
        if row["interviewer"] == "E3":
            row.update(dict.fromkeys(FACTS[number % 5 :: 2], ...))
    rows[20].update(started="2026-09-04T23:30:00+05:45", interview_date="2026-10-04", age=640)
    rows[90] = {**rows[91], "submission": "i0090"}
    return rows


def report_on(rows: list[dict[str, object]], order: list[int] | None = None) -> object:
    made_table = table(rows)
    if order is not None:
        made_table = made_table.take(order)
    interviews = interviews_of(made_table, FORM, country="NP")
    by_id = {str(row["submission"]): float(row["f01"] == "yes") for row in rows}
    design = setting(
        opens=date(2026, 9, 1),
        closes=date(2026, 9, 30),
        measures=[measure([by_id[one] for one in interviews.ids.tolist()])],
        quotas=[PlannedQuota(by={}, target=400), PlannedQuota(by={"sex": "f"}, target=60)],
    )
    return quality_report(interviews, design, FORM)


def test_every_check_is_made_and_the_worst_comes_first() -> None:
    report = report_on(spoilt(51))
    assert {one.check for one in report.checks} == {*CHECKS, "straight_lining"}
    found = {one.code for _, one in report.ranked}
    assert found >= {
        "quota_behind", "after_closing", "at_night", "too_short", "straight_lining_interviewer",
        "dont_know_interviewer", "far_out", "copied", "fast_interviewer",
    }  # fmt: skip
    harm = [one.damage.relative if one.damage and one.severity != "note" else 0 for _, one in report.ranked]
    assert harm == sorted(harm, reverse=True)
    assert report.ranked[0][1].interviewer in {"E2", "E3"}
    rows = {row.interviewer: row for row in report.interviewers}
    assert rows["E2"].minutes == 6
    assert rows["E2"].straight_lined > 0.95
    assert rows["E3"].dont_know > 3 * rows["E1"].dont_know
    team = report.interviewers[-1]
    assert (team.interviewer, team.interviews) == (None, 160)
    assert sum(row.interviews for row in report.interviewers[:-1]) == report.interviews == 160
    assert sum(count for _, count in report.days) == 160


@settings(max_examples=8, deadline=None)
@given(st.permutations(range(160)))
def test_the_order_of_the_rows_changes_nothing(order: list[int]) -> None:
    rows = spoilt(51)
    assert report_on(rows, order) == report_on(rows)


def test_interviews_without_ids_have_an_order_of_their_own() -> None:
    rows = [{**row, "submission": None} for row in drawn(30, 3)]
    first = interviews_of(table(rows), FORM)
    second = interviews_of(table(rows).take(list(range(29, -1, -1))), FORM)
    assert first.ids.tolist() == second.ids.tolist()
    assert first.minutes.tolist() == second.minutes.tolist()


def test_no_interviews_is_a_report_too() -> None:
    report = quality_report(made([]), setting(quotas=[PlannedQuota(by={}, target=10)]), FORM)
    assert report.interviews == 0
    assert report.quotas[0].to_do == 10
    assert report.interviewers == ()
