"""Tables that leave: their columns, their words, their protection."""

import io
import json
import math
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from campaigns.campaign import Campaign
from campaigns.effects import Evaluation, Note
from campaigns.export import (
    EFFECT_COLUMNS,
    EXPORT_FORMATS,
    PLAN_COLUMNS,
    effect_table,
    evaluation_as_dict,
    export_evaluation,
    notes_of,
    pool_table,
)
from campaigns.exported_tables import ExportedTables
from campaigns.flat_files import effects_as_csv, effects_as_workbook, records
from tests.campaigns.examples import campaign_in, counts, effect, evaluation_of, gap


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    return campaign_in(tmp_path_factory.mktemp("campaign"))


@pytest.fixture(scope="module")
def evaluation(campaign: Campaign) -> Evaluation:
    effects = [
        effect("npl", 0.1234567, behind=counts(403)),
        effect("bgd", 0.2, behind=counts(before=4)),
        effect("tha", 0.1, df=math.inf),
        effect("idn", 0.05),
        gap("kor"),
    ]
    return evaluation_of(campaign, effects)


CONTRACT = (
    "outcome, site, role, subgroup, design, estimand, term, estimate, std_error, df, statistic, p_value, p_adjusted,"
    " conf_low, conf_high, n, n_clusters, n_campaign_before, n_campaign_after, n_comparison_before,"
    " n_comparison_after, mean_comparison_after, standard_errors, p_method, verdict, caveats, not_estimable,"
    " plan_sha256, data_sha256, software"
)


def test_the_columns_are_those_of_the_contract(evaluation: Evaluation) -> None:
    assert ", ".join(EFFECT_COLUMNS) == CONTRACT
    assert list(effect_table(evaluation).columns) == [*CONTRACT.split(", "), *PLAN_COLUMNS]
    assert list(effect_table(evaluation.effects).columns) == CONTRACT.split(", ")


def test_an_evaluation_is_protected_on_every_way_out(evaluation: Evaluation) -> None:
    for name in EXPORT_FORMATS:
        content = export_evaluation(evaluation, name)
        assert b"0.1234567" not in content
    table = effect_table(evaluation)
    assert [row["n"] for row in records(table)] == [405, None, 400, 400, None]
    assert table["not_estimable"][1]["code"] == "suppressed_small"
    assert "0.1234567" not in json.dumps(evaluation_as_dict(evaluation))
    assert "npl" not in pool_table(evaluation)["left_out"].astype(str).str.cat()
    assert "bgd" not in pool_table(evaluation)["sites"].str.cat()


def test_the_effects_of_an_evaluator_stay_exact() -> None:
    table = effect_table([effect("npl", 0.1234567, behind=counts(403))], data_sha256="abc")
    assert table["estimate"][0] == 0.1234567
    assert table["n"][0] == 403
    assert table["data_sha256"][0] == "abc"


def test_simulated_numbers_say_so_wherever_they_go(evaluation: Evaluation) -> None:
    for caveats in effect_table(evaluation)["caveats"]:
        assert "Simulated data." in caveats[0]
    assert any("Simulated" in note for note in notes_of(evaluation))
    assert any("모의" in note for note in notes_of(evaluation, "ko"))
    assert evaluation_as_dict(evaluation)["simulated"] is True


def test_json_is_a_list_with_nulls_for_what_is_absent(evaluation: Evaluation) -> None:
    rows = json.loads(export_evaluation(evaluation, "json"))
    assert [row["site"] for row in rows] == ["npl", "bgd", "tha", "idn", "kor"]
    assert list(rows[0]) == [*EFFECT_COLUMNS, *PLAN_COLUMNS]
    assert rows[2]["df"] is None
    assert rows[4]["estimate"] is None
    assert set(rows[4]["not_estimable"]) == {"code", "reason", "remedy"}


def test_csv_can_be_read_back_and_holds_no_formula(campaign: Campaign) -> None:
    nasty = replace(effect("npl"), caveats=(Note(code="evidence_one_group"),), standard_errors="=1+1")
    content = effects_as_csv(ExportedTables(effects=effect_table([nasty, effect("bgd", -0.2)])))
    rows = pd.read_csv(io.BytesIO(content))
    assert rows["standard_errors"][0] == "'=1+1"
    assert rows["estimate"].tolist() == [0.1, -0.2]  # a negative number is no formula
    assert rows["caveats"][0] == "There is no comparison group."


def test_a_workbook_has_numbers_notes_and_no_formulas(evaluation: Evaluation) -> None:
    nasty = effect_table([replace(effect("npl"), standard_errors="=1+1")])
    book = openpyxl.load_workbook(
        io.BytesIO(effects_as_workbook(ExportedTables(effects=nasty, notes=("=2+2",))))
    )
    header = [cell.value for cell in book["effects"][1]]
    cell = book["effects"].cell(2, header.index("standard_errors") + 1)
    assert (cell.value, cell.data_type) == ("=1+1", "s")
    assert book["notes"]["A1"].data_type == "s"
    book = openpyxl.load_workbook(io.BytesIO(export_evaluation(evaluation, "xlsx", language="ko")))
    assert book.sheetnames == ["effects", "averages", "contrasts", "notes"]
    assert any("모의" in str(row[0].value) for row in book["notes"].rows)
    header = [cell.value for cell in book["effects"][1]]
    assert isinstance(book["effects"].cell(2, header.index("estimate") + 1).value, float)


def test_the_whole_evaluation_as_an_object_is_valid_json(evaluation: Evaluation, tmp_path: Path) -> None:
    for language in ("en", "ko"):
        whole = json.loads(json.dumps(evaluation_as_dict(evaluation, language=language), allow_nan=False))
        assert whole["protected"] is True
        assert {finding["outcome"] for finding in whole["findings"]} == {"signs", "stigma"}
        assert whole["averages"]
        assert len(whole["effects"]) == 5
