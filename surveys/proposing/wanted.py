"""What somebody wants corrected, as written, and what becomes of it when it is judged."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from surveys.corrections.ledger import Kind, Proposal
from surveys.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One change as a log or a person writes it; values in codes or labels."""

    submission: str | None = None  # None: the interviews are named by ``where``
    where: Mapping[str, str] = field(
        default_factory=dict
    )  # question or id column -> answer that picks interviews
    kind: Kind = "change"
    question: str = ""
    old: str | None = None  # what is corrected; None: whatever the record holds
    new: str | None = None  # None or "": no answer, for the reason ``missing``
    missing: str | None = None
    reason: str = ""
    sheet: str = ""
    row: int = 1  # as the spreadsheet numbers it


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A wanted change and what it comes to: a proposal, or why there is none."""

    wanted: Wanted
    status: str  # proposed, already_there, nothing_to_do, merged, stale, refused
    proposal: Proposal | None = None
    problem: Problem | None = None
    consequences: tuple[Problem, ...] = ()  # what follows elsewhere in the interview, by the form
