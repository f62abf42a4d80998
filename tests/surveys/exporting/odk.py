"""What ODK Central writes: CSV with or without group paths and split choices, archives, OData."""

import json
from dataclasses import dataclass

from surveys.instrument import Question
from tests.surveys.exporting.files import archive, delimited, table
from tests.surveys.exporting.interviews import (
    INTERVIEWS,
    PLACE,
    Interview,
    asked,
    choices_of,
    value_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the download offers."""

    split: bool = False
    groups: bool = True


def central_csv(settings: Settings) -> bytes:
    """The interviews alone."""
    return delimited(_root(settings))


def central_zip(settings: Settings) -> bytes:
    """Interviews, roster, and what was attached."""
    roster = table(
        ["member_role", "member_age", "PARENT_KEY", "KEY"],
        [
            [*member.values(), f"uuid:{one.uuid}", f"uuid:{one.uuid}/member[{number}]"]
            for one in INTERVIEWS
            for number, member in enumerate(one.members, start=1)
        ],
    )
    return archive(
        {
            "trial.csv": delimited(_root(settings)),
            "trial-member.csv": delimited(roster),
            "trial - audit.csv": b"event,node,start,end\nform start,,1,\n",
            "media/1757.jpg": b"\xff\xd8\xff",
        }
    )


def central_odata(*, expanded: bool = False) -> bytes:
    """Groups nested, numbers typed, places as GeoJSON; repeats as addresses, or (``$expand=*``) as rows beside those."""
    document = {
        "@odata.context": "https://central.example/v1/projects/1/forms/trial.svc/$metadata#Submissions",
        "value": [_record(interview, expanded=expanded) for interview in INTERVIEWS],
    }
    return json.dumps(document, ensure_ascii=False).encode()


def _observed(question: Question) -> list[str]:
    """Only what somebody ticked, by alphabet."""
    return sorted({code for one in INTERVIEWS for code in value_of(one, question).split()})


def _name(question: Question, settings: Settings) -> str:
    return "-".join((*question.path, question.name)) if settings.groups else question.name


def _root(settings: Settings) -> list[list[object]]:
    header = ["SubmissionDate"]
    for question in asked():
        name = _name(question, settings)
        if question.type == "geopoint":
            header += [f"{name}-{part}" for part in ("Latitude", "Longitude", "Altitude", "Accuracy")]
        else:
            header.append(name)
        if question.type == "select_multiple" and settings.split:
            header += [f"{name}/{code}" for code in _observed(question)]
    header += [
        "meta-instanceID", "KEY", "SubmitterID", "SubmitterName", "AttachmentsPresent", "AttachmentsExpected", "Status",
        "ReviewState", "DeviceID", "Edits", "FormVersion",
    ]  # fmt: skip
    return table(header, [_row(interview, settings) for interview in INTERVIEWS])


def _row(interview: Interview, settings: Settings) -> list[object]:
    cells: list[object] = [f"{interview.sent}.000Z"]
    for question in asked():
        value = value_of(interview, question)
        if question.type == "geopoint":
            cells += PLACE
        else:
            cells.append(f"{value}.000+09:00" if question.type in ("start", "end") else value)
        if question.type == "select_multiple" and settings.split:
            cells += [int(code in value.split()) for code in _observed(question)]
    key = f"uuid:{interview.uuid}"
    return [*cells, key, key, 5, "Team", 0, 0, "", "", "collect:x", 0, "3"]


def _record(interview: Interview, *, expanded: bool) -> dict[str, object]:
    system = {
        "submissionDate": f"{interview.sent}.000Z", "updatedAt": None, "deletedAt": None, "submitterId": "5",
        "submitterName": "Team", "attachmentsPresent": 0, "attachmentsExpected": 0, "status": None,
        "reviewState": None, "deviceId": None, "edits": 0, "formVersion": "3",
    }  # fmt: skip
    key = f"uuid:{interview.uuid}"
    record: dict[str, object] = {"__id": key, "__system": system, "meta": {"instanceID": key}}
    for question in asked():
        inside = record
        for group in question.path:
            inside = inside.setdefault(group, {})  # type: ignore[assignment]
        inside[question.name] = _typed(interview, question)
    record["member@odata.navigationLink"] = f"Submissions('{key}')/member"
    if expanded:
        record["member"] = [
            {
                "__id": f"{interview.uuid[:8]}{number}",
                **{name: _member(name, text) for name, text in row.items()},
            }
            for number, row in enumerate(interview.members)
        ]
    return record


def _member(name: str, text: str) -> object:
    return int(text) if name == "member_age" else text or None


def _typed(interview: Interview, question: Question) -> object:
    value = value_of(interview, question)
    if question.type == "geopoint":
        latitude, longitude, altitude, accuracy = map(float, PLACE)
        return {
            "type": "Point", "coordinates": [longitude, latitude, altitude],
            "properties": {"accuracy": accuracy},
        }  # fmt: skip
    if not value:
        return None
    if question.type in ("start", "end"):
        return f"{value}.000+09:00"
    return {"integer": int, "decimal": float}.get(question.type, str)(value)


assert all(choices_of(question) for question in asked() if question.type.startswith("select"))
