"""Questionnaires are read as they were fielded: with warnings where a converter would refuse them."""

import re
from collections import Counter
from pathlib import Path

import pytest
import xlsxwriter

from surveys.instrument import Instrument, codebook
from surveys.languages import catalogue, languages
from surveys.problems import FileRefused
from surveys.reading import Sheet
from surveys.xlsform import instrument_of, load_instrument
from surveys.xlsform.headings import heading_of
from surveys.xlsform.question_types import bracket_of, question_type
from tests.shared import SHARED, needs_shared
from tests.surveys.forms import CORPUS, CorpusForm, corpus_forms, corpus_instrument, form


REACH = "impact_humind/xlsform/REACH_2024_MSNA-kobo-tool_draft_v11.xlsx"
HEADER = ["type", "name", "label", "relevant"]
YES_NO = [["list_name", "name", "label"], ["yes_no", "yes", "Yes"], ["yes_no", "no", "No"]]


def names(instrument: Instrument) -> list[str]:
    return [question.name for question in instrument.questions]


def oddities(instrument: Instrument) -> list[tuple[str, int | None]]:
    return [(warning.code, warning.row) for warning in instrument.warnings]


# Genuine questionnaires


@needs_shared
@pytest.mark.parametrize("genuine", corpus_forms(), ids=lambda genuine: Path(genuine.file).name)
def test_a_genuine_questionnaire_becomes_a_codebook(genuine: CorpusForm) -> None:
    instrument = corpus_instrument(genuine.file)
    lines = codebook(instrument, "ko")
    assert instrument.questions
    assert all(line.name and line.type for line in lines)
    for question in instrument.questions:
        checked = question.choice_list is None or question.choice_list in instrument.external_lists
        assert checked or instrument.choices_of(question)
    for warning in instrument.warnings:
        assert all(warning.message(language) for language in languages())


CONVERTED = re.compile(r"OK \((\d+) binds, (\d+) repeats, (\d+) languages\)")


@needs_shared
@pytest.mark.parametrize(
    "genuine",
    [genuine for genuine in corpus_forms() if CONVERTED.match(genuine.converter)],
    ids=lambda genuine: Path(genuine.file).name,
)
def test_where_the_converter_can_read_a_form_it_finds_the_same_in_it(genuine: CorpusForm) -> None:
    said = CONVERTED.match(genuine.converter)
    assert said is not None
    binds, repeats, spoken = map(int, said.groups())
    instrument = corpus_instrument(genuine.file)
    assert len(instrument.repeats) == repeats
    if instrument.languages != ("",):
        assert len(instrument.languages) == spoken
    # A bind for every answer, one for the instance's id, and more for groups with a condition and generated rows.
    assert -1 <= binds - 1 - len(instrument.questions) <= max(5, 0.05 * binds)


@needs_shared
def test_forms_the_converter_refuses_are_read_with_a_warning() -> None:
    refused = [genuine for genuine in corpus_forms() if genuine.converter.startswith("REFUSED")]
    found = {Path(genuine.file).name: dict(oddities(corpus_instrument(genuine.file))) for genuine in refused}
    assert found["duplicate_columns.xlsx"]["column_twice"] == 1
    assert found["group_name_test.xls"] == {"group_without_name": 3}


@needs_shared
def test_an_empty_file_is_refused_and_says_so() -> None:
    with pytest.raises(FileRefused) as refusal:
        load_instrument(CORPUS / "odk_central/xlsform/empty.xlsx")
    assert "0 bytes" in refusal.value.problem.message("en")
    assert "0바이트" in refusal.value.problem.message("ko")


