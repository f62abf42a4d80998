"""What KoboToolbox writes: formpack's CSV and XLSX in all their settings, and the interface's JSON."""

import csv
import json
from dataclasses import dataclass
from typing import Literal

from surveys.instrument import Question
from tests.surveys.exporting.files import delimited, table, workbook
from tests.surveys.exporting.interviews import (
    HEADER,
    INTERVIEWS,
    LANGUAGES,
    PLACE,
    SURVEY,
    Interview,
    asked,
    choices_of,
    in_form_order,
    label_of,
    questionnaire,
    value_of,
)


Multiple = Literal["both", "summary", "details"]
OFFSET = ".000+09:00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the export dialogue offers."""

    language: str | None = None  # None: XML values and headers
    groups: bool = False  # in headers
    separator: str = "/"
    multiple: Multiple = "both"
    older: bool = True  # with _notes and _tags, as before September 2026
    tags: bool = False  # a second row of HXL tags
    media_links: bool = True
    typed: bool = False  # numbers and dates stored as such in XLSX, without offset


def kobo_csv(settings: Settings) -> bytes:
    """Separated by semicolons, every cell quoted, without rosters."""
    return delimited(_root(settings), delimiter=";", quoting=csv.QUOTE_ALL, ending="\r\n")


def kobo_xlsx(settings: Settings) -> bytes:
    """A sheet for the interviews, one for the roster."""
    return workbook({"Trial": _root(settings), "member": _roster(settings)})


def kobo_json(*, paged: bool = True) -> bytes:
    """Version 2 of the interface: full paths as keys, unanswered ones absent, several versions at once."""
    results = [_record(interview) for interview in INTERVIEWS]
    document = {"count": len(results), "next": None, "previous": None, "results": results}
    return json.dumps(document if paged else results, ensure_ascii=False).encode()


def _root(settings: Settings) -> list[list[object]]:
    header: list[str] = []
    for question in asked():
        header += _headers(question, settings)
    metadata = ["_id", "_uuid", "_submission_time", "_validation_status"]
    metadata += ["_notes"] if settings.older else []
    metadata += ["_status", "_submitted_by", "__version__"]
    metadata += ["_tags"] if settings.older else []
    metadata += ["meta/rootUuid", "_index"]
    rows = [_row(interview, number, settings) for number, interview in enumerate(INTERVIEWS, start=1)]
    made = table([*header, *metadata], rows)
    if settings.tags:
        made.insert(1, ["#date+start" if name == "start" else "" for name in header] + [""] * len(metadata))
    return made


def _headers(question: Question, settings: Settings) -> list[str]:
    name = _shown(question, settings)
    if question.type == "geopoint":
        parts = ("latitude", "longitude", "altitude", "precision")
        return [name, *(f"_{name}_{part}" for part in parts)]
    if question.type == "image" and settings.media_links:
        return [name, f"{name}_URL"]
    if question.type != "select_multiple":
        return [name]
    details = [
        f"{name}{settings.separator}{choice.labels[settings.language] if settings.language else choice.name}"
        for choice in choices_of(question)
    ]
    summary = [] if settings.multiple == "details" else [name]
    return [*summary, *([] if settings.multiple == "summary" else details)]


def _shown(question: Question, settings: Settings) -> str:
    leaf = question.labels.get(settings.language, question.name) if settings.language else question.name
    if not settings.groups:
        return leaf
    return settings.separator.join([*(_group(name, settings.language) for name in question.path), leaf])


def _group(name: str, language: str | None) -> str:
    row = next(row for row in SURVEY if row[1] == name)
    return row[2 + LANGUAGES.index(language)] if language else name


def _row(interview: Interview, number: int, settings: Settings) -> list[object]:
    cells: list[object] = []
    for question in asked():
        cells += _cells(interview, question, settings)
    approved = "Approved" if settings.language else "validation_status_approved"
    metadata: list[object] = [
        interview.number,
        interview.uuid,
        interview.sent,
        approved if number == 1 else "",
    ]
    metadata += [""] if settings.older else []
    metadata += ["submitted_via_web", "", "vTRIAL3"]
    metadata += [""] if settings.older else []
    return [*cells, *metadata, f"uuid:{interview.uuid}", number]


def _cells(interview: Interview, question: Question, settings: Settings) -> list[object]:
    value = value_of(interview, question)
    if question.type == "geopoint":
        return [value, *PLACE]
    if question.type == "image" and settings.media_links:
        return [value, f"https://kobo.example/{value}" if value else ""]
    if question.type in ("start", "end"):
        return [value if settings.typed else f"{value}{OFFSET}"]
    if question.type == "select_one" and value and settings.language:
        return [label_of(question, value, settings.language)]
    if question.type in ("integer", "decimal") and value and settings.typed:
        return [float(value)]
    if question.type != "select_multiple":
        return [value]
    picked = in_form_order(question, value)
    words = [
        label_of(question, code, settings.language) if settings.language else code for code in value.split()
    ]
    details = [("1" if c.name in picked else "0") if picked else "" for c in choices_of(question)]
    summary = [] if settings.multiple == "details" else [" ".join(words)]
    return [*summary, *([] if settings.multiple == "summary" else details)]


def _roster(settings: Settings) -> list[list[object]]:
    repeated = [question for question in questionnaire().questions if question.repeat is not None]
    header = [
        *(_shown(question, settings) for question in repeated), "_index", "_parent_table_name", "_parent_index",
        "_submission__id", "_submission__uuid", "_submission__submission_time", "_submission__validation_status",
        "_submission__notes", "_submission__status", "_submission__submitted_by", "_submission___version__",
        "_submission__tags", "_submission_meta/rootUuid",
    ]  # fmt: skip
    rows: list[list[object]] = []
    for number, interview in enumerate(INTERVIEWS, start=1):
        for member in interview.members:
            own = [member[question.name] for question in repeated]
            rows.append(
                [*own, len(rows) + 1, "Trial", number, interview.number, interview.uuid, interview.sent,
                 "", "", "", "", "vTRIAL3", "", f"uuid:{interview.uuid}"]
            )  # fmt: skip
    return table(header, rows)


def _record(interview: Interview) -> dict[str, object]:
    said: dict[str, object] = {
        "_id": interview.number, "formhub/uuid": "f00d", "start": f"{interview.start}{OFFSET}",
        "end": f"{interview.end}{OFFSET}", "today": interview.start[:10],
    }  # fmt: skip
    for question in asked():
        value = value_of(interview, question)
        if value and question.type not in ("start", "end", "today"):
            said["/".join((*question.path, question.name))] = value
    if interview.members:
        said["member"] = [
            {f"member/{name}": text for name, text in member.items()} for member in interview.members
        ]
    return said | {
        "__version__": "vTRIAL3", "_version_": "vTRIAL2", "_version__001": "vTRIAL1",
        "meta/instanceID": f"uuid:{interview.uuid}", "meta/rootUuid": f"uuid:{interview.uuid}",
        "_xform_id_string": "aTRIAL", "_uuid": interview.uuid, "_attachments": [], "_status": "submitted_via_web",
        "_geolocation": [float(PLACE[0]), float(PLACE[1])], "_submission_time": interview.sent, "_tags": [],
        "_notes": [], "_validation_status": {}, "_submitted_by": None,
    }  # fmt: skip


assert HEADER[2 : 2 + len(LANGUAGES)] == tuple(f"label::{language}" for language in LANGUAGES)
