"""Interviews taken out of the record for good: every version, every trace beside them, and a certificate that it was done.

Rows leave the payloads, so those behind them move up. An original that held one of them is replaced by a note under a new
key and its old key is destroyed, so that it opens nowhere again; texts of other people that waited under that key are sealed
anew. What stays is counts, the certificate, and keyed marks by which the interviews are known when they are sent again.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

import numpy as np
import pyarrow as pa
from sqlalchemy import Connection, Row, Table, delete, func, insert, or_, select, update

from surveys.judging.versions import canonical_id
from surveys.keys import NOT_KEPT, KeyRing
from surveys.problems import Refused
from surveys.record import payloads, tables
from surveys.record.audit import note
from surveys.record.lineage import every_name
from surveys.record.places import take_place
from surveys.record.retention import Certificate, canonical
from surveys.record.verification import NOTED, noted_hashes


ERASE = "erase"  # the kind of step
REMOVED = "…"  # in the place of an id within a text

Rows = dict[int, set[int]]  # upload -> rows of its payload, from 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """Whose interviews are to go: ids of interviews, or pseudonyms of respondents."""

    submissions: frozenset[str] = frozenset()
    pseudonyms: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What would go, or what went. It names nobody."""

    interviews: int
    versions: int  # stored rows of answers, every version counted
    held: int
    texts: int  # that were kept back
    corrections: int
    links: int
    problems: int
    originals: tuple[int, ...]  # uploads whose files are not kept any longer


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    ids: frozenset[str]  # every id that the interviews go by
    pseudonyms: frozenset[str]
    stored: Rows
    held: Rows
    uploads: tuple[int, ...]
    what: Erasure


def find(connection: Connection, campaign: str, whom: Whom) -> Erasure:
    """What would go; nothing is changed."""
    return _find(connection, campaign, whom).what


def erase(
    connection: Connection,
    campaign: str,
    whom: Whom,
    reason: Mapping[str, object],
    keys: KeyRing,
    *,
    actor: str,
    at: datetime,
) -> Certificate:
    """Take the interviews out. Once this is committed the keys that the certificate names must be destroyed too.

    Raises
    ------
    Refused
        The record holds nothing of them.
    """
    found = _find(connection, campaign, whom)
    if not (found.stored or found.held):
        raise Refused("erase_nothing", f"campaign {campaign}")
    destroyed = _replace_originals(connection, found, keys)
    _remove_beside(connection, campaign, found)
    touched: set[tuple[str, str]] = set()
    for upload, positions in found.stored.items():
        touched |= _remove_stored(connection, upload, positions, keys)
    for upload, positions in found.held.items():
        _remove_held(connection, upload, positions, keys)
    number = int(connection.scalar(select(func.max(tables.certificate.c.number))) or 0) + 1
    take_place(
        connection, campaign, ERASE, f"certificate {number}", actor=actor, at=at, touched=sorted(touched)
    )
    certificate = _certified(connection, campaign, number, found.what, destroyed, reason, actor, at)
    _leave_marks(connection, campaign, found, keys, number)
    hashes = [noted_hashes(connection, upload).get(NOTED, {str(upload): {}}) for upload in found.uploads]
    facts = {
        "certificate": number, "sha256": certificate.sha256, "campaign": campaign,
        NOTED: {upload: told for one in hashes for upload, told in one.items()},  # type: ignore[attr-defined]
    }  # fmt: skip
    note(connection, actor, "interviews erased", f"certificate {number}", facts, at)
    return certificate


def marks(connection: Connection, campaign: str) -> frozenset[str]:
    """The marks of everything that was erased of a campaign."""
    table = tables.erased
    return frozenset(connection.scalars(select(table.c.mark).where(table.c.campaign == campaign)))


def _find(connection: Connection, campaign: str, whom: Whom) -> _Found:
    named = _named(connection, campaign, whom)
    ids = frozenset(
        name for names in every_name(connection, campaign, sorted(named)).values() for name in names
    )
    stored, held = _places(connection, campaign, ids)
    concerned = {*stored, *held}
    files = tables.original.c.upload
    originals = tuple(sorted(connection.scalars(select(files).where(files.in_(concerned)))))
    return _Found(
        ids=ids,
        pseudonyms=whom.pseudonyms,
        stored=stored,
        held=held,
        uploads=tuple(sorted(concerned)),
        what=Erasure(
            interviews=len({id_ for id_ in ids if _is_interview(connection, campaign, id_)}),
            versions=sum(map(len, stored.values())),
            held=sum(map(len, held.values())),
            texts=sum(len(_withheld_of(connection, upload, rows)) for upload, rows in stored.items()),
            corrections=_count(connection, tables.correction, _corrections_of(campaign, ids)),
            links=_count(connection, tables.link, _links_of(campaign, ids)),
            problems=len(_problems_of(connection, campaign, ids, stored, held)),
            originals=originals,
        ),
    )


