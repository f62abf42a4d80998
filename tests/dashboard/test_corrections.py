"""Corrections from the command line and over the page's routes, and what they would do to the estimates."""

import csv
import json
import random
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from flask.testing import FlaskClient

from campaigns.correction_effects import effect_changes
from campaigns.disclosure import protect
from campaigns.effects import EffectEstimate
from campaigns.evaluation import evaluate
from campaigns.registry import load_campaign
from dashboard.app import create_app
from dashboard.corrections import preview, proposing
from dashboard.settings import Workspace, load_workspace
from surveys import columns
from surveys.catalogue import Catalogue
from surveys.languages import say
from surveys.proposing import Wanted
from tests.campaigns.command_line import awareness
from tests.campaigns.examples import CAMPAIGN
from tests.campaigns.test_evaluate_command import write_interviews, write_questionnaire
from tests.dashboard.clients import client_of


SITES = ("npl", "tha")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with two sites of two waves, the second too small to be shown."""
    folder = tmp_path_factory.mktemp("place") / "workspace"
    assert awareness("init", folder).returncode == 0
    parts = "  submission: submission\n  wave: wave\n  arm: arm\n  interview_date: today\n"
    (folder / "campaigns" / "pilot.yaml").write_text(CAMPAIGN.replace("  arm: arm\n", parts), "utf-8")
    write_questionnaire(folder / "instruments" / "kap.xlsx")
    for site in SITES:
        for wave in ("baseline", "endline"):
            file = folder.parent / f"{site}-{wave}.csv"
            write_interviews(file, site, wave, 16 if site == "tha" else 160)
            run = awareness("ingest", file, "--workspace", folder, "--campaign", "pilot", "--site", site)
            assert run.returncode == 0, run.stdout + run.stderr
    return folder


@pytest.fixture
def workspace(filled: Path, tmp_path: Path) -> Path:
    """A copy of it of the test's own."""
    return copytree(filled, tmp_path / "workspace")


def corrections(workspace: Path, *words: object) -> tuple[int, Any]:
    run = awareness("corrections", *words, "--workspace", workspace, "--campaign", "pilot")
    assert "Traceback" not in run.stderr
    return run.returncode, json.loads(run.stdout) if run.stdout.startswith(
        ("{", "[")
    ) else run.stdout + run.stderr


def flipped(workspace: Path, folder: Path, number: int = 24) -> Path:
    """A cleaning log that turns answers of Nepal's endline round."""
    with (workspace.parent / "npl-endline.csv").open(encoding="utf-8") as sent:
        rows = list(csv.DictReader(sent))
    file = folder / "log.csv"
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened)
        writer.writerow(["uuid", "question", "old_value", "new_value", "change_type", "issue"])
        for row in rows[:number]:
            for question in ("a", "b"):
                new = "no" if row[question] == "yes" else "yes"
                writer.writerow(
                    [row["submission"], question, row[question], new, "change_response", "misheard"]
                )
    return file


@pytest.fixture
def log(filled: Path, tmp_path: Path) -> Path:
    return flipped(filled, tmp_path)


PEOPLE = 160  # corrected: fewer would leave the numbers that were told as they are


def test_the_whole_way_from_a_log_to_its_undoing(workspace: Path, filled: Path, tmp_path: Path) -> None:
    log = flipped(filled, tmp_path, PEOPLE)

    def rows() -> bytes:
        file = tmp_path / "rows.csv"
        run = awareness("responses", "--workspace", workspace, "--campaign", "pilot", "--output", file)
        assert run.returncode == 0
        return file.read_bytes()

    def estimate() -> float:
        file = tmp_path / "e.json"
        awareness("evaluate", "--workspace", workspace, "--campaign", "pilot", "--output", file)
        effects = json.loads(file.read_text("utf-8"))["effects"]
        return float(next(e["estimate"] for e in effects if (e["outcome"], e["site"]) == ("signs", "npl")))

    before, was = rows(), estimate()
    code, report = corrections(workspace, "import", log, "--by", "sita")
    assert (code, report["counts"]) == (0, {"proposed": 2 * PEOPLE})
    code, previewed = corrections(workspace, "preview", "--log", 1)
    signs = next(e for e in previewed["effects"] if (e["outcome"], e["site"]) == ("signs", "npl"))
    assert signs["before"]["estimate"] == was
    assert signs["moved"]
    assert previewed["touched"] == [
        {"site": "npl", "wave": "endline", "interviews": PEOPLE, "cells": 2 * PEOPLE, "withdrawn": 0}
    ]
    code, decided = corrections(workspace, "approve", "--log", 1, "--by", "Sita")
    assert code == 1
    assert {one["told"] for one in decided} == {"own_correction"}
    assert corrections(workspace, "approve", "--log", 1, "--by", "minji", "--why", "seen")[0] == 0
    assert rows() == before
    assert corrections(workspace, "apply", "--log", 1, "--by", "minji")[0] == 0
    assert rows() != before
    assert estimate() == signs["after"]["estimate"]
    code, listed = corrections(workspace, "list", "--state", "applied", "--question", "a")
    assert len(listed) == PEOPLE
    assert [step["state"] for step in listed[0]["history"]] == ["proposed", "approved", "applied"]
    exported = tmp_path / "ledger.csv"
    assert f"{2 * PEOPLE} corrections" in corrections(workspace, "export", "--output", exported)[1]
    assert corrections(workspace, "undo", "--log", 1, "--by", "sita")[0] == 0
    assert rows() == before
    assert estimate() == was
    as_of = tmp_path / "as-of.csv"
    words = ("responses", "--workspace", workspace, "--campaign", "pilot", "--output", as_of)
    assert awareness(*words, "--as-of", 4).returncode == 0
    assert as_of.read_bytes() == before
    assert awareness(*words, "--as-of", 5).returncode == 0
    assert as_of.read_bytes() != before


