"""What Ona, MoDa and KoboToolbox before 2018 write."""

from dataclasses import dataclass

from surveys.instrument import Question
from tests.surveys.exporting.files import archive, delimited, table
from tests.surveys.exporting.interviews import INTERVIEWS, PLACE, Interview, asked, choices_of, value_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the export dialogue offers."""

    groups: bool = True
    summary: bool = False  # the answer whole, behind its split columns
    split: bool = True
    absent: str = "n/a"
    group_mark: str = "/"  # "." after R or on request


def ona_csv(settings: Settings) -> bytes:
    """One table, the roster wide."""
    most = max(len(interview.members) for interview in INTERVIEWS)
    places = [f"member[{n}]/{name}" for n in range(1, most + 1) for name in ("member_role", "member_age")]
    header = [*_header(settings), *places, *_TAIL]
    rows = []
    for number, one in enumerate(INTERVIEWS, start=1):
        members = [text for member in one.members for text in member.values()]
        filled = [*members, *[settings.absent] * (len(places) - len(members))]
        rows.append([*_cells(one, settings), *filled, *_tail(one, number)])
    return delimited(table(header, rows))


def ona_zip(settings: Settings) -> bytes:
    """The interviews and the roster as two files."""
    rows = [[*_cells(one, settings), *_tail(one, n)] for n, one in enumerate(INTERVIEWS, start=1)]
    roster = table(
        ["member/member_role", "member/member_age", "_id", "_uuid", "_submission_time", "_index",
         "_parent_table_name", "_parent_index"],
        [
            [*member.values(), one.number, one.uuid, one.sent, place, "data", number]
            for number, one in enumerate(INTERVIEWS, start=1)
            for place, member in enumerate(one.members, start=1)
        ],
    )  # fmt: skip
    data = table([*_header(settings), *_TAIL], rows)
    return archive({"data.csv": delimited(data), "member.csv": delimited(roster)})


_TAIL = (
    "meta/instanceID", "_id", "_uuid", "_submission_time", "_index", "_parent_table_name", "_parent_index", "_tags",
    "_notes", "_version", "_duration", "_submitted_by", "_xform_id",
)  # fmt: skip


def _tail(interview: Interview, number: int) -> list[object]:
    return [
        f"uuid:{interview.uuid}", interview.number, interview.uuid, interview.sent, number, "", -1, "", "",
        "202611010000", 1474, "team", 711,
    ]  # fmt: skip


def _name(question: Question, settings: Settings) -> str:
    return settings.group_mark.join((*question.path, question.name)) if settings.groups else question.name


def _header(settings: Settings) -> list[str]:
    header = []
    for question in asked():
        name = _name(question, settings)
        if question.type == "geopoint":
            parts = ("latitude", "longitude", "altitude", "precision")
            header += [name, *(f"_{name}_{part}" for part in parts)]
            continue
        if question.type == "select_multiple" and settings.split:
            header += [f"{name}{settings.group_mark}{choice.name}" for choice in choices_of(question)]
            header += [name] if settings.summary else []
        else:
            header.append(name)
    return header


def _cells(interview: Interview, settings: Settings) -> list[object]:
    cells: list[object] = []
    for question in asked():
        value = value_of(interview, question)
        if question.type == "geopoint":
            cells += [value, *PLACE]
        elif question.type == "select_multiple" and settings.split:
            cells += [
                str(choice.name in value.split()) if value else settings.absent
                for choice in choices_of(question)
            ]
            cells += [value or settings.absent] if settings.summary else []
        elif question.type in ("start", "end"):
            cells.append(f"{value}.000+09:00")
        else:
            cells.append(value or settings.absent)
    return cells
