"""Values of any kind turned into one another, chosen between, compared and calculated with."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

import numpy as np

from surveys.expressions.values import (
    TOLERANCE,
    Answers,
    Bools,
    Floats,
    Numbers,
    Texts,
    Truths,
    everywhere,
    numbers_to_texts,
    numbers_to_truths,
    texts_to_numbers,
    texts_to_truths,
    truths_from,
    truths_to_numbers,
    truths_to_texts,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixed:
    """Values of different kinds, each where its condition holds; the conditions exclude one another."""

    conditions: tuple[Truths, ...]
    values: tuple["Single", ...]


Single = Texts | Numbers | Truths
Value = Single | Mixed


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What an expression is evaluated in: the answers, the answer it belongs to, and the day."""

    answers: Answers
    own: Texts | None
    rows: int
    first_day: Floats  # the day of the interview, at the earliest and at the latest
    last_day: Floats


# Kinds of value


def to_truths(value: Value) -> Truths:
    """Any value as a condition."""
    match value:
        case Truths():
            return value
        case Texts():
            return texts_to_truths(value)
        case Numbers():
            return numbers_to_truths(value)
        case Mixed():
            return any_of([when & to_truths(then) for when, then in _cases(value)])


def to_numbers(value: Value) -> Numbers:
    """Any value as a number."""
    match value:
        case Numbers():
            return value
        case Texts():
            return texts_to_numbers(value)
        case Truths():
            return truths_to_numbers(value)
        case Mixed():
            first, *others = _cases(value)
            chosen = to_numbers(first[1])
            for when, then in others:
                chosen = _choose_numbers(when, to_numbers(then), chosen)
            return chosen


def to_texts(value: Value) -> Texts:
    """Any value as text."""
    match value:
        case Texts():
            return value
        case Numbers():
            return numbers_to_texts(value)
        case Truths():
            return truths_to_texts(value)
        case Mixed():
            first, *others = _cases(value)
            chosen = to_texts(first[1])
            for when, then in others:
                chosen = _choose_texts(when, to_texts(then), chosen)
            return chosen


def chosen_by(condition: Truths, yes: Value, no: Value) -> Value:
    """One value where a condition holds and another where it does not, each keeping its kind."""
    if isinstance(yes, Truths) and isinstance(no, Truths):
        return (condition & yes) | (~condition & no)
    if isinstance(yes, Texts) and isinstance(no, Texts):
        return _choose_texts(condition, yes, no)
    if isinstance(yes, Numbers) and isinstance(no, Numbers) and yes.days == no.days:
        return _choose_numbers(condition, yes, no)
    cases = [(condition & when, then) for when, then in _cases(yes)]
    cases += [(~condition & when, then) for when, then in _cases(no)]
    return Mixed(conditions=tuple(when for when, _ in cases), values=tuple(then for _, then in cases))


def each_kind(function: Callable[[Single], Value], value: Value) -> Value:
    """A function that treats numbers and texts differently, of a value that may be either."""
    first, *others = _cases(value)
    result = function(first[1])
    for when, then in others:
        result = chosen_by(when, function(then), result)
    return result


def _cases(value: Value) -> list[tuple[Truths, Single]]:
    if isinstance(value, Mixed):
        return list(zip(value.conditions, value.values, strict=True))
    return [(everywhere(_rows(value), True), value)]


def _rows(value: Single) -> int:
    match value:
        case Truths():
            return len(value)
        case Texts():
            return len(value.codes)
        case Numbers():
            return len(value.low)


def _choose_numbers(condition: Truths, yes: Numbers, no: Numbers) -> Numbers:
    return Numbers(
        low=np.where(condition.true, yes.low, no.low),
        high=np.where(condition.true, yes.high, no.high),
        unknown=condition.unknown | np.where(condition.true, yes.unknown, no.unknown),
        days=yes.days and no.days,
    )


def _choose_texts(condition: Truths, yes: Texts, no: Texts) -> Texts:
    return Texts(
        codes=np.where(condition.true, yes.codes, no.codes + len(yes.words)),
        words=yes.words + no.words,
        unknown=condition.unknown | np.where(condition.true, yes.unknown, no.unknown),
    )


