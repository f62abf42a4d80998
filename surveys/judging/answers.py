"""The answers in one column of a file, judged against the question they answer.

Every value that occurs is judged once, however many rows repeat it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from surveys.instrument import Question
from surveys.judging.choices import ChoiceList
from surveys.judging.findings import Effect, Finding
from surveys.judging.quantities import (
    Quantity,
    day_order,
    read_day,
    read_moment,
    read_number,
    read_time,
    writes_decimal_commas,
)
from surveys.missing import SUSPECT_CODES, Missing, declared_reason
from surveys.problems import FileRefused, Problem
from surveys.sources import DayOrder


REASONS = tuple(Missing)  # a reason is kept as its place in this tuple plus one; 0 is no reason
SELECT_ONE = frozenset(
    {"select_one", "select_one_from_file", "select_one_external", "select_one_from_map", "select1"}
)
SEVERAL = frozenset({"select_multiple", "select_multiple_from_file", "select_multiple_external", "rank"})
CLOCKED_BY_DEVICE = frozenset({"start", "end"})

# What a spreadsheet program writes where a text was longer than it can hold.
TRUNCATED = "<WARNING: Truncated to Excel limit of 32767 characters!>"
_CONTROL = "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f]"
_DAY_MONTH_YEAR = r"^\s*\p{Nd}{1,2}[-/.]\p{Nd}{1,2}[-/.]\p{Nd}{4}"
# Values that need no second look.
_PLAIN_TEXT = ""
_WHOLE = r"^-?\d{1,15}$"
_DECIMAL = r"^-?\d{1,15}(\.\d+)?$"
_MOMENT = (
    r"^(19|20)\d\d-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?"
    r"(Z|[+-]\d\d:?\d\d)?$"
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answers:
    """One question's answers in canonical text, why there is none, and what was found wrong."""

    name: str
    header: str | None
    values: pa.Array  # large_string; null where there is no answer
    reasons: np.ndarray | None = None  # int8 by row, see REASONS; None: nowhere a reason
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conventions:
    """How this file and this campaign write what is no answer, and numbers."""

    decimal_comma: bool = False
    by_label: bool = False
    not_available: frozenset[str] = frozenset()  # texts of the exporter for "nothing here", such as n/a
    missing_codes: Mapping[str, str] = field(default_factory=dict)  # the campaign's
    declared_missing: Mapping[str, str] = field(default_factory=dict)  # this column's, in a statistics file
    value_labels: Mapping[str, str] = field(default_factory=dict)  # this column's, in a statistics file
    decided_codes: Mapping[str, Missing] = field(default_factory=dict)  # a person's, for this question
    decided_order: DayOrder | None = None  # a person's, for this column
    order_if_open: DayOrder | None = None  # a person's, for every column that leaves it open


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one distinct value comes to."""

    text: str | None = None
    reason: Missing | None = None
    fault: str | None = None
    effect: Effect = "refuse"
    values: Mapping[str, object] = field(default_factory=dict)


Judge = Callable[[str], Verdict]


def judge_column(
    column: pa.Array,
    *,
    name: str,
    header: str,
    question: Question | None,
    choices: ChoiceList | None,
    reasons: Mapping[str, Missing],
    conventions: Conventions,
) -> Answers:
    """The answers of one column, in the instrument's codes.

    Parameters
    ----------
    column
        Text as received, null where the cell is blank.
    question
        None for a column of the data that the instrument does not ask: kept as text.
    choices
        The question's list; None where it has none, or the list lives in another file.
    reasons
        The codes of the list that are no answer.

    Raises
    ------
    FileRefused
        The column writes dates of which nobody can tell day from month, or in another order than was decided.
    """
    encoded = column.dictionary_encode()
    texts = encoded.dictionary
    places = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64, copy=False)
    judge, faithful = _judge_of(texts, question, choices, reasons, conventions, header)
    waiting = _to_look_at(texts, faithful, conventions)
    words = texts.take(pa.array(waiting, pa.int64())).to_pylist()
    verdicts = {place: _judged(word, judge, conventions) for place, word in zip(waiting, words, strict=True)}
    return _answers(name, header, column, texts, places, verdicts)


def column_warning(code: str, header: str, number: int, **values: object) -> Finding:
    """One warning for a whole column: a sentence and how many rows, no answer."""
    return Finding(code=code, effect="warn", header=header, values={**values, "number": number})


def _judged(text: str, judge: Judge, conventions: Conventions) -> Verdict:
    stripped = text.strip()
    if not stripped or stripped in conventions.not_available:
        return Verdict()
    return judge(text)


def _judge_of(
    texts: pa.Array,
    question: Question | None,
    choices: ChoiceList | None,
    reasons: Mapping[str, Missing],
    conventions: Conventions,
    header: str,
) -> tuple[Judge, str | None]:
    """How to judge a value of this question, and the pattern of the values that need no judging."""
    kind = question.type if question is not None else "text"
    declared = _declared(conventions)
    if choices is not None and kind in SELECT_ONE:
        other = question is not None and question.or_other
        return _pick_one(choices, reasons, declared, conventions, other=other), None
    if choices is not None and kind in SEVERAL:
        return _pick_several(choices, reasons, declared, conventions), None
    if kind in ("integer", "decimal", "range"):
        whole = kind == "integer"
        comma = conventions.decimal_comma or (not whole and _proves_decimal_comma(texts))
        judge = _measure(lambda text: read_number(text, whole=whole, decimal_comma=comma), declared)
        return judge, _WHOLE if whole or comma else _DECIMAL
    if kind in ("date", "datetime", "dateTime", "today", *CLOCKED_BY_DEVICE):
        order = _order(texts, header, conventions, insist=kind in ("date", "datetime", "dateTime"))
        day = kind in ("date", "today")
        judge = _measure(lambda text: read_day(text, order) if day else read_moment(text, order), declared)
        by_device = kind in CLOCKED_BY_DEVICE or kind == "today"
        return (_leniently(judge) if by_device else judge), (None if day else _MOMENT)
    if kind == "time":
        return _measure(read_time, declared), None
    return _keep(declared), _PLAIN_TEXT


def _to_look_at(texts: pa.Array, faithful: str | None, conventions: Conventions) -> list[int]:
    """Places of the distinct values that must be looked at one by one."""
    if faithful is None:
        return list(range(len(texts)))
    if faithful == _PLAIN_TEXT:
        odd = pc.or_(pc.match_substring_regex(texts, _CONTROL), pc.starts_with(texts, TRUNCATED))
        odd = pc.or_(odd, pc.equal(pc.utf8_trim_whitespace(texts), ""))
    else:
        odd = pc.invert(pc.match_substring_regex(texts, faithful))
    special = [
        *conventions.not_available,
        *(f"{code}{zero}" for code in _declared(conventions) for zero in ("", ".0")),
    ]
    if special:
        odd = pc.or_(odd, pc.is_in(texts, value_set=pa.array(special, pa.large_string())))
    places: list[int] = np.flatnonzero(odd.to_numpy(zero_copy_only=False)).tolist()
    return places


def _answers(
    name: str,
    header: str,
    column: pa.Array,
    texts: pa.Array,
    places: np.ndarray,
    verdicts: Mapping[int, Verdict],
) -> Answers:
    changed = {place: v.text for place, v in verdicts.items() if v.text != texts[place].as_py()}
    values = column
    if changed:
        canonical = texts.to_pylist()
        for place, text in changed.items():
            canonical[place] = text
        indices = pa.array(places, mask=places < 0)
        values = pa.array(canonical, pa.large_string()).take(indices)
    return Answers(
        name=name,
        header=header,
        values=values,
        reasons=_reasons(places, verdicts),
        findings=tuple(_findings(header, texts, places, verdicts)),
    )


def _reasons(places: np.ndarray, verdicts: Mapping[int, Verdict]) -> np.ndarray | None:
    given = {place: REASONS.index(v.reason) + 1 for place, v in verdicts.items() if v.reason is not None}
    if not given:
        return None
    by_text = np.zeros(int(places.max(initial=0)) + 2, dtype=np.int8)  # the last place serves the nulls
    for place, reason in given.items():
        by_text[place] = reason
    reasons: np.ndarray = by_text[places]
    return reasons


def _findings(
    header: str, texts: pa.Array, places: np.ndarray, verdicts: Mapping[int, Verdict]
) -> list[Finding]:
    wrong = {place: verdict for place, verdict in verdicts.items() if verdict.fault is not None}
    if not wrong:
        return []
    marked = np.zeros(len(texts) + 1, dtype=bool)
    marked[list(wrong)] = True
    rows = np.flatnonzero(marked[places])
    order = np.argsort(places[rows], kind="stable")
    sorted_rows, sorted_places = rows[order], places[rows][order]
    distinct, starts = np.unique(sorted_places, return_index=True)
    ends = [*starts[1:].tolist(), len(sorted_rows)]
    found: list[Finding] = []
    warned: dict[str, int] = {}
    for place, start, end in zip(distinct.tolist(), starts.tolist(), ends, strict=True):
        verdict = wrong[place]
        if verdict.effect == "warn":
            warned[verdict.fault or ""] = warned.get(verdict.fault or "", 0) + end - start
            continue
        found.append(
            Finding(
                code=verdict.fault or "",
                rows=np.sort(sorted_rows[start:end]),
                effect=verdict.effect,
                header=header,
                cell=texts[place].as_py(),
                values=verdict.values,
            )
        )
    return [*found, *(column_warning(code, header, number) for code, number in warned.items())]


def _declared(conventions: Conventions) -> dict[str, Missing]:
    """Codes that are no answer: what campaign and file declare outranks what a person decided."""
    declared = declared_codes(
        conventions.missing_codes, conventions.declared_missing, conventions.value_labels
    )
    return {**conventions.decided_codes, **declared}


def declared_codes(
    by_campaign: Mapping[str, str], by_file: Mapping[str, str], labels: Mapping[str, str]
) -> dict[str, Missing]:
    """Codes declared to be no answer: by the campaign, which outranks the file."""
    of_file = {
        plain_code(code): declared_reason(labels.get(code, text) if text == code else text)
        for code, text in by_file.items()
    }
    return {**of_file, **{plain_code(code): Missing(reason) for code, reason in by_campaign.items()}}


def plain_code(text: str) -> str:
    """A code without the ``.0`` that programs add to whole numbers."""
    return re.sub(r"^(-?\d+)\.0+$", r"\1", str(text).strip())


def _pick_one(
    choices: ChoiceList,
    reasons: Mapping[str, Missing],
    declared: Mapping[str, Missing],
    conventions: Conventions,
    *,
    other: bool,
) -> Judge:
    labels = {plain_code(code): label for code, label in conventions.value_labels.items()}

    def judge(text: str) -> Verdict:
        bare = plain_code(text)
        label = labels.get(bare)
        by_label = choices.by_label(label) if label is not None else None
        if by_label is not None:
            return Verdict(text=by_label, reason=reasons.get(by_label) or declared.get(by_label))
        picked = choices.pick(text)
        if picked.codes:
            code = picked.codes[0]
            reason = reasons.get(code) or declared.get(code)
            if label is not None and not _alike(label, bare):
                values = {"code": code, "label": label[:80]}
                return Verdict(
                    text=code, reason=reason, fault="label_not_in_form", effect="warn", values=values
                )
            return Verdict(text=code, reason=reason)
        if bare in declared:
            return Verdict(reason=declared[bare])
        if other and picked.fault == "unknown_choice" and not _broken(text):
            return Verdict(text=text.strip(), fault="code_outside_list", effect="warn")
        return _not_picked(text, picked.fault or "", choices)

    return judge


def _alike(label: str, code: str) -> bool:
    return label.strip() == code


def _pick_several(
    choices: ChoiceList,
    reasons: Mapping[str, Missing],
    declared: Mapping[str, Missing],
    conventions: Conventions,
) -> Judge:
    def judge(text: str) -> Verdict:
        picked = choices.pick_several(text, labels_first=conventions.by_label)
        if picked.codes:
            return several(picked.codes, reasons)
        if plain_code(text) in declared:
            return Verdict(reason=declared[plain_code(text)])
        return _not_picked(text, picked.fault or "", choices)

    return judge


def several(codes: Sequence[str], reasons: Mapping[str, Missing]) -> Verdict:
    """Several codes as one answer; it is none where no code but "don't know" and its like was chosen."""
    none = [reasons.get(code) for code in codes]
    return Verdict(text=" ".join(codes), reason=none[0] if None not in none else None)


def _not_picked(text: str, fault: str, choices: ChoiceList) -> Verdict:
    if fault == "unknown_choice" and plain_code(text) in SUSPECT_CODES:
        fault = "undeclared_missing_code"
    return Verdict(fault=fault, values={"choices": choices.shown_codes()})


def _measure(read: Callable[[str], Quantity], declared: Mapping[str, Missing]) -> Judge:
    def judge(text: str) -> Verdict:
        if plain_code(text) in declared:
            return Verdict(reason=declared[plain_code(text)])
        quantity = read(text)
        return Verdict(text=quantity.text) if quantity.fault is None else Verdict(fault=quantity.fault)

    return judge


def _leniently(judge: Judge) -> Judge:
    """A moment the device noted and the file garbled is lost; the interview is not."""

    def lenient(text: str) -> Verdict:
        verdict = judge(text)
        if verdict.fault is None:
            return verdict
        return Verdict(reason=Missing.LOST, fault="device_time_lost", effect="warn")

    return lenient


def _keep(declared: Mapping[str, Missing]) -> Judge:
    def judge(text: str) -> Verdict:
        if plain_code(text) in declared:
            return Verdict(reason=declared[plain_code(text)])
        if text.startswith(TRUNCATED):
            return Verdict(fault="truncated_text")
        return Verdict(fault="control_characters") if _broken(text) else Verdict(text=text)

    return judge


def _broken(text: str) -> bool:
    return re.search(_CONTROL, text) is not None


def _proves_decimal_comma(texts: pa.Array) -> bool:
    with_comma = texts.filter(pc.match_substring(texts, ","))
    return writes_decimal_commas(with_comma.to_pylist())


def _order(texts: pa.Array, header: str, conventions: Conventions, *, insist: bool) -> DayOrder | None:
    """Whether day or month comes first, proven by the column or decided; None where no date needs to know."""
    order = order_of_column(texts)
    decided = conventions.decided_order
    if order in ("day_first", "month_first"):
        if decided not in (None, order):
            raise FileRefused(Problem(code="day_order_contradicted", column=header))
        return order
    if order == "unknown" and (decided or conventions.order_if_open) is not None:
        return decided or conventions.order_if_open
    if order is not None and insist:
        code = "day_or_month_first" if order == "unknown" else "day_and_month_mixed"
        raise FileRefused(Problem(code=code, column=header))
    return None


def order_of_column(texts: pa.Array) -> DayOrder | Literal["unknown", "mixed"] | None:
    """What a column's dates themselves say of day and month; None where it writes no such dates."""
    if not pc.any(pc.match_substring_regex(texts, _DAY_MONTH_YEAR)).as_py():
        return None
    return day_order(texts.to_pylist())
