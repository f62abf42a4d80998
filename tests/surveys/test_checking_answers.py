import pytest

from surveys.instrument import Choice
from tests.surveys.judging import (
    ENGLISH,
    LISTS,
    ask,
    choices,
    column,
    judge,
    questionnaire,
    refusal,
    told,
    warned,
)


KNOW = questionnaire(ask("know", "select_one knows"))
HEARD = questionnaire(ask("heard", "select_one yes_no"))
CHANNEL = questionnaire(ask("seen", "select_multiple channels"))
AGE = questionnaire(ask("age", "integer"))
PRICE = questionnaire(ask("price", "decimal"))
DAY = questionnaire(ask("day", "date"))


def answers(form, name, *cells, **more):
    """What a column of cells comes to, and what is wrong with it, row by row."""
    report = judge(form, [name], *([cell] for cell in cells), **more)
    return column(report, name), told(report)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("1", "1"), ("True", "1"), ("맞다", "1"), (" dk ", "dk"), ("DK", "dk"), ("don't know", "dk"),
        ("Don’t know", "dk"), ("모름", "dk"), ("TRUE", "1"), ("1.0", "1"), ("False", "0"),
    ],
)  # fmt: skip
def test_a_code_or_a_label_of_any_language_is_the_code(cell: str, code: str) -> None:
    assert answers(KNOW, "know", cell) == ([code], [])


@pytest.mark.parametrize("cell", ["2", "01", "1.5", "maybe", "-1", "1 0", "Tru"])
def test_what_is_no_choice_is_refused_with_the_choices(cell: str) -> None:
    report = judge(KNOW, ["know"], [cell], ["1"])
    assert told(report) == [(1, "know", "unknown_choice")]
    assert report.problems[0].value == cell
    assert "1, 0, dk" in report.problems[0].remedy()


def test_true_is_no_answer_to_a_question_of_yes_and_no() -> None:
    assert told(judge(HEARD, ["heard"], ["TRUE"], ["yes"])) == [(1, "heard", "unknown_choice")]


def test_an_exact_code_wins_over_a_label_that_reads_the_same() -> None:
    listed = {"scale": choices({"1": ("2", "둘"), "2": ("1", "하나")})}
    assert answers(questionnaire(ask("s", "select_one scale"), lists=listed), "s", "1", "2") == (
        ["1", "2"],
        [],
    )


def test_a_label_of_two_choices_is_refused() -> None:
    listed = {
        "scale": (Choice(name="a", labels={ENGLISH: "Other"}), Choice(name="b", labels={ENGLISH: "Other"}))
    }
    form = questionnaire(ask("s", "select_one scale"), lists=listed)
    assert told(judge(form, ["s"], ["Other"], ["a"])) == [(1, "s", "ambiguous_label")]


def test_a_choice_called_na_is_a_choice() -> None:
    listed = {"sex": choices({"f": ("Female", "여성"), "na": ("Prefer not to say", "응답 거부")})}
    report = judge(questionnaire(ask("sex", "select_one sex"), lists=listed), ["sex"], ["na"], ["f"])
    assert column(report, "sex") == ["na", "f"]
    assert column(report, "sex@missing") == ["refused", None]


def test_a_list_kept_in_another_file_is_not_checked() -> None:
    form = questionnaire(ask("village", "select_one villages"), external_lists=frozenset({"villages"}))
    assert answers(form, "village", "V-0012") == (["V-0012"], [])


def test_other_answers_are_kept_where_the_question_allows_them() -> None:
    form = questionnaire(ask("heard", "select_one yes_no", or_other=True))
    report = judge(form, ["heard"], ["other"], ["from my sister"], ["yes"])
    assert column(report, "heard") == ["other", "from my sister", "yes"]
    assert "code_outside_list" in warned(report)


