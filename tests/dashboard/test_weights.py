"""Declared weights from uploaded files to the page, the weekly sheet, the command line and the rows."""

import csv
import io
import json
from pathlib import Path
from typing import get_args

import openpyxl
import pytest

from campaigns.registry import load_campaign
from dashboard.app import create_app
from dashboard.quality import Qualities, SiteQuality
from dashboard.quality_sheet import weekly_sheet
from dashboard.settings import Workspace, load_workspace
from dashboard.weights_words import note_said
from surveys.catalogue import Catalogue
from surveys.languages import catalogue as strings
from surveys.languages import languages
from surveys.weights_made import NoteCode, WeightNote
from tests.campaigns.command_line import awareness
from tests.dashboard.clients import client_of
from tests.surveys.fieldwork_example import CAMPAIGN, said, write_export, write_instrument


WEIGHTS = """\
weights:
  sampling:
    strata:
      all:
        drawn: 4
        clusters_in_stratum: 40
        clusters: {w0: {eligible: 100}, w1: {eligible: 300}, w2: {eligible: 200}, w9: {eligible: 50}}
  margins:
    - {question: heard, shares: {"yes": 30, "no": 70}, source: {en: Census, ko: 인구총조사}, date: 2021-11-25}
  trim: {by: mean, above: 1.6}
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Forty endline interviews in three of four wards drawn; every tenth gave no answer to the margin's question."""
    folder = tmp_path_factory.mktemp("weights") / "workspace"
    assert awareness("init", folder).returncode == 0
    (folder / "campaigns" / "pilot.yaml").write_text(CAMPAIGN + WEIGHTS, "utf-8")
    write_instrument(folder / "instruments" / "kap.xlsx")
    sent = [
        said(
            f"n{number:02d}", wave="endline", ward=f"w{number % 3}", arm="treated" if number % 3 else "control",
            heard="" if number % 10 == 3 else "yes" if number % 2 else "no",
        )
        for number in range(40)
    ]  # fmt: skip
    path = write_export(folder / "endline.csv", sent)
    run = awareness("ingest", path, "--workspace", folder, "--campaign", "pilot", "--site", "npl")
    assert run.returncode == 0, run.stderr
    return load_workspace(folder)


@pytest.fixture(scope="module")
def quality(workspace: Workspace) -> SiteQuality:
    with Catalogue(workspace.database_url) as record:
        return Qualities(workspace, record).current(
            load_campaign(workspace.campaign_file("pilot")), "npl", "endline"
        )


def test_the_report_says_what_weights_cost_and_that_margins_are_met(quality: SiteQuality) -> None:
    report = quality.weights
    assert report is not None
    assert report.cost is not None
    assert report.cost.interviews == 40
    assert report.cost.design_effect > 1
    assert report.cost.effective == pytest.approx(40 / report.cost.design_effect)
    assert report.trimmed > 0
    assert {note.code for note in report.notes} >= {"answer_unknown", "no_interviews"}
    assert [line.target for line in report.margins] == pytest.approx([0.3, 0.7])


def test_the_page_draws_weights_and_shows_no_arm(workspace: Workspace) -> None:
    client = client_of(create_app(workspace))
    for language, words in (("en", "design effect"), ("ko", "설계효과")):
        query = f"lang={language}&campaign=pilot&site=npl&wave=endline"
        view = client.get(f"/quality/report.json?{query}").get_json()["weights"]
        assert words in view["said"][0]
        assert len(view["said"]) == 2
        assert [row[-1] for row in view["margins"]["rows"]] == ["30.0%", "70.0%"]
        assert any("Census" in one or "인구총조사" in one for one in view["how"])
        assert "w9" in " ".join(what for what, _ in view["notes"])
        told = json.dumps(view, ensure_ascii=False)
        assert "{" not in "".join(
            view["said"] + view["how"] + [text for note in view["notes"] for text in note]
        )
        assert "treated" not in told
        assert "control" not in told


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_weekly_sheet_holds_the_weights(quality: SiteQuality, language: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(weekly_sheet(quality, language)))
    sheet = book[strings(language)["weights.title"]]
    values = {row[0].value: row[1].value for row in sheet.iter_rows()}
    assert quality.weights is not None
    assert quality.weights.cost is not None
    effect = values[strings(language)["weights.measures.design_effect"]]
    assert effect == pytest.approx(quality.weights.cost.design_effect, abs=1e-3)
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}


def test_the_command_gives_the_weights_in_numbers(workspace: Workspace) -> None:
    where = ("--workspace", workspace.folder, "--campaign", "pilot")
    (report,) = json.loads(awareness("quality", *where).stdout)
    weights = report["weights"]
    assert weights["weighted"] == 40
    assert weights["effective"] == pytest.approx(40 / weights["design_effect"], abs=0.1)
    assert [one["population"] for one in weights["margins"]] == [0.3, 0.7]
    assert all(note["message"] and note["remedy"] for note in weights["notes"])


def test_rows_leave_with_the_weights_estimates_use_and_are_otherwise_the_same(
    workspace: Workspace, tmp_path: Path
) -> None:
    where = ("--workspace", workspace.folder, "--campaign", "pilot", "--output")
    assert awareness("responses", *where, tmp_path / "plain.csv").returncode == 0
    assert awareness("responses", *where, tmp_path / "with.csv", "--weights").returncode == 0
    plain, weighted = (
        list(csv.DictReader(io.StringIO((tmp_path / name).read_text("utf-8"))))
        for name in ("plain.csv", "with.csv")
    )
    weights = [float(row.pop("final_weight")) for row in weighted]
    assert weighted == plain
    assert sum(weights) == pytest.approx(40)
    assert max(weights) == pytest.approx(1.6)
    by_ward = {row["ward"]: [] for row in plain}
    for row, weight in zip(plain, weights, strict=True):
        if row["heard"] == "yes":
            by_ward[row["ward"]].append(weight)
    assert all(max(each) - min(each) < 1e-12 for each in by_ward.values())


def test_weights_are_refused_where_nothing_is_weighted(workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    assert awareness("init", folder).returncode == 0
    (folder / "campaigns" / "pilot.yaml").write_text(CAMPAIGN, "utf-8")
    write_instrument(folder / "instruments" / "kap.xlsx")
    where = ("--workspace", folder, "--campaign", "pilot", "--output", tmp_path / "x.csv")
    run = awareness("responses", *where, "--weights")
    assert run.returncode == 2
    assert "weights:" in run.stderr


def test_every_note_can_be_said_in_every_language(quality: SiteQuality) -> None:
    for language in languages():
        told = {key.split(".")[2] for key in strings(language) if key.startswith("weights.notes.")}
        assert told == set(get_args(NoteCode))
        moved = WeightNote(code="moved_by_trimming", values={"moved": 0.213})
        assert "21.3" in note_said(moved, quality, language)[0]
        assert quality.weights is not None
        for note in quality.weights.notes:
            assert all(text and "{" not in text for text in note_said(note, quality, language))
