"""The same six interviews in every exporter's hand come to the same rows, or are refused with a reason."""

from decimal import Decimal
from pathlib import Path

import pytest

from surveys.checking import CheckReport, check_table, report_as_dict
from surveys.instrument import Choice
from surveys.judging.choices import ChoiceList
from surveys.problems import FileRefused
from surveys.reading import RawFile
from tests.surveys.exporting import kobo, odk, ona, online, statistics, surveycto
from tests.surveys.exporting.files import delimited, table, workbook
from tests.surveys.exporting.interviews import (
    INTERVIEWS,
    KEPT,
    LANGUAGES,
    asked,
    questionnaire,
    value_of,
)
from tests.surveys.forms import form
from tests.surveys.judging import TODAY
from tests.surveys.reading_here import read_here


def plain_rows():
    columns = [question for question in asked() if question.name in KEPT]
    return table(
        ["instanceID", *(question.name for question in columns)],
        [[one.uuid, *(value_of(one, question) for question in columns)] for one in INTERVIEWS],
    )


EXPORTS = {
    "plain.csv": lambda: delimited(plain_rows()),
    "plain-tabs.tsv": lambda: delimited(plain_rows(), delimiter="\t"),
    "plain-utf16.txt": lambda: delimited(plain_rows(), delimiter="\t", codec="utf-16"),
    "plain.xlsx": lambda: workbook({"data": plain_rows()}),
    "statistics-english.sav": statistics.spss_sav,
    "statistics-korean.sav": lambda: statistics.spss_sav(LANGUAGES[1]),
    "statistics-dari.sav": lambda: statistics.spss_sav(LANGUAGES[4]),
    "statistics-no-first.sav": lambda: statistics.spss_sav(no_first=True),
    "statistics-english.dta": statistics.stata_dta,
    "statistics-korean.dta": lambda: statistics.stata_dta(LANGUAGES[1]),
    "kobo-api.json": kobo.kobo_json,
    "kobo-list.json": lambda: kobo.kobo_json(paged=False),
    "central-odata.json": odk.central_odata,
    "central-odata-expanded.json": lambda: odk.central_odata(expanded=True),
    "surveycto-us.csv": lambda: surveycto.surveycto_wide("9/11/2019, 3:01:44 PM"),
    "surveycto-named.csv": lambda: surveycto.surveycto_wide("Sep 18, 2018 12:12:37 PM"),
    "surveycto-iso.csv": lambda: surveycto.surveycto_wide("2019-09-11 15:01:44"),
    "surveycto-long.zip": lambda: surveycto.surveycto_long("Sep 18, 2018 12:12:37 PM"),
}
for settings in [
    kobo.Settings(),
    kobo.Settings(multiple="summary"),
    kobo.Settings(multiple="details", older=False),
    kobo.Settings(groups=True),
    kobo.Settings(groups=True, separator=" > "),
    kobo.Settings(groups=True, separator="::"),
    kobo.Settings(separator="|", multiple="details"),
    kobo.Settings(tags=True, typed=True),
    *(
        kobo.Settings(language=language, multiple=multiple)
        for language in LANGUAGES
        for multiple in ("both", "details")
    ),
    *(kobo.Settings(language=language, groups=True, separator=" - ") for language in LANGUAGES),
    kobo.Settings(language=LANGUAGES[1], groups=True, separator="/", tags=True),
    kobo.Settings(language=LANGUAGES[0], groups=True, separator="::", multiple="details"),
]:
    words = f"{(settings.language or 'xml')[:7].strip()}-{settings.multiple}-{settings.groups}-{settings.separator.strip()}-{settings.tags}"
    words = words.replace("/", "slash").replace(">", "gt").replace("|", "bar").replace("::", "colons")
    EXPORTS[f"kobo-{words}.csv"] = lambda s=settings: kobo.kobo_csv(s)
    EXPORTS[f"kobo-{words}.xlsx"] = lambda s=settings: kobo.kobo_xlsx(s)
