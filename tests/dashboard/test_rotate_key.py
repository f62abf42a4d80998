"""``rotate-key``, and what a kill at any point leaves of it, of an erasure and of a backup."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from dashboard.settings import load_workspace
from dashboard.verifying import verify
from surveys.catalogue import Catalogue
from surveys.problems import CannotProceed
from tests.dashboard.safekeeping import (
    TEXT,
    awareness,
    full,
    made_once,
    postgresql_server,
    record_of,
    workspace,
)


__all__ = ["awareness", "full", "made_once", "postgresql_server", "workspace"]

# Runs the command line and is killed at the n-th time that something is written for good.
KILLED = """
import os, signal, sys
at, words = int(sys.argv[1]), sys.argv[2:]
seen = 0
def watch(event, _):
    global seen
    if event in ("os.rename", "os.link", "os.remove", "os.mkdir"):
        count()
def count():
    global seen
    seen += 1
    if seen == at:
        os.kill(os.getpid(), signal.SIGKILL)
from sqlalchemy import event
from sqlalchemy.engine import Engine
event.listen(Engine, "before_cursor_execute", lambda *_: count())
event.listen(Engine, "commit", lambda *_: count())
sys.addaudithook(watch)
from dashboard.__main__ import main
sys.argv = ["awareness", *words]
main()
"""


def killed_at(point, *words):
    """The exit code of the command line that was killed there, or that ended before."""
    return subprocess.run(
        [sys.executable, "-c", KILLED, str(point), *map(str, words)],
        env={**os.environ, "PYTHONPATH": f"{Path.cwd()}"}, capture_output=True, check=False,
    ).returncode  # fmt: skip


def with_codes(place, keys):
    """Codes of linking keys beside the first upload, sealed as ``ingest`` does."""
    import pyarrow as pa

    from surveys.record import payloads

    codes = pa.table({"@link phone": ["x", None, "y"]})
    with Catalogue(place.database_url) as catalogue:
        sealed = keys.seal(payloads.encode_payload(codes, {}))
        catalogue.database.write(
            lambda connection: connection.execute(
                text("INSERT INTO link_code (upload, codes) VALUES (1, :codes)"), {"codes": sealed}
            )
        )


def test_everything_opens_with_the_new_key_alone_and_an_old_backup_with_its_own(
    full, tmp_path, awareness, monkeypatch, request
):
    place = load_workspace(full)
    with_codes(place, place.keys)
    words = ("--workspace", full, "--output", tmp_path / "b", "--keys", tmp_path / "k")
    assert awareness("backup", *words)[0] == 0
    old = (full / "keys/uploads.key").read_bytes()
    code, printed, told = awareness("rotate-key", "--workspace", full, "--by", "Lee")
    assert code == 0, printed + told
    assert "2 originals and the codes of 1 uploads" in printed
    assert "cannot be made anew" in printed
    new = (full / "keys/uploads.key").read_bytes()
    assert (len(new.splitlines()), old.strip() in new) == (1, False)
    [retired] = (full / "keys/retired").glob("*.key")
    assert retired.read_bytes() == old
    with Catalogue(place.database_url) as catalogue:
        assert TEXT.encode() in catalogue.original(1, place.keys)
        with catalogue.database.reading() as connection:
            sealed = connection.scalar(text("SELECT codes FROM link_code"))
        assert place.keys.decrypt(bytes(sealed))[:4] == b"PAR1"
        [entry] = [one for one in catalogue.audit_entries() if one.action == "key rotated"]
        assert entry.actor == "Lee"
    if "AWARENESS_DATABASE_URL" in os.environ:
        from tests.surveys.databases import new_postgresql_database

        server = request.getfixturevalue("postgresql_server")
        monkeypatch.setenv("AWARENESS_DATABASE_URL", new_postgresql_database(server))
    assert awareness("restore", tmp_path / "b", "--workspace", tmp_path / "n", "--keys", tmp_path / "k")[
        0
    ] in (0, 1)
    restored = load_workspace(tmp_path / "n")
    with Catalogue(restored.database_url) as catalogue:
        assert TEXT.encode() in catalogue.original(1, restored.keys)
        with catalogue.database.reading() as connection:
            sealed = bytes(connection.scalar(text("SELECT codes FROM link_code")))
        assert restored.keys.decrypt(sealed)[:4] == b"PAR1"
        with pytest.raises(CannotProceed, match="no key in this file opens"):
            place.keys.decrypt(sealed)


@pytest.mark.parametrize("point", [2, 9, 17, 26])
def test_a_rotation_that_is_killed_loses_nothing_and_is_brought_to_its_end(full, awareness, point):
    if "AWARENESS_DATABASE_URL" in os.environ:
        pytest.skip("the keys are files on either database")
    place = load_workspace(full)
    ended = killed_at(point, "rotate-key", "--workspace", full)
    assert ended in (0, -signal.SIGKILL)
    assert verify(place).findings == ()
    assert awareness("rotate-key", "--workspace", full)[0] == 0
    assert verify(place).findings == ()
    assert len((full / "keys/uploads.key").read_bytes().splitlines()) == 1


def test_an_erasure_that_is_killed_is_done_wholly_or_not_at_all(full, awareness, tmp_path):
    place = load_workspace(full)
    words = ("erase", "--workspace", full, "--campaign", "pilot", "--submission", "c", "--why", "12", "--yes")
    before = record_of(full)
    outcomes = set()
    for point in (8, 30, 55, 400):
        ended = killed_at(point, *words)
        now = record_of(full)
        outcomes.add(ended)
        if now == before:
            assert verify(place).findings == ()
            continue
        assert not [row for row in now["submission"] if "c" in row]
        assert len(now["certificate"]) == 1
        assert verify(place).findings == ()
        break
    assert -signal.SIGKILL in outcomes
    awareness(*words)  # brings to its end what was left, or says that nothing is
    assert verify(place).findings == ()
    there = set(place.keys.original_keys())  # a kill may leave one that closes nothing
    assert {row[-1] for row in record_of(full)["original"]} <= there
    with Catalogue(place.database_url) as catalogue:
        [certificate] = catalogue.certificates()
    assert not {one["key"] for one in certificate.originals} & there


def test_a_backup_that_is_killed_leaves_none(full, tmp_path, awareness):
    for point in (5, 20):
        assert killed_at(point, "backup", "--workspace", full, "--output", tmp_path / "b") == -signal.SIGKILL
        assert not (tmp_path / "b").exists()
    assert awareness("backup", "--workspace", full, "--output", tmp_path / "b")[0] == 0
