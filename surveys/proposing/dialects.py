"""The three dialects of correction logs in the field, recognised by their columns and read into wanted changes.

What is assumed of each, where its makers leave it open:

* REACH/IMPACT cleaning log: one row a change; ``change_type`` says what kind. A blanked response was given and
  thrown away, so it is *lost*, not *blank*. A sheet called a deletion log lists interviews to withdraw.
* DIME ``iecorrect`` and ``ieduplicates``: a sheet a kind of change. ``idvalue``, or columns named after questions,
  pick interviews; ``*`` or nothing picks all; ``valuecurrent`` narrows them. ``.d .r .n`` are Stata's missing reasons.
* SurveyCTO: ``FORM_corrections.csv``, which the Stata code that its server writes reads (in this order key, fieldname,
  value, notes; no old value), and ``FORM_correction_log.csv``, which comes with an export of corrected data. No sample
  and no list of columns of the latter could be found in public, so its columns are assumed (KEY, field, old and new
  value, comment, under whatever name each usually has); the corrections in it are in the exported data already.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from surveys.missing import Missing
from surveys.problems import FileRefused, Problem
from surveys.proposing.wanted import Wanted
from surveys.reading import Sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """One row of a log: the changes it asks for, or why it asks for none."""

    sheet: str
    row: int
    wanted: tuple[Wanted, ...] = ()
    status: str = "nothing_to_do"  # where nothing is wanted: nothing_to_do or refused
    problem: Problem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """A log as read."""

    dialect: str
    rows: tuple[LogRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """One sheet with its header found: rows by loosened column name."""

    name: str
    headers: Mapping[str, str]  # loosened -> as written
    rows: tuple[tuple[int, Mapping[str, str]], ...]


# How each dialect's columns are spelled once case, spaces, dots and underscores do not count.
_SUBMISSION = (
    "uuid", "key", "instanceid", "metainstanceid", "submissionid", "submissionuuid", "interviewid", "rootuuid",
    "metarootuuid", "xuuid",
)  # fmt: skip
_QUESTION = ("question", "questionname", "field", "fieldname", "variable", "varname", "columnname")
_OLD = ("oldvalue", "originalvalue", "valueold", "currentvalue", "fromvalue", "previousvalue")
_NEW = ("newvalue", "correctedvalue", "valuenew", "tovalue", "value")
_REASON = ("issue", "reason", "comment", "comments", "notes", "note", "feedback", "explanation")
_CHANGE = ("changetype", "actiontype", "action", "changed")
_IECORRECT_SHEETS = frozenset({"string", "numeric", "drop", "other"})
_IECORRECT_OWN = frozenset(
    {
        "varname",
        "value",
        "valuecurrent",
        "initials",
        "notes",
        "nobs",
        "datelastchanged",
        "nchanges",
        "idvalue",
    }
)
_IEDUPLICATES_OWN = frozenset(
    {"duplistid", "datelisted", "datefixed", "correct", "drop", "newid", "initials", "notes", "listofdiffs"}
)
_ANY = frozenset({"", "*"})

_CHANGES = frozenset({"changeresponse", "change", "yes", "y", "1", "true", "modify", "recode"})
_BLANKS = frozenset({"blankresponse", "blank", "removeresponse", "deleteresponse"})
_REMOVALS = frozenset({"removesurvey", "remove", "deletion", "delete", "deletesurvey", "removeinterview"})
_NO_CHANGES = frozenset({"noaction", "nochange", "none", "no", "n", "0", "false", "keep", "checked"})


def read_log(sheets: Sequence[Sheet]) -> Log:
    """The log that these sheets are.

    Raises
    ------
    FileRefused
        They are none of the dialects, or hold no row.
    """
    tables = [table for sheet in sheets if (table := _table(sheet)) is not None]
    for dialect, is_theirs, read in _DIALECTS:
        theirs = [table for table in tables if is_theirs(table)]
        rows = tuple(chain.from_iterable(read(table) for table in theirs))
        if theirs and rows:
            return Log(dialect=dialect, rows=rows)
        if theirs:
            raise FileRefused(Problem(code="correction_log_empty"))
    raise FileRefused(Problem(code="correction_log_unknown"))


def _table(sheet: Sheet) -> _Table | None:
    filled = [(line, cells) for line, cells in enumerate(sheet.rows, start=1) if any(map(str.strip, cells))]
    if not filled:
        return None
    _, header = filled[0]
    names = [_loose(cell) for cell in header]
    headers = {name: cell.strip() for name, cell in zip(names, header, strict=True) if name}
    rows = tuple(
        (line, {name: cell.strip() for name, cell in zip(names, cells, strict=False) if name})
        for line, cells in filled[1:]
    )
    return _Table(name=sheet.name, headers=headers, rows=rows)


# ---- REACH/IMPACT -----------------------------------------------------------------------------------------


def _is_reach(table: _Table) -> bool:
    return _is_deletion_log(table) or (
        _has(table, _SUBMISSION)
        and _has(table, _QUESTION)
        and _has(table, _CHANGE)
        and "key" not in table.headers
    )


def _is_deletion_log(table: _Table) -> bool:
    return "delet" in table.name.casefold() and _has(table, _SUBMISSION) and not _has(table, _QUESTION)


def _reach_rows(table: _Table) -> Iterator[LogRow]:
    for line, cells in table.rows:
        base = Wanted(
            submission=_cell(cells, _SUBMISSION), question=_cell(cells, _QUESTION) or "",
            reason=_cell(cells, _REASON) or "", sheet=table.name, row=line,
        )  # fmt: skip
        if _is_deletion_log(table):
            yield _one(replace(base, kind="withdraw"))
            continue
        change = _loose(_cell(cells, _CHANGE) or "")
        old, new = cells.get(_first(table, _OLD), None), _cell(cells, _NEW)
        if change in _NO_CHANGES:
            yield _none(table, line, "nothing_to_do", "correction_no_action")
        elif change in _REMOVALS:
            yield _one(replace(base, kind="withdraw"))
        elif change in _BLANKS:
            yield _one(replace(base, old=old, missing=Missing.LOST.value))
        elif change in _CHANGES and new is not None:
            yield _one(replace(base, old=old, new=new))
        else:
            code = "correction_no_new_value" if change in _CHANGES else "correction_unknown_change"
            yield _none(table, line, "refused", code)


# ---- DIME -------------------------------------------------------------------------------------------------


def _is_iecorrect(table: _Table) -> bool:
    known = {"string": "varname", "numeric": "varname", "other": "strvar", "drop": "initials"}
    return known.get(table.name.strip().casefold(), "-") in table.headers


def _iecorrect_rows(table: _Table) -> Iterator[LogRow]:
    sheet = table.name.strip().casefold()
    for line, cells in table.rows:
        base = Wanted(reason=_said(cells, "notes", "initials"), sheet=table.name, row=line)
        if sheet == "other":
            yield _iecorrect_other(table, line, cells, base)
            continue
        where = _picked(table, cells, _IECORRECT_OWN)
        current = cells.get("valuecurrent", "")
        if sheet == "drop":
            picked = _naming(replace(base, kind="withdraw"), where)
            yield _one(picked) if where else _none(table, line, "refused", "correction_picks_nothing")
        elif not where and current in _ANY:
            yield _none(table, line, "refused", "correction_picks_nothing")
        elif not cells.get("varname"):
            yield _none(table, line, "refused", "correction_unknown_question")
        else:
            old = None if current in _ANY else current
            new = cells.get("value", "")
            change = _naming(replace(base, question=cells["varname"], old=old, new=new), where)
            yield _one(change if where else replace(change, where={cells["varname"]: current}))


def _iecorrect_other(table: _Table, line: int, cells: Mapping[str, str], base: Wanted) -> LogRow:
    """An "other, specify" that is given a category, and perhaps another text."""
    text, current = cells.get("strvar", ""), cells.get("strvaluecurrent", "")
    if not text or current in _ANY or not cells.get("catvar"):
        return _none(table, line, "refused", "correction_picks_nothing")
    wanted = [replace(base, where={text: current}, question=cells["catvar"], new=cells.get("catvalue", ""))]
    if cells.get("strvalue") and cells["strvalue"] != current:
        wanted.append(replace(base, where={text: current}, question=text, old=current, new=cells["strvalue"]))
    return LogRow(sheet=table.name, row=line, wanted=tuple(wanted))


def _is_ieduplicates(table: _Table) -> bool:
    return {"duplistid", "correct", "drop", "newid"} <= table.headers.keys()


def _ieduplicates_rows(table: _Table) -> Iterator[LogRow]:
    respondent = next((name for name in table.headers if name not in _IEDUPLICATES_OWN), "")
    others = [name for name in table.headers if name not in _IEDUPLICATES_OWN and name != respondent]
    key = next((name for name in others if name in _SUBMISSION), None)
    for line, cells in table.rows:
        base = Wanted(
            submission=cells.get(key or "") or None, reason=_said(cells, "notes", "initials"), sheet=table.name,
            row=line,
        )  # fmt: skip
        decided = _loose(cells.get("correct", "")), _loose(cells.get("drop", "")), cells.get("newid", "")
        if not any(decided):
            yield _none(table, line, "nothing_to_do", "correction_undecided")
        elif decided[0] and not decided[1] and not decided[2]:
            yield _none(table, line, "nothing_to_do", "correction_kept")
        elif base.submission is None:
            yield _none(table, line, "refused", "correction_without_key")
        elif decided[1]:
            yield _one(replace(base, kind="withdraw"))
        else:
            yield _one(
                replace(base, question=table.headers[respondent], old=cells.get(respondent), new=decided[2])
            )


# ---- SurveyCTO --------------------------------------------------------------------------------------------


def _is_surveycto(table: _Table) -> bool:
    keyed = "key" in table.headers or "instanceid" in table.headers
    return keyed and _has(table, ("field", "fieldname")) and _has(table, _NEW)


def _surveycto_rows(table: _Table) -> Iterator[LogRow]:
    old_column = _first(table, _OLD)
    for line, cells in table.rows:
        wanted = Wanted(
            submission=_cell(cells, ("key", "instanceid")),
            question=_cell(cells, ("field", "fieldname")) or "",
            old=cells.get(old_column),
            new=_cell(cells, _NEW) or "",
            reason=_cell(cells, _REASON) or "",
            sheet=table.name,
            row=line,
        )
        yield _one(wanted)


_DIALECTS: tuple[tuple[str, Callable[[_Table], bool], Callable[[_Table], Iterator[LogRow]]], ...] = (
    ("ieduplicates", _is_ieduplicates, _ieduplicates_rows),
    ("iecorrect", _is_iecorrect, _iecorrect_rows),
    ("reach", _is_reach, _reach_rows),
    ("surveycto", _is_surveycto, _surveycto_rows),
)


def _picked(table: _Table, cells: Mapping[str, str], own: frozenset[str]) -> dict[str, str]:
    """The columns that pick interviews, as written; ``*`` and blank pick any."""
    names = [name for name in table.headers if name not in own or name == "idvalue"]
    return {table.headers[name]: cells[name] for name in names if cells.get(name, "") not in _ANY}


def _naming(wanted: Wanted, picked: Mapping[str, str]) -> Wanted:
    """The change with its interviews named: by submission where a column is called so."""
    submission = next((value for name, value in picked.items() if _loose(name) in _SUBMISSION), None)
    rest = {name: value for name, value in picked.items() if _loose(name) not in _SUBMISSION}
    return replace(wanted, submission=submission, where=rest)


def _one(wanted: Wanted) -> LogRow:
    return LogRow(sheet=wanted.sheet, row=wanted.row, wanted=(wanted,))


def _none(table: _Table, line: int, status: str, code: str) -> LogRow:
    return LogRow(sheet=table.name, row=line, status=status, problem=Problem(code=code, row=line, line=line))


def _said(cells: Mapping[str, str], *names: str) -> str:
    return " · ".join(cells[name] for name in names if cells.get(name))


def _cell(cells: Mapping[str, str], names: Sequence[str]) -> str | None:
    """The first of these columns that holds anything."""
    return next((cells[name] for name in names if cells.get(name)), None)


def _first(table: _Table, names: Sequence[str]) -> str:
    return next((name for name in names if name in table.headers), "")


def _has(table: _Table, names: Sequence[str]) -> bool:
    return any(name in table.headers for name in names)


def _loose(text: str) -> str:
    return re.sub(r"[^0-9a-z]+", "", text.casefold())
