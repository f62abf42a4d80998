"""A log of corrections becomes part of the ledger, and every row of it is told what became of it and why."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pyarrow as pa

from surveys.catalogue import Catalogue
from surveys.corrections.ledger import OPEN, RESPONDENT, Cell, Proposal
from surveys.display import shown
from surveys.fieldwork import Fieldwork
from surveys.instrument import Instrument
from surveys.problems import Problem
from surveys.proposing.dialects import LogRow, read_log
from surveys.proposing.judging import Pseudonym, judge_wanted
from surveys.proposing.picking import Picking
from surveys.proposing.questions import Meant, Questions
from surveys.proposing.wanted import Judged, Wanted
from surveys.reading import read_sheets
from surveys.reading.limits import Limits
from surveys.record.interviews import cell_at, column_of
from surveys.record.logs import ImportedLog, LogRowEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class RowReport:
    """What became of one row of a log."""

    sheet: str
    row: int
    status: str  # proposed, already_there, nothing_to_do, merged, stale, refused
    problem: Problem | None = None
    consequences: tuple[Problem, ...] = ()
    corrections: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What became of a log."""

    log: int
    name: str
    dialect: str
    rows: tuple[RowReport, ...]

    def counts(self) -> dict[str, int]:
        """How many rows came to what."""
        counts: dict[str, int] = defaultdict(int)
        for row in self.rows:
            counts[row.status] += 1
        return dict(counts)

    def as_dict(self, language: str = "en") -> dict[str, object]:
        """The report as a JSON object."""
        return {
            "log": self.log,
            "name": self.name,
            "dialect": self.dialect,
            "counts": self.counts(),
            "rows": [_row_as_dict(row, language) for row in self.rows],
        }


