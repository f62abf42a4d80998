"""The quality of fieldwork from uploaded files to the page, the sheet and the command line."""

import csv
import io
import json
from pathlib import Path

import openpyxl
import pytest
from dash import Dash

from campaigns.fieldwork_quality import CLASSES, reach_of
from campaigns.registry import load_campaign
from dashboard.app import create_app, services_of, show_page
from dashboard.quality import Qualities, SiteQuality
from dashboard.quality_sheet import weekly_sheet
from dashboard.quality_words import headline, lines_of
from dashboard.settings import Workspace, load_workspace
from surveys.catalogue import Catalogue
from surveys.languages import catalogue as strings
from surveys.languages import languages
from surveys.quality.report import CHECKS
from tests.campaigns.command_line import awareness
from tests.dashboard.clients import client_of
from tests.surveys.fieldwork_example import CAMPAIGN, said, write_export, write_instrument


CHANGED = {
    "{id: endline}]": "{id: endline, opens: 2026-09-01, closes: 2026-09-20}, {id: again, backcheck_of: endline}]",
    "ko: 노동자}}\n  - {id: tha": "ko: 노동자}, target: {endline: 90},\n     quotas: [{by: {heard: 'yes', arm: campaign}, "
    "wave: endline, target: 40}]}\n  - {id: tha",
    "  interview_date: day": "  interview_date: day\n  interviewer: remark",
}


def rows() -> list[dict[str, str]]:
    """Sixty endline interviews by three interviewers at Nepal, one of them out of the wave and with a formula for a ward."""
    found = []
    for number in range(60):
        ward = number % 6
        found.append(
            said(
                f"n{number:02d}",
                wave="endline",
                arm="treated" if ward % 2 else "control",
                ward=f"w{ward}",
                day=f"2026-09-{2 + number // 6:02d}",
                age=str(20 + number % 30),
                heard="dk" if number % 3 == 2 and number % 4 else "yes" if number % 2 else "no",
                remark=("E1", "E2", "E3")[number % 3],
            )
        )
    found[7] |= {"day": "2026-10-05", "ward": "=1+1"}
    found[11]["age"] = "930"
    return found


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("quality") / "workspace"
    assert awareness("init", folder).returncode == 0
    text = CAMPAIGN
    for old, new in CHANGED.items():
        assert old in text, old
        text = text.replace(old, new)
    (folder / "campaigns" / "pilot.yaml").write_text(text, "utf-8")
    write_instrument(folder / "instruments" / "kap.xlsx", waves=("again",))
    sent = [*rows(), said("x1", wave="endline", arm="nobody"), said("x2", wave="endline", day="")]
    again = [
        {
            **one,
            "interview": f"b{one['interview']}",
            "wave": "again",
            "age": "77" if one["remark"] == "E2" else one["age"],
        }
        for one in rows()[:30]
    ]
    for name, content in (("endline.csv", sent), ("again.csv", again)):
        path = write_export(folder / name, content)
        run = awareness("ingest", path, "--workspace", folder, "--campaign", "pilot", "--site", "npl")
        assert run.returncode in (0, 1), run.stderr
    return load_workspace(folder)


@pytest.fixture(scope="module")
def quality(workspace: Workspace) -> SiteQuality:
    with Catalogue(workspace.database_url) as record:
        campaign = load_campaign(workspace.campaign_file("pilot"))
        return Qualities(workspace, record).current(campaign, "npl", "endline")


@pytest.fixture(scope="module")
def app(workspace: Workspace) -> Dash:
    return create_app(workspace)


def codes(quality: SiteQuality) -> set[tuple[str, str | None]]:
    return {(found.code, found.interviewer) for _, found in quality.report.ranked}


def test_what_is_wrong_with_the_files_is_found(quality: SiteQuality) -> None:
    found = codes(quality)
    assert ("after_closing", None) in found
    assert ("far_out", None) in found
    assert ("quota_short", None) in found
    assert ("backcheck_mismatch", "E2") in found
    assert ("backcheck_mismatch", "E1") not in found
    assert quality.report.interviews == 60  # back-checks are not among them
    quotas = [(dict(one.by), one.held, one.target) for one in quality.report.quotas]
    assert quotas == [
        ({}, 60, 90),
        (
            {"heard": "yes", "arm": "campaign"},
            sum(r["heard"] == "yes" and r["arm"] == "treated" for r in rows()),
            40,
        ),
    ]
    assert quality.report.check("duration").impossible == "no_clock"


def test_a_back_check_never_enters_an_estimate(workspace: Workspace) -> None:
    with Catalogue(workspace.database_url) as record:
        qualities = Qualities(workspace, record)
        campaign = load_campaign(workspace.campaign_file("pilot"))
        assert qualities.waves_with_interviews(campaign, "npl") == ["endline"]
        assert campaign.analysis.after == ("endline",)


def test_every_check_and_finding_can_be_said_in_every_language(quality: SiteQuality) -> None:
    for language in languages():
        known = strings(language)
        for check in (*CHECKS, "straight_lining"):
            assert known[f"quality.checks.{check}.title"]
            assert known[f"quality.checks.{check}.counted"]
        found = {key.split(".")[2] for key in known if key.startswith("quality.found.")}
        todo = {key.split(".")[2] for key in known if key.startswith("quality.todo.")}
        assert found == todo
        assert all(
            line.said and line.todo and "{" not in line.said + line.todo
            for line in lines_of(quality, language)
        )
        assert headline(quality, language)


