"""What SurveyCTO writes: wide and long, in either style of date."""

from datetime import datetime
from typing import Literal

from surveys.instrument import Question
from tests.surveys.exporting.files import archive, delimited, table
from tests.surveys.exporting.interviews import INTERVIEWS, Interview, asked, choices_of, value_of


Style = Literal["9/11/2019, 3:01:44 PM", "Sep 18, 2018 12:12:37 PM", "2019-09-11 15:01:44"]
JUNK = ("reserved_name_for_field_list_labels_12", "generated_table_list_label_7", "thanks")


def surveycto_wide(style: Style) -> bytes:
    """One table, the roster in numbered columns."""
    most = max(len(interview.members) for interview in INTERVIEWS)
    places = [f"{name}_{n}" for n in range(1, most + 1) for name in ("member_role", "member_age")]
    rows = []
    for one in INTERVIEWS:
        members = [text for member in one.members for text in member.values()]
        rows.append(_row(one, style, [len(one.members), *members, *[""] * (len(places) - len(members))]))
    return delimited(table(_header(["member_count", *places]), rows))


def surveycto_long(style: Style) -> bytes:
    """The roster in a file of its own."""
    rows = [_row(one, style, [f"uuid:{one.uuid}/member"]) for one in INTERVIEWS]
    roster = table(
        ["member_role", "member_age", "PARENT_KEY", "KEY", "SET-OF-member"],
        [
            [*member.values(), f"uuid:{one.uuid}", f"uuid:{one.uuid}/member[{n}]", f"uuid:{one.uuid}/member"]
            for one in INTERVIEWS
            for n, member in enumerate(one.members, start=1)
        ],
    )
    return archive(
        {
            "Trial.csv": delimited(table(_header(["SET-OF-member"]), rows)),
            "Trial-member.csv": delimited(roster),
        }
    )


def _header(roster: list[str]) -> list[str]:
    header = ["SubmissionDate", "starttime", "endtime", "deviceid", "subscriberid", "simid", "devicephonenum"]
    for question in _columns():
        if question.type == "geopoint":
            header += [f"{question.name}{part}" for part in ("latitude", "longitude", "altitude", "accuracy")]
            continue
        header.append(question.name)
        if question.type == "select_multiple":
            header += [f"{question.name}_{c.name.replace('-', '_')}" for c in choices_of(question)]
    return [*header, *roster, *JUNK, "instanceID", "formdef_version", "KEY"]


def _columns() -> list[Question]:
    return [question for question in asked() if question.type not in ("start", "end", "today")]


def _row(interview: Interview, style: Style, roster: list[object]) -> list[object]:
    moments = [moment(text, style) for text in (interview.sent, interview.start, interview.end)]
    cells: list[object] = [*moments, "(web)", "", "", ""]
    for question in _columns():
        value = value_of(interview, question)
        if question.type == "geopoint":
            cells += value.split()
        elif question.type == "date":
            cells.append(
                moment(f"{value}T00:00:00", style).split(", 12:")[0].split(" 12:")[0].split(" 00:")[0]
            )
        else:
            cells.append(value)
        if question.type == "select_multiple":
            cells += [int(c.name in value.split()) if value else "" for c in choices_of(question)]
    return [
        *cells,
        *roster,
        *[""] * len(JUNK),
        f"uuid:{interview.uuid}",
        "2609110000",
        f"uuid:{interview.uuid}",
    ]


def moment(text: str, style: Style) -> str:
    """A date with its time as the exporter's locale writes it."""
    when = datetime.fromisoformat(text)
    clock = f"{when.hour % 12 or 12}:{when:%M:%S} {when:%p}"
    if style.startswith("9/"):
        return f"{when.month}/{when.day}/{when.year}, {clock}"
    if style.startswith("Sep"):
        return f"{when:%b} {when.day}, {when.year} {clock}"
    return f"{when:%Y-%m-%d %H:%M:%S}"
