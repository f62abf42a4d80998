"""One upload becomes part of the record: what is decided about its interviews, and the rows that say so.

Everything here happens inside one transaction, on a connection that ``Catalogue`` hands over.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa
from sqlalchemy import Connection, insert, select

from surveys.judging.consent import WithoutConsent
from surveys.judging.rosters import RosterReport
from surveys.judging.sorting import Aside
from surveys.keys import Encrypted
from surveys.problems import CannotProceed, Problem
from surveys.record import corrections, holding, questionnaires, rosters, sources, tables, writing
from surveys.record.arriving import Arriving, Declined
from surveys.record.audit import note
from surveys.record.lineage import identities_of, known_interviews, out_of_force
from surveys.record.places import PLACE
from surveys.record.revisions import (
    HELD,
    STORED,
    Decisions,
    Identity,
    Known,
    Stored,
    conflict,
    decide,
    precedes,
)
from surveys.record.revisions import uncertain as unsettled
from surveys.record.verification import noted_hashes
from surveys.record.withholding import withhold
from surveys.sources import SourceUse


if TYPE_CHECKING:
    from surveys.checking import Outcome


DUPLICATE = "duplicate_conflict"  # the problem of rows that the file itself holds twice


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
    questionnaire: bytes = b""  # the instrument itself, encoded; empty: not to be kept
    verdict: "Outcome"
    rows: int
    rejected: int
    held: int
    problems: Sequence[Problem]
    warnings: Sequence[Problem]
    accepted: pa.Table
    aside: Aside  # as de-identified as the accepted ones
    types: Mapping[str, str]  # question -> its type
    original: Callable[[], Encrypted]  # the file encrypted, its key already safely kept
    seal: Callable[[bytes], bytes]  # encrypts the codes of linking keys
    key_marks: Mapping[str, str]  # name of a respondents' key -> its fingerprint
    source: SourceUse | None = None  # None: nobody keeps what is decided about where it comes from
    without_consent: Sequence[WithoutConsent] = ()
    rosters: Sequence[RosterReport] = ()


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
    withdrawn: int  # interviews of the record whose respondent has said no since
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    held_rows: tuple[int, ...]  # held because of what the record holds
    settled_rows: tuple[int, ...]  # held by the check of the file, but decided before


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """Everything that is decided about a file, before anything is written."""

    decisions: Decisions
    known: Known
    withdrawn: Sequence[Stored]
    settled: Sequence[int]  # places among the rows that the file itself holds


def store(connection: Connection, arrival: Arrival, arriving: Arriving) -> Entry:
    """Store what is new of a file; the same file again changes nothing."""
    _check_keys(connection, arrival.key_marks)
    arriving = rosters.with_kept_rosters(connection, arrival.campaign, arriving)
    outcome = _decided(connection, arrival, arriving)
    entry = _with_source(connection, arrival, _entry(arrival, arriving, outcome))
    kept = outcome.decisions.rows(*STORED).tolist()
    displaced = [*outcome.decisions.displaced(), *outcome.withdrawn]
    to_hold = holding.new_ones(
        connection, arrival.campaign, _held(arriving, outcome), outcome.known.name_of,
        out_of_force(connection, arrival.campaign),
    )  # fmt: skip
    earlier = earlier_upload(connection, arrival.campaign, arrival.site, arrival.sha256)
    if earlier is not None and not (kept or displaced or to_hold.ids):
        subject = f"upload {earlier}"
        note(connection, arrival.uploader, "upload repeated", subject, _facts(arrival), arrival.at)
        _keep_source(connection, arrival, earlier)
        return replace(entry, upload=earlier, repeated=True)
    upload = writing.insert_upload(connection, arrival, entry)
    entry = replace(entry, upload=upload)
    _keep_source(connection, arrival, upload)
    questionnaires.keep(connection, arrival.instrument_sha256, arrival.questionnaire)
    if kept or displaced or entry.held:
        file = arrival.original()
        connection.execute(
            insert(tables.original), {"upload": upload, "bytes": file.stored, "key": file.key.name}
        )
        withhold(connection, upload, arriving.rows, kept, file.key)
    writing.insert_without_consent(connection, upload, arrival)
    rosters.insert_rosters(connection, upload, arrival, arriving.rows, kept)
    if kept:
        writing.insert_answers(
            connection, arrival, arriving, outcome.decisions, kept, upload, outcome.known.own_ids()
        )
    writing.supersede(connection, arrival.campaign, displaced, upload)
    writing.insert_touched(connection, arrival.campaign, arriving.incoming, kept, displaced, upload)
    if kept:
        entry = _with_corrections_replayed(connection, arrival, arriving, outcome.decisions, entry)
    holding.keep(connection, arrival, to_hold, upload)
    writing.note_ties(
        connection, arrival.campaign, arriving.incoming, outcome.decisions, outcome.known, upload
    )
    writing.insert_problems(connection, upload, entry)
    counts = {
        name: getattr(entry, name) for name in ("accepted", "replaced", "rejected", "held", "withdrawn")
    }
    facts = {**_facts(arrival), **counts, **noted_hashes(connection, upload)}
    note(connection, arrival.uploader, "upload stored", f"upload {upload}", facts, arrival.at)
    return entry


def _with_source(connection: Connection, arrival: Arrival, entry: Entry) -> Entry:
    """The entry with what a change of mind about the file's source means for what is stored."""
    if arrival.source is None:
        return entry
    otherwise = sources.read_otherwise(connection, arrival.source)
    return replace(entry, warnings=(*entry.warnings, *otherwise))


