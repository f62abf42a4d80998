"""What only PostgreSQL can do to an upload: break it off, and go away in the middle."""

import psycopg
import pytest
from sqlalchemy import text

from surveys.catalogue import Catalogue
from surveys.problems import CannotProceed
from tests.surveys.arriving import arrival, interview, kept, keys_in
from tests.surveys.databases import new_postgresql_database


pytestmark = pytest.mark.postgresql


@pytest.fixture
def address(postgresql_server):
    return new_postgresql_database(postgresql_server)


@pytest.mark.parametrize("state", ["40001", "40P01"])
def test_a_transaction_that_was_broken_off_is_done_again(address, state):
    with Catalogue(address) as catalogue:
        tries = []

        def work(connection):
            tries.append(1)
            connection.execute(text("INSERT INTO key_mark (name, fingerprint) VALUES ('a', 'b')"))
            if len(tries) < 3:
                connection.execute(
                    text(f"DO $$ BEGIN RAISE EXCEPTION 'broken' USING ERRCODE = '{state}'; END $$")
                )
            return "done"

        assert catalogue.database.write(work) == "done"
        assert len(tries) == 3
        with catalogue.database.reading() as connection:
            assert connection.execute(text("SELECT count(*) FROM key_mark")).scalar() == 1


def test_a_transaction_that_is_always_broken_off_ends_in_a_sentence(address, monkeypatch):
    monkeypatch.setattr("surveys.record.database.ATTEMPTS", 2)
    with Catalogue(address) as catalogue, pytest.raises(CannotProceed, match="too busy; nothing was saved"):
        catalogue.database.write(
            lambda c: c.execute(text("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$"))
        )


def test_a_server_that_drops_the_connection_in_the_middle_saves_nothing_and_is_found_again(address, tmp_path):
    keys = keys_in(tmp_path)
    with Catalogue(address) as catalogue:
        catalogue.store(arrival([interview("a")], keys))

        def cut_off():
            with psycopg.connect(address, autocommit=True) as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            return kept(keys, b"x")

        with pytest.raises(CannotProceed, match=r"[Nn]othing was saved"):
            catalogue.store(arrival([interview("b")], keys, original=cut_off))
        assert [upload.accepted for upload in catalogue.uploads("pilot")] == [1]
        assert catalogue.store(arrival([interview("b")], keys)).accepted == 1


def test_moments_are_stored_with_their_zone(address, tmp_path):
    with Catalogue(address) as catalogue:
        catalogue.store(arrival([interview("a")], keys_in(tmp_path)))
    with psycopg.connect(address) as connection:
        connection.execute("SET TIME ZONE 'Asia/Kabul'")
        (kind,) = connection.execute("SELECT pg_typeof(uploaded_at)::text FROM upload").fetchone()
    assert kind == "timestamp with time zone"


def test_a_text_that_postgresql_cannot_hold_is_no_traceback(address, tmp_path):
    with Catalogue(address) as catalogue, pytest.raises(CannotProceed, match=r"[Nn]othing was saved"):
        catalogue.store(arrival([interview("a\x00b")], keys_in(tmp_path)))