def test_the_label_in_a_statistics_file_outranks_its_number() -> None:
    listed = {
        "scale": choices({"1": ("Strongly agree", "매우 동의"), "5": ("Strongly disagree", "매우 반대")})
    }
    form = questionnaire(ask("att", "select_one scale"), lists=listed)
    turned = {"att": {"1": "Strongly disagree", "5": "Strongly agree"}}
    assert answers(form, "att", "1", "5", value_labels=turned) == (["5", "1"], [])


def test_a_label_the_form_does_not_know_leaves_the_code_with_a_warning() -> None:
    report = judge(KNOW, ["know"], ["1"], value_labels={"know": {"1": "Quite so"}})
    assert column(report, "know") == ["1"]
    assert "label_not_in_form" in warned(report)


@pytest.mark.parametrize(
    ("cell", "codes"),
    [
        ("tv radio", "tv radio"), ("radio tv", "radio tv"), ("tv", "tv"), ("Television", "tv"),
        ("Television;Social media;", "tv social"), ("텔레비전, 라디오", "tv radio"), ("tv tv", "tv"), ("Social media", "social"),
        ("Social media Radio", "social radio"), ("TV Radio", "tv radio"),
    ],
)  # fmt: skip
def test_several_choices_keep_the_order_they_were_written_in(cell: str, codes: str) -> None:
    assert answers(CHANNEL, "seen", cell) == ([codes], [])


def test_an_unknown_choice_among_several_is_refused() -> None:
    assert told(judge(CHANNEL, ["seen"], ["tv internet"], ["tv"])) == [(1, "seen", "unknown_choice")]


def test_labels_that_can_be_taken_apart_in_two_ways_are_refused() -> None:
    listed = {"l": choices({"a": ("Radio", "가"), "b": ("Radio news", "나"), "c": ("news", "다")})}
    form = questionnaire(ask("seen", "select_multiple l"), lists=listed)
    assert told(judge(form, ["seen"], ["Radio news Radio"], ["a"])) == [(1, "seen", "ambiguous_labels")]


def test_split_columns_say_what_a_summary_of_labels_cannot() -> None:
    listed = {"l": choices({"a": ("Radio", "가"), "b": ("Radio news", "나"), "c": ("news", "다")})}
    form = questionnaire(ask("seen", "select_multiple l", label="Seen?"), lists=listed)
    header = ["Seen?", "Seen?/Radio", "Seen?/Radio news", "Seen?/news"]
    report = judge(form, header, ["Radio news", "1", "0", "1"], ["Radio", "1", "0", "0"])
    assert (column(report, "seen"), told(report)) == (["a c", "a"], [])


@pytest.mark.parametrize(
    ("yes", "no"), [("1", "0"), ("True", "False"), ("TRUE", "FALSE"), ("1.0", "0.0"), ("tv", "")]
)
def test_split_columns_alone_give_the_choices_in_form_order(yes: str, no: str) -> None:
    header = ["seen/radio", "seen/tv"]
    report = judge(CHANNEL, header, ["radio" if yes == "tv" else yes, yes], [no, yes], [no, no], [None, None])
    assert column(report, "seen") == ["tv radio", "tv", None, None]


def test_a_blank_question_stays_blank_though_its_split_columns_say_0() -> None:
    report = judge(CHANNEL, ["seen", "seen/tv", "seen/radio"], [None, "0", "0"], ["tv", "1", "0"])
    assert column(report, "seen") == [None, "tv"]
    assert column(report, "seen@missing") == ["blank", None]


def test_a_summary_that_its_split_columns_deny_is_refused() -> None:
    report = judge(CHANNEL, ["seen", "seen/tv"], ["tv", "0"], [None, "1"], ["radio", "0"], ["tv", "1"])
    assert told(report) == [(1, "seen/tv", "split_disagrees"), (2, "seen/tv", "split_disagrees")]
    assert column(report, "seen") == ["radio", "tv"]


def test_a_split_cell_that_says_neither_is_refused() -> None:
    assert told(judge(CHANNEL, ["seen/tv"], ["maybe"], ["1"])) == [(1, "seen/tv", "not_ticked_or_not")]


