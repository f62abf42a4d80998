"""``awareness estimate``: a plan and a file in, the agreed table out, with the agreed exit codes."""

import csv
import io
import json
import math
import sys
from pathlib import Path

import pandas as pd
import pytest

from dashboard.__main__ import main
from tests.campaigns.command_line import awareness
from tests.campaigns.made_up import REFERENCE, interviews


PLAN = """
outcomes:
  - {id: score, column: score, family: knowledge}
  - {id: knows, column: knows, family: knowledge}
columns:
  site: district
  wave: {column: after, before: "0", after: "1"}
  arm: {column: arm, campaign: "1", comparison: "0"}
  cluster: village
analysis:
  design: difference_in_differences
  standard_errors: CR1S
  multiplicity: {method: holm}
"""
NAMES = [
    "outcome",
    "site",
    "role",
    "subgroup",
    "design",
    "estimand",
    "term",
    "estimate",
    "std_error",
    "df",
    "statistic",
    "p_value",
    "p_adjusted",
    "conf_low",
    "conf_high",
    "n",
    "n_clusters",
    "n_campaign_before",
    "n_campaign_after",
    "n_comparison_before",
    "n_comparison_after",
    "mean_comparison_after",
    "standard_errors",
    "p_method",
    "verdict",
    "caveats",
    "not_estimable",
    "plan_sha256",
    "data_sha256",
    "software",
]


