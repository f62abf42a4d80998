"""``retention``: the end of originals and of the texts that were kept back of them."""

import json
import sqlite3
from pathlib import Path

import pytest

from surveys.catalogue import Catalogue
from surveys.keys import KeyRing
from tests.dashboard.test_files_verbs import awareness, workspace
from tests.surveys.arriving import arrival, interview
from tests.surveys.databases import postgresql_server
from tests.surveys.fieldwork_example import CAMPAIGN, said, write_export
from tests.surveys.test_keys import closed_by_an_earlier_version


__all__ = ["awareness", "postgresql_server", "workspace"]

CANARY = "call 010-2000-0000"
LONG_AGO = "{id: endline, opens: 2020-05-01, closes: 2020-05-31}"


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.fixture
def ended(workspace, tmp_path, awareness):
    """A workspace whose campaign ended long ago, with an original and a text that waits."""
    (workspace / "campaigns/pilot.yaml").write_text(CAMPAIGN.replace("{id: endline}", LONG_AGO), "utf-8")
    file = write_export(tmp_path / "a.csv", [said("a", remark=CANARY), said("b", remark="radio")])
    assert awareness("ingest", file, "--workspace", workspace, "--campaign", "pilot", "--site", "npl")[0] == 0
    return workspace


def stored_bytes(folder: Path) -> bytes:
    with sqlite3.connect(folder / "catalogue.db") as database:
        return database.execute("SELECT bytes FROM original").fetchone()[0]


