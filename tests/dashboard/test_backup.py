"""``backup`` and ``restore`` as an operator meets them, on both databases."""

import os
import sqlite3
import stat
import sys
import threading
import tracemalloc
from io import BytesIO

import pytest
from sqlalchemy import create_engine

from dashboard.__main__ import main
from dashboard.settings import load_workspace
from surveys.catalogue import Catalogue
from surveys.keys import KeyRing
from surveys.problems import Refused
from surveys.record.database import known_versions, migrate
from surveys.sealed_files import SealedReader, SealedWriter, passphrase
from tests.dashboard.safekeeping import (
    PASSPHRASE,
    TEXT,
    awareness,
    full,
    made_once,
    postgresql_server,
    record_of,
    workspace,
)
from tests.surveys.arriving import arrival, interview
from tests.surveys.databases import new_postgresql_database
from tests.surveys.fieldwork_example import said, write_export


__all__ = ["awareness", "full", "made_once", "postgresql_server", "workspace"]


@pytest.fixture
def elsewhere(monkeypatch, request):
    """What makes the next restore go into an empty database."""

    def move():
        if "AWARENESS_DATABASE_URL" in os.environ:
            server = request.getfixturevalue("postgresql_server")
            monkeypatch.setenv("AWARENESS_DATABASE_URL", new_postgresql_database(server))

    return move


@pytest.fixture
def backup(full, tmp_path, awareness):
    """A backup of the full workspace, and of its keys."""
    made = tmp_path / "out/today.backup"
    made.parent.mkdir()
    code, printed, told = awareness(
        "backup", "--workspace", full, "--output", made, "--keys", tmp_path / "keys.backup", "--by", "Lee"
    )
    assert code == 0, printed + told
    return made


def test_what_was_backed_up_comes_back_row_for_row(full, backup, tmp_path, awareness, elsewhere):
    before = record_of(full)
    assert before["payload"]
    elsewhere()
    new = tmp_path / "new"
    code, printed, told = awareness("restore", backup, "--workspace", new, "--keys", tmp_path / "keys.backup")
    assert code == 0, printed + told
    assert record_of(new) == before
    for name in ("workspace.toml", "campaigns/pilot.yaml", "instruments/kap.xlsx"):
        assert (new / name).read_bytes() == (full / name).read_bytes()
    place = load_workspace(new)
    with Catalogue(place.database_url) as catalogue:
        assert b"010-2000-0000" in catalogue.original(1, place.keys)
        assert catalogue.first_broken_audit_entry() is None
        assert [one.action for one in catalogue.audit_entries()][-1] == "record restored"
    file = write_export(tmp_path / "later.csv", [said("e")])
    words = ("ingest", file, "--workspace", new, "--campaign", "pilot", "--site", "npl")
    code, printed, told = awareness(*words)
    assert code == 0, printed + told


