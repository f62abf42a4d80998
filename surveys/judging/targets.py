"""What a column of a file may be: the answer to a question, one of its choices, or something of the exporter's."""

from dataclasses import dataclass
from typing import Literal

from surveys.fieldwork import Fieldwork
from surveys.instrument import Instrument, Question


Kind = Literal["answer", "choice", "metadata", "identifier", "repeat", "ignored"]

SELECT_MULTIPLE = frozenset({"select_multiple", "select_multiple_from_file", "select_multiple_external"})
NOT_ASKED_TYPES = frozenset({"note", "begin_group", "end_group", "begin_repeat", "end_repeat"})
CALCULATED_TYPES = frozenset({"calculate", "hidden", "start", "end", "today", "xml-external", "csv-external"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What one column of the file is."""

    kind: Kind
    name: str  # the question's, the stored column's, or the kind of metadata
    code: str | None = None  # the choice of a split select_multiple


def plain_names(instrument: Instrument, fieldwork: Fieldwork | None) -> tuple[str, ...]:
    """Columns of the data that the campaign names and the instrument does not ask."""
    if fieldwork is None:
        return ()
    wanted = [*fieldwork.parts.values(), *fieldwork.exposure.values(), *fieldwork.extra_columns]
    asked = {question.name for question in instrument.questions if question.repeat is None}
    return tuple(name for name in dict.fromkeys(wanted) if name not in asked)


def stored_questions(instrument: Instrument) -> dict[str, Question]:
    """The questions outside repeats by the name their answers are stored under.

    That is the question's own name; where two groups hold the same one, the later has its groups before it.
    """
    stored: dict[str, Question] = {}
    for question in instrument.questions:
        if question.repeat is None:
            name = question.name if question.name not in stored else "/".join((*question.path, question.name))
            stored[name] = question
    return stored


def choice_codes(question: Question, instrument: Instrument) -> list[str]:
    """The codes of a question's list, with ``other`` where the form adds it."""
    codes = [choice.name for choice in instrument.choices.get(question.choice_list or "", ())]
    return [*codes, "other"] if question.or_other and "other" not in codes else codes
