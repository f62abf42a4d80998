from datetime import date

import pytest

from surveys.checking import accepted_rows, check_table, report_as_dict
from surveys.fieldwork import FieldSite
from surveys.instrument import Choice
from surveys.problems import FileRefused
from tests.surveys.judging import (
    ENGLISH,
    LISTS,
    TODAY,
    ask,
    choices,
    column,
    fieldwork,
    judge,
    questionnaire,
    received,
    refusal,
    told,
    warned,
)


AGE = ask("age", "integer")
HEARD = ask("heard", "select_one yes_no")
CHANNELS = ask("channels", "select_multiple channels", relevant="${heard} = 'yes'")


# Asked or not


def test_not_asked_is_told_from_blank() -> None:
    form = questionnaire(HEARD, CHANNELS)
    report = judge(form, ["heard", "channels"], ["no", None], ["yes", None], ["yes", "tv"], [None, None])
    assert column(report, "channels@missing") == ["not_asked", "blank", None, "not_asked"]


def test_a_question_of_a_group_that_was_not_shown_was_not_asked() -> None:
    form = questionnaire(HEARD, ask("why", path=("more",), group_relevants=("${heard} = 'yes'",)))
    assert column(judge(form, ["heard", "why"], ["no", None]), "why@missing") == ["not_asked"]


def test_what_depends_on_a_question_outside_the_file_is_blank() -> None:
    form = questionnaire(AGE, HEARD, CHANNELS)
    report = judge(form, ["age", "channels"], ["3", None], ["4", "tv"])
    assert column(report, "channels@missing") == ["blank", None]


def test_an_answer_the_other_answers_rule_out_contradicts_them() -> None:
    report = judge(questionnaire(HEARD, CHANNELS), ["heard", "channels"], ["no", "tv"], ["yes", "tv"])
    assert told(report) == [(1, "channels", "contradiction")]
    assert "heard" in report.problems[0].message()


def test_an_answer_is_kept_where_what_it_depends_on_is_blank() -> None:
    report = judge(questionnaire(HEARD, CHANNELS), ["heard", "channels"], [None, "tv"], ["yes", "tv"])
    assert told(report) == []
    assert column(report, "channels") == ["tv", "tv"]
    assert warned(report) == ["answered_though_not_asked"]


def test_a_required_answer_may_be_blank_only_where_it_was_not_asked() -> None:
    form = questionnaire(HEARD, ask("why", required=True, relevant="${heard} = 'yes'"), AGE)
    report = judge(form, ["heard", "why", "age"], ["no", None, "1"], ["yes", None, "1"], ["yes", "x", "1"])
    assert told(report) == [(2, "why", "required_blank")]
    assert column(report, "why@missing") == ["not_asked", None]


def test_an_answer_required_only_sometimes_is_required_then() -> None:
    form = questionnaire(HEARD, ask("why", required_when="${heard} = 'yes'"))
    assert told(judge(form, ["heard", "why"], ["no", None], ["yes", None])) == [(2, "why", "required_blank")]


def test_an_unreadable_cell_is_not_blank_as_well() -> None:
    form = questionnaire(ask("age", "integer", required=True))
    assert told(judge(form, ["age"], ["abc"], ["3"])) == [(1, "age", "not_a_whole_number")]


def test_a_broken_rule_is_refused_with_the_forms_own_words() -> None:
    form = questionnaire(
        ask("age", "integer", constraint=". >= 15 and . <= 99", constraint_message={ENGLISH: "15 to 99"})
    )
    report = judge(form, ["age"], ["14"], ["15"], [None])
    assert told(report) == [(1, "age", "constraint_fails")]
    assert "15 to 99" in report.problems[0].message()
    assert column(report, "age") == ["15", None]


def test_a_rule_that_cannot_be_evaluated_refuses_nobody() -> None:
    form = questionnaire(ask("age", "integer", constraint=". > pulldata('limits', 'low', 'k', 'v')"))
    assert told(judge(form, ["age"], ["14"])) == []


# Rows as a whole


def test_every_problem_of_every_row_is_told_in_row_order() -> None:
    form = questionnaire(AGE, HEARD)
    report = judge(form, ["age", "heard"], ["x", "perhaps"], ["1", "yes"], ["y", "no"])
    assert told(report) == [
        (1, "age", "not_a_whole_number"), (1, "heard", "unknown_choice"), (3, "age", "not_a_whole_number"),
    ]  # fmt: skip
    assert (report.verdict, report.rejected, report.held) == ("accept-with-rejected-rows", (1, 3), ())
    assert [problem.line for problem in report.problems] == [2, 2, 4]


