"""Was a question asked, and does its answer keep the form's own rule? True, false or unknown, row by row."""

from collections.abc import Mapping
from datetime import date
from functools import reduce
from typing import Any

from surveys.expressions.evaluation import evaluate
from surveys.expressions.grammar import parse, referenced_names
from surveys.expressions.values import Answers, Truths, each_word, everywhere
from surveys.instrument import Instrument, Question


def asked(
    question: Question,
    instrument: Instrument,
    answers: Mapping[str, Any],
    *,
    today: date,
    since: date | Any = None,
) -> Truths:
    """In which rows the form asked a question: its own relevance and that of every group around it.

    Parameters are those of ``evaluate``. For a question of a roster, a row is one entry of the roster, and
    ``answers`` holds the roster's columns with those of the interview repeated beside them.
    """
    visible = _visible_from(question, instrument, answers)
    conditions = [*question.group_relevants, *([question.relevant] if question.relevant else [])]
    held = (evaluate(parse(text), visible, today=today, since=since) for text in conditions)
    return reduce(lambda before, condition: before & condition, held, everywhere(visible.rows, True))


def meets_constraint(
    question: Question,
    instrument: Instrument,
    answers: Mapping[str, Any],
    *,
    today: date,
    since: date | Any = None,
) -> Truths:
    """In which rows the answer keeps the question's constraint; a blank keeps any, for forms ask only of answers."""
    visible = _visible_from(question, instrument, answers)
    own = visible.texts(question.name)
    if question.constraint is None or own is None:
        return everywhere(visible.rows, True)
    expression = parse(question.constraint)
    held = evaluate(expression, visible, today=today, since=since, self_values=own)
    return held | each_word(lambda word: word == "", own)


def _visible_from(question: Question, instrument: Instrument, answers: Mapping[str, Any]) -> Answers:
    """The answers without those of rosters the question is not in: from outside they have no one value."""
    table = answers if isinstance(answers, Answers) else Answers(answers)
    expressions = (*question.group_relevants, question.relevant or "", question.constraint or "")
    names = {name for text in expressions for name in referenced_names(parse(text))}
    outside = [name for name in names if not _seen(name, question, instrument)]
    return table.without(outside)


def _seen(name: str, question: Question, instrument: Instrument) -> bool:
    repeats = {other.repeat for other in instrument.questions if other.name == name}
    return not repeats or any(repeat is None or repeat in question.path for repeat in repeats)
