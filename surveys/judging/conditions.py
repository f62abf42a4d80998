"""Asked or not, answered or not, within the form's own rule or not: the form's logic against the rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from surveys.expressions import Answers as Columns
from surveys.expressions import asked, meets_constraint, parse, referenced_names
from surveys.instrument import Instrument, Question
from surveys.judging.answers import REASONS, SEVERAL, Answers, column_warning
from surveys.judging.findings import Finding
from surveys.languages import languages
from surveys.missing import SUSPECT_CODES, Missing


# Filled in by the device or by a formula: blank or not, they answer to nobody.
UNPROMPTED = frozenset(
    {"calculate", "hidden", "start", "end", "today", "note", "acknowledge", "xml-external"}
)
_MEASURED = frozenset({"integer", "decimal", "range"})
_NOT_ASKED = REASONS.index(Missing.NOT_ASKED) + 1
_BLANK = REASONS.index(Missing.BLANK) + 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Interviews:
    """All answers of the file by question name, and what the form's logic needs beside them."""

    instrument: Instrument
    answers: Mapping[str, Answers]
    days: pa.Array  # of the interviews, ISO, null where not known
    today: date
    settled: Mapping[str, frozenset[str]] = field(
        default_factory=dict
    )  # codes of each question with a known meaning


def follow_form(interviews: Interviews, questions: Mapping[str, Question]) -> dict[str, Answers]:
    """Every question's answers with not asked told from blank, and with what the form's rules object to."""
    columns = Columns({name: one.values for name, one in interviews.answers.items()})
    judged = {}
    for name, answers in interviews.answers.items():
        question = questions.get(name)
        followed = _followed(interviews, columns, question, answers) if question is not None else answers
        judged[name] = _with_blanks(followed)
    return judged


def _followed(interviews: Interviews, columns: Columns, question: Question, answers: Answers) -> Answers:
    blank = np.asarray(answers.values.is_null().to_numpy(zero_copy_only=False), dtype=bool)
    unread = _unread(answers)
    reasons = np.zeros(len(blank), dtype=np.int8) if answers.reasons is None else answers.reasons.copy()
    findings = list(answers.findings)
    empty = blank & (reasons == 0) & ~unread
    not_asked = np.zeros(len(blank), dtype=bool)
    surely_asked = np.ones(len(blank), dtype=bool)
    if question.relevant or question.group_relevants:
        truths = asked(
            question, interviews.instrument, columns, today=interviews.today, since=interviews.days
        )
        not_asked, surely_asked = truths.false, truths.true
        reasons[empty & not_asked] = _NOT_ASKED
        if question.type not in UNPROMPTED:
            findings += _contradictions(interviews, question, answers, not_asked & ~blank)
    if (question.required or question.required_when) and question.type not in UNPROMPTED:
        rows = np.flatnonzero(empty & surely_asked & _required(interviews, columns, question))
        if rows.size:
            findings.append(Finding(code="required_blank", rows=rows, header=answers.header))
    if question.constraint is not None:
        findings += _broken_rules(interviews, columns, question, answers, ~blank & ~not_asked)
    elif question.type in _MEASURED:
        findings += _suspects(answers, interviews.settled.get(answers.name, frozenset()))
    return replace(answers, reasons=reasons, findings=tuple(findings))


def _required(interviews: Interviews, columns: Columns, question: Question) -> np.ndarray:
    """Where the form insists on an answer."""
    if question.required_when is None:
        return np.full(columns.rows, question.required)
    condition = replace(question, relevant=question.required_when, group_relevants=())
    return asked(
        condition, interviews.instrument, columns, today=interviews.today, since=interviews.days
    ).true


def _with_blanks(answers: Answers) -> Answers:
    """Blank, where there is no answer and no better reason."""
    null = np.asarray(answers.values.is_null().to_numpy(zero_copy_only=False), dtype=bool)
    if not null.any() and answers.reasons is None:
        return answers
    reasons = np.zeros(len(null), dtype=np.int8) if answers.reasons is None else answers.reasons.copy()
    reasons[null & (reasons == 0)] = _BLANK
    return replace(answers, reasons=reasons if reasons.any() else None)


