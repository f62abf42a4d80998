"""The versions of one interview: when each came and went, in which upload, and in which columns it changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from surveys.corrections.ledger import Cell
from surveys.judging.versions import canonical_id
from surveys.record import payloads, tables
from surveys.record.interviews import cell_at
from surveys.record.lineage import Sought, known_interviews
from surveys.record.reviewing import HIDDEN, RESPONDENT, letters, readable


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a version says otherwise than the one before, as it was received; a respondent is a letter."""

    column: str
    before: Cell
    after: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One version of an interview."""

    submission: str  # the id the record keeps it under
    revision: int
    upload: int  # in which its answers came
    file: str
    sent_by: str
    sent_at: datetime
    site: str
    wave: str
    came: int  # the step from which it held
    went: int | None  # the step from which it no longer held
    differences: tuple[Difference, ...]  # from the version before

    @property
    def changed(self) -> tuple[str, ...]:
        """The columns in which it differs from the version before."""
        return tuple(one.column.removeprefix("@") for one in self.differences)

    def as_dict(self) -> dict[str, object]:
        """The revision as JSON holds it, without an answer."""
        told = {name: getattr(self, name) for name in self.__slots__ if name != "differences"}
        return {**told, "sent_at": self.sent_at.isoformat(), "changed": list(self.changed)}


def revisions_of(connection: Connection, campaign: str, submission: str) -> list[Revision]:
    """Every version of an interview that the record ever held, in the order in which they came."""
    sought = Sought(ids=frozenset({canonical_id(submission)}), contents=frozenset(), nameless=False, same=())
    known = known_interviews(connection, campaign, sought)
    ids = {canonical_id(submission)} | {
        stored.submission for one in known.interviews.values() for stored in one.revisions
    }
    table, upload = tables.submission, tables.upload
    query = (
        select(table, upload.c.name, upload.c.uploader, upload.c.uploaded_at)
        .join_from(table, upload, table.c.upload == upload.c.id)
        .where(table.c.campaign == campaign, table.c.submission.in_(sorted(ids)))
    )
    rows = sorted(connection.execute(query), key=lambda row: (row.restored_by or row.upload, row.revision))
    before: dict[str, Mapping[str, Cell]] = {}
    found = []
    for row in rows:
        answers = _answers(connection, row.upload, row.position)
        earlier = before.get(row.submission) or next(reversed(before.values()), None)
        found.append(
            Revision(
                submission=row.submission, revision=row.revision, upload=row.upload, file=row.name,
                sent_by=row.uploader, sent_at=row.uploaded_at, site=row.site, wave=row.wave,
                came=row.restored_by or row.upload, went=row.superseded_by,
                differences=() if earlier is None else _differences(earlier, answers),
            )
        )  # fmt: skip
        before[row.submission] = answers
    return found


def _answers(connection: Connection, upload: int, position: int) -> Mapping[str, Cell]:
    encoded = connection.execute(
        select(tables.payload.c.answers).where(tables.payload.c.upload == upload)
    ).scalar_one()
    row = payloads.decode_payload(encoded).slice(position, 1)
    names = [name for name in row.column_names if name not in HIDDEN and not name.endswith(payloads.MISSING)]
    return {name: cell_at(row, name, 0) for name in names}


def _differences(before: Mapping[str, Cell], now: Mapping[str, Cell]) -> tuple[Difference, ...]:
    nothing = Cell(value=None, missing=None)
    found = []
    for name in dict.fromkeys((*now, *before)):
        was, is_ = before.get(name, nothing), now.get(name, nothing)
        if was != is_:
            pair = [readable(was, name), readable(is_, name)]
            was, is_ = letters(pair) if name == RESPONDENT else pair
            found.append(Difference(column=name, before=was, after=is_))
    return tuple(found)
