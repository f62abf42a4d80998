"""``awareness evaluate`` and ``awareness export`` on a workspace filled through its front door."""

import csv
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
import xlsxwriter

from surveys.catalogue import Catalogue
from tests.campaigns.command_line import awareness
from tests.campaigns.examples import CAMPAIGN


SITES = ("npl", "bgd", "tha")


def write_questionnaire(path: Path) -> None:
    yes_no = [("yes_no", "yes", "Yes"), ("yes_no", "no", "No"), ("yes_no", "dk", "Don't know")]
    survey = [
        ("today", "today", ""),
        *(("select_one yes_no", item, item) for item in ("a", "b", "c", "blame")),
    ]
    with xlsxwriter.Workbook(path) as book:
        for name, rows in {
            "survey": [("type", "name", "label"), *survey],
            "choices": [("list_name", "name", "label"), *yes_no],
            "settings": [("form_id", "version"), ("kap", "1")],
        }.items():
            sheet = book.add_worksheet(name)
            for line, row in enumerate(rows):
                sheet.write_row(line, 0, row)


def write_interviews(path: Path, site: str, wave: str, people: int) -> None:
    """Eight wards, half of them with the campaign, which helps."""
    random = np.random.default_rng([SITES.index(site), wave == "endline"])
    day = {"baseline": "2026-02-10", "endline": "2026-09-10"}[wave]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["submission", "wave", "arm", "ward", "today", "a", "b", "c", "blame"])
        for number in range(people):
            ward = number % 8
            helped = 0.3 if ward % 2 and wave == "endline" else 0.0
            answers = np.where(random.random(4) < 0.4 + helped, "yes", "no")
            arm = "campaign" if ward % 2 else "comparison"
            writer.writerow([f"{site}-{wave}-{number}", wave, arm, f"{site}-{ward}", day, *answers])


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("place") / "workspace"
    run = awareness("init", folder)
    assert run.returncode == 0, run.stderr
    campaign = CAMPAIGN.replace(
        "  arm: arm\n", "  submission: submission\n  wave: wave\n  arm: arm\n  interview_date: today\n"
    )
    (folder / "campaigns" / "pilot.yaml").write_text(campaign, "utf-8")
    write_questionnaire(folder / "instruments" / "kap.xlsx")
    for site in SITES:
        for wave in ("baseline", "endline"):
            file = folder.parent / f"{site}-{wave}.csv"
            write_interviews(file, site, wave, 16 if site == "tha" else 240)
            run = awareness("ingest", file, "--workspace", folder, "--campaign", "pilot", "--site", site)
            assert run.returncode == 0, run.stdout + run.stderr
    return folder


def test_evaluate_prints_what_may_be_said_in_both_languages(workspace: Path) -> None:
    english = awareness("evaluate", "--workspace", workspace, "--campaign", "pilot")
    assert english.returncode == 0, english.stderr
    assert "“Names two warning signs” rose on average over the origin sites" in english.stdout
    assert "Simulated data." in english.stdout
    korean = awareness("evaluate", "--workspace", workspace, "--campaign", "pilot", "--language", "ko")
    assert "출신국 지역 평균에서 ‘위험 징후 두 가지를 앎’ 응답 비율이" in korean.stdout
    assert "모의 자료입니다." in korean.stdout


def test_evaluate_withholds_the_small_site_and_writes_the_rest(workspace: Path, tmp_path: Path) -> None:
    output = tmp_path / "whole.json"
    run = awareness("evaluate", "--workspace", workspace, "--campaign", "pilot", "--output", output)
    assert run.returncode == 0, run.stderr
    whole = json.loads(output.read_text("utf-8"))
    signs = {row["site"]: row for row in whole["effects"] if row["outcome"] == "signs"}
    assert signs["npl"]["n"] == 480
    assert 0 < signs["npl"]["estimate"] < 0.8
    assert signs["tha"]["estimate"] is None
    assert signs["tha"]["n"] is None
    assert signs["tha"]["not_estimable"]["code"] == "suppressed_small"
    assert signs["kor"]["not_estimable"]["code"]
    assert whole["as_of_upload"] == 6


@pytest.mark.parametrize("ending", ["csv", "xlsx", "json"])
def test_export_writes_the_effects_in_every_format(workspace: Path, tmp_path: Path, ending: str) -> None:
    output = tmp_path / f"effects.{ending}"
    run = awareness(
        "export", "--workspace", workspace, "--campaign", "pilot", "--format", ending, "--output", output
    )
    assert run.returncode == 0, run.stderr
    content = io.BytesIO(output.read_bytes())
    readers = {
        "csv": pd.read_csv,
        "xlsx": lambda file: pd.read_excel(file, engine="openpyxl"),
        "json": pd.read_json,
    }
    table = readers[ending](content)
    assert len(table) == 10
    assert table["estimate"].notna().sum() >= 4


def test_an_evaluation_as_of_an_earlier_upload_sees_only_what_was_there(
    workspace: Path, tmp_path: Path
) -> None:
    output = tmp_path / "then.json"
    run = awareness(
        "evaluate", "--workspace", workspace, "--campaign", "pilot", "--as-of", 2, "--output", output
    )
    assert run.returncode == 0, run.stderr
    there = {
        row["site"] for row in json.loads(output.read_text("utf-8"))["effects"] if row["estimate"] is not None
    }
    assert there == {"npl"}


def test_nothing_estimable_is_exit_code_four(workspace: Path) -> None:
    assert (
        awareness("evaluate", "--workspace", workspace, "--campaign", "pilot", "--as-of", 1).returncode == 4
    )