@needs_shared
def test_the_needs_assessment_of_reach_is_read_whole() -> None:
    instrument = corpus_instrument(REACH)
    kinds = Counter(question.type for question in instrument.questions)
    # 321 rows: 275 questions, and 46 where groups and repeats begin and end.
    assert len(instrument.questions) == 275
    assert (kinds["select_one"], kinds["select_multiple"], kinds["integer"]) == (94, 19, 61)
    assert (kinds["calculate"], kinds["text"], kinds["note"], kinds["geopoint"]) == (46, 25, 24, 1)
    assert instrument.repeats == ("roster", "edu_ind", "health_ind", "nut_ind")
    assert instrument.languages == ("english", "french")
    assert instrument.warnings == ()
    assert len(instrument.sha256) == 64
    difficulty = instrument.question("wgq_vision") or instrument.questions[60]
    assert difficulty.repeat == "roster"
    assert difficulty.path[:3] == ("consented", "demographics", "roster")
    assert difficulty.group_relevants[0] == "selected(${consent},'yes')"


@needs_shared
def test_the_awareness_questionnaire_speaks_six_languages() -> None:
    instrument = load_instrument(SHARED / "badfiles" / "xlsform.xlsx")
    assert (instrument.form_id, instrument.version) == ("awareness_v1", "2026063001")
    assert len(instrument.questions) == 23
    assert instrument.spoken_in("ko") == "한국어 (ko)"
    assert instrument.spoken_in("fr") is None
    gender = instrument.question("gender")
    assert gender is not None
    assert [choice.name for choice in instrument.choices_of(gender) or ()] == [
        "female",
        "male",
        "other",
        "na",
    ]
    assert instrument.text_in(gender.labels, "ko") == "성별"
    assert instrument.text_in(gender.labels, "fr") == "Gender"
    channels = next(line for line in codebook(instrument, "ko") if line.name == "channels")
    assert channels.relevant == "${heard} = 'yes'"
    assert list(channels.choices) == ["tv", "radio", "social", "leaflet", "person"]


# Sheets and columns


def test_a_form_with_hardly_anything_in_it_will_do() -> None:
    instrument = form([["type", "name"], ["integer", "age"]])
    assert names(instrument) == ["age"]
    assert (instrument.form_id, instrument.title, instrument.version) == ("a_form", "a_form", "")
    assert (instrument.languages, instrument.default_language) == (("",), "")


@pytest.mark.parametrize("name", ["survey", "Survey", " SURVEY ", "survey "])
def test_sheets_are_found_however_their_names_are_typed(name: str) -> None:
    instrument = form([HEADER, ["select_one yes_no", "a", "A"]], YES_NO, names=(name, "Choices ", "x"))
    assert instrument.external_lists == frozenset()
    assert oddities(instrument) == []


def test_a_sheet_of_another_name_with_the_columns_is_taken_for_the_survey() -> None:
    instrument = form([HEADER, ["text", "a", "A"]], names=("Questionnaire", "b", "c"))
    assert names(instrument) == ["a"]
    assert oddities(instrument) == [("survey_sheet_by_columns", None)]


def test_rows_above_the_headings_and_blank_rows_between_are_passed_over() -> None:
    survey = [["My questionnaire"], ["", "", ""], ["type", "name", "label"], ["", "", ""], ["text", "a", "A"]]
    instrument = form(survey)
    assert [(question.name, question.row) for question in instrument.questions] == [("a", 5)]


@pytest.mark.parametrize(
    ("written", "holds", "language"),
    [
        ("label::English (en)", "label", "English (en)"),
        ("label:English", "label", "English"),
        ("Label :: 한국어 (ko)", "label", "한국어 (ko)"),
        ("label English", "label", "English"),
        ("label_fr", "label", "fr"),
        ("label (Khmer)", "label", "Khmer"),
        ("caption", "label", ""),
        ("constraint message", "constraint_message", ""),
        ("constraint_message::Swahili (sw)", "constraint_message", "Swahili (sw)"),
        ("bind:jr:constraintMsg", "constraint_message", ""),
        ("bind::jr:constraintMsg", "constraint_message", ""),
        ("bind: relevant", "relevant", ""),
        ("RELEVANCE", "relevant", ""),
        ("calculate", "calculation", ""),
        ("choice filter", "choice_filter", ""),
        ("control:appearance", "appearance", ""),
    ],
)
def test_headings_of_every_spelling_mean_the_same(written: str, holds: str, language: str) -> None:
    heading = heading_of(written, "survey")
    assert heading is not None
    assert (heading.holds, heading.language) == (holds, language)


