"""The rows as Stata and SPSS files: codes with their labels, each missing reason with a value of its own.

Stata has extended missing values for numbers and dates: ``.d`` don't know, ``.r`` refused, ``.s`` not asked
(skipped), ``.n`` not applicable, ``.b`` blank, ``.l`` lost; a second choice of a form for the same reason takes a free
letter. SPSS has user-missing values: in this order one to six below a round number that no answer comes near, and for
dates one to six days before its calendar begins. Texts have their reasons in a variable beside them.
"""

import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from surveys.languages import say
from surveys.missing import BESIDE, LETTERS, Missing, in_words
from surveys.writing.variable_names import SPSS, STATA, Package, names_in
from surveys.writing.variables import State, Variable, is_code


STATA_BEGINS, SPSS_BEGINS = date(1960, 1, 1), date(1582, 10, 14)
SECONDS_OF_DAY = 86_400
STATA_LABEL, STATA_VALUE_LABEL = 80, 32_000  # characters
SPSS_LABEL, SPSS_VALUE_LABEL, SPSS_MISSING_TEXT = 256, 120, 8  # bytes
MOST_MISSING_TEXTS = 3
_FREE_LETTERS = [letter for letter in string.ascii_lowercase if letter not in LETTERS.values()]


def write_stata(path: Path, variables: Sequence[Variable], title: str, language: str) -> dict[str, str]:
    """Write a Stata file (version 14 and later); the columns whose names it does not allow, and what they are in it."""
    import pyreadstat

    variables, renamed = _in_package(variables, STATA, language)
    codes = {one.name: _letters(one.states) for one in variables}
    pyreadstat.write_dta(
        _frame(variables, codes, lambda day: (day - STATA_BEGINS).days),
        str(path),
        file_label=title[:STATA_LABEL],
        column_labels=[one.label[:STATA_LABEL] for one in variables],
        variable_value_labels={
            one.name: _value_labels(one, codes[one.name], lambda text: text[:STATA_VALUE_LABEL])
            for one in variables
            if one.kind != "text" and (one.labels or one.states)
        },
        missing_user_values={
            one.name: sorted(set(codes[one.name].values()))
            for one in variables
            if one.kind != "text" and one.states
        },
        variable_format={one.name: "%td" for one in variables if one.kind == "date"},
    )
    return renamed


def write_spss(path: Path, variables: Sequence[Variable], title: str, language: str) -> dict[str, str]:
    """Write an SPSS file; the columns whose names it does not allow, and what they are in it."""
    import pyreadstat

    variables, renamed = _in_package(variables, SPSS, language)
    codes = {one.name: _numbers(one) for one in variables}
    pyreadstat.write_sav(
        _frame(variables, codes, lambda day: (day - SPSS_BEGINS).days * SECONDS_OF_DAY),
        str(path),
        file_label=_in_bytes(title, 64),
        column_labels=[_in_bytes(one.label, SPSS_LABEL) for one in variables],
        variable_value_labels={
            one.name: _value_labels(one, codes[one.name], lambda text: _in_bytes(text, SPSS_VALUE_LABEL))
            for one in variables
            if one.labels or (one.states and one.kind != "text")
        },
        missing_ranges={one.name: found for one in variables if (found := _missing(one, codes[one.name]))},
        variable_format={one.name: "DATE11" for one in variables if one.kind == "date"},
    )
    return renamed


def _in_package(
    variables: Sequence[Variable], package: Package, language: str
) -> tuple[list[Variable], dict[str, str]]:
    """The variables under names that the package allows, each that needs it with its reasons behind it."""
    names = names_in(package, [one.name for one in variables])
    named: list[Variable] = []
    for one in variables:
        named.append(replace(one, name=names[one.name]))
        if one.needs_reasons_beside:
            named.append(_beside(named[-1], language))
    return named, {column: name for column, name in names.items() if column != name}


