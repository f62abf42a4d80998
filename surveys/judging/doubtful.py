"""What the columns of a file leave open: day or month first, and codes that nobody has given a meaning."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from surveys.display import listed
from surveys.doubts import Doubt, Option, Place
from surveys.expressions import Answers as Columns
from surveys.expressions import meets_constraint
from surveys.instrument import Instrument, Question
from surveys.judging.answers import (
    CLOCKED_BY_DEVICE,
    SELECT_ONE,
    SEVERAL,
    order_of_column,
    plain_code,
)
from surveys.judging.choices import ChoiceList
from surveys.judging.findings import Finding
from surveys.judging.quantities import read_day, western_digits
from surveys.languages import languages, say
from surveys.missing import MARKS, SUSPECT_CODES, Missing, reasons_of_list
from surveys.sources import (
    ANSWER,
    DAY_ORDERS,
    Decisions,
    day_order_key,
    meanings_of,
    missing_key,
)


MEASURED = frozenset({"integer", "decimal", "range"})
DATES = frozenset({"date", "datetime", "dateTime", "today", *CLOCKED_BY_DEVICE})
_OF_THE_INTERVIEW = frozenset({"today", *CLOCKED_BY_DEVICE})
_WRITTEN = frozenset({"text", "string"})
# Asked about where a list does not hold them or a rule forbids them; -99 and its like are asked about anywhere.
_ALSO_ASKED = frozenset(
    (
        "-6",
        "-7",
        "-8",
        "-9",
        "66",
        "77",
        "88",
        "96",
        "97",
        "98",
        "99",
        "777",
        "888",
        "998",
        "999",
        "9998",
        "9999",
    )
)
_ASKED = frozenset((*SUSPECT_CODES, *_ALSO_ASKED, *MARKS))
_NAMED = 8  # questions that the sentence about a mark names; it may stand in every column


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Column:
    """One column of answers as received, and what is known of its codes before anybody is asked."""

    name: str
    header: str
    texts: pa.ChunkedArray
    question: Question
    choices: ChoiceList | None = None
    declared: Mapping[str, Missing] = field(default_factory=dict)  # by the campaign and the file, by code
    labelled: frozenset[str] = frozenset()  # codes the file itself labels as a choice of the form
    plays_part: bool = False  # an id, a cluster, a weight: codes are not asked about
    of_the_interview: bool = False  # its dates are those of the interviews
    one_choice: bool = False  # of a select_multiple: it holds ticks, not codes


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubts:
    """The doubts of a file, answered or open, and the decisions that were put to use."""

    doubts: tuple[Doubt, ...]
    used: tuple[str, ...]


# ---- codes -----------------------------------------------------------------------------------------------


class CodeRules:
    """Which codes of a question are its own answers, and what a person decided about the others."""

    def __init__(self, instrument: Instrument, decisions: Decisions, today: date) -> None:
        self._instrument, self._decisions, self._today = instrument, decisions, today

    def is_answer(self, question: Question, choices: ChoiceList | None, code: str) -> bool:
        """Whether the form itself allows the code as an answer: a choice of its list, or within a range.

        A rule such as ``. >= 0 or . = -99`` names the code apart from its range, and so does not make it one.
        """
        if choices is not None:
            return bool(choices.pick(code).codes)
        if question.type not in MEASURED or question.constraint is None or code in MARKS:
            return False
        return self._keeps_rule(question, code) and self._keeps_rule(question, str(int(code) // 2))

    def is_refused(self, question: Question, code: str) -> bool:
        """Whether a row with the code stays out as long as nobody says what it means."""
        if code in MARKS:
            return question.type not in _WRITTEN | CLOCKED_BY_DEVICE
        if question.type in MEASURED:
            return question.constraint is not None and not self._keeps_rule(question, code)
        return question.type not in _WRITTEN

    def decided(self, name: str, question: Question, choices: ChoiceList | None) -> dict[str, Missing]:
        """The codes of a question to which a person gave a missing reason; never one of its answers.

        Nor a mark that stands for an empty cell: whether the question was asked there, the form says.
        """
        meant = {code: self._decisions.meaning(code, name) for code in self._decisions.codes}
        return {
            code: Missing(meaning)
            for code, meaning in meant.items()
            if meaning not in (None, ANSWER, Missing.BLANK) and not self._is_own(question, choices, code)
        }

    def blanks(self, name: str, question: Question | None, choices: ChoiceList | None) -> frozenset[str]:
        """The marks that stand for an empty cell in the column of that name; never one of its answers."""
        return frozenset(
            code
            for code in self._decisions.codes
            if self._decisions.meaning(code, name) == Missing.BLANK
            and not (question is not None and self._is_own(question, choices, code))
        )

    def genuine(self, name: str) -> frozenset[str]:
        """The codes that a person said are answers like any other."""
        return frozenset(c for c in self._decisions.codes if self._decisions.meaning(c, name) == ANSWER)

    def _is_own(self, question: Question, choices: ChoiceList | None, code: str) -> bool:
        return (_is_number(code) or code in MARKS) and self.is_answer(question, choices, code)

    def _keeps_rule(self, question: Question, code: str) -> bool:
        held = meets_constraint(
            question, self._instrument, Columns({question.name: pa.array([code])}), today=self._today
        )
        return not bool(held.false[0])


def code_doubts(columns: Iterable[Column], rules: CodeRules, decisions: Decisions) -> Doubts:
    """One doubt for every code that occurs and that neither form nor file nor campaign explains.

    A mark is asked about where it would refuse a row, and then in every column: "NA" as somebody's remark is one.
    """
    places: dict[str, dict[str, tuple[Place, Column]]] = {}
    for column in columns:
        for code, count in _codes_in(column).items():
            if _is_open(column, code, rules):
                here = places.setdefault(code, {})
                before = here[column.name][0].count if column.name in here else 0
                place = Place(id=missing_key(code, column.name), name=column.name, count=before + count)
                here[column.name] = (place, column)
    gathered = {code: list(here.values()) for code, here in places.items()}
    doubts, used = [], []
    for code, found in sorted(gathered.items(), key=lambda pair: -sum(place.count for place, _ in pair[1])):
        if code in MARKS and not any(rules.is_refused(column.question, code) for _, column in found):
            continue
        doubts.append(_code_doubt(code, found, rules, decisions))
        used += [_key_used(decisions, code, place) for place, _ in found]
    return Doubts(doubts=tuple(doubts), used=tuple(dict.fromkeys(key for key in used if key)))


def outranked(columns: Iterable[Column], instrument: Instrument, decisions: Decisions) -> list[Finding]:
    """Decisions that the campaign, the file or the form overrules: told, once a code."""
    told: dict[tuple[str, str], list[str]] = {}
    for column in columns:
        listed = instrument.choices.get(column.question.choice_list or "", ())
        own = reasons_of_list(listed)
        for code in decisions.codes:
            meaning = decisions.meaning(code, column.name)
            if meaning is None or column.plays_part or column.one_choice:
                continue
            if code in column.declared and column.declared[code] != meaning:
                told.setdefault((code, "declared"), []).append(column.name)
            elif column.choices is not None and column.choices.pick(code).codes and own.get(code) != meaning:
                told.setdefault((code, "listed"), []).append(column.name)
    return [
        Finding(
            code=f"decision_outranked_{by}",
            effect="warn",
            values={"code": code, "questions": ", ".join(names), "number": len(names)},
        )
        for (code, by), names in told.items()
    ]


def _codes_in(column: Column) -> dict[str, int]:
    """How often each code occurs that could mean no answer."""
    wanted = SUSPECT_CODES | MARKS if column.question.type in _WRITTEN else _ASKED
    if column.plays_part or column.one_choice:
        wanted = MARKS
    spelt = pa.array([text for code in wanted for text in (code, f"{code}.0")], pa.large_string())
    found = column.texts.filter(pc.fill_null(pc.is_in(column.texts, value_set=spelt), False))
    counts: dict[str, int] = {}
    for entry in pc.value_counts(found).to_pylist():
        code = plain_code(entry["values"])
        counts[code] = counts.get(code, 0) + entry["counts"]
    return counts


def _is_open(column: Column, code: str, rules: CodeRules) -> bool:
    question = column.question
    known = question.type in SELECT_ONE | SEVERAL | MEASURED | DATES | _WRITTEN | {"time"}
    if not known or (question.type in SELECT_ONE | SEVERAL and column.choices is None):
        return False
    if code in column.declared or code in column.labelled or rules.is_answer(question, column.choices, code):
        return False
    return code in SUSPECT_CODES | MARKS or column.choices is not None or rules.is_refused(question, code)


def _code_doubt(
    code: str, found: Sequence[tuple[Place, Column]], rules: CodeRules, decisions: Decisions
) -> Doubt:
    refused = [rules.is_refused(column.question, code) for _, column in found]
    cells = sum(place.count for place, _ in found)
    values = {"code": code, "cells": cells, "questions": ", ".join(place.name for place, _ in found)}
    if code in MARKS:
        values |= {"questions": listed([place.name for place, _ in found], most=_NAMED), "number": len(found)}
    meanings = [*meanings_of(code), *([] if any(refused) else [ANSWER])]
    said = [decisions.meaning(code, place.name) for place, _ in found]
    return Doubt(
        id=missing_key(code),
        kind="missing",
        sentence="missing.about_mark" if code in MARKS else "missing.about",
        options=tuple(Option(value=m, sentence=f"missing.{m}", values=values) for m in meanings),
        values=values,
        places=tuple(place for place, _ in found),
        blocking=any(refused),
        answer=None if None in said else ", ".join(dict.fromkeys(one for one in said if one)),
    )


def _key_used(decisions: Decisions, code: str, place: Place) -> str | None:
    for key in (place.id, missing_key(code)):
        if key in decisions.answers:
            return key
    return None


def _is_number(code: str) -> bool:
    return code.removeprefix("-").isdigit()


# ---- day or month first ----------------------------------------------------------------------------------


def day_doubts(columns: Iterable[Column], decisions: Decisions, today: date) -> Doubts:
    """One doubt for every column whose dates do not show whether day or month comes first, or not as decided."""
    doubts: list[Doubt] = []
    used: list[str] = []
    for column in columns:
        if column.question.type not in DATES:
            continue
        texts = pc.unique(column.texts).drop_null()
        order = order_of_column(texts)
        decided = decisions.day_order(column.header)
        if order == "unknown":
            answer = decided or decisions.order_of_all()
            doubts.append(_day_doubt(column, texts.to_pylist(), DAY_ORDERS, answer, today))
            used += [day_order_key(column.header)] if answer is not None else []
        elif order in DAY_ORDERS and decided not in (None, order):
            doubts.append(_day_doubt(column, texts.to_pylist(), [str(order)], None, today))
    return Doubts(doubts=tuple(doubts), used=tuple(used))


def _day_doubt(
    column: Column, texts: Sequence[str], orders: Sequence[str], answer: str | None, today: date
) -> Doubt:
    shown = column.of_the_interview or column.question.type in _OF_THE_INTERVIEW
    example = _example(texts, shown=shown)
    days: dict[str, object] = {order: _day(example, order) for order in DAY_ORDERS}
    sentence = "day_order.about" if len(orders) > 1 else "day_order.contradicted"
    return Doubt(
        id=day_order_key(column.header),
        kind="day_order",
        sentence=sentence,
        options=tuple(_day_option(order, example, texts if shown else (), today) for order in orders),
        values={"column": column.header, "example": example, **days},
        blocking=column.question.type not in _OF_THE_INTERVIEW,
        answer=answer,
    )


def _example(texts: Sequence[str], *, shown: bool) -> str:
    """A date that could be read both ways: one of the interviews', or a made-up one, never a birthday."""
    if shown:
        plain = (western_digits(text.strip()).split()[0].rstrip(",") for text in texts if text.strip())
        both = (one for one in plain if _day(one, "day_first") and _day(one, "month_first"))
        found = next((one for one in both if _day(one, "day_first") != _day(one, "month_first")), None)
        if found is not None:
            return found
    return "03/04/2026"


def _day_option(order: str, example: str, texts: Sequence[str], today: date) -> Option:
    days = sorted(day for text in texts if (day := _day(text, order)) is not None)
    values: dict[str, object] = {"example": example, "day": _day(example, order) or ""}
    if not days:
        return Option(value=order, sentence=f"day_order.{order}", values=values)
    later = sum(day > today for day in days)
    values |= {"first": days[0], "last": days[-1], "later": _later(later)}
    return Option(value=order, sentence=f"day_order.{order}_span", values=values)


def _later(count: int) -> dict[str, str]:
    """How many different days have not come yet, in every language; nothing where all have."""
    return {
        language: say("doubts.day_order.later", language, count=count) if count else ""
        for language in languages()
    }


def _day(text: str, order: str) -> date | None:
    read = read_day(text, "day_first" if order == "day_first" else "month_first")
    return date.fromisoformat(read.text) if read.fault is None and read.text else None