def test_a_split_column_of_no_choice_is_refused_where_it_is_ticked() -> None:
    report = judge(CHANNEL, ["seen/tv", "seen/internet"], ["1", "0"], ["1", "1"])
    assert told(report) == [(2, "seen/internet", "unknown_choice")]


@pytest.mark.parametrize(
    ("cell", "text"), [("34", "34"), ("34.0", "34"), ("-3", "-3"), ("๓๔", "34"), ("۳۴", "34")]
)
def test_whole_numbers_are_read(cell: str, text: str) -> None:
    assert answers(AGE, "age", cell) == ([text], [])


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("34.5", "not_a_whole_number"), ("abc", "not_a_whole_number"), ("1,234", "ambiguous_number"),
        ("NaN", "not_a_whole_number"), ("1e3", "not_a_whole_number"), ("3 4", "not_a_whole_number"),
    ],
)  # fmt: skip
def test_what_is_no_whole_number_is_refused(cell: str, code: str) -> None:
    assert told(judge(AGE, ["age"], [cell], ["20"])) == [(1, "age", code)]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("1.25", "1.25"),
        ("1,25", "1.25"),
        ("0,125", "0.125"),
        (",5", "0.5"),
        ("1.50", "1.50"),
        ("1e-3", "1e-3"),
    ],
)
def test_numbers_keep_their_digits_and_take_a_decimal_point(cell: str, text: str) -> None:
    assert answers(PRICE, "price", cell) == ([text], [])


def test_a_comma_that_could_mean_thousands_is_refused() -> None:
    assert told(judge(PRICE, ["price"], ["1,234"], ["2.5"])) == [(1, "price", "ambiguous_number")]


def test_a_comma_is_a_decimal_comma_where_the_column_or_the_file_proves_it() -> None:
    assert answers(PRICE, "price", "1,234", "0,75") == (["1.234", "0.75"], [])
    assert answers(PRICE, "price", "1,234", decimal_comma=True) == (["1.234"], [])
    assert told(judge(PRICE, ["price"], ["1.234"], ["1,5"])) == [(1, "price", "ambiguous_number")]


@pytest.mark.parametrize("cell", ["nan", "inf", "1.234,5", "five", "1.2.3", "0x10"])
def test_what_is_no_number_is_refused(cell: str) -> None:
    assert told(judge(PRICE, ["price"], [cell], ["2.5"])) == [(1, "price", "not_a_number")]


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2026-03-01", "2026-03-01"), ("2026/3/1", "2026-03-01"), ("2026-03-01T23:45:00.000-05:00", "2026-03-01"),
        ("2026-03-01T00:30:00+07:00", "2026-03-01"), ("2026-03-01 08:00:00", "2026-03-01"), ("Mar 1, 2026", "2026-03-01"),
        ("1 March 2026", "2026-03-01"), ("๒๐๒๖-๐๓-๐๑", "2026-03-01"), ("05/05/2026", "2026-05-05"),
    ],
)  # fmt: skip
def test_a_date_keeps_its_local_day(cell: str, day: str) -> None:
    assert answers(DAY, "day", cell) == ([day], [])


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("2569-03-01", "other_calendar"), ("1405-01-10", "other_calendar"), ("01/03/26", "two_digit_year"), ("46082", "not_a_date"),
        ("2026-02-30", "no_such_day"), ("yesterday", "not_a_date"), ("2026-03", "not_a_date"), ("2026-13-01", "no_such_day"),
    ],
)  # fmt: skip
def test_what_is_no_certain_date_is_refused(cell: str, code: str) -> None:
    assert told(judge(DAY, ["day"], [cell], ["2026-01-01"])) == [(1, "day", code)]


