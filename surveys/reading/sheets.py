"""A workbook as its sheets of text, for readers that know what to expect in them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from surveys.reading.grid import Grid, GridRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet: every row, the header row included, as text; cells are "" where blank."""

    name: str
    visible: bool
    rows: tuple[tuple[str, ...], ...]


def trimmed_rows(grid: Grid) -> list[list[str]]:
    """The rows from line 1 to the last that holds anything, all as wide as the widest."""
    rows: list[list[str]] = []
    for row in grid.rows:
        cells = row.cells
        last = len(cells)
        while last and not cells[last - 1].strip():
            last -= 1
        if last:
            rows.extend([] for _ in range(row.line - 1 - len(rows)))
            rows.append(cells[:last])
    width = max(map(len, rows), default=0)
    return [cells + [""] * (width - len(cells)) for cells in rows]


def blocks_of(rows: Iterable[list[str]], name: str) -> Iterator[Grid]:
    """The sheets of a questionnaire kept in one CSV: a sheet's name alone in the first column opens it.

    A file whose first column is not used that way is one sheet, named ``name``.
    """
    kept = list(rows)
    first = next((cells for cells in kept if any(cell.strip() for cell in cells)), [])
    if not first or not first[0].strip() or any(cell.strip() for cell in first[1:]):
        yield Grid(
            name=name, visible=True, rows=iter([GridRow(line, cells) for line, cells in enumerate(kept, 1)])
        )
        return
    title, block = first[0].strip(), list[list[str]]()
    for cells in chain(kept[kept.index(first) + 1 :], [["", ""], ["end"]]):
        if cells and cells[0].strip():
            yield _block(title, block)
            title, block = cells[0].strip(), []
        else:
            block.append([cell.strip() for cell in cells[1:]])


def _block(title: str, block: list[list[str]]) -> Grid:
    return Grid(
        name=title, visible=True, rows=iter([GridRow(line, cells) for line, cells in enumerate(block, 1)])
    )
