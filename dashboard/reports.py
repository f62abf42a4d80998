"""The report on a file as a file of its own: JSON for programs, a workbook for the field team."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from dashboard.settings import choose
from surveys.languages import languages
from surveys.problems import CannotProceed


COUNTS = ("verdict", "accepted", "unchanged", "rejected", "held")
COLUMNS = {"row": 8, "line": 8, "column": 24, "code": 26, "value": 24, "message": 70, "remedy": 70}


def write_report(path: Path, report: Mapping[str, Any]) -> None:
    """Write the report as its ending says, ``.json`` or ``.xlsx``.

    Raises
    ------
    CannotProceed
        The ending is another one, or the file cannot be written.
    """
    try:
        require_report_format(path)(path, report)
    except (OSError, xlsxwriter.exceptions.XlsxWriterException) as error:
        reason = getattr(error, "strerror", None) or "the workbook could not be made"
        raise CannotProceed(
            str(path), f"the report cannot be written here ({reason}).", "Choose another place."
        ) from None


def require_report_format(path: Path) -> Callable[[Path, Mapping[str, Any]], None]:
    """What writes a report of that ending; CannotProceed where nothing does."""
    if path.suffix.lower() in REPORT_FORMATS:
        return REPORT_FORMATS[path.suffix.lower()]
    raise CannotProceed(
        str(path),
        f'a report cannot be written as "{path.suffix}".',
        f"End its name in {' or '.join(REPORT_FORMATS)}.",
    )


def require_file(path: Path) -> None:
    """CannotProceed where there is no such file."""
    if path.is_file():
        return
    folder = path.parent if path.parent.is_dir() else None
    names = tuple(sorted(other.name for other in folder.iterdir() if other.is_file())[:12]) if folder else ()
    remedy = choose(path.name, names, none="Check the path.") if names else "Check the path."
    raise CannotProceed(str(path), "there is no such file.", remedy)


def known_language(language: str) -> None:
    """CannotProceed where no messages exist in the language."""
    if language not in languages():
        remedy = choose(language, languages(), none="")
        raise CannotProceed("--language", f'there are no messages in "{language}".', remedy)


def _write_json(path: Path, report: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", "utf-8")


def _write_workbook(path: Path, report: Mapping[str, Any]) -> None:
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        summary = book.add_worksheet("summary")
        summary.set_column(0, 0, 14)
        for row, name in enumerate(COUNTS):
            summary.write_string(row, 0, name, bold)
            summary.write(row, 1, report[name])
        for kind in ("problems", "warnings"):
            sheet = book.add_worksheet(kind)
            sheet.freeze_panes(1, 0)
            _write_rows(sheet, report[kind], bold, wrapped)


def _write_rows(sheet: Any, problems: Sequence[Mapping[str, Any]], bold: Any, wrapped: Any) -> None:
    for place, (name, width) in enumerate(COLUMNS.items()):
        sheet.set_column(place, place, width, wrapped)
        sheet.write_string(0, place, name, bold)
    for row, problem in enumerate(problems, start=1):
        for place, name in enumerate(COLUMNS):
            value = problem.get(name)
            if isinstance(value, int):
                sheet.write_number(row, place, value)
            elif value is not None:
                sheet.write_string(row, place, str(value))


REPORT_FORMATS: Mapping[str, Callable[[Path, Mapping[str, Any]], None]] = {
    ".json": _write_json,
    ".xlsx": _write_workbook,
}
