"""One upload becomes part of the record: what is decided about its interviews, and the rows that say so.

Everything here happens inside one transaction, on a connection that ``Catalogue`` hands over.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa
from sqlalchemy import Connection, bindparam, func, insert, select, update

from surveys.fieldwork import LINK
from surveys.problems import CannotProceed, Problem
from surveys.record import corrections, payloads, tables
from surveys.record.audit import note
from surveys.record.database import among, insert_rows, is_among
from surveys.record.revisions import (
    HELD,
    STORED,
    Decisions,
    Identity,
    Incoming,
    Stored,
    current,
    decide,
    uncertain,
)


if TYPE_CHECKING:
    from surveys.checking import Outcome


PROBLEMS_KEPT = 10_000  # of one upload; the report names them all, the record need not
_IDS_AT_A_TIME = 20_000
_SUBMISSION_COLUMNS = ("campaign", "submission", "revision", "site", "wave", "content", "upload", "position")
_IDENTITY_PARTS = ("@submission", "@cluster", "@respondent", "@interview_date", "@edit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A file that was read, judged and de-identified, ready to be stored."""

    campaign: str
    site: str | None  # as the uploader named it
    wave: str | None
    sha256: str
    name: str
    size: int
    format: str
    dialect: str
    uploader: str
    at: datetime
    instrument: str
    instrument_version: str
    instrument_sha256: str
    verdict: "Outcome"
    rows: int
    rejected: int
    held: int
    problems: Sequence[Problem]
    warnings: Sequence[Problem]
    accepted: pa.Table
    types: Mapping[str, str]  # question -> its type
    original: Callable[[], bytes]  # the encrypted bytes
    seal: Callable[[bytes], bytes]  # encrypts the codes of linking keys
    key_marks: Mapping[str, str]  # name of a respondents' key -> its fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What became of an arrival. ``upload`` is the earlier one where the same file came again."""

    upload: int
    repeated: bool
    at: datetime
    verdict: "Outcome"
    accepted: int
    replaced: int
    unchanged: int
    rejected: int
    held: int
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    held_rows: tuple[int, ...]  # held because of what the record holds


def incoming_of(arrival: Arrival) -> Incoming:
    """The accepted interviews as ``decide`` sees them."""
    accepted = arrival.accepted
    fingerprints = payloads.content_fingerprints(accepted, arrival.types)
    return Incoming(
        ids=payloads.submission_ids(accepted, fingerprints),
        contents=fingerprints,
        sites=_texts(accepted["@site"]),
        waves=_texts(accepted["@wave"]),
        identities=_identities(accepted),
        partial=any(warning.code == "skipped_columns" for warning in arrival.warnings),
    )


def store(connection: Connection, arrival: Arrival, incoming: Incoming) -> Entry:
    """Store what is new of a file; the same file again changes nothing."""
    _check_keys(connection, arrival.key_marks)
    known = _known(connection, arrival.campaign, incoming.ids)
    identity_of = _stored_identities(connection, uncertain(incoming, known))
    decisions = decide(incoming, known, identity_of)
    kept = decisions.rows(*STORED)
    replaced = [(incoming.ids[at], current(known[incoming.ids[at]])) for at in decisions.rows("revised")]
    entry = _entry(arrival, decisions)
    earlier = earlier_upload(connection, arrival.campaign, arrival.site, arrival.sha256)
    if earlier is not None and not kept:
        entry = replace(entry, upload=earlier, repeated=True)
        note(
            connection, arrival.uploader, "upload repeated", f"upload {earlier}", _facts(arrival), arrival.at
        )
        return entry
    upload = _insert_upload(connection, arrival, entry)
    entry = replace(entry, upload=upload)
    if kept or entry.held:
        connection.execute(insert(tables.original), {"upload": upload, "bytes": arrival.original()})
    if kept:
        _insert_answers(connection, arrival, incoming, decisions, kept, upload)
        _supersede(connection, arrival.campaign, replaced, upload)
        _insert_touched(connection, arrival, incoming, kept, replaced, upload)
        entry = _with_corrections_replayed(connection, arrival, incoming, decisions, entry)
    _insert_problems(connection, upload, entry)
    counts = {
        "accepted": entry.accepted,
        "replaced": entry.replaced,
        "rejected": entry.rejected,
        "held": entry.held,
    }
    facts = {**_facts(arrival), **counts}
    note(connection, arrival.uploader, "upload stored", f"upload {upload}", facts, arrival.at)
    return entry


def _with_corrections_replayed(
    connection: Connection, arrival: Arrival, incoming: Incoming, decisions: Decisions, entry: Entry
) -> Entry:
    """The entry with what the newer versions of interviews mean for the corrections made of them."""
    revised = {incoming.ids[at]: at for at in decisions.rows("revised")}
    counts = corrections.replay_on_revisions(
        connection, arrival.campaign, arrival.accepted, revised, entry.upload, arrival.uploader, arrival.at
    )
    told = [
        Problem(code=f"corrections_{fate}", values={"count": count}) for fate, count in sorted(counts.items())
    ]
    return replace(entry, warnings=(*entry.warnings, *told))