@pytest.mark.parametrize(
    "written", ["media::image::English", "image", "hint::fr", "_Category", "", "instance::hxl"]
)
def test_columns_that_are_none_of_ours_are_passed_over(written: str) -> None:
    assert heading_of(written, "survey") is None


def test_in_columns_that_stand_twice_the_first_filled_counts() -> None:
    survey = [["type", "name", "label", "label"], ["text", "a", "", "A"], ["text", "b", "B", "other"]]
    instrument = form(survey)
    assert [question.labels for question in instrument.questions] == [{"": "A"}, {"": "B"}]
    assert oddities(instrument) == [("column_twice", 1)]


def test_labels_without_a_language_are_in_the_default_one() -> None:
    survey = [["type", "name", "label", "label::French"], ["text", "a", "Age", "Âge"]]
    settings = [["default_language", "version"], ["English (en)", "20260101.10"]]
    instrument = form(survey, settings=settings)
    assert instrument.languages == ("English (en)", "French")
    assert instrument.default_language == "English (en)"
    assert instrument.version == "20260101.10"
    assert instrument.text_in(instrument.questions[0].labels, "fr") == "Âge"


def test_remarks_and_disabled_rows_ask_nothing() -> None:
    survey = [
        ["type", "name", "label", "disabled"],
        ["", "", "A remark", ""],
        ["", "b", "Forgotten type", ""],
        ["text", "c", "C", "yes"],
        ["note", "", "Read this aloud", ""],
        ["text", "", "No name", ""],
        ["start", "", "", ""],
        ["text", "1", "One", ""],
    ]
    instrument = form(survey)
    assert names(instrument) == ["start", "1"]
    assert oddities(instrument) == [("row_without_type", 3), ("question_without_name", 6)]


# Types


@pytest.mark.parametrize(
    ("written", "name", "choice_list", "or_other"),
    [
        ("select_one yes_no", "select_one", "yes_no", False),
        ("select one from yes_no", "select_one", "yes_no", False),
        ("Select_One  yes_no or_other", "select_one", "yes_no", True),
        ("select one from sexes or specify other", "select_one", "sexes", True),
        ("select_multiple  happy_sad", "select_multiple", "happy_sad", False),
        ("select all that apply from list", "select_multiple", "list", False),
        ("select multiple channels or other", "select_multiple", "channels", True),
        ("select_one_external counties", "select_one", "counties", False),
        ("rank needs", "rank", "needs", False),
        ("int", "integer", None, False),
        ("string", "text", None, False),
        ("phone number", "text", None, False),
        ("dateTime", "datetime", None, False),
        ("gps", "geopoint", None, False),
        ("trigger", "acknowledge", None, False),
        ("uri:deviceid", "deviceid", None, False),
        ("audit", "audit", None, False),
        ("osm building", "osm", None, False),
        ("caseid", "caseid", None, False),
        ("text audit", "text_audit", None, False),
        ("sensor_statistic mean_light_level", "sensor_statistic", None, False),
    ],
)
def test_types_of_every_spelling_mean_the_same(
    written: str, name: str, choice_list: str | None, or_other: bool
) -> None:
    found = question_type(written)
    assert found.known
    assert (found.name, found.choice_list, found.or_other) == (name, choice_list, or_other)


@pytest.mark.parametrize(
    ("written", "side", "kind"),
    [
        ("begin group", "begin", "group"),
        ("begin_group", "begin", "group"),
        ("Begin  Repeat", "begin", "repeat"),
        ("end_repeat", "end", "repeat"),
        ("begin looped group", "begin", "repeat"),
        ("begin loop over toilet_type", "begin", "loop"),
        ("begin_score", "begin", "group"),
        ("end loop", "end", "loop"),
    ],
)
def test_groups_of_every_spelling_mean_the_same(written: str, side: str, kind: str) -> None:
    found = bracket_of(written)
    assert found is not None
    assert (found.side, found.kind) == (side, kind)


