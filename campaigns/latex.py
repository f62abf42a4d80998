"""Printed tables as LaTeX: booktabs, intervals, no stars unless asked; a document that compiles as it stands.

It runs under pdfLaTeX, XeLaTeX and LuaLaTeX with the packages booktabs, longtable, geometry and, in Korean, kotex.
"""

from collections.abc import Sequence

from campaigns.exported_tables import ExportedTables
from campaigns.printed_tables import PrintedColumn, PrintedTable, printed_tables
from surveys.languages import say


_SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\N{MINUS SIGN}": r"$-$", "≤": r"$\le$", "–": "--",
    "…": r"\ldots{}", "“": "``", "”": "''", "’": "'", "<": r"$<$", ">": r"$>$", "·": r"$\cdot$", "≥": r"$\ge$",
    "|": r"$|$", "[": "{[}", "]": "{]}",
}  # fmt: skip


def effects_as_latex(tables: ExportedTables) -> bytes:
    """Effects, averages and contrasts as one LaTeX document."""
    return latex_document(printed_tables(tables), tables.title, tables.language).encode("utf-8")


def latex_document(tables: Sequence[PrintedTable], title: str, language: str) -> str:
    """A document of tables. Each stands between two comments, to be copied into a document of one's own."""
    lines = [
        r"\documentclass[10pt,a4paper,landscape]{article}",
        r"\usepackage{iftex}",
        r"\ifPDFTeX\usepackage[T1]{fontenc}\usepackage[utf8]{inputenc}\fi",
        *([r"\usepackage{kotex}"] if language == "ko" else []),
        r"\usepackage[margin=2cm]{geometry}",
        r"\usepackage{booktabs,longtable}",
        r"\setlength{\tabcolsep}{4pt}",
        r"\begin{document}",
        rf"\section*{{{escaped(title)}}}",
        *(line for table in tables for line in _table(table, language)),
        r"\end{document}",
    ]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Text that LaTeX prints as it stands."""
    return "".join(_SPECIAL.get(character, character) for character in " ".join(text.split()))


def _table(table: PrintedTable, language: str) -> list[str]:
    heading = _row([_heading(column) for column in table.columns])
    width = len(table.columns)
    again = (
        rf"\multicolumn{{{width}}}{{r}}{{\emph{{{escaped(say('exports.print.continued', language))}}}}} \\"
    )
    lines = [
        f"% table: {table.name}",
        r"{\footnotesize",
        rf"\begin{{longtable}}{{@{{}}{''.join('r' if column.numeric else 'l' for column in table.columns)}@{{}}}}",
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


def _heading(column: PrintedColumn) -> str:
    return (
        rf"\multicolumn{{1}}{{r}}{{{escaped(column.heading)}}}" if column.numeric else escaped(column.heading)
    )


def _line(row: Sequence[str], width: int) -> str:
    if len(row) == 1 and width > 1:
        return rf"\addlinespace \multicolumn{{{width}}}{{@{{}}l}}{{\textit{{{escaped(row[0])}}}}} \\"
    return _row([escaped(cell) for cell in row])


def _row(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"