for split in (False, True):
    for groups in (False, True):
        central = odk.Settings(split=split, groups=groups)
        EXPORTS[f"central-{split}-{groups}.csv"] = lambda s=central: odk.central_csv(s)
        EXPORTS[f"central-{split}-{groups}.zip"] = lambda s=central: odk.central_zip(s)
for older in [
    ona.Settings(),
    ona.Settings(groups=False),
    ona.Settings(summary=True),
    ona.Settings(split=False, absent=""),
    ona.Settings(group_mark="."),
]:
    words = f"{older.groups}-{older.summary}-{older.split}-{older.group_mark}".replace("/", "slash")
    EXPORTS[f"ona-{words}.csv"] = lambda s=older: ona.ona_csv(s)
    EXPORTS[f"ona-{words}.zip"] = lambda s=older: ona.ona_zip(s)
for lime in [
    online.LimeSettings(),
    online.LimeSettings(underscores=True),
    *(
        online.LimeSettings(heading=heading, long=long)
        for heading in ("full", "codetext")
        for long in (False, True)
    ),
    online.LimeSettings(heading="abbreviated"),
    *(online.LimeSettings(heading="full", long=True, language=language) for language in LANGUAGES[1:]),
]:
    words = f"{lime.heading}-{lime.long}-{lime.language[:7].strip()}-{lime.underscores}"
    EXPORTS[f"lime-{words}.csv"] = lambda s=lime: online.limesurvey_csv(s)
for language in LANGUAGES:
    EXPORTS[f"google-{language[:7].strip()}.csv"] = lambda s=language: online.google_csv(s)
    EXPORTS[f"microsoft-{language[:7].strip()}.xlsx"] = lambda s=language: online.microsoft_xlsx(s)
EXPORTS["microsoft-quiz.csv"] = online.microsoft_csv


def judged(name: str, folder: Path) -> tuple[RawFile, CheckReport]:
    path = folder / name
    path.write_bytes(EXPORTS[name]())
    raw = read_here(path)
    return raw, check_table(raw, questionnaire(), today=TODAY)


def canonical(report: CheckReport) -> list[dict[str, tuple[str | None, str | None]]]:
    """What is kept of each row, with its reason where there is no answer; choices in form order."""
    rows = report.accepted.to_pylist()
    return [{name: _canonical(row.get(name), row.get(f"{name}@missing")) for name in KEPT} for row in rows]


def _canonical(text: str | None, reason: str | None) -> tuple[str | None, str | None]:
    try:
        return (str(Decimal(text).normalize()) if text else text), reason
    except ArithmeticError:
        return " ".join(sorted(text.split(" "))) if text else text, reason


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory):
    return canonical(judged("plain.csv", tmp_path_factory.mktemp("plain"))[1])


def test_the_plain_file_is_the_interviews_themselves(truth):
    said = [{name: _canonical(one.said.get(name), None)[0] for name in KEPT} for one in INTERVIEWS]
    assert [{name: text for name, (text, _) in row.items()} for row in truth] == said


DIALECTS = {
    "plain": "plain",
    "statistics": "plain",
    "kobo": "kobo",
    "central": "odk_central",
    "surveycto": "surveycto",
    "ona": "ona",
    "lime": "limesurvey",
    "google": "google_forms",
    "microsoft": "microsoft_forms",
}


@pytest.mark.parametrize("name", EXPORTS)
def test_every_export_comes_to_the_same_rows(name, tmp_path, truth):
    raw, report = judged(name, tmp_path)
    assert [problem.message() for problem in report.problems] == []
    assert canonical(report) == truth
    assert raw.dialect == DIALECTS[name.split("-")[0].split(".")[0]]
    for language in ("en", "ko"):
        assert report_as_dict(report, language=language)["recognised"]