def test_the_end_of_an_interview_is_no_end_of_a_group() -> None:
    assert bracket_of("end") is None
    assert question_type("end").name == "end"


def test_a_type_of_another_tool_is_kept_and_told() -> None:
    instrument = form([HEADER, ["hologram", "a", "A"]])
    assert instrument.questions[0].type == "hologram"
    assert oddities(instrument) == [("type_unknown", 2)]


@pytest.mark.parametrize("written", ["yes", "TRUE", "true()", "1", "Yes", "True"])
def test_required_is_said_in_many_ways(written: str) -> None:
    question = form([["type", "name", "required"], ["text", "a", written]]).questions[0]
    assert question.required
    assert question.required_when is None


def test_required_only_sometimes_is_kept_as_a_condition() -> None:
    survey = [["type", "name", "required"], ["text", "b", "no"], ["text", "a", "${b} = 'x'"]]
    first, second = form(survey).questions
    assert (first.required, first.required_when) == (False, None)
    assert (second.required, second.required_when) == (False, "${b} = 'x'")


# Groups


def test_questions_know_the_groups_around_them_and_when_those_are_asked() -> None:
    survey = [
        HEADER,
        ["text", "consent", "", ""],
        ["begin group", "main", "", "${consent} = 'yes'"],
        ["begin_repeat", "member", "", "${consent} != 'later'"],
        ["begin group", "inner", "", ""],
        ["integer", "age", "", "1 = 1"],
        ["end group", "", "", ""],
        ["end_repeat", "", "", ""],
        ["end group", "anything", "", ""],
        ["text", "last", "", ""],
    ]
    instrument = form(survey)
    age = instrument.questions[1]
    assert (age.path, age.repeat) == (("main", "member", "inner"), "member")
    assert age.group_relevants == ("${consent} = 'yes'", "${consent} != 'later'")
    assert (instrument.questions[2].path, instrument.questions[2].group_relevants) == ((), ())
    assert instrument.repeats == ("member",)
    assert oddities(instrument) == []
    relevant = next(line.relevant for line in codebook(instrument) if line.name == "age")
    assert relevant == "(${consent} = 'yes') and (${consent} != 'later') and (1 = 1)"


def test_groups_out_of_balance_are_read_and_told() -> None:
    survey = [
        HEADER,
        ["end group", "", "", ""],
        ["begin group", "g", "", ""],
        ["begin repeat", "r", "", ""],
        ["text", "a", "", ""],
        ["end group", "", "", ""],
        ["text", "b", "", ""],
        ["begin group", "h", "", ""],
        ["text", "c", "", ""],
    ]
    instrument = form(survey)
    assert [(question.name, question.path) for question in instrument.questions] == [
        ("a", ("g", "r")),
        ("b", ()),
        ("c", ("h",)),
    ]
    assert oddities(instrument) == [
        ("end_without_begin", 2),
        ("end_of_another_kind", 6),
        ("group_not_closed", 8),
    ]


def test_a_loop_asks_its_questions_for_every_choice() -> None:
    survey = [
        ["type", "name", "label"],
        ["begin loop over kind", "latrines", ""],
        ["integer", "number", "How many %(label)s?"],
        ["end loop", "", ""],
    ]
    choices = [["list_name", "name", "label"], ["kind", "pit", "pits"], ["kind", "flush", "flushes"]]
    instrument = form(survey, choices)
    assert [(question.path, question.labels[""]) for question in instrument.questions] == [
        (("latrines", "pit"), "How many pits?"),
        (("latrines", "flush"), "How many flushes?"),
    ]


def test_scales_of_kobotoolbox_take_the_list_of_their_group() -> None:
    survey = [
        ["type", "name", "label", "kobo--score-choices"],
        ["begin_score", "trust", "", "yes_no"],
        ["score__row", "police", "Police", ""],
        ["end_score", "", "", ""],
    ]
    question = form(survey, YES_NO).questions[0]
    assert (question.type, question.choice_list, question.path) == ("select_one", "yes_no", ("trust",))


