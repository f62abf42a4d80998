"""Printed tables as a Word document: real tables whose header repeats on every page, in a font that has Hangul."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from campaigns.exported_tables import ExportedTables
from campaigns.printed_tables import PrintedTable, printed_tables


LATIN, EAST_ASIAN = "Calibri", "Malgun Gothic"  # what Word has; other programs put their own in place
SIZE, SMALL = 9, 8  # points


def effects_as_word(tables: ExportedTables) -> bytes:
    """Effects, averages and contrasts as one Word document."""
    return word_document(printed_tables(tables), tables.title, tables.language)


def word_document(
    tables: Sequence[PrintedTable], title: str, language: str, *, made_at: datetime | None = None
) -> bytes:
    """A landscape document of tables, each under its title and over its notes."""
    import docx
    from docx.enum.section import WD_ORIENT

    document = docx.Document()
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = section.page_height, section.page_width
    _set_fonts(document, language)
    document.core_properties.title = title
    document.core_properties.author = ""
    document.core_properties.created = document.core_properties.modified = made_at or datetime.now(UTC)
    document.add_heading(title, level=1)
    for table in tables:
        if table.title and table.title != title:
            document.add_heading(table.title, level=2)
        _add_table(document, table)
        for note in table.notes:
            _small(document.add_paragraph(note))
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _set_fonts(document: Any, language: str) -> None:
    """One font for letters and one for Hangul, in text and in headings; and the language that is spell-checked."""
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    for name in ("Normal", "Heading 1", "Heading 2"):
        style = document.styles[name]
        style.font.name = LATIN
        properties = style.element.get_or_add_rPr()
        fonts = properties.get_or_add_rFonts()
        for part in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(part), None)
        fonts.set(qn("w:eastAsia"), EAST_ASIAN)
        style.font.color.rgb = RGBColor(0, 0, 0)
    normal = document.styles["Normal"]
    normal.font.size = Pt(SIZE)
    lang = normal.element.get_or_add_rPr().makeelement(
        qn("w:lang"), {qn("w:val"): "en-GB" if language != "ko" else "ko-KR", qn("w:eastAsia"): "ko-KR"}
    )
    normal.element.get_or_add_rPr().append(lang)


def _add_table(document: Any, table: PrintedTable) -> None:
    from docx.enum.table import WD_TABLE_ALIGNMENT

    width = len(table.columns)
    drawn = document.add_table(rows=1 + len(table.rows), cols=width)
    drawn.style = "Table Grid"
    drawn.alignment = WD_TABLE_ALIGNMENT.CENTER
    lines = list(drawn.rows)
    _fill(lines[0], [column.heading for column in table.columns], table, bold=True)
    _repeat(lines[0])
    for line, row in zip(lines[1:], table.rows, strict=True):
        if len(row) == 1 and width > 1:
            cells = line.cells
            merged = cells[0].merge(cells[-1])
            _write(merged, row[0], numeric=False, bold=True)
        else:
            _fill(line, row, table, bold=False)
        _keep_whole(line)


def _fill(line: Any, texts: Sequence[str], table: PrintedTable, *, bold: bool) -> None:
    for cell, text, column in zip(line.cells, texts, table.columns, strict=True):
        _write(cell, text, numeric=column.numeric, bold=bold)


def _write(cell: Any, text: str, *, numeric: bool, bold: bool) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(0)
    if numeric:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    run = paragraph.add_run(text)
    run.bold = bold
    run.font.size = Pt(SMALL)


def _repeat(line: Any) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    line._tr.get_or_add_trPr().append(mark)


def _keep_whole(line: Any) -> None:
    from docx.oxml import OxmlElement

    line._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _small(paragraph: Any) -> None:
    from docx.shared import Pt

    paragraph.paragraph_format.space_after = Pt(2)
    for run in paragraph.runs:
        run.font.size = Pt(SMALL)
