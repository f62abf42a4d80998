"""What a check gives back: what it found, in which interviews, against which expectation, and what that may do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from surveys.quality.interviews import Flags, Interviews


Severity = Literal["act", "look", "note"]  # mend it today; find out; know it
SEVERITIES: tuple[Severity, ...] = ("act", "look", "note")

CheckName = Literal[
    "duration", "straight_lining", "dont_know", "refused", "missing", "outliers", "duplicates",
    "interviewer_effects", "window", "night", "overlap", "too_many", "late", "places", "backchecks", "consent",
    "quotas", "assignment",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """What a finding could do to the outcome it could move most. In the outcome's unit, never a sign or an arm."""

    outcome: str
    turned: float = 0.0  # largest shift of the result, were the affected answers anything the scale allows
    dropped: float | None = None  # its shift without the affected interviews; None: an arm would be empty
    blurred: float = 0.0  # how much wider the interval gets on either side
    relative: float = 0.0  # the larger of shift and blur as a share of the outcome's range, 0-1


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One thing that is wrong or odd."""

    code: str  # sentences at ``quality.found.<code>`` and ``quality.todo.<code>``
    severity: Severity
    count: int  # interviews (answers, for a question) it was found in
    of: int  # among how many
    interviews: tuple[str, ...] = ()  # submission ids
    interviewer: str | None = None
    question: str | None = None
    items: tuple[str, ...] = ()  # questions whose answers it touches; none named: all of the interview
    values: Mapping[str, object] = field(default_factory=dict)
    damage: Damage | None = None

    @property
    def share(self) -> float:
        """Share of what was looked at, 0-1."""
        return self.count / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One check: what it found, or why it could not be made."""

    check: CheckName
    looked_at: int = 0
    found: tuple[Found, ...] = ()
    expected: Mapping[str, object] = field(default_factory=dict)  # fills ``quality.checks.<check>.counted``
    impossible: str | None = None  # reason at ``quality.impossible.<code>``


def found_where(
    interviews: Interviews,
    where: Flags,
    code: str,
    severity: Severity,
    *,
    of: int | None = None,
    interviewer: str | None = None,
    values: Mapping[str, object] | None = None,
) -> list[Found]:
    """The finding on the interviews ``where`` it holds; nothing where it holds nowhere."""
    if not where.any():
        return []
    return [
        Found(
            code=code,
            severity=severity,
            count=int(where.sum()),
            of=len(interviews) if of is None else of,
            interviews=interviews.named(where),
            interviewer=interviewer,
            values=values or {},
        )
    ]
