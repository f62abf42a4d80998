"""``doctor`` and ``migrate``: what an operator should see to is named, with what to do, and looking changes nothing."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.doctor import examine
from dashboard.settings import load_workspace
from surveys.catalogue import Catalogue
from surveys.record.audit import note
from tests.dashboard.safekeeping import awareness, postgresql_server, workspace
from tests.surveys.databases import new_postgresql_database


__all__ = ["awareness", "postgresql_server", "workspace"]


def codes(folder, grade="bad"):
    return [one.code for one in examine(load_workspace(folder)) if one.grade == grade]


def test_a_new_workspace_is_well_and_the_verb_says_so_in_both_languages(workspace, awareness):
    code, printed, told = awareness("doctor", "--workspace", workspace)
    assert code == 0, printed + told
    assert "can be reached and is up to date" in printed
    code, printed, _ = awareness("doctor", "--workspace", workspace, "--language", "ko")
    assert (code, "최신 상태입니다" in printed) == (0, True)
    code, printed, _ = awareness("doctor", "--workspace", workspace, "--format", "json")
    assert {"versions", "rights", "database", "clock", "settings"} <= {
        one["code"] for one in json.loads(printed)
    }


def test_each_thing_that_is_wrong_is_named(workspace, awareness, monkeypatch):
    (workspace / "catalogue.db").chmod(0o644)
    assert codes(workspace) == ["open_file"]
    (workspace / "catalogue.db").chmod(0o600)
    (workspace / "keys").chmod(0o755)
    assert codes(workspace) == ["open_folder"]
    (workspace / "keys").chmod(0o700)
    key = workspace / "keys/uploads.key"
    key.rename(workspace / "away.key")
    assert codes(workspace) == ["keys_missing"]
    (workspace / "away.key").rename(key)
    with Catalogue(f"sqlite:///{workspace / 'catalogue.db'}") as catalogue:
        later = datetime.now(UTC) + timedelta(days=1)
        catalogue.database.write(lambda connection: note(connection, "a", "b", "c", {}, later))
    assert codes(workspace) == ["clock_back"]
    settings = workspace / "workspace.toml"
    written = settings.read_text("utf-8")
    settings.write_text(
        written.replace("sqlite:///catalogue.db", "postgresql://u:pa55word@127.0.0.1:1/x"), "utf-8"
    )
    pytest.importorskip("psycopg")
    assert codes(workspace) == ["database_away", "password_in_settings"]
    assert "pa55word" not in awareness("doctor", "--workspace", workspace)[1]


def test_looking_makes_no_record_and_takes_no_step(workspace, awareness):
    for left in workspace.glob("catalogue.db*"):
        left.unlink()
    assert codes(workspace, "look") == ["keys_inside", "database_behind"]
    assert awareness("migrate", "--workspace", workspace, "--check")[0] == 1
    assert not (workspace / "catalogue.db").exists()
    code, printed, _ = awareness("migrate", "--workspace", workspace, "--by", "Lee")
    assert (code, "was brought from step - to" in printed) == (0, True)
    assert awareness("migrate", "--workspace", workspace, "--check")[0] == 0
    with sqlite3.connect(workspace / "catalogue.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    assert codes(workspace) == ["database_newer"]


@pytest.mark.postgresql
def test_on_postgresql_too(workspace, awareness, monkeypatch, postgresql_server):
    monkeypatch.setenv("AWARENESS_DATABASE_URL", new_postgresql_database(postgresql_server))
    assert codes(workspace, "look") == ["keys_inside", "database_behind"]
    assert awareness("migrate", "--workspace", workspace)[0] == 0
    assert codes(workspace) == []
