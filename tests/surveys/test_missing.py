import pytest

from surveys.instrument import Choice
from surveys.missing import Missing, declared_reason, reason_of_choice, reason_of_label, reasons_of_list
from tests.surveys.judging import ask, column, fieldwork, judge, questionnaire, told, warned


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ("Don't know", Missing.DONT_KNOW),
        ("Don’t know", Missing.DONT_KNOW),
        ("DO NOT KNOW", Missing.DONT_KNOW),
        ("Don't know / not sure", Missing.DONT_KNOW),
        ("모름", Missing.DONT_KNOW),
        ("잘 모르겠다", Missing.DONT_KNOW),
        ("ไม่ทราบ", Missing.DONT_KNOW),
        ("Không biết", Missing.DONT_KNOW),
        ("မသိ", Missing.DONT_KNOW),
        ("نمی\u200cدانم", Missing.DONT_KNOW),
        ("نمی دانم", Missing.DONT_KNOW),
        ("Prefer not to say", Missing.REFUSED),
        ("응답 거부", Missing.REFUSED),
        ("무응답", Missing.REFUSED),
        ("ไม่ตอบ", Missing.REFUSED),
        ("Không trả lời", Missing.REFUSED),
        ("N/A", Missing.NOT_APPLICABLE),
        ("해당 없음", Missing.NOT_APPLICABLE),
        ("I don't know anybody who left", None),
        ("Not sure", None),
        ("None", None),
        ("", None),
    ],
)
def test_labels_are_recognised_in_the_languages_of_the_region(label: str, reason: Missing | None) -> None:
    assert reason_of_label(label) == reason


def test_the_label_of_a_choice_outranks_its_name() -> None:
    assert reason_of_choice(Choice(name="na", labels={"": "Prefer not to say"})) == Missing.REFUSED
    assert reason_of_choice(Choice(name="na", labels={"": "Not applicable"})) == Missing.NOT_APPLICABLE
    assert reason_of_choice(Choice(name="na")) == Missing.NOT_APPLICABLE
    assert reason_of_choice(Choice(name="dnk", labels={"": "Ne sait pas"})) == Missing.DONT_KNOW


def test_a_numeric_code_means_nothing_by_itself() -> None:
    assert reason_of_choice(Choice(name="-99", labels={"": "Other reason"})) is None
    assert reason_of_choice(Choice(name="-99", labels={"": "Don't know"})) == Missing.DONT_KNOW


def test_the_campaign_can_declare_a_choice_of_the_form_to_be_no_answer() -> None:
    listed = (Choice(name="1", labels={"": "Yes"}), Choice(name="8", labels={"": "Cannot tell"}))
    assert reasons_of_list(listed) == {}
    assert reasons_of_list(listed, {"8": "dont_know"}) == {"8": Missing.DONT_KNOW}


def test_what_a_statistics_file_declares_without_a_word_is_blank() -> None:
    assert declared_reason("refused") == Missing.REFUSED
    assert declared_reason("Don't know") == Missing.DONT_KNOW
    assert declared_reason("undetermined") == Missing.BLANK


def test_a_dont_know_keeps_its_code_beside_its_reason() -> None:
    report = judge(questionnaire(ask("know", "select_one knows")), ["know"], ["1"], ["dk"], [None])
    assert column(report, "know") == ["1", "dk", None]
    assert column(report, "know@missing") == [None, "dont_know", "blank"]


def test_no_column_of_reasons_where_everybody_answered() -> None:
    report = judge(questionnaire(ask("know", "select_one knows")), ["know"], ["1"], ["0"])
    assert "know@missing" not in report.accepted.column_names


def test_an_undeclared_code_is_refused_with_how_to_declare_it() -> None:
    form = questionnaire(ask("know", "select_one knows"), ask("age", "integer", constraint=". >= 15"))
    report = judge(form, ["know", "age"], ["-99", "20"], ["1", "-88"], ["1", "30"])
    assert told(report) == [(1, "know", "undeclared_missing_code"), (2, "age", "undeclared_missing_code")]
    assert "missing:-99=dont_know" in report.problems[0].remedy()
    assert "missing:-88=" in report.problems[1].remedy("ko")


def test_a_declared_code_is_no_answer_and_says_why() -> None:
    form = questionnaire(ask("know", "select_one knows"), ask("age", "integer", constraint=". >= 15"))
    field = fieldwork(missing_codes={"-99": "dont_know", "-88": "refused"}, wave="baseline")
    report = judge(form, ["know", "age"], ["-99", "20"], ["1", "-88.0"], field=field)
    assert report.problems == ()
    assert column(report, "know") == [None, "1"]
    assert column(report, "know@missing") == ["dont_know", None]
    assert column(report, "age@missing") == [None, "refused"]


def test_a_suspicious_number_the_form_allows_is_kept_and_named() -> None:
    report = judge(questionnaire(ask("debt", "integer")), ["debt"], ["-99"], ["100"])
    assert column(report, "debt") == ["-99", "100"]
    assert "possible_missing_code" in warned(report)


def test_what_a_statistics_file_declares_missing_says_why() -> None:
    form = questionnaire(ask("know", "select_one knows"), ask("age", "integer"))
    report = judge(
        form,
        ["know", "age"],
        ["dk", "999"],
        ["1", ".a"],
        declared_missing={"age": {"999": "Refused", ".a": "not_applicable"}, "know": {"dk": "Don't know"}},
    )
    assert column(report, "know") == ["dk", "1"]
    assert column(report, "know@missing") == ["dont_know", None]
    assert column(report, "age") == [None, None]
    assert column(report, "age@missing") == ["refused", "not_applicable"]