def test_a_file_without_one_good_row_is_refused_with_a_summary_first() -> None:
    report = judge(questionnaire(AGE), ["age"], ["x"], ["y"])
    assert report.verdict == "reject-file"
    assert told(report)[0] == (None, None, "every_row_refused")
    assert report.accepted.num_rows == 0


def test_a_file_without_rows_is_refused() -> None:
    assert refusal(questionnaire(AGE), ["age"]).code == "no_data_rows"


def test_rows_that_the_reader_could_not_take_apart_are_refused() -> None:
    report = judge(questionnaire(AGE), ["age"], ["1"], ["2"], broken_rows={1: "ROW_TOO_LONG"})
    assert (report.rejected, report.problems[0].code) == ((2,), "ROW_TOO_LONG")


def test_nothing_received_is_changed() -> None:
    raw = received(["age", "heard"], ["1,5", "Yes"], ["2", "no"])
    before = raw.interviews.rows.to_pylist()
    check_table(raw, questionnaire(AGE, HEARD), today=TODAY)
    assert raw.interviews.rows.to_pylist() == before


# Identity


FORM = questionnaire(ask("age", "integer"), ask("remarks"))


def test_the_id_that_an_edit_does_not_change_comes_first() -> None:
    header = ["age", "_uuid", "meta/rootUuid", "meta/instanceID"]
    report = judge(FORM, header, ["1", "a", "uuid:root", "uuid:a"], ["2", "b", None, "uuid:b"])
    assert column(report, "@submission") == ["uuid:root", "uuid:b"]
    assert column(report, "@edit") == ["uuid:a", None]


def test_odk_centrals_key_outlives_its_edits() -> None:
    header = ["age", "meta-instanceID", "KEY", "Edits"]
    report = judge(FORM, header, ["1", "uuid:new", "uuid:old", "2"], dialect="odk_central")
    assert (column(report, "@submission"), column(report, "@edit")) == (["uuid:old"], ["2"])


def test_a_file_without_ids_is_accepted_with_a_warning() -> None:
    report = judge(FORM, ["age"], ["1"], ["1"])
    assert report.accepted.num_rows == 2
    assert [warning.code for warning in report.warnings] == ["no_submission_id"]


@pytest.mark.parametrize(
    ("identity", "code"),
    [(None, "blank_submission_id"), ("a\u200bb", "invisible_in_id"), ("a\u00a0b", "invisible_in_id"), ("1.23457E+19", "id_lost_digits")],
)  # fmt: skip
def test_an_id_that_tells_nothing_apart_refuses_the_row(identity: str | None, code: str) -> None:
    assert told(judge(FORM, ["age", "_uuid"], ["1", identity], ["2", "b"])) == [(1, "_uuid", code)]


def test_the_same_interview_twice_counts_once() -> None:
    report = judge(FORM, ["age", "_uuid", "_index"], ["1", "a", "1"], ["2", "b", "2"], ["1", "a", "3"])
    assert (report.verdict, report.repeated) == ("accept", (3,))
    assert column(report, "@row") == [1, 2]
    assert warned(report) == ["duplicate_identical"]


def test_two_interviews_of_one_id_are_both_held() -> None:
    report = judge(FORM, ["age", "_uuid"], ["1", "a"], ["2", "b"], ["3", "a"])
    assert (report.verdict, report.held, report.rejected) == ("accept-with-rejected-rows", (1, 3), ())
    assert told(report) == [(1, "_uuid", "duplicate_conflict"), (3, "_uuid", "duplicate_conflict")]
    assert column(report, "@row") == [2]


def test_interviews_rejected_by_the_fields_own_review_stay_out() -> None:
    report = judge(
        FORM, ["age", "KEY", "ReviewState"], ["1", "a", "approved"], ["2", "b", "rejected"], ["3", "c", None]
    )
    assert told(report) == [(2, "ReviewState", "review_rejected")]
    kobo = judge(
        FORM,
        ["age", "_uuid", "_validation_status"],
        ["1", "a", "validation_status_not_approved"],
        ["2", "b", "Approved"],
    )
    assert told(kobo) == [(1, "_validation_status", "review_rejected")]