def _beside(variable: Variable, language: str) -> Variable:
    """Zero where there is an answer, else why there is none."""
    reasons = dict.fromkeys(reason for reason in variable.reasons if reason is not None)
    return replace(
        variable,
        name=f"{variable.name}{BESIDE}",
        kind="codes",
        label=say("responses.why", language, label=variable.label),
        values=[None if reason is not None else "0" for reason in variable.reasons],
        labels={"0": say("responses.answered", language)},
        states=tuple(
            State(reason=reason, value=None, label=in_words(reason, language))
            for reason in map(Missing, sorted(reasons))
        ),
    )


def _letters(states: Sequence[State]) -> dict[State, str]:
    """The letter of each state: the first of a reason has the reason's own."""
    given: dict[State, str] = {}
    free = iter(_FREE_LETTERS)
    for state in states:
        own = LETTERS[state.reason]
        given[state] = own if own not in given.values() else next(free, own)
    return given


def _numbers(variable: Variable) -> dict[State, int]:
    """The number of each state, as far below all answers as the order of its letter says."""
    order = [*LETTERS.values(), *_FREE_LETTERS]
    places = {state: order.index(letter) + 1 for state, letter in _letters(variable.states).items()}
    if variable.kind == "date":
        return {state: -place * SECONDS_OF_DAY for state, place in places.items()}
    base = _free_base(variable)
    return {state: -base - place for state, place in places.items()}


def _free_base(variable: Variable) -> int:
    """990, 9990, 99990 ...: the first below whose negative no answer or code comes near."""
    if variable.kind == "text":
        return 990
    cells = zip(variable.values, variable.reasons, strict=True)
    answers = {value for value, gone in cells if value is not None and gone is None}
    lowest = min((float(text) for text in answers | set(filter(is_code, variable.labels))), default=0.0)
    base = 990
    while lowest <= -base:
        base = base * 10 + 90
    return base


def _frame(
    variables: Sequence[Variable],
    codes: Mapping[str, Mapping[State, Any]],
    count_days: Callable[[date], int],
) -> pd.DataFrame:
    columns = {}
    for one in variables:
        if one.kind == "text":
            columns[one.name] = pd.Series([value or "" for value in one.values], dtype=object)
            continue
        gone = {(state.reason, state.value): code for state, code in codes[one.name].items()}
        cells = [
            _number(value, one.kind, count_days)
            if reason is None
            else gone.get((Missing(reason), value), gone.get((Missing(reason), None)))
            for value, reason in zip(one.values, one.reasons, strict=True)
        ]
        lettered = any(isinstance(code, str) for code in gone.values())
        columns[one.name] = pd.Series(cells, dtype=object if lettered else float)
    return pd.DataFrame(columns)


def _number(value: str | None, kind: str, count_days: Callable[[date], int]) -> float:
    if value is None:
        return float("nan")
    return float(count_days(date.fromisoformat(value))) if kind == "date" else float(value)


def _value_labels(
    variable: Variable, codes: Mapping[State, Any], fitted: Callable[[str], str]
) -> dict[Any, str]:
    """The labels of answers, then those of the ways of not answering."""
    if variable.kind == "text":
        return {code: fitted(label) for code, label in variable.labels.items()}
    chosen = {state.value for state in codes}
    labels: dict[Any, str] = {
        int(code): fitted(label)
        for code, label in variable.labels.items()
        if code not in chosen and is_code(code)
    }
    for state, code in codes.items():
        label = fitted(state.label)
        labels[code] = label if label == state.label else f"({state.reason})"
    return labels


def _missing(variable: Variable, codes: Mapping[State, int]) -> list[Any]:
    """What SPSS takes for missing: a range of numbers, or three short texts that are the form's own choices."""
    if variable.kind == "text":
        chosen = [state.value for state in variable.states if state.value is not None]
        short = [text for text in chosen if len(text.encode()) <= SPSS_MISSING_TEXT and " " not in text]
        return short[:MOST_MISSING_TEXTS]
    return [{"lo": min(codes.values()), "hi": max(codes.values())}] if codes else []


def _in_bytes(text: str, most: int) -> str:
    return text.encode()[:most].decode(errors="ignore")
