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
from surveys.fieldwork import WITHHELD, Fieldwork
from surveys.instrument import Instrument
from surveys.judging.answers import Answers
from surveys.judging.conditions import Interviews, follow_form
from surveys.judging.consent import (
    WithoutConsent,
    consent_question,
    nothing_else_of_refusers,
    refusals_by_place,
    without_consent,
)
from surveys.judging.doubtful import outranked
from surveys.judging.file_answers import answers_of_file
from surveys.judging.findings import Finding, problems_of, rows_with
from surveys.judging.headers import HeaderMap
from surveys.judging.identity import Identity, identify, not_to_be_counted
from surveys.judging.linking_keys import key_columns, unjudged_keys
from surveys.judging.placing import Placement, place_interviews
from surveys.judging.protection import Protected, protect
from surveys.judging.rosters import JudgedRoster, RosterReport, judge_rosters
from surveys.judging.sorting import NOTHING_ASIDE, Aside, parts_of, rows_of
from surveys.judging.understanding import (
    Known,
    columns_of,
    doubts_of,
    new_headers,
    questions_behind,
    understand_headers,
    used_map_keys,
    worthwhile_map,
)
from surveys.judging.visit_times import VisitTimes, visit_times
from surveys.languages import say
from surveys.problems import FileRefused, Problem
from surveys.reading.table import RawFile, RawTable
from surveys.sources import NOTHING_DECIDED, Decisions


Outcome = Literal["accept", "accept-with-rejected-rows", "reject-file"]

_NOT_RECOGNISED = {"format": "", "dialect": "", "recognised": ""}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CheckReport:
    """What a file comes to.

    ``accepted`` holds the rows fit to be stored. Its columns: the parts ``@row, @line, @submission,
    @site, @wave, @arm, @cluster, @stratum, @weight, @respondent, @interview_date, @interviewer,
    @edit, @started, @duration, @received, @root, @version, @previous``; then each question's
    canonical text under the instrument's name, and ``NAME@missing`` where some answer is missing for
    a reason, and ``@roster NAME`` with the rows of a roster. The respondent's column stands there as ``@respondent`` alone, linking keys as ``@link NAME``.
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
    rosters: tuple[RosterReport, ...] = ()
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
    read = answers_of_file(raw, headers, questions, known, doubts)
    placement = place_interviews(read, instrument, fieldwork, rows=rows, today=today)
    interviews = Interviews(
        instrument=instrument,
        answers=read,
        days=placement.interview_date,
        today=today,
        settled={
            one.name: frozenset(one.declared) | known.rules.genuine(one.name)
            for one in columns
            if not one.one_choice
        },
    )
    answers = follow_form(interviews, questions)
    submission = fieldwork.parts.get("submission") if fieldwork else None
    rosters = judge_rosters(raw, known, answers, placement.interview_date)
    cells = {one.column: one.cells(rows) for one in rosters}
    identity = identify(table.rows, headers, answers, submission, list(cells.values()))
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
    report = _report(
        raw, times, headers, answers, fieldwork, placement, identity, consenting, protected, rosters, cells
    )
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
        **_of_rosters(report, language),
        **_recognised(report, language),
    }


def _of_rosters(report: CheckReport, language: str) -> dict[str, object]:
    """What became of repeated sections, of a file that has some."""
    return {"rosters": [one.as_dict(language) for one in report.rosters]} if report.rosters else {}


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
    rosters: Sequence[JudgedRoster],
    cells: dict[str, pa.Array],
) -> CheckReport:
    table = raw.interviews
    rows = table.rows.num_rows
    refused = rows_with(findings, "refuse", rows)
    held = rows_with(findings, "hold", rows) & ~refused
    outdated = identity.outdated & ~(refused | held)
    kept = ~(refused | held | identity.repeats | outdated)
    parts = parts_of(table, answers, fieldwork, placement, identity, times)
    columns = parts | key_columns(answers, fieldwork) | protected.withheld | cells
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
        warnings=(
            *raw.warnings,
            *_of_headers(headers, rosters),
            *problems_of(mild, table.lines),
            *(warning for one in rosters for warning in one.warnings),
        ),
        aside=Aside(
            held=rows_of(columns, protected.answers, headers, held),
            outdated=rows_of(columns, protected.answers, headers, outdated),
            declined=rows_of(parts, {}, headers, _declined(findings, rows)),
            replaced=identity.replaced,
        ),
        repeated=_numbers(identity.repeats & ~refused & ~held),
        rosters=tuple(one.report(kept) for one in rosters),
        name=raw.name,
        sha256=raw.sha256,
        format=raw.format,
        dialect=raw.dialect,
        submission_header=identity.header,
        submission_column=identity.column,
        respondent_column=names.get("respondent") if names.get("respondent") in answers else None,
    )


def _of_headers(headers: HeaderMap, rosters: Sequence[JudgedRoster]) -> list[Problem]:
    """What is odd about the headers; columns of rosters that are read are not left out."""
    return [one for one in headers.warnings if one.code != "repeat_columns" or not rosters]


def _declined(findings: list[Finding], rows: int) -> np.ndarray:
    """Rows whose respondent said no."""
    return rows_with([finding for finding in findings if finding.code == "no_consent"], "refuse", rows)


def _numbers(rows: np.ndarray) -> tuple[int, ...]:
    return tuple((np.flatnonzero(rows) + 1).tolist())