class Shell:
    """The command line, called in this process."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.folder, self.monkeypatch, self.capsys = folder, monkeypatch, capsys
        self.errors = ""

    def estimate(self, plan: str, data: Path, *options: str) -> tuple[int, str]:
        file = self.folder / "plan.yaml"
        file.write_text(plan, "utf-8")
        self.monkeypatch.setattr(
            sys, "argv", ["awareness", "estimate", str(file), "--data", str(data), *options]
        )
        with pytest.raises(SystemExit) as ended:
            main()
        printed = self.capsys.readouterr()
        self.errors = printed.err
        return int(ended.value.code or 0), printed.out

    def objects(self, plan: str, data: Path) -> list[dict[str, object]]:
        code, printed = self.estimate(plan, data)
        assert code in (0, 4), self.errors
        return list(json.loads(printed))


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path, monkeypatch, capsys)


DATA = REFERENCE / "cells.csv"


def test_json_and_csv_hold_the_same_numbers_under_the_agreed_names(shell: Shell) -> None:
    objects = shell.objects(PLAN, DATA)
    code, printed = shell.estimate(PLAN, DATA, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(printed)))
    assert code == 0
    assert list(objects[0]) == list(rows[0]) == NAMES
    assert len(rows) == len(objects) == 12
    for row, found in zip(rows, objects, strict=True):
        if found["estimate"] is not None:
            assert float(row["estimate"]) == found["estimate"]
            assert float(row["std_error"]) == found["std_error"]


def test_a_table_is_written_to_a_file(shell: Shell, tmp_path: Path) -> None:
    target = tmp_path / "effects.csv"
    code, printed = shell.estimate(PLAN, DATA, "--format", "csv", "--output", str(target))
    assert (code, printed) == (0, "")
    assert list(pd.read_csv(target).columns) == NAMES


def test_p_values_are_adjusted_within_site_and_family_only_where_the_plan_says_so(shell: Shell) -> None:
    objects = [found for found in shell.objects(PLAN, DATA) if found["site"] == "d0"]
    raw = sorted(float(str(found["p_value"])) for found in objects)
    adjusted = sorted(float(str(found["p_adjusted"])) for found in objects)
    assert adjusted == pytest.approx([min(1, 2 * raw[0]), max(min(1, 2 * raw[0]), raw[1])], rel=1e-12)
    silent = shell.objects(PLAN.replace("multiplicity: {method: holm}", ""), DATA)
    assert {found["p_adjusted"] for found in silent} == {None}


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "xlsx", "parquet", "dta", "sav"])
def test_every_format_of_the_same_data_gives_the_same_numbers(
    shell: Shell, tmp_path: Path, ending: str
) -> None:
    rows = pd.read_csv(DATA)
    file = tmp_path / f"data.{ending}"
    _write(rows, file, ending)
    expected, found = shell.objects(PLAN, DATA), shell.objects(PLAN, file)
    for one, other in zip(expected, found, strict=True):
        for name in ("estimate", "std_error", "df", "n"):
            assert other[name] == pytest.approx(one[name], rel=1e-12), name


def _write(rows: pd.DataFrame, file: Path, ending: str) -> None:
    import pyreadstat

    if ending.startswith("csv"):
        rows.to_csv(file, index=False)
    elif ending == "xlsx":
        rows.to_excel(file, index=False, engine="xlsxwriter")
    elif ending == "parquet":
        rows.to_parquet(file)
    elif ending == "dta":
        rows.to_stata(file, write_index=False)
    else:
        pyreadstat.write_sav(rows, file)


@pytest.mark.parametrize("written", ["1.0", " 1 ", '"1"', "1"])
def test_values_match_after_numeric_normalisation(shell: Shell, tmp_path: Path, written: str) -> None:
    rows = pd.read_csv(DATA, dtype=str)
    rows["arm"] = rows["arm"].map({"1": written.strip('"'), "0": "0.0"})
    file = tmp_path / "data.csv"
    rows.to_csv(file, index=False)
    assert shell.objects(PLAN, file)[0]["estimate"] == shell.objects(PLAN, DATA)[0]["estimate"]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_logical_columns_are_arms_and_outcomes_too(shell: Shell, tmp_path: Path, ending: str) -> None:
    rows = pd.read_csv(DATA)
    logical = rows.assign(arm=rows["arm"] == 1, knows=rows["knows"] == 1)
    file = tmp_path / f"data.{ending}"
    _write(logical, file, ending)
    plan = PLAN.replace('campaign: "1", comparison: "0"', "campaign: true, comparison: false")
    for one, other in zip(shell.objects(PLAN, DATA), shell.objects(plan, file), strict=True):
        assert other["estimate"] == pytest.approx(one["estimate"], rel=1e-12)


@pytest.mark.parametrize("blank", ["", "NA", "NaN", ".", " "])
def test_blanks_of_every_program_are_missing(shell: Shell, tmp_path: Path, blank: str) -> None:
    rows = pd.read_csv(DATA, dtype=str, keep_default_na=False)
    rows["score"] = rows["score"].replace("", blank)
    file = tmp_path / "data.csv"
    rows.to_csv(file, index=False)
    assert shell.objects(PLAN, file)[0]["n"] == shell.objects(PLAN, DATA)[0]["n"]


def test_where_takes_one_value_or_several(shell: Shell) -> None:
    whole = PLAN.replace("  site: district\n", "")
    one = shell.objects(whole + "where: {female: 1}\n", DATA)[0]
    two = shell.objects(whole + "where: {district: [d0, d1], female: 1.0}\n", DATA)[0]
    rows = interviews().dropna(subset="score")
    women = rows[rows["female"] == 1]
    assert one["n"] == len(women)
    assert two["n"] == women["district"].isin(["d0", "d1"]).sum()


def test_several_arms_are_told_apart_by_their_value(shell: Shell, tmp_path: Path) -> None:
    rows = pd.read_csv(DATA)
    rows["arm"] = rows["arm"] * (1 + (rows["village"].str[1:].astype(int) % 4 == 0))
    file = tmp_path / "data.csv"
    rows.to_csv(file, index=False)
    plan = PLAN.replace('campaign: "1"', "campaign: [2, 1]").replace("  site: district\n", "")
    assert [found["term"] for found in shell.objects(plan, file)] == ["2", "1", "2", "1"]


def test_scores_of_several_columns_are_outcomes(shell: Shell) -> None:
    plan = PLAN.replace(
        "{id: score, column: score,", "{id: score, score: {at_least: 2, of: [knows, female]},"
    )
    plan = plan.replace("  site: district\n", "")
    found = shell.objects(plan, DATA)[0]
    rows = interviews()
    both = ((rows["knows"] == 1) & (rows["female"] == 1)).groupby([rows["arm"], rows["after"]]).mean()
    assert found["estimate"] == pytest.approx(both[1, 1] - both[1, 0] - both[0, 1] + both[0, 0], rel=1e-12)


def test_what_cannot_be_estimated_is_said_in_the_row_and_the_rest_is_estimated(
    shell: Shell, tmp_path: Path
) -> None:
    rows = pd.read_csv(DATA)
    rows.loc[rows["district"] == "d2", "score"] = None
    file = tmp_path / "data.csv"
    rows.to_csv(file, index=False)
    code, printed = shell.estimate(PLAN, file)
    found = {(o["outcome"], o["site"]): o for o in json.loads(printed)}
    assert code == 0
    gap = found["score", "d2"]
    assert gap["estimate"] is gap["p_value"] is gap["p_adjusted"] is None
    assert gap["not_estimable"]["reason"].startswith("No row has a value for this outcome")
    assert gap["not_estimable"]["remedy"]
    assert found["knows", "d2"]["not_estimable"] is None


def test_nothing_estimable_at_all_ends_with_code_four_and_a_table_of_reasons(
    shell: Shell, tmp_path: Path
) -> None:
    rows = pd.read_csv(DATA)
    file = tmp_path / "data.csv"
    rows[rows["arm"] == 1].to_csv(file, index=False)
    code, printed = shell.estimate(PLAN, file, "--language", "ko")
    assert code == 4
    assert "비교 집단이 없습니다." in printed


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("column: score,", "column: scor,", 'Did you mean "score"?'),
        ("cluster: village", "cluster: vilage", "columns.cluster"),
        ("column: score,", "column: household,", "are no numbers"),
        ("site: district", "site: district\n  weight: household", "columns.weight"),
        ("analysis:", "where: {femal: 1}\nanalysis:", 'Did you mean "female"?'),
    ],
)
def test_a_column_that_is_not_there_or_no_number_ends_with_code_two(
    shell: Shell, wrong: str, right: str, said: str
) -> None:
    code, _ = shell.estimate(PLAN.replace(wrong, right), DATA)
    assert code == 2
    assert said in shell.errors
    assert "Traceback" not in shell.errors


def test_a_file_that_is_not_there_ends_with_code_two(shell: Shell, tmp_path: Path) -> None:
    assert shell.estimate(PLAN, tmp_path / "none.csv")[0] == 2


def test_the_normal_distribution_has_no_degrees_of_freedom_to_write(shell: Shell) -> None:
    found = shell.objects(PLAN.replace("standard_errors: CR1S", "p_value: normal"), DATA)[0]
    assert found["df"] is None
    assert found["p_value"] == pytest.approx(
        math.erfc(abs(float(str(found["statistic"]))) / math.sqrt(2)), rel=1e-9
    )


def test_an_unused_block_and_respondents_as_clusters_are_spoken_of(shell: Shell) -> None:
    plan = PLAN.replace("cluster: village", "respondent: household\n  block: district")
    caveats = " ".join(
        str(found["caveats"]) for found in shell.objects(plan.replace("  site: district\n", ""), DATA)
    )
    assert "each respondent counts as a cluster" in caveats
    assert "does not adjust for them" in caveats


def test_the_ending_of_the_output_decides_unless_the_format_is_given(shell: Shell, tmp_path: Path) -> None:
    table, objects = tmp_path / "effects.CSV", tmp_path / "effects.json"
    for target in (table, objects):
        assert shell.estimate(PLAN, DATA, "--output", str(target)) == (0, "")
    assert list(pd.read_csv(table).columns) == NAMES
    assert list(json.loads(objects.read_text("utf-8"))[0]) == NAMES
    shell.estimate(PLAN, DATA, "--output", str(table), "--format", "json")
    assert list(json.loads(table.read_text("utf-8"))[0]) == NAMES


def test_a_folder_given_as_data_is_called_one(shell: Shell, tmp_path: Path) -> None:
    assert shell.estimate(PLAN, tmp_path)[0] == 2
    assert "this is a folder" in shell.errors


def test_a_row_with_too_many_cells_is_refused_by_file_and_row(tmp_path: Path) -> None:
    plan, data = tmp_path / "plan.yaml", tmp_path / "data.csv"
    plan.write_text(
        "outcomes: [{id: y, column: y}]\ncolumns: {arm: {column: t, campaign: 1, comparison: 0}}\nanalysis: {design: randomised}\n"
    )
    data.write_text("id,t,y\n" + "".join(f"{i},{i % 2},{i % 5}\n" for i in range(20)) + "99,1,1,77\n")
    ended = awareness("estimate", plan, "--data", data)
    assert ended.returncode == 3
    assert "data.csv" in ended.stderr
    assert "21" in ended.stderr


@pytest.mark.parametrize(
    "sides",
    ['{column: t, campaign: "1", comparison: [0, "1.0"]}', '{column: t, campaign: 1, comparison: "1"}'],
)
def test_one_value_written_in_two_ways_stands_on_both_sides(tmp_path: Path, sides: str) -> None:
    plan, data = tmp_path / "plan.yaml", tmp_path / "data.csv"
    plan.write_text(
        f"outcomes: [{{id: y, column: y}}]\ncolumns: {{arm: {sides}}}\nanalysis: {{design: randomised}}\n"
    )
    data.write_text("t,y\n1,2\n0,3\n")
    ended = awareness("estimate", plan, "--data", data)
    assert (ended.returncode, "both sides" in ended.stderr) == (2, True)
