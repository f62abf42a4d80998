"""Evaluations for the screens: what is said where there is nothing to evaluate."""

import logging
from pathlib import Path
from shutil import copytree

import pytest

from dashboard.app import services_of
from dashboard.evaluations import NothingYet
from dashboard.settings import init_workspace
from surveys.columns import fingerprint


DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"


def test_a_campaign_without_interviews_has_no_evaluation(tmp_path: Path) -> None:
    workspace = init_workspace(tmp_path / "workspace")
    copytree(DEMO / "campaigns", workspace.campaigns, dirs_exist_ok=True)
    evaluations = services_of(workspace).evaluations
    campaign = evaluations.campaign()
    assert campaign is not None
    assert list(evaluations.campaigns()) == [campaign.id]
    with pytest.raises(NothingYet, match="no interviews"):
        evaluations.current(campaign)


def test_an_unknown_campaign_gives_the_first_and_an_empty_workspace_none(tmp_path: Path) -> None:
    workspace = init_workspace(tmp_path / "workspace")
    evaluations = services_of(workspace).evaluations
    assert evaluations.campaign("anything") is None
    copytree(DEMO / "campaigns", workspace.campaigns, dirs_exist_ok=True)
    found = evaluations.campaign("anything")
    assert found is not None


def test_preparing_leaves_what_cannot_be_evaluated_for_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    workspace = init_workspace(tmp_path / "workspace")
    (workspace.campaigns / "broken.yaml").write_text("campaign: [", "utf-8")
    with caplog.at_level(logging.WARNING):
        services_of(workspace).evaluations.prepare()
    assert "broken is not evaluated yet" in caplog.text


def test_the_fingerprint_of_the_data_follows_every_file(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(b"1")
    other.write_bytes(b"2")
    assert fingerprint([one, other]) != fingerprint([other, one])
    assert len(fingerprint([one])) == 64
