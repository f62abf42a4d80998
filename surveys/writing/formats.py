"""The rows of the record in the format that a file's ending asks for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from surveys.columns import typed
from surveys.instrument import Instrument
from surveys.judging.targets import stored_questions
from surveys.languages import say
from surveys.record.payloads import MISSING
from surveys.responses import draft_of, write_responses
from surveys.writing.statistics_files import write_spss, write_stata
from surveys.writing.variables import variables_of
from surveys.writing.workbooks import write_workbook


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelling:
    """What the rows are of, for the labels of files that hold some."""

    campaign: str
    instrument: Instrument
    language: str
    ids: tuple[str | None, ...] = ()  # columns whose values name somebody or something

    @property
    def title(self) -> str:
        """What the file is."""
        return say("responses.file", self.language, campaign=self.campaign)


def write_rows(table: pa.Table, path: Path, labelling: Labelling) -> Mapping[str, str]:
    """Write the table of ``responses_table(..., reasons=True)``; the columns that have another name in the file.

    An ending that is none of ``ROW_FORMATS`` gives CSV.
    """
    return ROW_FORMATS.get(path.suffix.lower(), _csv)(table, path, labelling)


def _csv(table: pa.Table, path: Path, labelling: Labelling) -> dict[str, str]:
    write_responses(table.select([name for name in table.column_names if not name.endswith(MISSING)]), path)
    return {}


def _stata(table: pa.Table, path: Path, labelling: Labelling) -> dict[str, str]:
    variables = variables_of(table, labelling.instrument, labelling.language, labelling.ids)
    with draft_of(path) as draft:
        return write_stata(draft, variables, labelling.title, labelling.language)


def _spss(table: pa.Table, path: Path, labelling: Labelling) -> dict[str, str]:
    variables = variables_of(table, labelling.instrument, labelling.language, labelling.ids)
    with draft_of(path) as draft:
        return write_spss(draft, variables, labelling.title, labelling.language)


def _workbook(table: pa.Table, path: Path, labelling: Labelling) -> dict[str, str]:
    variables = variables_of(table, labelling.instrument, labelling.language, labelling.ids)
    ticks = {one.name for one in variables} - set(table.column_names)
    with draft_of(path) as draft:
        write_workbook(draft, [one for one in variables if one.name not in ticks])
    return {}


def _parquet(table: pa.Table, path: Path, labelling: Labelling) -> dict[str, str]:
    questions = stored_questions(labelling.instrument)
    types = {name: question.type for name, question in questions.items() if name not in labelling.ids}
    with draft_of(path) as draft:
        pq.write_table(typed(table, types), draft, compression="zstd")
    return {}


ROW_FORMATS: Mapping[str, Callable[[pa.Table, Path, Labelling], dict[str, str]]] = {
    ".csv": _csv,
    ".dta": _stata,
    ".sav": _spss,
    ".xlsx": _workbook,
    ".parquet": _parquet,
}
