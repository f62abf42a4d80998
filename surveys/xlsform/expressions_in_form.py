"""Which conditions of a form will not be checked, and why, told when the form is read."""

from collections.abc import Collection, Iterable, Sequence

from surveys.expressions import Unsupported, parse, referenced_names, unchecked_parts
from surveys.instrument import FormWarning, Question


def expression_warnings(
    questions: Sequence[Question], brackets: Collection[str], sheet: str
) -> list[FormWarning]:
    """Conditions that cannot be understood, rest on what no table holds, or on a question that is not there."""
    names = {question.name for question in questions} | set(brackets)
    warnings: dict[tuple[str, str], FormWarning] = {}
    for question in questions:
        for column, text in _conditions(question):
            for warning in _warnings_of(text, names, sheet, question, column):
                warnings.setdefault((text, warning.code), warning)
    return list(warnings.values())


def _conditions(question: Question) -> Iterable[tuple[str, str]]:
    written = (
        ("relevant", question.relevant),
        ("constraint", question.constraint),
        ("required", question.required_when),
        *(("relevant", text) for text in question.group_relevants),
    )
    return [(column, text) for column, text in written if text]


def _warnings_of(
    text: str, names: Collection[str], sheet: str, question: Question, column: str
) -> Iterable[FormWarning]:
    expression = parse(text)
    values: dict[str, object] = {"name": question.name, "column": column}
    if isinstance(expression, Unsupported):
        reason = expression.reason
        yield FormWarning(
            code=f"condition_{reason}", sheet=sheet, row=question.row, values={**values, "text": text[:80]}
        )
        return
    parts = unchecked_parts(expression)
    if parts:
        parts_named = {**values, "parts": ", ".join(parts)}
        yield FormWarning(code="condition_not_checked", sheet=sheet, row=question.row, values=parts_named)
    absent = [name for name in referenced_names(expression) if name not in names]
    if absent:
        absent_named = {**values, "absent": ", ".join(absent)}
        yield FormWarning(code="condition_of_absent", sheet=sheet, row=question.row, values=absent_named)
