"""The rows as a workbook: numbers as numbers, days as days, and texts that no program runs as a formula."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import xlsxwriter

from surveys.problems import CannotProceed
from surveys.writing.variables import Variable, is_code


MOST_ROWS, MOST_COLUMNS = 1_048_575, 16_384  # below the header; of a sheet
_LONGEST = 32_767  # characters a cell holds
_OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_FIRST_DAY = "1900-03-01"  # before it programs disagree


def write_workbook(path: Path, variables: Sequence[Variable]) -> None:
    """Write one sheet of the columns under their own names; a cell without an answer is empty.

    Raises
    ------
    CannotProceed
        There are more rows or columns than a sheet holds, or a text is longer than a cell.
    """
    rows = len(variables[0].values) if variables else 0
    too_long = any(
        len(value) > _LONGEST for one in variables for value in one.values if value and one.kind == "text"
    )
    if rows > MOST_ROWS or len(variables) > MOST_COLUMNS or too_long:
        raise CannotProceed(
            path.name.removeprefix(".").removesuffix(".draft"),
            "a workbook cannot hold all of these rows without loss.",
            "Write them as .csv or .parquet.",
        )
    with xlsxwriter.Workbook(str(path), _OPTIONS) as book:
        sheet = book.add_worksheet("responses")
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.freeze_panes(1, 0)
        for column, one in enumerate(variables):
            sheet.write_string(0, column, one.name, bold)
            for row, value in enumerate(one.values, start=1):
                if value is None:
                    continue
                if one.kind == "date" and value >= _FIRST_DAY:
                    sheet.write_datetime(row, column, date.fromisoformat(value), day)
                elif one.kind == "number" or (one.kind == "codes" and is_code(value)):
                    sheet.write_number(row, column, float(value))
                else:
                    sheet.write_string(row, column, value)
