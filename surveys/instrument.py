"""What was asked: an XLSForm as questions, choices, languages and relevance."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One answer that may be chosen: its code and its label in each language."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)  # language as the form writes it -> text


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question, or one calculated or metadata field, that yields a column of answers."""

    name: str
    type: str  # select_one, select_multiple, integer, decimal, text, date, datetime, time, geopoint,
    #            calculate, note, rank, range, acknowledge, image, start, end, today, ...
    path: tuple[str, ...] = ()  # names of the groups and repeats around it, outermost first
    repeat: str | None = None  # name of the innermost repeat around it, None at the root
    labels: Mapping[str, str] = field(default_factory=dict)
    choice_list: str | None = None
    or_other: bool = False
    required: bool = False
    relevant: str | None = None  # XPath as written, of the question itself
    group_relevants: tuple[str, ...] = ()  # XPaths of the groups around it, outermost first
    constraint: str | None = None
    constraint_message: Mapping[str, str] = field(default_factory=dict)
    calculation: str | None = None
    choice_filter: str | None = None
    appearance: str | None = None
    parameters: str | None = None
    row: int = 0  # row of the survey sheet, as the spreadsheet numbers it


@dataclass(frozen=True, slots=True, kw_only=True)
class FormWarning:
    """Something odd that was legal in the field; the form is read all the same."""

    code: str  # sentence at ``form_warnings.<code>`` in the catalogue of strings
    sheet: str | None = None
    row: int | None = None
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A questionnaire. ``questions`` in form order; names are unique within a repeat."""

    form_id: str
    version: str
    title: str
    languages: tuple[str, ...]  # as the form writes them, e.g. "English (en)"; "" where it has none
    default_language: str
    questions: tuple[Question, ...]
    choices: Mapping[str, tuple[Choice, ...]]
    external_lists: frozenset[str] = frozenset()  # lists whose choices live in another file: not checked
    warnings: tuple[FormWarning, ...] = ()
    sha256: str = ""

    def question(self, name: str) -> Question | None:
        """The root-level question of that name, or the first of it in a repeat."""
        found = [q for q in self.questions if q.name == name]
        return min(found, key=lambda q: q.repeat is not None, default=None)
