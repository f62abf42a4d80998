"""What stands: the interviews of each site and wave that are current, corrections counted in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from sqlalchemy import Connection, Row, func, select

from surveys.keys import KeyRing
from surveys.record import overlay, payloads, people, tables, withholding


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePart:
    """The interviews of one site and wave ("" where the campaign has none), and what they came in."""

    site: str
    wave: str
    interviews: int
    newest: int  # the last upload that changed anything here
    mark: str  # changes whenever the interviews do
    uploads: tuple[int, ...]  # those that hold answers of it, oldest first


def parts(
    connection: Connection, campaign: str, site: str | None = None, as_of: int | None = None
) -> list[SitePart]:
    """The sites and waves that hold interviews, as they stand or stood after upload ``as_of``."""
    touched, upload = tables.touched, tables.upload
    query = (
        select(touched.c.site, touched.c.wave, touched.c.upload, touched.c.rows, upload.c.sha256, upload.c.of)
        .join_from(touched, upload)
        .where(touched.c.campaign == campaign)
        .order_by(touched.c.site, touched.c.wave, touched.c.upload)
    )
    if site is not None:
        query = query.where(touched.c.site == site)
    if as_of is not None:
        query = query.where(touched.c.upload <= as_of)
    gone = _gone(connection, campaign, as_of)
    mark = withholding.released_mark(connection, campaign)
    released = f"-{mark}" if mark else ""
    withdrawn = overlay.withdrawn_counts(connection, campaign, as_of)
    grouped: dict[tuple[str, str], list[Row[*tuple[Any, ...]]]] = {}
    for row in connection.execute(query):
        grouped.setdefault((row.site, row.wave), []).append(row)
    return [
        SitePart(
            site=place,
            wave=wave,
            interviews=sum(row.rows for row in rows)
            - gone.get((place, wave), 0)
            - withdrawn.get((place, wave), 0),
            newest=rows[-1].upload,
            mark=f"{rows[-1].upload}-{rows[-1].sha256[:12]}{released}",
            uploads=tuple(row.upload for row in rows if row.rows and row.of is None),
        )
        for (place, wave), rows in grouped.items()
    ]


def answers(
    connection: Connection,
    upload: int,
    changes: Sequence[overlay.Change],
    as_of: int | None,
    *,
    every_id: bool,
    withheld_with: KeyRing | None,
    rosters: bool,
) -> pa.Table | None:
    """The rows of an upload that are current, with the changes of the ledger in them; None where it holds none."""
    query = select(tables.payload.c.answers).where(tables.payload.c.upload == upload)
    encoded = connection.scalar(query)
    if encoded is None:
        return None
    gone = _superseded(connection, upload, as_of)
    received = withholding.restored(connection, upload, payloads.decode_payload(encoded), withheld_with)
    table = overlay.overlaid(received if rosters else payloads.without_rosters(received), changes)
    if every_id:
        table = people.with_every_id(connection, upload, table)
    return _without(table, [*gone, *overlay.withdrawn_positions(changes)])


def _gone(connection: Connection, campaign: str, as_of: int | None) -> dict[tuple[str, str], int]:
    """How many stored interviews of each site and wave a newer revision took the place of."""
    table = tables.submission
    here = select(tables.upload.c.id).where(tables.upload.c.campaign == campaign)
    query = (
        select(table.c.site, table.c.wave, func.count())
        .where(table.c.upload.in_(here), table.c.superseded_by.is_not(None))  # by the index of the few
        .group_by(table.c.site, table.c.wave)
    )
    if as_of is not None:
        query = query.where(table.c.superseded_by <= as_of)
    return {(site, wave): count for site, wave, count in connection.execute(query)}


def _superseded(connection: Connection, upload: int, as_of: int | None) -> list[int]:
    """Positions of an upload's payload that are not current: superseded, and not brought back since."""
    table = tables.submission
    here = table.c.upload == upload
    current = overlay.current(as_of)
    came = func.coalesce(table.c.restored_by, table.c.upload)
    back = set(
        connection.scalars(select(table.c.position).where(here, table.c.restored_by.is_not(None), current))
    )
    gone = select(table.c.position).where(here, table.c.superseded_by.is_not(None), ~current)
    if as_of is not None:
        gone = gone.where(came <= as_of)
    return [position for position in connection.scalars(gone) if position not in back]


def _without(table: pa.Table, positions: Sequence[int]) -> pa.Table:
    if not positions:
        return table
    keep = np.ones(table.num_rows, dtype=bool)
    keep[list(positions)] = False
    return table.filter(pa.array(keep))
