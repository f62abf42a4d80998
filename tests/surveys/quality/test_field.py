"""Checks of days, places, quotas, back-checks and consent, counted by hand or by two loops."""

from datetime import date
from itertools import combinations

import numpy as np
import pytest

from surveys.quality.assignment import check_assignment, distance
from surveys.quality.backchecks import check_backchecks, compare
from surveys.quality.consent import SentFile, check_consent, tally
from surveys.quality.field_days import (
    busiest_day,
    check_late,
    check_night,
    check_overlap,
    check_too_many,
    check_window,
    interviews_by_day,
    overlapping,
)
from surveys.quality.places import check_places
from surveys.quality.quotas import check_quotas, progress
from surveys.quality.setting import PlannedQuota, Refusals
from tests.surveys.quality.made import FACTS, drawn, made, setting


SEPTEMBER = {"opens": date(2026, 9, 1), "closes": date(2026, 9, 30)}


def at(moment: str, **more: object) -> dict[str, object]:
    return {"started": moment, "interview_date": moment[:10], "duration": "20", "interviewer": "E1", **more}


def codes(checked: object) -> list[tuple[str, int]]:
    return [(one.code, one.count) for one in checked.found]  # type: ignore[attr-defined]


# Days


def test_days_before_and_after_the_wave_and_unknown_days_are_counted_apart() -> None:
    days = ["2026-08-31", "2026-09-01", "2026-09-30", "2026-10-01", "2026-10-02", None]
    checked = check_window(made([{"interview_date": day} for day in days]), setting(**SEPTEMBER))
    assert codes(checked) == [("before_opening", 1), ("after_closing", 2), ("no_day", 1)]


def test_night_is_from_ten_to_six_by_the_clock_of_the_site() -> None:
    rows = [
        at("2026-09-02T21:59:00+05:45"), at("2026-09-02T22:00:00+05:45"), at("2026-09-03T05:59:59+05:45"),
        at("2026-09-03T06:00:00+05:45"), at("2026-09-02T18:00:00Z"), at("2026-09-02T12:00:00Z"),
    ]  # fmt: skip
    found = check_night(made(rows, country="NP"), setting()).found
    assert [(one.interviewer, one.interviews, one.of) for one in found] == [
        ("E1", ("i0002", "i0003", "i0005"), 6)
    ]


def test_universal_time_in_a_country_of_several_zones_is_no_time_of_day() -> None:
    rows = [at("2026-09-02T18:00:00Z"), at("2026-09-02T23:00:00+10:00")]
    checked = check_night(made(rows, country="AU"), setting())
    assert checked.looked_at == 1
    assert codes(checked) == [("at_night", 1)]
    assert check_night(made(rows[:1], country=None), setting()).impossible == "no_clock"


def test_overlaps_are_those_of_two_loops() -> None:
    rng = np.random.default_rng(14)
    for _ in range(30):
        begins = rng.integers(0, 4000, 25)
        seconds = rng.integers(30, 900, 25).astype(float)
        plain = np.zeros(25, dtype=bool)
        for a, b in combinations(range(25), 2):
            shared = min(begins[a] + seconds[a], begins[b] + seconds[b]) - max(begins[a], begins[b])
            if shared > 60:
                plain[[a, b]] = True
        started = np.datetime64("2026-09-02T09:00", "s") + begins.astype("timedelta64[s]")
        found = overlapping(started, seconds, np.ones(25, dtype=bool))
        assert (found <= plain).all()  # each that is found does overlap
        assert found.any() == plain.any()
        assert (found == plain).mean() > 0.95


def test_two_interviews_at_once_are_found_and_a_form_left_open_blocks_no_day() -> None:
    rows = [at(f"2026-09-{day:02d}T{hour:02d}:00:00+05:45") for day in range(2, 8) for hour in range(8, 13)]
    rows.append(at("2026-09-02T08:10:00+05:45", submission="x"))
    rows.append(at("2026-09-04T08:21:00+05:45", duration="2000", submission="y"))
    rows.append(at("2026-09-02T08:05:00+05:45", interviewer="E2", submission="z"))
    for number, row in enumerate(rows):
        row.setdefault("submission", f"i{number:04d}")
    found = check_overlap(made(rows), setting()).found
    assert [(one.interviewer, set(one.interviews)) for one in found] == [("E1", {"i0000", "x"})]


