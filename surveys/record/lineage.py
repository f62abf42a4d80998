"""What the record holds of the interviews of a file: found by every id an interview ever went by."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import pyarrow as pa
from sqlalchemy import Connection, insert, select

from surveys.judging.versions import SERVER_NAME, Names, canonical, canonical_id
from surveys.record import payloads, tables
from surveys.record.database import among, is_among
from surveys.record.revisions import Identity, Interview, Known, Stored


_IDS_AT_A_TIME = 20_000
_IDENTITY_PARTS = (
    "@submission", "@cluster", "@respondent", "@interview_date", "@edit", "@root", "@version", "@previous",
)  # fmt: skip
_SPELT = frozenset(
    {"@submission", "@edit", "@root", "@version", "@previous"}
)  # ids, compared in one spelling


def out_of_force(connection: Connection, campaign: str) -> frozenset[int]:
    """The steps of a campaign that were taken back, and not brought back since."""
    table = tables.upload
    query = select(table.c.id, table.c.withdrawn_by).where(
        table.c.campaign == campaign, table.c.withdrawn_by.is_not(None)
    )
    undone_by = {row.id: row.withdrawn_by for row in connection.execute(query)}

    def holds(step: int) -> bool:
        return step not in undone_by or not holds(undone_by[step])

    return frozenset(step for step in undone_by if not holds(step))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What a file says by which interviews can be found: their ids, what links ids, and their answers."""

    ids: frozenset[str]
    contents: frozenset[bytes]
    nameless: bool  # the file has no ids of its own
    same: Sequence[tuple[str, str]]  # pairs of ids that are of one interview


def known_interviews(connection: Connection, campaign: str, sought: Sought) -> Known:
    """Every revision that the record holds of these interviews, with what was decided about them before."""
    void = out_of_force(connection, campaign)
    links = _links(connection, campaign, void)
    names = Names()
    for one, other in (*links.pairs, *sought.same):
        names.link(one, other)
    siblings = _siblings(connection, campaign, names, void)
    twins = _twins_without_id(connection, campaign, sought)
    wanted = _every_name(sought, names, siblings) | set(twins)
    interviews = _grouped(_revisions(connection, campaign, wanted), names, void)
    return Known(
        interviews=interviews,
        names=names,
        siblings=siblings,
        discarded=_discarded(connection, campaign, sought, names, void),
        twins=_by_answers([interviews[names.of(id_)] for id_ in twins], sought.contents),
        previous=links.previous,
        noted=links.noted,
    )


def every_name(connection: Connection, campaign: str, ids: Iterable[str]) -> dict[str, list[str]]:
    """For each id every id that the same interview goes by, its own one spelling first."""
    names = Names()
    for one, other in _links(connection, campaign, out_of_force(connection, campaign)).pairs:
        names.link(one, other)
    groups = names.groups()
    spelt = {id_: canonical_id(id_) for id_ in ids}
    return {
        id_: list(dict.fromkeys([one, id_, *sorted(groups.get(names.of(one), ()))]))
        for id_, one in spelt.items()
    }


def identities_of(connection: Connection, wanted: Iterable[Stored]) -> Callable[[Stored], Identity]:
    """What stored revisions say about who was interviewed where and when."""
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
        identity = identities(table)
        found |= {(upload, position): identity(place) for place, position in enumerate(ordered)}
    return lambda stored: found[stored.upload, stored.position]


def identities(table: pa.Table) -> Callable[[int], Identity]:
    """What each row of a table says about who was interviewed where and when."""

    @cache  # most files are new throughout, and nobody asks
    def columns() -> list[list[str | None]]:
        return [_part(table, name) for name in _IDENTITY_PARTS]

    def identity(place: int) -> Identity:
        id_, cluster, respondent, interview_date, edit, root, version, previous = (
            column[place] for column in columns()
        )
        unedited = edit == "0" or (edit is not None and edit == id_ and previous is None)
        if version is None or version.startswith(SERVER_NAME):
            version = id_
        return Identity(cluster, respondent, interview_date, "" if unedited else edit, root, version)

    return identity


def _part(table: pa.Table, name: str) -> list[str | None]:
    if name not in table.column_names or table[name].null_count == table.num_rows:
        return [None] * table.num_rows
    plain = table[name].cast(pa.large_string())
    texts: list[str | None] = (canonical(plain) if name in _SPELT else plain).to_pylist()
    return texts


