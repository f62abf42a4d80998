"""Interviews written down as KoboToolbox, ODK Central and spreadsheets write them.

The demonstration sends these files through the same door as a field team's. Layouts follow Kobo's exporter
(XML values and headers, groups left out) and Central's zip of CSV (groups in the headers, split answers).
"""

import csv
import io
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import xlsxwriter

from surveys.instrument import Instrument, Question


Rows = Iterator[list[str]]

KOBO_METADATA = (
    "_id", "_uuid", "_submission_time", "_validation_status", "_notes", "_status", "_submitted_by",
    "__version__", "_tags", "meta/rootUuid", "_index",
)  # fmt: skip
CENTRAL_METADATA = (
    "KEY", "SubmitterID", "SubmitterName", "AttachmentsPresent", "AttachmentsExpected", "Status", "ReviewState",
    "DeviceID", "Edits", "FormVersion",
)  # fmt: skip
FIRST_KOBO_ID = 500_000


def write_kobo_csv(path: Path, interviews: pd.DataFrame, instrument: Instrument) -> None:
    """KoboToolbox's CSV: semicolons, every cell quoted, UTF-8 without a byte order mark."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow(_kobo_header(instrument))
        writer.writerows(_kobo_rows(interviews, instrument))


def write_kobo_xlsx(path: Path, interviews: pd.DataFrame, instrument: Instrument) -> None:
    """KoboToolbox's workbook: one sheet named after the form, every cell a text."""
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as workbook:
        workbook.set_properties({"created": datetime(2026, 1, 1)})
        sheet = workbook.add_worksheet(_sheet_name(instrument.title))
        for at, row in enumerate([_kobo_header(instrument), *_kobo_rows(interviews, instrument)]):
            for column, text in enumerate(row):
                if text:
                    sheet.write_string(at, column, text)