def test_interviews_that_were_never_decrypted_stay_out() -> None:
    report = judge(FORM, ["age", "KEY", "Status"], [None, "a", "not decrypted"], ["2", "b", None])
    assert told(report) == [(1, "Status", "not_decrypted")]


# Consent and protection


@pytest.mark.parametrize("refusing", ["no", "No", "아니요"])
def test_without_consent_nothing_is_stored(refusing: str) -> None:
    form = questionnaire(AGE, ask("consent", "select_one yes_no"))
    report = judge(form, ["age", "consent"], ["1", "yes"], ["2", refusing], ["3", None])
    assert told(report) == [(2, "consent", "no_consent")]
    assert column(report, "age") == ["1", "3"]


def test_consent_that_the_form_requires_may_not_be_blank() -> None:
    form = questionnaire(AGE, ask("consent_given", "select_one yes_no", required=True))
    report = judge(form, ["age", "consent_given"], ["1", "yes"], ["2", None])
    assert (2, "consent_given", "consent_blank") in told(report)


def test_the_campaign_names_another_consent_question() -> None:
    agreed = {"agree": choices({"1": ("I agree", "동의함"), "2": ("I do not agree", "동의하지 않음")})}
    form = questionnaire(AGE, ask("ok_to_start", "select_one agree"), lists=LISTS | agreed)
    report = judge(
        form,
        ["age", "ok_to_start"],
        ["1", "1"],
        ["2", "2"],
        field=fieldwork(consent="ok_to_start", wave="baseline"),
    )
    assert told(report) == [(2, "ok_to_start", "no_consent")]


def test_a_consent_list_without_a_plain_yes_is_reported() -> None:
    odd = {"odd": (Choice(name="a", labels={ENGLISH: "Later"}), Choice(name="b", labels={ENGLISH: "Sooner"}))}
    form = questionnaire(AGE, ask("c", "select_one odd"), lists=odd)
    report = judge(form, ["age", "c"], ["1", "a"], field=fieldwork(consent="c", wave="baseline"))
    assert "consent_not_understood" in warned(report)


@pytest.mark.parametrize(
    "text",
    [
        "call me on 010-1234-5678",
        "mail aa@example.org",
        "passport M12345678",
        "โทร ๐๘๑๒๓๔๕๖๗๘",
        "id 900101-1234567",
    ],
)
def test_personal_data_in_free_text_are_flagged_by_row_and_not_repeated(text: str) -> None:
    report = judge(questionnaire(ask("remarks")), ["remarks"], ["nothing"], [text])
    flagged = [warning for warning in report.warnings if warning.code == "personal_data_in_text"]
    assert [(warning.row, warning.column, warning.value) for warning in flagged] == [(2, "remarks", None)]


@pytest.mark.parametrize("text", ["on 2026-03-11 at 10:30", "about 1200 people", "90 of 100", "uuid:VN-0001"])
def test_dates_and_small_numbers_are_no_personal_data(text: str) -> None:
    assert warned(judge(questionnaire(ask("remarks")), ["remarks"], [text])) == []


def test_direct_identifiers_are_never_stored() -> None:
    form = questionnaire(
        AGE,
        ask("phone"),
        ask("where", "geopoint"),
        ask("respondent_name"),
        ask("device", "deviceid"),
        ask("portrait", "image"),
    )
    header = [
        "age",
        "phone",
        "where",
        "_where_latitude",
        "respondent_name",
        "device",
        "portrait",
        "portrait_URL",
    ]
    report = judge(form, header, ["1", "0101", "1 2", "1", "Maya", "d1", "p.jpg", "https://x"])
    answers = [name for name in report.accepted.column_names if not name.startswith("@")]
    assert answers == ["age"]
    assert warned(report) == ["identifier_columns"]
    assert "Maya" not in str(report.accepted.to_pylist()) + str(report.warnings)


def test_the_respondents_own_id_stands_apart_from_the_answers() -> None:
    form = questionnaire(AGE, ask("respondent_id"))
    field = fieldwork(parts={"respondent": "respondent_id"}, wave="baseline")
    report = judge(form, ["age", "respondent_id"], ["1", "R-7"], field=field)
    assert column(report, "@respondent") == ["R-7"]
    assert "respondent_id" not in report.accepted.column_names
    assert accepted_rows(report).column("respondent_id").to_pylist() == ["R-7"]


# The report


