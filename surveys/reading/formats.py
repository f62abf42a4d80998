"""Which files are read, how they are recognised, and by which reader."""

import csv
import io
from pathlib import Path

from surveys.reading.limits import Limits
from surveys.reading.opendocument import open_ods
from surveys.reading.refusal import refused
from surveys.reading.sheets import blocks_of, trimmed_rows
from surveys.reading.workbooks import open_xls, open_xlsx


def read_as_sheets(path: Path, name: str, limits: Limits) -> list[dict[str, object]]:
    """Every sheet of a workbook or of a questionnaire in CSV, hidden ones included."""
    ending = name.lower().rsplit(".", 1)[-1]
    if ending == "xlsx":
        grids = open_xlsx(path, limits)
    elif ending == "xls":
        grids = open_xls(path, limits)
    elif ending == "ods":
        grids = open_ods(path, limits)
    elif ending == "csv":
        text = path.read_bytes().decode("utf-8-sig")
        grids = blocks_of(csv.reader(io.StringIO(text, newline=""), strict=True), Path(name).stem)
    else:
        raise refused("FORMAT_UNKNOWN", extension=ending)
    return [{"name": grid.name, "visible": grid.visible, "rows": trimmed_rows(grid)} for grid in grids]
