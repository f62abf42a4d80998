"""Editions: frozen with what made them, the same when made again, and honest about what cannot be made again."""

import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from campaigns.editions import content_of, evaluation_of_edition, sha256_of
from campaigns.export import effect_table
from campaigns.records import editions, locked_plans
from dashboard.editions import make_edition, standing_of
from dashboard.settings import load_workspace
from surveys.catalogue import Catalogue
from tests.campaigns.command_line import awareness
from tests.campaigns.test_evaluate_command import workspace, write_interviews


__all__ = ["workspace"]


@pytest.fixture
def place(workspace: Path, tmp_path: Path):
    return load_workspace(Path(shutil.copytree(workspace, tmp_path / "workspace")))


def test_an_edition_is_frozen_exported_and_comes_out_again_after_new_data(place, tmp_path: Path) -> None:
    with Catalogue(place.database_url) as catalogue:
        first = make_edition(place, catalogue, "pilot", by="Kim", note="for the meeting in March")
        again = make_edition(place, catalogue, "pilot", by="Lee", note="")
        assert (first.number, again.number) == (1, 2)
        assert first.sha256 == again.sha256 == sha256_of(first.content)
        assert editions(catalogue, "pilot") == [first, again]
        audited = [entry.action for entry in catalogue.audit_entries()]
        assert audited.count("edition made") == 2
        shown = evaluation_of_edition(first, locked_plans(catalogue, "pilot"))
        assert content_of(shown) == first.content
    exported = place.editions / "pilot" / "1"
    assert json.loads((exported / "edition.json").read_text("utf-8"))["note"] == "for the meeting in March"
    rows = (exported / "effects.csv").read_text("utf-8-sig").splitlines()
    assert len(rows) == 1 + len(effect_table(shown))
    assert (exported / "campaign.yaml").read_bytes() == place.campaign_file("pilot").read_bytes()

    file = tmp_path / "more.csv"
    write_interviews(file, "npl", "endline", 320)
    told = awareness("ingest", file, "--workspace", place.folder, "--campaign", "pilot", "--site", "npl")
    assert told.returncode in (0, 1), told.stderr
    verified = awareness("edition", "verify", "--workspace", place.folder, "--campaign", "pilot")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "edition 1: the record still gives the same numbers" in verified.stdout
    with Catalogue(place.database_url) as catalogue:
        later = make_edition(place, catalogue, "pilot", by="Kim", note="")
        assert later.sha256 != first.sha256
        assert standing_of(place, catalogue, later) == "same"


def test_altered_numbers_are_found(place) -> None:
    made = awareness("edition", "make", "--workspace", place.folder, "--campaign", "pilot", "--by", "Kim")
    assert made.returncode == 0, made.stderr
    engine = create_engine(place.database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE edition SET content = replace(content, '0.1', '0.2')"))
    engine.dispose()
    verified = awareness("edition", "verify", "--workspace", place.folder, "--campaign", "pilot")
    assert verified.returncode == 1
    assert "was altered" in verified.stdout
    whole = awareness("verify", "--workspace", place.folder)
    assert whole.returncode == 1
    assert "Edition 1 of pilot was altered" in whole.stdout


def test_numbers_that_no_longer_come_out_are_told_from_those_of_the_erased(place) -> None:
    with Catalogue(place.database_url) as catalogue:
        made = make_edition(place, catalogue, "pilot", by="Kim", note="")
    other = made.content.replace('"estimate":0.', '"estimate":0.9')
    engine = create_engine(place.database_url)
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE edition SET content = :content, sha256 = :hash"),
            {"content": other, "hash": sha256_of(other)},
        )
    engine.dispose()
    with Catalogue(place.database_url) as catalogue:
        [changed] = editions(catalogue, "pilot")
        assert standing_of(place, catalogue, changed) == "differs"
    words = ("--workspace", place.folder, "--campaign", "pilot")
    erased = awareness(
        "erase", *words, "--submission", "npl-endline-3", "--why", "withdrew", "--by", "Kim", "--yes"
    )
    assert erased.returncode == 0, erased.stdout + erased.stderr
    verified = awareness("edition", "verify", *words)
    assert verified.returncode == 0
    assert "no longer recomputable" in verified.stdout


def test_an_edition_that_does_not_exist_is_refused_in_the_readers_language(place) -> None:
    told = awareness(
        "edition", "verify", "--workspace", place.folder, "--campaign", "pilot",
        "--edition", "7", "--language", "ko",
    )  # fmt: skip
    assert told.returncode == 2
    assert "발간본 제7호가 없습니다" in told.stderr


def test_two_persons_let_an_edition_out_and_the_first_reads_the_report(place) -> None:
    def edition(verb: str, *rest: str):
        return awareness("edition", verb, "--workspace", place.folder, "--campaign", "pilot", *rest)

    assert edition("propose", "--edition", "1", "--by", "Kim").returncode == 2
    assert edition("make", "--by", "Cho").returncode == 0
    proposed = edition("propose", "--edition", "1", "--by", "Kim")
    assert proposed.returncode == 0, proposed.stderr
    report = json.loads(proposed.stdout)
    assert report["passed"]
    assert report["told"] > 0
    for same in ("Kim", "Cho"):
        refused = edition("approve", "--edition", "1", "--by", same, "--language", "ko")
        assert refused.returncode == 2
        assert "승인할 수 없습니다" in refused.stderr
    assert edition("approve", "--edition", "1", "--by", "Lee").returncode == 0
    with Catalogue(place.database_url) as catalogue:
        actions = [entry.action for entry in catalogue.audit_entries()]
    assert actions[-2:] == ["public release proposed", "public release approved"]