def _named(connection: Connection, campaign: str, whom: Whom) -> set[str]:
    """The ids asked for, those of the respondents' interviews, and of interviews linked to these by somebody."""
    ids = {canonical_id(id_) for id_ in whom.submissions} | set(whom.submissions)
    if not whom.pseudonyms:
        return ids
    for table, rows in ((tables.payload, tables.submission), (tables.held_payload, tables.held)):
        id_column = rows.c.submission if rows is tables.submission else rows.c.interview
        for upload in connection.scalars(_uploads_with(table, campaign)).all():
            answers = connection.execute(select(table.c.answers).where(table.c.upload == upload)).scalar_one()
            theirs = _rows_of(payloads.decode_payload(answers, ["@respondent"]), whom.pseudonyms)
            if theirs:
                query = select(id_column).where(rows.c.upload == upload, rows.c.position.in_(theirs))
                ids |= set(connection.scalars(query))
    link = tables.link
    pairs = connection.execute(
        select(link.c.submission_from, link.c.submission_to).where(
            link.c.campaign == campaign, link.c.state == "accepted"
        )
    ).all()
    while more := {one for pair in pairs if ids & set(pair) for one in pair} - ids:
        ids |= more
    return ids


def _uploads_with(table: Table, campaign: str) -> Any:
    return select(table.c.upload).join(tables.upload).where(tables.upload.c.campaign == campaign)


def _rows_of(respondents: pa.Table, pseudonyms: frozenset[str]) -> list[int]:
    if "@respondent" not in respondents.column_names:
        return []
    said = respondents["@respondent"].to_pylist()
    return [position for position, one in enumerate(said) if one in pseudonyms]


def _places(connection: Connection, campaign: str, ids: frozenset[str]) -> tuple[Rows, Rows]:
    stored, held = defaultdict(set), defaultdict(set)
    table = tables.submission
    query = select(table.c.upload, table.c.position).where(
        table.c.campaign == campaign, table.c.submission.in_(ids)
    )
    for upload, position in connection.execute(query):
        stored[upload].add(position)
    waits = tables.held
    either = or_(waits.c.submission.in_(ids), waits.c.interview.in_(ids), waits.c.own.in_(ids))
    for upload, position in connection.execute(
        select(waits.c.upload, waits.c.position).where(waits.c.campaign == campaign, either)
    ):
        held[upload].add(position)
    return dict(stored), dict(held)


def _is_interview(connection: Connection, campaign: str, id_: str) -> bool:
    table, waits = tables.submission, tables.held
    stored = select(table.c.upload).where(table.c.campaign == campaign, table.c.submission == id_)
    held = select(waits.c.id).where(waits.c.campaign == campaign, waits.c.interview == id_)
    return connection.scalar(stored.limit(1)) is not None or connection.scalar(held.limit(1)) is not None


def _corrections_of(campaign: str, ids: frozenset[str]) -> Any:
    table = tables.correction
    return (table.c.campaign == campaign) & table.c.submission.in_(ids)


def _links_of(campaign: str, ids: frozenset[str]) -> Any:
    table = tables.link
    return (table.c.campaign == campaign) & or_(
        table.c.submission_from.in_(ids), table.c.submission_to.in_(ids)
    )


def _count(connection: Connection, table: Table, condition: Any) -> int:
    return int(connection.scalar(select(func.count()).select_from(table).where(condition)) or 0)


def _withheld_of(connection: Connection, upload: int, positions: Iterable[int]) -> list[int]:
    table = tables.withheld
    query = select(table.c.id).where(table.c.upload == upload, table.c.position.in_(positions))
    return list(connection.scalars(query))


def _problems_of(
    connection: Connection, campaign: str, ids: frozenset[str], stored: Rows, held: Rows
) -> list[tuple[int, int]]:
    """What teams were told of these rows, or that names one of the ids: upload and number."""
    rows = _file_rows(connection, tables.payload, stored)
    for upload, numbers in _file_rows(connection, tables.held_payload, held).items():
        rows.setdefault(upload, set()).update(numbers)
    table = tables.problem
    query = (
        select(table.c.upload, table.c.number, table.c.row, table.c.value, table.c["values"])
        .join(tables.upload)
        .where(tables.upload.c.campaign == campaign)
    )
    return [
        (one.upload, one.number)
        for one in connection.execute(query)
        if one.row in rows.get(one.upload, ()) or one.value in ids or _names_any(one.values, ids)
    ]