def any_of(conditions: list[Truths]) -> Truths:
    """Whether one of several conditions holds."""
    return reduce(lambda before, condition: before | condition, conditions)


def all_of(conditions: list[Truths]) -> Truths:
    """Whether all of several conditions hold."""
    return reduce(lambda before, condition: before & condition, conditions)


# Comparing


def compared(operator: str, left: Value, right: Value) -> Truths:
    """Whether two values stand in a relation, by XPath's rules for their kinds."""
    if isinstance(left, Mixed) or isinstance(right, Mixed):
        pairs = [(a, b) for a in _cases(left) for b in _cases(right)]
        return any_of([a[0] & b[0] & compared(operator, a[1], b[1]) for a, b in pairs])
    match operator:
        case "=":
            return _equal(left, right)
        case "!=":
            return ~_equal(left, right)
        case "<":
            return _below(to_numbers(left), to_numbers(right))
        case ">":
            return _below(to_numbers(right), to_numbers(left))
        case "<=":
            return _at_most(to_numbers(left), to_numbers(right))
        case _:
            return _at_most(to_numbers(right), to_numbers(left))


def _equal(left: Single, right: Single) -> Truths:
    if isinstance(left, Truths) or isinstance(right, Truths):
        a, b = to_truths(left), to_truths(right)
        return (a & b) | (~a & ~b)
    if isinstance(left, Numbers) or isinstance(right, Numbers):
        return _equal_numbers(to_numbers(left), to_numbers(right))
    return truths_from(lambda a, b: a == b, left, right)


def _equal_numbers(left: Numbers, right: Numbers) -> Truths:
    unknown = left.unknown | right.unknown
    exact = (left.low == left.high) & (right.low == right.high)
    near = (np.abs(left.low - right.low) < TOLERANCE) | (left.low == right.low)
    possible = (left.low <= right.high + TOLERANCE) & (right.low <= left.high + TOLERANCE)
    return _bounded(np.where(exact, near, False), np.where(exact, near, possible), unknown)


def _below(left: Numbers, right: Numbers) -> Truths:
    unknown = left.unknown | right.unknown
    return _bounded(left.high < right.low, left.low < right.high, unknown)


def _at_most(left: Numbers, right: Numbers) -> Truths:
    unknown = left.unknown | right.unknown
    return _bounded(left.high <= right.low, left.low <= right.high, unknown)


def _bounded(sure: Bools, possible: Bools, unknown: Bools) -> Truths:
    """True where sure, false where impossible; with NaN nothing is possible."""
    return Truths(true=sure & ~unknown, false=~possible & ~unknown)


# Calculating


def calculated(operator: str, left: Numbers, right: Numbers) -> Numbers:
    """Two numbers made one; bounds of what is known only within bounds."""
    unknown = left.unknown | right.unknown
    match operator:
        case "+":
            return Numbers(low=left.low + right.low, high=left.high + right.high, unknown=unknown)
        case "-":
            return Numbers(low=left.low - right.high, high=left.high - right.low, unknown=unknown)
        case "*":
            return _corners(np.multiply, left, right, unknown)
        case "div":
            return _corners(np.divide, left, right, unknown | _inexact(right))
        case _:
            remainder = np.fmod(left.low, right.low)
            return Numbers(low=remainder, high=remainder, unknown=unknown | _inexact(left) | _inexact(right))


def _corners(operation: np.ufunc, left: Numbers, right: Numbers, unknown: Bools) -> Numbers:
    if not (_inexact(left) | _inexact(right)).any():
        result = operation(left.low, right.low)
        return Numbers(low=result, high=result, unknown=unknown)
    ends = [operation(a, b) for a in (left.low, left.high) for b in (right.low, right.high)]
    return Numbers(low=np.minimum.reduce(ends), high=np.maximum.reduce(ends), unknown=unknown)


def _inexact(numbers: Numbers) -> Bools:
    differs: Bools = (numbers.low != numbers.high) & ~np.isnan(numbers.low)
    return differs


def exactly(numbers: Numbers) -> Numbers:
    """The numbers, unknown where only bounds of them are known."""
    return Numbers(low=numbers.low, high=numbers.low, unknown=numbers.unknown | _inexact(numbers))
