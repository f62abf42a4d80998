"""The rows of rosters, judged like interviews: each cell by its question, each row by the form's logic.

A wrong row of a roster never costs the interview: the row stays out and is told, the interview is kept.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from surveys.display import listed, shown
from surveys.fieldwork import ROSTER, Fieldwork
from surveys.judging.answers import REASONS, Answers
from surveys.judging.conditions import Interviews, follow_form
from surveys.judging.file_answers import answers_of_file
from surveys.judging.findings import Finding, problems_of, rows_with
from surveys.judging.headers import HeaderMap, match_headers
from surveys.judging.known_headers import KnownHeaders
from surveys.judging.protection import Protected, protect
from surveys.judging.roster_tables import (
    NOBODY,
    RosterTable,
    roster_instrument,
    roster_questions,
    roster_tables,
)
from surveys.judging.understanding import Known, questions_behind
from surveys.languages import languages
from surveys.personal_data import unnamed
from surveys.problems import FileRefused, Problem
from surveys.reading.table import RawFile
from surveys.rosters import NUMBER, Row, cell_of


MOST_PROBLEMS = 100  # of a roster that a report lists


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterReport:
    """What became of the rows of one roster."""

    name: str
    rows: int
    accepted: int  # that came with accepted interviews
    refused: int  # for what they say, or because they belong to no interview of the file
    problems: tuple[Problem, ...]  # of refused rows, at most MOST_PROBLEMS; rows and lines are the roster's

    def as_dict(self, language: str) -> dict[str, object]:
        """The roster's part of the report's JSON object."""
        return {
            "name": self.name,
            "rows": self.rows,
            "accepted": self.accepted,
            "refused": self.refused,
            "problems": [problem.as_dict(language) for problem in self.problems],
        }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JudgedRoster:
    """The rows of one roster, and which interview each belongs to."""

    name: str
    parents: np.ndarray
    refused: np.ndarray  # bool by row
    rows: Sequence[Row]
    problems: Sequence[Problem] = ()
    warnings: tuple[Problem, ...] = field(default=())

    @property
    def column(self) -> str:
        """The name of the column that holds the rows beside their interviews."""
        return f"{ROSTER}{self.name}"

    def cells(self, interviews: int) -> pa.Array:
        """For each interview the cell of its rows; null where it has none."""
        gathered: dict[int, list[Row]] = defaultdict(list)
        numbers: dict[int, int] = defaultdict(int)
        for place, parent in enumerate(self.parents.tolist()):
            numbers[parent] += 1
            if parent != NOBODY and not self.refused[place]:
                gathered[parent].append({NUMBER: numbers[parent], **self.rows[place]})
        cells = [cell_of(gathered[place]) if place in gathered else None for place in range(interviews)]
        return pa.array(cells, pa.large_string())

    def report(self, accepted: np.ndarray) -> RosterReport:
        """What became of the rows, given which interviews are accepted."""
        kept = self.parents[~self.refused]
        return RosterReport(
            name=self.name,
            rows=len(self.refused),
            accepted=int(accepted[kept].sum()),
            refused=int(self.refused.sum()),
            problems=tuple(self.problems[:MOST_PROBLEMS]),
        )


def judge_rosters(
    raw: RawFile, known: Known, answers: Mapping[str, Answers], days: pa.Array
) -> list[JudgedRoster]:
    """Every roster of the form that the file holds.

    Parameters
    ----------
    answers, days
        What the interviews themselves say, for conditions that look out of the roster, and when.
    """
    return [_judged(raw, known, answers, days, one) for one in roster_tables(raw, known.instrument)]


def _judged(
    raw: RawFile, known: Known, answers: Mapping[str, Answers], days: pa.Array, found: RosterTable
) -> JudgedRoster:
    questions = roster_questions(known.instrument, found.repeat)
    inside = _known_inside(known, found.repeat)
    file = replace(raw, interviews=found.table, rosters=())
    rows = found.table.rows.num_rows
    try:
        headers = match_headers(found.table.columns, inside.instrument, inside.fieldwork, raw.dialect)
        behind = questions_behind(headers, inside.fieldwork)
        read = answers_of_file(file, headers, behind, inside, ())
    except FileRefused as refused:
        names = _identifiers_alone(found, inside, raw.dialect)
        return _left_out(found, refused) if not names else _only_counted(found, names)
    asked = {name: questions[question.name] for name, question in behind.items()}
    around = _of_their_interviews(answers, found.parents)
    followed = follow_form(
        Interviews(
            instrument=known.instrument,
            answers={**around, **read},
            days=_of_parent(days, found.parents),
            today=known.today,
        ),
        asked,
    )
    protected = protect({name: followed[name] for name in read}, asked, inside.fieldwork)
    findings = [
        *(Finding(code=code, rows=np.array([row])) for row, code in found.table.broken_rows.items()),
        *(finding for one in protected.answers.values() for finding in one.findings),
    ]
    orphans = np.flatnonzero(found.parents == NOBODY)
    if orphans.size:
        findings.append(Finding(code="roster_row_without_interview", rows=orphans))
    refused_rows = rows_with(findings, "refuse", rows) | rows_with(findings, "hold", rows)
    grave = [one for one in findings if one.effect != "warn" and one.rows.size]
    privacy = [one for one in headers.warnings if one.code == "identifier_columns"]
    privacy += problems_of(
        [replace(one, rows=np.empty(0, np.int64)) for one in protected.findings], np.empty(0)
    )
    return JudgedRoster(
        name=found.repeat,
        parents=found.parents,
        refused=refused_rows,
        rows=_rows(protected.answers, rows),
        problems=problems_of(grave, found.table.lines),
        warnings=(*_told(found.repeat, refused_rows), *_protected(found.repeat, headers, protected)),
    )


def _known_inside(known: Known, repeat: str) -> Known:
    """What a roster is understood by: its own questions, and what holds for codes and identifiers everywhere.

    A column that an older version of the form did not have refuses no row.
    """
    inside = roster_instrument(known.instrument, repeat)
    free = tuple(replace(question, required=False) for question in inside.questions)
    return replace(
        known, instrument=replace(inside, questions=free), fieldwork=_without_parts(known.fieldwork)
    )


def _without_parts(fieldwork: Fieldwork | None) -> Fieldwork | None:
    """The campaign as far as it speaks of rosters."""
    if fieldwork is None:
        return None
    return replace(fieldwork, parts={}, exposure={}, extra_columns=(), linking_keys=())


def _identifiers_alone(found: RosterTable, inside: Known, dialect: str) -> list[str]:
    """The headers of a roster that says nothing but who its persons are; none where it says more, or something else."""
    columns = found.table.columns
    known = KnownHeaders(inside.instrument, inside.fieldwork, dialect, columns)
    try:
        kinds = {header: known.find(header, by_label=known.speaks_labels(columns)) for header in columns}
    except FileRefused:
        return []
    meant = {header: target.kind for header, target in kinds.items() if target is not None}
    if "answer" in meant.values() or "choice" in meant.values():
        return []
    return [unnamed(header) for header, kind in meant.items() if kind == "identifier"]


def _only_counted(found: RosterTable, names: list[str]) -> JudgedRoster:
    """How many rows each interview has, of a roster of which nothing else may be kept."""
    orphans = found.parents == NOBODY
    finding = Finding(code="roster_row_without_interview", rows=np.flatnonzero(orphans))
    left_out = Problem(code="identifier_columns", values={"columns": listed(names, 60), "number": len(names)})
    return JudgedRoster(
        name=found.repeat,
        parents=found.parents,
        refused=orphans,
        rows=[{}] * len(orphans),
        problems=problems_of([finding] if orphans.any() else [], found.table.lines),
        warnings=(*_told(found.repeat, orphans), left_out),
    )


def _left_out(found: RosterTable, refused: FileRefused) -> JudgedRoster:
    rows = found.table.rows.num_rows
    why = {"why": {one: refused.problem.message(one) for one in languages()}}
    values = {"roster": shown(found.repeat), "number": rows, **why}
    return JudgedRoster(
        name=found.repeat,
        parents=found.parents,
        refused=np.ones(rows, dtype=bool),
        rows=[{}] * rows,
        problems=list(refused.problems),
        warnings=(Problem(code="roster_left_out", values=values),) if rows else (),
    )


def _told(name: str, refused: np.ndarray) -> list[Problem]:
    """One warning of the file for the rows that stay out, with the first of them."""
    rows = np.flatnonzero(refused)
    if not rows.size:
        return []
    first = ", ".join(str(row + 1) for row in rows[:12].tolist())
    more = "" if rows.size <= 12 else " …"
    values = {"roster": shown(name), "number": int(rows.size), "of": len(refused), "rows": f"{first}{more}"}
    return [Problem(code="roster_rows_refused", values=values)]


def _protected(name: str, headers: HeaderMap, protected: Protected) -> list[Problem]:
    """What was left out or made coarser because it points to persons: columns by name, texts by number."""
    columns = [one for one in headers.warnings if one.code == "identifier_columns"]
    columns += problems_of([one for one in protected.findings if not one.rows.size], np.empty(0))
    texts = sum(one.rows.size for one in protected.findings)
    if texts:
        columns.append(Problem(code="roster_texts_left_out", values={"roster": shown(name), "number": texts}))
    return columns


def _of_their_interviews(answers: Mapping[str, Answers], parents: np.ndarray) -> dict[str, Answers]:
    """The interviews' answers, repeated beside the rows of a roster."""
    return {
        name: Answers(name=name, header=one.header, values=_of_parent(one.values, parents))
        for name, one in answers.items()
    }


def _of_parent(values: pa.Array, parents: np.ndarray) -> pa.Array:
    return values.take(pa.array(parents, mask=parents == NOBODY))


def _rows(answers: Mapping[str, Answers], number: int) -> list[Row]:
    """The rows as they are kept: what is said, and why something is not."""
    rows: list[dict[str, str | int]] = [{} for _ in range(number)]
    for name, one in answers.items():
        for row, value in zip(rows, one.values.to_pylist(), strict=True):
            if value is not None:
                row[name] = value
        if one.reasons is not None:
            for place in np.flatnonzero(one.reasons).tolist():
                rows[place][f"{name}@missing"] = str(REASONS[one.reasons[place] - 1])
    return list(rows)
