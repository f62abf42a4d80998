"""The rows now held, raw: in the questionnaire's names and codes, no value altered."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from surveys.catalogue import Catalogue
from surveys.columns import of_part, united
from surveys.fieldwork import ROSTER
from surveys.keys import KeyRing
from surveys.record import payloads
from surveys.record.standing import SitePart
from surveys.rosters import NUMBER, rows_of_cell


# What stands before the answers in the rows of a roster.
_PLACED = ("@submission_id", "@site", "@wave", "@row_number")
_ALWAYS = frozenset({"@submission_id", "@row_number"})


def responses_table(
    catalogue: Catalogue,
    campaign: str,
    *,
    site: str | None = None,
    as_of: int | None = None,
    site_question: str | None = None,
    wave_question: str | None = None,
    respondent_question: str | None = None,
    withheld_with: KeyRing | None = None,
    reasons: bool = False,
) -> pa.Table:
    """The interviews in the order they came: ``submission_id``, site and wave, then every question.

    Site and wave are left out where a question of the data says them. The respondent is a pseudonym.

    Parameters
    ----------
    as_of
        The rows as they stood after this upload; None for the current ones.
    site_question, wave_question, respondent_question
        What the campaign says plays these parts.
    withheld_with
        The keys that open the texts which wait for a person; None leaves those texts out.
    reasons
        Whether ``NAME@missing`` stands behind each question that some interview does not answer.
    """
    parts = [part for part in catalogue.parts(campaign, site, as_of) if part.interviews]
    pieces = [
        of_part(table, part)
        for upload, table in catalogue.answers(campaign, parts, as_of, withheld_with=withheld_with)
        for part in parts
        if upload in part.uploads
    ]
    if not pieces:
        return pa.table({"submission_id": pa.array([], pa.large_string())})
    rows = united(pieces)
    questions = [name for name in payloads.answer_names(rows.column_names) if name != "submission_id"]
    columns = {"submission_id": rows["@submission"]}
    said = {
        "site": ("@site", site_question),
        "wave": ("@wave", wave_question),
        respondent_question or "respondent": ("@respondent", respondent_question),
    }
    for header, (part_name, question) in said.items():
        if question not in questions and header not in questions and _says_something(rows[part_name]):
            columns[header] = rows[part_name]
    for name in questions:
        columns[name] = rows[name]
        if reasons and (why := f"{name}{payloads.MISSING}") in rows.column_names:
            columns[why] = rows[why]
    return pa.table({name: values.cast(pa.large_string()) for name, values in columns.items()})


def roster_table(
    catalogue: Catalogue, campaign: str, roster: str, *, site: str | None = None, as_of: int | None = None
) -> pa.Table:
    """The rows of a roster that belong to the interviews now held: ``submission_id``, ``row_number``, every question.

    ``row_number`` is the row's place among those of its interview as they were received; ``NAME@missing`` stands behind
    each question that some row does not answer.
    """
    parts = [part for part in catalogue.parts(campaign, site, as_of) if part.interviews]
    rows: list[dict[str, str | None]] = []
    column = f"{ROSTER}{roster}"
    for upload, table in catalogue.answers(campaign, parts, as_of, rosters=True):
        if column not in table.column_names:
            continue
        for part in (one for one in parts if upload in one.uploads):
            here = of_part(table, part)
            for submission, cell in zip(
                here["@submission"].to_pylist(), here[column].to_pylist(), strict=True
            ):
                rows += _rows_of(submission, cell, part) if cell is not None else []
    names = list(dict.fromkeys(name for row in rows for name in row))
    answers = list(dict.fromkeys(name.removesuffix(payloads.MISSING) for name in names if name[0] != "@"))
    headers = {name: name.removeprefix("@") for name in _PLACED if name in names or name in _ALWAYS}
    headers = {
        name: f"interview_{header}" if header in answers else header for name, header in headers.items()
    }
    for name in answers:
        headers[name] = name
        if (why := f"{name}{payloads.MISSING}") in names:
            headers[why] = why
    return pa.table(
        {
            header: pa.array([row.get(name) for row in rows], pa.large_string())
            for name, header in headers.items()
        }
    )


def _rows_of(submission: str | None, cell: str, part: SitePart) -> list[dict[str, str | None]]:
    here: dict[str, str | None] = {"@submission_id": submission}
    here |= {name: place for name, place in (("@site", part.site), ("@wave", part.wave)) if place}
    return [
        {**here, "@row_number": str(row[NUMBER])}
        | {name: str(value) for name, value in row.items() if name != NUMBER}
        for row in rows_of_cell(cell)
    ]


def write_responses(table: pa.Table, path: Path) -> None:
    """Write the rows as CSV: every value quoted, nothing where there is no answer."""
    options = pyarrow.csv.WriteOptions(quoting_style="all_valid")
    with draft_of(path) as draft:
        pyarrow.csv.write_csv(table, draft, options)


@contextmanager
def draft_of(path: Path) -> Iterator[Path]:
    """A file to write to that takes the place of ``path`` when it is whole."""
    draft = path.with_name(f".{path.name}.draft")
    try:
        draft.touch(mode=0o600)  # answers of single persons
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _says_something(values: pa.ChunkedArray) -> bool:
    return bool(values.null_count < len(values))
