"""The ledger as a cleaning log in REACH/IMPACT's columns, for people and for scripts that clean the raw export again."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence

import xlsxwriter

from surveys.corrections.ledger import RESPONDENT, WITHDRAW, Correction, State, Step
from surveys.spreadsheets import defused


REACH_COLUMNS = (
    "uuid", "old_value", "question", "issue", "check_id", "check_binding", "change_type", "new_value",
    "enumerator_num",
)  # fmt: skip
COLUMNS = (
    *REACH_COLUMNS, "correction", "state", "site", "wave", "missing_reason", "proposed_by", "proposed_at",
    "decided_by", "decided_at", "decision_note", "applied_at_place", "ended_at_place", "log", "log_sheet", "log_row",
)  # fmt: skip


def cleaning_log(
    corrections: Sequence[Correction], steps: Mapping[int, Sequence[Step]]
) -> list[dict[str, str]]:
    """One row a correction.

    ``change_type`` is what there is to do to the newest raw export so that it says what the platform counts: only what is
    applied now changes anything, everything else reads ``no_action``.
    """
    return [_row(one, steps.get(one.id, ())) for one in corrections]


def as_csv(rows: Sequence[Mapping[str, str]]) -> bytes:
    """CSV in UTF-8; no text of it runs as a formula."""
    file = io.StringIO()
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: defused(text) for name, text in row.items()} for row in rows)
    return file.getvalue().encode("utf-8")


def as_xlsx(rows: Sequence[Mapping[str, str]]) -> bytes:
    """A workbook with one sheet, ``cleaning_log``; every cell is a text."""
    file = io.BytesIO()
    options = {
        "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
    }  # fmt: skip
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet("cleaning_log")
        bold = book.add_format({"bold": True})
        for place, name in enumerate(COLUMNS):
            sheet.write_string(0, place, name, bold)
            for line, row in enumerate(rows, start=1):
                if row[name]:
                    sheet.write_string(line, place, row[name])
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, len(rows), len(COLUMNS) - 1)
        sheet.set_column(0, len(COLUMNS) - 1, 16)
    return file.getvalue()


LOG_FORMATS: Mapping[str, Callable[[Sequence[Mapping[str, str]]], bytes]] = {"csv": as_csv, "xlsx": as_xlsx}


def _row(one: Correction, steps: Sequence[Step]) -> dict[str, str]:
    decided = next((step for step in reversed(steps) if step.state is not State.PROPOSED), None)
    secret = one.part == RESPONDENT  # a pseudonym: no value of the raw export
    said = {
        "uuid": one.submission, "question": one.question, "issue": one.reason, "change_type": _change(one),
        "old_value": "" if secret else one.old.value, "new_value": "" if secret else one.new.value,
        "correction": str(one.id), "state": one.state.value, "site": one.site, "wave": one.wave,
        "missing_reason": one.new.missing, "proposed_by": one.author,
        "proposed_at": f"{one.proposed_at:%Y-%m-%dT%H:%M:%SZ}",
        "applied_at_place": one.applied_at, "ended_at_place": one.ended_at,
        "log": one.log_name, "log_sheet": one.sheet, "log_row": one.row,
    }  # fmt: skip
    if decided is not None:
        said |= {
            "decided_by": decided.actor, "decided_at": f"{decided.at:%Y-%m-%dT%H:%M:%SZ}",
            "decision_note": decided.why,
        }  # fmt: skip
    return {name: "" if said.get(name) is None else str(said[name]) for name in COLUMNS}


def _change(one: Correction) -> str:
    if one.state is not State.APPLIED:
        return "no_action"
    if one.kind == WITHDRAW:
        return "remove_survey"
    return "blank_response" if one.new.value is None else "change_response"
