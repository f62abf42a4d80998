"""``awareness power``, as a person runs it, and the numbers of R."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.power import Sizes, solve_power
from tests.campaigns.command_line import Run, awareness
from tests.shared import SHARED, needs_shared


CASES = json.loads((Path(__file__).parents[1] / "reference" / "power.json").read_text("utf-8"))
POWER_MDE = SHARED / "reference" / "power_mde" / "expected.json"


def run(arguments: str) -> Run:
    return awareness("power", *arguments.split())


def solved(arguments: str) -> dict[str, float]:
    found: dict[str, float] = json.loads(run(arguments).stdout)
    return found


@pytest.mark.parametrize("case", CASES, ids=[case["arguments"] for case in CASES])
def test_the_numbers_are_those_of_r(case: dict[str, dict[str, float]]) -> None:
    found = solved(str(case["arguments"]))
    assert {name: found[name] for name in case["expected"]} == pytest.approx(case["expected"], rel=1e-8)


@needs_shared
@pytest.mark.parametrize(
    "name", ["J20_m25_icc050", "J40_m20_icc050", "J10_m50_icc020", "J6_m100_icc050", "J15_m40_icc100"]
)
def test_designs_of_clusters_computed_elsewhere(name: str) -> None:
    expected = json.loads(POWER_MDE.read_text("utf-8"))["results"][f"cluster_{name}"]
    size = f"--clusters {expected['clusters_per_arm']} --cluster-size {expected['cluster_size']} --icc {expected['icc']}"
    mde, power = solved(f"--solve mde {size}"), solved(f"--solve power --effect 0.3 {size}")
    assert mde["mde"] == pytest.approx(expected["mde_t_multiplier"], rel=1e-8)
    assert mde["mde_noncentral_t"] == pytest.approx(expected["mde_noncentral_t"], rel=1e-8)
    assert mde["mde_normal"] == pytest.approx(expected["mde_normal"], rel=1e-8)
    assert power["power"] == pytest.approx(expected["power_d03"], rel=1e-8)
    assert (power["design_effect"], power["df"]) == pytest.approx((expected["design_effect"], expected["df"]))


@given(
    clusters=st.integers(3, 60), size=st.integers(2, 80), icc=st.floats(0, 0.3), cv=st.floats(0, 1),
    effect=st.floats(0.1, 0.8),
)  # fmt: skip
def test_more_clusters_never_see_less(clusters: int, size: int, icc: float, cv: float, effect: float) -> None:
    sizes = {"cluster_size": float(size), "icc": icc, "cv": cv, "effect": effect}
    few, many = (
        solve_power("power", Sizes(clusters=float(count), **sizes)).sizes.power
        for count in (clusters, clusters + 1)
    )
    assert 0.05 - 1e-12 <= few <= many + 1e-12 <= 1 + 1e-9


def test_a_survey_that_is_solved_for_its_clusters_has_the_power_asked_for() -> None:
    clusters = solved("--solve clusters --cluster-size 30 --icc .03 --effect .25")
    power = solved(
        f"--solve power --clusters {clusters['clusters_rounded_up']} --cluster-size 30 --icc .03 --effect .25"
    )
    assert 0.79 < power["power"] < 0.85


def test_respondents_to_recruit_make_up_for_those_who_are_lost() -> None:
    found = solved("--solve n --effect .2 --attrition .2")
    assert (found["n_rounded_up"], found["n_to_recruit"]) == (394, 492)


def test_a_table_of_one_row_on_request(tmp_path: Path) -> None:
    file = tmp_path / "power.csv"
    assert run(f"--solve mde --n 100 --output {file}").returncode == 0
    head, row = file.read_text("utf-8").splitlines()
    assert head.startswith("solve,mde,")
    assert row.startswith("mde,0.39")


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        ("--solve mde --clusters 10", "--cluster-size"),
        ("--solve n --clusters 4 --icc .5 --effect .1", "--solve"),
        ("--solve n --clusters 4 --cluster-size 3 --effect .1", "--clusters, --cluster-size"),
        ("--solve power --n 50", "--effect"),
        ("--solve clusters --effect .2 --design individual", "--solve"),
        ("--solve mde --n 50 --icc 1.2", "--icc"),
        ("--solve mde --n 50 --autocorrelation .5", "--autocorrelation"),
        ("--solve mde --n 50 --sd 2 --proportion .4", "--sd, --proportion"),
        ("--solve power --n 50 --proportion .95 --effect .1", "--effect"),
        ("--solve mde --n 4 --proportion .95", "--n"),
        ("--solve n --effect .2 --attrition 1", "--attrition"),
        ("--solve mde --clusters 1 --cluster-size 3", "--clusters"),
    ],
)  # fmt: skip
def test_what_cannot_be_solved_is_said(arguments: str, where: str) -> None:
    ended = run(arguments)
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"{where}:")
