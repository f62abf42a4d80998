"""``awareness pool`` and ``awareness adjust``, as a person runs them."""

import json
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from campaigns.tables_of_effects import pool_table, read_table
from surveys.problems import CannotProceed
from tests.campaigns.command_line import awareness
from tests.shared import SHARED, needs_shared


KEYS = [
    "k", "estimate", "std_error", "df", "p_value", "conf_low", "conf_high", "tau2", "tau2_low", "tau2_high", "i2",
    "q", "q_p_value", "predict_low", "predict_high", "groups", "moderators", "subgroup_q", "subgroup_p_value",
]  # fmt: skip
TABLE = (
    "site,estimate,std_error,df,role,rate\n"
    "a,0.118,0.021,12.3,origin,0.2\nb,0.096,0.025,30,origin,0.5\nc,0.089,0.024,7.7,origin,0.3\n"
    "d,0.071,0.022,18,transit,0.7\ne,-0.012,0.045,45,transit,0.9\nf,0.004,0.031,9.1,transit,0.8\ng,,,,transit,0.1\n"
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "effects.csv"
    file.write_text(TABLE, "utf-8")
    return file


def pooled(*arguments: object) -> dict[str, Any]:
    run = awareness("pool", *arguments, "--format", "json")
    assert run.returncode == 0, run.stderr
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def test_pool_gives_what_it_promises_and_names_rows_left_out(table: Path) -> None:
    found = pooled(table, "--by", "role")
    assert list(found)[: len(KEYS)] == KEYS
    assert found["k"] == 6
    assert found["interval"] == "knapp_hartung_floored"
    assert [group["group"] for group in found["groups"]] == ["origin", "transit"]
    assert 0 <= found["subgroup_p_value"] <= 1
    assert any("error: 1." in caveat for caveat in found["caveats"])


def test_pool_objects_to_random_effects_over_few_sites_but_computes_them(table: Path) -> None:
    found = pooled(table, "--by", "role", "--method", "DL")
    for group in found["groups"]:
        assert group["k"] == 3
        assert any("Below five sites" in caveat for caveat in group["caveats"])
    korean = pooled(table, "--by", "role", "--language", "ko")
    assert any("5개 미만" in caveat for caveat in korean["groups"][0]["caveats"])


def test_equal_weights_use_the_degrees_of_freedom_of_the_table(table: Path) -> None:
    found = pooled(table, "--method", "equal")
    assert found["estimate"] == pytest.approx((0.118 + 0.096 + 0.089 + 0.071 - 0.012 + 0.004) / 6)
    assert found["df"] is not None
    assert found["tau2"] is None


def test_an_interval_that_equal_weights_cannot_have_is_spoken_of(table: Path) -> None:
    asked = pooled(table, "--method", "equal", "--interval", "knapp_hartung")
    assert any("knapp_hartung belongs to weighted averages" in caveat for caveat in asked["caveats"])
    for options in ((), ("--interval", "normal")):
        assert not any("belongs to" in c for c in pooled(table, "--method", "equal", *options)["caveats"])


def test_a_moderator_of_numbers_gives_a_slope_and_one_of_names_gives_differences(table: Path) -> None:
    slope = pooled(table, "--moderator", "rate")["moderators"]
    assert [term["term"] for term in slope] == ["intercept", "rate"]
    names = pooled(table, "--moderator", "role")
    assert [term["term"] for term in names["moderators"]] == ["intercept", "role=transit"]
    assert names["subgroup_p_value"] == pytest.approx(names["moderators"][1]["p_value"])


def test_pool_writes_csv_with_a_row_for_each_group(table: Path, tmp_path: Path) -> None:
    output = tmp_path / "pooled.csv"
    assert awareness("pool", table, "--by", "role", "--output", output).returncode == 0
    rows = pd.read_csv(output)
    assert rows["group"].fillna("").tolist() == ["", "origin", "transit"]
    assert rows["k"].tolist() == [6, 3, 3]


@pytest.mark.parametrize(
    ("text", "arguments", "code", "says"),
    [
        ("estimate\n1\n", (), 2, "std_error"),
        ("estimate,std_error\nx,1\n", (), 2, "row 1"),
        ("estimate,std_error\n1,0\n", (), 2, "greater than zero"),
        ("estimate,std_error\n,\n", (), 4, "no row"),
        ("estimate,std_error\n1,1\n", ("--by", "role"), 2, "no column role"),
        ("estimate,std_error,x\n1,1,2\n2,1,3\n", ("--moderator", "x"), 2, "cannot carry"),
        ("estimate,std_error,x\n1,1,2\n2,1,2\n3,1,2\n", ("--moderator", "x"), 2, "does not vary"),
        ("estimate,std_error,x\n1,1,2\n2,1,\n3,1,2\n", ("--moderator", "x"), 2, "blank"),
    ],
)
def test_pool_says_what_is_wrong_with_a_table(
    tmp_path: Path, text: str, arguments: tuple[str, ...], code: int, says: str
) -> None:
    file = tmp_path / "effects.csv"
    file.write_text(text, "utf-8")
    run = awareness("pool", file, *arguments)
    assert run.returncode == code
    assert says in run.stderr
    assert "Traceback" not in run.stderr


def test_a_table_that_is_not_there_is_no_traceback(tmp_path: Path) -> None:
    run = awareness("pool", tmp_path / "absent.csv")
    assert run.returncode == 2
    assert "Traceback" not in run.stderr


@needs_shared
def test_pool_agrees_with_metafor_on_published_trials(tmp_path: Path) -> None:
    results = json.loads((SHARED / "reference" / "meta_bcg" / "expected.json").read_text("utf-8"))["results"]
    effects = pd.DataFrame({"estimate": results["effects"]["yi"], "variance": results["effects"]["vi"]})
    file = tmp_path / "bcg.csv"
    effects.to_csv(file, index=False)
    found = pooled(file, "--method", "REML", "--interval", "knapp_hartung")
    expected = results["REML_knha"]
    for mine, theirs in (
        ("estimate", "estimate"), ("std_error", "se"), ("conf_low", "ci_low"), ("p_value", "p_value"),
    ):  # fmt: skip
        assert found[mine] == pytest.approx(expected[theirs], rel=1e-7)


def test_adjust_gives_the_table_back_with_adjusted_p_values(tmp_path: Path) -> None:
    file = tmp_path / "p.csv"
    file.write_text("name,p_value,family\na,0.01,x\nb,0.04,x\nc,,x\nd,0.2,y\n", "utf-8")
    run = awareness("adjust", file, "--method", "holm", "--family", "family", "--format", "json")
    assert run.returncode == 0, run.stderr
    rows = json.loads(run.stdout)
    assert [row["name"] for row in rows] == ["a", "b", "c", "d"]
    assert [row["p_adjusted"] for row in rows] == [0.02, 0.04, None, 0.2]
    output = tmp_path / "out.csv"
    assert awareness("adjust", file, "--method", "bh", "--format", "csv", "--output", output).returncode == 0
    adjusted = pd.read_csv(output)["p_adjusted"].tolist()
    assert adjusted[:2] == pytest.approx([0.03, 0.06])
    assert math.isnan(adjusted[2])


def test_adjust_refuses_what_is_no_p_value(tmp_path: Path) -> None:
    file = tmp_path / "p.csv"
    file.write_text("p_value\n0.5\n1.2\n", "utf-8")
    run = awareness("adjust", file, "--method", "by")
    assert run.returncode == 2
    assert "row 2" in run.stderr


@pytest.mark.parametrize(
    ("rows", "where"),
    [
        ("estimate,std_error\ninf,0.1\n0.2,0.1\n", "estimate, row 1"),
        ("estimate,std_error\n0.1,0.1\n1e200,0.1\n", "estimate, row 2"),
        ("estimate,std_error\n0.1,-0.02\n0.2,0.1\n", "std_error, row 1"),
        ("estimate,std_error,df\n0.1,0.1,-3\n0.2,0.1,5\n", "df, row 1"),
    ],
)
def test_numbers_that_cannot_be_worked_with_are_refused_where_they_stand(
    tmp_path: Path, rows: str, where: str
) -> None:
    table = tmp_path / "table.csv"
    table.write_text(rows, "utf-8")
    with pytest.raises(CannotProceed) as stop:
        pool_table(read_table(table), table.name, method="equal")
    assert stop.value.where.endswith(where)


def test_effects_that_are_all_the_same_are_not_certain(tmp_path: Path) -> None:
    file = tmp_path / "same.csv"
    file.write_text(
        "site,estimate,std_error,role,x\na,0.1,0.05,o,1\nb,0.1,0.04,o,2\nc,0.1,0.06,t,4\n", "utf-8"
    )
    plain = pool_table(read_table(file), "same", interval="knapp_hartung", by="role")
    assert plain["std_error"] == 0
    assert plain["p_value"] is plain["conf_low"] is plain["predict_low"] is plain["subgroup_q"] is None
    assert "knapp_hartung_floored" in str(plain["caveats"])
    json.dumps(plain, allow_nan=False)
    floored = pool_table(read_table(file), "same")
    assert floored["std_error"] == pytest.approx((1 / (1 / 0.05**2 + 1 / 0.04**2 + 1 / 0.06**2)) ** 0.5)
    with pytest.raises(CannotProceed, match="knapp_hartung_floored"):
        pool_table(read_table(file), "same", interval="knapp_hartung", moderators=["x"])


def test_a_moderator_that_does_not_vary_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "one.csv"
    file.write_text(
        "estimate,std_error,role,x\n0.1,0.05,o,1\n0.2,0.04,o,2\n0.3,0.06,o,5\n0.1,0.1,o,4\n", "utf-8"
    )
    for moderators in (["role"], ["x", "role"]):
        with pytest.raises(CannotProceed, match="does not vary"):
            pool_table(read_table(file), "one", moderators=moderators)
