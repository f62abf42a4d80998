"""Interviews that were erased and are sent again: recognised by their marks, refused, and kept in no form."""

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO

import pyarrow as pa

from surveys.checking import CheckReport
from surveys.judging.sorting import Aside
from surveys.judging.versions import canonical
from surveys.keys import NOT_KEPT, Encrypted, KeyRing
from surveys.problems import Problem
from surveys.record import payloads
from surveys.record.arrivals import Arrival


_IDS = ("@submission", "@version", "@previous", "@root")


def without_erased(
    arrival: Arrival, report: CheckReport, marks: frozenset[str], keys: KeyRing
) -> tuple[Arrival, CheckReport]:
    """The arrival without the interviews that were erased, and the report that says so.

    A file that holds one is not kept as an original either: a note stands in its place.
    """
    if not marks:
        return arrival, report
    tables = {"accepted": arrival.accepted} | {
        name: getattr(arrival.aside, name) for name in ("held", "outdated", "declined")
    }
    gone = {name: _erased(rows, arrival, marks, keys) for name, rows in tables.items()}
    if not any(any(rows) for rows in gone.values()):
        return arrival, report
    left = {name: rows.filter(pa.array([not one for one in gone[name]])) if rows.num_rows else rows
            for name, rows in tables.items()}  # fmt: skip
    problems = [
        Problem(code="interview_erased", row=row, line=line)
        for name in ("accepted", "held")
        for row, line, one in zip(_numbers(tables[name], "@row"), _numbers(tables[name], "@line"), gone[name], strict=True)
        if one
    ]  # fmt: skip
    rows = {problem.row for problem in problems}
    verdict = "accept-with-rejected-rows" if arrival.verdict == "accept" else arrival.verdict
    report = replace(
        report,
        verdict=verdict,
        rejected=(*report.rejected, *(row for row in sorted(filter(None, rows)))),
        held=tuple(row for row in report.held if row not in rows),
        problems=(*report.problems, *problems),
    )
    arrival = replace(
        arrival,
        verdict=verdict,
        rejected=len(report.rejected),
        held=len(report.held),
        problems=report.problems,
        accepted=left["accepted"],
        aside=Aside(
            held=left["held"], outdated=left["outdated"], declined=left["declined"], replaced=arrival.aside.replaced
        ),
        original=lambda: _note_instead(keys),
    )  # fmt: skip
    return arrival, report


def _erased(rows: pa.Table, arrival: Arrival, marks: frozenset[str], keys: KeyRing) -> list[bool]:
    """Of each row whether it, or whoever was interviewed, was erased."""
    if not rows.num_rows:
        return []
    found = [False] * rows.num_rows
    contents = payloads.content_fingerprints(rows, arrival.types)
    _mark(found, payloads.submission_ids(rows, contents), "submission", arrival.campaign, marks, keys)
    for name in _IDS:
        if name in rows.column_names:
            spelt = canonical(rows[name].cast(pa.large_string())).to_pylist()
            _mark(found, spelt, "submission", arrival.campaign, marks, keys)
    if "@respondent" in rows.column_names:
        said = rows["@respondent"].to_pylist()
        _mark(found, said, "respondent", arrival.campaign, marks, keys)
    return found


def _mark(
    found: list[bool],
    values: Sequence[str | None],
    kind: str,
    campaign: str,
    marks: frozenset[str],
    keys: KeyRing,
) -> None:
    told = sorted({value for value in values if value is not None})
    made = dict(zip(told, keys.erasure_marks(campaign, kind, told), strict=True))
    for place, value in enumerate(values):
        if value is not None and made[value] in marks:
            found[place] = True


def _numbers(rows: pa.Table, name: str) -> list[int | None]:
    numbers: list[int | None] = rows[name].to_pylist() if rows.num_rows else []
    return numbers


def _note_instead(keys: KeyRing) -> Encrypted:
    note = keys.encrypt(BytesIO(NOT_KEPT))
    keys.keep(note.key)
    return note
