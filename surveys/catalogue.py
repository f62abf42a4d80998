"""The record: what was uploaded, what of it was accepted, and who did what. Its SQL stands in ``surveys.record``.

An upload commits as one transaction or not at all. Uploads are stored one after the other
(``BEGIN IMMEDIATE`` on SQLite, an advisory lock on PostgreSQL), so that what is decided about an interview
is decided against everything stored before it.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial

import pyarrow as pa

from surveys.corrections.ledger import Action, Correction, Decided, Proposal, State, Step
from surveys.keys import KeyRing
from surveys.personal_data import Kind
from surveys.problems import Problem
from surveys.record import (
    arrivals,
    audit,
    corrections,
    erasing,
    history,
    linking_seals,
    links,
    logs,
    overlay,
    people,
    questionnaires,
    retention,
    reviewing,
    snapshot,
    sources,
    standing,
    undoing,
    uploads,
    verification,
    withholding,
)
from surveys.record.arrivals import Arrival, Entry
from surveys.record.arriving import arriving_interviews
from surveys.record.database import Database
from surveys.record.erasing import Erasure, Whom
from surveys.record.history import Revision
from surveys.record.interviews import current_rows
from surveys.record.lineage import every_name
from surveys.record.links import Link, LinkState, WavePair
from surveys.record.links import Proposal as LinkProposal
from surveys.record.logs import ImportedLog, LogRowEntry
from surveys.record.questionnaires import QuestionnaireUse
from surveys.record.retention import Certificate, KeptOriginal
from surveys.record.reviewing import Action as HeldAction
from surveys.record.reviewing import Comparison, HeldInterview
from surveys.record.snapshot import Snapshot
from surveys.record.standing import SitePart
from surveys.record.uploads import ConsentCount, Upload
from surveys.record.verification import Finding
from surveys.record.withholding import Withheld
from surveys.sources import Remembered, SourceKey


class Catalogue:
    """The record at one database address. Opening it brings its tables up to date."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    def __enter__(self) -> "Catalogue":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- storing -------------------------------------------------------------------------------------

    def store(self, arrival: Arrival) -> Entry:
        """Store what is new of a file, in one transaction; the same file again changes nothing."""
        arriving = arriving_interviews(arrival, arrivals.DUPLICATE)
        return self.database.write(lambda connection: arrivals.store(connection, arrival, arriving))

    def store_refusal(self, arrival: Arrival) -> Entry:
        """Note that a file was refused, and why. Neither its bytes nor any answer is kept."""
        return self.database.write(lambda connection: arrivals.store_refusal(connection, arrival))

    def note(self, actor: str, action: str, subject: str, details: Mapping[str, object]) -> None:
        """Add one entry to the audit. ``details`` never holds an answer."""
        now = datetime.now(UTC)
        self.database.write(lambda connection: audit.note(connection, actor, action, subject, details, now))

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The whole record as it is at one moment, whatever is stored meanwhile."""
        with self.database.reading() as connection:
            yield snapshot.taken(connection)

    # ---- the ledger of corrections -------------------------------------------------------------------

    def propose(self, campaign: str, proposals: Sequence[Proposal], *, author: str) -> list[tuple[int, bool]]:
        """Enter proposals into the ledger: for each its id, and whether it was there already."""
        now = datetime.now(UTC)
        return self.database.write(
            lambda connection: corrections.propose(connection, campaign, proposals, author=author, at=now)
        )

    def import_log(self, log: ImportedLog, *, by: str) -> int:
        """Enter a log of corrections into the ledger with what became of each of its rows; the number it has."""
        now = datetime.now(UTC)
        return self.database.write(lambda connection: logs.import_log(connection, log, by=by, at=now))

    def decide(
        self, campaign: str, ids: Sequence[int], action: Action, *, by: str, why: str = ""
    ) -> list[Decided]:
        """Approve, reject, apply or undo corrections, in one transaction: what became of each."""
        now = datetime.now(UTC)
        return self.database.write(
            lambda connection: corrections.decide(
                connection, campaign, ids, action, actor=by, why=why, at=now
            )
        )

    def corrections(
        self,
        campaign: str,
        *,
        ids: Sequence[int] | None = None,
        states: Sequence[State] | None = None,
        site: str | None = None,
        question: str | None = None,
        submissions: Sequence[str] | None = None,
        log: int | None = None,
    ) -> list[Correction]:
        """The ledger of a campaign, oldest first, narrowed by whatever is named."""
        with self.database.reading() as connection:
            return corrections.find(
                connection, campaign, ids=ids, states=states, site=site, question=question,
                submissions=submissions, log=log,
            )  # fmt: skip

    def correction_steps(self, ids: Sequence[int]) -> dict[int, list[Step]]:
        """Who did what to each correction, when and why."""
        with self.database.reading() as connection:
            return corrections.steps(connection, ids)

    def applicable(
        self, campaign: str, chosen: Sequence[Correction]
    ) -> tuple[list[Correction], dict[int, str]]:
        """Those that could be applied now, in the order in which they follow each other; why the others not."""
        with self.database.reading() as connection:
            return corrections.settled(connection, campaign, chosen)

    def log_rows(self, log: int) -> list[LogRowEntry]:
        """What became of each row of an imported log."""
        with self.database.reading() as connection:
            return logs.rows_of(connection, log)

    def every_name(self, campaign: str, ids: Sequence[str]) -> dict[str, list[str]]:
        """For each id every id that the same interview goes by."""
        with self.database.reading() as connection:
            return every_name(connection, campaign, ids)

    def interviews(self, campaign: str, submissions: Sequence[str]) -> pa.Table:
        """Some interviews as they stand, with ``@key``, their id in the record, and ``@withdrawn``."""
        with self.database.reading() as connection:
            return current_rows(connection, campaign, submissions)

    # ---- interviews held for a person, and steps taken back --------------------------------------------

    def held(
        self, campaign: str, *, site: str | None = None, waiting: bool | None = True
    ) -> list[HeldInterview]:
        """The held interviews, oldest first: those that wait, those decided about, or (None) all."""
        with self.database.reading() as connection:
            return reviewing.find_held(connection, campaign, site=site, waiting=waiting)

    def compare_held(self, campaign: str, held: Sequence[int]) -> list[Comparison]:
        """Held interviews, each beside those it competes with, in the columns in which they differ."""
        with self.database.reading() as connection:
            return reviewing.compare(connection, campaign, held)

    def decide_held(self, campaign: str, held: int, action: HeldAction, *, by: str, why: str = "") -> int:
        """Decide about a held interview, in one transaction; the step that did."""
        now = datetime.now(UTC)
        return self.database.write(
            lambda connection: reviewing.decide(connection, campaign, held, action, by=by, why=why, at=now)
        )

    def undo(self, campaign: str, step: int, *, by: str, why: str = "") -> int:
        """Take a file or a decision back; the step that does so."""
        now = datetime.now(UTC)
        return self.database.write(
            lambda connection: undoing.undo(connection, campaign, step, by=by, why=why, at=now)
        )

    def redo(self, campaign: str, step: int, *, by: str, why: str = "") -> int:
        """Bring back what was taken back; the step that does so."""
        now = datetime.now(UTC)
        return self.database.write(
            lambda connection: undoing.redo(connection, campaign, step, by=by, why=why, at=now)
        )

    def revisions(self, campaign: str, submission: str) -> list[Revision]:
        """Every version of an interview, in the order in which they came, without its answers."""
        with self.database.reading() as connection:
            return history.revisions_of(connection, campaign, submission)

    # ---- the same respondent in several waves ---------------------------------------------------------

    def people(
        self, campaign: str, site: str, keys: KeyRing | None = None, also: Sequence[str] = ()
    ) -> pa.Table:
        """The current interviews of a site: ``interview`` (the id in the record), parts, codes of linking keys.

        Parameters
        ----------
        keys
            Open the codes; without them there are none.
        also
            Questions whose answers are wanted beside.
        """
        parts = [part for part in self.parts(campaign, site) if part.interviews]
        uploads = sorted({upload for part in parts for upload in part.uploads})
        with self.database.reading() as connection:
            opened = None if keys is None else keys.decrypt
            return people.people_of(connection, campaign, site, uploads, opened, also)

    def links(self, campaign: str, site: str | None = None) -> list[Link]:
        """Pairs of interviews and what is decided about them, the strongest first."""
        with self.database.reading() as connection:
            return links.read_links(connection, campaign, site)

    def propose_links(self, waves: WavePair, proposals: Sequence[LinkProposal]) -> None:
        """Put pairs before the reviewers, in place of those that nobody has looked at."""
        now = datetime.now(UTC)
        self.database.write(lambda connection: links.propose(connection, waves, proposals, now))

    def decide_links(self, ids: Sequence[int], state: LinkState, *, by: str) -> list[Link]:
        """Accept or reject pairs, or leave them undecided, in one transaction."""
        now = datetime.now(UTC)
        return self.database.write(lambda connection: links.decide(connection, ids, state, by, now))

    def undo_link(self, link: int, *, by: str) -> Link:
        """Take back the last decision about a pair."""
        now = datetime.now(UTC)
        return self.database.write(lambda connection: links.undo(connection, link, by, now))

    def links_in_force(self, campaign: str, as_of: int | None = None) -> list[Link]:
        """The decided pairs that change who a respondent is, now or at that place in the order of uploads."""
        with self.database.reading() as connection:
            return links.in_force(connection, campaign, as_of)

    # ---- texts kept back, and the end of originals ---------------------------------------------------

    def withheld(
        self, campaign: str, site: str | None = None, state: withholding.State | None = "waiting"
    ) -> list[Withheld]:
        """The texts that were kept back because they seem to point to a person, without the texts."""
        with self.database.reading() as connection:
            return withholding.find(connection, campaign, site, state)

    def withheld_texts(self, ids: Sequence[int], keys: KeyRing, *, by: str) -> dict[int, str]:
        """The waiting texts in the clear, for the person who decides; that they were looked at is noted."""
        with self.database.reading() as connection:
            texts = withholding.opened(connection, ids, keys)
        if texts:
            self.note(by, "withheld texts shown", f"{len(texts)} texts", {"texts": sorted(texts)})
        return texts

    def withheld_kinds(
        self, ids: Sequence[int], keys: KeyRing, regions: Sequence[str]
    ) -> dict[int, tuple[Kind, ...]]:
        """What each waiting text was kept back for, without the text."""
        with self.database.reading() as connection:
            return withholding.kinds(connection, ids, keys, regions)

    def decide_withheld(
        self, campaign: str, ids: Sequence[int], ruling: withholding.Ruling, keys: KeyRing, *, by: str
    ) -> int:
        """Release texts into the answers, or leave them out; how many."""
        now = datetime.now(UTC)
        return self.database.write(
            lambda connection: withholding.decide(connection, campaign, ids, ruling, keys, actor=by, at=now)
        )

    def undo_withheld(self, campaign: str, ids: Sequence[int], *, by: str) -> int:
        """Let texts wait again that were decided about; how many."""
        now = datetime.now(UTC)
        return self.database.write(
            lambda connection: withholding.undo(connection, campaign, ids, actor=by, at=now)
        )

    def without_consent(self, campaign: str) -> list[ConsentCount]:
        """How many interviews each upload brought without consent, by site and wave; newest upload first."""
        with self.database.reading() as connection:
            return uploads.without_consent(connection, campaign)

    def originals(self, campaign: str | None = None) -> list[KeptOriginal]:
        """The encrypted originals that are still held, oldest first."""
        with self.database.reading() as connection:
            return retention.originals(connection, campaign)

    def give_originals_own_keys(self, keys: KeyRing) -> int:
        """Re-encrypt what earlier versions closed with the workspace's key; how many originals."""
        old = [one.upload for one in self.originals() if one.key is None]
        for upload in old:
            self.database.write(partial(retention.give_own_key, upload=upload, keys=keys))
        return len(old)

    def close_codes_anew(self, keys: KeyRing) -> int:
        """Close the codes of linking keys under the workspace's newest key; how many uploads had some to be closed."""
        with self.database.reading() as connection:
            wanted = linking_seals.places(connection)
        return sum(
            self.database.write(partial(linking_seals.close_anew, place=place, keys=keys)) for place in wanted
        )

    def destroy_originals(
        self,
        campaign: str,
        uploads: Sequence[int],
        reason: Mapping[str, object],
        keys: KeyRing,
        *,
        by: str,
        at: datetime | None = None,
    ) -> Certificate:
        """Destroy originals for ever: out of the record, their keys too, and the files of the database written anew."""
        now = at or datetime.now(UTC)
        certificate = self.database.write(
            lambda connection: retention.destroy(connection, campaign, uploads, reason, actor=by, at=now)
        )
        self.finish_destruction(keys)
        return certificate

    def finish_destruction(self, keys: KeyRing) -> int:
        """Destroy the keys of originals that are certified as destroyed, and every trace in the database's files."""
        named = {
            str(original["key"])
            for one in self.certificates()
            for original in one.originals
            if original["key"]
        }
        gone = keys.forget(sorted(named & set(keys.original_keys())))
        self.database.purge()
        return gone

    def erasure(self, campaign: str, whom: Whom) -> Erasure:
        """What would go if these interviews were erased; nothing is changed."""
        with self.database.reading() as connection:
            return erasing.find(connection, campaign, whom)

    def erase(
        self, campaign: str, whom: Whom, reason: Mapping[str, object], keys: KeyRing, *, by: str
    ) -> Certificate:
        """Erase interviews for ever: out of the record, the keys of their originals too, and the database's files written anew."""
        now = datetime.now(UTC)
        certificate = self.database.write(
            lambda connection: erasing.erase(connection, campaign, whom, reason, keys, actor=by, at=now)
        )
        self.finish_destruction(keys)
        return certificate

    def erased_marks(self, campaign: str) -> frozenset[str]:
        """What tells the erased interviews of a campaign when they come again."""
        with self.database.reading() as connection:
            return erasing.marks(connection, campaign)

    def certificates(self) -> list[Certificate]:
        """The certificates of destruction, the first one first."""
        with self.database.reading() as connection:
            return retention.certificates(connection)

    # ---- looking things up ---------------------------------------------------------------------------

    def earlier_upload(self, campaign: str, site: str | None, sha256: str) -> int | None:
        """The upload in which these very bytes were sent before for the same campaign and site."""
        with self.database.reading() as connection:
            return arrivals.earlier_upload(connection, campaign, site, sha256)

    def uploads(self, campaign: str, site: str | None = None) -> list[Upload]:
        """The files of a campaign, or those that were uploaded for or changed one of its sites, newest first."""
        return [step for step in self.steps(campaign, site) if step.kind == "file"]

    def steps(self, campaign: str, site: str | None = None) -> list[Upload]:
        """The whole history of a campaign's answers: files, decisions, corrections and what was taken back."""
        with self.database.reading() as connection:
            return uploads.steps(connection, campaign, site)

    def campaigns(self) -> list[str]:
        """The campaigns of which the record holds anything."""
        with self.database.reading() as connection:
            return uploads.campaigns(connection)

    def newest_upload(self, campaign: str) -> int | None:
        """The last upload that changed the campaign's answers; None where there is none."""
        with self.database.reading() as connection:
            return uploads.newest(connection, campaign)

    def questionnaires(self, campaign: str) -> list[QuestionnaireUse]:
        """Which versions of which questionnaire the answers of each site and wave came under."""
        with self.database.reading() as connection:
            return questionnaires.uses(connection, campaign)

    def problems(self, upload: int) -> list[Problem]:
        """What was wrong with an upload, in the order it was reported."""
        with self.database.reading() as connection:
            return uploads.problems(connection, upload, warnings=False)

    def warnings(self, upload: int) -> list[Problem]:
        """What was odd about an upload though it was accepted."""
        with self.database.reading() as connection:
            return uploads.problems(connection, upload, warnings=True)

    def original(self, upload: int, keys: KeyRing) -> bytes | None:
        """The file as it was sent; None where it was refused or its retention ended."""
        with self.database.reading() as connection:
            found = uploads.original(connection, upload)
        return None if found is None else keys.decrypt(*found)

    def parts(self, campaign: str, site: str | None = None, as_of: int | None = None) -> list[SitePart]:
        """The sites and waves that hold interviews, as they stand or stood after upload ``as_of``."""
        with self.database.reading() as connection:
            return standing.parts(connection, campaign, site, as_of)

    def answers(
        self,
        campaign: str,
        wanted: Sequence[SitePart],
        as_of: int | None = None,
        assumed: Sequence[Correction] = (),
        *,
        every_id: bool = False,
        withheld_with: KeyRing | None = None,
        rosters: bool = False,
    ) -> Iterator[tuple[int, pa.Table]]:
        """The current rows of each upload that holds any of the wanted sites and waves, oldest upload first.

        Corrections are counted in, and those ``assumed`` as if they had been applied. A table may hold rows of
        other sites and waves too. Texts that wait for a person are left out unless ``withheld_with`` opens them.

        Parameters
        ----------
        every_id
            Give interviews the ids by which the record knows them, also where they came without one.
        rosters
            Whether the cells that hold the rows of rosters are among the columns.
        """
        with self.database.reading() as connection:
            changed = overlay.changes(connection, campaign, as_of, assumed)
        for upload in sorted({upload for part in wanted for upload in part.uploads}):
            with self.database.reading() as connection:
                table = standing.answers(
                    connection, upload, changed.get(upload, ()), as_of,
                    every_id=every_id, withheld_with=withheld_with, rosters=rosters,
                )  # fmt: skip
            if table is not None:
                yield upload, table

    # ---- what was decided about sources ----------------------------------------------------------------

    def remembered(self, source: SourceKey) -> Remembered | None:
        """What is decided about how files of a source are read; None where nobody had to decide anything."""
        with self.database.reading() as connection:
            return sources.latest(connection, source)

    def decisions_on(self, source: SourceKey) -> list[Remembered]:
        """Every version of what was decided about a source, oldest first."""
        with self.database.reading() as connection:
            return sources.versions(connection, source)

    def read_by(self, upload: int) -> Remembered | None:
        """The version of decisions an upload was read by; None where none mattered."""
        with self.database.reading() as connection:
            return sources.read_by(connection, upload)

    def column_maps(self, campaign: str) -> list[dict[str, str]]:
        """The column maps that people confirmed in a campaign, the latest first."""
        with self.database.reading() as connection:
            return sources.column_maps(connection, campaign)

    def audit_entries(self, after: int = 0) -> list[audit.AuditEntry]:
        """The audit after a sequence number, oldest first."""
        with self.database.reading() as connection:
            return audit.read_entries(connection, after)

    def first_broken_audit_entry(self) -> int | None:
        """Sequence number of the first entry that was changed or taken out; None where the audit is whole."""
        return audit.first_broken(self.audit_entries())

    def findings(self, keys: KeyRing) -> Iterator[Finding]:
        """Everything in the record that is not as it was stored, one upload after the other; nothing is changed."""
        with self.database.reading() as connection:
            entries = audit.read_entries(connection)
            yield from verification.database_findings(connection)
            yield from verification.audit_findings(connection, entries)
            yield from verification.revision_findings(connection)
            for upload in verification.uploads(connection):
                yield from verification.answers_findings(connection, upload, entries, keys)
                yield from verification.original_findings(connection, upload, keys)
