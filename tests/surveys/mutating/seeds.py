"""The good files that are damaged: what each format's software writes, small, and questionnaires."""

from collections.abc import Callable, Mapping
from functools import cache

from tests.surveys.exporting import kobo, odk, ona, online, statistics, surveycto
from tests.surveys.exporting.files import delimited, open_document, table, workbook
from tests.surveys.exporting.interviews import (
    CHOICES,
    HEADER,
    INTERVIEWS,
    KEPT,
    SETTINGS,
    SURVEY,
    asked,
    value_of,
)
from tests.surveys.exporting.xls import xls_workbook


Seeds = Mapping[str, Callable[[], bytes]]
INSTRUMENT = "xlsform"


def plain_rows() -> list[list[object]]:
    """The interviews under the questionnaire's own names."""
    columns = [question for question in asked() if question.name in KEPT]
    return table(
        ["instanceID", *(question.name for question in columns)],
        [[one.uuid, *(value_of(one, question) for question in columns)] for one in INTERVIEWS],
    )


def typed_rows() -> list[list[object]]:
    """The same with numbers as numbers, as a workbook that people typed holds them."""
    rows = plain_rows()
    numeric = [place for place, name in enumerate(rows[0]) if name in ("age", "hours", "debt", "papers")]
    for row in rows[1:]:
        for place in numeric:
            text = str(row[place])
            row[place] = float(text) if text.replace(".", "", 1).isdigit() else text
    return rows


def form_sheets() -> dict[str, list[list[object]]]:
    """The questionnaire's own workbook."""
    width = len(HEADER)
    survey = [[*row, *[""] * (width - len(row))] for row in SURVEY]
    return {
        "survey": survey,
        "choices": [list(row) for row in CHOICES],
        "settings": [list(row) for row in SETTINGS],
    }


SEEDS: Mapping[str, Seeds] = {
    "csv": {
        "plain.csv": lambda: delimited(plain_rows()),
        "kobo.csv": lambda: kobo.kobo_csv(kobo.Settings(groups=True)),
        "lime.csv": lambda: online.limesurvey_csv(online.LimeSettings()),
        "cto.csv": lambda: surveycto.surveycto_wide("2019-09-11 15:01:44"),
        "wide.txt": lambda: delimited(plain_rows(), delimiter="\t", codec="utf-16"),
    },
    "xlsx": {
        "plain.xlsx": lambda: workbook({"data": plain_rows()}),
        "typed.xlsx": lambda: workbook({"data": typed_rows()}),
        "kobo.xlsx": lambda: kobo.kobo_xlsx(kobo.Settings()),
    },
    "xls": {
        "plain.xls": lambda: xls_workbook({"data": plain_rows()}),
        "typed.xls": lambda: xls_workbook({"data": typed_rows()}),
    },
    "ods": {
        "plain.ods": lambda: open_document({"data": plain_rows()}),
        "typed.ods": lambda: open_document({"data": typed_rows()}),
    },
    "dta": {"plain.dta": statistics.stata_dta},
    "sav": {"plain.sav": statistics.spss_sav},
    "zip": {
        "central.zip": lambda: odk.central_zip(odk.Settings(split=True)),
        "ona.zip": lambda: ona.ona_zip(ona.Settings()),
        "long.zip": lambda: surveycto.surveycto_long("2019-09-11 15:01:44"),
    },
    "json": {"central.json": odk.central_odata, "kobo.json": kobo.kobo_json},
    INSTRUMENT: {
        "form.xlsx": lambda: workbook(form_sheets()),
        "form.xls": lambda: xls_workbook(form_sheets()),
        "form.ods": lambda: open_document(form_sheets()),
    },
}  # fmt: skip


@cache
def seed(kind: str, name: str) -> bytes:
    """One good file."""
    return SEEDS[kind][name]()
