"""Checks of the answers against a plain second implementation or a table counted by hand."""

import json
import statistics
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import beta

from surveys.missing import Missing
from surveys.quality.duplicates import FALSE_PAIRS, check_duplicates, likeness
from surveys.quality.duration import check_duration, limits
from surveys.quality.nonresponse import check_missing, check_reason, missing_by_question, share_missing
from surveys.quality.outliers import check_outliers, fences, skewness
from surveys.quality.straight_lining import check, grids_of, straight_lines
from tests.surveys.quality.made import FACTS, FORM, GRID, drawn, made, measure, setting


FENCES = json.loads((Path(__file__).parents[2] / "reference" / "interviewers.json").read_text("utf-8"))[
    "fences"
]


# Duration


def test_plausible_lengths_are_the_median_and_three_and_a_half_robust_deviations_of_the_logarithm() -> None:
    minutes = np.exp(np.random.default_rng(1).normal(3, 0.5, 61))
    logs = [float(np.log(one)) for one in minutes]
    middle = statistics.median(logs)
    spread = 1.4826 * statistics.median(abs(one - middle) for one in logs)
    found = limits(minutes)
    assert found is not None
    assert found == pytest.approx(
        (np.exp(middle - 3.5 * spread), np.exp(middle + 3.5 * spread), np.exp(middle)), rel=1e-12
    )


def test_a_team_that_takes_the_same_time_is_not_blamed_for_a_minute() -> None:
    found = limits(np.array([20.0] * 30 + [19.0, 21.0]))
    assert found == pytest.approx((12.0, 40.0, 20.0))


def test_short_long_backward_and_unknown_lengths_are_told_apart() -> None:
    lengths = ["24", "25", "23", "26"] * 8 + ["4", "5", "3", "4.5", "240", "-2", None]
    checked = check_duration(made([{"duration": one, "age": 30} for one in lengths]), setting())
    counts = {one.code: (one.count, one.of, one.severity) for one in checked.found}
    assert counts == {
        "too_short": (4, 39, "act"),
        "too_long": (1, 39, "note"),
        "clock_backwards": (1, 39, "look"),
        "no_duration": (1, 39, "note"),
    }
    short = next(one for one in checked.found if one.code == "too_short")
    assert short.interviews == ("i0033", "i0034", "i0035", "i0036")
    assert (short.values["least"], short.values["most"]) == (3.0, 5.0)


def test_a_file_without_a_clock_says_so() -> None:
    assert check_duration(made([{"age": 30}]), setting()).impossible == "no_clock"
    assert check_duration(made([{"age": 30, "duration": "20"}]), setting()).impossible == "too_few"


# Straight-lining


def test_a_grid_is_three_questions_in_a_row_on_one_scale_and_yes_and_no_is_none() -> None:
    assert grids_of(FORM, made(drawn(3, 1)).answers) == [list(GRID)]


def test_straight_lines_are_those_a_plain_reading_finds() -> None:
    rows = drawn(60, 5)
    for row in rows[:9]:
        row.update(dict.fromkeys(GRID, "2"))
    rows[10].update(dict.fromkeys(GRID, ...))  # all don't know is another check's matter
    interviews = made(rows)
    same, complete, chance = straight_lines([interviews.answers[name] for name in GRID])
    plain = [all(isinstance(r[g], str) for g in GRID) and len({r[g] for g in GRID}) == 1 for r in rows]
    assert same.tolist() == plain
    assert complete.tolist() == [all(isinstance(row[g], str) for g in GRID) for row in rows]
    answered = [row for row in rows if all(isinstance(row[g], str) for g in GRID)]
    by_hand = sum(
        float(np.prod([sum(row[g] == level for row in answered) / len(answered) for g in GRID]))
        for level in ("1", "2", "3")
    )
    assert chance == pytest.approx(by_hand, rel=1e-12)


def test_an_interviewer_who_draws_straight_lines_is_named_and_the_others_are_not() -> None:
    rows = drawn(200, 9)
    for row in rows:
        if row["interviewer"] == "E2" and int(str(row["submission"])[1:]) % 10 < 8:
            row.update(dict.fromkeys(GRID, "2"))
    found = check(made(rows), setting(), FORM).found
    named = [one for one in found if one.interviewer is not None]
    assert [(one.interviewer, one.code, one.severity) for one in named] == [
        ("E2", "straight_lining_interviewer", "act")
    ]
    lined = [r for r in rows if r["interviewer"] == "E2" and len({r[g] for g in GRID}) == 1]
    assert named[0].count == len(lined)
    assert set(named[0].interviews) == {row["submission"] for row in lined}


# Don't know, refused, missing


