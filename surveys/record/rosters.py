"""Rosters in the record: how many rows came with which upload, and those that a later file says nothing of.

The rows themselves lie in a column of the interviews they belong to, and so share their fate: held, superseded,
withdrawn, taken back and brought back with them.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
from sqlalchemy import Connection, insert, select

from surveys.fieldwork import ROSTER
from surveys.record import payloads, tables
from surveys.record.arriving import Arriving
from surveys.record.lineage import known_interviews
from surveys.rosters import rows_of_cell


if TYPE_CHECKING:
    from surveys.record.arrivals import Arrival


def insert_rosters(
    connection: Connection, upload: int, arrival: "Arrival", rows: pa.Table, kept: Sequence[int]
) -> None:
    """Note how many rows of each roster came, and how many of them are stored with their interviews.

    Parameters
    ----------
    kept
        Places of the interviews that are stored among all of the file's.
    """
    counts = [
        {
            "upload": upload,
            "name": roster.name,
            "rows": roster.rows,
            "refused": roster.refused,
            "stored": _rows_in(rows, f"{ROSTER}{roster.name}", kept),
        }
        for roster in arrival.rosters
    ]
    if counts:
        connection.execute(insert(tables.roster), counts)


def with_kept_rosters(connection: Connection, campaign: str, arriving: Arriving) -> Arriving:
    """The interviews with those rosters of theirs that the record holds and the file has no table of.

    An export of the interviews alone says nothing of their rosters; it must not take them away.
    """
    lacking = _lacking(connection, campaign, arriving.rows.column_names)
    if not lacking or not arriving.rows.num_rows:
        return arriving
    known = known_interviews(connection, campaign, arriving.sought)
    places: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for place, id_ in enumerate(arriving.incoming.ids):
        currents = known.candidates(id_)[0].currents()
        if len(currents) == 1:
            places[currents[0].upload].append((currents[0].position, place))
    cells: dict[str, list[str | None]] = {name: [None] * arriving.rows.num_rows for name in lacking}
    for upload, there in places.items():
        for name, values in _cells(connection, upload, lacking).items():
            for position, place in there:
                cells[name][place] = values[position]
    kept = {name: values for name, values in cells.items() if any(value is not None for value in values)}
    return _with_columns(arriving, kept) if kept else arriving


def _lacking(connection: Connection, campaign: str, columns: Sequence[str]) -> list[str]:
    table = tables.roster
    query = (
        select(table.c.name)
        .join(tables.upload)
        .where(tables.upload.c.campaign == campaign, table.c.rows > table.c.refused)
    )
    names = {f"{ROSTER}{name}" for name in connection.scalars(query.distinct())}
    return sorted(names - set(columns))


def _cells(connection: Connection, upload: int, names: Sequence[str]) -> dict[str, list[str | None]]:
    encoded = connection.execute(
        select(tables.payload.c.answers).where(tables.payload.c.upload == upload)
    ).scalar_one()
    table = payloads.decode_payload(encoded, names)
    return {name: table[name].to_pylist() for name in table.column_names}


def _with_columns(arriving: Arriving, kept: dict[str, list[str | None]]) -> Arriving:
    more = pa.table({name: pa.array(values, pa.large_string()) for name, values in kept.items()})
    rows = arriving.rows
    for name in more.column_names:
        rows = rows.append_column(name, more[name])
    contents = payloads.with_more_columns(arriving.incoming.contents, more)
    return replace(
        arriving,
        rows=rows,
        incoming=replace(arriving.incoming, contents=contents),
        sought=replace(arriving.sought, contents=arriving.sought.contents | frozenset(contents)),
    )


def _rows_in(rows: pa.Table, column: str, kept: Sequence[int]) -> int:
    if column not in rows.column_names:
        return 0
    stored = rows[column].take(pa.array(kept, pa.int64()))
    return sum(len(rows_of_cell(cell)) for cell in stored.to_pylist() if cell is not None)
