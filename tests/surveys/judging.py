"""Small questionnaires and files made by hand, and the judgement on them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from surveys.checking import CheckReport, check_table
from surveys.fieldwork import FieldSite, FieldWave, Fieldwork
from surveys.instrument import Choice, Instrument, Question
from surveys.problems import FileRefused, Problem
from surveys.reading.table import RawFile, RawTable


TODAY = date(2026, 11, 23)
ENGLISH, KOREAN = "English (en)", "한국어 (ko)"

YES_NO = {"yes": ("Yes", "예"), "no": ("No", "아니요")}
KNOWS = {"1": ("True", "맞다"), "0": ("False", "틀리다"), "dk": ("Don't know", "모름")}
CHANNELS = {
    "tv": ("Television", "텔레비전"),
    "radio": ("Radio", "라디오"),
    "social": ("Social media", "소셜 미디어"),
}


def choices(labels: Mapping[str, tuple[str, str]]) -> tuple[Choice, ...]:
    """A list of choices with an English and a Korean label each."""
    return tuple(
        Choice(name=code, labels={ENGLISH: english, KOREAN: korean})
        for code, (english, korean) in labels.items()
    )


LISTS = {"yes_no": choices(YES_NO), "knows": choices(KNOWS), "channels": choices(CHANNELS)}


def ask(name: str, kind: str = "text", /, **more: Any) -> Question:
    """A question; ``select_one yes_no`` names its list, ``label`` its English text."""
    kind, _, listed = kind.partition(" ")
    label = more.pop("label", name.replace("_", " ").capitalize())
    labels = label if isinstance(label, dict) else {ENGLISH: label}
    return Question(name=name, type=kind, choice_list=listed or None, labels=labels, **more)


def questionnaire(
    *questions: Question, lists: Mapping[str, tuple[Choice, ...]] = LISTS, **more: Any
) -> Instrument:
    """An instrument of these questions."""
    return Instrument(
        form_id="trial",
        version="1",
        title="Trial",
        languages=(ENGLISH, KOREAN),
        default_language=ENGLISH,
        questions=questions,
        choices=lists,
        **more,
    )


def received(header: Sequence[str], *rows: Sequence[str | None], **more: Any) -> RawFile:
    """A file as read: blank cells are null."""
    columns = {
        f"c{place}": pa.array([row[place] or None for row in rows], pa.large_string())
        for place in range(len(header))
    }
    broken = more.pop("broken_rows", {})
    table = RawTable(
        name="sheet",
        columns=tuple(header),
        rows=pa.table(columns),
        lines=np.arange(2, len(rows) + 2, dtype=np.int64),
        broken_rows=broken,
    )
    facts = {"name": "file.csv", "sha256": "0" * 64, "size": 1, "format": "csv", "dialect": "plain"} | more
    return RawFile(interviews=table, **facts)


def fieldwork(**more: Any) -> Fieldwork:
    """A campaign of one site in Nepal with two waves and two arms; ``more`` replaces parts of it."""
    facts: dict[str, Any] = {
        "campaign": "trial",
        "sites": (FieldSite(id="npl", country="NPL", country_names=("NP", "Nepal", "네팔")),),
        "waves": (
            FieldWave(id="baseline", opens=date(2026, 2, 1), closes=date(2026, 2, 28)),
            FieldWave(id="endline", opens=date(2026, 9, 1), closes=date(2026, 9, 30)),
        ),
        "parts": {},
        "wave_values": {},
        "arm_values": {},
    }
    return Fieldwork(**(facts | more))


def judge(
    instrument: Instrument,
    header: Sequence[str],
    *rows: Sequence[str | None],
    field: Fieldwork | None = None,
    **more: Any,
) -> CheckReport:
    """The report on a file made by hand."""
    return check_table(received(header, *rows, **more), instrument, field, today=TODAY)


def refusal(
    instrument: Instrument,
    header: Sequence[str],
    *rows: Sequence[str | None],
    field: Fieldwork | None = None,
    **more: Any,
) -> Problem:
    """Why the whole file is refused."""
    try:
        judge(instrument, header, *rows, field=field, **more)
    except FileRefused as refused:
        return refused.problem
    raise AssertionError("the file was not refused")


def told(report: CheckReport) -> list[tuple[int | None, str | None, str]]:
    """Row, column and code of every problem."""
    return [(problem.row, problem.column, problem.code) for problem in report.problems]


def warned(report: CheckReport) -> list[str]:
    """The code of every warning but that of files without ids, as most made by hand are."""
    return [warning.code for warning in report.warnings if warning.code != "no_submission_id"]


def column(report: CheckReport, name: str) -> list[str | None]:
    """One column of the accepted rows."""
    values: list[str | None] = report.accepted.column(name).to_pylist()
    return values