def _file_rows(connection: Connection, table: Table, places: Rows) -> Rows:
    """The numbers that the rows had in their files."""
    found: Rows = {}
    for upload, positions in places.items():
        answers = connection.execute(select(table.c.answers).where(table.c.upload == upload)).scalar_one()
        numbers = payloads.decode_payload(answers, ["@row"])["@row"].to_pylist()
        found[upload] = {numbers[position] for position in positions}
    return found


def _names_any(written: str, ids: frozenset[str]) -> bool:
    return any(json.dumps(id_, ensure_ascii=False)[1:-1] in written for id_ in ids)


def _replace_originals(connection: Connection, found: _Found, keys: KeyRing) -> list[dict[str, object]]:
    """Put a note in the place of each original under a new key; what was destroyed, with the names of the old keys."""
    destroyed: list[dict[str, object]] = []
    table, kept = tables.original, tables.withheld
    for upload in found.what.originals:
        row = connection.execute(
            select(table.c.key, tables.upload).join_from(table, tables.upload).where(table.c.upload == upload)
        ).one()
        note_ = keys.encrypt(BytesIO(NOT_KEPT))
        keys.keep(note_.key)
        others = kept.c.upload == upload, kept.c.sealed.is_not(None)
        old = keys.original_key(row.key) if row.key is not None else None
        for text in connection.execute(select(kept.c.id, kept.c.sealed).where(*others)).all():
            if old is not None:
                sealed = note_.key.seal(old.open(text.sealed))
                connection.execute(update(kept).where(kept.c.id == text.id).values(sealed=sealed))
        connection.execute(
            update(table).where(table.c.upload == upload).values(bytes=note_.stored, key=note_.key.name)
        )
        destroyed.append(
            {
                "upload": upload, "site": row.site, "sha256": row.sha256, "bytes": row.size,
                "uploaded_at": row.uploaded_at.isoformat(timespec="seconds"), "key": row.key,
            }
        )  # fmt: skip
    return destroyed


def _remove_beside(connection: Connection, campaign: str, found: _Found) -> None:
    """Everything about the interviews that is no answer of theirs: problems, corrections, links, further ids."""
    ids = found.ids
    for upload, number in _problems_of(connection, campaign, ids, found.stored, found.held):
        table = tables.problem
        connection.execute(delete(table).where(table.c.upload == upload, table.c.number == number))
    correction, step = tables.correction, tables.correction_step
    gone = list(connection.scalars(select(correction.c.id).where(_corrections_of(campaign, ids))))
    connection.execute(delete(step).where(step.c.correction.in_(gone)))
    connection.execute(delete(correction).where(correction.c.id.in_(gone)))
    _clean_logs(connection, campaign, ids, set(gone))
    link, decision = tables.link, tables.link_decision
    pairs = list(connection.scalars(select(link.c.id).where(_links_of(campaign, ids))))
    connection.execute(delete(decision).where(decision.c.link.in_(pairs)))
    connection.execute(delete(link).where(link.c.id.in_(pairs)))
    version = tables.version
    named = or_(version.c.version.in_(ids), version.c.submission.in_(ids), version.c.previous.in_(ids))
    connection.execute(delete(version).where(version.c.campaign == campaign, named))


def _clean_logs(connection: Connection, campaign: str, ids: frozenset[str], gone: set[int]) -> None:
    """Let imported logs of corrections name neither the interviews nor corrections that are no longer there."""
    table = tables.correction_log_row
    query = select(table).join(tables.correction_log).where(tables.correction_log.c.campaign == campaign)
    for row in connection.execute(query).all():
        made = [one for one in json.loads(row.corrections) if one not in gone]
        values = json.dumps(_without(json.loads(row.values), ids), ensure_ascii=False)
        if made != json.loads(row.corrections) or values != row.values:
            here = (table.c.log == row.log) & (table.c.number == row.number)
            connection.execute(update(table).where(here).values(corrections=json.dumps(made), values=values))


def _without(told: object, ids: frozenset[str]) -> object:
    if isinstance(told, Mapping):
        return {key: _without(value, ids) for key, value in told.items()}
    if isinstance(told, list):
        return [_without(value, ids) for value in told]
    return REMOVED if isinstance(told, str) and told in ids else told


