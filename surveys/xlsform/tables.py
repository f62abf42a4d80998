"""The sheets of an XLSForm as rows of named cells, found whatever their names and wherever they begin."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from surveys.instrument import FormWarning
from surveys.problems import FileRefused, Problem
from surveys.reading import Sheet
from surveys.xlsform.headings import TRANSLATED, Heading, SheetKind, heading_of


# A title, a logo's row or a note above the headings; below that it is no XLSForm's header.
HIGHEST_HEADER_ROWS = 10
NEEDED: Mapping[SheetKind, frozenset[str]] = {
    "survey": frozenset({"type", "name"}),
    "choices": frozenset({"list_name", "name"}),
    "settings": frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: its number in the sheet, its cells, and its texts in each language."""

    number: int
    cells: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.cells.get(name, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class FormTable:
    """One sheet of the form as its rows, blank ones left out."""

    sheet: str
    rows: tuple[Row, ...] = ()
    languages: tuple[str, ...] = ()  # of its labels, then of its messages, in the order of the columns
    warnings: tuple[FormWarning, ...] = ()


def survey_table(sheets: Sequence[Sheet]) -> FormTable:
    """The questions' sheet.

    Raises
    ------
    FileRefused
        No sheet holds questions, so the file is no XLSForm.
    """
    named = _named(sheets, "survey")
    if named is not None:
        header = _header(named, "survey")
        if header is None:
            raise _refused("FORM_COLUMNS_MISSING", sheet=named.name)
        return _table(named, header, "survey", _named_twice(sheets, named))
    for sheet in sheets:
        header = _header(sheet, "survey")
        if header is not None:
            warning = FormWarning(code="survey_sheet_by_columns", sheet=sheet.name)
            return _table(sheet, header, "survey", (warning,))
    names = ", ".join(sheet.name for sheet in sheets)
    raise _refused("FORM_WITHOUT_SURVEY", sheets=names[:200])


def other_table(sheets: Sequence[Sheet], name: str, kind: SheetKind) -> FormTable | None:
    """Another sheet of the form by its name; None where there is none."""
    sheet = _named(sheets, name)
    if sheet is None:
        return None
    header = _header(sheet, kind)
    if header is not None:
        return _table(sheet, header, kind, _named_twice(sheets, sheet))
    unread = NEEDED[kind] and any(cell.strip() for row in sheet.rows for cell in row)
    warning = FormWarning(code="sheet_without_columns", sheet=sheet.name)
    return FormTable(sheet=sheet.name, warnings=(warning,) if unread else ())


def plain(text: str) -> str:
    """A sheet's name for comparison."""
    return "_".join(text.strip().casefold().replace("_", " ").replace("-", " ").split())


def _named(sheets: Sequence[Sheet], name: str) -> Sheet | None:
    exact = [sheet for sheet in sheets if sheet.name == name]
    alike = [sheet for sheet in sheets if plain(sheet.name) == name]
    return next(iter([*exact, *alike]), None)


def _named_twice(sheets: Sequence[Sheet], chosen: Sheet) -> tuple[FormWarning, ...]:
    others = [sheet for sheet in sheets if sheet is not chosen and plain(sheet.name) == plain(chosen.name)]
    if not others:
        return ()
    return (FormWarning(code="sheet_twice", sheet=chosen.name, values={"other": others[0].name}),)


@dataclass(frozen=True, slots=True)
class _Header:
    index: int  # of the row in the sheet
    headings: tuple[Heading | None, ...]


def _header(sheet: Sheet, kind: SheetKind) -> _Header | None:
    for index, cells in enumerate(sheet.rows[:HIGHEST_HEADER_ROWS]):
        headings = tuple(heading_of(cell, kind) for cell in cells)
        held = {heading.holds for heading in headings if heading}
        if held and held >= NEEDED[kind]:
            return _Header(index, headings)
    return None


def _table(sheet: Sheet, header: _Header, kind: SheetKind, warnings: tuple[FormWarning, ...]) -> FormTable:
    columns = [(at, heading) for at, heading in enumerate(header.headings) if heading is not None]
    rows = []
    for index, cells in enumerate(sheet.rows[header.index + 1 :], start=header.index + 2):
        row = _row(index, cells, columns)
        if row.cells or row.texts:
            rows.append(row)
    return FormTable(
        sheet=sheet.name,
        rows=tuple(rows),
        languages=_languages_of([heading for _, heading in columns]),
        warnings=warnings + _repeated_columns(sheet, header, kind),
    )


def _languages_of(headings: Sequence[Heading]) -> tuple[str, ...]:
    """A label without a language is a language of its own; a message without one is a message in any."""
    labels = [heading.language for heading in headings if heading.holds == "label"]
    messages = [heading.language for heading in headings if heading.holds == "constraint_message"]
    return tuple(dict.fromkeys([*labels, *filter(None, messages)]))


def _row(number: int, cells: Sequence[str], columns: Sequence[tuple[int, Heading]]) -> Row:
    """A row's cells; of columns that hold the same, the first that is filled counts."""
    plain_cells: dict[str, str] = {}
    texts: dict[str, dict[str, str]] = {}
    for at, heading in columns:
        text = cells[at].strip() if at < len(cells) else ""
        if not text:
            continue
        if heading.holds in TRANSLATED:
            texts.setdefault(heading.holds, {}).setdefault(heading.language, text)
        else:
            plain_cells.setdefault(heading.holds, text)
    return Row(number=number, cells=plain_cells, texts=texts)


def _repeated_columns(sheet: Sheet, header: _Header, kind: SheetKind) -> tuple[FormWarning, ...]:
    seen: set[Heading] = set()
    warnings = []
    for written, heading in zip(sheet.rows[header.index], header.headings, strict=True):
        if heading is not None and heading in seen:
            values = {"column": written.strip()[:60]}
            warnings.append(
                FormWarning(code="column_twice", sheet=sheet.name, row=header.index + 1, values=values)
            )
        if heading is not None:
            seen.add(heading)
    return tuple(warnings)


def _refused(code: str, **values: object) -> FileRefused:
    return FileRefused(Problem(code=code, values=values))
