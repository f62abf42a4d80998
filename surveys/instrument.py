"""What was asked: an XLSForm as questions, choices, languages and relevance."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from surveys.languages import say


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
    group_labels: tuple[Mapping[str, str], ...] = ()  # of the groups and repeats of ``path``
    choice_list: str | None = None
    or_other: bool = False
    required: bool = False
    required_when: str | None = None  # XPath, where the form requires an answer only sometimes
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

    def message(self, language: str = "en") -> str:
        """What is odd and what comes of it, in the reader's language."""
        shown = {"sheet": self.sheet, "row": self.row}
        return say(f"form_warnings.{self.code}", language, **{**shown, **self.values})


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A questionnaire. ``questions`` in form order; a name is unique within its path of groups.

    Two groups may each hold a question of the same name (warning ``name_in_two_groups``): exports
    that leave the groups out of their headers cannot tell the two apart.
    """

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

    @property
    def repeats(self) -> tuple[str, ...]:
        """Names of the repeats that hold questions, in form order."""
        return tuple(dict.fromkeys(q.repeat for q in self.questions if q.repeat is not None))

    def choices_of(self, question: Question) -> tuple[Choice, ...] | None:
        """The choices a question offers; None where it offers none, or they are not in the form to be checked."""
        if question.choice_list is None or question.choice_list in self.external_lists:
            return None
        return self.choices.get(question.choice_list)

    def spoken_in(self, language: str) -> str | None:
        """The form's own name of a language given by its code (``ko`` -> ``한국어 (ko)``), None where it lacks it.

        Matched by the code in brackets, else by the language's name in English or in itself.
        """
        names = {language.casefold(), *_language_names(language)}
        for written in self.languages:
            code = re.search(r"\(([^()]*)\)\s*$", written)
            if (code and code[1].strip().casefold() == language.casefold()) or written.casefold() in names:
                return written
        return None

    def text_in(self, texts: Mapping[str, str], language: str) -> str:
        """A label in a reader's language, else in the form's default, else in any it has."""
        spoken = self.spoken_in(language)
        for written in (spoken, self.default_language, *self.languages):
            if written is not None and written in texts:
                return texts[written]
        return next(iter(texts.values()), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class CodebookEntry:
    """One line of the codebook: what a column of answers holds."""

    name: str
    type: str
    repeat: str | None
    label: str
    choices: Mapping[str, str]  # code -> label; empty where the answer is free or its list is elsewhere
    relevant: str  # when it was asked, as the form writes it; "" where always
    constraint: str


def codebook(instrument: Instrument, language: str = "en") -> tuple[CodebookEntry, ...]:
    """What every column of answers holds, in a reader's language; notes hold nothing and are left out."""
    return tuple(
        CodebookEntry(
            name=question.name,
            type=question.type,
            repeat=question.repeat,
            label=instrument.text_in(question.labels, language),
            choices={
                choice.name: instrument.text_in(choice.labels, language) or choice.name
                for choice in instrument.choices_of(question) or ()
            },
            relevant=" and ".join(_bracketed([*question.group_relevants, question.relevant or ""])),
            constraint=question.constraint or "",
        )
        for question in instrument.questions
        if question.type != "note"
    )


def _bracketed(conditions: Sequence[str]) -> list[str]:
    written = [condition for condition in conditions if condition]
    return written if len(written) < 2 else [f"({condition})" for condition in written]


def _language_names(language: str) -> set[str]:
    """A language's name in English and in itself, for forms that write no code."""
    from babel import Locale, UnknownLocaleError

    try:
        locale = Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return set()
    names = (locale.get_language_name("en"), locale.get_language_name(language))
    return {name.casefold() for name in names if name}
