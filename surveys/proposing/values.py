"""A value as a log or a person writes it, in the questionnaire's codes and with its missing reason."""

import numpy as np
import pyarrow as pa

from surveys.corrections.ledger import Cell
from surveys.judging.answers import REASONS, Answers, Conventions, judge_column
from surveys.judging.findings import Finding, problems_of
from surveys.judging.placing import arms_of
from surveys.missing import Missing
from surveys.personal_data import holds_personal_data
from surveys.problems import FileRefused, Problem
from surveys.proposing.questions import Asked, Questions


_NO_ANSWER = frozenset(
    {"", "na", "n/a", "nan", "null", "none", "."}
)  # how logs write that nothing stood there
_STATA_REASONS = {".d": Missing.DONT_KNOW, ".r": Missing.REFUSED, ".n": Missing.NOT_APPLICABLE}
_FREE_TEXT = frozenset({"text", "string"})


def read_value(text: str | None, missing: str | None, asked: Asked, questions: Questions) -> Cell | Problem:
    """The answer a text stands for: a code, a label, a number, a missing code; or why it is none."""
    if missing is not None:
        return Cell(missing=Missing(missing).value)
    written = (text or "").strip()
    if written in _STATA_REASONS and not _is_choice(written, asked):
        return Cell(missing=_STATA_REASONS[written].value)
    if written.casefold() in _NO_ANSWER and not _is_choice(written, asked):
        return Cell(missing=Missing.BLANK.value)
    try:
        answers = _judged(written, asked, questions)
    except FileRefused as refused:
        return refused.problem
    fault = _fault(answers.findings)
    if fault is None and asked.type in _FREE_TEXT and asked.part is None and holds_personal_data(written):
        fault = Problem(code="correction_personal_data", column=asked.name)
    if fault is not None:
        return fault
    reason = 0 if answers.reasons is None else int(answers.reasons[0])
    return Cell(value=answers.values[0].as_py(), missing=REASONS[reason - 1].value if reason else None)


def part_value(cell: Cell, asked: Asked, questions: Questions, today: str) -> str | Problem | None:
    """What the part of the interview that follows from an answer then is; None where it follows that there is none."""
    if asked.part == "weight" and cell.value is not None and cell.value.startswith("-"):
        return Problem(code="negative_weight", column=asked.name)
    if asked.part == "interview_date" and cell.value is not None and cell.value[:10] > today:
        return Problem(code="date_in_future", column=asked.name, value=cell.value, values={"today": today})
    if asked.part != "arm" or questions.fieldwork is None:
        return cell.value
    column = Answers(name=asked.name, header=asked.name, values=pa.array([cell.value], pa.large_string()))
    arms, findings = arms_of(column, questions.instrument, questions.fieldwork)
    found: str | None = arms[0].as_py()
    return _fault(findings) or found


def _judged(written: str, asked: Asked, questions: Questions) -> Answers:
    return judge_column(
        pa.array([written], pa.large_string()),
        name=asked.name,
        header=asked.name,
        question=asked.question,
        choices=asked.choices,
        reasons=asked.reasons,
        conventions=Conventions(missing_codes=questions.missing_codes),
    )


def _is_choice(written: str, asked: Asked) -> bool:
    return asked.choices is not None and bool(asked.choices.pick(written).codes)


def _fault(findings: tuple[Finding, ...]) -> Problem | None:
    grave = [finding for finding in findings if finding.effect == "refuse"]
    return next(iter(problems_of(grave, np.array([1]))), None)
