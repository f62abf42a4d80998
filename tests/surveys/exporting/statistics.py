"""The interviews as a statistician keeps them: numbers with value labels, reasons as user-missing values."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat

from surveys.instrument import Question
from tests.surveys.exporting.interviews import ENGLISH, INTERVIEWS, KEPT, asked, choices_of, value_of


NUMBERS = {"dk": 9}  # what stands for a code that is no number
NO_ANSWERS = ("dk", "-99")


def spss_sav(language: str = ENGLISH, *, no_first: bool = False) -> bytes:
    """Don't know as a declared missing value with its label.

    With ``no_first`` ticked choices are 2 and others 1, as the labels say.
    """
    frame, labels = _frame(language)
    if no_first:
        ticks = [name for name in frame if name.startswith(("channels_", "signs_"))]
        frame[ticks] = frame[ticks] + 1
        labels |= {name: {1: "No", 2: "Yes"} for name in ticks}
    missing = {
        question.name: [_number(question, choice.name)]
        for question in _columns()
        if question.type == "select_one"
        for choice in choices_of(question)
        if choice.name in NO_ANSWERS
    }
    return _written(
        ".sav",
        lambda path: pyreadstat.write_sav(frame, path, variable_value_labels=labels, missing_ranges=missing),
    )


def stata_dta(language: str = ENGLISH) -> bytes:
    """Don't know as the extended missing value .a with its label."""
    frame, labels = _frame(language)
    tags: dict[str, list[str]] = {}
    for question in _columns():
        if question.type != "select_one" or frame[question.name].isna().all():
            continue
        for choice in choices_of(question):
            if choice.name in NO_ANSWERS:
                number = _number(question, choice.name)
                told = labels[question.name]
                frame[question.name] = (
                    frame[question.name].astype(object).where(frame[question.name] != number, "a")
                )
                labels[question.name] = {
                    ("a" if code == number else code): text for code, text in told.items()
                }
                tags[question.name] = ["a"]
    return _written(
        ".dta",
        lambda path: pyreadstat.write_dta(
            frame, path, variable_value_labels=labels, missing_user_values=tags
        ),
    )


def _columns() -> list[Question]:
    return [question for question in asked() if question.name in KEPT]


def _number(question: Question, code: str) -> int:
    codes = [choice.name for choice in choices_of(question)]
    if all(one.lstrip("-").isdigit() for one in codes if one not in NUMBERS):
        return NUMBERS.get(code) or int(code)
    return codes.index(code) + 1


def _frame(language: str) -> tuple[pd.DataFrame, dict[str, dict[Any, str]]]:
    columns: dict[str, list[object]] = {"instanceID": [one.uuid for one in INTERVIEWS]}
    labels: dict[str, dict[Any, str]] = {}
    for question in _columns():
        values = [value_of(one, question) for one in INTERVIEWS]
        if question.type == "select_one":
            columns[question.name] = [_number(question, v) if v else None for v in values]
            labels[question.name] = {
                _number(question, c.name): c.labels[language] for c in choices_of(question)
            }
        elif question.type == "select_multiple":
            for choice in choices_of(question):
                name = f"{question.name}_{choice.name.replace('-', '_')}"
                columns[name] = [int(choice.name in v.split()) if v else None for v in values]
        elif question.type in ("integer", "decimal"):
            columns[question.name] = [float(v) if v else None for v in values]
        elif question.type == "date":
            columns[question.name] = list(pd.to_datetime(values))
        else:
            columns[question.name] = list(values)
    frame = pd.DataFrame(columns)
    unsaid = [name for name in frame.columns if frame[name].isna().all()]
    return frame.astype(dict.fromkeys(unsaid, float)), labels  # a column needs a type, though nobody answers


def _written(ending: str, write: Callable[[str], None]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"file{ending}"
        write(str(path))
        return path.read_bytes()
