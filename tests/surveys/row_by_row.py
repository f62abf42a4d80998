"""A second implementation of expressions, for tests: one row at a time, as plainly as it can be said.

It shares the parser with the first and nothing else, so that the two can be held against each other.
"""

import math
import re
from collections.abc import Mapping
from datetime import date

from surveys.expressions.grammar import (
    Arithmetic,
    Call,
    Comparison,
    Connection,
    Expression,
    Negative,
    Node,
    Number,
    Reference,
    Self,
    Text,
)


class Day(float):
    """A number that counts days since 1970."""


class NotKnown(Exception):
    """The value cannot be told."""


Plain = str | float | bool
OF_NUMBERS = ("boolean", "number", "int", "round", "max", "min", "date", "format-date")


def truth(expression: Expression, row: Mapping[str, str], own: str | None, today: date) -> bool | None:
    """Whether an expression holds in one row; None where it cannot be told."""
    return _truth(expression.root, _Row(row, own, today))


class _Row:
    def __init__(self, answers: Mapping[str, str], own: str | None, today: date) -> None:
        self.answers = answers
        self.own = own
        self.today = today


def _truth(node: Node, row: _Row) -> bool | None:
    if isinstance(node, Connection):
        held = [_truth(operand, row) for operand in node.operands]
        decisive = node.operator == "or"
        if decisive in held:
            return decisive
        return None if None in held else not decisive
    if isinstance(node, Call) and node.function == "not":
        inner = _truth(node.arguments[0], row)
        return None if inner is None else not inner
    try:
        return as_truth(_value(node, row))
    except NotKnown:
        return None


def _value(node: Node, row: _Row) -> Plain:
    match node:
        case Text(word):
            return word
        case Number(number):
            return number
        case Reference(name):
            return _known(row.answers.get(name))
        case Self():
            return _known(row.own)
        case Negative(operand):
            return -as_number(_value(operand, row))
        case Arithmetic(operator, left, right):
            return _calculated(operator, as_number(_value(left, row)), as_number(_value(right, row)))
        case Comparison(operator, left, right):
            return _compared(operator, _value(left, row), _value(right, row))
        case Connection() | Call(function="not"):
            return _known(_truth(node, row))
        case Call(function, arguments):
            return _called(function, arguments, row)
    raise NotKnown


def _known(value: Plain | None) -> Plain:
    if value is None:
        raise NotKnown
    return value


def _called(function: str, arguments: tuple[Node, ...], row: _Row) -> Plain:
    if function == "if":
        condition = _known(_truth(arguments[0], row))
        return _value(arguments[1] if condition else arguments[2], row)
    if function == "coalesce":
        first = _value(arguments[0], row)
        return first if as_text(first) != "" else _value(arguments[1], row)
    if function == "today":
        return Day(row.today.toordinal() - date(1970, 1, 1).toordinal())
    values = [_value(argument, row) for argument in arguments]
    if function in OF_NUMBERS:
        return _number_called(function, values)
    texts = [as_text(value) for value in values]
    match function:
        case "true" | "false":
            return function == "true"
        case "string":
            return texts[0]
        case "selected":
            return f" {texts[1].strip()} " in f" {' '.join(texts[0].split())} "
        case "count-selected":
            return float(len(texts[0].split()))
        case "selected-at":
            chosen = texts[0].split()
            return chosen[int(texts[1])] if int(texts[1]) < len(chosen) else ""
        case "string-length":
            return float(len(texts[0]))
        case "concat":
            return "".join(texts)
        case "contains":
            return texts[1] in texts[0]
        case "starts-with":
            return texts[0].startswith(texts[1])
        case "ends-with":
            return texts[0].endswith(texts[1])
        case "substr":
            return texts[0][int(texts[1]) : int(texts[2])]
        case "regex":
            return re.fullmatch(texts[1], texts[0]) is not None
    raise NotKnown


def _number_called(function: str, values: list[Plain]) -> Plain:
    match function:
        case "boolean":
            return as_truth(values[0])
        case "number":
            return as_number(values[0])
        case "int":
            number = as_number(values[0])
            return float(math.trunc(number)) if math.isfinite(number) else number
        case "round":
            number = as_number(values[0])
            return float(math.floor(number + 0.5)) if math.isfinite(number) else number
        case "max" | "min":
            numbers = [as_number(value) for value in values]
            if any(math.isnan(number) for number in numbers):
                raise NotKnown
            return max(numbers) if function == "max" else min(numbers)
        case "date":
            return _date(values[0])
        case "format-date":
            return _year(values[0])
    raise NotKnown


def _calculated(operator: str, left: float, right: float) -> float:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "div":
            if right != 0:
                return left / right
            return (
                math.nan
                if left == 0 or math.isnan(left)
                else math.copysign(math.inf, left) * math.copysign(1, right)
            )
    if right == 0 or math.isinf(left) or math.isnan(left) or math.isnan(right):
        return math.nan
    return math.fmod(left, right)


def _compared(operator: str, left: Plain, right: Plain) -> bool:
    if operator in ("=", "!="):
        return _equal(left, right) == (operator == "=")
    a, b = as_number(left), as_number(right)
    return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[operator]


def _equal(left: Plain, right: Plain) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return as_truth(left) == as_truth(right)
    if isinstance(left, float) or isinstance(right, float):
        a, b = as_number(left), as_number(right)
        return a == b or abs(a - b) < 1e-12
    return left == right


def as_truth(value: Plain) -> bool:
    if isinstance(value, float):
        return value != 0 and not math.isnan(value)
    return bool(value)


def as_number(value: Plain) -> float:
    if not isinstance(value, str):
        return float(value)
    day = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", value)
    if day:
        try:
            return float(date(*map(int, day.groups())).toordinal() - date(1970, 1, 1).toordinal())
        except ValueError:
            return math.nan
    return float(value) if re.fullmatch(r"-?(\d+(\.\d*)?|\.\d+)", value.strip()) else math.nan


def as_text(value: Plain) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Day):
        return _written_day(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return str(int(value)) if value == int(value) else repr(value)


def _date(value: Plain) -> Plain:
    if isinstance(value, float):
        return Day(math.floor(value) if math.isfinite(value) else value)
    if as_text(value).strip() == "":
        return Day(math.nan)
    number = as_number(as_text(value))
    if math.isnan(number):
        raise NotKnown
    return Day(math.floor(number))


def _year(value: Plain) -> Plain:
    written = _written_day(value) if isinstance(value, float) else as_text(value)
    if written.strip() == "":
        return ""
    found = re.fullmatch(r"(\d{4})-\d\d-\d\d", written)
    if found is None or math.isnan(as_number(written)):
        raise NotKnown
    return found[1]


def _written_day(number: float) -> str:
    if math.isnan(number):
        return ""
    try:
        return date.fromordinal(math.floor(number) + date(1970, 1, 1).toordinal()).isoformat()
    except (OverflowError, ValueError) as error:
        raise NotKnown from error
