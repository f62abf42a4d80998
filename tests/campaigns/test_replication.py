"""The replication bundle: R and Python, without any code of ours, find the numbers again."""

import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from campaigns.coded_labels import answers_told
from campaigns.replication import R_PACKAGES, SCRIPTS, bundle_of_file
from surveys.problems import Refused
from tests.campaigns.made_up import REFERENCE


NO_R = shutil.which("Rscript") is None
PLANS = {
    "did_cr2": (
        "wave: {column: after, before: 0, after: 1}, arm: {column: arm, campaign: 1, comparison: 0}, cluster: village",
        (
            "design: difference_in_differences, standard_errors: CR2, covariates: [age], fixed_effects: [district],"
            " subgroups: [female], multiplicity: {method: holm}"
        ),
    ),
    "did_linearised": (
        (
            "wave: {column: after, before: 0, after: 1}, arm: {column: arm, campaign: 1, comparison: 0}, cluster: village,"
            " weight: weight, stratum: district, fpc: villages_in_district"
        ),
        "design: difference_in_differences, standard_errors: linearised, subgroups: [female]",
    ),
    "prepost_cr1s": (
        "wave: {column: after, before: 0, after: 1}, cluster: village, weight: weight",
        "design: pre_post, standard_errors: CR1S",
    ),
    "randomised": (
        "arm: {column: arm, campaign: 1, comparison: 0}, cluster: village, block: district",
        "design: randomised, standard_errors: CR3, p_value: randomisation, draws: 999",
    ),
    "encouragement": (
        "arm: {column: arm, campaign: 1, comparison: 0}, received: got, cluster: village",
        "design: encouragement, standard_errors: CR2, covariates: [age]",
    ),
    "exposure": (
        "arm: {column: got, campaign: 1, comparison: 0}, cluster: village, weight: weight",
        "design: exposure, covariates: [age, {categorical: district}]",
    ),
    "logit": (
        (
            "wave: {column: after, before: 0, after: 1}, arm: {column: arm, campaign: 1, comparison: 0}, cluster: village,"
            " weight: weight"
        ),
        "design: difference_in_differences, standard_errors: CR2, model: logit, covariates: [age]",
    ),
    "event_study": (
        (
            "wave: {column: period, before: [1, 2], after: [3, 4]}, arm: {column: arm, campaign: 1, comparison: 0},"
            " cluster: village"
        ),
        "design: event_study, standard_errors: CR2",
    ),
    "staggered": (
        "period: period, first_treated: start, cluster: village",
        "design: staggered",
    ),
    "romano_wolf": (
        "wave: {column: after, before: 0, after: 1}, arm: {column: arm, campaign: 1, comparison: 0}, cluster: village",
        "design: difference_in_differences, standard_errors: CR1S, multiplicity: {method: romano_wolf}, draws: 199",
    ),
    "westfall_young": (
        "arm: {column: arm, campaign: 1, comparison: 0}, cluster: village",
        "design: randomised, standard_errors: CR1S, multiplicity: {method: westfall_young}, draws: 199",
    ),
    "bootstrapped": (
        "arm: {column: arm, campaign: 1, comparison: 0}, cluster: village",
        "design: randomised, standard_errors: CR1S, p_value: wild_cluster_bootstrap, draws: 999, multiplicity: {method: holm}",
    ),
    "ordered": (
        "arm: {column: arm, campaign: 1, comparison: 0}, cluster: village",
        "design: randomised, standard_errors: CR1S, model: ordered_logit",
    ),
    "interacted": (
        "arm: {column: arm, campaign: 1, comparison: 0}, cluster: village",
        (
            "design: randomised, standard_errors: CR2, covariates: [age, {categorical: district}], adjustment: interacted,"
            " subgroups: [female]"
        ),
    ),
    "paired": (
        "baseline: earlier, cluster: village",
        "design: paired_pre_post, standard_errors: HC2, covariates: [age]",
    ),
}


SEVERAL = ("romano_wolf", "westfall_young", "bootstrapped")  # plans with a second outcome in the family


