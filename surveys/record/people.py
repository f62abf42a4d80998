"""Who was interviewed at a site, as far as the record can tell: parts of the interviews and codes, never an identifier."""

from collections.abc import Callable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, select

from surveys.fieldwork import LINK
from surveys.record import payloads, tables


PARTS = ("@site", "@wave", "@arm", "@cluster", "@respondent", "@interview_date")


def people_of_uploads(
    connection: Connection, uploads: Sequence[int], opened: Callable[[bytes], bytes], also: Sequence[str]
) -> Iterator[tuple[int, pa.Table]]:
    """For each upload its interviews: ``interview`` (the id in the record), parts, codes, and the answers ``also``."""
    for upload in uploads:
        encoded = connection.scalar(select(tables.payload.c.answers).where(tables.payload.c.upload == upload))
        if encoded is None:
            continue
        there = payloads.columns_of(encoded)
        table = payloads.decode_payload(encoded, [*PARTS, *(name for name in also if name in there)])
        table = table.append_column("interview", ids_of(connection, upload, table.num_rows))
        sealed = connection.scalar(
            select(tables.link_code.c.codes).where(tables.link_code.c.upload == upload)
        )
        if sealed is not None:
            codes = payloads.decode_payload(opened(sealed))
            for name in codes.column_names:
                if name.startswith(LINK):
                    table = table.append_column(name, codes[name].cast(pa.large_string()))
        yield upload, table


def ids_of(connection: Connection, upload: int, rows: int) -> pa.Array:
    """What the record knows each interview of an upload by, also where it came without an id."""
    table = tables.submission
    query = select(table.c.position, table.c.submission).where(table.c.upload == upload)
    ids: list[str | None] = [None] * rows
    for position, submission in connection.execute(query):
        ids[position] = submission
    return pa.array(ids, pa.large_string())


def with_every_id(connection: Connection, upload: int, table: pa.Table) -> pa.Table:
    """An upload's whole payload with an id for the interviews that came without one."""
    received = table["@submission"]
    if not received.null_count:
        return table
    ids = pc.coalesce(received.cast(pa.large_string()), ids_of(connection, upload, table.num_rows))
    return table.set_column(table.column_names.index("@submission"), "@submission", ids)
