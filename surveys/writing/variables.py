"""The columns of the responses as variables: what kind of value each holds, its labels, and why answers are missing."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from surveys.instrument import Choice, Instrument, Question
from surveys.judging.answers import SELECT_ONE
from surveys.judging.choices import ChoiceList
from surveys.judging.targets import CALCULATED_TYPES, SELECT_MULTIPLE, choice_codes, stored_questions
from surveys.languages import say
from surveys.missing import Missing, in_words, reasons_of_list
from surveys.record.payloads import MISSING, NUMERIC


Kind = Literal["text", "number", "codes", "date"]

PLACES = frozenset({"submission_id", "site", "wave"})  # columns that name, whatever they look like
_CODE = re.compile(r"-?[1-9]\d{0,8}|0")
_EXACT = 2**53  # whole numbers beyond it have lost digits in any double
_FIRST_DAY = date(1583, 1, 1)  # of the calendar that statistics packages count in


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A way of not having answered: the reason, and the choice of the form that says so, where one was chosen."""

    reason: Missing
    value: str | None
    label: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Variable:
    """One column of a file to be written."""

    name: str
    kind: Kind
    label: str
    values: Sequence[str | None]
    reasons: Sequence[str | None]
    labels: Mapping[str, str]  # code -> label
    states: tuple[State, ...]  # of the cells that hold no answer; the first of each reason stands for it

    @property
    def needs_reasons_beside(self) -> bool:
        """Whether the text itself would leave open why there is no answer."""
        if self.kind != "text":
            return False
        return any(state.value is not None or state.reason is not Missing.BLANK for state in self.states)


def variables_of(
    table: pa.Table, instrument: Instrument, language: str, ids: Iterable[str | None] = ()
) -> list[Variable]:
    """The columns of ``responses_table(..., reasons=True)`` as variables.

    A code or number is a number only where every value of the column is one and comes back from it; anything else is
    text. Each choice of a select-multiple question has a variable of zeros and ones behind the question's own.

    Parameters
    ----------
    ids
        Columns whose values name somebody or something, whatever they look like.
    """
    questions = stored_questions(instrument)
    named = {*PLACES, *ids}
    variables = []
    for name in table.column_names:
        if name.endswith(MISSING):
            continue
        question = None if name in named else questions.get(name)
        kind = "text" if name in named else _kind(table, name, question, instrument)
        variable = _variable(table, name, question, kind, instrument, language)
        variables.append(variable)
        if question is not None and question.type in SELECT_MULTIPLE:
            variables += _ticks(variable, question, instrument, language)
    return variables


def _kind(table: pa.Table, name: str, question: Question | None, instrument: Instrument) -> Kind:
    texts = _answers_given(table, name)
    if question is None or question.type in CALCULATED_TYPES - {"start", "end", "today"}:
        return "number" if texts and all(_comes_back(text) for text in texts) else "text"
    listed = instrument.choices_of(question)
    if question.type in SELECT_ONE and listed is not None:
        codes = {*choice_codes(question, instrument), *texts} - set(reasons_of_list(listed))
        return "codes" if all(is_code(code) for code in codes) else "text"
    if question.type in NUMERIC:
        return "number" if all(_is_number(text) for text in texts) else "text"
    if question.type in ("date", "today"):
        return "date" if all(_is_day(text) for text in texts) else "text"
    return "text"


def _answers_given(table: pa.Table, name: str) -> list[str]:
    """The different answers in a column, without what stands there for no answer."""
    values, why = table[name], f"{name}{MISSING}"
    if why in table.column_names:
        values = values.filter(pc.is_null(table[why]))
    return [text for text in pc.unique(values).to_pylist() if text is not None]


def is_code(text: str) -> bool:
    """Whether a code of the form is a whole number as a statistics package would write it."""
    return _CODE.fullmatch(text) is not None


def _is_number(text: str) -> bool:
    try:
        return abs(float(text)) < _EXACT
    except ValueError:
        return False


def _comes_back(text: str) -> bool:
    if not _is_number(text):
        return False
    number = float(text)
    return text == (str(int(number)) if number.is_integer() else repr(number))


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text) >= _FIRST_DAY and len(text) == len("2026-01-31")
    except ValueError:
        return False


def _variable(
    table: pa.Table, name: str, question: Question | None, kind: Kind, instrument: Instrument, language: str
) -> Variable:
    values = table[name].to_pylist()
    why = f"{name}{MISSING}"
    reasons = table[why].to_pylist() if why in table.column_names else [None] * len(values)
    label = name if question is None else _plain(instrument.text_in(question.labels, language)) or name
    listed = (instrument.choices_of(question) if question is not None else None) or ()
    texts = {choice.name: _plain(instrument.text_in(choice.labels, language)) for choice in listed}
    multiple = question is not None and question.type in SELECT_MULTIPLE
    return Variable(
        name=name,
        kind=kind,
        label=label,
        values=values,
        reasons=reasons,
        labels={} if multiple else {code: text or code for code, text in texts.items()},
        states=_states(values, reasons, listed, texts, language),
    )


def _states(
    values: Sequence[str | None],
    reasons: Sequence[str | None],
    listed: Sequence[Choice],
    texts: Mapping[str, str],
    language: str,
) -> tuple[State, ...]:
    """The ways of not having answered that occur, those of the form's own choices first, in its order."""
    order = {code: place for place, code in enumerate(texts)}
    found = {(value, reason) for value, reason in zip(values, reasons, strict=True) if reason is not None}
    listed_first = sorted(
        found, key=lambda one: (order.get(one[0] or "", len(order)), one[0] or "", one[1] or "")
    )
    known = ChoiceList(listed)
    return tuple(
        State(
            reason=Missing(reason), value=value, label=_label(value, Missing(reason), known, texts, language)
        )
        for value, reason in listed_first
    )


def _label(
    value: str | None, reason: Missing, known: ChoiceList, texts: Mapping[str, str], language: str
) -> str:
    """What a reader of the file takes for this very choice, or for the reason and no choice."""
    label = texts.get(value or "", "")
    if label and known.by_label(label) == value:
        return label
    words = in_words(reason, language)
    return words if known.by_label(words) is None else f"({words})"  # brackets tell it from the choice


def _ticks(variable: Variable, question: Question, instrument: Instrument, language: str) -> list[Variable]:
    """For each choice whether it was ticked; where the whole is no answer, the reason."""
    listed = instrument.choices.get(question.choice_list or "", ())
    texts = {choice.name: _plain(instrument.text_in(choice.labels, language)) for choice in listed}
    no_answers = reasons_of_list(listed)
    picked = [frozenset((value or "").split()) for value in variable.values]
    plain = tuple(
        State(reason=reason, value=None, label=in_words(reason, language))
        for reason in Missing
        if any(state.reason is reason for state in variable.states)
    )
    ticks = []
    for code in choice_codes(question, instrument):
        gone = [
            None if code in chosen and code in no_answers else reason
            for chosen, reason in zip(picked, variable.reasons, strict=True)
        ]
        ticks.append(
            replace(
                variable,
                name=f"{variable.name}_{code}",
                kind="codes",
                label=f"{texts.get(code) or code} - {variable.label}",
                values=[
                    None if reason is not None or not chosen else str(int(code in chosen))
                    for chosen, reason in zip(picked, gone, strict=True)
                ],
                reasons=gone,
                labels={"0": say("responses.no", language), "1": say("responses.yes", language)},
                states=plain,
            )
        )
    return ticks


def _plain(text: str) -> str:
    """A label as one line without markup."""
    return " ".join(re.sub(r"<[^>]*>|[*_#]{2,}", " ", text).split())
