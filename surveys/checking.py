"""Judge the rows of a file against the questionnaire and the fieldwork: all problems, nothing mutated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from surveys.display import shown
from surveys.doubts import Doubt, open_doubts, settled_doubts
from surveys.fieldwork import WITHHELD, Fieldwork, Part
from surveys.instrument import Instrument, Question
from surveys.judging.answers import Answers, Conventions, judge_column
from surveys.judging.choices import ChoiceList
from surveys.judging.conditions import Interviews, follow_form
from surveys.judging.consent import (
    WithoutConsent,
    consent_question,
    nothing_else_of_refusers,
    refusals_by_place,
    without_consent,
)
from surveys.judging.doubtful import outranked
from surveys.judging.findings import Finding, problems_of, rows_with
from surveys.judging.headers import HeaderMap, Source
from surveys.judging.identity import Identity, identify, not_to_be_counted
from surveys.judging.linking_keys import key_columns, unjudged_keys
from surveys.judging.placing import Placement, place_interviews
from surveys.judging.protection import Protected, protect
from surveys.judging.sorting import NOTHING_ASIDE, Aside, parts_of, rows_of
from surveys.judging.split_choices import gather_split
from surveys.judging.understanding import (
    Known,
    choices_of,
    columns_of,
    doubts_of,
    new_headers,
    questions_behind,
    understand_headers,
    used_map_keys,
    whole_column,
    worthwhile_map,
)
from surveys.judging.visit_times import VisitTimes, visit_times
from surveys.languages import say
from surveys.missing import Missing, reasons_of_list
from surveys.problems import FileRefused, Problem
from surveys.reading.table import RawFile, RawTable
from surveys.sources import NOTHING_DECIDED, Decisions


Outcome = Literal["accept", "accept-with-rejected-rows", "reject-file"]

_NOT_AVAILABLE = {  # what the exporter writes where nothing was answered
    "ona": frozenset({"n/a", "N/A"}),
    "limesurvey": frozenset({"N/A", "n/a"}),
}
_NOT_RECOGNISED = {"format": "", "dialect": "", "recognised": ""}
_NAMES: tuple[Part, ...] = ("submission", "respondent", "cluster", "stratum", "interviewer", "site")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CheckReport:
    """What a file comes to.

    ``accepted`` holds the rows fit to be stored. Its columns: the parts ``@row, @line, @submission,
    @site, @wave, @arm, @cluster, @stratum, @weight, @respondent, @interview_date, @interviewer,
    @edit, @started, @duration, @received, @root, @version, @previous``; then each question's
    canonical text under the instrument's name, and ``NAME@missing`` where some answer is missing for
    a reason. The respondent's column stands there as ``@respondent`` alone, linking keys as ``@link NAME``.
    """

    verdict: Outcome
    rows: int
    accepted: pa.Table
    rejected: tuple[int, ...]  # row numbers, from 1
    held: tuple[int, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    types: Mapping[str, str] = field(default_factory=dict)  # of questions whose answers were coarsened
    without_consent: tuple[WithoutConsent, ...] = ()
    aside: Aside = NOTHING_ASIDE
    repeated: tuple[int, ...] = ()  # rows that say again what an earlier row of the file said
    name: str = ""
    sha256: str = ""
    format: str = ""
    dialect: str = ""
    submission_header: str | None = None  # where the submission ids stand; None: the file has none
    submission_column: str | None = None  # the stored column that holds the same ids, if any does
    respondent_column: str | None = None  # the question or column that ``@respondent`` comes from
    sheet: str | None = None  # the sheet that holds the interviews, where a person said so
    doubts: tuple[Doubt, ...] = ()  # what only a person can say of the file, answered or open
    used: tuple[str, ...] = ()  # keys of the decisions without which it would be read otherwise


def check_table(
    raw: RawFile,
    instrument: Instrument,
    fieldwork: Fieldwork | None = None,
    *,
    today: date,
    decisions: Decisions = NOTHING_DECIDED,
    past_maps: Sequence[Mapping[str, str]] = (),
) -> CheckReport:
    """Judge every row of a file.

    Parameters
    ----------
    fieldwork
        The legal sites, waves and arms; None judges by the questionnaire alone.
    today
        No interview is of a later day.
    decisions
        What people decided about the file's source.
    past_maps
        Column maps confirmed before, to suggest from where headers are not the questionnaire's.

    Raises
    ------
    FileRefused
        The file as a whole cannot be judged: no rows, another questionnaire, an ambiguous column. It
        carries every question whose answer would let the file be judged.
    """
    table = raw.interviews
    rows = table.rows.num_rows
    if rows == 0:
        raise FileRefused(Problem(code="no_data_rows"))
    known = Known(
        instrument=instrument, fieldwork=fieldwork, today=today, decisions=decisions, past_maps=past_maps
    )
    headers = understand_headers(raw, known)
    _refuse_differing_twins(table, headers)
    questions = questions_behind(headers, fieldwork)
    columns = columns_of(raw, headers, questions, known)
    doubts, used = doubts_of(columns, known)
    read = _read_all(raw, headers, questions, known, doubts)
    placement = place_interviews(read, instrument, fieldwork, rows=rows, today=today)
    interviews = Interviews(
        instrument=instrument,
        answers=read,
        days=placement.interview_date,
        today=today,
        settled={one.name: frozenset(one.declared) | known.rules.genuine(one.name) for one in columns},
    )
    answers = follow_form(interviews, questions)
    submission = fieldwork.parts.get("submission") if fieldwork else None
    identity = identify(table.rows, headers, answers, submission)
    protected = protect(
        answers, questions, fieldwork, (identity.column, identity.header, *unjudged_keys(fieldwork))
    )
    findings = [
        *_broken_rows(table),
        *not_to_be_counted(table.rows, headers),
        *identity.findings,
        *placement.findings,
        *_weights(answers, fieldwork),
        *_consent(instrument, fieldwork, read),
        *(finding for one in answers.values() for finding in one.findings),
        *protected.findings,
        *outranked(columns, instrument, decisions),
        *new_headers(raw, known),
    ]
    consenting = nothing_else_of_refusers(findings, rows)
    times = visit_times(table.rows, headers, answers, known.instrument, decisions)
    report = _report(raw, times, headers, answers, fieldwork, placement, identity, consenting, protected)
    return replace(
        report,
        doubts=(*worthwhile_map(raw, headers, known), *doubts),
        used=tuple(dict.fromkeys([*used_map_keys(raw, known), *used])),
    )


def report_as_dict(
    report: CheckReport,
    *,
    accepted: int | None = None,
    unchanged: int = 0,
    held: int | None = None,
    language: str = "en",
) -> dict[str, object]:
    """The report as the JSON object that both ``check`` and ``ingest`` print.

    Parameters
    ----------
    accepted, unchanged, held
        Rows newly stored, there already, and set aside; without them, as the check alone sees it.
    """
    return {
        "verdict": report.verdict,
        "accepted": report.accepted.num_rows if accepted is None else accepted,
        "unchanged": unchanged,
        "rejected": len(report.rejected),
        "held": len(report.held) if held is None else held,
        "problems": [problem.as_dict(language) for problem in report.problems],
        "warnings": [problem.as_dict(language) for problem in report.warnings],
        "questions": [doubt.as_dict(language) for doubt in open_doubts(report.doubts)],
        "decided": [doubt.as_dict(language) for doubt in settled_doubts(report.doubts)],
        **_recognised(report, language),
    }


def _recognised(report: CheckReport, language: str) -> dict[str, str]:
    """The file's format and the software that wrote it, as keys and as a sentence."""
    if not report.format:
        return dict(_NOT_RECOGNISED)
    words = {
        "format": say(f"recognised.formats.{report.format}", language),
        "dialect": say(f"recognised.dialects.{report.dialect}", language),
    }
    sentence = say("recognised.sentence", language, **words)
    return {"format": report.format, "dialect": report.dialect, "recognised": sentence}