def test_one_correction_is_proposed_or_objected_to_in_the_readers_language(workspace: Path) -> None:
    words = ("propose", "--submission", "npl-endline-3", "--question", "a", "--reason", "r", "--by", "sita")
    code, told = corrections(workspace, *words, "--missing", "lost")
    assert (code, told["correction"], told["status"]) == (0, 1, "proposed")
    code, told = corrections(workspace, *words, "--value", "perhaps", "--language", "ko")
    assert (code, told["correction"], told["status"]) == (1, None, "refused")
    assert told["message"].startswith("1행")
    code, told = corrections(
        workspace,
        "propose",
        "--submission",
        "npl-endline-4",
        "--withdraw",
        "--reason",
        "a test",
        "--by",
        "sita",
    )
    assert (code, told["correction"]) == (0, 2)


@pytest.mark.parametrize(
    "words",
    [
        ("propose", "--submission", "x", "--reason", "r"),
        ("propose", "--submission", "x", "--reason", "r", "--question", "a", "--missing", "never"),
        ("approve",),
        ("approve", "7"),
        ("approve", "--log", "7"),
        ("list", "--state", "gone"),
        ("export", "--output", "ledger.pdf"),
        ("import", "nowhere.csv"),
    ],
)
def test_a_wrong_command_ends_in_2_and_says_what_to_do(workspace: Path, words: tuple[str, ...]) -> None:
    code, said = corrections(workspace, *words)
    assert code == 2
    assert len(said.splitlines()) >= 2


@pytest.fixture
def place(workspace: Path) -> Workspace:
    return load_workspace(workspace)


def test_a_preview_is_the_evaluation_itself_whatever_the_order_of_corrections(
    place: Workspace, log: Path
) -> None:
    campaign = load_campaign(place.campaign_file("pilot"))
    with Catalogue(place.database_url) as catalogue:
        proposing(place, catalogue, campaign).import_log(log, author="sita")
        chosen = catalogue.corrections("pilot")
        first = preview(place, catalogue, campaign, chosen)
        random.Random(1).shuffle(chosen)  # noqa: S311
        assert preview(place, catalogue, campaign, chosen).effects == first.effects
        now = whole(place, catalogue)
        ids = [one.id for one in chosen]
        catalogue.decide("pilot", ids, "approve", by="minji")
        held = columns_of(place)
        assert preview(place, catalogue, campaign, catalogue.corrections("pilot")).effects == first.effects
        assert columns_of(place) == held  # nothing of a what-if stays
        catalogue.decide("pilot", ids, "apply", by="minji")
        then = whole(place, catalogue)
    changes, kept = {(one.outcome, one.site): one for one in first.effects}, 0
    for before, after in zip(now.effects, then.effects, strict=True):
        change = changes.get((before.subject.outcome, before.subject.site or ""))
        if before.subject.site == "npl":
            assert change is not None
            assert numbers(change.before) == numbers(before)
            assert numbers(change.after) == numbers(change.before if change.kept else after)
            kept += change.kept
        else:
            assert change is None
            assert numbers(before) == numbers(after)
    assert kept  # a few people's answers are not told by the difference


