"""What to do with an interview whose id the record already knows. Pure: no database, no file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal


Decision = Literal["new", "revised", "unchanged", "older", "other_site", "different_interview"]
HELD: frozenset[Decision] = frozenset({"other_site", "different_interview"})
STORED: frozenset[Decision] = frozenset({"new", "revised"})


@dataclass(frozen=True, slots=True)
class Stored:
    """One revision of a submission in the record, and where its answers lie."""

    revision: int
    site: str
    wave: str
    content: bytes
    upload: int
    position: int
    current: bool


@dataclass(frozen=True, slots=True)
class Identity:
    """What says that two versions are of one interview. ``edit`` is the source's own mark of an edit."""

    cluster: str | None = None
    respondent: str | None = None
    interview_date: str | None = None
    edit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """The accepted interviews of a file, one entry each."""

    ids: Sequence[str]
    contents: Sequence[bytes]
    sites: Sequence[str]
    waves: Sequence[str]
    identities: Callable[[int], Identity]
    partial: bool = False  # the file lacks questions that were asked: it must not blank what is stored


@dataclass(slots=True)
class Decisions:
    """What becomes of each interview, and which revision it will be."""

    of: list[Decision] = field(default_factory=list)
    revision: list[int] = field(default_factory=list)  # 0 where nothing is stored

    def rows(self, *wanted: Decision) -> list[int]:
        """Positions of the interviews for which one of these was decided."""
        return [position for position, decision in enumerate(self.of) if decision in wanted]


def uncertain(incoming: Incoming, known: Mapping[str, Sequence[Stored]]) -> list[Stored]:
    """The stored revisions whose identities ``decide`` needs to see: those of interviews that changed."""
    return [
        stored
        for id_, content in zip(incoming.ids, incoming.contents, strict=True)
        if id_ in known and current(known[id_]).content != content
        for stored in known[id_]
    ]


def decide(
    incoming: Incoming, known: Mapping[str, Sequence[Stored]], identity_of: Callable[[Stored], Identity]
) -> Decisions:
    """Decide each interview against the revisions of its id that the record holds.

    The same content is *unchanged*. Content of an older revision is *older*, unless the source marks a new
    edit: a file sent again must not undo a correction. Anything else of the same site
    is a revision when it is the same interview, and held when it is not. An id known at another site is held.
    A file that lacks columns of required questions replaces nothing.
    """
    decisions = Decisions()
    seen: dict[str, bytes] = {}
    for position, (id_, content) in enumerate(zip(incoming.ids, incoming.contents, strict=True)):
        revision = 0
        if id_ in seen:
            decision: Decision = "unchanged" if seen[id_] == content else "different_interview"
        elif id_ not in known:
            decision, revision = "new", 1
        else:
            decision = _against(incoming, position, known[id_], identity_of)
            revision = current(known[id_]).revision + 1 if decision == "revised" else 0
        seen.setdefault(id_, content)
        decisions.of.append(decision)
        decisions.revision.append(revision)
    return decisions


def _against(
    incoming: Incoming, position: int, revisions: Sequence[Stored], identity_of: Callable[[Stored], Identity]
) -> Decision:
    latest = current(revisions)
    if latest.site != incoming.sites[position]:
        return "other_site"
    if latest.content == incoming.contents[position]:
        return "unchanged"
    now, before = incoming.identities(position), identity_of(latest)
    edits = {identity_of(stored).edit for stored in revisions}
    edited = now.edit is not None and now.edit not in edits
    if _precedes(now.edit, before.edit):
        return "older"
    if not edited and any(stored.content == incoming.contents[position] for stored in revisions):
        return "older"
    if edited or (latest.wave == incoming.waves[position] and not _conflict(now, before)):
        return "older" if incoming.partial and not edited else "revised"
    return "different_interview"


def current(revisions: Sequence[Stored]) -> Stored:
    """The revision that holds now."""
    return next(stored for stored in revisions if stored.current)


def _conflict(now: Identity, before: Identity) -> bool:
    pairs = (
        (now.cluster, before.cluster),
        (now.respondent, before.respondent),
        (now.interview_date, before.interview_date),
    )
    return any(a is not None and b is not None and a != b for a, b in pairs)


def _precedes(now: str | None, before: str | None) -> bool:
    """Whether the marks count edits, as ODK's do, and ``now`` has had fewer of them."""
    if now is None or before is None or not (now.isdecimal() and before.isdecimal()):
        return False
    return int(now) < int(before)
