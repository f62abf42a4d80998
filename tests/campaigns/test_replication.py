"""The replication bundle: R and Python, without any code of ours, find the numbers again."""

import io
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from campaigns.replication import R_PACKAGES, SCRIPTS, bundle_of_file
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
    "paired": (
        "baseline: earlier, cluster: village",
        "design: paired_pre_post, standard_errors: HC2, covariates: [age]",
    ),
}


@pytest.fixture(scope="module")
def survey() -> pd.DataFrame:
    rows = pd.read_csv(REFERENCE / "cells.csv")
    rng = np.random.default_rng(11)
    rows["got"] = (rng.random(len(rows)) < 0.2 + 0.5 * rows["arm"]).astype(int)
    rows["period"] = rng.integers(1, 5, len(rows))
    villages = sorted(rows["village"].unique())
    rows["start"] = rows["village"].map({v: (0, 3, 0, 4)[i % 4] for i, v in enumerate(villages)})
    rows["earlier"] = rng.normal(50, 9, len(rows)).round(3)
    return rows


def _unpacked(name: str, rows: pd.DataFrame, folder: Path) -> Path:
    columns, analysis = PLANS[name]
    outcome = "knows" if name == "logit" else "score"
    plan, data, bundle = folder / "plan.yaml", folder / "data.parquet", folder / name
    plan.write_text(
        f"outcomes: [{{id: y, column: {outcome}}}]\ncolumns: {{{columns}}}\nanalysis: {{{analysis}}}\n",
        "utf-8",
    )
    rows.to_parquet(data, index=False)
    zipfile.ZipFile(io.BytesIO(bundle_of_file(plan, data))).extractall(bundle)
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


@pytest.mark.parametrize("name", list(PLANS))
def test_python_finds_the_numbers_again(bundles: dict[str, Path], name: str) -> None:
    run = _by_python(bundles[name])
    assert run.returncode == 0, run.stdout + run.stderr
    assert _largest_difference(run.stdout) < 1e-8
    assert "not computed" not in run.stdout
    assert not run.stdout.startswith("0 effects")


@pytest.mark.skipif(NO_R, reason="Rscript is not installed")
@pytest.mark.parametrize("name", list(PLANS))
def test_r_finds_the_numbers_again(bundles: dict[str, Path], name: str) -> None:
    run = subprocess.run(
        ["Rscript", str(bundles[name] / "replicate.R")], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    lacking = re.findall(r"package (\S+) is not installed", run.stdout)
    if lacking:
        pytest.skip(f"R lacks the packages {', '.join(sorted(set(lacking)))}")
    assert _largest_difference(run.stdout) < 1e-8
    assert not run.stdout.startswith("0 effects")


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
            "time", "group", "age", "district", "female", "y", "before.y",
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


def test_a_category_of_few_people_has_no_name(survey: pd.DataFrame, tmp_path: Path) -> None:
    rows = survey.assign(tongue=["rohingya" if i < 4 else "other" for i in range(len(survey))])
    plan, data = tmp_path / "plan.yaml", tmp_path / "data.parquet"
    plan.write_text(
        "outcomes: [{id: y, column: score}]\ncolumns: {wave: {column: after, before: 0, after: 1}, cluster: village}\n"
        "analysis: {design: pre_post, standard_errors: CR1S, covariates: [{categorical: tongue}]}\n",
        "utf-8",
    )
    rows.to_parquet(data, index=False)
    zipfile.ZipFile(io.BytesIO(bundle_of_file(plan, data))).extractall(tmp_path / "bundle")
    found = pd.read_csv(tmp_path / "bundle" / "extract.csv")["tongue"]
    assert "rohingya" not in set(found)
    assert found.str.startswith("rare_").sum() == 4
    run = _by_python(tmp_path / "bundle")
    assert run.returncode == 0, run.stdout + run.stderr
