"""Applied corrections laid over the stored answers; what was received stays as it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from surveys.corrections.ledger import RESPONDENT, WITHDRAW, Correction
from surveys.record import payloads, tables
from surveys.record.database import among, is_among


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One corrected cell, or one withdrawn interview, at its place in the payload of an upload."""

    upload: int
    position: int
    kind: str
    question: str
    type: str
    part: str | None
    part_value: str | None
    value: str | None
    missing: str | None


def counting(as_of: int | None) -> ColumnElement[bool]:
    """Whether a correction counts now, or counted at that place in the order of uploads."""
    table = tables.correction
    if as_of is None:
        return and_(table.c.applied_at.is_not(None), table.c.ended_at.is_(None))
    ended = or_(table.c.ended_at.is_(None), table.c.ended_at > as_of)
    return and_(table.c.applied_at <= as_of, ended)


def current(as_of: int | None) -> ColumnElement[bool]:
    """Whether a revision is, or was at that place, the one that counts."""
    table = tables.submission
    if as_of is None:
        return table.c.superseded_by.is_(None)
    newer = or_(table.c.superseded_by.is_(None), table.c.superseded_by > as_of)
    return and_(func.coalesce(table.c.restored_by, table.c.upload) <= as_of, newer)


def changes(
    connection: Connection, campaign: str, as_of: int | None, assumed: Sequence[Correction] = ()
) -> dict[int, list[Change]]:
    """What the corrections change, by upload, in the order in which they were applied.

    Parameters
    ----------
    assumed
        Corrections to be looked at as if they had been applied last, in this order.
    """
    kept, held = tables.correction, tables.submission
    query = (
        select(
            held.c.upload, held.c.position, kept.c.kind, kept.c.question, kept.c.type, kept.c.part, kept.c.part_value,
            kept.c.new_value, kept.c.new_missing,
        )
        .join_from(kept, held, and_(held.c.campaign == kept.c.campaign, held.c.submission == kept.c.submission))
        .where(kept.c.campaign == campaign, counting(as_of), current(as_of))
        .order_by(kept.c.applied_at, kept.c.turn)
    )  # fmt: skip
    found = [
        Change(
            upload=row.upload, position=row.position, kind=row.kind, question=row.question, type=row.type,
            part=row.part, part_value=row.part_value, value=row.new_value, missing=row.new_missing,
        )
        for row in connection.execute(query)
    ]  # fmt: skip
    by_upload: dict[int, list[Change]] = {}
    for change in (*found, *_assumed(connection, campaign, as_of, assumed)):
        by_upload.setdefault(change.upload, []).append(change)
    return by_upload


def withdrawn_counts(connection: Connection, campaign: str, as_of: int | None) -> dict[tuple[str, str], int]:
    """How many current interviews of each site and wave are withdrawn."""
    kept, held = tables.correction, tables.submission
    query = (
        select(held.c.site, held.c.wave, func.count(held.c.submission.distinct()))
        .join_from(
            kept, held, and_(held.c.campaign == kept.c.campaign, held.c.submission == kept.c.submission)
        )
        .where(kept.c.campaign == campaign, kept.c.kind == WITHDRAW, counting(as_of), current(as_of))
        .group_by(held.c.site, held.c.wave)
    )
    return {(site, wave): count for site, wave, count in connection.execute(query)}


def overlaid(table: pa.Table, changed: Sequence[Change]) -> pa.Table:
    """A payload's whole table with its corrections; withdrawn interviews are left in."""
    cells = sorted((one for one in changed if one.kind != WITHDRAW), key=attrgetter("question"))
    types = payloads.payload_types(table)
    for question, group in groupby(cells, key=attrgetter("question")):
        same = list(group)
        if same[-1].part is not None:
            table = with_cells(table, same[-1].part, {one.position: one.part_value for one in same})
        if same[-1].part != RESPONDENT:
            reasons = f"{question}{payloads.MISSING}"
            table = with_cells(table, question, {one.position: one.value for one in same})
            table = with_cells(table, reasons, {one.position: one.missing for one in same})
            types.setdefault(question, same[-1].type)
    return table.replace_schema_metadata(payloads.types_as_metadata(types))


def withdrawn_positions(changed: Iterable[Change]) -> list[int]:
    """Rows of the payload whose interviews are withdrawn."""
    return sorted({one.position for one in changed if one.kind == WITHDRAW})


def _assumed(
    connection: Connection, campaign: str, as_of: int | None, assumed: Sequence[Correction]
) -> list[Change]:
    if not assumed:
        return []
    table = tables.submission
    query = select(table.c.submission, table.c.upload, table.c.position).where(
        table.c.campaign == campaign, current(as_of), is_among(connection, table.c.submission)
    )
    rows = connection.execute(query, among(connection, sorted({one.submission for one in assumed})))
    places = {row.submission: row for row in rows}
    return [_change(one, places[one.submission]) for one in assumed if one.submission in places]


def _change(one: Correction, place: Any) -> Change:
    return Change(
        upload=place.upload, position=place.position, kind=one.kind, question=one.question, type=one.type,
        part=one.part, part_value=one.part_value, value=one.new.value, missing=one.new.missing,
    )  # fmt: skip


def with_cells(table: pa.Table, name: str, values: dict[int, str | None]) -> pa.Table:
    """The table with these rows of one column of text put in the place of what was there."""
    there = name in table.column_names
    if not there and not any(value is not None for value in values.values()):
        return table
    column = table[name].cast(pa.large_string()) if there else pa.nulls(table.num_rows, pa.large_string())
    flat = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    positions = sorted(values)
    mask = np.zeros(table.num_rows, dtype=bool)
    mask[positions] = True
    put = pa.array([values[position] for position in positions], pa.large_string())
    corrected = pc.replace_with_mask(flat, pa.array(mask), put)
    coded = corrected.cast(pa.string()).dictionary_encode()  # as payloads are read
    if there:
        return table.set_column(table.column_names.index(name), name, coded)
    return table.append_column(name, coded)
