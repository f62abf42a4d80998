"""Which question a correction means, and which it may not touch."""

from collections.abc import Iterable
from dataclasses import dataclass

from surveys.corrections.ledger import CORRECTED_PARTS
from surveys.expressions import parse, referenced_names
from surveys.fieldwork import Fieldwork, Part
from surveys.instrument import Instrument, Question
from surveys.judging.answers import CLOCKED_BY_DEVICE
from surveys.judging.choices import ChoiceList
from surveys.judging.known_headers import KnownHeaders
from surveys.judging.parts import judged_as
from surveys.judging.targets import stored_questions
from surveys.judging.understanding import choices_of
from surveys.missing import Missing, reasons_of_list
from surveys.problems import FileRefused, Problem


PLACING: tuple[Part, ...] = ("submission", "country", "site", "wave")  # they say which interview it is


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """One question as corrections of it are judged."""

    name: str  # the one its answers are stored under
    question: Question | None  # None: a column of the data that the form does not ask
    type: str
    choices: ChoiceList | None
    reasons: dict[str, Missing]
    part: Part | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Meant:
    """What the name of a question in a log stands for: a question, or one choice of several."""

    asked: Asked
    code: str | None = None  # the one choice, where the log corrects the split columns


class Questions:
    """The questions of a campaign, by any spelling an export or a log may use."""

    def __init__(self, instrument: Instrument, fieldwork: Fieldwork | None) -> None:
        self.instrument = instrument
        self.fieldwork = fieldwork
        self.missing_codes = fieldwork.missing_codes if fieldwork else {}
        self._known = KnownHeaders(instrument, fieldwork)
        self._stored = stored_questions(instrument)
        self._parts: dict[str, Part] = (
            {name: part for part, name in fieldwork.parts.items()} if fieldwork else {}
        )
        self._asked: dict[str, Asked] = {}

    def stored(self, name: str) -> Asked:
        """The question whose answers are stored under that very name."""
        if name not in self._asked:
            part = self._parts.get(name)
            question = judged_as(name, self._stored.get(name), part)
            choices = choices_of(question, self.instrument)
            listed = self.instrument.choices.get((question.choice_list if question else None) or "", ())
            self._asked[name] = Asked(
                name=name,
                question=question,
                type=question.type if question else "text",
                choices=choices,
                reasons=reasons_of_list(listed, self.missing_codes) if choices is not None else {},
                part=part,
            )
        return self._asked[name]

    def meant(self, written: str) -> Meant | Problem:
        """The question a log or a person names, or why it cannot be corrected."""
        try:
            target = self._known.find(written.strip(), by_label=False) or self._known.find_loosely(written)
        except FileRefused as refused:
            return refused.problem
        if target is None or target.kind == "ignored":
            return Problem(code="correction_unknown_question", column=written)
        if target.kind == "metadata":
            return Problem(code="correction_of_metadata", column=written)
        if target.kind == "repeat":
            return Problem(code="correction_in_roster", column=written)
        if target.kind == "identifier":
            return Problem(code="correction_identifier", column=written)
        asked = self.stored(target.name)
        if asked.part in PLACING:
            return Problem(code="correction_moves_interview", column=written)
        return Meant(asked=asked, code=target.code)

    def correctable(self) -> list[Asked]:
        """The questions a person may choose from, in the order of the form."""
        names = [*self._stored, *(name for name in self._parts if name not in self._stored)]
        found = [self.meant(name) for name in names]
        asked = [one.asked for one in found if isinstance(one, Meant) and one.code is None]
        return [
            one
            for one in dict.fromkeys(asked)
            if one.part != "respondent" and one.type not in CLOCKED_BY_DEVICE
        ]

    def calculated_from(self, names: Iterable[str]) -> dict[str, list[str]]:
        """The stored fields that the form calculates from any of these questions, and from which of them."""
        found: dict[str, list[str]] = {}
        for field, question in self._stored.items():
            if question.type == "calculate" and question.calculation:
                sources = referenced_names(parse(question.calculation))
                if causes := [name for name in names if name in sources]:
                    found[field] = causes
        return found

    def part_of(self, asked: Asked) -> str | None:
        """The part of the interview that follows from a question, as the record names it."""
        return f"@{asked.part}" if asked.part in CORRECTED_PARTS else None
