"""The weekly sheet: what to do, worst first, then the interviews each check names, as a workbook for the team."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any
from unicodedata import east_asian_width

import xlsxwriter

from dashboard import wording
from dashboard.quality import SiteQuality
from dashboard.quality_words import (
    Cell,
    Kind,
    Line,
    TableName,
    campaign_places,
    clear,
    counted,
    lines_of,
    not_made,
    tables_of,
)
from dashboard.weights_words import MARGINS, how_made, margin_rows, measures, note_said, spread, trimming
from surveys.languages import say
from surveys.quality.findings import CheckName


RANKING = {
    "rank": 5, "severity": 12, "check": 16, "said": 44, "todo": 44, "size": 32, "count": 7, "of": 7, "share": 7,
    "interviewer": 12,
}  # fmt: skip
NAMED = ("interview", "interviewer", "day", "started", "minutes", "cluster", "said", "todo")
NAMED_WIDTHS = (38, 12, 11, 8, 8, 12, 42, 42)
WIDTHS: dict[TableName, tuple[int, ...]] = {
    "interviewers": (16, *[11] * 11),
    "missing": (52, *[10] * 9),
    "quotas": (40, *[11] * 5, 18),
    "days": (14, 11),
}
FORMATS: dict[Kind, str] = {"text": "@", "count": "#,##0", "share": "0.0%", "number": "0.0"}
WEIGHTS_WIDTHS = (60, 30, 12, 12, 12, 12)
COUNTED_WIDTHS = (28, 110)
SHEET_NAME = 31  # letters
ROWS_NAMED = 5000  # interviews listed on a check's sheet
PAPER_A4 = 9
LINE = 17  # points; not every program makes a row as high as its wrapped text, so heights are written down


def weekly_sheet(quality: SiteQuality, language: str) -> bytes:
    """The workbook. Texts are texts: nothing of it is a formula or a link."""
    kept = BytesIO()
    options = {
        "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
    }  # fmt: skip
    with xlsxwriter.Workbook(kept, options) as book:
        sheets = _Sheets(book, quality, language)
        lines = lines_of(quality, language)
        sheets.ranking(lines)
        for name in ("quotas", "interviewers", "missing", "days"):
            sheets.table(name)  # type: ignore[arg-type]
        sheets.weights()
        for check in dict.fromkeys(line.check for line in lines if line.interviews):
            sheets.interviews(check, [line for line in lines if line.check == check])
        sheets.how_counted()
    return kept.getvalue()


class _Sheets:
    """A workbook being written, with its formats."""

    def __init__(self, book: Any, quality: SiteQuality, language: str) -> None:
        self._book, self._quality, self._language = book, quality, language
        self._title = book.add_format({"bold": True, "font_size": 14})
        self._plain = book.add_format({"num_format": "@", "valign": "top"})
        self._wrapped = book.add_format({"num_format": "@", "valign": "top", "text_wrap": True})
        self._head = book.add_format(
            {"bold": True, "bottom": 1, "valign": "top", "text_wrap": True, "bg_color": "#F1F5F9"}
        )
        self._urgent = book.add_format(
            {"num_format": "@", "valign": "top", "bold": True, "bg_color": "#FDE68A"}
        )
        self._number = {
            kind: book.add_format({"num_format": code, "valign": "top"}) for kind, code in FORMATS.items()
        }
        self._names: set[str] = set()

    def ranking(self, lines: Sequence[Line]) -> None:
        """The first sheet: every finding, worst first."""
        sheet = self._sheet(self._say("ranking"), tuple(RANKING.values()), landscape=True, head_at=3)
        site, wave = campaign_places(
            self._quality.campaign, self._quality.site, self._quality.wave, self._language
        )
        day = wording.day(self._quality.day, self._language)
        sheet.write_string(
            0, 0, say("quality.sheet.title", self._language, site=site, wave=wave), self._title
        )
        made = say("quality.sheet.made", self._language, interviews=self._quality.report.interviews, day=day)
        sheet.write_string(1, 0, made)
        self._heads(sheet, 3, tuple(RANKING), tuple(RANKING.values()))
        for row, line in enumerate(lines, start=4):
            written = (line.check_title, line.said, line.todo, line.size_said)
            self._high(sheet, row, written, tuple(RANKING.values())[2:6])
            urgency = self._urgent if line.severity == "act" else self._plain
            sheet.write_number(row, 0, line.rank, self._number["count"])
            sheet.write_string(row, 1, line.severity_said, urgency)
            for column, text in enumerate(written, start=2):
                sheet.write_string(row, column, text, self._wrapped)
            sheet.write_number(row, 6, line.count, self._number["count"])
            sheet.write_number(row, 7, line.of, self._number["count"])
            sheet.write_number(row, 8, line.share, self._number["share"])
            sheet.write_string(row, 9, line.interviewer or "", self._plain)
        if lines:
            sheet.autofilter(3, 0, 3 + len(lines), len(RANKING) - 1)
        else:
            sheet.write_string(4, 3, say("quality.sheet.clear", self._language), self._plain)

    def table(self, name: TableName) -> None:
        """One of the tables beside the findings; none where it is empty."""
        table = tables_of(self._quality, self._language)[name]
        if not table.rows:
            return
        sheet = self._sheet(self._say(name), WIDTHS[name], landscape=len(table.columns) > 5, head_at=0)
        self._heads(sheet, 0, table.columns, WIDTHS[name])
        for row, cells in enumerate(table.rows, start=1):
            self._high(sheet, row, [str(cells[0])], WIDTHS[name])
            for column, (cell, kind) in enumerate(zip(cells, table.kinds, strict=True)):
                self._cell(sheet, row, column, cell, kind)
        sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)

    def interviews(self, check: CheckName, lines: Sequence[Line]) -> None:
        """The interviews one check names, with what is wrong with each."""
        sheet = self._sheet(counted(check, self._language)[0], NAMED_WIDTHS, landscape=True, head_at=0)
        self._heads(sheet, 0, NAMED, NAMED_WIDTHS)
        known = {one.id: one for one in self._quality.report.interviews_named}
        row = 1
        for line in lines:
            for name in line.interviews[: ROWS_NAMED + 1 - row]:
                one = known[name]
                texts: tuple[Cell, ...] = (name, one.interviewer, one.day, one.started)
                for column, text in enumerate(texts):
                    self._cell(sheet, row, column, text, "text")
                self._cell(sheet, row, 4, one.minutes, "number")
                self._cell(sheet, row, 5, one.cluster, "text")
                self._high(sheet, row, (line.said, line.todo), NAMED_WIDTHS[6:])
                sheet.write_string(row, 6, line.said, self._wrapped)
                sheet.write_string(row, 7, line.todo, self._wrapped)
                row += 1
        sheet.autofilter(0, 0, row - 1, len(NAMED) - 1)

    def weights(self) -> None:
        """What the weights cost, the margins they were raked to, and what is to be mended; none where nothing is weighted."""
        report = self._quality.weights
        if report is None:
            return
        title = say("weights.title", self._language)
        sheet = self._sheet(title, WEIGHTS_WIDTHS, landscape=True, head_at=0)
        self._weights_heads(sheet, 0, ("measure", "value"))
        row = 1
        for name, value, kind in measures(report):
            sheet.write_string(row, 0, say(f"weights.measures.{name}", self._language), self._plain)
            self._cell(sheet, row, 1, value, kind)
            row += 1
        rows = margin_rows(self._quality, report, self._language)
        if rows:
            self._weights_heads(sheet, row + 1, tuple(MARGINS))
            row += 2
        for cells in rows:
            for column, (cell, kind) in enumerate(zip(cells, MARGINS.values(), strict=True)):
                self._cell(sheet, row, column, cell, kind)
            row += 1
        said = [spread(report, self._language), trimming(report, self._language)]
        said += [" ".join(note_said(note, self._quality, self._language)) for note in report.notes]
        said += how_made(self._quality, report, self._language)
        for text in (one for one in said if one):
            row += 1
            sheet.merge_range(row, 0, row, len(WEIGHTS_WIDTHS) - 1, "", self._wrapped)
            sheet.write_string(row, 0, text, self._wrapped)
            self._high(sheet, row, [text], [sum(WEIGHTS_WIDTHS)])

    def _weights_heads(self, sheet: Any, row: int, columns: Sequence[str]) -> None:
        for column, name in enumerate(columns):
            sheet.write_string(row, column, say(f"weights.columns.{name}", self._language), self._head)

    def how_counted(self) -> None:
        """The last sheet: every check, how it is counted, and which could not be made."""
        sheet = self._sheet(self._say("counted"), COUNTED_WIDTHS, landscape=True, head_at=0)
        self._heads(sheet, 0, ("check", "counted"), COUNTED_WIDTHS)
        checks = self._quality.report.checks
        nothing = set(clear(checks, self._language))
        reasons = dict(not_made(checks, self._language))
        for row, one in enumerate(checks, start=1):
            title, how = counted(one.check, self._language)
            more = reasons.get(title) or (
                say("quality.sheet.clear", self._language) if title in nothing else ""
            )
            written = (title, f"{how} {more}".strip())
            self._high(sheet, row, written, COUNTED_WIDTHS)
            for column, text in enumerate(written):
                sheet.write_string(row, column, text, self._wrapped)

    def _say(self, name: str) -> str:
        return say(f"quality.sheet.{name}", self._language)

    def _sheet(self, title: str, widths: Sequence[int], *, landscape: bool, head_at: int) -> Any:
        name = title[:SHEET_NAME]
        while name.casefold() in self._names:
            name = f"{name[: SHEET_NAME - 2]} 2"
        self._names.add(name.casefold())
        sheet = self._book.add_worksheet(name)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.freeze_panes(head_at + 1, 1)
        sheet.repeat_rows(head_at)
        if landscape:
            sheet.set_landscape()
        sheet.set_paper(PAPER_A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&L&A&R&P / &N")
        return sheet

    def _heads(self, sheet: Any, row: int, columns: Sequence[str], widths: Sequence[int]) -> None:
        titles = [say(f"quality.sheet.columns.{name}", self._language) for name in columns]
        self._high(sheet, row, titles, widths)
        for column, title in enumerate(titles):
            sheet.write_string(row, column, title, self._head)

    @staticmethod
    def _high(sheet: Any, row: int, texts: Sequence[str], widths: Sequence[int]) -> None:
        """Make a row as high as the longest of the texts wrapped into its columns."""
        lines = max(lines_needed(text, width) for text, width in zip(texts, widths, strict=False))
        sheet.set_row(row, LINE * lines)

    def _cell(self, sheet: Any, row: int, column: int, cell: Cell, kind: Kind) -> None:
        if cell is None:
            sheet.write_blank(row, column, None, self._plain)
        elif isinstance(cell, str):
            sheet.write_string(row, column, cell, self._wrapped)
        else:
            sheet.write_number(row, column, cell, self._number[kind])


def lines_needed(text: str, width: int) -> int:
    """Lines that a text takes in a column of so many letters; a Korean letter is as wide as two."""
    lines, left = 1, width
    for word in text.split():
        size = sum(2 if east_asian_width(letter) in "WF" else 1 for letter in word)
        if size > left and left < width:
            lines, left = lines + 1, width
        lines += max(0, size - 1) // width
        left -= size + 1
    return lines
