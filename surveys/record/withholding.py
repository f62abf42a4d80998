"""Texts kept back because they seem to point to a person, until somebody releases them or leaves them out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import pyarrow as pa
from sqlalchemy import Connection, and_, func, insert, select, update

from surveys.fieldwork import WITHHELD
from surveys.keys import KeyRing, OriginalKey
from surveys.problems import CannotProceed
from surveys.record import payloads, tables
from surveys.record.audit import note
from surveys.record.overlay import with_cells


State = Literal["waiting", "released", "left_out", "destroyed"]
Ruling = Literal["released", "left_out"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """One text that was kept back, without the text."""

    id: int
    upload: int
    position: int
    question: str
    submission: str
    site: str
    wave: str
    state: State


def withhold(
    connection: Connection, upload: int, rows: pa.Table, kept: Sequence[int], key: OriginalKey
) -> None:
    """Put the texts of the interviews that are stored aside, sealed; ``kept`` are their places among the rows."""
    waiting = []
    for name in (name for name in rows.column_names if name.startswith(WITHHELD)):
        texts = rows[name].take(pa.array(kept, pa.int64())).to_pylist()
        waiting += [
            {
                "upload": upload,
                "position": position,
                "question": name.removeprefix(WITHHELD),
                "state": "waiting",
                "sealed": key.seal(text.encode()),
            }
            for position, text in enumerate(texts)
            if text is not None
        ]
    if waiting:
        connection.execute(insert(tables.withheld), waiting)


def find(
    connection: Connection, campaign: str, site: str | None = None, state: State | None = "waiting"
) -> list[Withheld]:
    """The texts of a campaign's current interviews that were kept back, oldest first."""
    kept, held = tables.withheld, tables.submission
    query = (
        select(
            kept.c.id, kept.c.upload, kept.c.position, kept.c.question, held.c.submission, held.c.site, held.c.wave,
            kept.c.state,
        )
        .join_from(kept, held, and_(held.c.upload == kept.c.upload, held.c.position == kept.c.position))
        .where(held.c.campaign == campaign, held.c.superseded_by.is_(None))
        .order_by(kept.c.id)
    )  # fmt: skip
    if site is not None:
        query = query.where(held.c.site == site)
    if state is not None:
        query = query.where(kept.c.state == state)
    return [Withheld(**row) for row in connection.execute(query).mappings()]


def opened(connection: Connection, ids: Sequence[int], keys: KeyRing) -> dict[int, str]:
    """The waiting texts among them, in the clear."""
    kept, file = tables.withheld, tables.original
    query = (
        select(kept.c.id, kept.c.sealed, file.c.key)
        .join_from(kept, file, file.c.upload == kept.c.upload)
        .where(kept.c.id.in_(ids), kept.c.state == "waiting")
    )
    found: dict[str, OriginalKey] = {}
    texts = {}
    for id_, sealed, name in connection.execute(query):
        key = found.setdefault(name, found.get(name) or keys.original_key(name))
        texts[id_] = key.open(sealed).decode()
    return texts


def decide(
    connection: Connection,
    campaign: str,
    ids: Sequence[int],
    ruling: Ruling,
    keys: KeyRing,
    *,
    actor: str,
    at: datetime,
) -> int:
    """Release waiting texts into the answers, or leave them out for ever."""
    waiting = {one.id: one for one in find(connection, campaign)}
    unknown = [id_ for id_ in ids if id_ not in waiting]
    if unknown:
        raise CannotProceed(
            f"campaign {campaign}",
            f"no text waits under the number {unknown[0]}.",
            "See which texts wait: awareness withheld --campaign ID",
        )
    texts = opened(connection, ids, keys) if ruling == "released" else {}
    for id_ in ids:
        values = {
            "state": ruling,
            "sealed": None,
            "text": texts.get(id_),
            "decided_by": actor,
            "decided_at": at,
        }
        connection.execute(update(tables.withheld).where(tables.withheld.c.id == id_).values(values))
    facts = {"campaign": campaign, "texts": sorted(ids)}
    note(connection, actor, f"withheld texts {ruling.replace('_', ' ')}", f"campaign {campaign}", facts, at)
    return len(ids)


def released_count(connection: Connection, campaign: str) -> int:
    """How many texts of the campaign were released; part of what says whether columns are up to date."""
    kept, file = tables.withheld, tables.upload
    query = (
        select(func.count())
        .select_from(kept)
        .join(file)
        .where(file.c.campaign == campaign, kept.c.state == "released")
    )
    return int(connection.scalar(query) or 0)


def restored(connection: Connection, upload: int, table: pa.Table, keys: KeyRing | None) -> pa.Table:
    """An upload's whole table with the texts that were released, and with those that wait where ``keys`` are given."""
    kept = tables.withheld
    query = select(kept.c.id, kept.c.position, kept.c.question, kept.c.state, kept.c.text).where(
        kept.c.upload == upload, kept.c.state.in_(("released", "waiting"))
    )
    rows = connection.execute(query).all()
    wanted = [row.id for row in rows if row.state == "waiting"] if keys is not None else []
    texts = opened(connection, wanted, keys) if keys is not None and wanted else {}
    cells: dict[str, dict[int, str | None]] = {}
    for row in rows:
        text = row.text if row.state == "released" else texts.get(row.id)
        if text is not None:
            cells.setdefault(row.question, {})[row.position] = text
    for question, found in cells.items():
        table = with_cells(table, question, found)
        table = with_cells(table, f"{question}{payloads.MISSING}", dict.fromkeys(found))
    return table
