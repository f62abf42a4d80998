"""The effects as Stata and SPSS files: labelled variables, and why a number is not there as a missing value of its own.

An estimate that cannot be made is an extended missing value in Stata (``.n`` and on) and a user-missing one in SPSS, with
its reason as the label. A number that a method has no use for, such as the adjusted p of a single test, is one too.
"""

import math
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from campaigns.exported_tables import ExportedTables, in_one_cell
from surveys.languages import say
from surveys.missing import Missing
from surveys.writing.statistics_files import (
    SPSS_VALUE_LABEL,
    STATA_VALUE_LABEL,
    write_spss,
    write_stata,
)
from surveys.writing.variables import State, Variable


NUMBERS = (
    "estimate", "std_error", "df", "statistic", "p_value", "p_adjusted", "conf_low", "conf_high", "n", "n_clusters",
    "n_campaign_before", "n_campaign_after", "n_comparison_before", "n_comparison_after", "mean_comparison_after",
)  # fmt: skip
CODED: Mapping[str, tuple[str, ...]] = {
    "role": ("origin", "transit", "destination"),
    "estimand": ("change", "ITT", "ATT", "LATE", "association", "dose"),
    "verdict": ("effect", "nothing_beyond_margin", "inconclusive"),
    "plan_status": ("planned", "deviated", "exploratory"),
}
UNBOUNDED = "inf"  # degrees of freedom of the normal distribution, which no statistics file can hold
NO_USE = "no_use"


def effects_as_stata(tables: ExportedTables) -> bytes:
    """The effects as a Stata file (version 14 and later)."""
    return _written(tables, write_stata, ".dta", STATA_VALUE_LABEL)


def effects_as_spss(tables: ExportedTables) -> bytes:
    """The effects as an SPSS file."""
    return _written(tables, write_spss, ".sav", SPSS_VALUE_LABEL)


def _written(
    tables: ExportedTables,
    write: Callable[[Path, Sequence[Variable], str, str], object],
    ending: str,
    longest_label: int,
) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"effects{ending}"
        write(path, _variables(tables, longest_label), tables.title, tables.language)
        return path.read_bytes()


def _variables(tables: ExportedTables, longest_label: int) -> list[Variable]:
    table, language = tables.effects, tables.language
    missing = [_code(why) for why in table["not_estimable"]]
    whys = [why for why in table["not_estimable"] if isinstance(why, Mapping)]
    reasons = {str(why["code"]): _within(str(why["reason"]), longest_label) for why in whys}
    found = []
    for name in table.columns:
        cells = [in_one_cell(cell) for cell in table[name]]
        if name in NUMBERS:
            found.append(_number(name, cells, missing, reasons, language))
        elif name in CODED:
            found.append(_coded(name, cells, language))
        else:
            found.append(_text(name, cells, language))
    return found


def _code(why: object) -> str | None:
    return str(why["code"]) if isinstance(why, Mapping) else None


def _number(
    name: str,
    cells: Sequence[object],
    missing: Sequence[str | None],
    reasons: Mapping[str, str],
    language: str,
) -> Variable:
    values = [_as_number(cell) or code or NO_USE for cell, code in zip(cells, missing, strict=True)]
    labels = {
        **reasons,
        UNBOUNDED: say("exports.unbounded", language),
        NO_USE: say("exports.no_use", language),
    }
    gone = [code for code in labels if code in values]
    return Variable(
        name=name,
        kind="number",
        label=_label(name, language),
        values=values,
        reasons=[Missing.NOT_APPLICABLE.value if value in labels else None for value in values],
        labels={},
        states=tuple(State(reason=Missing.NOT_APPLICABLE, value=c, label=labels[c]) for c in gone),
    )


def _within(text: str, longest: int) -> str:
    """The text, cut at a word where a label cannot hold it; the variable ``not_estimable`` has it whole."""
    if len(text.encode()) <= longest:
        return text
    cut = text.encode()[: longest - len("…".encode())].decode(errors="ignore")
    return cut.rpartition(" ")[0] + "…"


def _as_number(cell: object) -> str | None:
    if cell is None or isinstance(cell, bool) or not isinstance(cell, int | float) or math.isnan(cell):
        return None
    return repr(cell) if math.isfinite(cell) else UNBOUNDED


def _coded(name: str, cells: Sequence[object], language: str) -> Variable:
    place = {value: str(code) for code, value in enumerate(CODED[name], start=1)}
    values = [place.get(str(cell)) for cell in cells]
    words = {code: say(f"exports.codes.{name}.{value}", language) for value, code in place.items()}
    blank = State(reason=Missing.NOT_APPLICABLE, value=None, label=say("exports.no_use", language))
    return Variable(
        name=name,
        kind="codes",
        label=_label(name, language),
        values=values,
        reasons=[None if value is not None else Missing.NOT_APPLICABLE.value for value in values],
        labels=words,
        states=(blank,) if None in values else (),
    )


def _text(name: str, cells: Sequence[object], language: str) -> Variable:
    return Variable(
        name=name,
        kind="text",
        label=_label(name, language),
        values=["" if cell is None or cell != cell else str(cell) for cell in cells],  # NaN is absent, too
        reasons=[None] * len(cells),
        labels={},
        states=(),
    )


def _label(name: str, language: str) -> str:
    return say(f"screens.export.columns.{name}", language)
