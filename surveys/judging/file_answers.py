"""The answers in the columns of one table, whole or split, in canonical text."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from surveys.doubts import Doubt
from surveys.fieldwork import Fieldwork, Part
from surveys.instrument import Question
from surveys.judging.answers import Answers, Conventions, judge_column
from surveys.judging.choices import ChoiceList
from surveys.judging.headers import HeaderMap, Source
from surveys.judging.linking_keys import unjudged_keys
from surveys.judging.split_choices import gather_split
from surveys.judging.understanding import NOT_AVAILABLE, Known, choices_of, whole_column
from surveys.missing import Missing, reasons_of_list
from surveys.problems import FileRefused, Problem
from surveys.reading.table import RawFile, RawTable


_NAMES: tuple[Part, ...] = ("submission", "respondent", "cluster", "stratum", "interviewer", "site")


def answers_of_file(
    raw: RawFile,
    headers: HeaderMap,
    questions: Mapping[str, Question],
    known: Known,
    doubts: Sequence[Doubt],
) -> dict[str, Answers]:
    """The answers of every column; all columns that cannot be judged are told, and asked about, together."""
    unjudged = unjudged_keys(known.fieldwork)
    read: dict[str, Answers] = {}
    refused: list[Problem] = []
    for source in headers.answers.values():
        try:
            answers = _read(source, questions.get(source.name), raw, headers, known)
            read[source.name] = replace(answers, findings=()) if source.name in unjudged else answers
        except FileRefused as refusal:
            refused.extend(refusal.problems)
    if refused:
        raise FileRefused(*refused, doubts=doubts)
    return read


def _read(
    source: Source, question: Question | None, raw: RawFile, headers: HeaderMap, known: Known
) -> Answers:
    """The answers to one question, whole or split, in canonical text."""
    instrument, fieldwork, decisions = known.instrument, known.fieldwork, known.decisions
    choices = choices_of(question, instrument)
    listed = instrument.choices.get((question.choice_list if question else None) or "", ())
    codes = fieldwork.missing_codes if fieldwork else {}
    reasons: dict[str, Missing] = reasons_of_list(listed, codes) if choices is not None else {}
    not_available = NOT_AVAILABLE.get(raw.dialect, frozenset()) | known.rules.blanks(
        source.name, question, choices
    )
    summary = None
    if source.whole is not None:
        header = headers.headers[source.whole]
        conventions = Conventions(
            decimal_comma=raw.decimal_comma,
            by_label=headers.by_label,
            not_available=not_available,
            missing_codes=codes,
            declared_missing=(raw.declared_missing or {}).get(header, {}),
            value_labels=(raw.value_labels or {}).get(header, {}),
            decided_codes=_decided_codes(source, question, choices, known),
            decided_order=decisions.day_order(header),
            order_if_open=decisions.order_of_all(),
        )
        summary = judge_column(
            _column(raw.interviews, source, known.fieldwork),
            name=source.name,
            header=header,
            question=question,
            choices=choices,
            reasons=reasons,
            conventions=conventions,
        )
    if not source.split:
        assert summary is not None, "a source has a column of its own or split ones"  # noqa: S101
        return summary
    return gather_split(
        {code: whole_column(raw.interviews, position) for position, code in source.split},
        {code: headers.headers[position] for position, code in source.split},
        name=source.name,
        choices=choices,
        reasons=reasons,
        not_available=not_available,
        summary=summary,
        labels={code: _tick_labels(raw, headers.headers[position]) for position, code in source.split},
    )


def _column(table: RawTable, source: Source, fieldwork: Fieldwork | None) -> pa.Array:
    """The column as received; an id or the name of a place without space around it, which would make it another."""
    assert source.whole is not None, "only whole columns are read by themselves"  # noqa: S101
    column = whole_column(table, source.whole)
    named = {fieldwork.parts.get(part) for part in _NAMES} if fieldwork is not None else set()
    return pc.utf8_trim(column, characters=" \t") if source.name in named else column


def _tick_labels(raw: RawFile, header: str) -> dict[str, str]:
    """What a statistics file says of the values of one choice's column; a declared missing value ticks nothing."""
    missing = dict.fromkeys((raw.declared_missing or {}).get(header, {}), "no")
    return {**(raw.value_labels or {}).get(header, {}), **missing}


def _decided_codes(
    source: Source, question: Question | None, choices: ChoiceList | None, known: Known
) -> dict[str, Missing]:
    """What a person said of a question's codes; a column that plays a part has ids, not codes."""
    parts = known.fieldwork.parts if known.fieldwork else {}
    plays_part = source.name in parts.values() and parts.get("interview_date") != source.name
    return {} if question is None or plays_part else known.rules.decided(source.name, question, choices)