def test_a_backup_is_for_its_owner_alone_and_shows_nothing_of_the_record(backup, tmp_path):
    for file in (backup, tmp_path / "keys.backup"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        content = file.read_bytes()
        for piece in (TEXT.encode(), b"radio", b"pilot", b"submission", b"PAR1", b"kap", b"BEGIN"):
            assert piece not in content
    assert [path.name for path in backup.parent.iterdir()] == ["today.backup"]


def test_a_bad_backup_leaves_the_target_untouched(backup, tmp_path, awareness, elsewhere, monkeypatch):
    whole = backup.read_bytes()
    flipped, header = bytearray(whole), bytearray(whole)
    flipped[-len(whole) // 3] ^= 4
    header[40] ^= 1
    elsewhere()
    new = tmp_path / "new"
    new.mkdir()
    for content in (whole[:-1000], whole[: len(whole) // 2], bytes(flipped), bytes(header), whole[:10], b""):
        backup.write_bytes(content)
        code, _, told = awareness("restore", backup, "--workspace", new)
        assert (code, "Nothing was changed" in told) == (2, True), told
        assert list(new.iterdir()) == []
    backup.write_bytes(whole)
    monkeypatch.setenv("AWARENESS_BACKUP_PASSPHRASE", "other words than those of it")
    code, _, told = awareness("restore", backup, "--workspace", new, "--language", "ko")
    assert (code, "아무것도 바뀌지 않았습니다" in told) == (2, True)
    assert list(new.iterdir()) == []
    assert not list(tmp_path.glob(".new.restoring*"))
    if "AWARENESS_DATABASE_URL" in os.environ:
        import psycopg

        with psycopg.connect(os.environ["AWARENESS_DATABASE_URL"]) as connection:
            query = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
            assert connection.execute(query).fetchone() == (0,)


def test_nothing_is_ever_restored_over_something(full, backup, awareness, tmp_path):
    before = record_of(full, without=())
    code, _, told = awareness("restore", backup, "--workspace", full)
    assert (code, "already holds something" in told) == (2, True)
    if "AWARENESS_DATABASE_URL" in os.environ:
        code, _, told = awareness("restore", backup, "--workspace", tmp_path / "new")
        assert (code, "already holds tables" in told) == (2, True)
        assert not (tmp_path / "new").exists()
    assert record_of(full, without=()) == before
    again = awareness("backup", "--workspace", full, "--output", backup)
    assert (again[0], "ever replaced" in again[2]) == (2, True)


def test_a_key_file_opens_what_it_closed_and_nothing_else_does(full, tmp_path, awareness, elsewhere):
    words = ("backup", "--workspace", full, "--output", tmp_path / "b", "--key-file", tmp_path / "k")
    assert awareness(*words)[0] == 2
    assert awareness(*words, "--new-key-file")[0] == 0
    assert awareness(*words, "--new-key-file")[0] == 2
    elsewhere()
    code, _, told = awareness("restore", tmp_path / "b", "--workspace", tmp_path / "new")
    assert (code, "opens with a key file" in told) == (2, True)
    restored = awareness(
        "restore", tmp_path / "b", "--workspace", tmp_path / "new", "--key-file", tmp_path / "k"
    )
    assert restored[0] == 0
    (tmp_path / "k").chmod(0o644)
    code, _, told = awareness(
        "restore", tmp_path / "b", "--workspace", tmp_path / "n2", "--key-file", tmp_path / "k"
    )
    assert (code, "chmod 600" in told) == (2, True)


def test_a_backup_under_load_is_one_moment_of_the_record(full, tmp_path, awareness, elsewhere, monkeypatch):
    place = load_workspace(full)
    stop = threading.Event()
    stored: list[int] = []

    def write():
        with Catalogue(place.database_url) as catalogue:
            while not stop.is_set():
                some = [interview(f"x{len(stored)}-{one}") for one in range(20)]
                catalogue.store(arrival(some, KeyRing(full / "keys")))
                stored.append(1)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(stored) < 2:
            assert writer.is_alive()
        assert awareness("backup", "--workspace", full, "--output", tmp_path / "b")[0] == 0
    finally:
        stop.set()
        writer.join()
    elsewhere()
    assert awareness("restore", tmp_path / "b", "--workspace", tmp_path / "new")[0] == 0
    rows = record_of(tmp_path / "new", without=())
    uploads = {row[0] for row in rows["upload"]}
    assert {row[0] for row in rows["payload"]} <= uploads
    with Catalogue(load_workspace(tmp_path / "new").database_url) as catalogue:
        assert catalogue.first_broken_audit_entry() is None
        parts = catalogue.parts("pilot")
        assert sum(part.interviews for part in parts) == sum(
            table.num_rows for _, table in catalogue.answers("pilot", parts)
        )


@pytest.mark.postgresql
def test_a_record_moves_from_sqlite_to_postgresql_and_back(
    workspace, tmp_path, awareness, monkeypatch, postgresql_server
):
    monkeypatch.setenv("AWARENESS_BACKUP_PASSPHRASE", PASSPHRASE)
    file = write_export(tmp_path / "a.csv", [said("a", remark=TEXT), said("b")])
    awareness("ingest", file, "--workspace", workspace, "--campaign", "pilot", "--site", "npl")
    before = record_of(workspace, without=("audit", "upload", "link", "withheld"))
    awareness("backup", "--workspace", workspace, "--output", tmp_path / "b1")
    monkeypatch.setenv("AWARENESS_DATABASE_URL", new_postgresql_database(postgresql_server))
    assert awareness("restore", tmp_path / "b1", "--workspace", tmp_path / "pg")[0] == 0
    assert not (tmp_path / "pg/catalogue.db").exists()
    awareness("backup", "--workspace", tmp_path / "pg", "--output", tmp_path / "b2")
    monkeypatch.delenv("AWARENESS_DATABASE_URL")
    assert awareness("restore", tmp_path / "b2", "--workspace", tmp_path / "back")[0] == 0
    assert record_of(tmp_path / "back", without=("audit", "upload", "link", "withheld")) == before
    with Catalogue(f"sqlite:///{tmp_path / 'back/catalogue.db'}") as catalogue:
        assert catalogue.first_broken_audit_entry() is None


def test_a_backup_of_an_earlier_version_is_brought_up_to_date(workspace, tmp_path, awareness, monkeypatch):
    monkeypatch.setenv("AWARENESS_BACKUP_PASSPHRASE", PASSPHRASE)
    monkeypatch.setattr("surveys.record.database.Database._bring_up_to_date", lambda _: None)
    (workspace / "catalogue.db").unlink()
    for left in workspace.glob("catalogue.db-*"):
        left.unlink()
    engine = create_engine(f"sqlite:///{workspace / 'catalogue.db'}")
    with engine.begin() as connection:
        migrate(connection, "0004")
    engine.dispose()
    awareness("backup", "--workspace", workspace, "--output", tmp_path / "b")
    monkeypatch.undo()
    monkeypatch.setenv("AWARENESS_BACKUP_PASSPHRASE", PASSPHRASE)
    monkeypatch.setattr(
        sys, "argv", ["awareness", "restore", f"{tmp_path / 'b'}", "--workspace", f"{tmp_path / 'n'}"]
    )
    with pytest.raises(SystemExit) as stop:
        main()
    assert not stop.value.code
    with sqlite3.connect(tmp_path / "n/catalogue.db") as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchone() == (
            known_versions()[-1],
        )


def test_too_short_a_passphrase_and_none_at_all_are_told(workspace, tmp_path, awareness, monkeypatch):
    monkeypatch.setenv("AWARENESS_BACKUP_PASSPHRASE", "short")
    code, _, told = awareness(
        "backup", "--workspace", workspace, "--output", tmp_path / "b", "--language", "ko"
    )
    assert (code, "14자보다 짧습니다" in told) == (2, True)
    monkeypatch.delenv("AWARENESS_BACKUP_PASSPHRASE")
    code, _, told = awareness("backup", "--workspace", workspace, "--output", tmp_path / "b")
    assert (code, "AWARENESS_BACKUP_PASSPHRASE" in told) == (2, True)
    assert not (tmp_path / "b").exists()


def opened(content):
    reader = SealedReader(BytesIO(content), passphrase(PASSPHRASE), "f")
    return b"".join(iter(lambda: reader.read(1 << 20), b""))


def test_a_file_cut_at_the_edge_of_a_chunk_is_not_taken_for_a_shorter_one(tmp_path):
    secret = passphrase(PASSPHRASE)
    with (tmp_path / "f").open("wb") as file:
        writer = SealedWriter(file, secret)
        head = file.tell()
        writer.write(bytes((3 << 20) + 5))
        writer.close()
    content = (tmp_path / "f").read_bytes()
    step = (1 << 20) + 16
    assert opened(content) == bytes((3 << 20) + 5)
    for harmed in (content[: head + step], content[: head + 3 * step], content[:head],
                   content[:head] + content[head + step :],
                   content[:head] + content[head + step : head + 2 * step] + content[head : head + step] + content[head + 2 * step :]):  # fmt: skip
        with pytest.raises(Refused) as refused:
            opened(harmed)
        assert refused.value.code == "sealed_altered"


def test_memory_stays_flat_whatever_the_size(tmp_path):
    secret = passphrase(PASSPHRASE)
    block = os.urandom(1 << 20)
    with (tmp_path / "f").open("wb") as file:
        writer = SealedWriter(file, secret)
        tracemalloc.start()
        for _ in range(48):
            writer.write(block)
        writer.close()
    with (tmp_path / "f").open("rb") as file:
        reader = SealedReader(file, secret, "f")
        assert sum(len(piece) for piece in iter(lambda: reader.read(1 << 18), b"")) == 48 << 20
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12 << 20
