"""What the form says of interviews as they would be, next to what it says of them as they are."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa

from surveys.corrections.ledger import Cell
from surveys.expressions import parse, referenced_names
from surveys.instrument import Question
from surveys.judging.answers import REASONS, Answers
from surveys.judging.conditions import Interviews, follow_form
from surveys.judging.consent import consent_question, without_consent
from surveys.judging.findings import Finding
from surveys.missing import Missing
from surveys.problems import Problem
from surveys.proposing.questions import Questions
from surveys.record.payloads import MISSING, answer_names


_BY_FORM = frozenset({Missing.NOT_ASKED.value, Missing.BLANK.value})  # reasons that the form's logic gives


class Followed:
    """Some interviews followed through the form: reasons as its logic gives them, and what it objects to."""

    def __init__(
        self, questions: Questions, rows: pa.Table, changes: Mapping[tuple[int, str], Cell], today: date
    ) -> None:
        columns = {name: _answers(rows, name, changes) for name in _names(rows, changes)}
        asked = {name: questions.stored(name).question for name in columns}
        known: dict[str, Question] = {name: one for name, one in asked.items() if one is not None}
        days = rows["@interview_date"].combine_chunks() if "@interview_date" in rows.column_names else None
        interviews = Interviews(
            instrument=questions.instrument,
            answers=columns,
            days=pa.nulls(rows.num_rows, pa.large_string()) if days is None else days,
            today=today,
            settled=dict.fromkeys(columns, frozenset(questions.missing_codes)),
        )
        self.answers = follow_form(interviews, known)
        findings = [finding for one in self.answers.values() for finding in one.findings]
        self._objections: dict[int, dict[tuple[str, str], Finding]] = {}
        for finding in (*findings, *_consent(questions, self.answers)):
            for row in finding.rows.tolist() if finding.effect == "refuse" else ():
                self._objections.setdefault(row, {})[finding.header or "", finding.code] = finding

    def cell(self, row: int, name: str) -> Cell:
        """What an interview says, with the reason the form's logic gives."""
        one = self.answers.get(name)
        if one is None:
            return Cell()
        reason = 0 if one.reasons is None else int(one.reasons[row])
        return Cell(value=one.values[row].as_py(), missing=REASONS[reason - 1].value if reason else None)

    def objections(self, row: int) -> dict[tuple[str, str], Finding]:
        """What the form refuses in an interview, by question and code."""
        return self._objections.get(row, {})


def consequences(
    before: Followed, after: Followed, row: int, changed: Mapping[str, Cell], questions: Questions
) -> dict[str, tuple[Problem, ...]]:
    """What follows elsewhere in one interview from changing some of its answers, by the question that causes it."""
    told: dict[str, list[Problem]] = {name: [] for name in changed}
    new = after.objections(row).keys() - before.objections(row).keys()
    for name in after.answers:
        if name in changed:
            continue
        was, now = before.cell(row, name), after.cell(row, name)
        code = None
        if (name, "contradiction") in new:
            code = "correction_rules_out_answer"
        elif (name, "required_blank") in new:
            code = "correction_opens_question"
        elif any(header == name for header, _ in new):
            code = "correction_breaks_other"
        elif was.missing == Missing.NOT_ASKED and now.missing == Missing.BLANK:
            code = "correction_opens_question"
        elif was.missing == Missing.BLANK and now.missing == Missing.NOT_ASKED:
            code = "correction_closes_question"
        if code is not None:
            for cause in _causes(questions.stored(name).question, changed):
                told[cause].append(Problem(code=code, column=cause, values={"other": name}))
    for name, causes in questions.calculated_from(changed).items():
        for cause in causes if name not in changed else ():
            told[cause].append(
                Problem(code="correction_leaves_calculated", column=cause, values={"other": name})
            )
    return {name: tuple(problems) for name, problems in told.items()}


def _causes(question: Question | None, changed: Mapping[str, Cell]) -> Sequence[str]:
    """The changed questions that a question's rules speak of; all of them where none is named."""
    rules = [] if question is None else [*question.group_relevants, question.relevant, question.constraint]
    named = {name for rule in rules if rule for name in referenced_names(parse(rule))}
    return [name for name in changed if name in named] or list(changed)


def _names(rows: pa.Table, changes: Mapping[tuple[int, str], Cell]) -> list[str]:
    stored = answer_names(rows.column_names)
    return list(dict.fromkeys([*stored, *(name for _, name in changes)]))


def _answers(rows: pa.Table, name: str, changes: Mapping[tuple[int, str], Cell]) -> Answers:
    nothing = [None] * rows.num_rows
    values = rows[name].to_pylist() if name in rows.column_names else list(nothing)
    reasons_name = f"{name}{MISSING}"
    reasons = rows[reasons_name].to_pylist() if reasons_name in rows.column_names else list(nothing)
    for (row, changed), cell in changes.items():
        if changed == name:
            values[row], reasons[row] = cell.value, cell.missing
    given = [0 if one is None or one in _BY_FORM else REASONS.index(Missing(one)) + 1 for one in reasons]
    return Answers(
        name=name,
        header=name,
        values=pa.array(values, pa.large_string()),
        reasons=np.array(given, dtype=np.int8) if any(given) else None,
    )


def _consent(questions: Questions, answers: Mapping[str, Answers]) -> list[Finding]:
    question = consent_question(questions.instrument, questions.fieldwork)
    if question is None or question.name not in answers:
        return []
    choices = questions.instrument.choices.get(question.choice_list or "", ())
    found = without_consent(question, choices, answers[question.name])
    return [replace(one, header=question.name) for one in found]