def lime_file(folder: Path, change: bytes, into: bytes) -> tuple[RawFile, CheckReport]:
    path = folder / "results.csv"
    content = online.limesurvey_csv(online.LimeSettings())
    assert change in content
    path.write_bytes(content.replace(change, into, 1))
    raw = read_here(path)
    return raw, check_table(raw, questionnaire(), today=TODAY)


def test_a_response_that_was_never_sent_in_stays_out(tmp_path, truth):
    _, report = lime_file(tmp_path, b'"100003";"2026-09-15 02:00:00"', b'"100003";""')
    assert [(problem.row, problem.code) for problem in report.problems] == [(3, "interview_unfinished")]
    assert canonical(report) == [row for number, row in enumerate(truth) if number != 2]


def test_limesurveys_guard_against_formulas_is_taken_off(tmp_path):
    _, report = lime_file(tmp_path, '"조사원: 통역이 필요했음"'.encode(), b'"\'=1+1"')
    assert report.accepted["remark"].to_pylist()[1] == "=1+1"


def test_the_number_of_a_response_is_told_apart_by_when_it_began(tmp_path):
    _, report = lime_file(tmp_path, b"100001", b"100001")
    assert report.accepted["@submission"].to_pylist()[0] == "100001@2026-09-13 00:30:00"


def web_rows(heading: str, answer: str) -> list[list[str]]:
    """A Google Form of two questions; the second column asks about the household."""
    return [["Timestamp", heading], ["2026/09/13 8:56:10 AM GMT+9", answer]]


@pytest.mark.parametrize(
    ("heading", "answer", "name", "code"),
    [
        ("1. <b>Gender</b> *", "Female", "gender", "female"),
        ("**Gender:**", "여성", "gender", "female"),
        ("GENDER (required)", "زن", "gender", "female"),
        ("What you believe [Debt is a warning sign]", "True", "debt", "1"),
        ("Q7) Kept papers are a &quot;warning sign&quot;".replace("&quot;", ""), "ไม่ทราบ", "papers", "dk"),
        ("Which signs do yo.. ", "Debt, Kept papers", "signs", "1 3"),
        ("Where did you hear it?", "Radio, any station, Television", "channels", "radio tv"),
    ],
)
def test_a_question_is_known_by_its_text_however_it_is_set(heading, answer, name, code, tmp_path):
    rows = web_rows(heading, answer)
    others = [
        ("Do you agree to take part?", "Yes"),
        ("Day of the interview", "2026-09-13"),
        ("Have you heard of it?", "Yes"),
    ]
    path = tmp_path / "form.csv"
    path.write_bytes(delimited([[*rows[0], *(h for h, _ in others)], [*rows[1], *(a for _, a in others)]]))
    report = check_table(read_here(path), questionnaire(), today=TODAY)
    assert [problem.message() for problem in report.problems] == []
    assert report.accepted[name].to_pylist() == [code]


def test_choices_that_can_be_taken_apart_in_two_ways_are_refused():
    listed = [
        Choice(name=code, labels={"": label})
        for code, label in (("r", "Radio"), ("c", "community"), ("rc", "Radio, community"))
    ]
    assert ChoiceList(listed).pick_several("Radio, community").fault == "ambiguous_labels"
    assert ChoiceList(listed[:1] + listed[2:]).pick_several("Radio, community, Radio").codes == ("rc", "r")


def test_the_text_of_two_questions_is_refused_and_not_guessed(tmp_path):
    path = tmp_path / "form.csv"
    path.write_bytes(delimited(web_rows("Have you ever been told abou.. ", "Yes")))
    twice = form(
        [
            ("type", "name", "label"),
            ("select_one yesno", "a", "Have you ever been told about debt?"),
            ("select_one yesno", "b", "Have you ever been told about papers?"),
        ],
        [("list_name", "name", "label"), ("yesno", "yes", "Yes"), ("yesno", "no", "No")],
    )
    with pytest.raises(FileRefused) as refused:
        check_table(read_here(path), twice, today=TODAY)
    assert refused.value.problem.code == "ambiguous_label_header"
