"""The refused rows as a workbook to mend and send again."""

from collections.abc import Mapping
from pathlib import Path

import xlsxwriter

from surveys.checking import CheckReport
from surveys.judging.answers import TRUNCATED
from surveys.languages import say
from surveys.problems import Problem
from surveys.reading.table import RawFile


LEADING_COLUMNS = ("refused_rows.row", "refused_rows.what", "refused_rows.fix")
LONGEST_CELL = 32_767  # what a workbook holds
_WIDTHS = (14, 60, 60)


def write_refused_rows(path: Path, raw: RawFile, report: CheckReport, language: str = "en") -> int:
    """Write every row that was refused or held, exactly as received; give back how many.

    Three columns stand before the file's own: the row's number in the file, what is wrong, how to
    mend it. The cells to mend are marked. The corrected sheet can be sent as it is: the reader of
    headers knows the three columns in every language and passes them over.

    Parameters
    ----------
    raw
        The file as read, of which ``report`` speaks.
    """
    problems: dict[int, list[Problem]] = {}
    for problem in report.problems:
        if problem.row is not None:
            problems.setdefault(problem.row, []).append(problem)
    table = raw.interviews
    numbers = sorted({*report.rejected, *report.held})
    kept = table.rows.take([number - 1 for number in numbers])
    columns = [
        _as_people_read(column, table.columns[place], raw) for place, column in enumerate(kept.columns)
    ]
    # Text is text: never a formula, never a link, never a number that loses its leading zeros.
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, options) as workbook:
        sheet = workbook.add_worksheet(say("refused_rows.sheet", language)[:31])
        plain = workbook.add_format({"num_format": "@", "valign": "top"})
        told = workbook.add_format(
            {"num_format": "@", "valign": "top", "text_wrap": True, "bg_color": "#F1F5F9"}
        )
        wrong = workbook.add_format({"num_format": "@", "valign": "top", "bg_color": "#FDE68A"})
        heading = workbook.add_format({"num_format": "@", "bold": True, "valign": "top", "bottom": 1})
        for place, width in enumerate(_WIDTHS):
            sheet.set_column(place, place, width)
        leading = [say(key, language) for key in LEADING_COLUMNS]
        for place, text in enumerate([*leading, *table.columns]):
            sheet.write_string(0, place, text, heading)
        for line, number in enumerate(numbers, start=1):
            found = problems.get(number, [])
            sheet.write_string(line, 0, str(number), told)
            sheet.write_string(line, 1, _said([one.message(language) for one in found]), told)
            sheet.write_string(line, 2, _said([one.remedy(language) for one in found]), told)
            marked = {one.column for one in found}
            for place, (header, column) in enumerate(zip(table.columns, columns, strict=True)):
                cell = column[line - 1]
                if cell is not None:
                    sheet.write_string(line, place + 3, _fitting(cell), wrong if header in marked else plain)
                elif header in marked:
                    sheet.write_blank(line, place + 3, None, wrong)
        sheet.freeze_panes(1, 3)
        if numbers:
            sheet.autofilter(0, 0, len(numbers), len(table.columns) + 2)
    return len(numbers)


def _as_people_read(column: object, header: str, raw: RawFile) -> list[str | None]:
    """Cells as received; codes of a statistics file as their labels, which a workbook would lose."""
    texts: list[str | None] = column.to_pylist()  # type: ignore[attr-defined]
    labels: Mapping[str, str] = (raw.value_labels or {}).get(header, {})
    return [labels.get(text, text) if text is not None else None for text in texts] if labels else texts


def _said(sentences: list[str]) -> str:
    return "\n".join(dict.fromkeys(sentences))[:LONGEST_CELL]


def _fitting(text: str) -> str:
    """A text too long for a workbook says so, and is then refused rather than stored cut."""
    return text if len(text) <= LONGEST_CELL else (TRUNCATED + text)[:LONGEST_CELL]