def test_names_twice_in_a_group_count_once_and_in_two_groups_both() -> None:
    survey = [
        HEADER,
        ["text", "a", "first", ""],
        ["text", "a", "second", ""],
        ["begin group", "g", "", ""],
        ["text", "a", "third", ""],
        ["end group", "", "", ""],
        ["begin repeat", "r", "", ""],
        ["text", "a", "fourth", ""],
        ["end repeat", "", "", ""],
    ]
    instrument = form(survey)
    assert [question.labels[""] for question in instrument.questions] == ["first", "third", "fourth"]
    assert oddities(instrument) == [("question_twice", 3), ("name_in_two_groups", 5)]
    found = instrument.question("a")
    assert found is not None
    assert found.labels[""] == "first"


# Choices


def test_choices_are_read_from_every_spelling_of_their_columns() -> None:
    choices = [
        ["list name", "value", "label:English"],
        ["yes_no", "1", "Yes"],
        ["", "", ""],
        ["yes_no", "0", "No"],
    ]
    instrument = form([HEADER, ["select_one yes_no", "a", "A"]], choices)
    assert [choice.name for choice in instrument.choices["yes_no"]] == ["1", "0"]


def test_odd_choices_are_left_out_or_kept_and_told() -> None:
    choices = [
        ["list_name", "name", "label"],
        ["l", "a", "A"],
        ["l", "", "no code"],
        ["", "b", "no list"],
        ["l", "a", "again"],
        ["l", "c d", "with a space"],
    ]
    instrument = form([HEADER, ["select_one l", "q", ""]], choices)
    assert [choice.name for choice in instrument.choices["l"]] == ["a", "c d"]
    assert instrument.choices["l"][0].labels == {"": "A"}
    assert oddities(instrument) == [
        ("choice_without_name", 3),
        ("choice_without_list", 4),
        ("choice_twice", 5),
        ("choice_with_space", 6),
    ]


def test_cascading_lists_may_repeat_a_code_where_the_form_allows_it() -> None:
    choices = [["list_name", "name", "label", "cf"], ["l", "king", "King", "tx"], ["l", "king", "King", "wa"]]
    settings = [["allow_choice_duplicates"], ["yes"]]
    assert oddities(form([HEADER, ["select_one l", "q", ""]], choices, settings)) == []


def test_a_list_that_is_elsewhere_is_not_checked() -> None:
    survey = [
        ["type", "name", "appearance"],
        ["select_one_from_file fruits.csv", "a", ""],
        ["select_one absent", "b", ""],
        ["select_one ${members}", "c", ""],
        ["select_one yes_no", "d", "minimal search('people')"],
    ]
    instrument = form(survey, YES_NO)
    assert instrument.external_lists == {"fruits.csv", "absent", "${members}", "yes_no"}
    assert all(instrument.choices_of(question) is None for question in instrument.questions)
    assert oddities(instrument) == [("list_missing", 3)]


def test_or_other_offers_other_and_asks_which() -> None:
    instrument = form([HEADER, ["select_one yes_no or_other", "a", "A"]], YES_NO)
    assert [choice.name for choice in instrument.choices_of(instrument.questions[0]) or ()] == [
        "yes",
        "no",
        "other",
    ]
    assert names(instrument) == ["a", "a_other"]
    assert instrument.questions[1].relevant == "selected(${a}, 'other')"


# Conditions


def test_conditions_that_will_not_be_checked_are_told_once() -> None:
    survey = [
        ["type", "name", "relevant", "constraint"],
        ["text", "a", "", ""],
        ["text", "b", "${a} = 'x", ""],
        ["text", "c", "pulldata('f', 'x', 'y', ${a}) = 1", ""],
        ["text", "d", "${gone} = 1", ". == 5"],
        ["begin group", "g", "${gone} > 1", ""],
        ["text", "e", "", ""],
        ["text", "f", "", ""],
        ["end group", "", "", ""],
    ]
    assert oddities(form(survey)) == [
        ("condition_character", 3),
        ("condition_not_checked", 4),
        ("condition_of_absent", 5),
        ("condition_grammar", 5),
        ("condition_of_absent", 7),
    ]


