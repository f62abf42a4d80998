"""What a file leaves open and only a person can say, as a question with its answers and what each would mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from surveys.languages import pick, say


_LOCALES = {"en": "en_GB"}  # 3 April 2026: the day first, as most of the region writes English

Kind = Literal["sheet", "day_order", "missing", "columns"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Who decided something, and when."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One possible answer, and what it would mean for this file."""

    value: str
    sentence: str  # under ``doubts.`` in the catalogue of strings
    values: Mapping[str, object] = field(default_factory=dict)

    def label(self, language: str = "en") -> str:
        """The answer and its meaning in the reader's language."""
        return say(f"doubts.{self.sentence}", language, **_filling(self.values, language))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a doubt arises: a column or question that may be answered by itself."""

    id: str  # the key of an answer for this place alone
    name: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """Which question an unknown column may hold, and why it seems so."""

    header: str
    question: str | None  # None: nothing seems to fit, or it must not be mapped
    reason: str  # under ``doubts.columns.reasons`` in the catalogue of strings
    strength: float  # 0-1
    shape: str = ""  # kind of content, under ``doubts.columns.shapes``; never an answer
    filled: int = 0  # cells that hold something
    label: Mapping[str, str] = field(default_factory=dict)  # of the question


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """One question about a file."""

    id: str  # the key of its answer
    kind: Kind
    sentence: str  # under ``doubts.`` in the catalogue of strings
    options: tuple[Option, ...]
    values: Mapping[str, object] = field(default_factory=dict)
    places: tuple[Place, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    blocking: bool = True  # without an answer something stays out
    answer: str | None = None  # as decided; None: open
    said: Said | None = None  # who settled it for an earlier file
    sheet: str | None = None  # arises only if this sheet holds the interviews

    def about(self, language: str = "en") -> str:
        """The question in the reader's language."""
        return say(f"doubts.{self.sentence}", language, **_filling(self.values, language))

    def answer_label(self, language: str = "en") -> str:
        """The answer that was decided, in words."""
        chosen = next((option for option in self.options if option.value == self.answer), None)
        return chosen.label(language) if chosen is not None else (self.answer or "")

    def as_dict(self, language: str = "en") -> dict[str, object]:
        """The question as the report's JSON object."""
        told: dict[str, object] = {
            "id": self.id,
            "kind": self.kind,
            "about": self.about(language),
            "options": [{"value": one.value, "label": one.label(language)} for one in self.options],
            "blocking": self.blocking,
        }
        if self.answer is not None:
            told |= {"answer": self.answer, "answer_label": self.answer_label(language)}
        if self.said is not None:
            told |= {"by": self.said.by, "at": self.said.at.isoformat()}
        if self.places:
            told["places"] = [{"id": one.id, "name": one.name, "count": one.count} for one in self.places]
        if self.sheet is not None:
            told["sheet"] = self.sheet
        if self.suggestions:
            told["columns"] = [_suggested(one, language) for one in self.suggestions]
        return told


def open_doubts(doubts: Sequence[Doubt]) -> list[Doubt]:
    """Those that nobody has answered."""
    return [doubt for doubt in doubts if doubt.answer is None]


def settled_doubts(doubts: Sequence[Doubt]) -> list[Doubt]:
    """Those that somebody has answered, now or for an earlier file."""
    return [doubt for doubt in doubts if doubt.answer is not None]


def _suggested(one: Suggestion, language: str) -> dict[str, object]:
    return {
        "column": one.header,
        "question": one.question,
        "label": pick(one.label, language) if one.label else "",
        "reason": say(f"doubts.columns.reasons.{one.reason}", language),
        "why": one.reason,
        "strength": round(one.strength, 2),
        "shape": say(f"doubts.columns.shapes.{one.shape}", language, filled=f"{one.filled:,}")
        if one.shape
        else "",
    }


def _filling(values: Mapping[str, object], language: str) -> dict[str, object]:
    return {name: _spoken(value, language) for name, value in values.items()}


def _spoken(value: object, language: str) -> object:
    if isinstance(value, date):
        from babel.dates import format_date

        return format_date(value, "long", locale=_LOCALES.get(language, language))
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return pick(value, language) if isinstance(value, Mapping) else value
