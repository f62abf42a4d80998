"""Pairs of interviews of two waves: proposed, decided by somebody, and the decisions taken back.

Everything here happens on a connection that ``Catalogue`` hands over. A decision is never changed; what a pair is
now is what the last decision about it says.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from surveys.problems import CannotProceed, Refused
from surveys.record import tables
from surveys.record.audit import note
from surveys.record.places import take_place


LinkState = Literal["proposed", "accepted", "rejected", "undecided"]
KEYS_OF_A_CERTAIN_PAIR = 3  # two often agree by chance: a name and a year in a large village


@dataclass(frozen=True, slots=True, kw_only=True)
class WavePair:
    """Two waves of one site, the earlier first."""

    campaign: str
    site: str
    earlier: str
    later: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A pair of interviews for somebody to look at."""

    earlier: str  # id of the interview
    later: str
    agreement: Mapping[str, str]  # linking key -> same, similar, differs, missing
    strength: float  # probability that the two are one person
    rivals: int
    same_id: bool = False  # linked by the respondent's id already, though the keys speak against it

    @property
    def certain(self) -> bool:
        """Whether everything that both interviews say about who it is is the same, and nobody else fits."""
        told = [said for said in self.agreement.values() if said != "missing"]
        return len(told) >= KEYS_OF_A_CERTAIN_PAIR and set(told) == {"same"} and not self.rivals


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A pair in the record and what is decided about it."""

    id: int
    waves: WavePair
    proposal: Proposal
    state: LinkState
    decided_by: str | None = None  # whoever decided last
    decided_at: datetime | None = None


def read_links(connection: Connection, campaign: str, site: str | None = None) -> list[Link]:
    """The pairs of a campaign or a site: those of one id that may be two people, then the strongest first."""
    link, decision = tables.link, tables.link_decision
    last = (
        select(decision.c.link, func.max(decision.c.number).label("number"))
        .group_by(decision.c.link)
        .subquery()
    )
    query = (
        select(link, decision.c.actor, decision.c.at)
        .outerjoin(last, last.c.link == link.c.id)
        .outerjoin(decision, (decision.c.link == last.c.link) & (decision.c.number == last.c.number))
        .where(link.c.campaign == campaign)
        .order_by(link.c.same_id.desc(), link.c.strength.desc(), link.c.id)
    )
    if site is not None:
        query = query.where(link.c.site == site)
    return [_link(row) for row in connection.execute(query)]


def propose(connection: Connection, waves: WavePair, proposals: Sequence[Proposal], at: datetime) -> None:
    """Put new pairs before the reviewers; what somebody decided stays, what nobody saw and no longer fits goes."""
    link, decision = tables.link, tables.link_decision
    here = (
        (link.c.campaign == waves.campaign)
        & (link.c.site == waves.site)
        & (link.c.wave_from == waves.earlier)
        & (link.c.wave_to == waves.later)
    )
    unseen = link.c.id.not_in(select(decision.c.link))
    connection.execute(delete(link).where(here, unseen))
    kept = {(row.submission_from, row.submission_to) for row in connection.execute(select(link).where(here))}
    rows = [
        {
            "campaign": waves.campaign, "site": waves.site,
            "wave_from": waves.earlier, "wave_to": waves.later,
            "submission_from": one.earlier, "submission_to": one.later,
            "agreement": json.dumps(dict(one.agreement), ensure_ascii=False),
            "strength": one.strength, "rivals": one.rivals, "same_id": one.same_id,
            "state": "proposed", "proposed_at": at,
        }
        for one in proposals
        if (one.earlier, one.later) not in kept
    ]  # fmt: skip
    if rows:
        connection.execute(insert(link), rows)


def decide(
    connection: Connection, ids: Sequence[int], state: LinkState, actor: str, at: datetime
) -> list[Link]:
    """Note what somebody decided about some pairs, all of them or none."""
    found = [_one(connection, link_id) for link_id in dict.fromkeys(ids)]
    place = _place(connection, found, state, actor, at)
    for link in found:
        if state == "accepted" and not link.proposal.same_id:
            _must_be_free(connection, link)
        _add_decision(connection, link, state, actor, at, place=place, undoes=False)
    return [_one(connection, link.id) for link in found]


def undo(connection: Connection, link_id: int, actor: str, at: datetime) -> Link:
    """Make a pair what it was before the last decision that still stands."""
    found = _one(connection, link_id)
    standing = _standing(connection, link_id)
    if not standing:
        raise CannotProceed(
            f"link {link_id}", "nothing is decided about this pair.", "There is nothing to take back."
        )
    before: LinkState = standing[-2] if len(standing) > 1 else "proposed"
    if before == "accepted":
        _must_be_free(connection, found)
    place = _place(connection, [found], before, actor, at)
    _add_decision(connection, found, before, actor, at, place=place, undoes=True)
    return _one(connection, link_id)


def in_force(connection: Connection, campaign: str, as_of: int | None = None) -> list[Link]:
    """The pairs that change who a respondent is: accepted ones, and rejected ones of the same id.

    Parameters
    ----------
    as_of
        As they stood at that place in the order of uploads; None: as they stand.
    """
    link, decision = tables.link, tables.link_decision
    query = (
        select(link, decision.c.state.label("then"))
        .join(decision, decision.c.link == link.c.id)
        .where(link.c.campaign == campaign, decision.c.place.is_not(None))
        .order_by(link.c.id, decision.c.number)
    )
    if as_of is not None:
        query = query.where(decision.c.place <= as_of)
    last = {row.id: row for row in connection.execute(query)}
    found = [_link(row, row.then) for row in last.values()]
    return [link for link in found if _counts(link.state, link)]


def _standing(connection: Connection, link_id: int) -> list[LinkState]:
    """The decisions that were not taken back, oldest first."""
    table = tables.link_decision
    query = select(table.c.state, table.c.undoes).where(table.c.link == link_id).order_by(table.c.number)
    standing: list[LinkState] = []
    for state, undoes in connection.execute(query):
        if undoes:
            standing.pop()
        else:
            standing.append(state)
    return standing


def _place(
    connection: Connection, links: Sequence[Link], state: LinkState, actor: str, at: datetime
) -> int | None:
    """A place in the order of uploads, where the decision changes who a respondent is."""
    changed = [link for link in links if _counts(state, link) != _counts(link.state, link)]
    if not changed:
        return None
    campaign, sites = changed[0].waves.campaign, sorted({link.waves.site for link in changed})
    table = tables.touched
    query = select(table.c.site, table.c.wave).where(table.c.campaign == campaign, table.c.site.in_(sites))
    touched = {(site, wave) for site, wave in connection.execute(query)}  # links go on from wave to wave
    subject = f"links {[link.id for link in changed]}"
    return take_place(connection, campaign, f"link {state}", subject, actor=actor, at=at, touched=touched)


def _add_decision(
    connection: Connection,
    link: Link,
    state: LinkState,
    actor: str,
    at: datetime,
    *,
    place: int | None,
    undoes: bool,
) -> None:
    table, waves = tables.link_decision, link.waves
    number = connection.scalar(select(func.count()).select_from(table).where(table.c.link == link.id)) or 0
    here = place if _counts(state, link) != _counts(link.state, link) else None
    connection.execute(
        insert(table),
        {
            "link": link.id, "number": number + 1, "state": state, "undoes": undoes,
            "actor": actor, "at": at, "place": here,
        },
    )  # fmt: skip
    connection.execute(update(tables.link).where(tables.link.c.id == link.id).values(state=state))
    facts = {"campaign": waves.campaign, "site": waves.site, "state": state, "before": link.state}
    note(connection, actor, "link undone" if undoes else "link decided", f"link {link.id}", facts, at)


def _counts(state: str, link: Link) -> bool:
    """Whether a pair in that state changes who a respondent is."""
    return state == ("rejected" if link.proposal.same_id else "accepted")


def _must_be_free(connection: Connection, link: Link) -> None:
    """An interview is of one person: it is linked to one interview of another wave at most."""
    table, waves = tables.link, link.waves
    query = select(table.c.id).where(
        table.c.campaign == waves.campaign,
        table.c.wave_from == waves.earlier,
        table.c.wave_to == waves.later,
        table.c.state == "accepted",
        table.c.id != link.id,
        (table.c.submission_from == link.proposal.earlier) | (table.c.submission_to == link.proposal.later),
    )
    other = connection.scalar(query)
    if other is not None:
        raise Refused("already_linked", f"link {link.id}", other=other)


def _one(connection: Connection, link_id: int) -> Link:
    link, decision = tables.link, tables.link_decision
    query = (
        select(link, decision.c.actor, decision.c.at)
        .outerjoin(decision, decision.c.link == link.c.id)
        .where(link.c.id == link_id)
        .order_by(decision.c.number.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise CannotProceed(
            f"link {link_id}", "there is no such pair.", "See the pairs there are: awareness link."
        )
    return _link(row)


def _link(row: Row[*tuple[Any, ...]], state: LinkState | None = None) -> Link:
    return Link(
        id=row.id,
        waves=WavePair(campaign=row.campaign, site=row.site, earlier=row.wave_from, later=row.wave_to),
        proposal=Proposal(
            earlier=row.submission_from,
            later=row.submission_to,
            agreement=json.loads(row.agreement),
            strength=row.strength,
            rivals=row.rivals,
            same_id=row.same_id,
        ),
        state=state or row.state,
        decided_by=getattr(row, "actor", None),
        decided_at=getattr(row, "at", None),
    )
