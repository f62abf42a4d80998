"""What a field team reads after an upload: the verdict, its numbers, and the problems grouped by cause."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from surveys.doubts import Doubt, open_doubts
from surveys.ingest import Receipt
from surveys.languages import say
from surveys.problems import CannotProceed, Problem


FIRST_ROWS = 5  # of a cause shown on the page; the workbook holds all of them
COUNTS = ("accepted", "replaced", "unchanged", "rejected", "held", "declined")
ALWAYS_TOLD = ("accepted", "unchanged", "rejected")
TO_ACT_ON = ("sheet_left_out", "one_page_of_several")  # warnings: interviews that did not come in
ANSWERED = {  # what a question on the page settles, by the kind of question; its remedy is the answer
    "sheets_ambiguous": "sheet",
    "day_or_month_first": "day_order",
    "undeclared_missing_code": "missing",
    "possible_missing_code": "missing",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One kind of problem in one column, with the first rows that have it."""

    title: str
    what: str  # what is wrong, where all rows say the same; otherwise empty, and it stands beside each
    remedy: str
    count: int
    rows: tuple[dict[str, Any], ...]
    more: str  # how many rows are not shown, in words; empty where all are


def verdict_of(receipt: Receipt, language: str) -> dict[str, Any]:
    """The verdict as the upload page draws it."""
    problems, warnings = receipt.report.problems, receipt.report.warnings
    declined = declined_rows(problems)
    left_out = [warning for warning in warnings if warning.code in TO_ACT_ON]
    remarks = [warning for warning in warnings if warning.code not in TO_ACT_ON]
    asked = _asked(receipt.report.doubts)
    state = _state(receipt, len(declined), left_out)
    numbers = {
        "accepted": receipt.accepted - receipt.replaced, "replaced": receipt.replaced,
        "unchanged": receipt.unchanged,
        "rejected": receipt.rejected - len(declined), "held": receipt.held, "declined": len(declined),
    }  # fmt: skip
    problems = [problem for problem in problems if problem.row not in declined]
    return {
        "state": state,
        "headline": say(f"screens.upload.verdicts.{state}.headline", language),
        "next": say(_next(receipt, state), language),
        "counts": [
            {
                "name": name,
                "label": say(f"screens.upload.counts.{name}", language),
                "value": f"{numbers[name]:,}",
            }
            for name in COUNTS
            if state != "refused" and (numbers[name] or name in ALWAYS_TOLD)
        ],
        "causes": [_drawn(cause) for cause in causes_of(problems, language, asked)],
        "left_out": [_drawn(cause) for cause in causes_of(left_out, language, asked)],
        "warnings": [_drawn(cause) for cause in causes_of(remarks, language, asked)],
    }


def stopped(stop: CannotProceed | None, language: str) -> dict[str, Any]:
    """The verdict where nothing could be judged: a wrong campaign file, or a fault of the platform's own."""
    what = f"{stop.where}: {stop.what}" if stop else ""
    return {
        "state": "failed",
        "headline": say("screens.upload.verdicts.failed.headline", language),
        "next": " ".join([what, stop.remedy]) if stop else say("screens.upload.verdicts.failed.next", language),
        "counts": [], "causes": [], "left_out": [], "warnings": [],
    }  # fmt: skip


def causes_of(
    problems: Sequence[Problem], language: str, asked: Collection[str] = frozenset()
) -> list[Cause]:
    """Problems grouped by what is wrong and in which column: the file first, then the most frequent.

    ``asked``: the kinds of the questions that can be answered beside them, and the codes and marks they are about.
    """
    groups: dict[tuple[str, str | None], list[Problem]] = {}
    for problem in problems:
        groups.setdefault((problem.code, problem.column), []).append(problem)
    ordered = sorted(
        groups.values(),
        key=lambda group: (group[0].row is not None, _is_answered(group, asked), -len(group)),
    )
    return [_cause(group, language, asked) for group in ordered]


def _is_answered(group: Sequence[Problem], asked: Collection[str]) -> bool:
    """Whether the answer to a question on the page settles the whole group: nobody has to mend these cells."""
    inside = [problem for problem in group if problem.row is not None]
    return ANSWERED.get(group[0].code) in asked or (
        bool(inside) and all(problem.value in asked for problem in inside)
    )


def _cause(group: Sequence[Problem], language: str, asked: Collection[str]) -> Cause:
    first = group[0]
    inside = [problem for problem in group if problem.row is not None]
    alone = len(group) == 1 or not inside
    title = first.message(language) if alone else _title(first, len(group), language)
    rows = () if alone and not inside else tuple(_row(p, language) for p in inside[:FIRST_ROWS])
    hidden = len(inside) - FIRST_ROWS
    said = {_said(problem, language) for problem in inside}
    answered = _is_answered(group, asked)
    return Cause(
        title=title,
        what=said.pop() if len(said) == 1 and not alone else "",
        remedy=say("screens.upload.asked.fix", language) if answered else first.remedy(language),
        count=len(group),
        rows=() if alone else rows,
        more=say("screens.upload.more_rows", language, count=hidden) if hidden > 0 else "",
    )


def _asked(doubts: Sequence[Doubt]) -> set[str]:
    """The kinds of the questions that are open, and the codes and marks they are about."""
    asked: set[str] = set()
    for doubt in open_doubts(doubts):
        asked.add(doubt.kind)
        if doubt.kind == "missing":
            asked.add(str(doubt.values["code"]))
    return asked


def _title(first: Problem, count: int, language: str) -> str:
    place = "cause_column" if first.column else "cause_row"
    return say(f"screens.upload.{place}", language, column=first.column, count=f"{count:,}")


def _row(problem: Problem, language: str) -> dict[str, Any]:
    return {
        "row": problem.row, "line": problem.line, "value": problem.value or "",
        "message": _said(problem, language),
    }  # fmt: skip


def _said(problem: Problem, language: str) -> str:
    """What is wrong, without the place, which stands beside it."""
    what = problem.message(language).removeprefix(f"{problem.place(language)}: ")
    return what[:1].upper() + what[1:]


def _drawn(cause: Cause) -> dict[str, Any]:
    return {
        "title": cause.title, "what": cause.what, "remedy": cause.remedy, "count": cause.count,
        "rows": list(cause.rows), "more": cause.more,
    }  # fmt: skip


def declined_rows(problems: Sequence[Problem]) -> set[int]:
    """Rows that stay out only because the person did not agree to take part: there is nothing to mend."""
    codes: dict[int, set[str]] = {}
    for problem in problems:
        if problem.row is not None:
            codes.setdefault(problem.row, set()).add(problem.code)
    return {row for row, found in codes.items() if found == {"no_consent"}}


def _next(receipt: Receipt, state: str) -> str:
    """What to do now: where rows stay out because of open questions, their answers come before everything else."""
    asks = any(doubt.blocking for doubt in open_doubts(receipt.report.doubts))
    if asks and state in ("refused", "partly"):
        return "screens.upload.asked.next" if state == "refused" else "screens.upload.asked.next_partly"
    return f"screens.upload.verdicts.{state}.next"


def _state(receipt: Receipt, declined: int, left_out: Sequence[Problem]) -> str:
    if receipt.report.verdict == "reject-file":
        return "refused"
    if receipt.rejected > declined:
        return "partly"
    if receipt.held:
        return "waiting"
    if left_out:
        return "incomplete"
    return "accepted" if receipt.accepted else "unchanged"
