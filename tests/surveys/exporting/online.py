"""What web questionnaires write, which know question texts and no codes: LimeSurvey, Google Forms, Microsoft Forms."""

import csv
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from surveys.instrument import Question
from tests.surveys.exporting.files import delimited, table, workbook
from tests.surveys.exporting.interviews import (
    ENGLISH,
    INTERVIEWS,
    KOREAN,
    Interview,
    asked,
    choices_of,
    in_form_order,
    label_of,
    value_of,
)


Heading = Literal["code", "full", "abbreviated", "codetext"]
NOT_ASKED = ("start", "end", "today", "geopoint", "image")


def _columns() -> list[Question]:
    return [question for question in asked() if question.type not in NOT_ASKED]


@dataclass(frozen=True, slots=True, kw_only=True)
class LimeSettings:
    """What the export dialogue offers."""

    heading: Heading = "code"
    long: bool = False  # answers as texts in place of codes
    language: str = ENGLISH
    underscores: bool = False  # ExpressionScript codes


def limesurvey_csv(settings: LimeSettings) -> bytes:
    """With a byte order mark, every cell quoted, one empty line at the end."""
    header = ["id", "submitdate", "lastpage", "startlanguage", "seed", "startdate", "datestamp"]
    if settings.heading == "full":
        header = [
            "Response ID",
            "Date submitted",
            "Last page",
            "Start language",
            "Seed",
            "Date started",
            "Date last action",
        ]
    for question in _columns():
        header += _lime_headers(question, settings)
    rows = [_lime_row(interview, settings) for interview in INTERVIEWS]
    content = delimited(
        table(header, rows), delimiter=";", quoting=csv.QUOTE_ALL, ending="\r\n", codec="utf-8-sig"
    )
    return content + b"\r\n"


def _lime_headers(question: Question, settings: LimeSettings) -> list[str]:
    if question.type != "select_multiple":
        return [_lime_heading(question, "", "", settings)]
    return [
        _lime_heading(question, choice.name, choice.labels[settings.language], settings)
        for choice in choices_of(question)
    ]


def _lime_heading(question: Question, code: str, label: str, settings: LimeSettings) -> str:
    inside = f"_{code}" if settings.underscores else f"[{code}]"
    name = f"{question.name}{inside if code else ''}"
    text = question.labels[settings.language]
    if settings.heading == "abbreviated" and len(text) > 15:
        text = f"{text[:15]}.. "
    spoken = f"{text} [{label}]" if label else text
    if settings.heading == "code":
        return name
    return f"{name}. {spoken}" if settings.heading == "codetext" else spoken


def _lime_row(interview: Interview, settings: LimeSettings) -> list[object]:
    sent = interview.sent.replace("T", " ")
    cells: list[object] = [interview.number, sent, 4, "ko", 123456, sent, sent]
    for question in _columns():
        value = value_of(interview, question)
        shown = question.relevant is None or interview.said.get("heard") == "yes"
        if question.type == "select_multiple":
            picked = value.split()
            for choice in choices_of(question):
                short = "Y" if choice.name in picked else ""
                long = ("Yes" if choice.name in picked else "No") if shown else "N/A"
                cells.append(long if settings.long else short)
        elif question.type == "select_one" and settings.long:
            cells.append(label_of(question, value, settings.language) if value else "N/A")
        elif question.type == "date":
            cells.append(f"{value} 00:00:00")
        elif question.type == "decimal" and value:
            cells.append(f"{float(value):.10f}")
        else:
            cells.append(_masked(value))
    return cells


def _masked(text: str) -> str:
    return f"'{text}" if text.startswith("=") else text


def google_csv(language: str = ENGLISH) -> bytes:
    """Question texts as headings, choices joined by ", ", the first column a timestamp."""
    first = {ENGLISH: "Timestamp", KOREAN: "타임스탬프"}.get(language, "Timestamp")
    mail = {ENGLISH: "Email Address", KOREAN: "이메일 주소"}.get(language, "Email Address")
    header = [first, mail, *(question.labels[language] for question in _columns())]
    rows = [
        [_google_moment(one, language), "", *(_spoken(one, q, language, ", ") for q in _columns())]
        for one in INTERVIEWS
    ]
    return delimited(table(header, rows), quoting=csv.QUOTE_ALL, ending="\n")


def _google_moment(interview: Interview, language: str) -> str:
    when = datetime.fromisoformat(interview.start)
    if language == KOREAN:
        half = "오전" if when.hour < 12 else "오후"
        return f"{when:%Y/%m/%d} {when.hour % 12 or 12}:{when:%M:%S} {half} GMT+9"
    return f"{when:%Y/%m/%d} {when.hour % 12 or 12}:{when:%M:%S} {when:%p} GMT+9"


def microsoft_xlsx(language: str = ENGLISH) -> bytes:
    """Question texts as headings with line breaks in them, choices joined by ";" with one at the end."""
    return workbook({"Sheet1": _microsoft(language)})


def microsoft_csv(codec: str = "utf-8-sig") -> bytes:
    """As a quiz: points and feedback after every question; in the code page of an old Windows."""
    return delimited(_microsoft(ENGLISH, quiz=True), ending="\r\n", codec=codec)


def _microsoft(language: str, *, quiz: bool = False) -> list[list[object]]:
    header = ["ID", "Start time", "Completion time", "Email", "Name"]
    header += ["Total points", "Quiz feedback"] if quiz else []
    for question in _columns():
        text = question.labels[language]
        header += [f"{text}\n"] + ([f"Points - {text}", f"Feedback - {text}"] if quiz else [])
    rows = []
    for number, one in enumerate(INTERVIEWS, start=1):
        row: list[object] = [
            number,
            _microsoft_moment(one.start),
            _microsoft_moment(one.end),
            "anonymous",
            "",
        ]
        row += ["", ""] if quiz else []
        for question in _columns():
            spoken = _spoken(one, question, language, ";")
            row += [f"{spoken};" if spoken and question.type == "select_multiple" else spoken]
            row += ["", ""] if quiz else []
        rows.append(row)
    return table(header, rows)


def _microsoft_moment(text: str) -> str:
    when = datetime.fromisoformat(text)
    return f"{when.month}/{when.day}/{when:%y} {when.hour}:{when:%M:%S}"


def _spoken(interview: Interview, question: Question, language: str, joint: str) -> str:
    value = value_of(interview, question)
    if question.type == "select_one" and value:
        return label_of(question, value, language)
    if question.type == "select_multiple":
        return joint.join(label_of(question, code, language) for code in in_form_order(question, value))
    return value
