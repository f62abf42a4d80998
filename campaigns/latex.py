"""Printed tables as LaTeX: booktabs, intervals, no stars unless asked; a document that compiles as it stands.

It runs under pdfLaTeX, XeLaTeX and LuaLaTeX with the packages array, booktabs, longtable, geometry and, where there is Korean,
kotex. A table that would be wider than the page has columns of fixed widths, in which text is broken into lines.
"""

import re
import unicodedata
from collections.abc import Sequence

from campaigns.exported_tables import ExportedTables
from campaigns.printed_tables import PrintedColumn, PrintedTable, printed_tables
from surveys.languages import say


_SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_\allowbreak{}", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\N{MINUS SIGN}": r"$-$", "≤": r"$\le$", "–": "--",
    "…": r"\ldots{}", "“": "``", "”": "''", "’": "'", "<": r"$<$", ">": r"$>$", "·": r"$\cdot$", "≥": r"$\ge$",
    "|": r"$|$", "[": "{[}", "]": "{]}",
}  # fmt: skip
_PAGE = 25.7  # cm between the margins
_GAP = 0.28  # cm between two columns
_LETTER = 0.135  # cm, of a Latin letter as wide as most; a Korean one is twice as wide, and lines break between them
_WIDE_LETTER = 0.15  # cm, in words of which every letter must fit
_LONGEST = 24  # letters of a word that make a column wider; a longer one is broken
_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")


def effects_as_latex(tables: ExportedTables) -> bytes:
    """Effects, averages and contrasts as one LaTeX document."""
    return latex_document(printed_tables(tables), tables.title, tables.language).encode("utf-8")


def latex_document(tables: Sequence[PrintedTable], title: str, language: str) -> str:
    """A document of tables. Each stands between two comments, to be copied into a document of one's own."""
    body = [
        rf"\section*{{{escaped(title)}}}",
        *(line for table in tables for line in _table(table, language)),
    ]
    korean = language == "ko" or _HANGUL.search("".join(body)) is not None
    lines = [
        r"\documentclass[10pt,a4paper,landscape]{article}",
        r"\usepackage{iftex}",
        r"\ifPDFTeX\usepackage[T1]{fontenc}\usepackage[utf8]{inputenc}\fi",
        *([r"\usepackage{kotex}"] if korean else []),
        r"\usepackage[margin=2cm]{geometry}",
        r"\usepackage{array,booktabs,longtable}",
        r"\setlength{\tabcolsep}{4pt}",
        r"\begin{document}",
        *body,
        r"\end{document}",
    ]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Text that LaTeX prints as it stands; a word too long for a column may be broken."""
    return " ".join(_word(word) for word in text.split())


def _word(word: str) -> str:
    parts = [word[at : at + _LONGEST] for at in range(0, len(word), _LONGEST)]
    printed = ["".join(_SPECIAL.get(character, character) for character in part) for part in parts]
    return r"\allowbreak{}".join(printed)


def _table(table: PrintedTable, language: str) -> list[str]:
    widths = _widths(table)
    heading = _row([_heading(column, fixed=widths is not None) for column in table.columns])
    width = len(table.columns)
    again = (
        rf"\multicolumn{{{width}}}{{r}}{{\emph{{{escaped(say('exports.print.continued', language))}}}}} \\"
    )
    lines = [
        f"% table: {table.name}",
        r"{\footnotesize",
        rf"\begin{{longtable}}{{@{{}}{_columns(table, widths)}@{{}}}}",
        rf"\multicolumn{{{width}}}{{@{{}}l}}{{\textbf{{{escaped(table.title)}}}}} \\",
        r"\toprule", heading, r"\midrule", r"\endfirsthead",
        r"\toprule", heading, r"\midrule", r"\endhead",
        r"\midrule", again, r"\endfoot",
        r"\bottomrule", r"\endlastfoot",
        *(_line(row, width) for row in table.rows),
        r"\end{longtable}",
        *(rf"\noindent {escaped(note)}\par" for note in table.notes),
        "}",
        f"% end of table: {table.name}",
    ]  # fmt: skip
    return lines


def _columns(table: PrintedTable, widths: Sequence[float] | None) -> str:
    if widths is None:
        return "".join("r" if column.numeric else "l" for column in table.columns)
    side = {True: r">{\raggedleft\arraybackslash}", False: r">{\raggedright\arraybackslash}"}
    return "".join(
        f"{side[column.numeric]}p{{{width:.2f}cm}}"
        for column, width in zip(table.columns, widths, strict=True)
    )


def _widths(table: PrintedTable) -> list[float] | None:
    """The widths in cm of columns whose text is broken into lines; None where the table fits on the page without."""
    texts = [
        [column.heading, *(row[place] for row in table.rows if len(row) == len(table.columns))]
        for place, column in enumerate(table.columns)
    ]
    page = _PAGE - _GAP * (len(texts) - 1)
    whole = [max(_letters(text) for text in column) * _LETTER for column in texts]
    if sum(whole) <= page:
        return None
    words = [[word for text in column for word in text.split()] for column in texts]
    least = [min(_LONGEST, max(map(_unbroken, column), default=1)) * _WIDE_LETTER for column in words]
    wanted = [
        max(one - other, 0.0) ** 0.5 for one, other in zip(whole, least, strict=True)
    ]  # long texts shrink most
    left = page - sum(least)
    if left <= 0:
        return [page * one / sum(least) for one in least]
    return [other + left * want / sum(wanted) for other, want in zip(least, wanted, strict=True)]


def _letters(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _unbroken(word: str) -> int:
    """Letters of a word that stay together."""
    return _letters(word) if word.isascii() else min(_letters(word), 8)


def _heading(column: PrintedColumn, *, fixed: bool) -> str:
    if column.numeric and not fixed:
        return rf"\multicolumn{{1}}{{r}}{{{escaped(column.heading)}}}"
    return escaped(column.heading)


def _line(row: Sequence[str], width: int) -> str:
    if len(row) == 1 and width > 1:
        return rf"\addlinespace \multicolumn{{{width}}}{{@{{}}l}}{{\textit{{{escaped(row[0])}}}}} \\"
    return _row([escaped(cell) for cell in row])


def _row(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"