def test_a_preview_shows_no_more_than_a_shared_view(place: Workspace) -> None:
    campaign = load_campaign(place.campaign_file("pilot"))
    with Catalogue(place.database_url) as catalogue:
        asked = proposing(place, catalogue, campaign)
        asked.propose([Wanted(submission="tha-endline-0", kind="withdraw", reason="r")], "sita")
        found = preview(place, catalogue, campaign, catalogue.corrections("pilot"))
        assert {one.site for one in found.effects} == {"tha"}
        assert not any(isinstance(one.before, EffectEstimate) for one in found.effects)
        assert {one.difference for one in found.effects} == {None}
        exact = evaluate(
            campaign, columns.refresh(catalogue, place.columns, "pilot"), as_of_upload=None, data_sha256=""
        )
    with pytest.raises(ValueError, match="as they may be shown"):
        effect_changes(exact, protect(exact))


@pytest.fixture
def client(place: Workspace) -> FlaskClient:
    return client_of(create_app(place))


WHERE = "campaign=pilot&lang=en"


def test_the_page_proposes_previews_and_decides(client: FlaskClient) -> None:
    form = client.get(f"/corrections/form.json?{WHERE}").json["questions"]
    assert {one["name"]: one["kind"] for one in form}["a"] == "one"
    held = client.get(f"/corrections/answer.json?{WHERE}&submission=npl-endline-3&question=a").json
    assert held["known"]
    assert not client.get(f"/corrections/answer.json?{WHERE}&submission=nobody&question=a").json["known"]
    body = {"submission": "npl-endline-3", "question": "a", "missing": "lost", "reason": "r", "by": "sita"}
    entered = client.post(f"/corrections/propose?{WHERE}", json=body).json
    assert entered["entered"]
    ledger = client.get(f"/corrections.json?{WHERE}").json
    assert (ledger["total"], ledger["rows"][0]["new"]) == (1, say("screens.corrections.missing.lost", "en"))
    assert client.get(f"/corrections.json?{WHERE}&state=applied").json == {
        "rows": [],
        "total": 0,
        "never": False,
    }
    shown = client.post(f"/corrections/preview?{WHERE}", json={"ids": [1], "by": "minji"}).json
    assert not shown["blind"]
    for author in ("Sita", ""):
        hidden = client.post(f"/corrections/preview?{WHERE}", json={"ids": [1], "by": author}).json
        assert (bool(hidden["blind"]), hidden["effects"]) == (True, [])
    decide = f"/corrections/decide?{WHERE}"
    own = client.post(decide, json={"ids": [1], "action": "approve", "by": "sita"}).json
    assert (own["done"], len(own["others"])) == (0, 1)
    assert own["headline"] == say("screens.corrections.none_decided", "en")
    assert ledger["rows"][0]["moves"] == ["approve", "reject"]
    assert client.post(decide, json={"ids": [1], "action": "approve", "by": "minji"}).json["done"] == 1
    assert client.post(decide, json={"ids": [1], "action": "apply", "by": "minji"}).json["done"] == 1
    assert client.get(f"/corrections/log.xlsx?{WHERE}").data[:2] == b"PK"


def test_the_page_takes_a_log_and_tells_every_row(client: FlaskClient, log: Path) -> None:
    told = client.post(f"/corrections/import?{WHERE}&name=log.csv&by=sita", data=log.read_bytes()).json
    assert [(one["status"], one["count"]) for one in told["counts"]] == [("proposed", 48)]
    assert len(told["rows"]) == 48
    refused = client.post(f"/corrections/import?{WHERE}&name=log.csv&by=sita", data=b"a,b\n1,2\n")
    assert refused.status_code == 422
    assert refused.json["error"].startswith("This is no log")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (f"/corrections/decide?{WHERE}", {"ids": [1], "action": "approve", "by": " "}, 422),
        (f"/corrections/decide?{WHERE}", {"ids": [1], "action": "approve", "by": "minji"}, 422),
        (f"/corrections/decide?{WHERE}", {"ids": ["1"], "action": "approve", "by": "minji"}, 400),
        (f"/corrections/decide?{WHERE}", {"ids": [1], "action": "burn", "by": "minji"}, 400),
        (f"/corrections/decide?{WHERE}", [1], 400),
        ("/corrections/decide?campaign=nowhere", {"ids": [1], "action": "approve", "by": "minji"}, 404),
    ],
)
def test_what_makes_no_sense_is_refused(client: FlaskClient, path: str, body: Any, status: int) -> None:
    assert client.post(path, json=body).status_code == status


def whole(place: Workspace, catalogue: Catalogue) -> Any:
    campaign = load_campaign(place.campaign_file("pilot"))
    files = columns.refresh(catalogue, place.columns, "pilot")
    return protect(evaluate(campaign, files, as_of_upload=None, data_sha256=""))


def numbers(effect: Any) -> Any:
    if not isinstance(effect, EffectEstimate):
        return effect.code
    return replace(effect, p_adjusted=None, verdict=None, caveats=())


def columns_of(place: Workspace) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(place.columns.rglob("*")) if path.is_file()}
