"""What to do with an interview whose id the record already knows. Pure: no database, no file."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from surveys.judging.versions import Names, Version, follows, newest_of


Decision = Literal[
    "new", "revised", "adopted", "unchanged", "older", "past", "discarded_before",
    "other_site", "different_interview", "consent_withdrawn_before", "same_answers",
]  # fmt: skip
HELD: frozenset[Decision] = frozenset(
    {"other_site", "different_interview", "consent_withdrawn_before", "same_answers"}
)
STORED: frozenset[Decision] = frozenset({"new", "revised", "adopted", "past"})
PENDING = 0  # the upload of a revision that is being stored


@dataclass(frozen=True, slots=True)
class Stored:
    """One revision of a submission in the record, and where its answers lie."""

    submission: str
    revision: int
    site: str
    wave: str
    content: bytes
    upload: int
    position: int
    current: bool
    step: int = PENDING  # that brought it into force: the upload itself, or one that brought it back


@dataclass(frozen=True, slots=True)
class Identity:
    """What says that two versions are of one interview, and which came first.

    ``edit`` is the source's own mark of an edit, "" on a version that was never edited; ``version`` is the
    source's id of the version and ``root`` that of the interview, in their one spelling.
    """

    cluster: str | None = None
    respondent: str | None = None
    interview_date: str | None = None
    edit: str | None = None
    root: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """The interviews of a file, one entry each: first the accepted ones, then older versions of them."""

    ids: Sequence[str]  # in their one spelling
    contents: Sequence[bytes]
    sites: Sequence[str]
    waves: Sequence[str]
    identities: Callable[[int], Identity]
    partial: bool = False  # the file lacks questions that were asked: it must not blank what is stored
    outdated: Sequence[int] = ()  # places of older versions, the oldest first
    previous: Mapping[str, str] = field(default_factory=dict)  # version -> the one it replaces
    versions: Mapping[int, str] = field(
        default_factory=dict
    )  # place -> the id of this version, where another

    def in_order(self, places: Iterable[int]) -> Iterator[int]:
        """These places in the order in which they are decided, after those of older versions."""
        yield from self.outdated
        late = frozenset(self.outdated)
        yield from (place for place in places if place not in late)


@dataclass(slots=True)
class Interview:
    """One interview of the record: the id it is kept under and its revisions, as far as they count."""

    main: str
    revisions: list[Stored] = field(default_factory=list)
    last_revision: int = 0  # those of uploads that were taken back included

    def currents(self) -> list[Stored]:
        """What holds now: one revision, or several until it is known that they are of one interview."""
        return [stored for stored in self.revisions if stored.current]


@dataclass(slots=True, kw_only=True)
class Known:
    """What the record holds of the interviews of a file."""

    interviews: dict[str, Interview] = field(default_factory=dict)
    names: Names = field(default_factory=Names)  # the ids that are of one interview
    siblings: Mapping[str, Sequence[str]] = field(
        default_factory=dict
    )  # id -> other interviews that came under it
    discarded: frozenset[tuple[str, bytes]] = frozenset()
    twins: Mapping[bytes, Sequence[Interview]] = field(
        default_factory=dict
    )  # same answers, where one side has no id
    previous: Mapping[str, str] = field(default_factory=dict)
    noted: frozenset[tuple[str, str | None]] = frozenset()  # further ids that are remembered already

    def own_ids(self) -> frozenset[str]:
        """The ids that interviews were given here."""
        return frozenset(own for those in self.siblings.values() for own in those)

    def name_of(self, id_: str) -> str:
        """The one id by which an interview goes here, from any of its ids."""
        return self.names.of(id_)

    def candidates(self, id_: str) -> list[Interview]:
        """The interviews that may be meant by an id; the first is the one that is kept under it."""
        self.interviews.setdefault(self.name_of(id_), Interview(main=id_))
        return self.found(id_)

    def found(self, id_: str) -> list[Interview]:
        """Those of the candidates that there are already."""
        name = self.name_of(id_)
        those = (name, *self.siblings.get(name, ()))
        return [self.interviews[one] for one in those if one in self.interviews]

    def spoken_of(self) -> set[str]:
        """Every id of which something is known: a version, a link to another id, a decision."""
        discarded = {name for name, _ in self.discarded}
        return {*self.interviews, *self.names.linked(), *self.siblings, *self.own_ids(), *discarded}


@dataclass(slots=True)
class Decided:
    """What becomes of one interview of a file."""

    decision: Decision
    interview: Interview
    revision: int = 0  # 0 where nothing is stored
    displaced: Sequence[Stored] = ()  # revisions of the record that no longer hold
    replaces: bool = False  # an interview that held before
    relies_on: int | None = None  # the upload that brought what was said again
    overtaken: bool = False  # by a newer version in the same file


@dataclass(slots=True)
class Decisions:
    """What becomes of each interview of a file.

    Most files bring interviews that nobody has heard of: of those their places say everything.
    """

    first: (
        np.ndarray
    )  # places of the first versions of interviews of which nothing is known, in ascending order
    of: dict[int, Decided] = field(default_factory=dict)  # place -> what becomes of every other one

    def rows(self, *wanted: Decision) -> np.ndarray:
        """Places of the interviews for which one of these was decided, in ascending order."""
        others = (place for place, one in self.of.items() if one.decision in wanted)
        return self._with_first(others) if "new" in wanted else _ascending(others)

    def counting(self) -> np.ndarray:
        """Places of the interviews that count from now on."""
        counts = ("new", "revised")
        return self._with_first(
            place for place, one in self.of.items() if one.decision in counts and not one.overtaken
        )

    def replacing(self) -> int:
        """How many of the interviews that count from now on take the place of one that held before."""
        return sum(one.replaces and not one.overtaken for one in self.of.values())

    def displaced(self) -> list[Stored]:
        """The revisions of the record that no longer hold."""
        return [stored for one in self.of.values() for stored in one.displaced]

    def _with_first(self, others: Iterable[int]) -> np.ndarray:
        places = _ascending(others)
        return np.sort(np.concatenate([self.first, places])) if places.size else self.first


IdentityOf = Callable[[Stored], Identity]


def uncertain(incoming: Incoming, known: Known) -> list[Stored]:
    """The stored revisions whose identities ``decide`` needs to see: those of interviews that changed."""
    if not known.interviews:
        return []
    found: dict[tuple[str, int], Stored] = {}
    for id_, content in zip(incoming.ids, incoming.contents, strict=True):
        for interview in known.found(id_):
            currents = interview.currents()
            if len(currents) != 1 or currents[0].content != content:
                found |= {(stored.submission, stored.revision): stored for stored in interview.revisions}
    return list(found.values())


def decide(incoming: Incoming, known: Known, identity_of: IdentityOf) -> Decisions:
    """Decide each interview against the revisions of its id that the record holds.

    The same content is *unchanged*. Content of an older revision is *older*, unless the source marks a new
    edit: a file sent again must not undo a correction; a version that the source says is older and that was never
    seen is kept in the *past*. Anything else of the same site is a revision when it is the same
    interview, and held when it is not. An id known at another site is held. A file that lacks columns of
    required questions replaces nothing. Rows that say what an interview without an id said are that interview.
    """

    def identity(stored: Stored) -> Identity:
        return incoming.identities(stored.position) if stored.upload == PENDING else identity_of(stored)

    first = _never_heard_of(incoming, known)
    decisions = Decisions(first)
    alike = Counter(incoming.contents) if known.twins else Counter()
    previous = {**known.previous, **incoming.previous}
    held_before = {name for name, interview in known.interviews.items() if interview.currents()}
    others = np.setdiff1d(np.arange(len(incoming.ids)), first, assume_unique=True)
    for place in incoming.in_order(others.tolist()):
        decided = _unchanged(incoming, place, known)
        if decided is None:
            decided = _decide_one(incoming, place, known, identity, previous, alike)
            _bring_in(decided, incoming, place, decisions)
        decisions.of[place] = decided
    for decided in decisions.of.values():
        decided.replaces = decided.decision == "revised" and (
            known.name_of(decided.interview.main) in held_before
        )
    return decisions


def _never_heard_of(incoming: Incoming, known: Known) -> np.ndarray:
    """Places of interviews whose ids and answers the record does not know, and that are there once."""
    spoken_of, turns, older = known.spoken_of(), Counter(incoming.ids), frozenset(incoming.outdated)
    entries = enumerate(zip(incoming.ids, incoming.contents, strict=True))
    return _ascending(
        place
        for place, (id_, content) in entries
        if turns[id_] == 1 and id_ not in spoken_of and content not in known.twins and place not in older
    )


def _unchanged(incoming: Incoming, place: int, known: Known) -> Decided | None:
    """What is decided about nearly every row of a file sent again: it is there already; None: look closer."""
    if known.siblings or known.discarded or known.twins:
        return None
    interview = known.interviews.get(known.name_of(incoming.ids[place]))
    revisions = interview.revisions if interview is not None else ()
    if interview is None or len(revisions) != 1:
        return None
    [only] = revisions
    if only.current and only.content == incoming.contents[place]:
        return Decided("unchanged", interview, relies_on=only.upload or None)
    return None


def _ascending(places: Iterable[int]) -> np.ndarray:
    return np.sort(np.fromiter(places, dtype=np.int64))


def _decide_one(
    incoming: Incoming,
    place: int,
    known: Known,
    identity_of: IdentityOf,
    previous: Mapping[str, str],
    alike: Mapping[bytes, int],
) -> Decided:
    content = incoming.contents[place]
    candidates = known.candidates(incoming.ids[place])
    if (known.name_of(incoming.ids[place]), content) in known.discarded:
        return Decided("discarded_before", candidates[0])
    if not any(interview.revisions for interview in candidates):
        return _unheard_of(known, incoming.ids[place], known.twins.get(content, ()), alike[content])
    told = [_against(incoming, place, one, identity_of, previous) for one in candidates if one.revisions]
    for wanted in (("unchanged",), ("older",), ("revised", "past")):
        found = [decided for decided in told if decided.decision in wanted]
        if len(found) == 1 or (found and wanted != ("revised", "past")):
            return found[0]
    return next((one for one in told if one.decision in HELD), Decided("different_interview", candidates[0]))


def _unheard_of(known: Known, id_: str, twins: Sequence[Interview], alike: int) -> Decided:
    """An interview whose id is new: it may be one that came without an id, or had one and now comes without."""
    interview = known.candidates(id_)[0]
    if not twins:
        return Decided("new", interview)
    if len(twins) > 1 or alike > 1:
        return Decided("same_answers", interview)
    there = twins[0]
    [twin] = there.currents()
    if is_nameless(id_) or not is_nameless(there.main):
        return Decided("unchanged", there, relies_on=twin.upload)
    known.interviews[known.name_of(id_)] = there
    return Decided("adopted", there, displaced=[twin], relies_on=twin.upload)


def _against(
    incoming: Incoming,
    place: int,
    interview: Interview,
    identity_of: IdentityOf,
    previous: Mapping[str, str],
) -> Decided:
    content = incoming.contents[place]
    known_content = any(stored.content == content for stored in interview.revisions)
    currents = interview.currents()
    if not currents:
        return Decided("older" if known_content else "consent_withdrawn_before", interview)
    same = next((stored for stored in currents if stored.content == content), None)
    if same is not None and len(currents) == 1:
        return Decided("unchanged", interview, relies_on=same.upload or None)
    now = incoming.identities(place)
    latest = _latest(currents, identity_of, previous)
    if latest is None or any(stored.site != incoming.sites[place] for stored in currents):
        if same is not None:
            return Decided("unchanged", interview, relies_on=same.upload or None)
        here = latest is not None and known_content
        return Decided(
            "older" if here else "different_interview" if latest is None else "other_site", interview
        )
    others = [stored for stored in currents if stored is not latest]
    decision = _of_one(incoming, place, interview, latest, now, identity_of, previous, known_content)
    if decision in HELD:
        return Decided(decision, interview)
    displaced = [*others, latest] if decision == "revised" else others
    return Decided(decision, interview, displaced=displaced)


def _of_one(
    incoming: Incoming,
    place: int,
    interview: Interview,
    latest: Stored,
    now: Identity,
    identity_of: IdentityOf,
    previous: Mapping[str, str],
    known_content: bool,
) -> Decision:
    """What is decided against the one revision that came last."""
    before = identity_of(latest)
    marks = {identity_of(stored).edit for stored in interview.revisions}
    edited = (bool(now.edit) and now.edit not in marks) or _follows(now, before, previous)
    if _precedes(now, before, marks, previous):
        return "older" if known_content or incoming.partial else "past"
    if latest.content == incoming.contents[place]:
        return "unchanged"
    if known_content and not edited:
        return "older"
    if edited:
        return "revised"
    if latest.upload == PENDING or latest.wave != incoming.waves[place] or conflict(now, before):
        return "different_interview"
    return "older" if incoming.partial else "revised"


def _bring_in(decided: Decided, incoming: Incoming, place: int, decisions: Decisions) -> None:
    """Let what was decided hold for the rows that follow."""
    interview = decided.interview
    if decided.displaced:
        _put_out(decided, interview, decisions)
    if decided.decision not in STORED:
        return
    interview.last_revision += 1
    decided.revision = interview.last_revision
    interview.revisions.append(
        Stored(
            interview.main,
            decided.revision,
            incoming.sites[place],
            incoming.waves[place],
            incoming.contents[place],
            PENDING,
            place,
            decided.decision != "past",
        )
    )


def _put_out(decided: Decided, interview: Interview, decisions: Decisions) -> None:
    """Let what a newer version displaces hold no longer."""
    gone = {(stored.submission, stored.revision) for stored in decided.displaced}
    for stored in decided.displaced:
        if stored.upload == PENDING:
            decisions.of[stored.position].overtaken = True
    decided.displaced = [stored for stored in decided.displaced if stored.upload != PENDING]
    interview.revisions = [
        replace(stored, current=stored.current and (stored.submission, stored.revision) not in gone)
        for stored in interview.revisions
    ]


def is_nameless(submission: str) -> bool:
    """Whether the record knows an interview by what it says, because it came without an id."""
    return submission.startswith("~")


def conflict(now: Identity, before: Identity) -> bool:
    """Whether two versions cannot be of one interview."""
    pairs = (
        (now.cluster, before.cluster),
        (now.respondent, before.respondent),
        (now.interview_date, before.interview_date),
        (now.root, before.root),
    )
    return any(a is not None and b is not None and a != b for a, b in pairs)


def precedes(now: Identity, before: Identity, previous: Mapping[str, str]) -> bool:
    """Whether the source says that ``now`` is the older of two versions."""
    return _precedes(now, before, {before.edit}, previous)


def _precedes(now: Identity, before: Identity, marks: set[str | None], previous: Mapping[str, str]) -> bool:
    if now.edit == before.edit:
        return False
    counts = [_count(now.edit), _count(before.edit)]
    if None not in counts:
        return (counts[0] or 0) < (counts[1] or 0)
    if now.edit == "" and before.edit:
        return True
    if bool(now.edit) and now.edit in marks:
        return True  # the mark of a revision that was replaced
    return _follows(before, now, previous)


def _follows(later: Identity, earlier: Identity, previous: Mapping[str, str]) -> bool:
    if later.version is None or earlier.version is None:
        return False
    return follows(later.version, earlier.version, previous)


def _count(edit: str | None) -> int | None:
    """How many edits a mark tells, where it counts them, as ODK's do."""
    if edit == "":
        return 0
    return int(edit) if edit is not None and edit.isdecimal() else None


def _latest(
    currents: Sequence[Stored], identity_of: IdentityOf, previous: Mapping[str, str]
) -> Stored | None:
    if len(currents) == 1:
        return currents[0]
    told = [identity_of(stored) for stored in currents]
    versions = [
        Version(id=stored.submission, version=one.version, edits=_count(one.edit))
        for stored, one in zip(currents, told, strict=True)
    ]
    newest = newest_of(versions, previous)
    return None if newest is None else currents[newest]