@pytest.fixture(scope="module")
def survey() -> pd.DataFrame:
    rows = pd.read_csv(REFERENCE / "cells.csv")
    rng = np.random.default_rng(11)
    rows["got"] = (rng.random(len(rows)) < 0.2 + 0.5 * rows["arm"]).astype(int)
    rows["period"] = rng.integers(1, 5, len(rows))
    villages = sorted(rows["village"].unique())
    rows["start"] = rows["village"].map({v: (0, 3, 0, 4)[i % 4] for i, v in enumerate(villages)})
    rows["grade"] = pd.cut(rows["score"], 4, labels=False)
    rows["earlier"] = rng.normal(50, 9, len(rows)).round(3)
    return rows


def _unpacked(name: str, rows: pd.DataFrame, folder: Path) -> Path:
    columns, analysis = PLANS[name]
    outcome = {"logit": "knows", "ordered": "grade"}.get(name, "score")
    several = ", {id: z, column: earlier}" if name in SEVERAL else ""
    plan, data, bundle = folder / "plan.yaml", folder / "data.parquet", folder / name
    plan.write_text(
        f"outcomes: [{{id: y, column: {outcome}}}{several}]\ncolumns: {{{columns}}}\nanalysis: {{{analysis}}}\n",
        "utf-8",
    )
    rows.to_parquet(data, index=False)
    zipfile.ZipFile(io.BytesIO(bundle_of_file(plan, data, why="a test").content)).extractall(bundle)
    return bundle


def _largest_difference(said: str) -> float:
    found = re.search(r"^largest difference: (\S+)$", said, re.M)
    assert found, said
    return float(found[1])


def _by_python(bundle: Path) -> subprocess.CompletedProcess[str]:
    """In another process, from another folder, with nothing of ours to import."""
    command = [sys.executable, "-I", str(bundle / "replicate.py")]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=bundle.parent)


