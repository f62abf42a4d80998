"""Who was interviewed at a site, as far as the record can tell: parts of the interviews and codes, never an identifier."""

from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, Select, select

from surveys.fieldwork import LINK
from surveys.record import overlay, payloads, tables


PARTS = ("@site", "@wave", "@arm", "@cluster", "@respondent", "@interview_date")


def people_of(
    connection: Connection,
    campaign: str,
    site: str,
    uploads: Sequence[int],
    opened: Callable[[bytes], bytes] | None,
    also: Sequence[str],
) -> pa.Table:
    """The current interviews of a site: ``interview`` (the id in the record), parts, codes, and the answers ``also``.

    Parameters
    ----------
    uploads
        Those that hold interviews of the site.
    opened
        Decrypts the codes; None leaves them out.
    """
    changed = overlay.changes(connection, campaign, None)
    pieces = []
    for upload in uploads:
        here = changed.get(upload, ())
        table = _interviews(connection, upload, also, here)
        table = table if opened is None else _with_codes(connection, upload, table, opened)
        gone = pa.array(overlay.withdrawn_positions(here), pa.int64())
        place = pa.array(range(table.num_rows), pa.int64())
        kept = pc.and_(pc.is_valid(table["interview"]), pc.invert(pc.is_in(place, value_set=gone)))
        pieces.append(
            table.filter(pc.and_(kept, pc.fill_null(pc.equal(table["@site"], site), fill_value=False)))
        )
    nobody = pa.table({name: pa.array([], pa.large_string()) for name in ("interview", *PARTS)})
    return pa.concat_tables([nobody, *pieces], promote_options="default")


def with_every_id(connection: Connection, upload: int, table: pa.Table) -> pa.Table:
    """An upload's whole payload with the ids by which the record knows its interviews."""
    held = tables.submission
    query = select(held.c.position, held.c.submission).where(held.c.upload == upload)
    ids = _placed(connection, query, table.num_rows)
    ids = pc.coalesce(ids, table["@submission"].cast(pa.large_string()))
    return table.set_column(table.column_names.index("@submission"), "@submission", ids)


def _interviews(
    connection: Connection, upload: int, also: Sequence[str], changed: Sequence[overlay.Change]
) -> pa.Table:
    encoded = connection.execute(
        select(tables.payload.c.answers).where(tables.payload.c.upload == upload)
    ).scalar_one()
    there = payloads.columns_of(encoded)
    wanted = [*PARTS, *(name for name in dict.fromkeys(also) if name in there)]
    table = overlay.overlaid(payloads.decode_payload(encoded, wanted), changed)
    plain = {name: table[name].cast(pa.large_string()) for name in wanted}
    return pa.table({"interview": _ids(connection, upload, table.num_rows), **plain})


def _with_codes(
    connection: Connection, upload: int, table: pa.Table, opened: Callable[[bytes], bytes]
) -> pa.Table:
    sealed = connection.scalar(select(tables.link_code.c.codes).where(tables.link_code.c.upload == upload))
    if sealed is None:
        return table
    codes = payloads.decode_payload(opened(sealed))
    for name in codes.column_names:
        if name.startswith(LINK):
            table = table.append_column(name, codes[name].cast(pa.large_string()))
    return table


def _ids(connection: Connection, upload: int, rows: int) -> pa.Array:
    """What the record knows each interview of an upload by; nothing where a newer version took its place."""
    table = tables.submission
    here = (table.c.upload == upload) & overlay.current(None)
    return _placed(connection, select(table.c.position, table.c.submission).where(here), rows)


def _placed(connection: Connection, query: Select[int, str], rows: int) -> pa.Array:
    """Ids at their positions in a payload."""
    ids: list[str | None] = [None] * rows
    for position, submission in connection.execute(query):
        ids[position] = submission
    return pa.array(ids, pa.large_string())
