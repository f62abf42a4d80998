"""What was decided about each source, version after version, and which version each upload was read by.

A version is never changed. Everything here happens on a connection that ``Catalogue`` hands over.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select

from surveys.doubts import Said
from surveys.problems import CannotProceed, Problem
from surveys.record import tables
from surveys.record.audit import note
from surveys.sources import COLUMN, Decisions, Remembered, SourceKey, SourceUse


def latest(connection: Connection, source: SourceKey) -> Remembered | None:
    """What is decided about a source now, and who first said each thing as it stands."""
    table = tables.source_decision
    rows = connection.execute(select(table).where(_of(source)).order_by(table.c.version)).all()
    if not rows:
        return None
    since: dict[str, Said] = {}
    before: dict[str, str] = {}
    for row in rows:
        answers = json.loads(row.answers)
        said = Said(by=row.decided_by, at=row.decided_at)
        since = {key: since[key] if before.get(key) == value else said for key, value in answers.items()}
        before = answers
    return _remembered(rows[-1], since)


def versions(connection: Connection, source: SourceKey) -> list[Remembered]:
    """Every version of what was decided about a source, oldest first."""
    table = tables.source_decision
    rows = connection.execute(select(table).where(_of(source)).order_by(table.c.version))
    return [_remembered(row, {}) for row in rows]


def column_maps(connection: Connection, campaign: str) -> list[dict[str, str]]:
    """The column maps that people confirmed in a campaign, the latest first."""
    table = tables.source_decision
    query = select(table.c.answers).where(table.c.campaign == campaign).order_by(table.c.id.desc())
    maps = (Decisions(answers=json.loads(answers)).columns for answers in connection.scalars(query))
    return [one for one in maps if one]


def read_otherwise(connection: Connection, use: SourceUse) -> list[Problem]:
    """One warning that names the stored uploads which would be read differently by what is decided now.

    It is told when something is decided, not again with every later file.
    """
    last = _last(connection, use.key)
    if last is None or json.loads(last.answers) == dict(use.decisions.answers):
        return []
    table, upload = tables.source_use, tables.upload
    query = (
        select(upload.c.id, upload.c.name, table.c.used, tables.source_decision.c.answers)
        .select_from(table)
        .join(upload, table.c.upload == upload.c.id)
        .join(tables.source_decision, table.c.decision == tables.source_decision.c.id)
        .where(_of(use.key), upload.c.accepted > 0)
        .order_by(upload.c.id)
    )
    now = use.decisions.answers
    names = [
        f"{name} ({id_})"
        for id_, name, used, answers in connection.execute(query)
        if _differ(json.loads(answers), now, json.loads(used))
    ]
    return [Problem(code="decisions_changed", values={"uploads": ", ".join(names)})] if names else []


def keep(connection: Connection, use: SourceUse, *, upload: int, by: str, at: datetime) -> None:
    """Remember what was decided, where it is new, and that the upload was read by it.

    Raises
    ------
    CannotProceed
        Somebody decided something else in the meantime.
    """
    last = _last(connection, use.key)
    before = {} if last is None else json.loads(last.answers)
    decision = None if last is None else last.id
    if dict(use.decisions.answers) != before:
        if decision != use.read_by:
            raise CannotProceed(
                use.key.campaign,
                "somebody else decided in the meantime how files of this source are read; nothing was saved.",
                "Send the file again.",
            )
        version = 1 if last is None else last.version + 1
        decision = _insert(connection, use, version, upload=upload, by=by, at=at)
        changed = sorted(set(before) ^ set(use.decisions.answers)) + sorted(
            key for key, value in use.decisions.answers.items() if before.get(key, value) != value
        )
        facts = {"version": version, "upload": upload, "keys": changed}
        note(connection, by, "source decided", f"source {decision}", facts, at)
    if decision is not None and use.used:
        known = select(tables.source_use.c.upload).where(tables.source_use.c.upload == upload)
        if connection.scalar(known) is None:  # a repeated upload stays as it was read first
            values = {"upload": upload, "decision": decision, "used": _plain(list(use.used))}
            connection.execute(insert(tables.source_use), values)


def read_by(connection: Connection, upload: int) -> Remembered | None:
    """The version that an upload was read by; None where nothing had to be decided."""
    table = tables.source_decision
    query = (
        select(table)
        .join(tables.source_use, tables.source_use.c.decision == table.c.id)
        .where(tables.source_use.c.upload == upload)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _remembered(row, {})


def _insert(
    connection: Connection, use: SourceUse, version: int, *, upload: int, by: str, at: datetime
) -> int:
    table, key = tables.source_decision, use.key
    statement = (
        insert(table)
        .values(
            campaign=key.campaign, site=key.site, instrument=key.instrument, format=key.format,
            dialect=key.dialect, version=version, answers=_plain(dict(use.decisions.answers)),
            decided_by=by, decided_at=at, upload=upload,
        )
        .returning(table.c.id)
    )  # fmt: skip
    return int(connection.execute(statement).scalar_one())


def _last(connection: Connection, source: SourceKey) -> Row[tuple[Any, ...]] | None:
    table = tables.source_decision
    query = select(table).where(_of(source)).order_by(table.c.version.desc()).limit(1)
    return connection.execute(query).one_or_none()


def _of(source: SourceKey) -> ColumnElement[bool]:
    table = tables.source_decision
    return (
        (table.c.campaign == source.campaign)
        & (table.c.site == source.site)
        & (table.c.instrument == source.instrument)
        & (table.c.format == source.format)
        & (table.c.dialect == source.dialect)
    )


def _remembered(row: Row[tuple[Any, ...]], since: Mapping[str, Said]) -> Remembered:
    return Remembered(
        id=row.id,
        version=row.version,
        decisions=Decisions(answers=json.loads(row.answers)),
        by=row.decided_by,
        at=row.decided_at,
        since=since,
    )


def _differ(before: Mapping[str, str], now: Mapping[str, str], used: Sequence[str]) -> bool:
    """Whether a file read by the one set of decisions would be read differently by the other."""
    later_columns = any(key.startswith(f"{COLUMN}:") for key in set(now) - set(before))
    mapped = any(key.startswith(f"{COLUMN}:") for key in used)
    return any(before.get(key) != now.get(key) for key in used) or (mapped and later_columns)


def _plain(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True)
