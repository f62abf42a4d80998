"""Single interviews as they stand: the answers received, with what was corrected since."""

from collections import defaultdict
from collections.abc import Sequence

import pyarrow as pa
from sqlalchemy import Connection, select

from surveys.corrections.ledger import RESPONDENT, Cell
from surveys.record import payloads, tables
from surveys.record.database import among, is_among
from surveys.record.overlay import Change, changes, current, overlaid, withdrawn_positions
from surveys.record.withholding import restored


_AT_A_TIME = 5_000


def current_rows(connection: Connection, campaign: str, submissions: Sequence[str]) -> pa.Table:
    """The current answers of some interviews, corrections counted in, with ``@key``, their id in the record,
    and ``@withdrawn``.
    """
    held = tables.submission
    query = select(held.c.submission, held.c.upload, held.c.position).where(
        held.c.campaign == campaign, current(None), is_among(connection, held.c.submission)
    )
    by_upload: dict[int, list[tuple[int, str]]] = defaultdict(list)
    wanted = sorted(set(submissions))
    for start in range(0, len(wanted), _AT_A_TIME):
        for row in connection.execute(query, among(connection, wanted[start : start + _AT_A_TIME])):
            by_upload[row.upload].append((row.position, row.submission))
    changed = changes(connection, campaign, None)
    pieces = [
        _rows_of(connection, upload, sorted(places), changed.get(upload, []))
        for upload, places in sorted(by_upload.items())
    ]
    if not pieces:
        return pa.table({"@key": pa.array([], pa.large_string())})
    return pa.concat_tables(pieces, promote_options="permissive")


def column_of(question: str, part: str | None) -> str:
    """Where the answers to a question stand; a respondent's id stands as a pseudonym among the parts."""
    return RESPONDENT if part == RESPONDENT else question


def cell_at(rows: pa.Table, column: str, place: int) -> Cell:
    """What one interview says in one column."""
    reasons = f"{column}{payloads.MISSING}"
    value = rows[column][place].as_py() if column in rows.column_names else None
    missing = rows[reasons][place].as_py() if reasons in rows.column_names else None
    return Cell(value=value, missing=missing)


def _rows_of(
    connection: Connection, upload: int, places: Sequence[tuple[int, str]], changed: Sequence[Change]
) -> pa.Table:
    encoded = connection.execute(
        select(tables.payload.c.answers).where(tables.payload.c.upload == upload)
    ).scalar_one()
    received = restored(connection, upload, payloads.decode_payload(encoded), None)
    table = overlaid(received, changed).replace_schema_metadata(None)
    gone = set(withdrawn_positions(changed))
    rows = table.take(pa.array([position for position, _ in places], pa.int64()))
    plain = pa.table({name: _plain(rows[name]) for name in rows.column_names})
    plain = plain.append_column("@key", pa.array([key for _, key in places], pa.large_string()))
    return plain.append_column("@withdrawn", pa.array([position in gone for position, _ in places]))


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.large_string()) if pa.types.is_dictionary(column.type) else column
