"""Problems and tables as they cross from the reading process to its parent."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from surveys.problems import Problem
from surveys.reading.table import RawFile, RawTable


LINES = "lines"  # the column of line numbers beside c0, c1, ...


def problem_as_json(problem: Problem) -> dict[str, object]:
    """Every part of a problem, as JSON."""
    return {
        "code": problem.code, "row": problem.row, "line": problem.line, "column": problem.column,
        "value": problem.value, "values": {key: _plain(value) for key, value in problem.values.items()},
    }  # fmt: skip


def problem_from_json(content: Mapping[str, Any]) -> Problem:
    """The problem of which ``problem_as_json`` made this."""
    return Problem(
        code=str(content["code"]), row=content["row"], line=content["line"], column=content["column"],
        value=content["value"], values=dict(content["values"]),
    )  # fmt: skip


def leave_file(file: RawFile, folder: Path) -> dict[str, object]:
    """Write the tables beside each other in ``folder``; give the rest as JSON."""
    tables = [file.interviews, *file.rosters]
    return {
        "format": file.format, "dialect": file.dialect, "encoding": file.encoding, "delimiter": file.delimiter,
        "decimal_comma": file.decimal_comma, "declared_missing": file.declared_missing,
        "value_labels": file.value_labels, "warnings": [problem_as_json(problem) for problem in file.warnings],
        "tables": [_leave_table(table, folder / f"table-{number}.arrow") for number, table in enumerate(tables)],
    }  # fmt: skip


def take_file(content: Mapping[str, Any], folder: Path, *, name: str, sha256: str, size: int) -> RawFile:
    """The file that ``leave_file`` left; its tables stay readable when the folder is gone."""
    tables = [
        _take_table(told, folder / f"table-{number}.arrow") for number, told in enumerate(content["tables"])
    ]
    return RawFile(
        name=name, sha256=sha256, size=size, format=content["format"], dialect=content["dialect"],
        interviews=tables[0], rosters=tuple(tables[1:]), encoding=content["encoding"],
        delimiter=content["delimiter"], decimal_comma=content["decimal_comma"],
        declared_missing=content["declared_missing"], value_labels=content["value_labels"],
        warnings=tuple(problem_from_json(problem) for problem in content["warnings"]),
    )  # fmt: skip


def _leave_table(table: RawTable, path: Path) -> dict[str, object]:
    rows = table.rows.append_column(LINES, pa.array(table.lines, pa.int64()))
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, rows.schema) as writer:
        writer.write_table(rows)
    return {
        "name": table.name,
        "columns": list(table.columns),
        "broken_rows": [[row, code] for row, code in table.broken_rows.items()],
    }


def _take_table(told: Mapping[str, Any], path: Path) -> RawTable:
    with pa.memory_map(str(path)) as source:  # mapped, so that the parent holds only what it touches
        rows = pa.ipc.open_file(source).read_all()
    lines = np.array(rows.column(LINES).to_numpy(), dtype=np.int64)
    lines.flags.writeable = False
    return RawTable(
        name=told["name"],
        columns=tuple(told["columns"]),
        rows=rows.drop_columns([LINES]),
        lines=lines,
        broken_rows={int(row): str(code) for row, code in told["broken_rows"]},
    )


def _plain(value: object) -> str | int | float:
    return value if isinstance(value, int | float) else str(value)
