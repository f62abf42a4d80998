"""``verify``: whatever somebody changes behind the platform's back is found and named, on both databases."""

import hashlib
import json
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from dashboard.settings import load_workspace
from dashboard.verifying import verify
from tests.dashboard.safekeeping import awareness, full, made_once, postgresql_server, workspace


__all__ = ["awareness", "full", "made_once", "postgresql_server", "workspace"]

ALTERED_ANSWERS = "SELECT answers FROM payload WHERE upload = 1"


@pytest.fixture
def behind(full):
    """Runs SQL on the record as somebody with every right on the database would."""
    url = make_url(load_workspace(full).database_url)
    if url.get_backend_name() == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    engine = create_engine(url)
    with engine.begin() as connection:
        if url.get_backend_name() == "sqlite":
            connection.execute(text("DROP TRIGGER audit_update"))
            connection.execute(text("DROP TRIGGER audit_delete"))
        else:
            connection.execute(text("DROP TRIGGER audit_only_grows ON audit"))

    def run(sql, **values):
        with engine.begin() as connection:
            found = connection.execute(text(sql), values)
            return found.all() if found.returns_rows else None

    yield run
    engine.dispose()


@pytest.fixture
def harmed(behind):
    """Changes one value for a while."""

    @contextmanager
    def change(table, column, where, new):
        [(old,)] = behind(f"SELECT {column} FROM {table} WHERE {where}")  # noqa: S608
        new = new(old) if callable(new) else new
        behind(f"UPDATE {table} SET {column} = :new WHERE {where}", new=new)  # noqa: S608
        yield
        behind(f"UPDATE {table} SET {column} = :old WHERE {where}", old=old)  # noqa: S608

    return change


def flipped(content):
    changed = bytearray(content)
    changed[len(changed) // 2] ^= 1
    return bytes(changed)


def codes(folder, **wanted):
    return [one.code for one in verify(load_workspace(folder), **wanted).findings]


def test_whatever_is_changed_in_the_record_is_found_and_named(full, behind, harmed):
    assert codes(full) == []
    for table, column, where, new, expected in (
        ("payload", "answers", "upload = 1", flipped, "answers_altered"),
        ("held_payload", "answers", "upload = 2", flipped, "answers_altered"),
        ("original", "bytes", "upload = 1", flipped, "original_unopenable"),
        ("upload", "sha256", "id = 1", "0" * 64, "original_altered"),
        ("submission", "site", "upload = 1 AND position = 0", "kor", "interviews_altered"),
        ("submission", "content", "upload = 1 AND position = 1", flipped, "interviews_altered"),
        ("submission", "position", "upload = 1 AND submission = 'c'", 0, "interviews_missing"),
        ("audit", "actor", "sequence = 1", "somebody else", "audit_broken"),
        ("audit", "details", "sequence = 1", "{}", "audit_broken"),
    ):
        if not behind(f"SELECT 1 FROM {table} WHERE {where}"):  # noqa: S608
            assert table == "held_payload"
            continue
        with harmed(table, column, where, new):
            assert expected in codes(full), (table, column)
    assert codes(full) == []


def test_answers_that_are_changed_together_with_their_hash_are_found_by_the_audit(full, behind):
    [(answers,)] = behind(ALTERED_ANSWERS)
    other = behind("SELECT answers FROM payload WHERE upload = 2")
    new = bytes(other[0][0]) if other else flipped(answers)
    behind(
        "UPDATE payload SET answers = :a, sha256 = :s WHERE upload = 1",
        a=new,
        s=hashlib.sha256(new).hexdigest(),
    )
    assert "answers_altered" in codes(full)


def test_what_is_taken_out_of_the_audit_is_found_also_at_its_end(full, behind):
    head = verify(load_workspace(full)).audit_head
    last = behind("SELECT max(sequence) FROM audit")[0][0]
    assert codes(full, known_head=head) == []
    behind("DELETE FROM audit WHERE sequence = :last", last=last)
    assert codes(full) == ["upload_not_in_audit"]
    assert codes(full, known_head=head) == ["upload_not_in_audit", "audit_cut"]
    behind("DELETE FROM submission WHERE upload = 1 AND position = 0")
    behind("DELETE FROM payload WHERE upload = 1")
    assert {"answers_gone", "audit_cut"} <= set(codes(full, known_head=head))


def test_the_verb_ends_in_0_or_1_and_says_why_in_the_readers_language(full, behind, awareness):
    words = ("verify", "--workspace", full)
    code, printed, told = awareness(*words)
    assert (code, "Everything is as it was stored" in printed) == (0, True), printed + told
    behind("UPDATE submission SET wave = 'endline' WHERE upload = 1 AND position = 0")
    code, printed, _ = awareness(*words, "--language", "ko")
    assert (code, "업로드 1의 면접 1건이 변경되어" in printed) == (1, True), printed
    code, printed, _ = awareness(*words, "--format", "json", "--by", "Lee")
    report = json.loads(printed)
    assert (code, report["whole"]) == (1, False)
    assert report["findings"][0]["code"] == "interviews_altered"
    assert behind("SELECT action, actor FROM audit ORDER BY sequence DESC LIMIT 1") == [
        ("record verified", "Lee")
    ]


def test_keys_that_are_others_and_columns_that_say_something_else_are_found(full, behind):
    place = load_workspace(full)
    [file] = sorted(place.columns.rglob("baseline.parquet"))
    kept = file.read_bytes()
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(file)
    position = table.column_names.index("heard")
    said = pa.array(["no"] * table.num_rows, pa.string()).dictionary_encode()
    changed = table.set_column(position, "heard", said)
    mark = pq.read_metadata(file).metadata[b"interviews"].decode()
    with pq.ParquetWriter(file, changed.schema, store_schema=False) as writer:
        writer.write_table(changed)
        writer.add_key_value_metadata({"interviews": mark})
    assert codes(full) == ["columns_differ"]
    file.write_bytes(kept)
    key = place.keys.folder / "uploads.key"
    key.write_bytes(b"A" * 43 + b"=\n")
    assert set(codes(full)) == {"original_unopenable"}
