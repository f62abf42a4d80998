"""How a table writes what every table holds: decimal commas, a row of HXL tags, lost characters."""

import re
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from surveys.problems import Problem
from surveys.reading.table import RawTable


DECIMAL_COMMA = r"^[-+]?\d+,\d+$"
THOUSANDS = r"^[-+]?[1-9]\d{0,2}(,\d{3})+$"
DECIMAL_POINT = r"^[-+]?\d*\.\d+$"
HXL_TAG = re.compile(r"#[A-Za-z][A-Za-z0-9_]*(?:\s*\+[A-Za-z][A-Za-z0-9_]*)*\s*")
METADATA = re.compile(r"(?:\A|/)_|version|deviceid|(?:instance|device)_?id", re.IGNORECASE)


def writes_decimal_commas(table: RawTable) -> bool:
    """Whether the table writes 1,25 for one and a quarter, and nowhere 1.25."""
    found = False
    columns = [
        column.drop_null()
        for header, column in zip(table.columns, table.rows.columns, strict=True)
        if not METADATA.search(header)
    ]
    for column in columns:
        with_comma = column.filter(pc.match_substring(column, ","))
        numbers = with_comma.filter(pc.match_substring_regex(with_comma, DECIMAL_COMMA))
        if len(numbers) and not pc.all(pc.match_substring_regex(numbers, THOUSANDS)).as_py():
            found = True
            break
    return found and not any(
        pc.any(pc.match_substring_regex(column, DECIMAL_POINT)).as_py() for column in columns
    )


def without_tags(table: RawTable) -> tuple[RawTable, tuple[Problem, ...]]:
    """The table without a first row of HXL tags, and the warning that says so."""
    if not table.rows.num_rows:
        return table, ()
    first = [column[0].as_py() for column in table.rows.columns]
    tags = [cell for cell in first if cell]
    if not tags or not all(HXL_TAG.fullmatch(tag) for tag in tags):
        return table, ()
    rest = replace(
        table,
        rows=table.rows.slice(1),
        lines=table.lines[1:],
        broken_rows={row - 1: code for row, code in table.broken_rows.items() if row},
    )
    return rest, (Problem(code="tag_row_skipped", line=int(table.lines[0]), values={"sheet": table.name}),)


def lost_character_warnings(table: RawTable) -> tuple[Problem, ...]:
    """A warning for each column in which a program before us already lost characters."""
    return tuple(
        Problem(code="characters_lost", column=header)
        for header, column in zip(table.columns, table.rows.columns, strict=True)
        if pc.any(pc.match_substring(column, "\ufffd")).as_py()
    )


def unmasked(table: RawTable) -> RawTable:
    """The table without the apostrophe that LimeSurvey puts before an equals sign, against spreadsheets."""
    columns = [pc.replace_substring_regex(column, r"^'=", "=") for column in table.rows.columns]
    return replace(table, rows=pa.table(columns, schema=table.rows.schema))
