"""Reading without the child process, for files that the tests made or know to be harmless."""

import tempfile
from pathlib import Path

import pytest

from surveys.problems import FileRefused
from surveys.reading import Limits, RawFile, RawTable
from surveys.reading.formats import Source, read_table_file


def read_here(
    path: Path, *, limits: Limits | None = None, sheet: str | None = None, name: str | None = None
) -> RawFile:
    """The file as ``read_file`` would give it, read in this process."""
    with tempfile.TemporaryDirectory() as folder:
        source = Source(
            path=path, name=name or path.name, limits=limits or Limits(), folder=Path(folder), sheet=sheet
        )
        return read_table_file(source, sha256="", size=path.stat().st_size)


def cells_of(table: RawTable) -> list[list[str | None]]:
    """The rows of a table as lists."""
    return [list(row.values()) for row in table.rows.to_pylist()]


def refusal_of(path: Path, **more: object) -> str:
    """The code with which a file is refused, once both languages have said why."""
    with pytest.raises(FileRefused) as raised:
        read_here(path, **more)  # type: ignore[arg-type]
    return said(raised.value)


def said(refusal: FileRefused) -> str:
    """The code of a refusal, having checked that it speaks English and Korean."""
    problem = refusal.problem
    for language in ("en", "ko"):
        for sentence in (problem.message(language), problem.remedy(language)):
            assert sentence.strip()
            assert "{" not in sentence
            assert "None" not in sentence
    return problem.code