def test_a_day_too_full_is_beyond_poisson_and_beyond_what_days_vary() -> None:
    assert busiest_day([8] * 30) == 19  # qpois(1 - 0.01 / 30, 8) in R
    assert busiest_day([2, 14] * 15) == 38  # days that vary much: 8 + 3.4 x 8.9
    rows = [
        {"interviewer": "E1", "interview_date": f"2026-09-{day:02d}"}
        for day in range(1, 16)
        for _ in range(8)
    ] + [{"interviewer": "E2", "interview_date": "2026-09-03"}] * 25
    found = check_too_many(made(rows), setting()).found
    assert [(one.interviewer, one.count, one.values["day"]) for one in found] == [("E2", 25, "2026-09-03")]


def test_interviews_that_waited_more_than_three_days_for_the_server_are_late() -> None:
    rows = [at("2026-09-02T10:00:00+05:45", received=f"2026-09-{day:02d}T05:00:00") for day in (2, 5, 6, 12)]
    checked = check_late(made(rows), setting())
    assert codes(checked) == [("sent_late", 2)]
    assert checked.found[0].values == {"longest": 10}


def test_days_without_interviews_stand_between_those_with() -> None:
    rows = [{"interview_date": day} for day in ("2026-09-02", "2026-09-04", "2026-09-04", None)]
    assert interviews_by_day(made(rows)) == (("2026-09-02", 1), ("2026-09-03", 0), ("2026-09-04", 2))


# Places


def test_a_cluster_in_two_arms_another_site_s_and_a_new_one_are_found() -> None:
    places = [("a", "campaign")] * 5 + [("a", "comparison")] + [("b", "comparison")] * 3 + [("z", "campaign")]
    interviews = made([{"cluster": cluster, "arm": arm} for cluster, arm in places])
    checked = check_places(
        interviews,
        setting(
            earlier_clusters=frozenset({"a"}),
            clusters_elsewhere={"z": "tha"},
            refusals=Refusals(by_code={"wrong_site": 4, "no_consent": 9}),
        ),
    )
    assert codes(checked) == [
        ("refused_elsewhere", 4), ("two_arms_in_cluster", 1), ("cluster_of_other_site", 1), ("cluster_only_here", 3),
    ]  # fmt: skip
    assert checked.found[1].interviews == ("i0006",)


def test_a_cluster_half_in_each_arm_is_wholly_in_doubt() -> None:
    rows = [{"cluster": "a", "arm": arm} for arm in ("campaign", "comparison")]
    assert codes(check_places(made(rows), setting())) == [("two_arms_in_cluster", 2)]


# Arms and interviewers


def test_interviewers_in_one_arm_alone_are_seen_and_those_in_both_are_not() -> None:
    apart = [
        {"interviewer": f"E{n % 4}", "arm": "campaign" if n % 4 < 2 else "comparison"} for n in range(80)
    ]
    found = check_assignment(made(apart), setting()).found
    assert [(one.code, one.severity, one.count) for one in found] == [("interviewers_by_arm", "act", 80)]
    assert found[0].values["apart"] == 1.0
    alike = [
        {"interviewer": f"E{n % 4}", "arm": "campaign" if n % 8 < 4 else "comparison"} for n in range(80)
    ]
    assert check_assignment(made(alike), setting()).found == ()


def test_the_distance_of_two_teams_is_counted_by_hand() -> None:
    assert distance(np.array([10.0, 10.0, 0.0]), np.array([0.0, 10.0, 10.0])) == pytest.approx(0.5)


# Quotas


def quota(target: int, **by: str) -> PlannedQuota:
    return PlannedQuota(by=by, target=target)


def test_quotas_are_counted_by_arm_sex_and_both_and_say_what_a_day_still_needs() -> None:
    rows = [{"sex": "f" if n % 3 else "m", "arm": "campaign" if n % 2 else "comparison"} for n in range(60)]
    planned = [
        quota(100), quota(40, sex="f"), quota(35, sex="m"), quota(30, arm="campaign"), quota(50, sex="F", arm="campaign"),
        quota(10, province="x"),
    ]  # fmt: skip
    found = progress(made(rows), setting(quotas=planned, **SEPTEMBER))  # today is the 20th, 11 days are left
    assert [(one.held, one.to_do, one.state, one.per_day) for one in found] == [
        (60, 40, "on_track", 4),
        (40, 0, "complete", None),
        (20, 15, "on_track", 2),
        (30, 0, "complete", None),
        (20, 30, "behind", 3),  # 19 of 30 days are over: an even pace would hold 31
        (0, 10, "no_question", 1),
    ]
    assert {one.days_left for one in found} == {11}


