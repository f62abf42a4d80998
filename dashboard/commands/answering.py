"""What a person says on the command line of what a file leaves open: answers, a column map, and who says it."""

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer


if TYPE_CHECKING:
    from collections.abc import Sequence

    from surveys.doubts import Doubt
    from surveys.sources import Decisions

AnswerOption = Annotated[
    list[str] | None,
    typer.Option("--answer", help="KEY=VALUE, an answer to a question of the report; may be repeated."),
]
ColumnMapOption = Annotated[
    Path | None,
    typer.Option(help="A column map you have reviewed, for headings that are not the questionnaire's."),
]
SuggestMapOption = Annotated[
    Path | None, typer.Option(help="Write a suggested column map here, as YAML to review.")
]
ByOption = Annotated[str | None, typer.Option(help="Who acts; else the login name.")]


def answers_given(answers: list[str] | None, column_map: Path | None, sheet: str | None) -> "Decisions":
    """The answers, the column map and the sheet of the command line, checked."""
    from dashboard.reports import require_file
    from surveys.map_files import load_map
    from surveys.sources import NOTHING_DECIDED, SHEET, Decisions, of_column_map, parse_answers

    given = NOTHING_DECIDED
    if column_map is not None:
        require_file(column_map)
        given = of_column_map(load_map(column_map))
    if sheet is not None:
        given = given.with_answers(Decisions(answers={SHEET: sheet}))
    return given.with_answers(parse_answers(answers or ()), keep_taken_back=True)


def write_suggested_map(path: Path, doubts: "Sequence[Doubt]", language: str) -> None:
    """Write what is suggested for the columns of a file; an empty map where every heading is known."""
    from surveys.map_files import write_map

    asked = next((doubt for doubt in doubts if doubt.kind == "columns"), None)
    write_map(path, asked.suggestions if asked is not None else (), language)


def who(by: str | None) -> str:
    """The name under which something is decided."""
    from surveys.record.audit import SYSTEM

    if by is not None and by.strip():
        return by.strip()
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no name for this user, as in a bare container
        return SYSTEM
