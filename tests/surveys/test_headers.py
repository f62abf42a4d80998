import pytest

from surveys.instrument import Choice
from surveys.judging.headers import match_headers
from tests.surveys.judging import (
    ENGLISH,
    KOREAN,
    LISTS,
    ask,
    column,
    fieldwork,
    judge,
    questionnaire,
    refusal,
    told,
    warned,
)


FORM = questionnaire(
    ask("age", "integer", path=("about", "you"), label={ENGLISH: "How old are you?", KOREAN: "나이"}),
    ask("heard-of", "select_one yes_no", path=("campaign",)),
    ask("channels", "select_multiple channels", path=("campaign",), label="Where did you see it?"),
    ask("remarks"),
    ask("child_name", path=("children",), repeat="children"),
)


@pytest.mark.parametrize(
    "header",
    [
        "age",
        "about/you/age",
        "about-you-age",
        "about.you.age",
        "somewhere/else/age",
        "How old are you?",
        "나이",
        " age ",
        "Age",
        "AGE",
        "How old  are you?",
        "section/How old are you?",
        "age\u200b",
    ],
)
def test_a_question_is_found_however_its_header_is_written(header: str) -> None:
    headers = match_headers([header, "remarks"], FORM)
    assert headers.answers["age"].whole == 0


def test_a_name_may_hold_the_separator_of_groups() -> None:
    headers = match_headers(["campaign-heard-of", "other-age", "KEY"], FORM, dialect="odk_central")
    assert headers.answers["heard-of"].whole == 0
    assert headers.answers["age"].whole == 1
    assert headers.metadata["key"] == (2,)


@pytest.mark.parametrize(
    "separator",
    ["channels/{}", "channels.{}", "channels_{}", "channels-{}", "channels :: {}", "campaign/channels/{}"],
)
def test_split_choices_are_found_behind_every_separator(separator: str) -> None:
    form = questionnaire(ask("channels", "select_multiple channels", path=("campaign",)), ask("remarks"))
    headers = match_headers(["remarks", *(separator.format(code) for code in ("tv", "radio"))], form)
    assert headers.answers["channels"].split == ((1, "tv"), (2, "radio"))


def test_split_choices_are_found_by_their_labels() -> None:
    found = match_headers(
        ["How old are you?", "Where did you see it?/Television", "Where did you see it?/Social media"], FORM
    )
    assert found.by_label
    assert found.answers["channels"].split == ((1, "tv"), (2, "social"))


def test_a_negative_code_of_surveycto_has_two_underscores() -> None:
    listed = {"why": (Choice(name="1"), Choice(name="-99"))}
    form = questionnaire(ask("why", "select_multiple why"), lists=listed)
    assert match_headers(["why_1", "why__99"], form).answers["why"].split == ((0, "1"), (1, "-99"))


def test_a_question_of_that_name_wins_over_a_choice() -> None:
    form = questionnaire(ask("spent", "select_multiple channels"), ask("spent_tv", "integer"))
    headers = match_headers(["spent", "spent_tv", "spent/tv"], form)
    assert headers.answers["spent_tv"].whole == 1
    assert headers.answers["spent"].split == ((2, "tv"),)


def test_a_header_of_two_questions_choices_is_refused() -> None:
    listed = {"one": (Choice(name="b_c"),), "two": (Choice(name="c"),)}
    form = questionnaire(ask("a", "select_multiple one"), ask("a_b", "select_multiple two"), lists=listed)
    assert refusal(form, ["a_b_c"], ["1"]).code == "ambiguous_header"


def test_names_that_r_has_rewritten_are_found() -> None:
    headers = match_headers(["X.U.FEFF.age", "campaign.channels.tv", "X_uuid"], FORM)
    assert headers.answers["age"].whole == 0
    assert headers.answers["channels"].split == ((1, "tv"),)
    assert headers.metadata["uuid"] == (2,)


@pytest.mark.parametrize("header", ["children[1]/child_name", "child_name_2"])
def test_names_in_a_roster_beside_the_interview_are_left_out_by_column(header: str) -> None:
    report = judge(FORM, ["age", header], ["30", "Maya"])
    assert warned(report) == ["identifier_columns"]
    assert "child_name" in report.warnings[-1].message()
    assert report.accepted["@roster children"].to_pylist() == ['[{"@number":1}]']
    assert "Maya" not in str(report.warnings)


