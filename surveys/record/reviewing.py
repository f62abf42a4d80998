"""Interviews that wait for a person: listed, looked at beside what they compete with, and decided about."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, get_args

import pyarrow as pa
from sqlalchemy import Connection, Row, Table, insert, select, update

from surveys.corrections.ledger import Cell
from surveys.fieldwork import ROSTER
from surveys.problems import Refused
from surveys.record import corrections, payloads, tables
from surveys.record.audit import note
from surveys.record.interviews import cell_at
from surveys.record.lineage import Sought, known_interviews, out_of_force
from surveys.record.places import take_place
from surveys.record.revisions import Interview
from surveys.record.verification import noted_hashes
from surveys.record.writing import supersede
from surveys.rosters import in_words


Action = Literal["replace", "both", "discard"]
ACTIONS: tuple[Action, ...] = get_args(Action)
HIDDEN = frozenset({"@row", "@line", "@submission", "@edit", "@root", "@version", "@previous", "@received"})
RESPONDENT = "@respondent"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldInterview:
    """An interview that waits for a person, or did until somebody decided."""

    id: int
    campaign: str
    upload: int
    position: int  # in the upload's payload of held interviews
    file: str
    uploaded_at: datetime
    row: int
    line: int
    code: str  # of the problem for which it is held
    submission: str
    interview: str  # the id in the record that it competes for
    site: str
    wave: str
    decision: Action | None
    step: int | None  # the decision in force
    decided_by: str | None
    decided_at: datetime | None
    reason: str
    own: str | None  # its own id, where both are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionShown:
    """One of the versions that stand side by side."""

    held: int | None  # None: the one that is stored
    upload: int
    site: str
    wave: str
    hidden: bool  # of another site: its answers are not this team's to see


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A held interview beside those it competes with, in the columns in which they differ."""

    held: HeldInterview
    versions: tuple[VersionShown, ...]
    differing: tuple[tuple[str, tuple[Cell, ...]], ...]  # column -> what each version says


def find_held(
    connection: Connection, campaign: str, *, site: str | None = None, waiting: bool | None = True
) -> list[HeldInterview]:
    """The held interviews of a campaign, oldest first: those that wait, those decided about, or (None) all."""
    held, upload, decided = tables.held, tables.upload, tables.upload.alias("decided")
    query = (
        select(
            held, upload.c.name.label("file"), upload.c.uploaded_at, decided.c.dialect.label("decision"),
            decided.c.uploader.label("decided_by"), decided.c.uploaded_at.label("decided_at"), decided.c.reason,
        )
        .join_from(held, upload, held.c.upload == upload.c.id)
        .join(decided, held.c.step == decided.c.id, isouter=True)
        .where(held.c.campaign == campaign)
        .order_by(held.c.id)
    )  # fmt: skip
    if site is not None:
        query = query.where(held.c.site == site)
    void = out_of_force(connection, campaign)
    found: dict[tuple[str, bytes], HeldInterview] = {}
    for row in connection.execute(query):
        if row.upload not in void:  # one that several uploads held alike is looked at once
            one, key = _held(row, void), (row.interview, row.content)
            if key not in found or (found[key].step is None and one.step is not None):
                found[key] = one
    return [one for one in found.values() if waiting is None or (one.step is None) == waiting]


def compare(connection: Connection, campaign: str, held_ids: Sequence[int]) -> list[Comparison]:
    """Each held interview beside the stored one and the others held under its id."""
    everything = {one.id: one for one in find_held(connection, campaign, waiting=None)}
    read = _Read(connection)
    return [_compared(connection, _found(everything, id_), everything.values(), read) for id_ in held_ids]


def _compared(
    connection: Connection, item: HeldInterview, everything: Iterable[HeldInterview], read: "_Read"
) -> Comparison:
    rivals = [
        one
        for one in everything
        if one.interview == item.interview and one.id != item.id and one.step is None
    ]
    shown: list[tuple[VersionShown, pa.Table]] = [
        (
            _shown(stored.upload, stored.site, stored.wave, None, item),
            read.row(tables.payload, stored.upload, stored.position),
        )
        for stored in _competing(connection, item).currents()
    ]
    shown += [
        (
            _shown(one.upload, one.site, one.wave, one.id, item),
            read.row(tables.held_payload, one.upload, one.position),
        )
        for one in (item, *rivals)
    ]
    return Comparison(held=item, versions=tuple(version for version, _ in shown), differing=_differing(shown))


def decide(
    connection: Connection, campaign: str, held_id: int, action: Action, *, by: str, why: str, at: datetime
) -> int:
    """Decide about a held interview; the step that did."""
    item = _find(connection, campaign, held_id)
    if item.step is not None:
        raise Refused(
            "held_decided", f"held interview {held_id}", held=held_id, by=item.decided_by, step=item.step
        )
    if action == "discard" and not why.strip():
        raise Refused("held_reason", f"held interview {held_id}")
    interview = _competing(connection, item)
    beside = action == "both" and bool(interview.currents())
    displaced = [] if action == "discard" or beside else interview.currents()
    came = {} if action == "discard" else {(item.site, item.wave): 1}
    step = take_place(
        connection, campaign, action, f"held interview {held_id}", actor=by, at=at,
        touched=[(stored.site, stored.wave) for stored in displaced], came=came, reason=why,
    )  # fmt: skip
    own = _own_id(connection, item) if beside else None
    if action != "discard":
        _store(
            connection, item, own or interview.main, 1 if beside else interview.last_revision + 1, step, own
        )
        supersede(connection, campaign, displaced, step)
    if displaced:
        _replay(connection, item, interview, step, by, at)
    table = tables.held
    connection.execute(update(table).where(table.c.id == held_id).values(step=step, own=own))
    facts = {"campaign": campaign, "decision": action, "step": step, "reason": why, "own_id": own}
    facts |= noted_hashes(connection, step)
    note(connection, by, "held interview decided", f"held interview {held_id}", facts, at)
    return step


