"""A small campaign, its questionnaire and its exports, as files on disk."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import xlsxwriter


CAMPAIGN = """
campaign: pilot
title: {en: Pilot, ko: 시범사업}
instrument: kap
waves: [{id: baseline}, {id: endline}]
sites:
  - {id: npl, country: NPL, role: origin, audience: {en: workers, ko: 노동자}}
  - {id: tha, country: THA, role: transit, audience: {en: workers, ko: 노동자}}
columns:
  submission: interview
  respondent: person
  wave: wave
  arm: {column: arm, campaign: treated, comparison: control}
  cluster: ward
  interview_date: day
outcomes:
  - id: heard_of_it
    construct: recall
    title: {en: Heard of it, ko: 캠페인 인지}
    score: {item: heard, values: {"yes": 1, "no": 0}}
    better: higher
    family: reach
    tier: primary
analysis: {design: difference_in_differences, before: baseline, after: endline}
"""

SURVEY = (
    ("type", "name", "label", "required"),
    ("text", "interview", "Interview", "yes"),
    ("text", "person", "Person", ""),
    ("select_one wave", "wave", "Wave", "yes"),
    ("select_one arm", "arm", "Arm", "yes"),
    ("text", "ward", "Ward", "yes"),
    ("date", "day", "Day", "yes"),
    ("integer", "age", "Age", ""),
    ("select_one yesno", "heard", "Heard of it?", ""),
    ("phonenumber", "phone", "Telephone", ""),
    ("text", "remark", "Remark", ""),
)
CHOICES = (
    ("list_name", "name", "label"),
    ("wave", "baseline", "Before"),
    ("wave", "endline", "After"),
    ("arm", "treated", "Treated"),
    ("arm", "control", "Control"),
    ("yesno", "yes", "Yes"),
    ("yesno", "no", "No"),
    ("yesno", "dk", "Don't know"),
)
HEADERS = tuple(name for _, name, _, _ in SURVEY[1:])


def write_instrument(path: Path, waves: Iterable[str] = (), survey: Sequence[Sequence[str]] = SURVEY) -> Path:
    """The questionnaire as an XLSForm, with further waves where they are named."""
    choices = (*CHOICES, *(("wave", wave, wave) for wave in waves if wave not in ("baseline", "endline")))
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in (
            ("survey", survey),
            ("choices", choices),
            ("settings", (("form_title", "form_id", "version"), ("Pilot", "kap", "3"))),
        ):
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return path


def said(interview: str, **changed: str) -> dict[str, str]:
    """One row of an export."""
    usual = {
        "interview": interview,
        "person": f"P-{interview}",
        "wave": "baseline",
        "arm": "treated",
        "ward": "w1",
        "day": "2026-02-03",
        "age": "30",
        "heard": "yes",
        "phone": "0771234567",
        "remark": "",
    }
    return usual | changed


def write_export(path: Path, rows: Iterable[Mapping[str, str]]) -> Path:
    """An export as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, HEADERS)
        writer.writeheader()
        writer.writerows(rows)
    return path
