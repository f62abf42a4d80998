"""Names of questions that stand below the first row: under a title, or under headings of groups of columns."""

from surveys.instrument import Instrument
from surveys.judging.spellings import loosened
from surveys.reading.table import RawTable


ROWS_LOOKED_AT = 20
FEWEST_NAMES = 3


def line_of_names(table: RawTable, instrument: Instrument) -> int | None:
    """The number of the row that holds names of questions where answers should be; None where none does."""
    names = {loosened(question.name) for question in instrument.questions}
    for place, row in enumerate(table.rows.slice(0, ROWS_LOOKED_AT).to_pylist()):
        filled = [loosened(cell) for cell in row.values() if cell]
        known = len(names.intersection(filled))
        if known >= FEWEST_NAMES and 2 * known >= len(filled):
            return int(table.lines[place])
    return None