@pytest.mark.parametrize("header", ["children/child_name", "child_name"])
def test_columns_of_rosters_are_left_out_by_name(header: str) -> None:
    report = judge(FORM, ["age", header], ["30", "Maya"])
    assert warned(report) == ["repeat_columns"]
    assert header in report.warnings[0].message()
    assert "Maya" not in str(report.warnings)


def test_unknown_columns_are_named_and_their_values_never() -> None:
    report = judge(FORM, ["age", "secret note"], ["30", "told in confidence"])
    assert warned(report) == ["unknown_columns"]
    assert "secret note" in report.warnings[0].message()
    assert "confidence" not in report.warnings[0].message()
    assert "told in confidence" not in str(report.accepted.to_pylist())


def test_metadata_of_every_exporter_is_no_unknown_column() -> None:
    kobo = [
        "_id",
        "_uuid",
        "_submission_time",
        "_validation_status",
        "__version__",
        "meta/rootUuid",
        "_index",
    ]
    odk = ["SubmissionDate", "meta-instanceID", "KEY", "SubmitterName", "ReviewState", "Edits", "FormVersion"]
    cto = ["starttime", "endtime", "devicephonenum", "formdef_version", "caseid"]
    row = ["30", *(["x"] * (len(kobo) + len(odk) + len(cto)))]
    assert "unknown_columns" not in warned(judge(FORM, ["age", *kobo, *odk, *cto], row))


def test_names_as_spss_has_to_write_them_are_found() -> None:
    form = questionnaire(ask("age", "integer"), ask("place", "geopoint"))
    headers = match_headers(["age", "@_uuid", "@_place_latitude", "@_index"], form)
    assert headers.metadata["uuid"] == (1,)
    assert [warning.code for warning in headers.warnings] == ["identifier_columns"]


def test_a_header_in_another_case_is_read_with_a_warning() -> None:
    report = judge(FORM, ["AGE"], ["30"])
    assert warned(report)[0] == "headers_read_loosely"
    assert column(report, "age") == ["30"]


def test_the_same_column_twice_is_one_where_every_cell_agrees() -> None:
    assert column(judge(FORM, ["age", "about/you/age"], ["30", "30"], [None, None]), "age") == ["30", None]


def test_the_same_column_twice_with_different_cells_is_refused() -> None:
    problem = refusal(FORM, ["age", "remarks", "age"], ["30", "", "31"])
    assert problem.code == "duplicate_header"
    assert "30" not in problem.message()


@pytest.mark.parametrize("header", ["аge", "ａge", "аgе"])
def test_a_lookalike_of_a_known_name_is_refused_and_spelt_out(header: str) -> None:
    problem = refusal(FORM, [header, "remarks"], ["30", "x"])
    assert problem.code == "lookalike_header"
    assert '"age"' in problem.message()
    assert "LETTER A" in problem.message()


def test_a_header_in_another_script_that_hides_nothing_is_only_unknown() -> None:
    assert warned(judge(FORM, ["age", "возраст", "메모（자유）"], ["30", "x", "y"])) == ["unknown_columns"]


def test_a_required_column_that_is_missing_refuses_the_file_and_is_named() -> None:
    form = questionnaire(ask("age", "integer", required=True), ask("ward", required=True), ask("remarks"))
    problem = refusal(form, ["ward", "remarks"], ["A", "x"])
    assert problem.code == "required_column_missing"
    assert "age" in problem.message()


def test_a_required_column_asked_of_some_only_may_be_missing_with_a_warning() -> None:
    form = questionnaire(ask("age", "integer"), ask("why", required=True, relevant="${age} > 17"))
    assert warned(judge(form, ["age"], ["12"])) == ["skipped_columns"]


def test_another_questionnaire_is_refused() -> None:
    problem = refusal(FORM, ["x1", "x2", "x3", "_uuid"], ["1", "2", "3", "4"])
    assert problem.code == "not_this_questionnaire"
    assert "Trial" in problem.message()