def _remove_stored(
    connection: Connection, upload: int, positions: set[int], keys: KeyRing
) -> set[tuple[str, str]]:
    """Take rows out of an upload's answers; the sites and waves that lost some."""
    table, touched = tables.submission, tables.touched
    here = table.c.upload == upload
    gone: Sequence[Row[Any]] = connection.execute(
        select(table).where(here, table.c.position.in_(positions))
    ).all()
    came = Counter(
        (row.campaign, row.site, row.wave, row.upload if row.restored_by is None else row.restored_by)
        for row in gone
    )
    for (campaign, site, wave, step), count in came.items():
        where = (
            touched.c.campaign == campaign, touched.c.site == site, touched.c.wave == wave,
            touched.c.upload == step,
        )  # fmt: skip
        connection.execute(update(touched).where(*where).values(rows=touched.c.rows - count))
    connection.execute(delete(table).where(here, table.c.position.in_(positions)))
    kept = tables.withheld
    connection.execute(delete(kept).where(kept.c.upload == upload, kept.c.position.in_(positions)))
    _rewrite(connection, tables.payload, upload, positions)
    _rewrite_codes(connection, upload, positions, keys)
    _close_up(connection, table, upload, positions)
    _close_up(connection, kept, upload, positions)
    return {(row.site, row.wave) for row in gone}


def _remove_held(connection: Connection, upload: int, positions: set[int], keys: KeyRing) -> None:
    table, stored = tables.held, tables.held_payload
    codes = connection.scalar(select(stored.c.codes).where(stored.c.upload == upload))
    connection.execute(delete(table).where(table.c.upload == upload, table.c.position.in_(positions)))
    _rewrite(connection, stored, upload, positions)
    if codes is not None:
        left = keys.seal(
            payloads.encode_payload(_left(payloads.decode_payload(keys.decrypt(codes)), positions), {})
        )
        connection.execute(update(stored).where(stored.c.upload == upload).values(codes=left))
    _close_up(connection, table, upload, positions)


def _rewrite(connection: Connection, table: Table, upload: int, positions: set[int]) -> None:
    here = table.c.upload == upload
    answers = payloads.decode_payload(connection.execute(select(table.c.answers).where(here)).scalar_one())
    left = _left(answers, positions)
    if not left.num_rows:
        connection.execute(delete(table).where(here))
        return
    encoded = payloads.encode_payload(left, payloads.payload_types(answers))
    connection.execute(update(table).where(here).values(**payloads.stored(encoded)))


def _rewrite_codes(connection: Connection, upload: int, positions: set[int], keys: KeyRing) -> None:
    table = tables.link_code
    codes = connection.scalar(select(table.c.codes).where(table.c.upload == upload))
    if codes is None:
        return
    left = _left(payloads.decode_payload(keys.decrypt(codes)), positions)
    if not left.num_rows:
        connection.execute(delete(table).where(table.c.upload == upload))
        return
    sealed = keys.seal(payloads.encode_payload(left, {}))
    connection.execute(update(table).where(table.c.upload == upload).values(codes=sealed))


def _left(rows: pa.Table, positions: set[int]) -> pa.Table:
    """The other rows, in columns that remember nothing of those that went."""
    keep = np.ones(rows.num_rows, dtype=bool)
    keep[sorted(positions)] = False
    left = rows.filter(pa.array(keep))
    plain = [
        column.cast(pa.large_string()) if pa.types.is_dictionary(column.type) else column
        for column in left.columns
    ]
    return pa.table(plain, names=left.column_names, metadata=rows.schema.metadata)


def _close_up(connection: Connection, table: Table, upload: int, positions: set[int]) -> None:
    """Let the rows behind those that went move up."""
    for position in sorted(positions, reverse=True):
        behind = (table.c.upload == upload) & (table.c.position > position)
        connection.execute(update(table).where(behind).values(position=table.c.position - 1))


def _certified(
    connection: Connection,
    campaign: str,
    number: int,
    what: Erasure,
    destroyed: Sequence[Mapping[str, object]],
    reason: Mapping[str, object],
    actor: str,
    at: datetime,
) -> Certificate:
    body = {
        "certificate": number, "campaign": campaign, "destroyed_at": at.isoformat(timespec="seconds"),
        "destroyed_by": actor, **reason, "counted": ERASE, "originals": list(destroyed),
        "interviews": what.interviews, "versions": what.versions, "held": what.held,
        "corrections": what.corrections, "links": what.links, "withheld_texts_destroyed": what.texts,
    }  # fmt: skip
    written = canonical(body)
    sha256 = hashlib.sha256(written.encode()).hexdigest()
    connection.execute(
        insert(tables.certificate),
        {"number": number, "at": at, "campaign": campaign, "body": written, "sha256": sha256},
    )
    return Certificate(number=number, at=at, campaign=campaign, body=body, sha256=sha256)


def _leave_marks(connection: Connection, campaign: str, found: _Found, keys: KeyRing, number: int) -> None:
    made = {
        *keys.erasure_marks(campaign, "submission", sorted(found.ids)),
        *keys.erasure_marks(campaign, "respondent", sorted(found.pseudonyms)),
    }
    new = sorted(made - marks(connection, campaign))
    if new:
        rows = [{"campaign": campaign, "mark": mark, "certificate": number} for mark in new]
        connection.execute(insert(tables.erased), rows)
