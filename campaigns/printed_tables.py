"""Tables as they are printed: the values of the export in words and columns a person reads, for Word and LaTeX alike."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from campaigns.exported_tables import ExportedTables
from surveys.languages import say


STARS = ((0.01, "***"), (0.05, "**"), (0.1, "*"))  # economists' habit; only where somebody asks for them


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedColumn:
    """One column: what stands over it, and whether it holds numbers."""

    heading: str
    numeric: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedTable:
    """A table of texts. A row of one cell is a heading over the rows below it."""

    name: str
    title: str
    columns: tuple[PrintedColumn, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


def printed_tables(tables: ExportedTables) -> list[PrintedTable]:
    """The effects, and the averages and contrasts where there are any."""
    printed = [_effects(tables)]
    averages, contrasts = tables.more.get("averages"), tables.more.get("contrasts")
    if averages is not None and len(averages):
        printed.append(_averages(tables, averages))
    if contrasts is not None and len(contrasts):
        printed.append(_contrasts(tables, contrasts))
    return printed


def printed_number(value: object) -> str:
    """A number with three decimals, or three significant digits where it is smaller; a dash where there is none."""
    if value is None or not isinstance(value, int | float) or not math.isfinite(value):
        return "–"
    if isinstance(value, int):
        return str(value)
    decimals = 3 if value == 0 or abs(value) >= 0.1 else max(3, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:.{decimals}f}"
    if decimals > 3:
        text = text.rstrip("0")
        text += "0" * max(0, 3 - len(text.partition(".")[2]))
    return text.replace("-", "\N{MINUS SIGN}")


def printed_p(value: object) -> str:
    """A p-value with three decimals; below 0.001 only that."""
    if not isinstance(value, int | float) or not math.isfinite(value):
        return "–"
    return "≤0.001" if value <= 0.001 else f"{value:.3f}"


def _interval(row: Mapping[str, object], language: str) -> str:
    low, high = printed_number(row["conf_low"]), printed_number(row["conf_high"])
    return say("exports.print.range", language, low=low, high=high)


def _columns(
    names: Iterable[str], numeric: Sequence[str], tables: ExportedTables
) -> tuple[PrintedColumn, ...]:
    level = f"{100 * tables.confidence:g}"
    return tuple(
        PrintedColumn(
            heading=say(f"exports.print.columns.{name}", tables.language, level=level),
            numeric=name in numeric,
        )
        for name in names
    )


_EFFECT_NUMBERS = (
    "estimate", "std_error", "interval", "p_value", "p_adjusted", "n", "n_clusters", "mean_comparison_after",
)  # fmt: skip


def _effects(tables: ExportedTables) -> PrintedTable:
    """The effects by outcome; what is not estimable gives its reason below, by number."""
    rows: list[tuple[str, ...]] = []
    reasons: dict[str, int] = {}
    outcome = None
    for row in _rows(tables.effects):
        if row["outcome"] != outcome:
            outcome = row["outcome"]
            rows.append((tables.named(str(outcome)),))
        rows.append((_who(row, tables), *_numbers_of(row, tables, reasons)))
    notes = [f"[{number}] {reason}" for reason, number in reasons.items()]
    return PrintedTable(
        name="effects",
        title=say("exports.print.effects", tables.language, title=tables.title).strip(" :"),
        columns=_columns(("who", *_EFFECT_NUMBERS), _EFFECT_NUMBERS, tables),
        rows=tuple(rows),
        notes=(*notes, *_notes_on_print(tables), *tables.notes),
    )


def _rows(table: pd.DataFrame) -> list[dict[str, object]]:
    names = [str(name) for name in table.columns]
    return [dict(zip(names, row, strict=True)) for row in table.itertuples(index=False, name=None)]


def _who(row: Mapping[str, object], tables: ExportedTables) -> str:
    parts = [tables.named(str(row["site"]))] if row["site"] else []
    parts += [str(row["subgroup"])] if row["subgroup"] else []
    parts += [str(row["term"])] if row["term"] != "effect" else []
    return ", ".join(parts) or say("exports.print.everybody", tables.language)


def _numbers_of(
    row: Mapping[str, object], tables: ExportedTables, reasons: dict[str, int]
) -> tuple[str, ...]:
    why = row["not_estimable"]
    if isinstance(why, Mapping):
        number = reasons.setdefault(f"{why['reason']} {why['remedy']}", len(reasons) + 1)
        counts = (printed_number(row["n"]), printed_number(row["n_clusters"]))
        return (f"[{number}]", "–", "–", "–", "–", *counts, "–")
    return (
        printed_number(row["estimate"]) + (_stars(row["p_value"]) if tables.stars else ""),
        printed_number(row["std_error"]),
        _interval(row, tables.language),
        printed_p(row["p_value"]),
        printed_p(row["p_adjusted"]),
        printed_number(row["n"]),
        printed_number(row["n_clusters"]),
        printed_number(row["mean_comparison_after"]),
    )


def _stars(p_value: object) -> str:
    if not isinstance(p_value, float):
        return ""
    return next((mark for limit, mark in STARS if p_value < limit), "")


def _notes_on_print(tables: ExportedTables) -> list[str]:
    return [say("exports.print.stars", tables.language)] if tables.stars else []


_AVERAGE_NUMBERS = ("k", "estimate", "std_error", "interval", "p_value", "n")


def _averages(tables: ExportedTables, averages: pd.DataFrame) -> PrintedTable:
    rows: list[tuple[str, ...]] = []
    outcome = None
    for row in _rows(averages):
        if row["outcome"] != outcome:
            outcome = row["outcome"]
            rows.append((tables.named(str(outcome)),))
        role = say(
            f"exports.codes.role.{row['role']}" if row["role"] else "exports.print.all_roles", tables.language
        )
        rows.append(
            (
                role,
                say(f"exports.print.methods.{row['method']}", tables.language),
                printed_number(row["k"]),
                printed_number(row["estimate"]),
                printed_number(row["std_error"]),
                _interval(row, tables.language),
                printed_p(row["p_value"]),
                printed_number(row["n"]),
            )
        )
    return PrintedTable(
        name="averages",
        title=say("exports.print.averages", tables.language),
        columns=_columns(("role", "method", *_AVERAGE_NUMBERS), _AVERAGE_NUMBERS, tables),
        rows=tuple(rows),
    )


_CONTRAST_NUMBERS = ("estimate", "std_error", "interval", "p_value", "p_adjusted")


def _contrasts(tables: ExportedTables, contrasts: pd.DataFrame) -> PrintedTable:
    rows: list[tuple[str, ...]] = []
    outcome = None
    for row in _rows(contrasts):
        if row["outcome"] != outcome:
            outcome = row["outcome"]
            rows.append((tables.named(str(outcome)),))
        first, second = (
            say(f"exports.codes.role.{row[side]}", tables.language) for side in ("first", "second")
        )
        rows.append(
            (
                say("exports.print.difference", tables.language, first=first, second=second),
                printed_number(row["estimate"]),
                printed_number(row["std_error"]),
                _interval(row, tables.language),
                printed_p(row["p_value"]),
                printed_p(row["p_adjusted"]),
            )
        )
    return PrintedTable(
        name="contrasts",
        title=say("exports.print.contrasts", tables.language),
        columns=_columns(("difference", *_CONTRAST_NUMBERS), _CONTRAST_NUMBERS, tables),
        rows=tuple(rows),
    )