def test_labels_that_several_questions_share_are_told_apart_by_order() -> None:
    form = questionnaire(
        ask("one", label="How much?"), ask("two", label="How much?"), ask("three", label="Anything else?")
    )
    report = judge(form, ["How much?", "How much?", "Anything else?"], ["first", "second", "third"])
    assert (column(report, "one"), column(report, "two")) == (["first"], ["second"])


def test_labels_that_several_questions_share_are_refused_where_one_is_left_out() -> None:
    form = questionnaire(
        ask("one", label="How much?"), ask("two", label="How much?"), ask("three", label="Anything else?")
    )
    assert refusal(form, ["How much?", "Anything else?"], ["first", "third"]).code == "ambiguous_label_header"


def test_two_groups_may_hold_questions_of_one_name() -> None:
    form = questionnaire(ask("total", "integer", path=("food",)), ask("total", "integer", path=("rent",)))
    by_path = judge(form, ["rent/total", "food/total"], ["2", "1"])
    assert (column(by_path, "total"), column(by_path, "rent/total")) == (["1"], ["2"])
    by_order = judge(form, ["total", "total"], ["1", "2"])
    assert (column(by_order, "total"), column(by_order, "rent/total")) == (["1"], ["2"])
    assert refusal(form, ["total"], ["1"]).code == "ambiguous_label_header"


def test_a_name_wins_over_a_label_in_an_export_of_names() -> None:
    form = questionnaire(ask("age", "integer"), ask("resp_age", "integer", label="age"), ask("remarks"))
    report = judge(form, ["age", "resp_age", "remarks"], ["30", "31", "x"])
    assert (column(report, "age"), column(report, "resp_age")) == (["30"], ["31"])


def test_free_text_of_other_choices_is_kept() -> None:
    form = questionnaire(ask("channels", "select_multiple channels", or_other=True))
    report = judge(form, ["channels", "channels/other", "channels_other"], ["tv other", "1", "a friend"])
    assert told(report) == []
    assert column(report, "channels") == ["tv other"]
    assert column(report, "channels_other") == ["a friend"]


def test_a_column_the_campaign_names_is_stored_though_nobody_asks_it() -> None:
    field = fieldwork(parts={"weight": "pw", "cluster": "psu"}, extra_columns=("income",), wave="baseline")
    report = judge(FORM, ["age", "pw", "psu", "income"], ["30", "1,25", "007", "12"], field=field)
    assert column(report, "@weight") == ["1.25"]
    assert column(report, "@cluster") == ["007"]
    assert column(report, "income") == ["12"]
    assert "unknown_columns" not in warned(report)


def test_a_column_the_campaign_needs_is_missed_by_name() -> None:
    field = fieldwork(parts={"cluster": "psu"}, wave="baseline")
    report = judge(FORM, ["age"], ["30"], field=field)
    assert warned(report) == ["campaign_columns_missing"]
    assert "psu" in report.warnings[0].message()


def test_the_headings_of_returned_rows_are_passed_over_in_every_language() -> None:
    from surveys.languages import languages, say

    for language in languages():
        leading = [say(f"refused_rows.{key}", language) for key in ("row", "what", "fix")]
        assert warned(judge(FORM, [*leading, "age"], ["1", "x", "y", "30"])) == []


def test_notes_and_the_junk_of_surveycto_are_passed_over() -> None:
    form = questionnaire(ask("hello", "note"), ask("age", "integer"), lists=LISTS)
    report = judge(form, ["hello", "age", "reserved_name_for_field_list_labels_12"], ["", "30", ""])
    assert warned(report) == []
    assert "hello" not in report.accepted.column_names


def test_a_submission_column_may_be_left_out_where_the_exporter_keeps_the_id() -> None:
    form = questionnaire(ask("submission_id", required=True), ask("age", "integer"))
    field = fieldwork(parts={"submission": "submission_id"}, wave="baseline")
    report = judge(form, ["age", "KEY"], ["30", "uuid:1"], field=field, dialect="odk_central")
    assert column(report, "@submission") == ["uuid:1"]