def test_damage_is_told_in_classes_and_no_outcome_by_arm_is_anywhere(
    quality: SiteQuality, workspace: Workspace
) -> None:
    for _, found in quality.report.ranked:
        reach = reach_of(found.damage, quality.campaign)
        assert reach.up_to in (0.0, *CLASSES)
    run = awareness(
        "quality", "--workspace", workspace.folder, "--campaign", "pilot", "--site", "npl", "--format", "json"
    )
    said_keys = set(_keys(json.loads(run.stdout)))
    assert not said_keys & {"turned", "dropped", "blurred", "relative", "mean", "estimate", "effect", "arm"}


def test_the_command_gives_json_csv_and_a_sheet(workspace: Workspace, tmp_path: Path) -> None:
    where = ("--workspace", workspace.folder, "--campaign", "pilot")
    report = json.loads(awareness("quality", *where).stdout)
    assert [(one["site"], one["wave"]) for one in report] == [("npl", "endline")]
    assert [one["rank"] for one in report[0]["findings"]] == list(range(1, len(report[0]["findings"]) + 1))
    table = list(
        csv.DictReader(
            io.StringIO(awareness("quality", *where, "--format", "csv", "--language", "ko").stdout)
        )
    )
    assert [row["code"] for row in table] == [one["code"] for one in report[0]["findings"]]
    assert any("면접" in row["message"] for row in table)
    sheet = tmp_path / "week.xlsx"
    assert awareness("quality", *where, "--format", "xlsx", "--output", sheet).returncode == 0
    assert openpyxl.load_workbook(sheet).sheetnames[0] == "What to do"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--site", "nepal"], 'Did you mean "npl"?'),
        (["--wave", "again"], "baseline, endline"),
        (["--site", "tha"], "no interviews are held"),
        (["--format", "pdf"], "json, csv, xlsx"),
        (["--format", "xlsx"], "--output"),
        (["--language", "fr"], "no messages"),
    ],
)
def test_a_wrong_option_is_named(workspace: Workspace, options: list[str], says: str) -> None:
    run = awareness("quality", "--workspace", workspace.folder, "--campaign", "pilot", *options)
    assert run.returncode == 2
    assert says in run.stderr


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_sheet_ranks_first_and_holds_no_formula(quality: SiteQuality, language: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(weekly_sheet(quality, language)))
    first = book.worksheets[0]
    lines = lines_of(quality, language)
    told = [[cell.value for cell in row] for row in first.iter_rows(min_row=5, max_col=10)]
    assert [row[3] for row in told] == [line.said for line in lines]
    assert [row[0] for row in told] == list(range(1, len(lines) + 1))
    assert first.freeze_panes == "B5"
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}  # "f" would be a formula
    assert "=1+1" in {cell.value for cell in cells}  # the ward, as the text it is
    for sheet in book.worksheets:
        assert sheet.freeze_panes
        assert sheet.print_title_rows
        assert sheet.page_setup.fitToHeight == 0
    named = {row[0].value for row in book.worksheets[-2].iter_rows(min_row=2)}
    assert named <= {one["interview"] for one in rows()}


def test_the_page_names_site_and_wave_and_fetches_their_report(workspace: Workspace, app: Dash) -> None:
    services = services_of(workspace)
    page = show_page(services, "/quality", {"lang": "en", "campaign": "pilot"})
    drawn = next(part for part in page["content"].children if getattr(part, "id", "") == "quality-report")
    assert (drawn.site, drawn.wave) == ("npl", "endline")
    assert [one["value"] for one in drawn.waves] == ["baseline", "endline"]
    client = client_of(app)
    reply = client.get(drawn.source)
    assert reply.status_code == 200
    view = reply.get_json()
    assert view["headline"].startswith("Nepal: ")
    assert not view["empty"]
    assert view["interviewers"]["rows"][-1][0] == "The team"
    assert client.get(view["sheet"]).mimetype.endswith("spreadsheetml.sheet")


def test_a_page_opened_from_the_menu_gets_its_report_though_no_campaign_is_in_the_address(
    workspace: Workspace, app: Dash
) -> None:
    page = show_page(services_of(workspace), "/quality", {"lang": "en"})
    drawn = next(part for part in page["content"].children if getattr(part, "id", "") == "quality-report")
    client = client_of(app)
    view = client.get(drawn.source).get_json()
    assert view["headline"].startswith("Nepal: ")
    assert client.get(view["sheet"]).status_code == 200


def test_a_site_without_interviews_says_what_to_do(app: Dash) -> None:
    client = client_of(app)
    view = client.get("/quality/report.json?lang=ko&campaign=pilot&site=tha&wave=endline").get_json()
    assert view["empty"]
    assert "아직 면접이 없습니다" in view["headline"]


@pytest.mark.parametrize(
    "query",
    ["wave=endline", "site=npl", "campaign=other&site=npl&wave=endline", "campaign=pilot&site=zzz&wave=endline",
     "campaign=pilot&site=npl&wave=again"],
)  # fmt: skip
def test_nothing_else_stands_in_for_what_was_asked(app: Dash, query: str) -> None:
    client = client_of(app)
    assert client.get(f"/quality/report.json?{query}").status_code == 404
    assert client.get(f"/download/quality.xlsx?{query}").status_code == 404


def test_a_report_is_made_once_for_each_state_of_the_data(workspace: Workspace) -> None:
    with Catalogue(workspace.database_url) as record:
        campaign = load_campaign(workspace.campaign_file("pilot"))
        qualities = Qualities(workspace, record)
        assert qualities.current(campaign, "npl", "endline") is qualities.current(campaign, "npl", "endline")


def _keys(value: object) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(key for inner in value.values() for key in _keys(inner))]
    return [key for inner in value for key in _keys(inner)] if isinstance(value, list) else []