def test_a_column_that_proves_its_order_of_day_and_month_is_read() -> None:
    assert answers(DAY, "day", "03/04/2026", "25/04/2026")[0] == ["2026-04-03", "2026-04-25"]
    assert answers(DAY, "day", "03/04/2026", "04/25/2026")[0] == ["2026-03-04", "2026-04-25"]


def test_a_column_that_does_not_prove_it_refuses_the_file() -> None:
    problem = refusal(DAY, ["day"], ["03/04/2026"], ["05/06/2026"])
    assert (problem.code, problem.column) == ("day_or_month_first", "day")
    assert refusal(DAY, ["day"], ["25/04/2026"], ["04/25/2026"]).code == "day_and_month_mixed"


def test_a_time_the_device_garbled_is_lost_and_the_interview_is_not() -> None:
    form = questionnaire(ask("starttime", "start"), ask("age", "integer"))
    report = judge(
        form, ["starttime", "age"], ["9/11/2026, 3:01:44 PM", "30"], ["2026-09-11T03:01:44.000+07:00", "31"]
    )
    assert column(report, "starttime") == [None, "2026-09-11T03:01:44.000+07:00"]
    assert column(report, "starttime@missing") == ["lost", None]
    assert warned(report) == ["device_time_lost"]


def test_times_of_day_are_read_or_refused() -> None:
    form = questionnaire(ask("at", "time"))
    report = judge(form, ["at"], ["08:56:00.000Z"], ["8:05"], ["25:00"])
    assert column(report, "at") == ["08:56:00.000Z", "8:05"]
    assert told(report) == [(3, "at", "not_a_time")]


def test_text_is_kept_exactly() -> None:
    texts = ["=1+1", " two  spaces ", "line\r\nline", "007", "1,234", "NA", "نمی\u200cدانم", "<script>"]
    report = judge(questionnaire(ask("note_text")), ["note_text"], *([text] for text in texts))
    assert column(report, "note_text") == texts
    assert report.problems == ()


def test_white_space_alone_is_blank() -> None:
    report = judge(questionnaire(ask("a"), ask("b")), ["a", "b"], ["  ", "x"])
    assert column(report, "a@missing") == ["blank"]


@pytest.mark.parametrize("text", ["a\x00b", "bell\x07", "\x1b[31mred"])
def test_control_characters_refuse_the_row_and_are_not_repeated(text: str) -> None:
    report = judge(questionnaire(ask("remarks")), ["remarks"], [text], ["fine"])
    assert told(report) == [(1, "remarks", "control_characters")]
    assert not any(ord(character) < 32 for character in report.problems[0].value or "")


def test_a_text_that_the_workbook_cut_is_refused() -> None:
    text = "<WARNING: Truncated to Excel limit of 32767 characters!>long"
    assert told(judge(questionnaire(ask("remarks")), ["remarks"], [text], ["x"])) == [
        (1, "remarks", "truncated_text")
    ]


def test_what_ona_writes_where_nothing_was_answered_is_no_answer() -> None:
    form = questionnaire(
        ask("heard", "select_one yes_no"), ask("why", relevant="${heard} = 'no'"), ask("age", "integer")
    )
    row = ["heard", "why", "age"]
    report = judge(form, row, ["yes", "n/a", "n/a"], dialect="ona")
    assert (report.problems, column(report, "why@missing"), column(report, "age@missing")) == (
        (),
        ["not_asked"],
        ["blank"],
    )
    assert told(judge(form, row, ["n/a", "", "3"], ["yes", "", "4"])) == [(1, "heard", "unknown_choice")]


def test_values_shown_are_cut_and_cleaned() -> None:
    report = judge(KNOW, ["know"], ["\u202e" + "x" * 500], ["1"])
    value = report.problems[0].value or ""
    assert len(value) == 80
    assert "\u202e" not in value


def test_a_rank_is_judged_as_several_choices() -> None:
    form = questionnaire(ask("order", "rank channels"), lists=LISTS)
    assert answers(form, "order", "radio tv social") == (["radio tv social"], [])