def test_the_six_reasons_are_counted_by_question_as_by_hand() -> None:
    cells: list[object] = [
        "yes",
        ...,
        ("refused",),
        ("not_asked",),
        ("not_applicable",),
        ("blank",),
        ("lost",),
        None,
    ]
    rows = [{"f01": cell, "f02": "no"} for cell in cells]
    first, second = missing_by_question(made(rows))
    assert (first.question, first.interviews, first.asked) == ("f01", 8, 6)
    assert {reason.value: count for reason, count in first.by_reason.items()} == {
        "dont_know": 1, "refused": 1, "not_asked": 1, "not_applicable": 1, "blank": 1, "lost": 1,
    }  # fmt: skip
    assert first.share == pytest.approx(5 / 6)
    assert (second.asked, second.share) == (8, 0.0)


def test_a_dont_know_is_no_gap_where_an_outcome_takes_it_for_an_answer() -> None:
    interviews = made([{"f01": ... if number < 5 else "yes"} for number in range(12)])
    primary = [measure([0.0] * 12)]
    gap = check_missing(interviews, setting(measures=primary)).found
    assert [(one.code, one.severity, one.count, one.of) for one in gap] == [("often_missing", "act", 5, 12)]
    assert (
        check_missing(interviews, setting(measures=primary, dont_know_counts=frozenset({"f01"}))).found == ()
    )
    assert [one.severity for one in check_missing(interviews, setting()).found] == ["note"]


def test_lost_answers_are_asked_for_again() -> None:
    interviews = made([{"f01": ("lost",) if number < 2 else "yes"} for number in range(50)])
    found = check_missing(interviews, setting()).found
    assert [(one.code, one.severity, one.count) for one in found] == [("answers_lost", "act", 2)]


def test_a_text_that_is_kept_back_was_answered_and_is_not_lost() -> None:
    rows = [{"f01": ("lost",) if number < 3 else "yes"} for number in range(50)]
    interviews = made(rows, kept_back={"f01": {"i0001", "i0002", "i0040"}})
    [row] = missing_by_question(interviews)
    assert (row.asked, row.by_reason[Missing.LOST], row.kept_back) == (50, 1, 2)
    assert row.share == pytest.approx(1 / 50)
    assert check_missing(interviews, setting()).found == (
        *check_missing(
            made([{"f01": ("lost",) if number == 2 else "yes"} for number in range(50)]), setting()
        ).found,
    )


def test_the_share_of_dont_knows_is_that_of_the_questions_put() -> None:
    rows = [{"f01": ..., "f02": "yes", "f03": ("not_asked",)}, {"f01": "no", "f02": "no", "f03": "yes"}]
    shares = share_missing(made(rows).answers.values(), Missing.DONT_KNOW)
    assert shares.tolist() == [0.5, 0.0]


@pytest.mark.parametrize(("reason", "cell"), [(Missing.DONT_KNOW, ...), (Missing.REFUSED, ("refused",))])
def test_an_interviewer_who_writes_it_too_often_is_named(reason: Missing, cell: object) -> None:
    rows = drawn(200, 21)
    rng = np.random.default_rng(5)
    for row in rows:
        if row["interviewer"] == "E3":
            row.update({name: cell for name in FACTS if rng.random() < 0.35})
    found = check_reason(made(rows), reason).found
    assert {one.interviewer for one in found} == {"E3"}
    assert found[0].values["rate"] > 0.2
    assert found[0].severity == "act"


def test_nobody_is_named_where_all_do_alike_and_nobody_for_three_interviews() -> None:
    rows = drawn(200, 22)
    rows += [
        {**row, "submission": f"n{number}", "interviewer": "new", **dict.fromkeys(FACTS, ...)}
        for number, row in enumerate(drawn(3, 23))
    ]
    assert check_reason(made(rows), Missing.DONT_KNOW).found == ()


def test_one_question_that_one_interviewer_skips_is_found() -> None:
    rows = drawn(300, 24)
    for row in rows:
        if row["interviewer"] == "E1":
            row["f07"] = ("refused",)
    found = check_reason(made(rows), Missing.REFUSED).found
    assert [(one.interviewer, one.question) for one in found if one.code == "refused_question"] in (
        [("E1", "f07")],
        [],
    )
    assert {one.interviewer for one in found} == {"E1"}


# Outliers


@pytest.mark.parametrize("case", FENCES, ids=["lognormal", "rounded", "left", "counts"])
def test_fences_are_robustbase_s_adjusted_boxplot(case: dict[str, object]) -> None:
    numbers = np.array(case["x"], float)
    assert skewness(np.sort(numbers)) == pytest.approx(case["medcouple"], abs=1e-12)
    low, high = np.quantile(numbers, [0.25, 0.75])
    if [low, high] == case["hinges"]:  # R takes Tukey's hinges, which differ a little where n is not 4k + 1
        assert fences(numbers) == pytest.approx((case["low"], case["high"]), rel=1e-9)
    else:
        assert fences(numbers) == pytest.approx((case["low"], case["high"]), rel=0.02)


