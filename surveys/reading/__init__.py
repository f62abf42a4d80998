"""One module a family of formats: a file becomes a RawFile of text, headers and line numbers."""

import hashlib
from pathlib import Path
from typing import Any

from surveys.reading.handover import take_file
from surveys.reading.launching import read_in_child
from surveys.reading.limits import Limits
from surveys.reading.refusal import cleaned_name, refused
from surveys.reading.sheets import Sheet
from surveys.reading.table import RawFile, RawTable


__all__ = ["Limits", "RawFile", "RawTable", "Sheet", "read_file", "read_sheets"]

DEFAULT_LIMITS = Limits()


def read_file(
    path: Path,
    *,
    name: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
    sheet: str | None = None,
) -> RawFile:
    """The interviews of an upload as text, with their rosters and everything that was noticed.

    Parameters
    ----------
    path
        Where the file lies.
    name
        The name its sender gave it; decides, with the content, how it is read.
    limits
        How large and how slow it may be.
    sheet
        The sheet, or the member of an archive, that holds the interviews, where several could.

    Raises
    ------
    FileRefused
        It cannot be read, or not safely, or not without guessing.
    """
    own_name = cleaned_name(name or path.name)
    size = _check_size(path, limits)
    with read_in_child("file", path, own_name, limits, sheet) as answer:
        content: Any = answer.content["file"]
        return take_file(content, answer.folder, name=own_name, sha256=_sha256(path), size=size)


def read_sheets(path: Path, *, name: str | None = None, limits: Limits = DEFAULT_LIMITS) -> tuple[Sheet, ...]:
    """Every sheet of a workbook (.xlsx, .xls, .ods), or of a questionnaire kept in one .csv.

    Parameters
    ----------
    path
        Where the file lies.
    name
        The name its sender gave it; decides, with the content, how it is read.
    limits
        How large and how slow it may be.

    Raises
    ------
    FileRefused
        It cannot be read, or not safely.
    """
    own_name = cleaned_name(name or path.name)
    _check_size(path, limits)
    with read_in_child("sheets", path, own_name, limits) as answer:
        return tuple(_sheet(content) for content in answer.content["sheets"])  # type: ignore[attr-defined]


def _sheet(content: dict[str, Any]) -> Sheet:
    rows = tuple(tuple(cells) for cells in content["rows"])
    return Sheet(name=content["name"], visible=content["visible"], rows=rows)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _check_size(path: Path, limits: Limits) -> int:
    if not path.is_file():
        raise refused("file_missing")
    size = path.stat().st_size
    if not size:
        raise refused("file_empty")
    if size > limits.file_bytes:
        raise refused("file_too_large", found=size >> 20, limit=limits.file_bytes >> 20)
    return size