class _Read:
    """Rows of payloads; each payload is decoded once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._decoded: dict[tuple[str, int], pa.Table] = {}

    def row(self, table: Table, upload: int, position: int) -> pa.Table:
        """One row of an upload's payload in that table."""
        key = (table.name, upload)
        if key not in self._decoded:
            query = select(table.c.answers).where(table.c.upload == upload)
            self._decoded[key] = payloads.decode_payload(self._connection.execute(query).scalar_one())
        return self._decoded[key].slice(position, 1)


def _find(connection: Connection, campaign: str, held_id: int) -> HeldInterview:
    everything = {one.id: one for one in find_held(connection, campaign, waiting=None)}
    return _found(everything, held_id)


def _found(everything: Mapping[int, HeldInterview], held_id: int) -> HeldInterview:
    found = everything.get(held_id)
    if found is None:
        raise Refused("held_unknown", f"held interview {held_id}", held=held_id)
    return found


def _held(row: Row[Any], void: frozenset[int]) -> HeldInterview:
    decided = row.step is not None and row.step not in void
    return HeldInterview(
        id=row.id, campaign=row.campaign, upload=row.upload, position=row.position, file=row.file, uploaded_at=row.uploaded_at,
        row=row.row, line=row.line, code=row.code, submission=row.submission, interview=row.interview,
        site=row.site, wave=row.wave,
        decision=row.decision if decided else None,
        step=row.step if decided else None,
        decided_by=row.decided_by if decided else None,
        decided_at=row.decided_at if decided else None,
        reason=row.reason if decided else "",
        own=row.own if decided else None,
    )  # fmt: skip


def _competing(connection: Connection, item: HeldInterview) -> Interview:
    sought = Sought(ids=frozenset({item.interview}), contents=frozenset(), nameless=False, same=())
    return known_interviews(connection, item.campaign, sought).candidates(item.interview)[0]


def _own_id(connection: Connection, item: HeldInterview) -> str:
    """An id for a second interview under one id: the first one's with a number behind it."""
    table, number = tables.submission, 2
    while connection.scalar(
        select(table.c.revision)
        .where(table.c.campaign == item.campaign, table.c.submission == f"{item.interview}~{number}")
        .limit(1)
    ):
        number += 1
    return f"{item.interview}~{number}"


def _store(
    connection: Connection, item: HeldInterview, main: str, revision: int, step: int, own: str | None
) -> None:
    content = connection.execute(
        select(tables.held.c.content).where(tables.held.c.id == item.id)
    ).scalar_one()
    row = _Read(connection).row(tables.held_payload, item.upload, item.position)
    if own is not None:
        place = row.column_names.index("@submission")
        row = row.set_column(place, "@submission", pa.array([own], pa.large_string()))
    encoded = payloads.encode_payload(row, payloads.payload_types(row))
    connection.execute(insert(tables.payload), {"upload": step, **payloads.stored(encoded)})
    connection.execute(
        insert(tables.submission),
        {
            "campaign": item.campaign, "submission": main, "revision": revision, "site": item.site,
            "wave": item.wave, "content": content, "upload": step, "position": 0,
        },
    )  # fmt: skip


def _replay(
    connection: Connection, item: HeldInterview, interview: Interview, step: int, by: str, at: datetime
) -> None:
    row = _Read(connection).row(tables.held_payload, item.upload, item.position)
    corrections.replay_on_revisions(connection, item.campaign, row, {interview.main: 0}, step, by, at)


def _shown(upload: int, site: str, wave: str, held: int | None, item: HeldInterview) -> VersionShown:
    return VersionShown(held=held, upload=upload, site=site, wave=wave, hidden=site != item.site)


def _differing(
    shown: Sequence[tuple[VersionShown, pa.Table]],
) -> tuple[tuple[str, tuple[Cell, ...]], ...]:
    names = dict.fromkeys(
        name
        for _, row in shown
        for name in row.column_names
        if name not in HIDDEN and not name.endswith(payloads.MISSING)
    )
    found = []
    for name in names:
        cells = [readable(cell_at(row, name, 0), name) for _, row in shown]
        open_cells = [cell for cell, (version, _) in zip(cells, shown, strict=True) if not version.hidden]
        if len(set(cells)) > 1 and (len(set(open_cells)) > 1 or name == "@site"):
            found.append((name, tuple(letters(cells) if name == RESPONDENT else cells)))
    return tuple(found)


def readable(cell: Cell, name: str) -> Cell:
    """The cell of a column as a person reads it."""
    if not name.startswith(ROSTER) or cell.value is None:
        return cell
    return replace(cell, value=in_words(cell.value))


def letters(cells: Sequence[Cell]) -> list[Cell]:
    """Pseudonyms told apart and not shown."""
    letters: dict[str | None, str | None] = {None: None}
    for cell in cells:
        letters.setdefault(cell.value, chr(ord("A") + len(letters) - 1))
    return [Cell(value=letters[cell.value], missing=cell.missing) for cell in cells]