def _keep_source(connection: Connection, arrival: Arrival, upload: int) -> None:
    if arrival.source is not None:
        sources.keep(connection, arrival.source, upload=upload, by=arrival.uploader, at=arrival.at)


def store_refusal(connection: Connection, arrival: Arrival) -> Entry:
    """Note that a file was refused, and why. Neither its bytes nor any answer is kept."""
    entry = _nothing_stored(arrival)
    upload = writing.insert_upload(connection, arrival, entry)
    entry = replace(entry, upload=upload)
    writing.insert_problems(connection, upload, entry)
    note(connection, arrival.uploader, "upload refused", f"upload {upload}", _facts(arrival), arrival.at)
    return entry


def earlier_upload(connection: Connection, campaign: str, site: str | None, sha256: str) -> int | None:
    """The upload in which these very bytes were sent before for the same campaign and site."""
    table = tables.upload
    query = select(table.c.id).where(
        table.c.campaign == campaign,
        table.c.site.is_(None) if site is None else table.c.site == site,
        table.c.sha256 == sha256,
        table.c.verdict != "reject-file",
        table.c.format != PLACE,
    )
    found = list(connection.scalars(query.order_by(table.c.id)))
    void = out_of_force(connection, campaign) if found else frozenset()
    return next((upload for upload in found if upload not in void), None)


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


def _decided(connection: Connection, arrival: Arrival, arriving: Arriving) -> _Outcome:
    """What becomes of every interview. A file that came before says no refusal that was not heard then."""
    known = known_interviews(connection, arrival.campaign, arriving.sought)
    settled = holding.settled(arriving.held, known)
    asked = _consenting(arriving.declined, known)
    identity_of = identities_of(connection, [*unsettled(arriving.incoming, known), *asked.values()])
    heard_before = _came_before(connection, arrival)
    withdrawn = [] if heard_before else _withdrawn(arriving.declined, asked, known, identity_of)
    return _Outcome(
        decisions=decide(arriving.incoming, known, identity_of),
        known=known,
        withdrawn=withdrawn,
        settled=settled,
    )


def _came_before(connection: Connection, arrival: Arrival) -> bool:
    """Whether these very bytes were sent for the campaign before, whatever became of them."""
    table = tables.upload
    here = (table.c.campaign == arrival.campaign, table.c.sha256 == arrival.sha256)
    return connection.scalar(select(table.c.id).where(*here).limit(1)) is not None


def _consenting(declined: Declined, known: Known) -> dict[int, Stored]:
    """For each row whose respondent said no, the interview of the record that may be theirs."""
    asked = {}
    for place, id_ in enumerate(declined.ids):
        currents = known.candidates(id_)[0].currents()
        if len(currents) == 1 and currents[0].site == declined.sites[place]:
            asked[place] = currents[0]
    return asked


def _withdrawn(
    declined: Declined,
    asked: Mapping[int, Stored],
    known: Known,
    identity_of: Callable[[Stored], Identity],
) -> list[Stored]:
    """The interviews whose respondent has taken consent back: no longer current from here on."""
    gone: dict[str, Stored] = {}
    for place, stored in asked.items():
        now, before = declined.identities(place), identity_of(stored)
        same_wave = declined.waves[place] in ("", stored.wave)
        if same_wave and not conflict(now, before) and not precedes(now, before, known.previous):
            gone[stored.submission] = stored
    for stored in gone.values():
        interview = known.candidates(stored.submission)[0]
        interview.revisions = [replace(one, current=False) for one in interview.revisions]
    return list(gone.values())