def store_refusal(connection: Connection, arrival: Arrival) -> Entry:
    """Note that a file was refused, and why. Neither its bytes nor any answer is kept."""
    entry = _nothing_stored(arrival)
    upload = _insert_upload(connection, arrival, entry)
    entry = replace(entry, upload=upload)
    _insert_problems(connection, upload, entry)
    note(connection, arrival.uploader, "upload refused", f"upload {upload}", _facts(arrival), arrival.at)
    return entry


def _check_keys(connection: Connection, key_marks: Mapping[str, str]) -> None:
    for name, fingerprint in key_marks.items():
        query = select(tables.key_mark.c.fingerprint).where(tables.key_mark.c.name == name)
        used = connection.scalar(query)
        if used is None:
            connection.execute(insert(tables.key_mark), {"name": name, "fingerprint": fingerprint})
        elif used != fingerprint:
            raise CannotProceed(
                f"{name}.key",
                "this is not the key under which respondents of this country were stored before; "
                "they would become other people. Nothing was saved.",
                "Bring back the key from the safe copy of the keys.",
            )


def _known(connection: Connection, campaign: str, ids: Sequence[str]) -> dict[str, list[Stored]]:
    """Every revision that the record holds of these submissions."""
    table = tables.submission
    known: dict[str, list[Stored]] = defaultdict(list)
    if connection.scalar(select(table.c.campaign).where(table.c.campaign == campaign).limit(1)) is None:
        return known
    columns = (
        table.c.submission, table.c.revision, table.c.site, table.c.wave, table.c.content,
        table.c.upload, table.c.position, table.c.superseded_by,
    )  # fmt: skip
    query = select(*columns).where(table.c.campaign == campaign, is_among(connection, table.c.submission))
    in_key_order = sorted(set(ids))
    for start in range(0, len(in_key_order), _IDS_AT_A_TIME):
        rows = connection.execute(query, among(connection, in_key_order[start : start + _IDS_AT_A_TIME]))
        for id_, revision, site, wave, content, upload, position, superseded_by in rows:
            stored = Stored(revision, site, wave, content, upload, position, superseded_by is None)
            known[id_].append(stored)
    return known


def _stored_identities(connection: Connection, wanted: Sequence[Stored]) -> Callable[[Stored], Identity]:
    """What the stored versions of changed interviews say about who was interviewed where and when."""
    positions: dict[int, set[int]] = defaultdict(set)
    for stored in wanted:
        positions[stored.upload].add(stored.position)
    found: dict[tuple[int, int], Identity] = {}
    for upload, rows in positions.items():
        encoded = connection.execute(
            select(tables.payload.c.answers).where(tables.payload.c.upload == upload)
        ).scalar_one()
        ordered = sorted(rows)
        table = payloads.decode_payload(encoded, _IDENTITY_PARTS).take(pa.array(ordered, pa.int64()))
        identities = _identities(table)
        found.update({(upload, position): identities(place) for place, position in enumerate(ordered)})
    return lambda stored: found[stored.upload, stored.position]


def _identities(table: pa.Table) -> Callable[[int], Identity]:
    columns = [table[name].to_pylist() for name in _IDENTITY_PARTS]

    def identity(position: int) -> Identity:
        id_, cluster, respondent, interview_date, edit = (column[position] for column in columns)
        first = ("0", id_, (id_ or "").removeprefix("uuid:"))  # how a source marks what nobody edited
        return Identity(cluster, respondent, interview_date, None if edit in first else edit)

    return identity


def earlier_upload(connection: Connection, campaign: str, site: str | None, sha256: str) -> int | None:
    """The upload in which these very bytes were sent before for the same campaign and site."""
    table = tables.upload
    query = select(func.min(table.c.id)).where(
        table.c.campaign == campaign,
        table.c.site.is_(None) if site is None else table.c.site == site,
        table.c.sha256 == sha256,
        table.c.verdict != "reject-file",
    )
    earlier: int | None = connection.scalar(query)
    return earlier


def _entry(arrival: Arrival, decisions: Decisions) -> Entry:
    """What becomes of the arrival; which upload it is remains to be seen."""
    held_here = decisions.rows(*HELD)
    replaced, older = len(decisions.rows("revised")), len(decisions.rows("older"))
    warnings = list(arrival.warnings)
    if replaced:
        warnings.append(Problem(code="interviews_replaced", values={"count": replaced}))
    if older:
        warnings.append(Problem(code="older_versions", values={"count": older}))
    return Entry(
        upload=0,
        repeated=False,
        at=arrival.at,
        verdict="accept-with-rejected-rows" if held_here and arrival.verdict == "accept" else arrival.verdict,
        accepted=len(decisions.rows(*STORED)),
        replaced=replaced,
        unchanged=len(decisions.rows("unchanged", "older")),
        rejected=arrival.rejected,
        held=arrival.held + len(held_here),
        problems=(*arrival.problems, *(_held_problem(arrival.accepted, decisions, at) for at in held_here)),
        warnings=tuple(warnings),
        held_rows=tuple(arrival.accepted["@row"][at].as_py() for at in held_here),
    )


