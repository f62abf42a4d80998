"""Imported logs of corrections, and what became of each of their rows."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, insert, select

from surveys.corrections.ledger import Proposal
from surveys.record import corrections, tables
from surveys.record.audit import note


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRowEntry:
    """What became of one row of a log. It holds no answer."""

    sheet: str
    row: int  # as the spreadsheet numbers it
    status: str  # proposed, already_there, nothing_to_do, refused
    code: str  # sentence at ``problems.<code>``; "" where the status says it all
    values: Mapping[str, object] = field(default_factory=dict)
    corrections: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedLog:
    """A log that was read and judged: its proposals, and for each row which of them it stands for."""

    campaign: str
    name: str
    sha256: str
    dialect: str
    proposals: Sequence[Proposal]
    rows: Sequence[tuple[LogRowEntry, Sequence[int]]]  # an entry, and places of its proposals


def import_log(connection: Connection, log: ImportedLog, *, by: str, at: datetime) -> int:
    """Enter a log, its proposals and its rows; a row whose corrections were all there already says so."""
    values = {
        "campaign": log.campaign, "name": log.name, "sha256": log.sha256, "dialect": log.dialect,
        "imported_by": by, "imported_at": at,
    }  # fmt: skip
    table = tables.correction_log
    number = int(connection.execute(insert(table).values(**values).returning(table.c.id)).scalar_one())
    entered = corrections.propose(connection, log.campaign, log.proposals, author=by, at=at, log=number)
    rows = [
        _row(number, at_, entry, [entered[place] for place in places])
        for at_, (entry, places) in enumerate(log.rows, 1)
    ]
    if rows:
        connection.execute(insert(tables.correction_log_row), rows)
    facts = {"campaign": log.campaign, "sha256": log.sha256, "dialect": log.dialect, "rows": len(rows)}
    note(connection, by, "correction log imported", f"log {number}", facts, at)
    return number


def rows_of(connection: Connection, log: int) -> list[LogRowEntry]:
    """What became of each row, in the order of the file."""
    table = tables.correction_log_row
    query = select(table).where(table.c.log == log).order_by(table.c.number)
    return [
        LogRowEntry(
            sheet=row.sheet, row=row.row, status=row.status, code=row.code,
            values=json.loads(row._mapping["values"]), corrections=tuple(json.loads(row.corrections)),
        )
        for row in connection.execute(query)
    ]  # fmt: skip


def _row(log: int, number: int, entry: LogRowEntry, entered: Sequence[tuple[int, bool]]) -> dict[str, object]:
    known = bool(entered) and all(there for _, there in entered)
    return {
        "log": log,
        "number": number,
        "sheet": entry.sheet,
        "row": entry.row,
        "status": "already_there" if known else entry.status,
        "code": entry.code,
        "values": json.dumps(dict(entry.values), ensure_ascii=False),
        "corrections": json.dumps(sorted({id_ for id_, _ in entered})),
    }
