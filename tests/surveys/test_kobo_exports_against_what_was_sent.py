"""Eight settings of KoboToolbox's own export code, judged cell for cell against the submissions behind them."""

import csv
import io
import json
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from surveys.checking import check_table
from surveys.instrument import Instrument
from surveys.problems import FileRefused
from tests.shared import SHARED, needs_shared
from tests.surveys.forms import form
from tests.surveys.judging import TODAY
from tests.surveys.reading_here import read_here


pytestmark = needs_shared

FOLDER = SHARED / "corpus" / "formpack_exports" / "export"
HEADER = ("type", "name", "label")
YES_NO = (("list_name", "name", "label"), ("yes_no", "yes", "Yes"), ("yes_no", "no", "No"))
HOUSEHOLD = (
    HEADER, ("start", "start", "start"), ("end", "end", "end"), ("begin group", "household_visit", "Household visit"),
    ("text", "household_location", "household location"), ("begin repeat", "houshold_member_repeat", "Members"),
    ("text", "household_member_name", "household member's name"), ("end repeat", "", ""), ("end group", "", ""),
)  # fmt: skip
# The questionnaires, written out from what their exports say of them.
FORMS: dict[str, tuple[Any, Any]] = {
    "customer_satisfaction": (
        (HEADER, ("text", "restaurant_name", "Restaurant name"),
         ("select_one yes_no", "customer_enjoyment", "Did you enjoy your dining experience?")),
        YES_NO,
    ),
    "favorite_coffee": (
        (HEADER, ("select_multiple coffee", "favorite_coffee_type", "Favorite coffee type"),
         ("text", "brand_of_coffee_machine", "Brand of coffee machine")),
        (("list_name", "name", "label"), *(("coffee", n, n.title()) for n in ("french", "italian", "american", "british"))),
    ),
    "grouped_repeatable": (HOUSEHOLD, ()),
    "hxl_grouped_repeatable": (HOUSEHOLD, ()),
    "nested_grouped_repeatable": (
        (HEADER, ("start", "start", "start"), ("end", "end", "end"), ("begin repeat", "group_tree", "Trees"),
         ("text", "What_kind_of_tree_is_this", "What kind of tree is this?"), ("end repeat", "", "")),
        (),
    ),
    "quotes_newlines_and_long_urls": (
        (HEADER, ("text", "Enter_some_long_text_and_linebreaks_here", 'Enter some long text with " and linebreaks here'),
         ("text", "Some_other_question", "Some other question")),
        (),
    ),
    "sanitation_report": (
        (HEADER, ("text", "restaurant_name", "Restaurant name"),
         ("select_one grade", "restaurant_rating", "How did this restaurant do on its sanitation report?"),
         ("text", "report_date", "Report date")),
        (("list_name", "name", "label"), *(("grade", grade, grade) for grade in "ABCDF")),
    ),
    "simple_nested_grouped_repeatable": (
        (HEADER, ("begin repeat", "cities", "Cities"), ("begin repeat", "respondents", "Respondents"),
         ("text", "respondent_name", "Respondent name"), ("integer", "respondent_age", "Age"), ("end repeat", "", ""),
         ("end repeat", "", "")),
        (),
    ),
}  # fmt: skip
EXPORTS = [
    (name, path)
    for name in FORMS
    for path in sorted(FOLDER.glob(f"{name}__*"))
    if path.suffix in (".csv", ".xlsx", ".json")
]


def questionnaire(name: str) -> Instrument:
    survey, choices = FORMS[name]
    return form(survey, choices)


def sent(name: str, question: str) -> list[str | None]:
    """What the submissions hold for a question of the root, whatever groups are before its name."""
    truth = json.loads((FOLDER / f"{name}__submissions.json").read_text("utf-8"))
    return [
        next((text for key, text in one.items() if key.rsplit("/", 1)[-1] == question), None) for one in truth
    ]


@pytest.mark.parametrize(("name", "path"), EXPORTS, ids=[path.name for _, path in EXPORTS])
def test_what_comes_out_of_an_export_is_what_was_sent(name: str, path: Path) -> None:
    instrument = questionnaire(name)
    raw = read_here(path)
    assert raw.dialect == "kobo"
    if all(question.repeat for question in instrument.questions):
        with pytest.raises(FileRefused) as refused:
            check_table(raw, instrument, today=TODAY)
        assert refused.value.problem.code == "only_roster_questions"
        return
    report = check_table(raw, instrument, today=TODAY)
    rows = [number - 1 for number in report.accepted["@row"].to_pylist()]
    sent_twice = Counter(sent(name, "instanceID"))
    for (
        problem
    ) in report.problems:  # two versions of an export's form have the same ids with other roster rows
        assert problem.code in ("review_rejected", "duplicate_conflict")
        if problem.code == "duplicate_conflict":
            assert sent_twice[sent(name, "instanceID")[(problem.row or 0) - 1]] > 1
    told = len(rows) + len(report.repeated) + len(report.rejected) + len(report.held)
    assert told == raw.interviews.rows.num_rows
    for question in instrument.questions:
        if question.repeat is not None or (question.name == "report_date" and "typed" in path.name):
            continue  # 012345 was sent for a date, which this setting of the exporter turns into a day of 2045
        truth = sent(name, question.name)
        for warning in report.warnings:  # a text that names somebody is kept back, and said to be
            if (
                warning.code == "personal_data_in_text"
                and question.type == "text"
                and "Roger" in (truth[(warning.row or 0) - 1] or "")
            ):
                truth[(warning.row or 0) - 1] = None
        wanted = [truth[row] for row in rows]
        assert [_told(text) for text in report.accepted[question.name].to_pylist()] == [
            _told(t) for t in wanted
        ]


def _told(text: str | None) -> str | None:
    """The same moment, with or without its milliseconds, where an export stores dates as such."""
    if text is None or not text[:4].isdigit() or "T" not in text.replace(" ", "T"):
        return text
    return text.replace(" ", "T").replace(".000", "").removesuffix("-04:00").removesuffix("-05:00")


def test_an_export_holds_every_row_of_the_plainest_reading() -> None:
    for name, path in EXPORTS:
        if path.suffix == ".csv":
            plain = [
                row
                for row in csv.reader(io.StringIO(path.read_text("utf-8"), newline=""), delimiter=";")
                if any(row)
            ]
            tags = name.startswith("hxl") and plain[1][0].startswith("#")
            assert read_here(path).interviews.rows.num_rows == len(plain) - 1 - tags


def test_label_scripts_for_spss_hold_no_interviews() -> None:
    for path in FOLDER.glob("*__spss_labels.zip"):
        assert all(name.endswith(".sps") for name in zipfile.ZipFile(path).namelist())
        with pytest.raises(FileRefused) as refused:
            read_here(path)
        assert refused.value.problem.code == "archive_no_data"