class Proposing:
    """Whatever people want corrected in one campaign, judged and entered into the ledger."""

    def __init__(
        self,
        catalogue: Catalogue,
        instrument: Instrument,
        fieldwork: Fieldwork,
        *,
        pseudonym: Pseudonym | None = None,
        today: date,
    ) -> None:
        self._catalogue = catalogue
        self._campaign = fieldwork.campaign
        self.questions = Questions(instrument, fieldwork)
        self._pseudonym = pseudonym
        self._today = today

    def judge(self, wanted: Sequence[Wanted]) -> list[Judged]:
        """What each wanted change would come to; nothing is stored. Each names its interview."""
        ids = sorted({one.submission for one in wanted if one.submission})
        spellings = self._catalogue.every_name(self._campaign, ids)
        names = sorted({name for names in spellings.values() for name in names})
        interviews = self._catalogue.interviews(self._campaign, names)
        if not interviews.num_rows:
            interviews = _no_interviews()
        there = set(interviews["@key"].to_pylist())
        found = {id_: next((n for n in names if n in there), id_) for id_, names in spellings.items()}
        pending = self._catalogue.corrections(self._campaign, states=OPEN, submissions=sorted(there))
        named = [replace(one, submission=found.get(one.submission or "", one.submission)) for one in wanted]
        return judge_wanted(
            named, interviews, self.questions, pending=pending, pseudonym=self._pseudonym, today=self._today
        )

    def held(self, submission: str, question: str) -> Cell | None:
        """What an interview now says to a question; None where there is no such interview or question."""
        meant = self.questions.meant(question) if question else None
        names = self._catalogue.every_name(self._campaign, [submission])[submission]
        interviews = self._catalogue.interviews(self._campaign, names)
        if not isinstance(meant, Meant) or interviews.num_rows == 0:
            return None
        part = RESPONDENT if meant.asked.part == "respondent" else None
        return cell_at(interviews, column_of(meant.asked.name, part), 0)

    def propose(self, wanted: Sequence[Wanted], author: str) -> list[tuple[Judged, int | None]]:
        """Judge changes and enter those that are right; for each the id of its correction, if it has one."""
        judged = self.judge(wanted)
        proposals = [one.proposal for one in judged if one.proposal is not None]
        entered = iter(self._catalogue.propose(self._campaign, proposals, author=author) if proposals else ())
        result: list[tuple[Judged, int | None]] = []
        for one in judged:
            if one.proposal is None:
                result.append((one, None))
                continue
            id_, there = next(entered)
            result.append((replace(one, status="already_there") if there else one, id_))
        return result

    def import_log(
        self, path: Path, *, author: str, name: str | None = None, limits: Limits | None = None
    ) -> ImportReport:
        """Read a log, judge every row and enter it.

        Raises
        ------
        FileRefused
            It cannot be read, or is no log of a known dialect.
        """
        own_name = name or path.name
        sheets = read_sheets(path, name=own_name, limits=limits or Limits())
        log = read_log(sheets)
        rows = self._picked(log.rows)
        judged = iter(self.judge([one for row in rows for one in row.wanted]))
        by_row = [(row, [next(judged) for _ in row.wanted]) for row in rows]
        proposals: list[Proposal] = []
        entries: list[tuple[LogRowEntry, Sequence[int]]] = []
        reports: list[RowReport] = []
        for row, found in by_row:
            report = _report(row, found)
            places = []
            for one in found:
                if one.proposal is not None:
                    places.append(len(proposals))
                    proposals.append(one.proposal)
            reports.append(report)
            entries.append((_entry(report), places))
        number = self._catalogue.import_log(
            ImportedLog(
                campaign=self._campaign, name=own_name, sha256=_sha256(path), dialect=log.dialect,
                proposals=proposals, rows=entries,
            ),
            by=author,
        )  # fmt: skip
        stored = self._catalogue.log_rows(number)
        return ImportReport(
            log=number,
            name=own_name,
            dialect=log.dialect,
            rows=tuple(
                replace(report, status=entry.status, corrections=entry.corrections)
                for report, entry in zip(reports, stored, strict=True)
            ),
        )

    def _picked(self, rows: Sequence[LogRow]) -> list[LogRow]:
        """Rows that pick interviews by their answers name them one by one."""
        if not any(one.where for row in rows for one in row.wanted):
            return list(rows)
        picking = Picking(self._catalogue, self._campaign, self.questions, self._pseudonym)
        return [picking.named(row) for row in rows]


def _report(row: LogRow, found: Sequence[Judged]) -> RowReport:
    """One row of the log: proposed where any change of it is, else as the first that stands in the way."""
    if not found:
        return RowReport(sheet=row.sheet, row=row.row, status=row.status, problem=row.problem)
    lead = next((one for one in found if one.status == "proposed"), found[0])
    told: list[Problem] = []
    for problem in (problem for one in found for problem in one.consequences):
        if problem not in told:
            told.append(problem)
    return RowReport(
        sheet=row.sheet, row=row.row, status=lead.status, problem=lead.problem, consequences=tuple(told)
    )


def _entry(report: RowReport) -> LogRowEntry:
    problem = report.problem
    values: Mapping[str, object] = {"column": shown(problem.column or "")} if problem is not None else {}
    return LogRowEntry(
        sheet=report.sheet,
        row=report.row,
        status=report.status,
        code=problem.code if problem is not None else "",
        values=values,
    )


def _row_as_dict(row: RowReport, language: str) -> dict[str, object]:
    return {
        "sheet": row.sheet,
        "row": row.row,
        "status": row.status,
        "corrections": list(row.corrections),
        "code": row.problem.code if row.problem else "",
        "message": row.problem.message(language) if row.problem else "",
        "remedy": row.problem.remedy(language) if row.problem else "",
        "consequences": [problem.message(language) for problem in row.consequences],
    }


def _no_interviews() -> pa.Table:
    return pa.table({"@key": pa.array([], pa.large_string()), "@withdrawn": pa.array([], pa.bool_())})


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