@pytest.fixture(scope="module")
def bundles(survey: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {name: _unpacked(name, survey, tmp_path_factory.mktemp(name)) for name in PLANS}


# Each script runs over all bundles in one process: starting one costs more than most plans.
_ALL_PYTHON = """
import io, contextlib, json, pathlib, runpy, sys
for bundle in map(pathlib.Path, sys.argv[1:]):
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            runpy.run_path(str(bundle / "replicate.py"), run_name="__main__")
    except SystemExit as end:
        print(json.dumps({"name": bundle.name, "status": end.code, "said": said.getvalue()}))
"""
_ALL_R = """
for (bundle in commandArgs(TRUE)) {
  setwd(bundle); status <- 0
  said <- capture.output(local({
    quit <- function(status = 0) status <<- status
    commandArgs <- function(...) "--file=replicate.R"
    eval(parse("replicate.R"), new.env(parent = environment()))
  }))
  cat("\n@@", basename(bundle), status, "\n", said, sep = "\n")
}
"""


def _said_by_python(bundles: dict[str, Path]) -> dict[str, tuple[int, str]]:
    """Of each bundle how the script ended and what it said."""
    command = [sys.executable, "-I", "-c", _ALL_PYTHON, *map(str, bundles.values())]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    found = [json.loads(line) for line in run.stdout.splitlines()]
    return {one["name"]: (one["status"], one["said"]) for one in found}


@pytest.fixture(scope="module")
def said_by_python(bundles: dict[str, Path]) -> dict[str, tuple[int, str]]:
    return _said_by_python(bundles)


@pytest.fixture(scope="module")
def said_by_r(
    bundles: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[int, str]]:
    script = tmp_path_factory.mktemp("r") / "all.R"
    script.write_text(_ALL_R, "utf-8")
    run = subprocess.run(
        ["Rscript", str(script), *map(str, bundles.values())], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    parts = [part.strip().split("\n", 2) for part in run.stdout.split("@@")[1:]]
    return {name: (int(status), said) for name, status, said in parts}


@pytest.mark.parametrize("name", list(PLANS))
def test_python_finds_the_numbers_again(said_by_python: dict[str, tuple[int, str]], name: str) -> None:
    status, said = said_by_python[name]
    assert status == 0, said
    assert _largest_difference(said) < 1e-8
    assert not said.startswith("0 effects") or name == "ordered"


@pytest.mark.skipif(NO_R, reason="Rscript is not installed")
@pytest.mark.parametrize("name", list(PLANS))
def test_r_finds_the_numbers_again(said_by_r: dict[str, tuple[int, str]], name: str) -> None:
    status, said = said_by_r[name]
    assert status == 0, said
    lacking = re.findall(r"package (\S+), which is not installed", said)
    if lacking:
        pytest.skip(f"R lacks the packages {', '.join(sorted(set(lacking)))}")
    assert _largest_difference(said) < 1e-8
    assert not said.startswith("0 effects") or name == "ordered"


LEFT_OUT = {  # plan -> what both scripts say they do not compute
    "randomised": {"ends of intervals by inverting the test by randomisation": 2},
    "bootstrapped": {
        "ends of intervals by inverting the test by wild cluster bootstrap": 4,
        "p-values adjusted in a family with drawn p-values": 2,
    },
    "romano_wolf": {"p-values adjusted in steps (romano_wolf)": 2},
    "westfall_young": {"p-values adjusted in steps (westfall_young)": 2},
    "ordered": {"numbers of effects by ordered logit": None},
}


@pytest.mark.parametrize("name", list(PLANS))
def test_what_a_script_leaves_out_is_counted_to_the_last_number(
    bundles: dict[str, Path],
    said_by_python: dict[str, tuple[int, str]],
    said_by_r: dict[str, tuple[int, str]],
    name: str,
) -> None:
    columns = ["estimate", "std_error", "df", "p_value", "p_adjusted", "conf_low", "conf_high"]
    expected = pd.read_csv(bundles[name] / "expected_effects.csv")[columns].to_numpy(float)
    for _, said in (said_by_python[name], said_by_r[name]):
        compared = re.search(r"^numbers compared: (\d+)$", said, re.M)
        left_out = re.findall(r"^not computed by this script: (\d+) (.+)$", said, re.M)
        assert compared, said
        assert int(compared[1]) + sum(int(number) for number, _ in left_out) == np.isfinite(expected).sum()
        wanted = LEFT_OUT.get(name, {})
        assert {what for _, what in left_out} == set(wanted), said
        assert all(wanted[what] in (None, int(number)) for number, what in left_out), said


def test_a_number_that_is_not_found_again_is_named(bundles: dict[str, Path], tmp_path: Path) -> None:
    bundle = shutil.copytree(bundles["prepost_cr1s"], tmp_path / "changed")
    expected = pd.read_csv(bundle / "expected_effects.csv", dtype=str)
    expected.loc[0, "std_error"] = str(float(expected.loc[0, "std_error"]) * 1.001)
    expected.to_csv(bundle / "expected_effects.csv", index=False)
    run = _by_python(bundle)
    assert run.returncode == 1
    assert "DIFFERS E0001 std_error" in run.stdout


def test_the_rows_tell_no_place_and_no_person(bundles: dict[str, Path], survey: pd.DataFrame) -> None:
    for bundle in bundles.values():
        rows = pd.read_csv(bundle / "extract.csv", dtype=str, keep_default_na=False)
        for column in ("village", "district", "household"):
            assert not set(survey[column]) & set(rows.to_numpy().ravel())
        assert set(rows.columns) <= {
            "wave", "arm", "cluster", "stratum", "weight", "fpc", "block", "received", "period", "first_treated",
            "time", "group", "age", "district", "female", "y", "z", "before.y",
        }  # fmt: skip


def test_codes_and_order_are_drawn_anew_for_every_bundle(survey: pd.DataFrame, tmp_path: Path) -> None:
    first = pd.read_csv(_unpacked("prepost_cr1s", survey, tmp_path) / "extract.csv")
    shutil.rmtree(tmp_path / "prepost_cr1s")
    second = pd.read_csv(_unpacked("prepost_cr1s", survey, tmp_path) / "extract.csv")
    assert first["y"].tolist() != second["y"].tolist()
    assert sorted(first["y"]) == sorted(second["y"])
    one = first.groupby("cluster")["y"].sum().round(6)
    other = second.groupby("cluster")["y"].sum().round(6)
    assert one.tolist() != other.tolist()
    assert sorted(one) == sorted(other)


def test_a_bundle_says_what_is_in_it_in_both_languages(bundles: dict[str, Path]) -> None:
    bundle = bundles["did_cr2"]
    assert {path.name for path in bundle.iterdir()} >= {
        "README.md", "README.ko.md", "extract.csv", "expected_effects.csv", "expected_averages.csv",
        "expected_contrasts.csv", "codebook.csv", "plan.json", "versions.json", *SCRIPTS,
    }  # fmt: skip
    for name in ("README.md", "README.ko.md"):
        text = (bundle / name).read_text("utf-8")
        assert all(package in text for package in R_PACKAGES)
    described = set(pd.read_csv(bundle / "codebook.csv")["variable"])
    assert described == set(pd.read_csv(bundle / "extract.csv").columns)


def _written(
    folder: Path, columns: str, analysis: str, rows: pd.DataFrame, *, more: str = ""
) -> tuple[Path, Path]:
    plan, data = folder / "plan.yaml", folder / "data.parquet"
    plan.write_text(
        f"outcomes: [{{id: y, column: score}}]\ncolumns: {{{columns}}}\nanalysis: {{{analysis}}}\n{more}",
        "utf-8",
    )
    rows.to_parquet(data, index=False)
    return plan, data


BEFORE_AFTER = "wave: {column: after, before: 0, after: 1}, cluster: village"
CANARY_PLANS = {
    "everything": (
        (
            "wave: {column: after, before: 0, after: 1}, arm: {column: arm, campaign: 1, comparison: 0},"
            " cluster: [village, c_team], respondent: c_person, site: c_site"
        ),
        (
            "design: difference_in_differences, standard_errors: CR1S, covariates: [age, {categorical: c_tongue}],"
            " fixed_effects: [c_district], subgroups: [c_faith, female], multiplicity: {method: holm}"
        ),
    ),
    "linearised": (
        (
            "wave: {column: after, before: 0, after: 1}, arm: {column: arm, campaign: 1, comparison: 0},"
            " cluster: village, stratum: c_district, weight: weight"
        ),
        "design: difference_in_differences, standard_errors: linearised, subgroups: [c_faith]",
    ),
    "dealt_out": (
        "arm: {column: arm, campaign: 1, comparison: 0}, cluster: village, block: c_district, site: c_site",
        "design: randomised, standard_errors: CR1S, p_value: randomisation, draws: 99, subgroups: [c_faith]",
    ),
    "persons_dealt_out": (
        "arm: {column: arm, campaign: 1, comparison: 0}, respondent: c_person, block: c_district",
        "design: randomised, standard_errors: HC2, p_value: randomisation, draws: 99",
    ),
    "instrument": (
        (
            "arm: {column: arm, campaign: 1, comparison: 0}, received: {column: c_got, yes: [CANARY-took], no: [CANARY-not]},"
            " cluster: village"
        ),
        "design: encouragement, standard_errors: CR1S, covariates: [{categorical: c_tongue}]",
    ),
    "exposure": (
        "arm: {column: got, campaign: 1, comparison: 0}, cluster: village",
        "design: exposure, covariates: [age, {categorical: c_tongue}]",
    ),
    "event_study": (
        (
            "wave: {column: period, before: [1, 2], after: [3, 4]}, arm: {column: arm, campaign: 1, comparison: 0},"
            " cluster: village"
        ),
        "design: event_study, standard_errors: CR1S, fixed_effects: [c_district], covariates: [{categorical: c_tongue}]",
    ),
    "staggered": (
        "period: period, first_treated: start, cluster: village, respondent: c_person",
        "design: staggered, subgroups: [c_faith]",
    ),
    "dose": (
        "dose: earlier, cluster: village",
        "design: exposure, standard_errors: CR1S, fixed_effects: [c_district], covariates: [{categorical: c_tongue}]",
    ),
}


@pytest.fixture(scope="module")
def canaries(survey: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Bundles of data in which every label says that it is one."""
    rng = np.random.default_rng(5)
    rows = survey.assign(
        village="CANARY-" + survey["village"].astype(str),
        c_district="CANARY-" + survey["district"].astype(str),
        c_person=[f"CANARY-p{i}" for i in range(len(survey))],
        c_got=np.where(survey["got"] == 1, "CANARY-took", "CANARY-not"),
        **{
            column: [f"CANARY-{column}{one}" for one in rng.integers(0, 3, len(survey))]
            for column in ("c_team", "c_site", "c_tongue", "c_faith", "c_picked")
        },
    )
    panel = pd.concat([rows.assign(period=period) for period in (1, 2, 3, 4)])
    panel["score"] = rng.normal(50, 9, len(panel))
    where = "where: {c_picked: [CANARY-c_picked0, CANARY-c_picked1]}\n"
    found = {}
    for name, planned in CANARY_PLANS.items():
        folder = tmp_path_factory.mktemp(name)
        plan, data = _written(folder, *planned, panel if name == "staggered" else rows, more=where)
        found[name] = folder / name
        with zipfile.ZipFile(io.BytesIO(bundle_of_file(plan, data, why="a test").content)) as archive:
            archive.extractall(found[name])
    return found


@pytest.mark.parametrize("name", list(CANARY_PLANS))
def test_no_label_of_any_role_is_in_any_member_of_the_bundle(canaries: dict[str, Path], name: str) -> None:
    found = [path.name for path in canaries[name].iterdir() if b"canary" in path.read_bytes().lower()]
    assert found == []
    assert "canary" not in canaries[name].name
    assert "c_picked" in (canaries[name] / "plan.json").read_text("utf-8")  # that rows were picked is told


def test_coded_labels_change_no_number(canaries: dict[str, Path]) -> None:
    for name, (status, said) in _said_by_python(canaries).items():
        assert status == 0, (name, said)
        assert not said.startswith("0 effects"), (name, said)
        assert _largest_difference(said) < 1e-8, name


def test_a_category_of_few_people_takes_the_names_of_all() -> None:
    told = pd.DataFrame({"tongue": ["few"] * 4 + ["many"] * 50})
    choices = {"tongue": frozenset({"few", "many"})}
    assert answers_told(told, "tongue", choices) == frozenset()
    assert answers_told(told.iloc[4:], "tongue", choices) == {"many"}
    assert answers_told(told.iloc[4:], "tongue", {}) == frozenset()


def test_an_exact_covariate_has_a_scale_of_its_own_and_the_numbers_are_the_same(
    survey: pd.DataFrame, tmp_path: Path
) -> None:
    rows = survey.assign(income=np.random.default_rng(3).integers(900_000, 5_000_000, len(survey)))
    plan, data = _written(
        tmp_path, BEFORE_AFTER, "design: pre_post, standard_errors: CR2, covariates: [income, age]", rows
    )
    found = bundle_of_file(plan, data, why="a test")
    zipfile.ZipFile(io.BytesIO(found.content)).extractall(tmp_path / "bundle")
    left = pd.read_csv(tmp_path / "bundle" / "extract.csv")
    assert not np.isin(left["income"], rows["income"]).any()
    assert set(left["age"]) <= set(rows["age"])
    codebook = pd.read_csv(tmp_path / "bundle" / "codebook.csv").set_index("variable")
    assert "scale" in codebook.loc["income", "type"]
    run = _by_python(tmp_path / "bundle")
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("latitude", [27.7172, 27.6588]),
        ("phone_number", [9841, 9842]),
        ("dob", [1, 2]),
        ("q7", [19900214, 19851130]),
    ],
)
def test_a_covariate_that_names_people_or_places_is_refused(
    survey: pd.DataFrame, tmp_path: Path, name: str, values: list[float]
) -> None:
    rows = survey.assign(**{name: np.resize(values, len(survey))})
    plan, data = _written(
        tmp_path, BEFORE_AFTER, f"design: pre_post, standard_errors: CR1S, covariates: [{name}]", rows
    )
    with pytest.raises(Refused, match=name):
        bundle_of_file(plan, data, why="a test")


def test_rare_combinations_are_counted_and_need_a_reason(survey: pd.DataFrame, tmp_path: Path) -> None:
    n = int(survey["score"].notna().sum())
    rows = survey.assign(female=1, age=[77, 78, 78, *[30] * (len(survey) - 3)])
    plan, data = _written(
        tmp_path, BEFORE_AFTER, "design: pre_post, standard_errors: CR1S, covariates: [age, female]", rows
    )
    with pytest.raises(Refused, match=rf"3 of {n} interviews .* fewer than 5 .* 1 of them"):
        bundle_of_file(plan, data)
    found = bundle_of_file(plan, data, why="asked for by the journal")
    assert found.rare.rare == 3
    with zipfile.ZipFile(io.BytesIO(found.content)) as archive:
        kept = json.loads(archive.read("versions.json"))["rare_combinations"]
    assert kept == {
        "columns": ["age", "female"], "rows": n, "rare": 3, "alone": 1, "why": "asked for by the journal",
    }  # fmt: skip
    data.unlink()
    survey.assign(female=1, age=30).to_parquet(data, index=False)
    assert bundle_of_file(plan, data).rare.rare == 0
