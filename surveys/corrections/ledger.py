"""What a correction is, the states it goes through, and who may move it from one to the next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Literal


Kind = Literal["change", "withdraw"]
Action = Literal["approve", "reject", "apply", "undo"]
WITHDRAW: Kind = "withdraw"

# Parts of an interview that follow from the question that plays them; a correction of that question changes both.
CORRECTED_PARTS = ("arm", "cluster", "stratum", "weight", "interview_date", "interviewer", "respondent")
RESPONDENT = "@respondent"

_NUMBERS = frozenset({"integer", "decimal", "range"})
_SETS = frozenset({"select_multiple", "select_multiple_from_file", "select_multiple_external"})


class State(StrEnum):
    """Where a correction stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"  # by another person than its author
    APPLIED = "applied"
    UNDONE = "undone"
    REJECTED = "rejected"
    STALE = "stale"  # the record no longer holds what it was made against: a person must look
    ABSORBED = "absorbed"  # a later export already carries the new value


OPEN = (State.PROPOSED, State.APPROVED)
LIVE = (*OPEN, State.APPLIED)  # those that a new revision of the interview may make stale or absorb

# From where each action may lead, and where to.
MOVES: Mapping[Action, tuple[tuple[State, ...], State]] = {
    "approve": ((State.PROPOSED,), State.APPROVED),
    "reject": ((State.PROPOSED, State.APPROVED, State.STALE), State.REJECTED),
    "apply": ((State.APPROVED,), State.APPLIED),
    "undo": ((State.APPLIED,), State.UNDONE),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One answer as the record keeps it: canonical text, and why there is none."""

    value: str | None = None
    missing: str | None = None  # one of the missing reasons

    def says(self, other: "Cell", kind: str) -> bool:
        """Whether two cells of a question of that type say the same: 1.50 is 1.5, "a b" of several is "b a".

        A blank without a known reason says the same as any blank.
        """
        if self.value is None or other.value is None:
            same_reason = self.missing == other.missing or None in (self.missing, other.missing)
            return self.value is None and other.value is None and same_reason
        return _canonical(self.value, kind) == _canonical(other.value, kind)


NOTHING = Cell()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A correction that somebody asks for, judged against the questionnaire and fit for the ledger."""

    submission: str
    site: str
    wave: str
    kind: Kind
    question: str = ""  # "": the interview as a whole
    type: str = "text"  # of the question
    part: str | None = None  # the part of the interview this question plays, such as "@arm"
    part_value: str | None = None  # and what it then is
    old: Cell = NOTHING  # what the record is expected to hold
    new: Cell = NOTHING
    reason: str = ""
    sheet: str | None = None  # of the log it came in
    row: int | None = None  # and its row there, as the spreadsheet numbers it


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One entry of the ledger."""

    id: int
    campaign: str
    submission: str
    site: str
    wave: str
    kind: Kind
    question: str
    type: str
    part: str | None
    part_value: str | None
    old: Cell
    new: Cell
    reason: str
    author: str
    proposed_at: datetime
    log: int | None  # the import it came in
    log_name: str | None
    sheet: str | None
    row: int | None
    state: State
    told: str | None  # code of why it is where it is, where that is not plain
    applied_at: int | None  # its place in the order of uploads, and its turn among those applied there
    turn: int | None
    ended_at: int | None  # from this place on it no longer counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One entry in the history of a correction: who moved it, when and why."""

    state: State
    at: datetime
    actor: str
    why: str
    told: str | None
    place: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What became of a correction when somebody decided about it."""

    id: int
    state: State
    told: str | None = None  # code at ``corrections.told.<code>`` where it did not go as asked
    values: Mapping[str, object] = field(default_factory=dict)


def objection(correction: Correction, action: Action, actor: str) -> str | None:
    """Why this person may not do this to a correction now; None where nothing stands against it."""
    from_states, _ = MOVES[action]
    if correction.state not in from_states:
        return "wrong_state"
    if action == "approve" and same_person(correction.author, actor):
        return "own_correction"
    return None


def same_person(one: str, other: str) -> bool:
    """Whether two names are one person's, without regard to case and spaces."""
    return "".join(one.split()).casefold() == "".join(other.split()).casefold()


def _canonical(text: str, kind: str) -> object:
    if kind in _SETS:
        return frozenset(text.split())
    if kind in _NUMBERS:
        try:
            return Decimal(text)
        except InvalidOperation:
            return text
    return text
