"""How every verb that gives numbers writes them: JSON or CSV, to the screen or to a file."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


NOTHING_ESTIMABLE = 4  # exit code: nothing at all could be estimated


class TableFormat(StrEnum):
    """What a result is written as."""

    JSON = "json"
    CSV = "csv"


FormatOption = Annotated[
    TableFormat | None,
    typer.Option("--format", help="json or csv; by default what --output ends in, else json."),
]
OutputOption = Annotated[
    Path | None, typer.Option("--output", help="Write to this file instead of the screen.")
]


def format_of(table_format: TableFormat | None, output: Path | None) -> TableFormat:
    """The format asked for, or what the file's name ends in, or JSON."""
    if table_format is not None:
        return table_format
    return TableFormat.CSV if output is not None and output.suffix.lower() == ".csv" else TableFormat.JSON


def as_json(value: object) -> str:
    """JSON that a person can read; numbers at full precision, never NaN."""
    return json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def write_result(text: str, output: Path | None) -> None:
    """Write text to the file, or to the screen where none is named."""
    write_bytes(text.encode("utf-8"), output)


def write_bytes(content: bytes, output: Path | None) -> None:
    """Write to the file, or, of text, to the screen where none is named."""
    from surveys.problems import CannotProceed

    if output is None:
        print(content.decode("utf-8"), end="")
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        raise CannotProceed(
            str(output), "the file cannot be written.", f"Check folder and rights ({error.strerror})."
        ) from error
