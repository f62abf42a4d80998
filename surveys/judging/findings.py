"""What a check noticed, for many rows at once; problems are made of it at the end."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from surveys.display import shown
from surveys.personal_data import unnamed
from surveys.problems import Problem


Effect = Literal["refuse", "hold", "warn"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Finding:
    """One thing that is wrong in the same way in some rows of one column.

    ``rows`` are positions from 0; empty where the finding concerns the file or the column.
    """

    code: str
    rows: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    effect: Effect = "refuse"
    header: str | None = None
    cell: str | None = None  # as received; shown cut and cleaned
    values: Mapping[str, object] = field(default_factory=dict)


def rows_with(findings: Iterable[Finding], effect: Effect, number_of_rows: int) -> np.ndarray:
    """Which rows some finding refuses, holds or warns of."""
    marked = np.zeros(number_of_rows, dtype=bool)
    for finding in findings:
        if finding.effect == effect:
            marked[finding.rows] = True
    return marked


def problems_of(findings: Iterable[Finding], lines: np.ndarray) -> list[Problem]:
    """One problem a row, in row order; what concerns the whole file or column comes first."""
    general: list[Problem] = []
    by_row: list[tuple[int, Problem]] = []
    for finding in findings:
        header = shown(finding.header, 300) if finding.header is not None else None
        cell = shown(unnamed(finding.cell)) if finding.cell is not None else None
        if not finding.rows.size:
            general.append(Problem(code=finding.code, column=header, value=cell, values=finding.values))
        for row in finding.rows.tolist():
            problem = Problem(
                code=finding.code,
                row=row + 1,
                line=int(lines[row]),
                column=header,
                value=cell,
                values=finding.values,
            )
            by_row.append((row, problem))
    by_row.sort(key=lambda pair: pair[0])
    return [*general, *(problem for _, problem in by_row)]
