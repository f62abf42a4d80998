"""Who did what, in an order and with a chain of hashes that show when an entry was changed or taken out."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, insert, select

from surveys.record import tables


SYSTEM = "awareness"  # the actor where nobody has signed in


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Who did what to what, and the hash that ties it to everything before."""

    sequence: int
    at: datetime
    actor: str
    action: str
    subject: str
    details: Mapping[str, object]
    hash: str


def note(
    connection: Connection,
    actor: str,
    action: str,
    subject: str,
    details: Mapping[str, object],
    at: datetime,
) -> None:
    """Add one entry. ``details`` never holds an answer."""
    table = tables.audit
    last = connection.execute(
        select(table.c.sequence, table.c.hash).order_by(table.c.sequence.desc()).limit(1)
    ).one_or_none()
    sequence, before = (1, "") if last is None else (last.sequence + 1, last.hash)
    entry = AuditEntry(
        sequence=sequence,
        at=at,
        actor=actor,
        action=action,
        subject=subject,
        details=details,
        hash="",
    )
    connection.execute(
        insert(table),
        {
            "sequence": sequence,
            "at": at,
            "actor": actor,
            "action": action,
            "subject": subject,
            "details": _plain(details),
            "hash": _chained(before, entry),
        },
    )


def read_entries(connection: Connection, after: int = 0) -> list[AuditEntry]:
    """The entries after a sequence number, oldest first."""
    query = select(tables.audit).where(tables.audit.c.sequence > after).order_by(tables.audit.c.sequence)
    rows = connection.execute(query).mappings()
    return [AuditEntry(**{**row, "details": json.loads(row["details"])}) for row in rows]


def first_broken(entries: Iterable[AuditEntry]) -> int | None:
    """Sequence number at which the chain breaks first; None where it is whole."""
    before = ""
    for expected, entry in enumerate(entries, start=1):
        if entry.sequence != expected or entry.hash != _chained(before, entry):
            return expected
        before = entry.hash
    return None


def _chained(before: str, entry: AuditEntry) -> str:
    moment = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    said = [before, entry.sequence, moment, entry.actor, entry.action, entry.subject, _plain(entry.details)]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def _plain(details: Mapping[str, object]) -> str:
    return json.dumps(dict(details), ensure_ascii=False, sort_keys=True)