def refusal_as_dict(refused: FileRefused, language: str = "en") -> dict[str, object]:
    """The same object for a file that was refused whole."""
    return {
        "verdict": "reject-file",
        "accepted": 0,
        "unchanged": 0,
        "rejected": 0,
        "held": 0,
        "problems": [problem.as_dict(language) for problem in refused.problems],
        "warnings": [],
        "questions": [doubt.as_dict(language) for doubt in open_doubts(refused.doubts)],
        "decided": [doubt.as_dict(language) for doubt in settled_doubts(refused.doubts)],
        **_NOT_RECOGNISED,
    }


def accepted_rows(report: CheckReport) -> pa.Table:
    """The accepted rows in the instrument's names and codes, without parts and reasons, text unaltered.

    Texts that the record would keep back stand here: whoever reads these rows has the file.
    The submission's id and the respondent's stand under the names they have in the data, or as
    ``submission_id`` where the exporter keeps the id apart.
    """
    table = report.accepted
    named = {name: table.column(name) for name in table.column_names if "@" not in name}
    for name in (name for name in table.column_names if name.startswith(WITHHELD)):
        named[name.removeprefix(WITHHELD)] = pc.coalesce(table[name], named[name.removeprefix(WITHHELD)])
    if report.submission_column is None and report.submission_header is not None:
        named = {"submission_id": table.column("@submission"), **named}
    if report.respondent_column is not None:
        named.setdefault(report.respondent_column, table.column("@respondent"))
    return pa.table(named)