def _contradictions(
    interviews: Interviews, question: Question, answers: Answers, answered: np.ndarray
) -> list[Finding]:
    """Answers to a question that the other answers rule out.

    Where everything the condition rests on was answered, the row contradicts itself and is refused.
    Where a part of it is blank, the app may have seen more than the file tells: the answer is kept,
    with one warning for the column.
    """
    if not answered.any():
        return []
    conditions = [*question.group_relevants, *([question.relevant] if question.relevant else [])]
    told = np.ones(len(answered), dtype=bool)
    names: dict[str, None] = {}
    for condition in conditions:
        for name in referenced_names(parse(condition)):
            names[name] = None
            other = interviews.answers.get(name)
            told &= (
                np.asarray(other.values.is_valid().to_numpy(zero_copy_only=False), dtype=bool)
                if other is not None
                else False
            )
    findings = []
    certain = np.flatnonzero(answered & told)
    if certain.size:
        values = {"others": ", ".join(names), "condition": f"({' and '.join(conditions)})"}
        findings += _by_cell("contradiction", answers, certain, values)
    doubtful = int((answered & ~told).sum())
    if doubtful:
        findings.append(
            column_warning(
                "answered_though_not_asked",
                answers.header or question.name,
                doubtful,
                others=", ".join(names),
            )
        )
    return findings


def _broken_rules(
    interviews: Interviews, columns: Columns, question: Question, answers: Answers, answered: np.ndarray
) -> list[Finding]:
    held = meets_constraint(
        question, interviews.instrument, columns, today=interviews.today, since=interviews.days
    )
    rows = np.flatnonzero(held.false & answered)
    if not rows.size:
        return []
    messages = _own_messages(question, interviews.instrument)
    values = {
        "rule": "" if any(messages.values()) else f"({question.constraint})",  # the form's own words say it
        "form_message": {
            language: f" ({text.rstrip('.')})" if text else "" for language, text in messages.items()
        },
    }
    allowed = {language: text or question.constraint for language, text in messages.items()}
    if question.type in SEVERAL:  # every choice is legal by itself; only how they combine breaks the rule
        header = answers.header or question.name
        return [column_warning("choices_break_rule", header, rows.size, **values)]
    return [
        replace(one, code="undeclared_missing_code", values={"choices": allowed})
        if question.type in _MEASURED and one.cell in SUSPECT_CODES
        else one
        for one in _by_cell("constraint_fails", answers, rows, values)
    ]


def _own_messages(question: Question, instrument: Instrument) -> dict[str, str]:
    """What the form itself says of its rule, for every language a reader may have."""
    texts = question.constraint_message
    return {language: " ".join(instrument.text_in(texts, language).split()) for language in languages()}


def _by_cell(code: str, answers: Answers, rows: np.ndarray, values: Mapping[str, object]) -> list[Finding]:
    """One finding for every distinct answer in these rows."""
    encoded = answers.values.take(pa.array(rows)).dictionary_encode()
    places = encoded.indices.to_numpy(zero_copy_only=False)
    order = np.argsort(places, kind="stable")
    starts = np.searchsorted(places[order], np.arange(len(encoded.dictionary) + 1))
    return [
        Finding(
            code=code,
            rows=np.sort(rows[order[starts[place] : starts[place + 1]]]),
            header=answers.header,
            cell=cell,
            values=values,
        )
        for place, cell in enumerate(encoded.dictionary.to_pylist())
    ]


def _suspects(answers: Answers, settled: frozenset[str]) -> Sequence[Finding]:
    """Codes such as -99 that the form allows and of which nobody said what they mean: kept as numbers, with a warning."""
    codes = pa.array(sorted(SUSPECT_CODES - settled), pa.large_string())
    found = pc.is_in(answers.values, value_set=codes)
    number = int(pc.sum(found).as_py() or 0)
    return [column_warning("possible_missing_code", answers.header or answers.name, number)] if number else []


def _unread(answers: Answers) -> np.ndarray:
    """Rows whose cell could not be read, and so is not blank."""
    marked = np.zeros(len(answers.values), dtype=bool)
    for finding in answers.findings:
        if finding.effect == "refuse":
            marked[finding.rows] = True
    return marked
