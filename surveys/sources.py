"""What a person has decided about a source of files, because no file of it can tell by itself.

A decision is a key and a value of text: ``day_order:COLUMN`` is ``day_first`` or ``month_first``;
``sheet`` is the name of the sheet or member that holds the interviews; ``missing:CODE`` and
``missing:CODE:QUESTION`` are a missing reason, or ``answer`` where the code is an answer like any other, or
``blank`` where it is a mark such as ``NA`` that a program wrote into an empty cell;
``column:HEADER`` is the name of a question, or nothing where the column is left out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, cast

from surveys.doubts import Said
from surveys.missing import MARKS, Missing
from surveys.problems import CannotProceed


DayOrder = Literal["day_first", "month_first"]

DAY_ORDERS: tuple[DayOrder, ...] = ("day_first", "month_first")
ANSWER = "answer"  # the code is an answer like any other
ASK_AGAIN = "ask"  # takes a decision back
# A cell that holds a code is not blank, so "blank" is no meaning of one; of a mark it is the likeliest.
MEANINGS = tuple(reason for reason in Missing if reason is not Missing.BLANK)
MEANINGS_OF_MARKS = (Missing.BLANK, *MEANINGS)
SHEET, DAY_ORDER, MISSING, COLUMN = "sheet", "day_order", "missing", "column"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceKey:
    """Where files of one kind come from: the same for every export of a form, another for another form."""

    campaign: str
    site: str  # "" where the file itself says it
    instrument: str  # the form's id, whatever its version
    format: str
    dialect: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """What was decided, by key."""

    answers: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.answers)

    @property
    def sheet(self) -> str | None:
        """The sheet or member that holds the interviews."""
        return self.answers.get(SHEET)

    @property
    def columns(self) -> dict[str, str]:
        """The column map: the question of each header, "" where the column is left out."""
        return self._named(COLUMN)

    def day_order(self, header: str) -> DayOrder | None:
        """Which of day and month a column writes first."""
        return cast("DayOrder | None", self.answers.get(day_order_key(header)))

    def order_of_all(self) -> DayOrder | None:
        """The order said for every column that leaves it open, in answer to one file."""
        return cast("DayOrder | None", self.answers.get(DAY_ORDER))

    def meaning(self, code: str, question: str) -> str | None:
        """What a code means as the answer to a question: a missing reason, or ``answer``."""
        return self.answers.get(missing_key(code, question), self.answers.get(missing_key(code)))

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code about which something was decided."""
        names = (key.split(":", 2)[1] for key in self.answers if key.startswith(f"{MISSING}:"))
        return tuple(dict.fromkeys(names))

    def with_answers(self, later: "Decisions", *, keep_taken_back: bool = False) -> "Decisions":
        """These decisions with later ones over them; ``ask`` takes one back, at once or when they are used."""
        together = {**self.answers, **later.answers}
        if keep_taken_back:
            return Decisions(answers=together)
        return Decisions(answers={key: value for key, value in together.items() if value != ASK_AGAIN})

    def _named(self, kind: str) -> dict[str, str]:
        start = f"{kind}:"
        return {key.removeprefix(start): v for key, v in self.answers.items() if key.startswith(start)}


NOTHING_DECIDED = Decisions()


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """One version of what was decided about a source."""

    id: int
    version: int
    decisions: Decisions
    by: str
    at: datetime
    since: Mapping[str, Said] = field(default_factory=dict)  # who first said each of them as it stands


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceUse:
    """How one file of a source is read."""

    key: SourceKey
    decisions: Decisions  # as they stand with the answers given for this file
    used: tuple[str, ...]  # keys of those without which it would be read otherwise
    read_by: int | None  # the remembered version they build on


def meanings_of(code: str) -> tuple[Missing, ...]:
    """What a code or a mark may stand for, where it is no answer."""
    return MEANINGS_OF_MARKS if code in MARKS else MEANINGS


def day_order_key(header: str) -> str:
    """The key of a column's order of day and month."""
    return f"{DAY_ORDER}:{header}"


def missing_key(code: str, question: str | None = None) -> str:
    """The key of what a code means, in the whole file or in one question."""
    return f"{MISSING}:{code}" if question is None else f"{MISSING}:{code}:{question}"


def column_key(header: str) -> str:
    """The key of a header's place in the column map."""
    return f"{COLUMN}:{header}"


def of_column_map(columns: Mapping[str, str]) -> Decisions:
    """A column map as decisions."""
    return Decisions(answers={column_key(header): name for header, name in columns.items()})


def parse_answers(given: Iterable[str], where: str = "--answer") -> Decisions:
    """``KEY=VALUE`` texts as decisions.

    Raises
    ------
    CannotProceed
        One of them is no key, or its value is none of those the key may have.
    """
    return checked_answers(dict(_split(text, where) for text in given), where)


def checked_answers(answers: Mapping[str, str], where: str) -> Decisions:
    """Decisions by key, each with a value its key may have.

    Raises
    ------
    CannotProceed
        One of them is no key, or its value is none of those the key may have.
    """
    for key, value in answers.items():
        allowed = _allowed(key, where)
        if allowed and value not in (*allowed, ASK_AGAIN):
            raise CannotProceed(
                where, f'"{value}" is no answer to {key}.', f"Use one of: {', '.join(allowed)}."
            )
    return Decisions(answers=dict(answers))


def _split(text: str, where: str) -> tuple[str, str]:
    if text.startswith(f"{SHEET}="):
        return SHEET, text.removeprefix(f"{SHEET}=")
    key, found, value = text.rpartition("=")
    if not found:
        raise CannotProceed(
            where,
            f'"{text}" is not KEY=VALUE.',
            "Take the key from the id of the question, as in day_order=day_first.",
        )
    return key, value.strip()


def _allowed(key: str, where: str) -> tuple[str, ...]:
    """The values a key may have; none where it may have any."""
    kind, _, rest = key.partition(":")
    if kind == DAY_ORDER:
        return DAY_ORDERS
    if kind == MISSING and rest:
        return (*meanings_of(rest.split(":", 1)[0]), ANSWER)
    if key == SHEET or (kind == COLUMN and rest):
        return ()
    raise CannotProceed(
        where,
        f'"{key}" is no question about a file.',
        "Use an id as the report gives it: day_order, day_order:COLUMN, missing:CODE, missing:CODE:QUESTION, sheet.",
    )