def test_the_report_is_the_agreed_object() -> None:
    report = judge(questionnaire(AGE), ["age"], ["x"], ["2"])
    said = report_as_dict(report)
    assert list(said) == [
        "verdict", "accepted", "unchanged", "rejected", "held", "problems", "warnings", "questions", "decided",
        "format", "dialect", "recognised",
    ]  # fmt: skip
    assert said["recognised"] == "Read as text (CSV), a plain table of no known survey software."
    assert (said["verdict"], said["accepted"], said["rejected"]) == ("accept-with-rejected-rows", 1, 1)
    problem = said["problems"][0]  # type: ignore[index]
    assert list(problem) == ["row", "line", "column", "code", "value", "message", "remedy"]


def test_every_sentence_exists_in_both_languages() -> None:
    form = questionnaire(AGE, HEARD, CHANNELS, ask("day", "date"), ask("remarks"))
    header = ["age", "heard", "channels", "day", "remarks", "odd"]
    report = judge(
        form, header, ["x", "?", "?", "?", "\x01", "?"], ["1,234", "no", "tv", "2569-01-01", "a@b.co", "?"]
    )
    english, korean = report_as_dict(report), report_as_dict(report, language="ko")
    assert len(english["problems"]) == len(korean["problems"]) > 5  # type: ignore[arg-type]
    for one, other in zip(english["problems"], korean["problems"], strict=True):  # type: ignore[call-overload]
        assert one["message"] != other["message"]
        assert "{" not in one["message"] + other["message"]


def test_the_future_is_refused() -> None:
    form = questionnaire(AGE, ask("today", "today"))
    report = judge(form, ["age", "today"], ["1", "2099-01-01"], ["2", "2026-11-23"], ["3", "2026-11-24"])
    assert told(report) == [(1, "today", "date_in_future"), (3, "today", "date_in_future")]


# Sites, waves and arms


PLACED = questionnaire(AGE, ask("place"), ask("round"), ask("group"), ask("nation"), ask("day", "date"))


def test_a_named_wave_refuses_rows_of_another() -> None:
    field = fieldwork(
        parts={"wave": "round"}, wave="baseline", wave_values={"baseline": ("0",), "endline": ("1",)}
    )
    report = judge(
        PLACED, ["age", "round"], ["1", "0"], ["2", "1"], ["3", "0.0"], ["4", "9"], ["5", None], field=field
    )
    assert told(report) == [(2, "round", "wrong_wave"), (4, "round", "unknown_wave")]
    assert column(report, "@wave") == ["baseline", "baseline", "baseline"]


def test_the_wave_follows_from_the_day_where_the_file_names_none() -> None:
    field = fieldwork(parts={"interview_date": "day"})
    report = judge(
        PLACED, ["age", "day"], ["1", "2026-02-03"], ["2", "2026-09-03"], ["3", "2026-05-05"], field=field
    )
    assert told(report) == [(3, None, "wave_of_row_unknown")]
    assert column(report, "@wave") == ["baseline", "endline"]
    assert column(report, "@interview_date") == ["2026-02-03", "2026-09-03"]


def test_a_file_that_says_nothing_of_its_wave_is_refused_with_the_waves() -> None:
    problem = refusal(PLACED, ["age"], ["1"], field=fieldwork())
    assert problem.code == "wave_not_determined"
    assert "baseline, endline" in problem.remedy()


def test_an_interview_outside_its_waves_window_is_kept_with_a_warning() -> None:
    field = fieldwork(parts={"interview_date": "day"}, wave="endline")
    report = judge(
        PLACED, ["age", "day"], ["1", "2026-08-31"], ["2", "2026-10-01"], ["3", "2026-09-15"], field=field
    )
    assert report.accepted.num_rows == 3
    assert warned(report) == ["before_wave_opens", "after_wave_closes"]


def test_an_unknown_or_blank_arm_is_refused() -> None:
    field = fieldwork(
        parts={"arm": "group"},
        wave="baseline",
        arm_values={"campaign": ("1", "treated"), "comparison": ("0",)},
    )
    report = judge(
        PLACED,
        ["age", "group"],
        ["1", "Treated"],
        ["2", "0"],
        ["3", "2"],
        ["4", None],
        ["5", "campaign"],
        field=field,
    )
    assert told(report) == [(3, "group", "unknown_arm"), (4, "group", "blank_arm")]
    assert column(report, "@arm") == ["campaign", "comparison", "campaign"]


def test_a_file_without_the_arm_is_refused() -> None:
    field = fieldwork(parts={"arm": "treatment_arm"}, wave="baseline", arm_values={"campaign": ("1",)})
    assert refusal(PLACED, ["age"], ["1"], field=field).code == "required_column_missing"


