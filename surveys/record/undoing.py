"""Steps are taken back and brought back: recorded, never deleted, so that "as of upload n" stays what it was.

A file or a decision that is taken back leaves with everything it brought, and what it replaced holds again.
Bringing it back is taking back what took it back.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, or_, select, update

from surveys.problems import Refused
from surveys.record import tables
from surveys.record.audit import note
from surveys.record.lineage import out_of_force
from surveys.record.places import PLACE, take_place
from surveys.record.revisions import Stored
from surveys.record.writing import supersede


UNDO = "undo"
REVERSIBLE = frozenset({"file", "replace", "both", "discard"})


def undo(connection: Connection, campaign: str, step: int, *, by: str, why: str, at: datetime) -> int:
    """Take a file or a decision back; the step that does so."""
    chain = _chain(connection, campaign, step)
    if len(chain) % 2 == 0:
        raise _refused("step_out", step)
    return _reverse(connection, campaign, chain, by, why, at)


def redo(connection: Connection, campaign: str, step: int, *, by: str, why: str, at: datetime) -> int:
    """Bring back a file or a decision that was taken back; the step that does so."""
    chain = _chain(connection, campaign, step)
    if len(chain) % 2 == 1:
        raise _refused("step_counts", step)
    void = out_of_force(connection, campaign)
    for earlier in _relies_on(connection, step):
        if earlier in void:
            raise _refused("step_relies", step, earlier=earlier)
    return _reverse(connection, campaign, chain, by, why, at)


def _chain(connection: Connection, campaign: str, step: int) -> list[int]:
    """The step, what took it back, what took that back, and so on."""
    table = tables.upload
    row = connection.execute(
        select(table).where(table.c.id == step, table.c.campaign == campaign)
    ).one_or_none()
    if row is None:
        raise _refused("step_unknown", step)
    kind = row.dialect if row.format == PLACE else "file"
    if kind == UNDO:
        raise _refused("step_is_undo", step, of=row.of)
    if kind not in REVERSIBLE:
        raise _refused("step_elsewhere", step)
    chain = [step]
    while (
        undone := connection.scalar(select(table.c.withdrawn_by).where(table.c.id == chain[-1]))
    ) is not None:
        chain.append(undone)
    return chain


def _reverse(
    connection: Connection, campaign: str, chain: Sequence[int], by: str, why: str, at: datetime
) -> int:
    step, last = chain[0], chain[-1]
    leaving, returning = _brought(connection, campaign, last), _displaced(connection, campaign, last)
    _refuse_if_built_on(connection, campaign, chain, leaving, returning)
    if not (leaving or returning or _holds_some(connection, step) or not _is_file(connection, step)):
        raise _refused("step_empty", step)
    came = Counter((row.site, row.wave) for row in returning)
    place = take_place(
        connection, campaign, UNDO, f"step {step} over {last}", actor=by, at=at,
        touched={(row.site, row.wave) for row in leaving}, came=came, of=step, reason=why,
    )  # fmt: skip
    supersede(connection, campaign, [_stored(row) for row in leaving], place)
    _bring_back(connection, campaign, returning, place)
    table = tables.upload
    connection.execute(update(table).where(table.c.id == last).values(withdrawn_by=place))
    action = "step taken back" if len(chain) % 2 else "step brought back"
    facts = {
        "campaign": campaign, "by_step": place, "reason": why,
        "interviews_out": len(leaving), "interviews_back": len(returning),
    }  # fmt: skip
    note(connection, by, action, f"upload {step}", facts, at)
    return place


def _brought(connection: Connection, campaign: str, step: int) -> list[Row[Any]]:
    """The answers that a step brought into force, each in the row by which they last were so."""
    table, last = tables.submission, tables.submission.alias("last")
    came = or_(table.c.restored_by == step, and_(table.c.upload == step, table.c.restored_by.is_(None)))
    held_on = or_(table.c.superseded_by.is_(None), table.c.superseded_by != step)
    query = (
        select(last)
        .join_from(table, last, and_(last.c.upload == table.c.upload, last.c.position == table.c.position))
        .where(table.c.campaign == campaign, came, held_on)
        .order_by(func.coalesce(last.c.restored_by, last.c.upload))
    )
    newest = {(row.upload, row.position): row for row in connection.execute(query)}
    return list(newest.values())


def _displaced(connection: Connection, campaign: str, step: int) -> list[Row[Any]]:
    """The revisions of others that a step put out of force."""
    table = tables.submission
    came = func.coalesce(table.c.restored_by, table.c.upload)
    query = select(table).where(table.c.campaign == campaign, table.c.superseded_by == step, came != step)
    return list(connection.execute(query))


def _refuse_if_built_on(
    connection: Connection,
    campaign: str,
    chain: Sequence[int],
    leaving: Sequence[Row[Any]],
    returning: Sequence[Row[Any]],
) -> None:
    """Refuse where something later stands on what the step brought."""
    void = out_of_force(connection, campaign)
    later = {row.superseded_by for row in leaving if row.superseded_by is not None}
    relied = tables.relied
    query = select(relied.c.upload).where(relied.c.earlier == chain[0])
    later |= {upload for upload in connection.scalars(query) if upload not in void and upload not in chain}
    later |= _decisions_on(connection, chain[0], void)
    later |= _in_the_way(connection, campaign, chain, leaving, returning)
    if later:
        on_it = ", ".join(str(step) for step in sorted(later))
        raise _refused("step_built_on", chain[0], later=on_it)
    if _corrected(connection, campaign, chain[-1], leaving):
        raise _refused("step_corrected", chain[0])


def _decisions_on(connection: Connection, step: int, void: frozenset[int]) -> set[int]:
    """Decisions in force that stored an interview which the step had held."""
    held, upload = tables.held, tables.upload
    query = (
        select(held.c.step)
        .join_from(held, upload, held.c.step == upload.c.id)
        .where(held.c.upload == step, upload.c.dialect != "discard")
    )
    return {decision for decision in connection.scalars(query) if decision not in void}


def _in_the_way(
    connection: Connection,
    campaign: str,
    chain: Sequence[int],
    leaving: Sequence[Row[Any]],
    returning: Sequence[Row[Any]],
) -> set[int]:
    """Steps by which another revision holds where one would come back, or none does because consent was withdrawn."""
    table = tables.submission
    out = {(row.submission, row.revision) for row in leaving}
    void = out_of_force(connection, campaign)
    found = set()
    for back in returning:
        query = select(table).where(table.c.campaign == campaign, table.c.submission == back.submission)
        rows = [row for row in connection.execute(query) if (row.submission, row.revision) not in out]
        brought = {_came(row) for row in rows}
        found |= {_came(row) for row in rows if row.superseded_by is None}
        closed = {row.superseded_by for row in rows if row.superseded_by is not None} - brought
        found |= {
            step for step in closed - void - set(chain) if step > _came(back) and _is_file(connection, step)
        }
    return found


def _came(row: Row[Any]) -> int:
    """The step by which a revision came into force."""
    return int(row.upload if row.restored_by is None else row.restored_by)


def _is_file(connection: Connection, step: int) -> bool:
    return connection.scalar(select(tables.upload.c.format).where(tables.upload.c.id == step)) != PLACE


def _corrected(connection: Connection, campaign: str, step: int, leaving: Sequence[Row[Any]]) -> bool:
    table = tables.correction
    ids = {row.submission for row in leaving}
    counting = and_(table.c.applied_at >= step, table.c.ended_at.is_(None))
    query = select(table.c.submission, table.c.ended_at).where(
        table.c.campaign == campaign, or_(counting, table.c.ended_at == step)
    )
    return any(row.ended_at == step or row.submission in ids for row in connection.execute(query))


def _bring_back(connection: Connection, campaign: str, returning: Sequence[Row[Any]], place: int) -> None:
    table = tables.submission
    last: Mapping[str, int] = {
        id_: connection.scalar(
            select(func.max(table.c.revision)).where(table.c.campaign == campaign, table.c.submission == id_)
        )
        for id_ in {row.submission for row in returning}
    }
    rows = [
        {
            "campaign": campaign, "submission": row.submission, "revision": last[row.submission] + 1,
            "site": row.site, "wave": row.wave, "content": row.content, "upload": row.upload,
            "position": row.position, "restored_by": place,
        }
        for row in returning
    ]  # fmt: skip
    if rows:
        connection.execute(insert(table), rows)


def _stored(row: Row[Any]) -> Stored:
    return Stored(
        row.submission,
        row.revision,
        row.site,
        row.wave,
        row.content,
        row.upload,
        row.position,
        True,
        _came(row),
    )


def _holds_some(connection: Connection, step: int) -> bool:
    query = select(tables.held.c.id).where(tables.held.c.upload == step).limit(1)
    return connection.scalar(query) is not None


def _relies_on(connection: Connection, step: int) -> list[int]:
    relied = tables.relied
    return list(connection.scalars(select(relied.c.earlier).where(relied.c.upload == step)))


def _refused(code: str, step: int, **values: object) -> Refused:
    return Refused(code, f"step {step}", step=step, **values)