def note_names(
    connection: Connection, campaign: str, names: Mapping[str, tuple[str, str | None]], upload: int
) -> None:
    """Remember further ids of interviews: id -> the interview's, and the one that it replaced."""
    rows = [
        {"campaign": campaign, "upload": upload, "version": version, "submission": submission, "previous": previous}
        for version, (submission, previous) in names.items()
    ]  # fmt: skip
    if rows:
        connection.execute(insert(tables.version), rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Links:
    pairs: Sequence[tuple[str, str]]
    previous: Mapping[str, str]
    noted: frozenset[tuple[str, str | None]]


def _links(connection: Connection, campaign: str, void: frozenset[int]) -> _Links:
    table = tables.version
    query = select(table.c.version, table.c.submission, table.c.previous, table.c.upload).where(
        table.c.campaign == campaign
    )
    rows = [row for row in connection.execute(query) if row.upload not in void]
    pairs = [(row.submission, row.version) for row in rows]
    pairs += [(row.submission, row.previous) for row in rows if row.previous is not None]
    return _Links(
        pairs=pairs,
        previous={row.version: row.previous for row in rows if row.previous is not None},
        noted=frozenset((row.version, row.previous) for row in rows),
    )


def _every_name(sought: Sought, names: Names, siblings: Mapping[str, Sequence[str]]) -> set[str]:
    wanted = set(sought.ids)
    groups = names.groups()
    for id_ in sought.ids if groups or siblings else ():
        wanted.update(groups.get(names.of(id_), ()))
        wanted.update(siblings.get(names.of(id_), ()))
    return wanted


def _siblings(
    connection: Connection, campaign: str, names: Names, void: frozenset[int]
) -> dict[str, list[str]]:
    """Other interviews that came under an id and were given one of their own."""
    table = tables.held
    query = select(table.c.interview, table.c.own, table.c.step).where(
        table.c.campaign == campaign, table.c.own.is_not(None)
    )
    found: dict[str, list[str]] = defaultdict(list)
    for row in connection.execute(query.order_by(table.c.id)):
        if row.step not in void:
            found[names.of(row.interview)].append(row.own)
    return found


def _discarded(
    connection: Connection, campaign: str, sought: Sought, names: Names, void: frozenset[int]
) -> frozenset[tuple[str, bytes]]:
    held, upload = tables.held, tables.upload
    query = (
        select(held.c.interview, held.c.content, held.c.step)
        .join_from(held, upload, held.c.step == upload.c.id)
        .where(held.c.campaign == campaign, upload.c.dialect == "discard")
    )
    return frozenset(
        (names.of(row.interview), row.content)
        for row in connection.execute(query)
        if row.step not in void and row.content in sought.contents
    )


def _revisions(connection: Connection, campaign: str, ids: Iterable[str]) -> list[Stored]:
    table = tables.submission
    columns = (
        table.c.submission, table.c.revision, table.c.site, table.c.wave, table.c.content, table.c.upload,
        table.c.position, table.c.superseded_by, table.c.restored_by,
    )  # fmt: skip
    query = select(*columns).where(table.c.campaign == campaign, is_among(connection, table.c.submission))
    anything = select(table.c.upload).where(table.c.campaign == campaign).limit(1)
    in_key_order = sorted(ids) if connection.execute(anything).first() else []
    found = []
    for start in range(0, len(in_key_order), _IDS_AT_A_TIME):
        rows = connection.execute(query, among(connection, in_key_order[start : start + _IDS_AT_A_TIME]))
        found += [
            Stored(
                id_, revision, site, wave, content, upload, position, superseded_by is None,
                upload if restored_by is None else restored_by,
            )
            for id_, revision, site, wave, content, upload, position, superseded_by, restored_by in rows
        ]  # fmt: skip
    return found


def _grouped(rows: Sequence[Stored], names: Names, void: frozenset[int]) -> dict[str, Interview]:
    """The revisions by interview; those of uploads that were taken back only lend their numbers."""
    interviews: dict[str, Interview] = {}
    last: dict[str, int] = defaultdict(int)
    for stored in rows:
        name = names.of(stored.submission)
        interview = interviews.setdefault(name, Interview(main=stored.submission))
        last[stored.submission] = max(last[stored.submission], stored.revision)
        if stored.upload not in void and stored.step not in void:
            interview.revisions.append(stored)
            if stored.current:
                interview.main = stored.submission
    for interview in interviews.values():
        interview.last_revision = last[interview.main]
    return interviews


def _twins_without_id(connection: Connection, campaign: str, sought: Sought) -> list[str]:
    """Ids in the record of interviews that say what some of the file say, where one side alone has an id."""
    table = tables.submission
    nameless = table.c.submission.like("~%")
    query = select(table.c.submission, table.c.content).where(
        table.c.campaign == campaign,
        table.c.superseded_by.is_(None),
        ~nameless if sought.nameless else nameless,
    )
    return [row.submission for row in connection.execute(query) if row.content in sought.contents]


def _by_answers(twins: Iterable[Interview], contents: frozenset[bytes]) -> dict[bytes, list[Interview]]:
    found: dict[bytes, dict[str, Interview]] = defaultdict(dict)
    for interview in twins:
        currents = interview.currents()
        if len(currents) == 1 and currents[0].content in contents:
            found[currents[0].content][interview.main] = interview
    return {content: list(those.values()) for content, those in found.items()}