NEPAL = FieldSite(id="npl", country="NPL", country_names=("NP", "Nepal", "네팔"))
NEPAL_EAST = FieldSite(id="npl-east", country="NPL", country_names=("NP", "Nepal", "네팔"))
THAILAND = FieldSite(id="tha", country="THA", country_names=("TH", "Thailand", "태국"))


def test_rows_of_another_country_are_refused() -> None:
    field = fieldwork(sites=(NEPAL, THAILAND), site="npl", wave="baseline", parts={"country": "nation"})
    report = judge(
        PLACED,
        ["age", "nation"],
        ["1", "Nepal"],
        ["2", "THA"],
        ["3", "np"],
        ["4", "네팔"],
        ["5", "XX"],
        field=field,
    )
    assert told(report) == [(2, "nation", "wrong_country"), (5, "nation", "wrong_country")]
    assert column(report, "@site") == ["npl", "npl", "npl"]


def test_the_site_follows_from_the_country_where_it_has_one_site() -> None:
    field = fieldwork(sites=(NEPAL, THAILAND), wave="baseline", parts={"country": "nation"})
    report = judge(PLACED, ["age", "nation"], ["1", "NPL"], ["2", "Thailand"], ["3", "VNM"], field=field)
    assert told(report) == [(3, "nation", "wrong_country")]
    assert column(report, "@site") == ["npl", "tha"]


def test_a_country_of_several_sites_does_not_tell_the_site() -> None:
    field = fieldwork(sites=(NEPAL, NEPAL_EAST), wave="baseline", parts={"country": "nation"})
    problem = refusal(PLACED, ["age", "nation"], ["1", "NPL"], field=field)
    assert problem.code == "several_sites_in_country"
    assert "npl, npl-east" in problem.message()


def test_the_site_column_tells_the_site() -> None:
    field = fieldwork(
        sites=(NEPAL, NEPAL_EAST), wave="baseline", parts={"site": "place", "country": "nation"}
    )
    header = ["age", "place", "nation"]
    report = judge(
        PLACED,
        header,
        ["1", "NPL-East", "NPL"],
        ["2", "npl", "THA"],
        ["3", "x", "NPL"],
        ["4", None, "NPL"],
        field=field,
    )
    assert told(report) == [
        (2, "nation", "wrong_country"),
        (3, "place", "unknown_site"),
        (4, "place", "unknown_site"),
    ]
    assert column(report, "@site") == ["npl-east"]


def test_rows_of_a_site_the_file_was_not_sent_for_are_refused() -> None:
    field = fieldwork(sites=(NEPAL, NEPAL_EAST), site="npl", wave="baseline", parts={"site": "place"})
    report = judge(PLACED, ["age", "place"], ["1", "npl"], ["2", "npl-east"], field=field)
    assert told(report) == [(2, "place", "wrong_site")]


def test_a_file_that_says_nothing_of_its_site_is_refused_with_the_sites() -> None:
    assert (
        refusal(PLACED, ["age"], ["1"], field=fieldwork(sites=(NEPAL, THAILAND), wave="baseline")).code
        == "site_not_determined"
    )


def test_a_choice_of_the_form_may_mean_a_wave_by_its_label() -> None:
    listed = {"rounds": choices({"1": ("Baseline", "사전"), "2": ("Endline", "사후")})}
    form = questionnaire(AGE, ask("round", "select_one rounds"), lists=listed)
    report = judge(
        form, ["age", "round"], ["1", "사전"], ["2", "2"], field=fieldwork(parts={"wave": "round"})
    )
    assert column(report, "@wave") == ["baseline", "endline"]


def test_a_negative_weight_is_refused() -> None:
    field = fieldwork(parts={"weight": "pw"}, wave="baseline")
    report = judge(PLACED, ["age", "pw"], ["1", "-0.5"], ["2", "0,5"], ["3", None], field=field)
    assert told(report) == [(1, "pw", "negative_weight")]
    assert column(report, "@weight") == ["0.5", None]


def test_judging_by_the_questionnaire_alone_needs_no_campaign() -> None:
    report = judge(questionnaire(AGE), ["age"], ["1"])
    assert column(report, "@site") == [None]
    with pytest.raises(FileRefused):
        check_table(received(["nothing"], ["1"]), questionnaire(AGE), None, today=date(2026, 1, 1))