def test_mistakes_are_named(workspace: Path, tmp_path: Path) -> None:
    run = awareness("evaluate", "--workspace", workspace, "--campaign", "pilto")
    assert (run.returncode, "pilot" in run.stderr) == (2, True)
    run = awareness(
        "export", "--workspace", workspace, "--campaign", "pilot", "--output", tmp_path / "effects.pdf"
    )
    assert (run.returncode, ".xlsx" in run.stderr) == (2, True)


@pytest.mark.parametrize(
    ("design", "terms", "estimand"),
    [
        ("exposure", {"effect"}, "association"),
        ("encouragement", {"effect"}, "LATE"),
        ("event_study", {"event_0"}, "ATT"),
    ],
)
def test_a_campaign_may_name_any_design_that_its_file_can_carry(
    workspace: Path, tmp_path: Path, design: str, terms: set[str], estimand: str
) -> None:
    file = workspace / "campaigns" / "pilot.yaml"
    before = file.read_text("utf-8")
    changed = before.replace("design: difference_in_differences", f"design: {design}")
    changed = changed.replace("  arm: arm\n", "  arm: arm\n  exposure: {recalled: a}\n").replace(
        "of: [a, b, c]", "of: [b, c]"
    )
    output = tmp_path / "effects.json"
    try:
        file.write_text(changed, "utf-8")
        run = awareness("export", "--workspace", workspace, "--campaign", "pilot", "--output", output)
    finally:
        file.write_text(before, "utf-8")
    assert run.returncode == 0, run.stderr
    rows = [
        row
        for row in json.loads(output.read_text("utf-8"))
        if row["site"] == "npl" and row["outcome"] == "signs"
    ]
    assert {row["term"] for row in rows} == terms
    assert all(row["estimate"] is not None and row["estimand"] == estimand for row in rows)


def test_a_design_that_a_campaign_file_cannot_carry_is_refused(workspace: Path) -> None:
    file = workspace / "campaigns" / "pilot.yaml"
    before = file.read_text("utf-8")
    for design, where in (("staggered", "analysis.design"), ("exposure", "columns.exposure")):
        try:
            file.write_text(before.replace("design: difference_in_differences", f"design: {design}"), "utf-8")
            run = awareness("evaluate", "--workspace", workspace, "--campaign", "pilot")
        finally:
            file.write_text(before, "utf-8")
        assert run.returncode == 2
        assert where in run.stderr


def test_threats_of_a_campaign_are_protected_as_its_effects_are(workspace: Path, tmp_path: Path) -> None:
    run = awareness("threats", "--workspace", workspace, "--campaign", "pilot")
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    nepal = [
        row
        for row in found
        if row["site"] == "npl" and row["threat"] == "balance" and row["about"] == "signs"
    ]
    (signs,) = nepal
    assert signs["n_campaign"] == 120
    assert signs["estimate"] == round(signs["estimate"], 3)
    assert signs["reading"]
    small = [row for row in found if row["site"] == "tha"]
    assert small
    for row in small:
        assert row["n_campaign"] is row["estimate"] is row["campaign"] is row["p_value"] is None
        assert "10" in row["not_estimable"]
    assert {row["threat"] for row in found} >= {"balance", "non_response", "ceiling"}
    assert len({row["data_sha256"] for row in found}) == 1
    korean = json.loads(
        awareness("threats", "--workspace", workspace, "--campaign", "pilot", "--language", "ko").stdout
    )
    assert korean[0]["reading"] != found[0]["reading"]
    wrong = awareness("threats", tmp_path / "plan.yaml", "--campaign", "pilot")
    assert wrong.returncode == 2
    assert "--data" in wrong.stderr


def test_a_bundle_of_the_campaign_gives_the_same_numbers_elsewhere(workspace: Path, tmp_path: Path) -> None:
    run = awareness(
        "export",
        "--workspace",
        workspace,
        "--campaign",
        "pilot",
        "--bundle",
        tmp_path / "bundle.zip",
        "--by",
        "Kim",
    )
    assert run.returncode == 0, run.stderr
    zipfile.ZipFile(tmp_path / "bundle.zip").extractall(tmp_path / "bundle")
    rows = (tmp_path / "bundle" / "extract.csv").read_text("utf-8")
    assert not [
        name for name in (*(f"npl-{ward}" for ward in range(8)), "baseline", "2026-02-10") if name in rows
    ]
    assert "tha," not in rows  # nothing of so small a site may be shown
    scripts = [
        [sys.executable, "-I", "replicate.py"],
        *([["Rscript", "replicate.R"]] if shutil.which("Rscript") else []),
    ]
    for command in scripts:
        again = subprocess.run(command, cwd=tmp_path / "bundle", capture_output=True, text=True, check=False)
        assert again.returncode == 0, again.stdout + again.stderr
        assert "4 effects, 4 averages and 0 contrasts computed anew; 6 not estimable" in again.stdout, (
            again.stdout
        )
        for number in ("estimate", "std_error", "df", "p_value", "p_adjusted", "conf_low", "conf_high"):
            found = re.search(rf"^largest difference, {number}: (\S+)$", again.stdout, re.M)
            assert found, again.stdout
            assert float(found[1]) < 1e-8


def test_who_took_rows_out_is_noted(workspace: Path, tmp_path: Path) -> None:
    run = awareness(
        "export",
        "--workspace",
        workspace,
        "--campaign",
        "pilot",
        "--bundle",
        tmp_path / "b.zip",
        "--by",
        "Lee",
    )
    assert run.returncode == 0, run.stderr
    with Catalogue(f"sqlite:///{workspace / 'catalogue.db'}") as catalogue:
        entries = [
            entry for entry in catalogue.audit_entries() if entry.action == "replication bundle written"
        ]
    assert [entry.actor for entry in entries][-1] == "Lee"