def _held(arriving: Arriving, outcome: _Outcome) -> holding.Rows:
    """What waits for a person: what the file held, unless it was decided before, and what the record does."""
    here = outcome.decisions.rows(*HELD).tolist()
    settled = frozenset(outcome.settled)
    from_file = [place for place in range(len(arriving.held.ids)) if place not in settled]
    return arriving.held.take(from_file).joined(
        arriving.taken(here, [outcome.decisions.of[place].decision for place in here])
    )


def _entry(arrival: Arrival, arriving: Arriving, outcome: _Outcome) -> Entry:
    """What becomes of the arrival; which upload it is remains to be seen."""
    decisions = outcome.decisions
    held_here, counting = decisions.rows(*HELD).tolist(), decisions.counting()
    settled = {arriving.held.rows["@row"][place].as_py() for place in outcome.settled}
    problems = [
        problem
        for problem in arrival.problems
        if problem.row not in settled and not (settled and problem.code == "every_row_refused")
    ]
    rows = arriving.rows
    problems += [_held_problem(rows, decisions.of[place].decision, place) for place in held_here]
    entry = Entry(
        upload=0,
        repeated=False,
        at=arrival.at,
        verdict=arrival.verdict,
        accepted=len(counting),
        replaced=decisions.replacing(),
        unchanged=rows.num_rows - len(counting) - len(held_here) + len(settled),
        rejected=arrival.rejected,
        held=arrival.held - len(settled) + len(held_here),
        withdrawn=len(outcome.withdrawn),
        problems=tuple(problems),
        warnings=(*arrival.warnings, *_told(outcome)),
        held_rows=tuple(rows["@row"][place].as_py() for place in held_here),
        settled_rows=tuple(sorted(settled)),
    )
    return replace(entry, verdict=_verdict(arrival, entry, bool(held_here or settled)))


def _told(outcome: _Outcome) -> list[Problem]:
    """What a sender should know about interviews that were stored before."""
    decisions = outcome.decisions
    counts = {
        "interviews_replaced": decisions.replacing(),
        "older_versions": len(decisions.rows("older", "past")),
        "ids_adopted": len(decisions.rows("adopted")),
        "decided_before": len(decisions.rows("discarded_before")) + len(outcome.settled),
        "consent_withdrawn": len(outcome.withdrawn),
    }
    return [Problem(code=code, values={"count": count}) for code, count in counts.items() if count]


def _verdict(arrival: Arrival, entry: Entry, otherwise: bool) -> "Outcome":
    """The verdict on the file, where the record has something to say against that on its rows alone."""
    if not otherwise:
        return arrival.verdict
    if not entry.held and not entry.rejected:
        return "accept"
    return "accept-with-rejected-rows" if entry.accepted or entry.unchanged else arrival.verdict


def _held_problem(rows: pa.Table, decision: str, place: int) -> Problem:
    return Problem(
        code=decision,
        row=rows["@row"][place].as_py(),
        line=rows["@line"][place].as_py(),
        value=rows["@submission"][place].as_py(),
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
        withdrawn=0,
        problems=tuple(arrival.problems),
        warnings=tuple(arrival.warnings),
        held_rows=(),
        settled_rows=(),
    )


def _with_corrections_replayed(
    connection: Connection, arrival: Arrival, arriving: Arriving, decisions: Decisions, entry: Entry
) -> Entry:
    """The entry with what the newer versions of interviews mean for the corrections made of them."""
    revised = {
        one.interview.main: place
        for place, one in decisions.of.items()
        if one.decision == "revised" and not one.overtaken
    }
    counts = corrections.replay_on_revisions(
        connection, arrival.campaign, arriving.rows, revised, entry.upload, arrival.uploader, arrival.at
    )
    told = [
        Problem(code=f"corrections_{fate}", values={"count": count}) for fate, count in sorted(counts.items())
    ]
    return replace(entry, warnings=(*entry.warnings, *told))


def _facts(arrival: Arrival) -> dict[str, object]:
    return {
        "campaign": arrival.campaign,
        "site": arrival.site,
        "sha256": arrival.sha256,
        "rows": arrival.rows,
    }