def test_an_encrypted_form_says_that_its_export_must_be_decrypted() -> None:
    instrument = form([HEADER, ["text", "a", "A"]], settings=[["public_key"], ["MIIB"]])
    assert oddities(instrument) == [("form_encrypted", 2)]


# Files


def test_a_form_in_one_csv_is_read_and_named_after_its_file(tmp_path: Path) -> None:
    path = tmp_path / "upload.csv"
    path.write_text(
        "survey,,,\n,type,name,label::English (en)\n,select one from yes_no,a,A\n"
        "choices,,,\n,list name,name,label::English (en)\n,yes_no,yes,Yes\n",
        encoding="utf-8",
    )
    instrument = load_instrument(path, name="household form.csv")
    assert (instrument.form_id, names(instrument)) == ("household form", ["a"])
    assert instrument.languages == ("English (en)",)


def test_numbers_in_a_workbook_are_codes_without_a_point(tmp_path: Path) -> None:
    path = tmp_path / "form.xlsx"
    with xlsxwriter.Workbook(path) as book:
        survey, choices, settings = (book.add_worksheet(name) for name in ("survey", "choices", "settings"))
        survey.write_row(0, 0, ["type", "name", "required"])
        survey.write_row(1, 0, ["select_one l", 1, True])
        choices.write_row(0, 0, ["list_name", "name", "label"])
        choices.write_row(1, 0, ["l", 1, "One"])
        choices.write_row(2, 0, ["l", "01", "Zero one"])
        settings.write_row(0, 0, ["version"])
        settings.write_row(1, 0, [2026063001])
    instrument = load_instrument(path)
    assert (names(instrument), instrument.questions[0].required) == (["1"], True)
    assert [choice.name for choice in instrument.choices["l"]] == ["1", "01"]
    assert instrument.version == "2026063001"


@pytest.mark.parametrize(
    ("sheets", "code"),
    [
        ({"data": [["respondent", "age"], ["r1", "30"]]}, "FORM_WITHOUT_SURVEY"),
        ({}, "FORM_WITHOUT_SURVEY"),
        ({"survey": [["question", "answer"], ["a", "b"]]}, "FORM_COLUMNS_MISSING"),
        ({"survey": []}, "FORM_COLUMNS_MISSING"),
        ({"survey": [["type", "name"]]}, "FORM_WITHOUT_QUESTIONS"),
        ({"survey": [["type", "name"], ["begin group", "g"], ["end group", ""]]}, "FORM_WITHOUT_QUESTIONS"),
    ],
)
def test_what_is_no_questionnaire_is_refused_with_a_sentence(
    sheets: dict[str, list[list[str]]], code: str
) -> None:
    content = [Sheet(name=name, visible=True, rows=tuple(map(tuple, rows))) for name, rows in sheets.items()]
    with pytest.raises(FileRefused) as refusal:
        instrument_of(content, form_id="x")
    problem = refusal.value.problem
    assert problem.code == code
    assert all(problem.message(language) and problem.remedy(language) for language in ("en", "ko"))


def test_every_warning_has_its_sentence_in_every_language() -> None:
    folder = Path(instrument_of.__code__.co_filename).parent
    source = "".join(path.read_text("utf-8") for path in folder.glob("*.py"))
    codes = set(re.findall(r'(?:code=|warn\(|return )"([a-z_]+_[a-z_]+)"', source))
    assert {"column_twice", "choice_twice", "list_missing", "condition_of_absent"} <= codes
    for language in languages():
        assert codes <= {key.split(".")[1] for key in catalogue(language) if key.startswith("form_warnings.")}