def _held_problem(accepted: pa.Table, decisions: Decisions, position: int) -> Problem:
    return Problem(
        code=decisions.of[position],
        row=accepted["@row"][position].as_py(),
        line=accepted["@line"][position].as_py(),
        value=accepted["@submission"][position].as_py(),
    )


def _nothing_stored(arrival: Arrival) -> Entry:
    return Entry(
        upload=0,
        repeated=False,
        at=arrival.at,
        verdict=arrival.verdict,
        accepted=0,
        replaced=0,
        unchanged=0,
        rejected=arrival.rejected,
        held=arrival.held,
        problems=tuple(arrival.problems),
        warnings=tuple(arrival.warnings),
        held_rows=(),
    )


def _insert_upload(connection: Connection, arrival: Arrival, entry: Entry) -> int:
    names = (
        "campaign", "site", "wave", "sha256", "name", "size", "format", "dialect", "uploader",
        "instrument", "instrument_version", "instrument_sha256", "rows",
    )  # fmt: skip
    counts = ("verdict", "accepted", "replaced", "unchanged", "rejected", "held")
    values = {name: getattr(arrival, name) for name in names} | {
        name: getattr(entry, name) for name in counts
    }
    statement = insert(tables.upload).values(**values, uploaded_at=arrival.at).returning(tables.upload.c.id)
    return int(connection.execute(statement).scalar_one())


def _insert_answers(
    connection: Connection,
    arrival: Arrival,
    incoming: Incoming,
    decisions: Decisions,
    kept: Sequence[int],
    upload: int,
) -> None:
    whole = len(kept) == arrival.accepted.num_rows
    rows = arrival.accepted if whole else arrival.accepted.take(pa.array(kept, pa.int64()))
    in_key_order = sorted(range(len(kept)), key=lambda position: incoming.ids[kept[position]])
    submissions = (
        (
            arrival.campaign,
            incoming.ids[kept[position]],
            decisions.revision[kept[position]],
            incoming.sites[kept[position]],
            incoming.waves[kept[position]],
            incoming.contents[kept[position]],
            upload,
            position,
        )
        for position in in_key_order  # neighbours in the index are written together
    )
    linking = [name for name in rows.column_names if name.startswith(LINK)]
    if any(rows[name].null_count < rows.num_rows for name in linking):
        codes = arrival.seal(payloads.encode_payload(rows.select(linking), {}))
        connection.execute(insert(tables.link_code), {"upload": upload, "codes": codes})
    rows = rows.drop_columns(linking)
    with ThreadPoolExecutor(max_workers=1) as beside:
        answers = beside.submit(payloads.encode_payload, rows, arrival.types)
        insert_rows(connection, tables.submission, _SUBMISSION_COLUMNS, submissions)
        connection.execute(insert(tables.payload), {"upload": upload, "answers": answers.result()})


def _supersede(
    connection: Connection, campaign: str, current: Sequence[tuple[str, Stored]], upload: int
) -> None:
    if not current:
        return
    table = tables.submission
    mark = (
        update(table)
        .where(
            table.c.campaign == campaign,
            table.c.submission == bindparam("id_"),
            table.c.revision == bindparam("revision_"),
        )
        .values(superseded_by=upload)
    )
    connection.execute(mark, [{"id_": id_, "revision_": stored.revision} for id_, stored in current])


def _insert_touched(
    connection: Connection,
    arrival: Arrival,
    incoming: Incoming,
    kept: Sequence[int],
    replaced: Sequence[tuple[str, Stored]],
    upload: int,
) -> None:
    rows = Counter((incoming.sites[at], incoming.waves[at]) for at in kept)
    for _, stored in replaced:
        rows[stored.site, stored.wave] += 0  # something left, though nothing may have come
    connection.execute(
        insert(tables.touched),
        [
            {"campaign": arrival.campaign, "site": site, "wave": wave, "upload": upload, "rows": count}
            for (site, wave), count in rows.items()
        ],
    )


def _insert_problems(connection: Connection, upload: int, entry: Entry) -> None:
    told = [(False, problem) for problem in entry.problems] + [(True, problem) for problem in entry.warnings]
    rows = [
        {
            "upload": upload,
            "number": number,
            "is_warning": is_warning,
            "code": problem.code,
            "row": problem.row,
            "line": problem.line,
            "column": problem.column,
            "value": problem.value,
            "values": json.dumps(dict(problem.values), ensure_ascii=False, default=str),
        }
        for number, (is_warning, problem) in enumerate(told[:PROBLEMS_KEPT], start=1)
    ]
    if rows:
        connection.execute(insert(tables.problem), rows)


def _facts(arrival: Arrival) -> dict[str, object]:
    return {
        "campaign": arrival.campaign,
        "site": arrival.site,
        "sha256": arrival.sha256,
        "rows": arrival.rows,
    }


def _texts(values: pa.ChunkedArray) -> list[str]:
    """The few different texts of a part, one for each row; equal ones are one object."""
    coded = values.cast(pa.large_string()).fill_null("").combine_chunks().dictionary_encode()
    texts: list[str] = coded.dictionary.to_pylist()
    return [texts[place] for place in coded.indices.to_pylist()]
