"""Opening the record: made, brought up to date, refused, and what its failures tell."""

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from campaigns.records import edition, locked_plan
from campaigns.release_records import release
from surveys.catalogue import Catalogue
from surveys.problems import CannotProceed
from surveys.record.database import MIGRATIONS, Database
from surveys.record.tables import metadata
from tests.surveys.arriving import arrival, interview, keys_in


def url(path):
    return f"sqlite:///{path}"


def test_the_history_makes_exactly_the_tables_that_the_code_declares(address):
    database = Database(address)
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = [
            change for change in compare_metadata(context, metadata) if "alembic" not in str(change)
        ]
    database.close()
    assert differences == []
    assert locked_plan.metadata is metadata  # the plans declare theirs on the same history
    assert release.metadata is metadata
    assert edition.metadata is metadata


def test_the_last_file_of_the_history_is_its_head():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    numbers = sorted(path.name.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
    assert ScriptDirectory.from_config(config).get_heads() == [numbers[-1]]


def test_the_history_runs_down_and_up_again_with_data_in_between(address, tmp_path):
    from alembic import command

    with Catalogue(address) as catalogue:
        catalogue.store(arrival([interview("a")], keys_in(tmp_path)))

        def down(connection):
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS))
            config.set_main_option("path_separator", "os")
            config.attributes["connection"] = connection
            command.downgrade(config, "base")

        catalogue.database.write(down)
        with catalogue.database.reading() as connection:
            assert set(inspect(connection).get_table_names()) == {"alembic_version"}
    with Catalogue(address) as again:
        assert again.uploads("pilot") == []
        assert again.store(arrival([interview("a")], keys_in(tmp_path))).accepted == 1


def test_opening_an_existing_record_leaves_it_as_it_is(address, tmp_path):
    with Catalogue(address) as first:
        first.store(arrival([interview("a")], keys_in(tmp_path)))
    with Catalogue(address) as second:
        assert len(second.uploads("pilot")) == 1


def test_a_record_of_a_newer_version_is_refused_and_left_alone(address):
    with Catalogue(address) as catalogue:
        catalogue.database.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(CannotProceed, match=r"newer version.*9999"):
        Catalogue(address)


def test_many_who_open_an_empty_database_at_once_make_it_once(address):
    script = "import sys; from surveys.catalogue import Catalogue; Catalogue(sys.argv[1]).close()"
    opening = [subprocess.Popen([sys.executable, "-c", script, address]) for _ in range(6)]
    assert [process.wait(timeout=120) for process in opening] == [0] * 6
    with Catalogue(address) as catalogue:
        assert catalogue.audit_entries() == []


def test_threads_may_open_records_at_once(tmp_path):
    def one(number: int) -> None:
        Catalogue(url(tmp_path / f"{number % 3}.db")).close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(one, range(12)))


def test_sqlite_is_set_up_to_lose_nothing(tmp_path):
    database = Database(url(tmp_path / "c.db"))
    with database.reading() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}


def test_the_file_of_the_record_is_its_owners_alone(tmp_path):
    Catalogue(url(tmp_path / "c.db")).close()
    assert stat.S_IMODE((tmp_path / "c.db").stat().st_mode) == 0o600


def test_a_transaction_that_fails_leaves_nothing(address):
    with Catalogue(address) as catalogue:

        def work(connection):
            connection.execute(text("INSERT INTO key_mark (name, fingerprint) VALUES ('a', 'b')"))
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            catalogue.database.write(work)
        with catalogue.database.reading() as connection:
            assert connection.execute(text("SELECT count(*) FROM key_mark")).scalar() == 0


def test_a_reader_sees_one_state_while_others_write(tmp_path):
    keys = keys_in(tmp_path)
    with Catalogue(url(tmp_path / "c.db")) as catalogue, catalogue.database.reading() as connection:
        count = text("SELECT count(*) FROM upload")
        assert connection.execute(count).scalar() == 0
        writer = threading.Thread(target=lambda: catalogue.store(arrival([interview("a")], keys)))
        writer.start()
        writer.join(timeout=20)
        assert not writer.is_alive()
        assert connection.execute(count).scalar() == 0


@pytest.mark.parametrize("address", ["nonsense", "mysql://u:secret@host/db", ""])
def test_an_address_of_neither_kind_is_refused_without_showing_it(address):
    with pytest.raises(CannotProceed, match="no address") as refusal:
        Database(address)
    assert "secret" not in str(refusal.value)


def test_a_server_that_is_away_is_told_without_the_password():
    with pytest.raises(CannotProceed, match="cannot be reached") as refusal:
        Database("postgresql://someone:hunter2@127.0.0.1:1/none")
    assert "hunter2" not in str(refusal.value)


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(CannotProceed, match="No such file"):
        Database(url(tmp_path / "nowhere/c.db"))


def test_a_file_that_is_no_database_is_told_and_left_alone(tmp_path):
    path = tmp_path / "c.db"
    path.write_bytes(b"this is a letter, not a database" * 100)
    with pytest.raises(CannotProceed, match="not a database"):
        Database(url(path))
    assert path.read_bytes().startswith(b"this is a letter")


def test_a_record_that_somebody_holds_locked_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("surveys.record.database.BUSY_SECONDS", 0.1)
    path = tmp_path / "c.db"
    with Catalogue(url(path)) as catalogue:
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(CannotProceed, match=r"another program.*nothing was saved"):
            catalogue.note("a", "b", "c", {})
        holder.rollback()
        holder.close()
        catalogue.note("a", "b", "c", {})


@pytest.mark.skipif(os.geteuid() != 0, reason="needs the right to mount a small disk")
def test_a_full_disk_is_told_and_leaves_whole_uploads_only(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.decode().strip()}")
    try:
        stored, told = _store_until_it_fails(url(disk / "c.db"), keys_in(tmp_path))
        shown = sqlite3.connect(f"file:{disk / 'c.db'}?mode=ro", uri=True)
        assert shown.execute("SELECT count(*) FROM upload").fetchone() == (stored,)
        assert shown.execute("SELECT count(*) FROM submission").fetchone() == (300 * stored,)
        assert shown.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        shown.close()
        assert stored
        assert told == "the disk is full; nothing was saved."
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def _store_until_it_fails(address, keys):
    """How many uploads of 300 interviews went in before the disk was full, and what was told then."""
    with Catalogue(address) as catalogue:
        for number in range(400):
            many = [interview(f"{number}-{i}", text=f"{number * 7919 + i}") for i in range(300)]
            try:
                catalogue.store(arrival(many, keys))
            except CannotProceed as stop:
                return number, stop.what
    raise AssertionError("the disk never filled")