def _refuse_differing_twins(table: RawTable, headers: HeaderMap) -> None:
    """Two columns of one name are one column only where every cell agrees."""
    for first, *others in headers.twins:
        column = table.rows.column(first)
        for other in others:
            if not table.rows.column(other).equals(column):
                names = f"{shown(headers.headers[first])}, {shown(headers.headers[other])}"
                header = shown(headers.headers[other], 300)
                raise FileRefused(Problem(code="duplicate_header", column=header, values={"headers": names}))


def _read_all(
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
    summary = None
    if source.whole is not None:
        header = headers.headers[source.whole]
        conventions = Conventions(
            decimal_comma=raw.decimal_comma,
            by_label=headers.by_label,
            not_available=_NOT_AVAILABLE.get(raw.dialect, frozenset()),
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
        not_available=_NOT_AVAILABLE.get(raw.dialect, frozenset()),
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


def _broken_rows(table: RawTable) -> list[Finding]:
    """Rows the reader could not take apart: too many cells, digits lost, text that is no text."""
    by_code: dict[str, list[int]] = {}
    for row, code in table.broken_rows.items():
        by_code.setdefault(code, []).append(row)
    return [Finding(code=code, rows=np.array(sorted(rows), dtype=np.int64)) for code, rows in by_code.items()]


def _weights(answers: Mapping[str, Answers], fieldwork: Fieldwork | None) -> list[Finding]:
    """A negative weight counts somebody less than not at all."""
    weight = answers.get(fieldwork.parts.get("weight", "")) if fieldwork else None
    if weight is None:
        return []
    negative = pc.fill_null(pc.match_substring_regex(weight.values, r"^-.*[1-9]"), False)
    rows = np.flatnonzero(negative.to_numpy(zero_copy_only=False))
    return [Finding(code="negative_weight", rows=rows, header=weight.header)] if rows.size else []


def _consent(
    instrument: Instrument, fieldwork: Fieldwork | None, answers: Mapping[str, Answers]
) -> list[Finding]:
    question = consent_question(instrument, fieldwork)
    if question is None or question.name not in answers:
        return []
    choices = instrument.choices.get(question.choice_list or "", ())
    return without_consent(question, choices, answers[question.name])


def _report(
    raw: RawFile,
    times: VisitTimes,
    headers: HeaderMap,
    answers: Mapping[str, Answers],
    fieldwork: Fieldwork | None,
    placement: Placement,
    identity: Identity,
    findings: list[Finding],
    protected: Protected,
) -> CheckReport:
    table = raw.interviews
    rows = table.rows.num_rows
    refused = rows_with(findings, "refuse", rows)
    held = rows_with(findings, "hold", rows) & ~refused
    outdated = identity.outdated & ~(refused | held)
    kept = ~(refused | held | identity.repeats | outdated)
    parts = parts_of(table, answers, fieldwork, placement, identity, times)
    columns = parts | key_columns(answers, fieldwork) | protected.withheld
    grave = [finding for finding in findings if finding.effect != "warn"]
    out = np.flatnonzero(refused | held)  # what is said of rows that are kept is not said of these
    mild = [
        replace(finding, rows=np.setdiff1d(finding.rows, out)) if finding.rows.size else finding
        for finding in findings
        if finding.effect == "warn" and not (finding.rows.size and np.isin(finding.rows, out).all())
    ]
    verdict: Outcome = "accept"
    if refused.any() or held.any():
        verdict = "accept-with-rejected-rows" if kept.any() else "reject-file"
    if verdict == "reject-file":
        grave.append(Finding(code="every_row_refused", values={"rows": rows}))
    names = fieldwork.parts if fieldwork else {}
    return CheckReport(
        verdict=verdict,
        rows=rows,
        accepted=rows_of(columns, protected.answers, headers, kept),
        types=protected.types,
        without_consent=refusals_by_place(findings, placement.site, placement.wave),
        rejected=_numbers(refused),
        held=_numbers(held),
        problems=tuple(problems_of(grave, table.lines)),
        warnings=(*raw.warnings, *headers.warnings, *problems_of(mild, table.lines)),
        aside=Aside(
            held=rows_of(columns, protected.answers, headers, held),
            outdated=rows_of(columns, protected.answers, headers, outdated),
            declined=rows_of(parts, {}, headers, _declined(findings, rows)),
            replaced=identity.replaced,
        ),
        repeated=_numbers(identity.repeats & ~refused & ~held),
        name=raw.name,
        sha256=raw.sha256,
        format=raw.format,
        dialect=raw.dialect,
        submission_header=identity.header,
        submission_column=identity.column,
        respondent_column=names.get("respondent") if names.get("respondent") in answers else None,
    )


def _declined(findings: list[Finding], rows: int) -> np.ndarray:
    """Rows whose respondent said no."""
    return rows_with([finding for finding in findings if finding.code == "no_consent"], "refuse", rows)


def _numbers(rows: np.ndarray) -> tuple[int, ...]:
    return tuple((np.flatnonzero(rows) + 1).tolist())
