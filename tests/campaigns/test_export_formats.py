"""Every format of the export: the same protected values, and what a reader of each program needs."""

import io
import json
import math
import re
from pathlib import Path

import docx
import openpyxl
import pandas as pd
import pyreadstat
import pytest
from docx.oxml.ns import qn

from campaigns.effects import Evaluation
from campaigns.export import EXPORT_FORMATS, PLAN_COLUMNS, effect_table, export_evaluation
from campaigns.latex import escaped
from campaigns.printed_tables import printed_number
from campaigns.statistics_tables import CODED, NUMBERS
from tests.campaigns.examples import campaign_in, counts, effect, evaluation_of, gap


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    effects = [
        effect("npl", 0.1234567, behind=counts(403)),
        effect("bgd", 0.2, behind=counts(before=4)),
        effect("tha", -0.0123456, df=math.inf),
        effect("idn", 0.05),
        gap("kor"),
    ]
    return evaluation_of(campaign_in(tmp_path_factory.mktemp("campaign")), effects)


def _read(
    evaluation: Evaluation, kind: str, folder: Path, *, missing: bool = False
) -> tuple[pd.DataFrame, object]:
    path = folder / f"effects.{kind}"
    path.write_bytes(export_evaluation(evaluation, kind))
    read = pyreadstat.read_dta if kind == "dta" else pyreadstat.read_sav
    found: tuple[pd.DataFrame, object] = read(str(path), user_missing=missing)
    return found


def _number(text: str) -> float:
    return float(text.replace("\N{MINUS SIGN}", "-").replace("$-$", "-"))


def test_all_formats_hold_the_same_protected_values(evaluation: Evaluation, tmp_path: Path) -> None:
    table = effect_table(evaluation)
    shown = [i for i, why in enumerate(table["not_estimable"]) if not isinstance(why, dict)]
    assert len(shown) == 3
    by_csv = pd.read_csv(io.BytesIO(export_evaluation(evaluation, "csv")))
    by_json = pd.DataFrame(json.loads(export_evaluation(evaluation, "json")))
    book = openpyxl.load_workbook(io.BytesIO(export_evaluation(evaluation, "xlsx")))["effects"]
    header, *lines = [[cell.value for cell in line] for line in book.rows]
    by_xlsx = pd.DataFrame(lines, columns=header)
    by_dta, by_sav = _read(evaluation, "dta", tmp_path)[0], _read(evaluation, "sav", tmp_path)[0]
    for name in NUMBERS:
        wanted = [None if pd.isna(v) or not math.isfinite(v) else float(v) for v in table[name]]
        for found in (by_csv, by_json, by_xlsx, by_dta, by_sav):
            values = pd.to_numeric(found[name])
            cells = [None if pd.isna(v) or not math.isfinite(v) else float(v) for v in values]
            assert cells == wanted, name
    for name in ("outcome", "site", "design", "standard_errors", "plan_sha256", "data_sha256"):
        for found in (by_csv, by_json, by_xlsx, by_dta, by_sav):
            assert found[name].fillna("").tolist() == table[name].fillna("").tolist(), name
    for kind in ("tex", "docx"):
        printed = _printed(export_evaluation(evaluation, kind), kind)
        assert [_number(row[1]) for row in printed] == [table["estimate"][i] for i in shown]
        assert [_number(row[2]) for row in printed] == [table["std_error"][i] for i in shown]
        ends = [tuple(_number(end) for end in row[3].split(" to ")) for row in printed]
        assert ends == [(table["conf_low"][i], table["conf_high"][i]) for i in shown]
        assert [int(row[6]) for row in printed] == [table["n"][i] for i in shown]
        assert [_number(row[8]) for row in printed] == [table["mean_comparison_after"][i] for i in shown]


def _printed(content: bytes, kind: str) -> list[list[str]]:
    """The rows of the first table whose estimate is a number."""
    if kind == "docx":
        lines = [
            [cell.text for cell in row.cells] for row in docx.Document(io.BytesIO(content)).tables[0].rows
        ]
    else:
        first = content.decode().split("% end of table")[0]
        lines = [
            line.removesuffix(r" \\").split(" & ") for line in first.splitlines() if line.count("&") == 8
        ]
    return [line for line in lines if re.fullmatch(r"(\$-\$|\N{MINUS SIGN})?\d+\.\d+", line[1])]


