"""What a column is judged as: the form's question, or what the part it plays in the campaign asks of it."""

from collections.abc import Mapping
from dataclasses import replace

from surveys.fieldwork import Part
from surveys.instrument import Question


# Columns of the data that play a part, and the type they are judged as where the form does not ask them.
_NUMBERS = frozenset({"integer", "decimal", "range"})
_TYPES_OF_PARTS: Mapping[Part, str] = {"interview_date": "date", "weight": "decimal"}


def judged_as(name: str, question: Question | None, part: Part | None) -> Question | None:
    """The question a column answers; None for one of the data that the form does not ask and no part needs read."""
    kind = _TYPES_OF_PARTS.get(part) if part is not None else None
    if question is None:
        return None if kind is None else Question(name=name, type=kind)
    if kind == "date" and question.type == "today":
        return replace(question, type=kind)  # the campaign relies on this clock
    if kind == "decimal" and question.type not in _NUMBERS:
        return replace(question, type=kind)  # a weight is a number, however asked
    return question
