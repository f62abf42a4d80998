"""Texts kept back because they seem to point to a person, until somebody releases them or leaves them out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal

import pyarrow as pa
from sqlalchemy import Connection, and_, insert, select, update

from surveys.fieldwork import WITHHELD
from surveys.keys import KeyRing, OriginalKey
from surveys.personal_data import Kind, personal_data_kinds
from surveys.problems import Refused
from surveys.record import payloads, tables
from surveys.record.audit import note
from surveys.record.overlay import with_cells


State = Literal["waiting", "released", "left_out", "destroyed"]
Ruling = Literal["released", "left_out"]
DECIDED: tuple[State, ...] = ("released", "left_out")
AT_ONCE = 10_000  # texts a query asks for; a database takes only so many parameters


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
    decided_by: str | None
    decided_at: datetime | None
    can_be_undone: bool  # decided about, and its text is still there, sealed


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
            kept.c.state, kept.c.decided_by, kept.c.decided_at,
            and_(kept.c.state.in_(DECIDED), kept.c.sealed.is_not(None)).label("can_be_undone"),
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
    query = select(kept.c.id, kept.c.sealed, file.c.key).join_from(kept, file, file.c.upload == kept.c.upload)
    found: dict[str, OriginalKey] = {}
    texts = {}
    for start in range(0, len(ids), AT_ONCE):
        wanted = kept.c.id.in_(ids[start : start + AT_ONCE])
        for id_, sealed, name in connection.execute(query.where(wanted, kept.c.state == "waiting")):
            key = found.setdefault(name, found.get(name) or keys.original_key(name))
            texts[id_] = key.open(sealed).decode()
    return texts


def kinds(
    connection: Connection, ids: Sequence[int], keys: KeyRing, regions: Sequence[str]
) -> dict[int, tuple[Kind, ...]]:
    """Of each waiting text what it was kept back for; none where the campaign holds every text of its question.

    Parameters
    ----------
    regions
        The campaign's countries, by whose rules telephone numbers are read.
    """
    texts = opened(connection, ids, keys)
    return {id_: personal_data_kinds(text, regions) for id_, text in texts.items()}


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
    """Release waiting texts into the answers, or leave them out. Both stay sealed too, so that it can be undone."""
    waiting = {one.id for one in find(connection, campaign)}
    _require(ids, waiting, campaign, "withheld_unknown")
    texts = opened(connection, ids, keys) if ruling == "released" else {}
    for id_ in ids:
        values = {"state": ruling, "text": texts.get(id_), "decided_by": actor, "decided_at": at}
        connection.execute(update(tables.withheld).where(tables.withheld.c.id == id_).values(values))
    facts = {"campaign": campaign, "texts": sorted(ids)}
    note(connection, actor, f"withheld texts {ruling.replace('_', ' ')}", f"campaign {campaign}", facts, at)
    return len(ids)


def undo(connection: Connection, campaign: str, ids: Sequence[int], *, actor: str, at: datetime) -> int:
    """Let texts wait again that were released or left out; how many."""
    decided = {one.id for one in find(connection, campaign, state=None) if one.can_be_undone}
    _require(ids, decided, campaign, "withheld_not_decided")
    values = {"state": "waiting", "text": None, "decided_by": None, "decided_at": None}
    for id_ in ids:
        connection.execute(update(tables.withheld).where(tables.withheld.c.id == id_).values(values))
    facts = {"campaign": campaign, "texts": sorted(ids)}
    note(connection, actor, "withheld texts wait again", f"campaign {campaign}", facts, at)
    return len(ids)


def _require(ids: Sequence[int], known: set[int], campaign: str, code: str) -> None:
    unknown = next((id_ for id_ in ids if id_ not in known), None)
    if unknown is not None:
        raise Refused(code, f"campaign {campaign}", text=unknown, campaign=campaign)


def released_mark(connection: Connection, campaign: str) -> str:
    """Changes whenever other texts of the campaign are released; part of what says whether columns are up to date."""
    kept, file = tables.withheld, tables.upload
    query = (
        select(kept.c.id)
        .select_from(kept)
        .join(file)
        .where(file.c.campaign == campaign, kept.c.state == "released")
        .order_by(kept.c.id)
    )
    released = ",".join(str(id_) for id_ in connection.scalars(query))
    return sha256(released.encode()).hexdigest()[:8] if released else ""


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