def test_a_typing_mistake_is_far_out_and_a_long_tail_is_not() -> None:
    rng = np.random.default_rng(6)
    ages = [*rng.integers(18, 60, 99).tolist(), 999]
    found = check_outliers(made([{"age": age} for age in ages]), setting()).found
    assert [(one.question, one.count, one.of, one.interviews) for one in found] == [
        ("age", 1, 100, ("i0100",))
    ]
    incomes = np.exp(rng.normal(6, 0.8, 100))
    inside = fences(incomes)
    assert inside is not None
    assert ((incomes < inside[0]) | (incomes > inside[1])).sum() == 0


def test_numbers_that_are_nearly_all_the_same_have_no_fences() -> None:
    assert fences(np.array([3.0] * 40 + [9.0])) is None


def test_the_skew_of_many_numbers_is_told_from_some() -> None:
    numbers = np.sort(np.random.default_rng(3).lognormal(size=4001))
    assert skewness(numbers) == pytest.approx(skewness(numbers[::2]), abs=0.01)


# Duplicates


def plainly_alike(rows: list[dict[str, object]]) -> dict[tuple[int, int], float]:
    names = ("sex", "age", *FACTS, *GRID)
    return {
        (a, b): sum(rows[a].get(n) == rows[b].get(n) for n in names) / len(names)
        for a, b in combinations(range(len(rows)), 2)
    }


def test_the_share_of_matching_answers_is_that_of_two_loops() -> None:
    rows = drawn(40, 31)
    rows[7] = {**rows[3], "submission": "i0007"}
    alike = likeness(made(rows))
    assert alike is not None
    pairs = plainly_alike(rows)
    best = [max(share for pair, share in pairs.items() if place in pair) for place in range(40)]
    assert alike.best.tolist() == pytest.approx(best, abs=1e-6)
    assert np.flatnonzero(alike.exact).tolist() == [3, 7]


def test_the_limit_is_the_lowest_share_at_which_chance_gives_hardly_any_pair() -> None:
    rows = drawn(120, 32, interviewers=4)
    for number in (40, 44, 48):  # the same interviewer as 36, one answer changed
        rows[number] = {**rows[36], "submission": rows[number]["submission"], "age": number}
    alike = likeness(made(rows))
    assert alike is not None
    who = [row["interviewer"] for row in rows]
    pairs = plainly_alike(rows)
    apart = [share for (a, b), share in pairs.items() if who[a] != who[b]]
    alone = [share for (a, b), share in pairs.items() if who[a] == who[b]]
    mean, variance = statistics.fmean(apart), statistics.pvariance(apart)
    size = mean * (1 - mean) / variance - 1
    floor = max(0.85, beta.isf(FALSE_PAIRS / len(alone), mean * size, (1 - mean) * size) + 0.5 / 18)
    candidates = sorted({share for share in alone if floor <= share < 1})
    limit = next(
        t for t in candidates
        if sum(share >= t - 1e-6 for share in apart) / len(apart) * len(alone) < FALSE_PAIRS
    )  # fmt: skip
    assert alike.limit == pytest.approx(limit, abs=1e-6)
    assert np.flatnonzero(alike.near).tolist() == [36, 40, 44, 48]


def test_copies_are_mended_and_near_copies_told_by_interviewer() -> None:
    rows = drawn(120, 33, interviewers=4)
    rows[44] = {**rows[40], "submission": "i0044", "age": 71}
    rows[99] = {**rows[50], "submission": "i0099"}
    found = {one.code: one for one in check_duplicates(made(rows), setting()).found}
    assert found["copied"].interviews == ("i0050", "i0099")
    assert found["nearly_copied"].interviews == ("i0040", "i0044")
    assert found["nearly_copied"].interviewer == "E0"


def test_honest_interviews_are_not_called_copies() -> None:
    for seed in range(40, 60):
        assert check_duplicates(made(drawn(150, seed)), setting()).found == ()


def test_interviews_that_agree_by_chance_are_only_noted() -> None:
    rows = [
        {"sex": "f", "age": 30, **dict.fromkeys(FACTS, "yes"), "f01": "no" if n % 2 else "yes"}
        for n in range(60)
    ]
    found = check_duplicates(made(rows), setting()).found
    assert [(one.code, one.severity, one.count) for one in found] == [("copied", "note", 60)]


def test_a_short_questionnaire_proves_no_copy() -> None:
    assert (
        check_duplicates(made([{"f01": "yes"}, {"f01": "yes"}]), setting()).impossible == "too_few_questions"
    )


def test_very_many_interviews_are_compared_within_each_interviewer(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = drawn(60, 34, interviewers=3)
    rows[9] = {**rows[3], "submission": "i0009"}  # by the same interviewer
    whole = likeness(made(rows))
    monkeypatch.setattr("surveys.quality.duplicates.MOST", 50)
    parts = likeness(made(rows))
    assert whole is not None
    assert parts is not None
    assert np.flatnonzero(parts.exact).tolist() == np.flatnonzero(whole.exact).tolist() == [3, 9]