def test_what_is_due_is_destroyed_without_a_trace_and_certified(ended, awareness):
    sealed = stored_bytes(ended)
    [key] = (ended / "keys/originals").glob("*.key")
    code, printed, _ = awareness("retention", "--workspace", ended, "--due")
    assert (code, "due since 2022-05-31" in printed) == (0, True)
    code, printed, _ = awareness(
        "retention", "--workspace", ended, "--destroy", "--yes", "--by", "Officer Lee"
    )
    assert code == 0, printed
    assert not key.exists()
    left = everything(ended)
    for piece in (sealed[:40], sealed[len(sealed) // 2 :][:40], sealed[-40:], CANARY.encode()):
        assert piece not in left
    certificate = json.loads((ended / "certificates/0001.json").read_text("utf-8"))
    assert certificate["destroyed_by"] == "Officer Lee"
    assert certificate["originals"][0]["key"] == key.stem
    assert certificate["withheld_texts_destroyed"] == 1
    assert "파기 확인서 제1호" in (ended / "certificates/0001.ko.txt").read_text("utf-8")
    assert "a.csv" not in json.dumps(certificate)
    with Catalogue(f"sqlite:///{ended / 'catalogue.db'}") as catalogue:
        assert catalogue.first_broken_audit_entry() is None
        [entry] = [one for one in catalogue.audit_entries() if one.action == "originals destroyed"]
        assert entry.details["sha256"] == certificate["sha256"]
        assert catalogue.original(1, KeyRing(ended / "keys")) is None
        assert catalogue.withheld("pilot") == []
    assert awareness("retention", "--workspace", ended, "--destroy", "--yes")[1].startswith("Nothing is due")
    (ended / "certificates/0001.json").unlink()
    assert "1 certificates" in awareness("retention", "--workspace", ended, "--certificates")[1]
    assert (ended / "certificates/0001.json").exists()


def test_an_old_copy_of_the_record_does_not_open_what_was_destroyed(ended, awareness):
    with sqlite3.connect(ended / "catalogue.db") as database, sqlite3.connect(ended / "copy.db") as copy:
        database.backup(copy)
    awareness("retention", "--workspace", ended, "--destroy", "--yes")
    with (
        Catalogue(f"sqlite:///{ended / 'copy.db'}") as catalogue,
        pytest.raises(Exception, match="is not here"),
    ):
        catalogue.original(1, KeyRing(ended / "keys"))


def test_nothing_is_destroyed_before_its_time(workspace, tmp_path, awareness):
    file = write_export(tmp_path / "a.csv", [said("a")])
    awareness("ingest", file, "--workspace", workspace, "--campaign", "pilot", "--site", "npl")
    assert awareness("retention", "--workspace", workspace, "--due")[1].startswith("Nothing is due")
    assert (
        "due since" in awareness("retention", "--workspace", workspace, "--due", "--as-of", "2099-01-01")[1]
    )
    code, _, told = awareness(
        "retention", "--workspace", workspace, "--destroy", "--yes", "--as-of", "2099-01-01"
    )
    assert (code, "has not come yet" in told) == (2, True)
    assert awareness("retention", "--workspace", workspace, "--destroy", "--yes")[0] == 0
    assert stored_bytes(workspace)


def test_who_does_not_confirm_destroys_nothing(ended, awareness, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda _: "yes")
    code, _, told = awareness("retention", "--workspace", ended, "--destroy")
    assert (code, "nothing was destroyed" in told) == (2, True)
    assert stored_bytes(ended)
    monkeypatch.setattr("builtins.input", lambda _: "1")
    assert awareness("retention", "--workspace", ended, "--destroy")[0] == 0


def test_a_kill_between_the_record_and_the_keys_is_made_good(ended, awareness):
    keys = KeyRing(ended / "keys")
    [name] = keys.original_keys()
    kept = (ended / f"keys/originals/{name}.key").read_bytes()
    awareness("retention", "--workspace", ended, "--destroy", "--yes")
    (ended / f"keys/originals/{name}.key").write_bytes(kept)
    assert (
        "1 keys of destroyed originals"
        in awareness("retention", "--workspace", ended, "--destroy", "--yes")[1]
    )
    assert keys.original_keys() == {}


def test_originals_of_an_earlier_version_get_keys_of_their_own(workspace, awareness):
    keys = KeyRing(workspace / "keys")
    with Catalogue(f"sqlite:///{workspace / 'catalogue.db'}") as catalogue:
        catalogue.store(arrival([interview("a")], keys, content=b"the bytes"))
        old = closed_by_an_earlier_version(workspace / "keys", b"the bytes")
    with sqlite3.connect(workspace / "catalogue.db") as database:
        database.execute("UPDATE original SET bytes = ?, key = NULL", (old,))
    assert awareness("retention", "--workspace", workspace)[0] == 0
    with Catalogue(f"sqlite:///{workspace / 'catalogue.db'}") as catalogue:
        assert [one.key is None for one in catalogue.originals()] == [False]
        assert catalogue.original(1, keys) == b"the bytes"


def test_what_was_decided_about_is_destroyed_too_but_for_what_was_released(workspace, tmp_path, awareness):
    (workspace / "campaigns/pilot.yaml").write_text(CAMPAIGN.replace("{id: endline}", LONG_AGO), "utf-8")
    rows = [said("a", remark=CANARY), said("b", remark="홍길동 씨가 말함"), said("c", remark="radio")]
    file = write_export(tmp_path / "a.csv", rows)
    awareness("ingest", file, "--workspace", workspace, "--campaign", "pilot", "--site", "npl")
    words = ("withheld", "--workspace", workspace, "--campaign", "pilot")
    awareness(*words, "--release", "1", "--leave-out", "2", "--by", "Lee")
    awareness("retention", "--workspace", workspace, "--destroy", "--yes")
    certificate = json.loads((workspace / "certificates/0001.json").read_text("utf-8"))
    assert certificate["withheld_texts_destroyed"] == 1
    with sqlite3.connect(workspace / "catalogue.db") as database:
        kept = database.execute("SELECT state, sealed, text FROM withheld ORDER BY id").fetchall()
    assert kept == [("released", None, CANARY), ("left_out", None, None)]
    assert awareness(*words, "--undo", "2")[0] == 2


@pytest.mark.postgresql
def test_on_postgresql_originals_and_keys_go_too(postgresql_server, tmp_path):
    from tests.surveys.databases import new_postgresql_database

    keys = KeyRing(tmp_path / "keys")
    with Catalogue(new_postgresql_database(postgresql_server)) as catalogue:
        catalogue.store(arrival([interview("a")], keys))
        certificate = catalogue.destroy_originals("pilot", [1], {"months": 24}, keys, by="Lee")
        assert (certificate.number, catalogue.original(1, keys), keys.original_keys()) == (1, None, {})
        assert catalogue.certificates() == [certificate]
