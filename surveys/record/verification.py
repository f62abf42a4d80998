"""Whether the record still says what was stored: its audit, its answers, its interviews, and the originals behind them."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import pyarrow as pa
from sqlalchemy import Connection, Row, Table, select, text

from surveys.keys import NOT_KEPT, KeyRing
from surveys.problems import CannotProceed
from surveys.record import payloads, tables
from surveys.record.audit import AuditEntry, first_broken
from surveys.record.places import PLACE
from surveys.record.retention import canonical, certificates


NOTED = "answers"  # in the audit's details: upload -> the hashes of what it stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it was stored: ``safety.verify.findings.<code>`` says it. It holds no answer."""

    code: str
    values: Mapping[str, object] = field(default_factory=dict)


def noted_hashes(connection: Connection, upload: int) -> dict[str, object]:
    """What the audit is told of an upload's answers, so that they cannot be changed with their hash."""
    found = {
        table.name: connection.scalar(select(table.c.sha256).where(table.c.upload == upload))
        for table in (tables.payload, tables.held_payload)
    }
    hashes = {name: sha256 for name, sha256 in found.items() if sha256 is not None}
    return {NOTED: {str(upload): hashes}} if hashes else {}


def uploads(connection: Connection) -> list[int]:
    """Every upload and decision, the first one first."""
    return list(connection.scalars(select(tables.upload.c.id).order_by(tables.upload.c.id)))


def audit_findings(connection: Connection, entries: Sequence[AuditEntry]) -> Iterator[Finding]:
    """The chain, and what the record holds that the audit does not know of."""
    broken = first_broken(entries)
    if broken is not None:
        yield Finding(code="audit_broken", values={"sequence": broken})
    told = {entry.subject for entry in entries if entry.action.startswith("upload ")}
    files = select(tables.upload.c.id).where(tables.upload.c.format != PLACE).order_by(tables.upload.c.id)
    for upload in connection.scalars(files):
        if f"upload {upload}" not in told:
            yield Finding(code="upload_not_in_audit", values={"upload": upload})
    destroyed = {entry.subject: entry.details.get("sha256") for entry in entries}
    for one in certificates(connection):
        sha256 = hashlib.sha256(canonical(one.body).encode()).hexdigest()
        if not sha256 == one.sha256 == destroyed.get(f"certificate {one.number}"):
            yield Finding(code="certificate_altered", values={"number": one.number})


def database_findings(connection: Connection) -> Iterator[Finding]:
    """What SQLite itself says about its file; PostgreSQL checks its pages as it reads them."""
    if connection.dialect.name != "sqlite":
        return
    said = connection.execute(text("PRAGMA integrity_check(3)")).scalars().all()
    if said != ["ok"]:
        yield Finding(code="database_damaged")
    if connection.execute(text("PRAGMA foreign_key_check")).first() is not None:
        yield Finding(code="rows_without_parent")


def answers_findings(
    connection: Connection, upload: int, entries: Sequence[AuditEntry], keys: KeyRing
) -> Iterator[Finding]:
    """The stored answers of an upload against their hashes, and its interviews against its answers."""
    noted = _noted(entries, upload)
    stored = partial(_stored_answers, connection, upload, noted)
    payload, wrong = stored(tables.payload)
    yield from wrong
    yield from stored(tables.held_payload)[1]
    rows = connection.execute(select(tables.submission).where(tables.submission.c.upload == upload)).all()
    if payload is None:
        if rows and not wrong:
            yield Finding(code="answers_missing", values={"upload": upload, "interviews": len(rows)})
        return
    codes = connection.scalar(select(tables.link_code.c.codes).where(tables.link_code.c.upload == upload))
    try:
        linking = None if codes is None else payloads.decode_payload(keys.decrypt(codes))
    except CannotProceed:
        yield Finding(code="codes_unopenable", values={"upload": upload})
        return
    yield from _interview_findings(upload, payload, linking, rows)


def original_findings(connection: Connection, upload: int, keys: KeyRing) -> Iterator[Finding]:
    """Whether the original opens with the keys at hand, and is the file that was sent."""
    file, sent = tables.original, tables.upload
    query = select(file.c.bytes, file.c.key, sent.c.sha256).join_from(file, sent).where(sent.c.id == upload)
    row = connection.execute(query).one_or_none()
    if row is None:
        return
    try:
        content = keys.decrypt(row.bytes, row.key)
    except CannotProceed:
        yield Finding(code="original_unopenable", values={"upload": upload})
        return
    if content != NOT_KEPT and hashlib.sha256(content).hexdigest() != row.sha256:
        yield Finding(code="original_altered", values={"upload": upload})


def revision_findings(connection: Connection) -> Iterator[Finding]:
    """At most one revision of an interview counts, and what replaced one came after it."""
    table = tables.submission
    uploads = set(connection.scalars(select(tables.upload.c.id)))
    current: dict[tuple[str, str], int] = defaultdict(int)
    wrong: dict[int, int] = defaultdict(int)
    query = select(table.c.campaign, table.c.submission, table.c.upload, table.c.superseded_by)
    for campaign, submission, upload, superseded_by in connection.execute(
        query.execution_options(yield_per=5_000)
    ):
        if superseded_by is None:
            current[campaign, submission] += 1
        elif superseded_by not in uploads or superseded_by < upload:
            wrong[upload] += 1
    for upload, count in sorted(wrong.items()):
        yield Finding(code="replaced_before_it_came", values={"upload": upload, "interviews": count})
    twice = sum(count > 1 for count in current.values())
    if twice:
        yield Finding(code="two_current_revisions", values={"interviews": twice})


def _noted(entries: Sequence[AuditEntry], upload: int) -> Mapping[str, str]:
    """The newest hashes that the audit holds of an upload's answers."""
    found: Mapping[str, str] = {}
    for entry in entries:
        told = cast("Mapping[str, Mapping[str, str]]", entry.details.get(NOTED, {}))
        found = told.get(str(upload), found)
    return found


def _stored_answers(
    connection: Connection, upload: int, noted: Mapping[str, str], table: Table
) -> tuple[pa.Table | None, list[Finding]]:
    row = connection.execute(
        select(table.c.answers, table.c.sha256).where(table.c.upload == upload)
    ).one_or_none()
    if row is None:
        gone = table.name in noted
        return None, [Finding(code="answers_gone", values={"upload": upload})] if gone else []
    sha256 = payloads.digest(row.answers)
    if sha256 != row.sha256 or noted.get(table.name, sha256) != sha256:
        return None, [Finding(code="answers_altered", values={"upload": upload})]
    try:
        return payloads.decode_payload(row.answers), []
    except (pa.ArrowInvalid, OSError):
        return None, [Finding(code="answers_unreadable", values={"upload": upload})]


def _interview_findings(
    upload: int, payload: pa.Table, linking: pa.Table | None, rows: Sequence[Row[Any]]
) -> Iterator[Finding]:
    if {row.position for row in rows} != set(range(payload.num_rows)):
        yield Finding(code="interviews_missing", values={"upload": upload})
        return
    whole = payload
    if linking is not None:
        for name in linking.column_names:
            whole = whole.append_column(name, linking[name])
    contents = payloads.content_fingerprints(whole, payloads.payload_types(payload))
    sites, waves = (payload[name].fill_null("").to_pylist() for name in ("@site", "@wave"))
    wrong = {
        row.position
        for row in rows
        if (row.content, row.site, row.wave)
        != (contents[row.position], sites[row.position], waves[row.position])
    }
    if wrong:
        yield Finding(code="interviews_altered", values={"upload": upload, "interviews": len(wrong)})