def write_central_zip(path: Path, interviews: pd.DataFrame, instrument: Instrument) -> None:
    """ODK Central's archive: one CSV with groups in its headers and each answer of several split in 0 and 1."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(_central_header(instrument, interviews))
    writer.writerows(_central_rows(interviews, instrument))
    member = zipfile.ZipInfo(f"{instrument.form_id}.csv", date_time=(2026, 1, 1, 0, 0, 0))
    member.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, table.getvalue().encode("utf-8"))


def write_korean_csv(path: Path, interviews: pd.DataFrame, instrument: Instrument) -> None:
    """KoboToolbox's table of Korean labels, saved again by a Korean spreadsheet: commas, code page 949."""
    language = next(name for name in instrument.languages if name.endswith("(ko)"))
    questions = _asked(instrument)
    labels = {q.name: _labels(q, instrument, language) for q in questions}
    with path.open("w", encoding="cp949", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        header = []
        for question in questions:
            spoken = question.labels.get(language) or question.name
            header += [
                spoken,
                *(f"{spoken}/{labels[question.name][c]}" for c in _codes(question, instrument)),
            ]
        writer.writerow([*header, "_uuid", "_submission_time"])
        for row in _records(interviews):
            cells: list[str] = []
            for question in questions:
                codes, *split = _split_answer(question, row, instrument)
                # Kobo joins the labels of several answers by a space; the split columns say which they are.
                answers = codes.split() if split else [codes]
                cells += [" ".join(labels[question.name].get(code, code) for code in answers), *split]
            writer.writerow([*cells, row["instance_id"], f"{_received(row['end']):%Y-%m-%d %H:%M:%S}"])


WRITERS: Mapping[str, tuple[str, Callable[[Path, pd.DataFrame, Instrument], None]]] = {
    "kobo_csv": (".csv", write_kobo_csv),
    "kobo_xlsx": (".xlsx", write_kobo_xlsx),
    "central_zip": (".zip", write_central_zip),
    "korean_csv": (".csv", write_korean_csv),
}


def _kobo_header(instrument: Instrument) -> list[str]:
    asked = [name for q in _asked(instrument) for name in _split_header(q, instrument, q.name)]
    return [*asked, *KOBO_METADATA]


def _kobo_rows(interviews: pd.DataFrame, instrument: Instrument) -> Rows:
    questions = _asked(instrument)
    numbers: dict[str, int] = {}  # one submission, one number, however often the row stands in the file
    for index, row in enumerate(_records(interviews), start=1):
        number = numbers.setdefault(row["instance_id"], FIRST_KOBO_ID + index)
        received = _received(row["end"]).strftime("%Y-%m-%dT%H:%M:%S")
        answers = [cell for q in questions for cell in _split_answer(q, row, instrument)]
        uuid = row["instance_id"]
        yield [
            *answers, str(number), uuid, received, "", "", "submitted_via_web", "", instrument.version, "", uuid,
            str(index),
        ]  # fmt: skip


def _central_header(instrument: Instrument, interviews: pd.DataFrame) -> list[str]:
    names = ["SubmissionDate"]
    for question in _asked(instrument):
        name = "-".join((*question.path, question.name))
        names += [name, *(f"{name}/{code}" for code in _observed(question, interviews))]
    return [*names, "meta-instanceID", *CENTRAL_METADATA]


def _central_rows(interviews: pd.DataFrame, instrument: Instrument) -> Rows:
    questions = _asked(instrument)
    observed = {q.name: _observed(q, interviews) for q in questions}
    for row in _records(interviews):
        cells = [_received(row["end"]).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"]
        for question in questions:
            answer = row.get(question.name, "")
            marked = answer.split()
            cells += [answer, *("1" if code in marked else "0" for code in observed[question.name])]
        key = f"uuid:{row['instance_id']}"
        yield [*cells, key, key, "12", "Field app", "0", "0", "", "", "", "0", instrument.version]


def _asked(instrument: Instrument) -> Sequence[Question]:
    return [q for q in instrument.questions if q.repeat is None]


def _records(interviews: pd.DataFrame) -> Iterator[dict[str, str]]:
    texts = interviews.astype(object).where(interviews.notna(), "")
    names = [str(name) for name in texts.columns]
    return (dict(zip(names, row, strict=True)) for row in texts.itertuples(index=False, name=None))


def _split_header(question: Question, instrument: Instrument, name: str) -> list[str]:
    return [name, *(f"{name}/{code}" for code in _codes(question, instrument))]


def _split_answer(question: Question, row: Mapping[str, str], instrument: Instrument) -> list[str]:
    answer = row.get(question.name, "")
    marked = answer.split()
    return [answer, *(str(int(code in marked)) if answer else "" for code in _codes(question, instrument))]


def _codes(question: Question, instrument: Instrument) -> list[str]:
    if question.type != "select_multiple" or question.choice_list is None:
        return []
    return [choice.name for choice in instrument.choices[question.choice_list]]


def _labels(question: Question, instrument: Instrument, language: str) -> dict[str, str]:
    listed = instrument.choices.get(question.choice_list or "", ())
    return {choice.name: choice.labels[language] for choice in listed}


def _observed(question: Question, interviews: pd.DataFrame) -> list[str]:
    """The codes that occur in the data, in alphabetical order: Central splits no others."""
    if question.type != "select_multiple":
        return []
    return sorted({code for answer in interviews[question.name].dropna() for code in answer.split()})


def _received(end: str) -> datetime:
    """When the server had it: an hour and a half after the interview, in universal time."""
    return datetime.fromisoformat(end).astimezone(UTC) + timedelta(minutes=90)


def _sheet_name(title: str) -> str:
    """Excel takes 31 characters and few signs beside letters; Kobo writes an underscore instead."""
    cleaned = "".join("_" if letter in "[]*?:\\/" else letter for letter in title)
    return cleaned if len(cleaned) <= 31 else f"{cleaned[:28]}..."
