"""Expressions worked out over whole columns of answers, unknown wherever honesty asks for it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np

from surveys.expressions.days import day_number
from surveys.expressions.functions import AGGREGATES, CLOCKS, FUNCTIONS
from surveys.expressions.grammar import (
    Arithmetic,
    Call,
    Comparison,
    Connection,
    Expression,
    Negative,
    Node,
    NotEvaluated,
    Number,
    Reference,
    Self,
    Text,
    Unsupported,
    nodes,
)
from surveys.expressions.operations import (
    Setting,
    Value,
    all_of,
    any_of,
    calculated,
    compared,
    to_numbers,
    to_truths,
)
from surveys.expressions.values import (
    Answers,
    Floats,
    Numbers,
    Truths,
    constant_number,
    constant_text,
    nothing_known,
    texts_of,
    texts_to_numbers,
    texts_unknown,
)


# No XLSForm was filled in before: the earliest that today() can have been.
FIRST_XLSFORM = date(2008, 1, 1)


def evaluate(
    expression: Expression | Unsupported,
    answers: Mapping[str, Any],
    *,
    today: date,
    since: date | Any = None,
    self_values: Any = None,
) -> Truths:
    """In which rows an expression holds, does not hold, or cannot be told.

    Evaluated as XPath has it: a blank is the empty text, a comparison of order with something that is no number is
    false, text equals text only exactly. Unknown is whatever rests on a question that is not in the
    file, on a roster seen from outside, or on a function that no table can answer.

    Parameters
    ----------
    answers
        Columns of text by question name (pyarrow, pandas, numpy or a list; null is blank), None
        for a question the file does not hold. An ``Answers`` is encoded once for many expressions.
    today
        The latest day an interview can have been: the day the file is judged.
    since
        The earliest: one day, or a column with the ISO day of every interview. ``today()`` is then known to lie
        between the two, so a condition that held on the day of the interview is never called broken later.
    self_values
        The column of the question the expression belongs to, for ``.``.
    """
    table = answers if isinstance(answers, Answers) else Answers(answers)
    own = None if self_values is None else texts_of(self_values)
    rows = table.rows if own is None else len(own.codes)
    if isinstance(expression, Unsupported):
        return nothing_known(rows)
    last = float(day_number(today))
    dated = any(isinstance(node, Call) and node.function in CLOCKS for node in nodes(expression.root))
    setting = Setting(
        answers=table,
        own=own,
        rows=rows,
        first_day=_first_days(since if dated else None, rows, last),
        last_day=np.full(rows, last),
    )
    with np.errstate(all="ignore"):
        return to_truths(value_of(expression.root, setting))


def unchecked_parts(expression: Expression) -> tuple[str, ...]:
    """The functions and paths in an expression whose value no table of answers gives, each once."""
    parts: list[str] = []
    for node in nodes(expression.root):
        if isinstance(node, NotEvaluated):
            parts.append(node.what)
        elif isinstance(node, Call) and not _evaluated(node):
            parts.append(f"{node.function}()")
    return tuple(dict.fromkeys(parts))


def value_of(node: Node, setting: Setting) -> Value:
    """The value of one node of an expression in every row."""
    match node:
        case Text(word):
            return constant_text(word, setting.rows)
        case Number(number):
            return constant_number(number, setting.rows)
        case Reference(name):
            return setting.answers.texts(name) or texts_unknown(setting.rows)
        case Self():
            return setting.own or texts_unknown(setting.rows)
        case Connection(operator, operands):
            conditions = [to_truths(value_of(operand, setting)) for operand in operands]
            return all_of(conditions) if operator == "and" else any_of(conditions)
        case Comparison(operator, left, right):
            return compared(operator, value_of(left, setting), value_of(right, setting))
        case Arithmetic(operator, left, right):
            pair = to_numbers(value_of(left, setting)), to_numbers(value_of(right, setting))
            return calculated(operator, *pair)
        case Negative(operand):
            turned = to_numbers(value_of(operand, setting))
            return Numbers(low=-turned.high, high=-turned.low, unknown=turned.unknown)
        case Call():
            return _called(node, setting)
        case _:
            return texts_unknown(setting.rows)


def _called(call: Call, setting: Setting) -> Value:
    if not _evaluated(call):
        return texts_unknown(setting.rows)
    return FUNCTIONS[call.function].compute(
        setting, [value_of(argument, setting) for argument in call.arguments]
    )


def _evaluated(call: Call) -> bool:
    function = FUNCTIONS.get(call.function)
    if function is None or not function.least <= len(call.arguments) <= function.most:
        return False
    # With one argument these add up the rows of a roster, which are not here.
    return not (call.function in AGGREGATES and len(call.arguments) == 1)


def _first_days(since: Any, rows: int, last: float) -> Floats:
    earliest = float(day_number(FIRST_XLSFORM))
    if since is None:
        days = np.full(rows, earliest)
    elif isinstance(since, date):
        days = np.full(rows, float(day_number(since)))
    else:
        days = np.floor(texts_to_numbers(texts_of(since)).low)
        days = np.where(np.isnan(days), earliest, days)
    first: Floats = np.minimum(days, last)
    return first