@pytest.mark.parametrize("kind", ["dta", "sav"])
def test_why_there_is_no_estimate_is_the_label_of_a_missing_value(
    evaluation: Evaluation, tmp_path: Path, kind: str
) -> None:
    rows, meta = _read(evaluation, kind, tmp_path, missing=True)
    table = effect_table(evaluation)
    labels = meta.variable_value_labels["estimate"]  # type: ignore[attr-defined]
    for place, why in enumerate(table["not_estimable"]):
        if isinstance(why, dict):
            label = labels[rows["estimate"][place]]
            assert why["reason"].startswith(label.removesuffix("…"))
    assert "without limit" in meta.variable_value_labels["df"][rows["df"][2]]  # type: ignore[attr-defined]
    plain = _read(evaluation, kind, tmp_path)[0]
    assert plain["estimate"].isna().tolist() == [isinstance(why, dict) for why in table["not_estimable"]]


@pytest.mark.parametrize("kind", ["dta", "sav"])
def test_variables_and_codes_are_labelled(evaluation: Evaluation, tmp_path: Path, kind: str) -> None:
    rows, meta = _read(evaluation, kind, tmp_path)
    assert all(meta.column_names_to_labels.values())  # type: ignore[attr-defined]
    assert set(PLAN_COLUMNS) <= set(rows.columns)
    verdicts = effect_table(evaluation)["verdict"]
    assert [None if pd.isna(v) else CODED["verdict"][int(v) - 1] for v in rows["verdict"]] == [
        None if pd.isna(v) else v for v in verdicts
    ]
    assert meta.variable_value_labels["estimand"][3].endswith("(ATT)")  # type: ignore[attr-defined]


def test_a_word_table_repeats_its_header_and_has_a_font_for_hangul(evaluation: Evaluation) -> None:
    document = docx.Document(io.BytesIO(export_evaluation(evaluation, "docx", language="ko")))
    assert len(document.tables) == 3
    for table in document.tables:
        assert table.rows[0]._tr.trPr.findall(qn("w:tblHeader"))
        assert not table.rows[1]._tr.trPr.findall(qn("w:tblHeader"))
    fonts = document.styles["Normal"].element.rPr.rFonts
    assert fonts.get(qn("w:eastAsia")) == "Malgun Gothic"
    assert document.tables[0].rows[2].cells[1].paragraphs[0].alignment == 2  # right
    text = "\n".join(p.text for p in document.paragraphs)
    assert "모의 자료" in text
    assert "시범사업" in text


def test_a_latex_document_is_whole_and_has_no_stars_unless_asked(evaluation: Evaluation) -> None:
    plain = export_evaluation(evaluation, "tex").decode()
    assert "***" not in plain
    assert "0.123***" in export_evaluation(evaluation, "tex", stars=True).decode()
    assert plain.count(r"\begin{") == plain.count(r"\end{")
    body = re.sub(r"\\[{}]", "", plain)
    assert body.count("{") == body.count("}")
    for table in re.findall(r"\\begin\{longtable\}\{@\{\}([lr]+)@\{\}\}(.*?)\\end\{longtable\}", plain, re.S):
        for line in table[1].splitlines():
            if "&" in line:
                assert line.replace(r"\&", "").count("&") == len(table[0]) - 1
    assert r"\usepackage{kotex}" in export_evaluation(evaluation, "tex", language="ko").decode()


def test_what_latex_would_run_is_printed() -> None:
    assert escaped(r"50% of A&B \input{x} $_") == r"50\% of A\&B \textbackslash{}input\{x\} \$\_\allowbreak{}"


def test_printed_numbers_keep_three_digits() -> None:
    assert [printed_number(x) for x in (0.0, 0.1234, -0.05, 0.0004123, 12, None, math.inf)] == [
        "0.000", "0.123", "\N{MINUS SIGN}0.050", "0.000412", "12", "–", "–",
    ]  # fmt: skip


def test_there_is_a_sentence_for_every_format() -> None:
    from surveys.languages import say

    for kind in EXPORT_FORMATS:
        for language in ("en", "ko"):
            assert say(f"screens.export.formats.{kind}.text", language)
