"""What a file leaves open is asked with what each answer would mean, and an answer is used, never guessed."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.checking import CheckReport, check_table, refusal_as_dict, report_as_dict
from surveys.doubts import Doubt
from surveys.instrument import Instrument
from surveys.judging.doubtful import CodeRules
from surveys.problems import CannotProceed, FileRefused, Problem
from surveys.sources import Decisions, parse_answers
from tests.surveys.judging import (
    TODAY,
    ask,
    choices,
    column,
    fieldwork,
    questionnaire,
    received,
    told,
    warned,
)


DAY = questionnaire(ask("day", "date"), ask("n", "integer"))
CODES = questionnaire(
    ask("know", "select_one knows"), ask("age", "integer", constraint=". >= 15"), ask("debt", "integer")
)


def judged(form: Instrument, header: list[str], *rows: list[str | None], **more: object) -> CheckReport:
    answers = parse_answers(more.pop("answers", ()))  # type: ignore[arg-type]
    field = more.pop("field", None)
    raw = received(header, *rows, **more)
    return check_table(raw, form, field, today=TODAY, decisions=answers)  # type: ignore[arg-type]


def refused(form: Instrument, header: list[str], *rows: list[str | None], **more: object) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        judged(form, header, *rows, **more)
    return caught.value


def doubt(doubts: tuple[Doubt, ...], id_: str) -> Doubt:
    return next(one for one in doubts if one.id == id_)


# ---- day or month first ----------------------------------------------------------------------------------


def test_an_open_order_of_day_and_month_is_asked_with_both_meanings() -> None:
    one = doubt(refused(DAY, ["day"], ["03/04/2026"], ["05/06/2026"]).doubts, "day_order:day")
    assert one.about() == "Column “day”: is 03/04/2026 3 April 2026 or 4 March 2026?"
    assert [option.value for option in one.options] == ["day_first", "month_first"]
    assert "2026년 4월 3일" in one.options[0].label("ko")


def test_a_date_that_may_be_a_birthday_is_never_shown() -> None:
    one = doubt(refused(DAY, ["day"], ["07/08/1999"]).doubts, "day_order:day")
    assert "1999" not in str(one.as_dict())


def test_of_the_interviews_own_dates_the_span_is_told_for_either_answer() -> None:
    field = fieldwork(parts={"interview_date": "day"}, wave="endline")
    one = doubt(refused(DAY, ["day"], ["03/09/2026"], ["09/12/2026"], field=field).doubts, "day_order:day")
    assert "run from 3 September 2026 to 9 December 2026; days still to come: 1" in one.options[0].label()
    assert "run from 9 March 2026 to 12 September 2026." in one.options[1].label()


def test_all_questions_of_a_file_are_asked_together() -> None:
    form = questionnaire(ask("day", "date"), ask("born", "date"), ask("know", "select_one knows"))
    found = refused(form, ["day", "born", "know"], ["03/04/2026", "01/02/2001", "-99"])
    assert [one.id for one in found.doubts] == ["day_order:day", "day_order:born", "missing:-99"]
    assert [problem.column for problem in found.problems] == ["day", "born"]
    assert [one["id"] for one in refusal_as_dict(found)["questions"]] == [one.id for one in found.doubts]  # type: ignore[attr-defined]


def test_an_answer_for_one_column_or_for_all_settles_the_order() -> None:
    rows = (["03/04/2026", "1"], ["05/06/2026", "2"])
    first = judged(DAY, ["day", "n"], *rows, answers=["day_order:day=day_first"])
    assert column(first, "day") == ["2026-04-03", "2026-06-05"]
    assert first.used == ("day_order:day",)
    assert report_as_dict(first)["questions"] == []
    assert [(one.id, one.answer) for one in first.doubts] == [("day_order:day", "day_first")]
    second = judged(DAY, ["day", "n"], *rows, answers=["day_order=month_first"])
    assert column(second, "day") == ["2026-03-04", "2026-05-06"]
    assert second.used == ("day_order:day",)


def test_evidence_against_a_remembered_order_refuses_the_file_and_asks_again() -> None:
    found = refused(DAY, ["day"], ["04/13/2026"], answers=["day_order:day=day_first"])
    assert (found.problem.code, found.problem.column) == ("day_order_contradicted", "day")
    assert [option.value for option in found.doubts[0].options] == ["month_first"]


def test_an_order_for_all_open_columns_leaves_a_proven_one_alone() -> None:
    form = questionnaire(ask("day", "date"), ask("born", "date"))
    report = judged(form, ["day", "born"], ["03/04/2026", "04/13/2001"], answers=["day_order=day_first"])
    assert (column(report, "day"), column(report, "born")) == (["2026-04-03"], ["2001-04-13"])


def test_columns_that_mix_both_orders_stay_refused_whatever_is_decided() -> None:
    found = refused(DAY, ["day"], ["25/04/2026"], ["04/25/2026"], answers=["day_order:day=day_first"])
    assert found.problem.code == "day_and_month_mixed"


@settings(max_examples=60, deadline=None)
@given(
    days=st.lists(st.dates(date(2020, 1, 1), date(2026, 11, 1)), min_size=1, max_size=12),
    answer=st.sampled_from(["day_first", "month_first"]),
    written=st.sampled_from(["%d/%m/%Y", "%m/%d/%Y"]),
)
def test_a_column_of_dates_is_read_as_it_was_written_or_as_decided_or_not_at_all(
    days: list[date], answer: str, written: str
) -> None:
    truth = "day_first" if written == "%d/%m/%Y" else "month_first"
    read = days_or_why_not([day.strftime(written) for day in days], answer)
    if answer == truth:
        assert read == [day.isoformat() for day in days]
    elif all(day.day <= 12 for day in days):  # nothing in the file objects to what the person said
        assert read == [day.replace(month=day.day, day=day.month).isoformat() for day in days]
    else:
        assert read == "day_order_contradicted"


def days_or_why_not(cells: list[str], answer: str) -> list[str | None] | str:
    try:
        report = judged(DAY, ["day"], *[[cell] for cell in cells], answers=[f"day_order:day={answer}"])
    except FileRefused as refusal:
        return refusal.problem.code
    return column(report, "day")


# ---- codes -----------------------------------------------------------------------------------------------


def test_an_unknown_code_is_asked_about_once_with_its_questions_and_counts() -> None:
    report = judged(CODES, ["know", "age", "debt"], ["-99", "-99", "-99"], ["1", "20", "-99"])
    one = doubt(report.doubts, "missing:-99")
    assert one.about() == "What does -99 mean? Cells that hold it: 4 (know, age, debt)."
    assert [(place.id, place.count) for place in one.places] == [
        ("missing:-99:know", 1), ("missing:-99:age", 1), ("missing:-99:debt", 2),
    ]  # fmt: skip
    assert "answer" not in [option.value for option in one.options]
    assert one.blocking


def test_a_number_that_no_rule_forbids_may_be_meant_as_it_stands() -> None:
    header, rows = ["know", "debt"], (["1", "-99"], ["0", "5"])
    one = doubt(judged(CODES, header, *rows).doubts, "missing:-99")
    assert [option.value for option in one.options][-1] == "answer"
    assert not one.blocking
    report = judged(CODES, header, *rows, answers=["missing:-99=answer"])
    assert column(report, "debt") == ["-99", "5"]
    assert warned(report) == []
    assert report.used == ("missing:-99",)


def test_a_meaning_is_used_for_the_whole_file_or_for_one_question() -> None:
    report = judged(
        CODES,
        ["know", "age", "debt"],
        ["-99", "-99.0", "-99"],
        answers=["missing:-99=dont_know", "missing:-99:age=refused"],
    )
    assert report.problems == ()
    assert column(report, "know@missing") == ["dont_know"]
    assert column(report, "age@missing") == ["refused"]
    assert column(report, "debt@missing") == ["dont_know"]
    assert report.used == ("missing:-99", "missing:-99:age")


def test_a_code_of_the_list_or_within_the_range_stays_an_answer_and_that_is_told() -> None:
    lists = {"how": choices({"-99": ("Other", "기타"), "1": ("Yes", "예")})}
    form = questionnaire(
        ask("how", "select_one how"),
        ask("change", "integer", constraint=". >= -100 and . <= 100"),
        lists=lists,
    )
    report = judged(form, ["how", "change"], ["-99", "-99"], answers=["missing:-99=dont_know"])
    assert (column(report, "how"), column(report, "change")) == (["-99"], ["-99"])
    assert "how@missing" not in report.accepted.column_names
    assert warned(report) == ["decision_outranked_listed"]
    assert report.used == ()


def test_a_code_that_a_rule_names_apart_from_its_range_is_asked_about() -> None:
    form = questionnaire(ask("age", "integer", constraint=". >= 15 or . = -99"))
    report = judged(form, ["age"], ["-99"], ["20"])
    assert [one.id for one in report.doubts] == ["missing:-99"]
    decided = judged(form, ["age"], ["-99"], ["20"], answers=["missing:-99=refused"])
    assert column(decided, "age@missing") == ["refused", None]


def test_the_campaign_and_the_file_outrank_what_was_decided_and_that_is_told() -> None:
    field = fieldwork(missing_codes={"-99": "refused"}, wave="endline")
    report = judged(CODES, ["know"], ["-99"], field=field, answers=["missing:-99=dont_know"])
    assert column(report, "know@missing") == ["refused"]
    assert "decision_outranked_declared" in warned(report)
    declared = judged(
        CODES, ["age"], ["-99"], declared_missing={"age": {"-99": "Refused"}}, answers=["missing:-99=lost"]
    )
    assert column(declared, "age@missing") == ["refused"]


def test_ids_and_clusters_are_never_asked_about() -> None:
    field = fieldwork(parts={"cluster": "ward"}, wave="endline")
    form = questionnaire(ask("ward", "integer"), ask("debt", "integer"))
    report = judged(form, ["ward", "debt"], ["-99", "1"], field=field, answers=["missing:-99=lost"])
    assert report.doubts == ()
    assert column(report, "ward") == ["-99"]


@settings(max_examples=80, deadline=None)
@given(
    cells=st.lists(st.sampled_from(["1", "0", "dk", "-99", "-88", "99"]), min_size=1, max_size=10),
    meaning=st.sampled_from(["dont_know", "refused", "not_asked", "not_applicable", "lost"]),
)
def test_no_answer_of_the_list_is_ever_lost_to_a_code(cells: list[str], meaning: str) -> None:
    answers = [f"missing:{code}={meaning}" for code in ("-99", "-88", "99", "1", "0")]
    report = judged(CODES, ["know"], *[[cell] for cell in cells], answers=answers)
    assert report.problems == ()
    kept = [cell if cell in ("1", "0", "dk") else None for cell in cells]
    assert column(report, "know") == kept


def test_rules_know_a_list_a_range_and_a_code_named_apart() -> None:
    form = questionnaire(
        ask("a", "integer", constraint=". >= 0 or . = -99"), ask("b", "integer", constraint=". > -200")
    )
    rules = CodeRules(form, Decisions(), TODAY)
    a, b = form.questions
    assert [rules.is_answer(one, None, "-99") for one in (a, b)] == [False, True]


# ---- answers as they are typed ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["day_order", "day_order=sometimes", "missing:-99=blank", "missing:=dont_know", "colour=red"]
)
def test_what_is_no_answer_is_told_as_such(text: str) -> None:
    with pytest.raises(CannotProceed):
        parse_answers([text])


def test_an_answer_can_be_taken_back() -> None:
    before = parse_answers(["missing:-99=lost", "sheet=Data = 2"])
    after = before.with_answers(parse_answers(["missing:-99=ask"]))
    assert after.answers == {"sheet": "Data = 2"}


def test_the_sentences_of_every_problem_can_be_said() -> None:
    found = refused(DAY, ["day"], ["04/13/2026"], answers=["day_order:day=day_first"])
    assert isinstance(found.problem, Problem)
    assert found.problem.message("ko") != found.problem.message("en")
    assert told(judged(DAY, ["day"], ["2026-01-01"])) == []


# ---- marks in empty cells --------------------------------------------------------------------------------

MARKED = questionnaire(
    ask("know", "select_one knows"),
    ask("age", "integer"),
    ask("heard", "select_multiple channels"),
    ask("met", "date"),
    ask("remark", "text"),
)
MARKED_HEADER = ["know", "age", "heard/tv", "heard/radio", "met", "remark"]


def test_what_a_program_wrote_into_empty_cells_is_asked_about_once_for_all_columns() -> None:
    rows = (["1", "NA", "1", "0", "2026-05-01", "NA"], ["NA", "20", "NA", "NA", "NA", "so far"])
    report = judged(MARKED, MARKED_HEADER, *rows)
    one = doubt(report.doubts, "missing:NA")
    assert report.rejected == (1, 2)
    assert one.about().startswith(
        "“NA” stands in 5 columns in place of an answer (6 cells: know, age, heard, met, remark). "
    )
    assert [(place.name, place.count) for place in one.places] == [
        ("know", 1), ("age", 1), ("heard", 2), ("met", 1), ("remark", 1),
    ]  # fmt: skip
    assert one.options[0].value == "blank"
    assert one.blocking
    answered = judged(MARKED, MARKED_HEADER, *rows, answers=["missing:NA=blank"])
    assert answered.rejected == ()
    assert answered.used == ("missing:NA",)
    assert column(answered, "age") == [None, "20"]
    assert column(answered, "heard") == ["tv", None]
    assert column(answered, "remark") == [None, "so far"]
    assert "blank" in str(report_as_dict(answered)["decided"])


@pytest.mark.parametrize("mark", [".", "\\N", "NULL", "#N/A", ".d"])
def test_each_mark_that_a_program_writes_for_nothing_may_be_said_to_be_nothing(mark: str) -> None:
    report = judged(MARKED, ["know", "age"], ["1", mark], ["0", "30"], answers=[f"missing:{mark}=blank"])
    assert (report.rejected, column(report, "age")) == ((), [None, "30"])


def test_a_mark_may_mean_a_missing_reason_as_well() -> None:
    report = judged(
        MARKED, ["know", "age"], ["NA", ".d"], answers=["missing:NA=not_applicable", "missing:.d=dont_know"]
    )
    assert column(report, "know@missing") == ["not_applicable"]
    assert column(report, "age@missing") == ["dont_know"]


def test_a_mark_that_is_only_somebodys_remark_is_stored_and_not_asked_about() -> None:
    report = judged(MARKED, ["know", "remark"], ["1", "NA"], ["0", "."])
    assert (report.doubts, column(report, "remark")) == ((), ["NA", "."])


def test_a_choice_of_the_form_that_is_spelt_like_a_mark_stays_the_choice() -> None:
    lists = {"listed": choices({"na": ("Other", "기타"), "1": ("Yes", "예")})}
    form = questionnaire(ask("q", "select_one listed"), ask("age", "integer"), lists=lists)
    report = judged(form, ["q", "age"], ["NA", "NA"], answers=["missing:NA=blank"])
    assert column(report, "q") == ["na"]
    assert [place.name for place in doubt(report.doubts, "missing:NA").places] == ["age"]
