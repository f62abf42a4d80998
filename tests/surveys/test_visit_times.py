"""When an interview began, how long it took and when the server had it, from every exporter's own columns."""

import pyarrow as pa

from surveys.checking import check_table
from surveys.columns import typed
from surveys.moments import offset_minutes, universal, wall_clock
from surveys.sources import Decisions
from tests.surveys.judging import TODAY, ask, column, judge, questionnaire, received


FORM = questionnaire(ask("start", "start"), ask("end", "end"), ask("age", "integer"))
PLAIN = questionnaire(ask("age", "integer"))


def test_the_forms_own_clock_is_kept_as_the_device_wrote_it() -> None:
    report = judge(
        FORM,
        ["start", "end", "age", "_uuid", "_submission_time"],
        ["2026-09-02T09:15:00.000+05:45", "2026-09-02T09:39:30.000+05:45", "31", "a", "2026-09-02T05:00:00"],
    )
    assert column(report, "@started") == ["2026-09-02T09:15:00.000+05:45"]
    assert column(report, "@duration") == ["24.5"]
    assert column(report, "@received") == ["2026-09-02T05:00:00"]


def test_a_clock_that_moves_during_the_interview_does_not_change_how_long_it_took() -> None:
    row = ["2026-03-29T01:50:00+01:00", "2026-03-29T03:10:00+02:00", "31", "a"]
    report = judge(FORM, ["start", "end", "age", "_uuid"], row)
    assert column(report, "@duration") == ["20"]


def test_surveyctos_columns_are_read_once_the_column_proves_its_order() -> None:
    header = ["SubmissionDate", "starttime", "endtime", "duration", "age", "KEY"]
    report = judge(
        PLAIN,
        header,
        ["9/21/2026, 3:05:00 PM", "9/21/2026, 3:00:38 PM", "9/21/2026, 3:01:44 PM", "66", "30", "uuid:1"],
        [
            "9/22/2026, 11:05:00 PM",
            "9/22/2026, 10:00:00 PM",
            "9/22/2026, 10:20:00 PM",
            "1200",
            "30",
            "uuid:2",
        ],
    )
    assert column(report, "@started") == ["2026-09-21T15:00:38", "2026-09-22T22:00:00"]
    assert column(report, "@duration") == ["1.1", "20"]
    assert column(report, "@received") == ["2026-09-21T15:05:00", "2026-09-22T23:05:00"]


def test_a_day_that_could_be_a_month_is_not_guessed() -> None:
    report = judge(PLAIN, ["starttime", "age", "KEY"], ["3/4/2026, 3:00:38 PM", "30", "uuid:1"])
    assert column(report, "@started") == [None]


def test_what_a_person_said_of_days_and_months_is_believed() -> None:
    decisions = Decisions(answers={"day_order": "day_first"})
    file = received(["starttime", "age", "KEY"], ["3/4/2026, 3:00:38 PM", "30", "uuid:1"])
    report = check_table(file, PLAIN, today=TODAY, decisions=decisions)
    assert column(report, "@started") == ["2026-04-03T15:00:38"]


def test_a_stated_duration_in_seconds_stands_in_where_there_is_no_clock() -> None:
    report = judge(PLAIN, ["_duration", "age", "_uuid"], ["90", "30", "a"], ["", "31", "b"])
    assert column(report, "@duration") == ["1.5", None]


def test_the_clock_is_no_part_of_what_an_interview_says() -> None:
    from surveys.record.payloads import content_fingerprints

    row = ["9/21/2026, 3:00:38 PM", "30", "uuid:1"]
    first = judge(PLAIN, ["starttime", "age", "KEY"], row)
    second = judge(PLAIN, ["age", "KEY"], row[1:])
    assert content_fingerprints(first.accepted, {}) == content_fingerprints(second.accepted, {})


def test_typed_columns_hold_the_wall_clock_its_offset_and_universal_time() -> None:
    texts = {
        "@started": ["2026-09-02T23:15:00.000+05:45", "2026-09-02T22:00:00-0330", "2026-09-02T09:00", None],
        "@duration": ["24.5", "-3", None, None],
        "@received": ["2026-09-02T18:00:00+07:00", "2026-09-02T05:00:00", "2026-09-02T05:00:00Z", None],
    }
    table = typed(pa.table({k: pa.array(v, pa.large_string()) for k, v in texts.items()}), {})
    assert [str(moment) for moment in table["@started"].to_pylist()] == [
        "2026-09-02 23:15:00", "2026-09-02 22:00:00", "2026-09-02 09:00:00", "None",
    ]  # fmt: skip
    assert table["@offset"].to_pylist() == [345, -210, None, None]
    assert table["@duration"].to_pylist() == [24.5, -3.0, None, None]
    assert [str(moment) for moment in table["@received"].to_pylist()] == [
        "2026-09-02 11:00:00", "2026-09-02 05:00:00", "2026-09-02 05:00:00", "None",
    ]  # fmt: skip


def test_what_is_no_moment_is_null() -> None:
    texts = pa.array(["2026-09-02", "yesterday", "2026-09-02T10:00:00+7", None], pa.large_string())
    for read in (wall_clock, offset_minutes, universal):
        assert read(texts).null_count == 4
