import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
import xlsxwriter
from openpyxl import load_workbook


SURVEY = [
    ["type", "name", "label::English (en)", "label::한국어 (ko)", "required", "constraint"],
    ["text", "submission_id", "Submission", "제출 번호", "yes", ""],
    ["integer", "age", "Age", "나이", "", ". >= 15"],
    ["select_one yes_no", "heard", "Heard of it?", "들어 보았습니까", "", ""],
    ["text", "remarks", "Remarks", "비고", "", ""],
    ["text", "place", "Place", "지역", "", ""],
]
CHOICES = [
    ["list_name", "name", "label::English (en)", "label::한국어 (ko)"],
    ["yes_no", "yes", "Yes", "예"],
    ["yes_no", "no", "No", "아니요"],
]
CAMPAIGN = """
campaign: trial
title: {en: Trial}
instrument: form
waves: [{id: baseline}, {id: endline}]
sites:
  - {id: npl, country: NPL, role: origin, audience: {en: migrants}}
  - {id: tha, country: THA, role: transit, audience: {en: migrants}}
columns: {submission: submission_id, site: place}
outcomes:
  - {id: heard_of_it, construct: recall, title: {en: Heard}, score: {item: heard, values: {"yes": 1, "no": 0}},
     better: higher, family: recall, tier: primary}
analysis: {design: pre_post, before: baseline, after: endline}
"""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with a questionnaire, a campaign and a file of five rows, two of them wrong."""
    with xlsxwriter.Workbook(tmp_path / "form.xlsx") as book:
        for name, rows in (("survey", SURVEY), ("choices", CHOICES), ("settings", [["form_id"], ["trial"]])):
            sheet = book.add_worksheet(name)
            for line, cells in enumerate(rows):
                sheet.write_row(line, 0, cells)
    (tmp_path / "campaign.yaml").write_text(CAMPAIGN, "utf-8")
    rows = [
        ["submission_id", "age", "heard", "remarks", "place"],
        ["1", "30", "Yes", "=1+1", "npl"],
        ["2", "7", "no", "", "npl"],
        ["3", "31", "아니요", 'two, "quoted"', "npl"],
        ["4", "x", "maybe", "", "npl"],
        ["5", "40", "yes", "", "tha"],
    ]
    with (tmp_path / "rows.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return tmp_path


def check(desk: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dashboard", "check", *arguments]
    environment = {
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
    }
    return subprocess.run(command, cwd=desk, capture_output=True, text=True, env=environment, check=False)


def test_the_verb_prints_the_report_and_says_that_rows_stay_out(desk: Path) -> None:
    done = check(desk, "rows.csv", "--instrument", "form.xlsx", "--report", "r.json", "--accepted", "ok.csv")
    assert done.returncode == 1, done.stderr
    said = json.loads(done.stdout)
    assert (said["verdict"], said["accepted"], said["rejected"]) == ("accept-with-rejected-rows", 3, 2)
    assert [(one["row"], one["line"], one["code"]) for one in said["problems"]] == [
        (2, 3, "constraint_fails"), (4, 5, "not_a_whole_number"), (4, 5, "unknown_choice"),
    ]  # fmt: skip
    assert json.loads((desk / "r.json").read_text("utf-8")) == said
    with (desk / "ok.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["heard"] for row in rows] == ["yes", "no", "yes"]
    assert [row["remarks"] for row in rows] == ["=1+1", 'two, "quoted"', ""]


def test_the_verb_speaks_korean_and_writes_the_rows_to_mend(desk: Path) -> None:
    done = check(desk, "rows.csv", "--instrument", "form.xlsx", "--language", "ko", "--report", "r.xlsx")
    assert done.returncode == 1, done.stderr
    assert "설문지의 규칙" in json.loads(done.stdout)["problems"][0]["message"]
    sheet = load_workbook(desk / "r.xlsx").active
    assert sheet is not None
    assert [sheet["A2"].value, sheet["A3"].value, sheet["D2"].value] == ["2", "4", "2"]


def test_the_verb_judges_against_the_campaign(desk: Path) -> None:
    options = ["--instrument", "form.xlsx", "--campaign", "campaign.yaml", "--wave", "baseline"]
    done = check(desk, "rows.csv", *options, "--site", "npl")
    assert done.returncode == 1, done.stderr
    assert (5, "wrong_site") in [(one["row"], one["code"]) for one in json.loads(done.stdout)["problems"]]
    everywhere = check(desk, "rows.csv", *options)
    assert json.loads(everywhere.stdout)["accepted"] == 3


def test_a_good_file_ends_in_nought(desk: Path) -> None:
    (desk / "good.csv").write_text("submission_id,age\n1,30\n", "utf-8")
    assert check(desk, "good.csv", "--instrument", "form.xlsx").returncode == 0


def test_a_refused_file_is_reported_and_ends_in_three(desk: Path) -> None:
    (desk / "other.csv").write_text("x,y\n1,2\n", "utf-8")
    done = check(desk, "other.csv", "--instrument", "form.xlsx", "--report", "r.json")
    assert done.returncode == 3
    said = json.loads(done.stdout)
    assert (said["verdict"], said["problems"][0]["code"]) == ("reject-file", "not_this_questionnaire")
    assert json.loads((desk / "r.json").read_text("utf-8")) == said


def test_a_file_of_which_no_row_is_good_ends_in_three(desk: Path) -> None:
    (desk / "bad.csv").write_text("submission_id,age\n1,x\n2,y\n", "utf-8")
    done = check(desk, "bad.csv", "--instrument", "form.xlsx")
    assert (done.returncode, json.loads(done.stdout)["verdict"]) == (3, "reject-file")


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        (["missing.csv", "--instrument", "form.xlsx"], "missing.csv"),
        (["rows.csv", "--instrument", "missing.xlsx"], "missing.xlsx"),
        (["rows.csv", "--instrument", "rows.csv"], "rows.csv"),
        (["rows.csv", "--instrument", "form.xlsx", "--site", "npl"], "--site"),
        (["rows.csv", "--instrument", "form.xlsx", "--campaign", "campaign.yaml", "--site", "nlp"], "--site"),
        (["rows.csv", "--instrument", "form.xlsx", "--language", "xx"], "--language"),
        (["rows.csv", "--instrument", "form.xlsx", "--report", "r.pdf"], "r.pdf"),
    ],
)  # fmt: skip
def test_a_wrong_command_ends_in_two_with_where_and_what(
    desk: Path, arguments: list[str], where: str
) -> None:
    done = check(desk, *arguments)
    assert done.returncode == 2, done.stdout
    assert where in done.stderr
    assert "Traceback" not in done.stderr
