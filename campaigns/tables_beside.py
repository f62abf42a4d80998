"""The tables beside the effects: items, codebook, flow and reporting checklist, each in every format that can hold it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from campaigns.baseline import baseline_of
from campaigns.codebook import codebook_of_campaign, codebook_table
from campaigns.disclosure_policy import POLICY, Policy
from campaigns.effects import Evaluation
from campaigns.flat_files import as_json, records, table_as_csv, workbook
from campaigns.flow import flow_table
from campaigns.item_table import item_names, item_table
from campaigns.latex import latex_document
from campaigns.printed_tables import PrintedColumn, PrintedTable, printed_number
from campaigns.reporting import checklist_table
from campaigns.word import word_document
from surveys.instrument import Instrument
from surveys.languages import pick, say


@dataclass(frozen=True, slots=True, kw_only=True)
class TableBeside:
    """One table, protected, and how it is printed."""

    table: pd.DataFrame
    printed: PrintedTable
    title: str
    language: str


def table_beside(
    name: str,
    evaluation: Evaluation,
    answers: Sequence[Path],
    *,
    instrument: Instrument | None,
    language: str,
    policy: Policy = POLICY,
) -> TableBeside:
    """One of ``TABLES_BESIDE`` for a campaign.

    Parameters
    ----------
    answers
        The answers the evaluation was made from.
    """
    campaign = evaluation.campaign
    named = {site.id: pick(site.title, language) for site in campaign.sites}
    named |= item_names(campaign, language)
    if name == "items":
        table = item_table(campaign, answers, policy)
    elif name == "codebook":
        table = codebook_table(codebook_of_campaign(campaign, instrument))
    else:
        table = flow_table(campaign, answers, policy)
        if name == "checklist":
            baseline = baseline_of(evaluation, answers, policy)
            table = checklist_table(evaluation, table, language, baseline)
    return TableBeside(
        table=table,
        printed=_printed(name, table, named, language),
        title=f"{pick(campaign.title, language)}: {say(f'exports.beside.{name}.title', language)}",
        language=language,
    )


# Of each table the columns that are printed.
TABLES_BESIDE: Mapping[str, tuple[str, ...]] = {
    "items": ("outcome", "item", "site", "wave", "arm", "n", "mean", "std_dev", "share_dont_know", "share_refused",
              "share_not_asked", "share_blank", "withheld"),
    "codebook": ("variable", "kind", "label_en", "label_ko", "type", "construct", "scoring", "direction", "missing", "source"),
    "flow": ("site", "arm", "clusters_without_interviews", "clusters_before", "clusters_lost", "clusters_added",
             "clusters_after", "people_before", "analysed_before", "not_analysed_before", "people_after", "analysed_after",
             "not_analysed_after", "people_followed", "people_lost", "people_new", "received_after", "withheld"),
    "checklist": ("standard", "item", "topic", "report"),
}  # fmt: skip

# Columns that are printed only where some site has them; data files always have them.
WHERE_KNOWN = (
    "clusters_without_interviews",
    "people_followed",
    "people_lost",
    "people_new",
    "received_after",
    "withheld",
)
AS_WRITTEN = ("variable", "source")  # names as the data have them


def _printed(name: str, table: pd.DataFrame, named: Mapping[str, str], language: str) -> PrintedTable:
    columns = [
        column for column in TABLES_BESIDE[name] if column not in WHERE_KNOWN or table[column].notna().any()
    ]
    numeric = [column for column in columns if _holds_numbers(table[column])]
    rows = tuple(
        tuple(
            _cell(value, column in numeric, {} if column in AS_WRITTEN else named)
            for column, value in zip(columns, row, strict=True)
        )
        for row in table[list(columns)].itertuples(index=False, name=None)
    )
    return PrintedTable(
        name=name,
        title="",
        columns=tuple(
            PrintedColumn(
                heading=say(f"exports.beside.{name}.columns.{column}", language), numeric=column in numeric
            )
            for column in columns
        ),
        rows=rows,
        notes=(say(f"exports.beside.{name}.note", language),),
    )


def _holds_numbers(values: pd.Series) -> bool:
    there = values.dropna()
    return len(there) > 0 and all(isinstance(value, int | float) for value in there)


def _cell(value: object, numeric: bool, named: Mapping[str, str]) -> str:
    if numeric:
        whole = isinstance(value, float) and value.is_integer() and abs(value) >= 2
        return printed_number(int(str(value).partition(".")[0]) if whole else value)
    if value is None or value != value:
        return ""
    return named.get(str(value), str(value))


def _as_csv(one: TableBeside) -> bytes:
    return table_as_csv(one.table)


def _as_json(one: TableBeside) -> bytes:
    return as_json(records(one.table))


def _as_workbook(one: TableBeside) -> bytes:
    return workbook({one.printed.name: one.table}, (one.title, *one.printed.notes))


def _as_word(one: TableBeside) -> bytes:
    return word_document([one.printed], one.title, one.language)


def _as_latex(one: TableBeside) -> bytes:
    return latex_document([one.printed], one.title, one.language).encode("utf-8")


def _as_markdown(one: TableBeside) -> bytes:
    """A table that reads as plain text, too."""
    headings = [column.heading for column in one.printed.columns]
    rule = ["--:" if column.numeric else "---" for column in one.printed.columns]
    lines = [
        f"| {' | '.join(_in_pipes(cell) for cell in row)} |" for row in (headings, rule, *one.printed.rows)
    ]
    return "\n".join([f"# {one.title}", "", *lines, "", *one.printed.notes, ""]).encode("utf-8")


def _in_pipes(text: str) -> str:
    return " ".join(text.replace("|", r"\|").split())


BESIDE_FORMATS: Mapping[str, Callable[[TableBeside], bytes]] = {
    "csv": _as_csv,
    "xlsx": _as_workbook,
    "json": _as_json,
    "docx": _as_word,
    "tex": _as_latex,
    "md": _as_markdown,
}