@pytest.mark.parametrize(
    ("today", "held", "state"),
    [
        (date(2026, 8, 20), 0, "not_open"),
        (date(2026, 9, 16), 30, "behind"),  # half the days are over: below 40
        (date(2026, 9, 16), 40, "on_track"),
        (date(2026, 9, 16), 95, "complete"),
        (date(2026, 10, 1), 90, "short"),
    ],
)
def test_a_quota_is_judged_against_an_even_pace(today: date, held: int, state: str) -> None:
    interviews = made([{"age": 30}] * held)
    design = setting(quotas=[quota(100)], **SEPTEMBER)
    found = progress(interviews, type(design)(today=today, quotas=design.quotas, **SEPTEMBER))
    assert found[0].state == state


def test_a_wave_without_days_has_no_pace_to_be_behind() -> None:
    found = progress(made([{"age": 30}]), setting(quotas=[quota(100)]))
    assert (found[0].state, found[0].days_left, found[0].per_day) == ("on_track", None, None)
    assert check_quotas(made([]), setting()).impossible == "no_quotas"


# Consent


def test_a_file_that_repeats_what_was_there_does_not_count_its_refusals_twice() -> None:
    first = SentFile(accepted=100, unchanged=0, by_code={"no_consent": 5})
    grown = SentFile(accepted=40, unchanged=100, by_code={"no_consent": 7})
    other = SentFile(accepted=60, unchanged=0, by_code={"no_consent": 2, "consent_blank": 1})
    assert tally([first, grown]).by_code == {"no_consent": 7}
    assert tally([first, other]).by_code == {"no_consent": 7, "consent_blank": 1}
    assert tally([first, grown, other]).by_code == {"no_consent": 9, "consent_blank": 1}


def test_those_who_declined_are_counted_among_all_who_were_asked() -> None:
    refusals = Refusals(by_code={"no_consent": 4, "consent_blank": 1, "wrong_site": 7}, files=1)
    checked = check_consent(made([{"age": 30}] * 15), setting(refusals=refusals))
    assert [(one.code, one.count, one.of, one.severity) for one in checked.found] == [
        ("consent_not_noted", 1, 20, "act"),
        ("declined", 4, 20, "note"),
    ]


# Back-checks


def test_answers_that_came_back_different_are_counted_by_interviewer_type_and_question() -> None:
    first = [
        {"respondent": "p1", "interviewer": "E1", "sex": "f", "age": 30, "f01": "yes"},
        {"respondent": "p2", "interviewer": "E1", "sex": "f", "age": 40, "f01": "no"},
        {"respondent": "p3", "interviewer": "E2", "sex": "m", "age": 50, "f01": "yes"},
        {"respondent": "p4", "interviewer": "E2", "sex": "m", "age": 60, "f01": ...},
        {"respondent": "p5", "interviewer": "E2", "sex": "m", "age": 60, "f01": "no"},
        {"respondent": "p5", "interviewer": "E2", "sex": "m", "age": 61, "f01": "no"},
    ]
    again = [
        {"respondent": "p1", "sex": "m", "age": 31, "f01": "yes"},
        {"respondent": "p3", "sex": "m", "age": 50, "f01": "yes"},
        {"respondent": "p4", "sex": "m", "age": 60, "f01": "no"},
        {"respondent": "p5", "sex": "f", "age": 20, "f01": "yes"},  # two interviews bear this code
        {"respondent": "p9", "sex": "f", "age": 20, "f01": "yes"},
    ]
    seen = compare(made(first), made(again))
    assert (seen.respondents, seen.unmatched) == (3, 2)
    by = {name: (one.compared, one.differed) for name, one in seen.by_interviewer.items()}
    assert by == {"E1": (3, 2), "E2": (5, 0)}  # p4's don't know is not compared
    assert {n: (o.compared, o.differed) for n, o in seen.by_type.items()} == {
        "integer": (3, 1), "select_one": (5, 1),
    }  # fmt: skip
    assert {n: (o.compared, o.differed) for n, o in seen.by_question.items()} == {
        "sex": (3, 1), "age": (3, 1), "f01": (2, 0),
    }  # fmt: skip


def test_an_interviewer_whose_answers_do_not_come_back_is_named() -> None:
    rows = drawn(60, 3, interviewers=3)
    again = []
    for row in rows[:36]:
        second = {name: row[name] for name in ("respondent", "sex", "age", *FACTS)}
        if row["interviewer"] == "E1":
            second.update({name: "yes" if row[name] == "no" else "no" for name in FACTS})
        again.append(second)
    checked = check_backchecks(made(rows), setting(backchecks=made(again)))
    found = {one.code: one for one in checked.found if one.code != "backcheck_question"}
    assert set(found) == {"backcheck_mismatch", "another_person"}
    assert (found["backcheck_mismatch"].interviewer, found["backcheck_mismatch"].severity) == ("E1", "act")
    assert found["another_person"].count == 12
    assert check_backchecks(made(rows), setting()).impossible == "no_backchecks"
