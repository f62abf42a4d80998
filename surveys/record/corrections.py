"""The ledger in the record: corrections written down, decided about, placed in the order of uploads, replayed.

Every decision is one transaction, on a connection that ``Catalogue`` hands over. Corrections that are applied
or undone together take one place in the order of uploads, so that "as of upload n" tells exactly which of them count.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, Row, func, insert, select, update

from surveys.corrections.ledger import (
    LIVE,
    MOVES,
    WITHDRAW,
    Action,
    Cell,
    Correction,
    Decided,
    Proposal,
    State,
    Step,
    objection,
)
from surveys.corrections.replaying import replay, replay_waiting, settle
from surveys.problems import CannotProceed
from surveys.record import tables
from surveys.record.audit import note
from surveys.record.database import among, is_among
from surveys.record.interviews import cell_at, column_of, current_rows
from surveys.record.overlay import current
from surveys.record.places import take_place


_AT_A_TIME = 5_000
_Mover = Callable[[Connection, str, Sequence[Correction]], list[Decided]]


def propose(
    connection: Connection,
    campaign: str,
    proposals: Sequence[Proposal],
    *,
    author: str,
    at: datetime,
    log: int | None = None,
) -> list[tuple[int, bool]]:
    """Enter proposals into the ledger; for each its id, and whether it was there already, waiting or applied."""
    ids = sorted({one.submission for one in proposals})
    known: dict[str, list[Correction]] = defaultdict(list)
    for one in find(connection, campaign, submissions=ids, states=LIVE):
        known[one.submission].append(one)
    entered = []
    new = 0
    for proposal in proposals:
        twin = next((one for one in known[proposal.submission] if _same(one, proposal)), None)
        if twin is None:
            id_ = _insert(connection, campaign, proposal, author, at, log)
            known[proposal.submission] += find(connection, campaign, ids=[id_])
            new += 1
        entered.append((id_ if twin is None else twin.id, twin is not None))
    facts = {"campaign": campaign, "proposed": new, "known": len(proposals) - new, "log": log}
    note(connection, author, "corrections proposed", f"campaign {campaign}", facts, at)
    return entered


def find(
    connection: Connection,
    campaign: str,
    *,
    ids: Sequence[int] | None = None,
    submissions: Sequence[str] | None = None,
    states: Iterable[State] | None = None,
    site: str | None = None,
    question: str | None = None,
    log: int | None = None,
) -> list[Correction]:
    """The corrections of a campaign, oldest first, narrowed by whatever is named."""
    table, logs = tables.correction, tables.correction_log
    query = (
        select(table, logs.c.name.label("log_name"))
        .join_from(table, logs, isouter=True)
        .where(table.c.campaign == campaign)
        .order_by(table.c.id)
    )
    for column, wanted in ((table.c.site, site), (table.c.question, question), (table.c.log, log)):
        if wanted is not None:
            query = query.where(column == wanted)
    if states is not None:
        query = query.where(table.c.state.in_([state.value for state in states]))
    if ids is not None:
        chosen = sorted(set(ids))
        parts = [chosen[start : start + _AT_A_TIME] for start in range(0, len(chosen), _AT_A_TIME)]
        rows = [row for part in parts for row in connection.execute(query.where(table.c.id.in_(part)))]
        return [_correction(row) for row in rows]
    if submissions is None:
        return [_correction(row) for row in connection.execute(query)]
    query = query.where(is_among(connection, table.c.submission))
    return [
        _correction(row) for row in connection.execute(query, among(connection, sorted(set(submissions))))
    ]


def steps(connection: Connection, ids: Sequence[int]) -> dict[int, list[Step]]:
    """The history of each correction, oldest first."""
    table = tables.correction_step
    found: dict[int, list[Step]] = {id_: [] for id_ in ids}
    chosen = sorted(found)
    for start in range(0, len(chosen), _AT_A_TIME):
        part = chosen[start : start + _AT_A_TIME]
        query = select(table).where(table.c.correction.in_(part)).order_by(table.c.correction, table.c.number)
        for row in connection.execute(query):
            step = Step(
                state=State(row.state),
                at=row.at,
                actor=row.actor,
                why=row.why,
                told=row.told,
                place=row.place,
            )
            found[row.correction].append(step)
    return found


def decide(
    connection: Connection,
    campaign: str,
    ids: Sequence[int],
    action: Action,
    *,
    actor: str,
    why: str,
    at: datetime,
) -> list[Decided]:
    """Approve, reject, apply or undo corrections: what became of each, in the order of their ids."""
    chosen = find(connection, campaign, ids=ids)
    for absent in sorted(set(ids) - {one.id for one in chosen}):
        raise CannotProceed(
            f"correction {absent}",
            f'there is none of this number in campaign "{campaign}".',
            "See the numbers with: awareness corrections list",
        )
    refused = {one.id: objection(one, action, actor) for one in chosen}
    movable = [one for one in chosen if refused[one.id] is None]
    moved = {one.id: one for one in _MOVERS.get(action, _simply(action))(connection, campaign, movable)}
    place = _place(connection, campaign, action, actor, at, movable, moved)
    by_id = {one.id: one for one in chosen}
    for turn, decided in enumerate(moved.values(), start=1):
        if decided.state != by_id[decided.id].state or decided.told != by_id[decided.id].told:
            _write(connection, by_id[decided.id], decided, actor, why, at, place, turn)
    facts = {
        "campaign": campaign,
        "corrections": sorted(one.id for one in moved.values() if one.state == MOVES[action][1]),
        "place": place,
    }
    note(connection, actor, f"corrections: {action}", f"campaign {campaign}", facts, at)
    return [moved.get(one.id) or Decided(id=one.id, state=one.state, told=refused[one.id]) for one in chosen]


def settled(
    connection: Connection, campaign: str, chosen: Sequence[Correction]
) -> tuple[list[Correction], dict[int, str]]:
    """Those that could be applied now, in the order in which they follow each other, and why the others could not."""
    rows = current_rows(connection, campaign, [one.submission for one in chosen])
    places = {key: place for place, key in enumerate(rows["@key"].to_pylist())} if rows.num_rows else {}
    gone = set(rows.filter(rows["@withdrawn"])["@key"].to_pylist()) if rows.num_rows else set()
    applied: list[Correction] = []
    refused: dict[int, str] = {}
    for (submission, question), group in sorted(_by_cell(chosen).items()):
        if submission not in places:
            refused |= {one.id: "interview_gone" for one in group}
        elif submission in gone:
            refused |= {
                one.id: "already_withdrawn" if not question else "interview_withdrawn" for one in group
            }
        elif not question:
            applied.append(group[0])
            refused |= {one.id: "twice" for one in group[1:]}
        else:
            outcome = settle(cell_at(rows, column_of(question, group[0].part), places[submission]), group)
            applied += outcome.applied
            refused |= outcome.refused
    return applied, refused


def replay_on_revisions(
    connection: Connection,
    campaign: str,
    accepted: pa.Table,
    revised: Mapping[str, int],
    upload: int,
    actor: str,
    at: datetime,
) -> dict[str, int]:
    """Replay the live corrections of interviews that an upload brought in a newer version; how many came to what.

    Parameters
    ----------
    revised
        Submission -> row of ``accepted`` that holds its newer version.
    """
    live = find(connection, campaign, submissions=list(revised), states=LIVE) if revised else []
    counts: dict[str, int] = defaultdict(int)
    for (submission, question), group in _by_cell(live).items():
        if not question:
            continue  # an interview that was withdrawn stays so, whatever it now says
        received = cell_at(accepted, column_of(question, group[0].part), revised[submission])
        chain = [one for one in group if one.state is State.APPLIED]
        fates = replay(received, chain)
        staying = [one.new for one in chain if fates[one.id] == "stays"]
        fates |= replay_waiting(
            staying[-1] if staying else received, [one for one in group if one not in chain]
        )
        for one in group:
            counts[fates[one.id]] += 1
            if fates[one.id] != "stays":
                told = "absorbed_by_export" if fates[one.id] == "absorbed" else "changed_by_export"
                decided = Decided(id=one.id, state=State(fates[one.id]), told=told)
                _write(connection, one, decided, actor, "", at, upload)
    return dict(counts)


def _apply(connection: Connection, campaign: str, chosen: Sequence[Correction]) -> list[Decided]:
    applied, refused = settled(connection, campaign, chosen)
    stale = {"old_value_differs", "interview_gone", "interview_withdrawn"}
    moved = [Decided(id=one.id, state=State.APPLIED) for one in applied]
    for id_, why in refused.items():
        state = State.STALE if why in stale else State.APPROVED if why == "conflict" else State.ABSORBED
        moved.append(Decided(id=id_, state=state, told=why))
    return moved


def _undo(connection: Connection, campaign: str, chosen: Sequence[Correction]) -> list[Decided]:
    """The last of each cell may be undone, and those before it together with it."""
    wanted = {one.id for one in chosen}
    ids = sorted({one.submission for one in chosen})
    moved = []
    for group in _by_cell(find(connection, campaign, submissions=ids, states=[State.APPLIED])).values():
        last_first = sorted(group, key=lambda one: (one.applied_at or 0, one.turn or 0), reverse=True)
        free = True
        for one in last_first:
            free = free and one.id in wanted
            if one.id in wanted:
                state = State.UNDONE if free else State.APPLIED
                moved.append(Decided(id=one.id, state=state, told=None if free else "later_stands_on_it"))
    return moved


def _simply(action: Action) -> _Mover:
    """A decision that changes no answer."""

    def mover(_: Connection, __: str, chosen: Sequence[Correction]) -> list[Decided]:
        return [Decided(id=one.id, state=MOVES[action][1]) for one in chosen]

    return mover


_MOVERS: Mapping[Action, _Mover] = {"apply": _apply, "undo": _undo}


def _place(
    connection: Connection,
    campaign: str,
    action: Action,
    actor: str,
    at: datetime,
    chosen: Sequence[Correction],
    moved: Mapping[int, Decided],
) -> int | None:
    """A place in the order of uploads for what this decision changes; None where it changes no answer."""
    effective = [
        one
        for one in chosen
        if moved[one.id].state in (State.APPLIED, State.UNDONE) and not moved[one.id].told
    ]
    if not effective:
        return None
    held = tables.submission
    query = (
        select(held.c.site, held.c.wave)
        .where(held.c.campaign == campaign, current(None), is_among(connection, held.c.submission))
        .distinct()
    )
    rows = connection.execute(query, among(connection, sorted({one.submission for one in effective})))
    touched = [(site, wave) for site, wave in rows]
    subject = str([one.id for one in effective])
    return take_place(connection, campaign, action, subject, actor=actor, at=at, touched=touched)


def _write(
    connection: Connection,
    before: Correction,
    decided: Decided,
    actor: str,
    why: str,
    at: datetime,
    place: int | None,
    turn: int = 0,
) -> None:
    table = tables.correction
    changed: dict[str, Any] = {"state": decided.state.value, "told": decided.told}
    if decided.state is State.APPLIED and before.state is not State.APPLIED:
        changed |= {"applied_at": place, "turn": turn}
    elif before.state is State.APPLIED and decided.state is not State.APPLIED:
        changed["ended_at"] = place
    connection.execute(update(table).where(table.c.id == before.id).values(**changed))
    _step(connection, before.id, decided, actor, why, at, place)


def _step(
    connection: Connection, id_: int, decided: Decided, actor: str, why: str, at: datetime, place: int | None
) -> None:
    table = tables.correction_step
    number = select(func.coalesce(func.max(table.c.number), 0) + 1).where(table.c.correction == id_)
    connection.execute(
        insert(table),
        {
            "correction": id_, "number": connection.scalar(number), "state": decided.state.value, "at": at,
            "actor": actor, "why": why, "told": decided.told, "place": place,
        },
    )  # fmt: skip


def _insert(
    connection: Connection, campaign: str, proposal: Proposal, author: str, at: datetime, log: int | None
) -> int:
    table = tables.correction
    same = (
        "submission",
        "site",
        "wave",
        "kind",
        "question",
        "type",
        "part",
        "part_value",
        "reason",
        "sheet",
        "row",
    )
    values = {name: getattr(proposal, name) for name in same} | {
        "campaign": campaign, "author": author, "proposed_at": at, "log": log, "state": State.PROPOSED.value,
        "old_value": proposal.old.value, "old_missing": proposal.old.missing,
        "new_value": proposal.new.value, "new_missing": proposal.new.missing,
    }  # fmt: skip
    id_ = int(connection.execute(insert(table).values(**values).returning(table.c.id)).scalar_one())
    _step(connection, id_, Decided(id=id_, state=State.PROPOSED), author, proposal.reason, at, None)
    return id_


def _by_cell(corrections: Iterable[Correction]) -> dict[tuple[str, str], list[Correction]]:
    cells: dict[tuple[str, str], list[Correction]] = defaultdict(list)
    for one in sorted(corrections, key=lambda one: (one.applied_at or 0, one.turn or 0, one.id)):
        cells[one.submission, one.question].append(one)
    return cells


def _same(one: Correction, proposal: Proposal) -> bool:
    if (one.kind, one.question) != (proposal.kind, proposal.question):
        return False
    return one.kind == WITHDRAW or (
        one.old.says(proposal.old, one.type)
        and one.new.says(proposal.new, one.type)
        and one.new.missing == proposal.new.missing
    )


def _correction(row: Row[Any]) -> Correction:
    said = dict(row._mapping)
    old = Cell(value=said.pop("old_value"), missing=said.pop("old_missing"))
    new = Cell(value=said.pop("new_value"), missing=said.pop("new_missing"))
    return Correction(**{**said, "state": State(said["state"])}, old=old, new=new)
